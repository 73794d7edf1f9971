"""Calibration, clips and learning curves of the Results page."""

from collections.abc import Mapping, Sequence

import streamlit as st

from emo_core.charts import distributions as distribution_charts
from emo_core.charts import results as charts
from pages.parts import analyses, figures
from pages.parts.analyses import in_words

SHOWN = 6  # learning curves that are drawn at first


def calibration(cell: Mapping, points: Mapping, intervals: str) -> None:
    """Entropy against entropy, and share against share."""
    part = cell["calibration"]
    left, right = st.columns(2, gap="large")
    with left:
        figure = charts.entropies(points["human"], points["predicted"], points["clip"])
        figures.show(figure, "entropies", {name: points[name] for name in ("clip", "human", "predicted")})
        drawn = (
            f" Drawn: {len(points['clip']):,} of {points['of']:,} clips." if len(points["clip"]) < points["of"] else ""
        )
        st.caption(
            f"Human {in_words(part['entropy_human'])}, predicted {in_words(part['entropy_predicted'])} bits; predicted less human "
            f"{in_words(part['entropy_difference'])}. Over clips they correlate with r = {in_words(part['correlation'])} "
            f"(n = {part['correlation']['clips']:,}).{drawn} Few votes a clip make listeners look less uncertain than they are."
        )
    with right:
        rows = part["reliability"]
        columns = {name: [row[name] for row in rows] for name in ("from", "to", "shares", "predicted")}
        figures.show(
            charts.reliability(rows), "reliability", columns | analyses.columns([row["observed"] for row in rows])
        )
        error = part["calibration_error"]
        st.caption(
            f"Of all shares predicted within a tenth, the mean human share; below, how many there are. Expected calibration error "
            f"{in_words(error)} (n = {error['clips']:,} clips); chance alone keeps it above zero. Brackets: {intervals}."
        )


def clips(cell: Mapping, emotions: Sequence[str], study: str) -> None:
    """The closest and the farthest clips; one of them, whole, and the way to its sound: in the study that has the model as a panel,
    or else in the study itself.
    """
    rows = [row | {"end": end} for end in ("worst", "best") for row in cell[end]]
    if not rows:
        st.caption("No clip was predicted by every run.")
        return
    st.dataframe(
        [
            {"": "farthest" if row["end"] == "worst" else "closest", "clip": row["clip"], "JS (bits)": row["js"], "votes": row["votes"],
             "human": _told(emotions, row["human"]), "predicted": _told(emotions, row["predicted"])}
            for row in rows
        ],
        key="table:clips", hide_index=True, height="content",
        column_config={"JS (bits)": st.column_config.NumberColumn(format="%.3f"), "clip": st.column_config.TextColumn(width="medium")},
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # Not the key `clip`: what a page binds to the address is taken out of it when a link leads to another page.
        clip = st.selectbox(
            "Clip", list(dict.fromkeys(row["clip"] for row in rows)), key="example", width=320, **analyses.URL
        )
        row = next(row for row in rows if row["clip"] == clip)
        st.page_link(
            "pages/browse.py", label="Listen to it in Browse", icon=":material/hearing:",
            query_params={"study": row["browse"] or study, "clip": clip},
        )  # fmt: skip
    labels = [f"listeners ({row['votes']:g} votes)", "predicted"]
    shares = [row["human"], row["predicted"]]
    figures.show(
        distribution_charts.one_clip(emotions, labels, shares), "one", {"": labels} | dict(zip(emotions, zip(*shares)))
    )
    if not row["browse"]:
        st.caption(
            "No study has this run as its candidate panel yet, so that Browse has the clip's sound and votes, but not what was predicted."
        )


def _told(emotions: Sequence[str], shares: Sequence[float]) -> str:
    """The shares from 5 % on, largest first.

    >>> _told(("anger", "sad"), (0.25, 0.75))
    'sad 75%, anger 25%'
    """
    found = sorted(zip(shares, emotions), key=lambda each: -each[0])
    return ", ".join(f"{name} {share:.0%}" for share, name in found if share >= 0.05)


def learning(cards: Sequence[Mapping]) -> None:
    """Loss and validation JS by epoch of chosen runs."""
    names = [card["run"] for card in cards if card["history"]]
    chosen = st.multiselect("Curves of", names, default=names[:SHOWN], key="curves", width=420, **analyses.URL)
    shown = [card for card in cards if card["run"] in chosen]
    if not shown:
        st.caption("Choose a run or more." if names else "No run has kept its epochs.")
        return
    columns = {
        name: [row[name] if name in row else card["run"] for card in shown for row in card["history"]]
        for name in ("run", "epoch", "loss", "val_js")
    }
    figures.show(charts.learning(shown), "learning", columns)
    st.caption(
        "Loss on the training clips, and JS on the validation part that was held out from them; a ring marks the epoch whose weights "
        "were kept. Targets of different sources of votes are different, so their levels cannot be compared across sources."
    )
