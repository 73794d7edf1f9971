"""Tables and words of the Stand-in page."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.analyses import in_words
from pages.parts.session import escape

_SMALL, _THREE = (st.column_config.NumberColumn(format=form) for form in ("%.2g", "%.3f"))


def verdict(panel: dict, epsilon: float) -> None:
    """Whether the panel passes, with every number that says so."""
    named, anonymous = panel["named"], panel["anonymous"]
    passes = named["passes"] if named["passes"] is not None else anonymous["passes"]
    word = {True: "passes", False: "does not pass", None: "cannot be judged"}[passes]
    icon = {True: ":material/check_circle:", False: ":material/cancel:", None: ":material/help:"}[passes]
    parts = []
    if named["passes"] is not None:
        few = named["raters_with_few_clips"]
        left_out = f", {few} with fewer than {named['least_clips']} clips left out" if few else ""
        parts.append(
            f"Winning rate ω = {named['omega']:.2f} over {named['tested']} raters{left_out} (0.5 is needed); average advantage "
            f"probability ρ = {named['rho']:.3f}."
        )
    else:
        parts.append(f"By named raters: {escape(named['undefined'])}.")
    if "undefined" in anonymous:
        parts.append(f"By anonymous votes: {escape(anonymous['undefined'])}.")
    else:
        parts.append(
            f"By anonymous votes a listener is closer by {in_words(anonymous['difference'])} (ρ = {in_words(anonymous['rho'])}, p = "
            f"{anonymous['p']:.2g} against ε; n = {anonymous['difference']['clips']:,} clips"
            f"{_aside(anonymous)})."
        )
    st.markdown(f"{icon} **{escape(panel['panel'])} {word}** at ε = {epsilon:g}. " + " ".join(parts))


def _aside(anonymous: dict) -> str:
    parts = [
        f"{anonymous[key]:,} {words}"
        for key, words in (("clips_with_few_votes", "with fewer than three votes"), ("clips_unanswered", "unanswered"))
        if anonymous[key]
    ]
    return f", {' and '.join(parts)} left out" if parts else ""


def by_column(rows: Sequence[dict]) -> dict[str, list]:
    """Rows as columns."""
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def sweep_columns(panels: Sequence[dict]) -> dict[str, list]:
    """ω by ε of each panel, one below the other."""
    table: dict[str, list] = {"panel": [], "epsilon": [], "omega": []}
    for panel in panels:
        found = panel["named"]["sweep"]
        table["panel"] += [panel["panel"]] * len(found["epsilon"])
        table["epsilon"] += found["epsilon"]
        table["omega"] += found["omega"]
    return table


def anonymous(found: dict) -> tuple[list[str], list[dict]]:
    """Each panel's difference."""
    return [panel["panel"] for panel in found["panels"]], [
        panel["anonymous"]["difference"] for panel in found["panels"]
    ]


def anonymous_groups(found: dict) -> tuple[list[str], list[dict]]:
    """Each panel's difference in each group."""
    several = len(found["panels"]) > 1
    rows = [
        (f"{group['group']}, {panel['panel']}" if several else group["group"], panel["anonymous"]["difference"])
        for group in found["groups"]
        for panel in group["panels"]
    ]
    return [name for name, _ in rows], [figure for _, figure in rows]


def groups(found: dict) -> None:
    """Verdicts of each group."""
    st.dataframe(
        [
            {
                "group": group["group"], "clips": group["clips"], "panel": panel["panel"],
                "ω": panel["named"]["omega"], "raters tested": panel["named"].get("tested"),
                "listener closer by": in_words(panel["anonymous"]["difference"]), "p": panel["anonymous"]["p"],
                "passes": _yes(panel["named"]["passes"] if panel["named"]["passes"] is not None else panel["anonymous"]["passes"]),
            }
            for group in found["groups"]
            for panel in group["panels"]
        ],
        key="group_rows", hide_index=True, column_config={"p": _SMALL},
    )  # fmt: skip
    st.caption(
        "Tertiles are made from the very votes that judge: in the low one listeners agree by selection, so a listener looks better there."
    )


def _yes(passes: bool | None) -> str:
    return {True: "yes", False: "no", None: "cannot be judged"}[passes]


def comparisons(found: dict) -> None:
    """Every two panels."""
    st.dataframe(
        [
            {
                "A": row["a"], "B": row["b"], "clips": row["clips"], "JS of A": row["js_a"], "JS of B": row["js_b"],
                "A − B": in_words(row["difference"]), "p (Holm)": row["adjusted_p"], "method": row["method"],
                "d_z": row["d_z"], "A closer on": f"{row['a_closer']:.0%}" if row["a_closer"] is not None else "undefined",
            }
            for row in found["comparisons"]
        ],
        key="pairs", hide_index=True,
        column_config={"p (Holm)": _SMALL} | {name: _THREE for name in ("JS of A", "JS of B", "d_z")},
    )  # fmt: skip
    st.caption(
        "Jensen–Shannon divergence from the reference, clip by clip (bits). p: two-sided sign-flip test of the mean difference, "
        "corrected by Holm over the rows; d_z: mean over standard deviation of the differences; the last column counts half the "
        f"ties. Panels with more votes have less bias, so compare panels of equal size. {found['intervals']}."
    )
