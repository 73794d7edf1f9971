"""Tables of the page Raters."""

import streamlit as st

LEGEND = (
    "Agreement: mean share of the others' votes on a clip that name the same emotion, with a 95 % interval over clips. Drift: "
    "agreement in the second half of the answers less that in the first. Gold: answers that name the majority of the clip's earlier "
    "votes. Repeats: clips heard again that got the same answer. Fast: answers in under a second. Blind: cannot see votes elsewhere."
)
COLUMNS = {
    "seconds": st.column_config.NumberColumn(format="%.1f", help="Median time for an answer."),
    "fast": st.column_config.NumberColumn(help="Answers in under a second."),
    "clips an hour": st.column_config.NumberColumn(format="%.0f"),
    "hours to go": st.column_config.NumberColumn(format="%.1f"),
}


def interval(figure: dict | None, digits: int = 2) -> str:
    """`0.61 [0.55, 0.67]`, or nothing where it is undefined."""
    if not figure or figure.get("value") is None:
        return ""
    low, high = figure.get("low"), figure.get("high")
    bounds = "" if low is None or high is None else f" [{low:.{digits}f}, {high:.{digits}f}]"
    return f"{figure['value']:.{digits}f}{bounds}"


def _of(figure: dict | None, name: str) -> str:
    if not figure or not figure.get("of"):
        return ""
    bounds = "" if figure.get("low") is None else f" [{figure['low']:.0%}, {figure['high']:.0%}]"
    return f"{figure[name]} of {figure['of']}{bounds}"


def rows(raters: list[dict]) -> list[dict]:
    """One row a rater, for reading."""
    return [
        {
            "rater": rater["rater"],
            "state": "retired" if rater["retired"] is not None else "",
            "blind": not rater["sees_votes"],
            "answers": rater["answers"],
            "agreement": interval(rater["agreement"]),
            "drift": interval(_drift(rater["drift"])),
            "gold": _of(rater["gold"], "right"),
            "repeats": _of(rater["repeats"], "same"),
            "seconds": rater["seconds_median"],
            "fast": rater["fast"],
            "skipped": rater["skipped"],
            "corrections": rater["corrections"],
            "clips an hour": rater["clips_per_hour"],
            "to go": rater["left"],
            "hours to go": rater["hours_left"],
        }
        for rater in raters
    ]


def _drift(drift: dict | None) -> dict | None:
    return {"value": drift["difference"], "low": drift["low"], "high": drift["high"]} if drift else None


def flat(raters: list[dict]) -> dict[str, list]:
    """The figure's numbers as columns."""
    return {
        "rater": [rater["rater"] for rater in raters],
        "answers": [rater["answers"] for rater in raters],
        **{
            part: [(rater["agreement"] or {}).get(part) for rater in raters]
            for part in ("value", "low", "high", "clips")
        },
    }
