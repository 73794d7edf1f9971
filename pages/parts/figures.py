"""Figures and tables of a study as pages show them, with their numbers to take along."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from emo_core.publishing import figures as publishing
from emo_core.publishing import tables
from emo_core.records import EXCLUSIONS
from emo_core.science import Figure, bootstrap_interval
from pages.parts.session import escape

_PLOT = {"displaylogo": False, "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"]}


def show(figure: go.Figure, key: str, columns: Mapping[str, object]) -> None:
    """A figure, and below it the figure and its numbers as files."""
    st.plotly_chart(figure, key=f"figure:{key}", config=_PLOT)
    files(figure, key, columns)


def files(figure: go.Figure, key: str, columns: Mapping[str, object]) -> None:
    """A figure and its numbers as files: CSV, HTML, and where a browser is present SVG and PNG, made when asked for."""
    kinds = {
        "Numbers (CSV)": (lambda: tables.columns_as_csv(columns), f"{key}.csv", "text/csv"),
        "HTML": (lambda: publishing.html(figure), f"{key}.html", "text/html"),
    }
    if publishing.browser():
        kinds |= {
            "SVG": (lambda: publishing.picture(figure, "svg"), f"{key}.svg", "image/svg+xml"),
            "PNG": (lambda: publishing.picture(figure, "png"), f"{key}.png", "image/png"),
        }
    with st.container(horizontal=True, gap="small"):
        for label, (make, name, mime) in kinds.items():
            st.download_button(
                label, make, name, mime, key=f"{name}:{key}", type="tertiary", on_click="ignore",
                help=None if label.startswith("Numbers") else f"The figure as {label}",
            )  # fmt: skip


def browse_on_click(figure: go.Figure, study: str) -> None:
    """The confusion of majorities; a click on a cell opens its clips in Browse."""
    event = st.plotly_chart(figure, key="figure:confusion", on_select="rerun", selection_mode="points", config=_PLOT)
    if event.selection.points:
        chosen = event.selection.points[0]["customdata"]
        reference, candidate = (
            (chosen[0], chosen[1]) if isinstance(chosen, (list, tuple)) else (chosen["0"], chosen["1"])
        )
        st.switch_page("pages/browse.py", query_params={"study": study, "reference": reference, "candidate": candidate})


def as_words(figure: Figure) -> str:
    """`0.276 [0.267, 0.286]`, or `undefined` and why."""
    if figure.reason:
        return f"undefined ({figure.reason})"
    ends = "" if np.isnan(figure.low) else f" [{figure.low:.3f}, {figure.high:.3f}]"
    return f"{figure.value:.3f}{ends}"


def number(value: float | None) -> float:
    """A document's number; null is NaN."""
    return np.nan if value is None else value


def with_interval(document: dict, name: str, digits: int = 3) -> str:
    """`0.276 [0.267, 0.286]`, or `undefined`."""
    value, (low, high) = document[name], document[f"{name}_interval"]
    if value is None:
        return "undefined"
    ends = f" [{low:.{digits}f}, {high:.{digits}f}]" if low is not None else " (no interval: fewer than two clips)"
    return f"{value:.{digits}f}{ends}"


def agreement_table(document: dict) -> None:
    """The paper's Table 3 with n and intervals; undefined values say why."""
    sides = {side: document[side] for side in ("reference", "candidate", "combined") if document[side]["votes"]}
    st.dataframe(
        [
            {
                "": side,
                "panel": figures["panel"],
                "clips": document["clips"],
                "votes": figures["votes"],
                "votes a clip": round(figures["votes"] / document["clips"], 1),
                "mean entropy (bits)": with_interval(figures, "entropy_mean"),
                "Krippendorff's α": with_interval(figures, "krippendorff_alpha"),
                "clips with ≥ 2 votes": figures["krippendorff_alpha_clips"],
                "Fleiss' κ": with_interval(figures, "fleiss_kappa"),
                "Fleiss' κ, generalised": with_interval(figures, "fleiss_kappa_generalised"),
            }
            for side, figures in sides.items()
        ],
        key="agreement",
    )
    reasons = {
        f"{label} of the {side} votes is undefined: {figures[f'{name}_undefined']}."
        for side, figures in sides.items()
        for name, label in (
            ("krippendorff_alpha", "Krippendorff's α"),
            ("fleiss_kappa", "Fleiss' κ"),
            ("fleiss_kappa_generalised", "Fleiss' generalised κ"),
        )
        if f"{name}_undefined" in figures
    }
    told = (
        "Table 3 of Zhang et al. (2026): κ and mean entropy of human, synthetic and combined votes. "
        "Fleiss' κ needs the same number of votes for each clip; its generalisation (Gwet 2014, as "
        f"in irrCAC) takes any. Brackets: {document['intervals']}."
    )
    st.caption("  \n".join([told, *sorted(escape(reason) for reason in reasons)]))


def exclusions(document: dict) -> None:
    """What the study leaves out: clips by reason, and votes outside the emotions; and how its split came out."""
    excluded, outside = document["excluded"], document["votes_outside"]
    parts = "; ".join(f"{count:,} × {EXCLUSIONS[reason]}" for reason, count in excluded.items())
    clips = (
        f"Clips of the corpus left out: {sum(excluded.values()):,} ({parts})."
        if excluded
        else "No clip of the corpus is left out."
    )
    st.caption(
        f":material/filter_alt: {clips} Of the clips kept, {outside['reference']:,} reference and {outside['candidate']:,} candidate "
        f"votes lie outside the emotions and are not counted. Split: {document['train']:,} train, {document['test']:,} test."
        f"{_leakage(document)}"
    )
    if excluded:
        st.page_link(
            "pages/browse.py", label="Browse the clips left out", icon=":material/filter_alt_off:",
            query_params={"study": document["study"], "show": "left out"},
        )  # fmt: skip


def _leakage(document: dict) -> str:
    """What stands on both sides of the split, as far as it is known."""
    leaked = document["leakage"]
    parts = []
    if leaked["speakers"]:
        parts.append(f"{leaked['speakers']:,} speakers are on both sides ({leaked['speaker_clips']:,} test clips)")
    if leaked["same_audio"]:
        parts.append(f"{leaked['same_audio']:,} test clips have the same sound as a training clip")
    if not parts:
        return ""
    return f" :material/warning: {'; '.join(parts)} (sound looked at: {leaked['examined']:,} of {leaked['clips']:,} clips)."


def divergence_note(document: dict) -> None:
    """Means that belong under the histogram, and how to read them."""
    quarter, median, three = (f"{number(value):.3f}" for value in document["js_quartiles"])
    st.caption(
        f"Mean {with_interval(document, 'js_mean')} bits over n = {document['js_mean_clips']:,} clips; quartiles {quarter}, "
        f"{median}, {three}. Bhattacharyya coefficient {with_interval(document, 'bc_mean')}, total variation "
        f"{with_interval(document, 'tv_mean')}. A divergence between small panels is above zero even where both hear alike."
    )


def marginal_shares(reference: np.ndarray, candidate: np.ndarray, **options) -> tuple[dict, dict]:
    """Share of all votes for each emotion with its bootstrap interval, and the votes, for both sides. Options are those
    of `bootstrap_interval`.
    """
    shares, votes = {}, {}
    for side, counts in (("reference", reference), ("candidate", candidate)):
        votes[side] = int(counts.sum())
        terms = np.column_stack([counts, counts.sum(axis=1)]).astype(float)
        intervals = [
            bootstrap_interval(terms[:, [i, -1]], lambda sums: sums[:, 0] / sums[:, 1], **options)
            for i in range(counts.shape[1])
        ]
        value = counts.sum(axis=0) / max(1, votes[side])
        shares[side] = (value, np.array([i.low for i in intervals]), np.array([i.high for i in intervals]))
    return shares, votes


def marginal_columns(emotions: tuple[str, ...], shares: Mapping[str, tuple]) -> dict[str, object]:
    """The marginals as columns of a table."""
    columns: dict[str, object] = {"emotion": list(emotions)}
    for side, parts in shares.items():
        columns |= {f"{side}_{part}": values for part, values in zip(("share", "low", "high"), parts)}
    return columns
