"""Tables and words of the Ambiguity page."""

from collections.abc import Mapping, Sequence

import streamlit as st

from emo_core.errors import BadInput
from emo_core.science.ambiguity import NEIGHBOURS
from pages.parts.analyses import columns, in_words
from pages.parts.session import escape


def numbers(typed: str) -> list[float]:
    """Edges as typed. Raises BadInput."""
    try:
        return [float(part) for part in typed.replace(";", ",").split(",") if part.strip()]
    except ValueError:
        raise BadInput(f"Edges are numbers of bits such as 0.5, 1.0, not {typed!r}.") from None


def collapsed(found: dict) -> None:
    """Panels whose votes hardly differ, first thing on the page."""
    for name, part in found["effective_listeners"].items():
        if part["collapsed"]:
            st.warning(
                f"**{escape(name)} has collapsed**: two of its votes on a clip differ {in_words(part['diversity'], 2)} times as "
                f"often as two listeners' do. Its {part['votes']:.1f} votes a clip tell no more than "
                f"{in_words(part['number'], 1)} listeners would.",
                icon=":material/compress:",
            )


def ties(found: dict) -> str:
    """How the strata came out."""
    edges = ", ".join("–" if edge is None else f"{edge:.4f}" for edge in found["edges"])
    how = {
        "equal counts": "Edges are quantiles of the entropies",
        "equal range": "Edges part the range of entropies equally",
        "edges": "Edges as given",
    }[found["method"]]
    tied = sum(found["on_edge"])
    low, high = (0.0 if end is None else end for end in found["range"])
    words = f"{how}: {edges} bits (range {low:.3f}–{high:.3f})."
    if tied:
        words += f" {tied:,} clips lie on an edge; ties are not parted, such a clip is in the stratum below."
    return words


def panel_columns(names: Sequence[str], panels: Mapping[str, Sequence[dict]]) -> dict[str, list]:
    """Every panel's figures, one below the other."""
    table: dict[str, list] = {"panel": [], "stratum": [], "value": [], "low": [], "high": [], "clips": []}
    for panel, each in panels.items():
        table["panel"] += [panel] * len(names)
        table["stratum"] += list(names)
        for name, values in columns(each).items():
            table[name] += values
    return table


_FIGURES = {
    "entropy_reference": "reference entropy",
    "js": "JS divergence",
    "bc": "Bhattacharyya",
    "tv": "total variation",
    "entropy_candidate": "candidate entropy",
    "majority_match": "same majority",
}


def strata(found: dict, study: str) -> None:
    """Everything of each stratum; its clips are one click away."""
    rows = found["strata"]
    st.dataframe(
        [
            {
                "stratum": row["name"],
                "from": row["from"],
                "to": row["to"],
                "clips": row["clips"],
                "reference votes": row["reference_votes"],
                "candidate votes": row["candidate_votes"],
            }
            | {label: in_words(row[name]) for name, label in _FIGURES.items() if name in row}
            for row in rows
        ],
        key="strata_table", hide_index=True,
        column_config={name: st.column_config.NumberColumn(format="%.3f") for name in ("from", "to")},
    )  # fmt: skip
    with st.container(horizontal=True):
        for place, row in enumerate(rows):
            bounds = {"up_to": f"{row['to']:.6f}"} if row["to"] is not None else {}
            if place:
                bounds["above"] = f"{row['from']:.6f}"
            st.page_link(
                "pages/browse.py", label=f"Listen to {row['name']}", icon=":material/hearing:", disabled=not row["clips"],
                query_params={"study": study, "sort": "JS divergence"} | bounds,
            )  # fmt: skip


def kinds(found: dict, study: str) -> None:
    """Each kind with its meaning and its playlist; which emotions are neighbours."""
    for row in found["kinds"]:
        if row["kind"] is None:
            continue
        with st.container(horizontal=True, vertical_alignment="center"):
            js = f" · JS {in_words(row['js'])}" if "js" in row and row["clips"] else ""
            st.markdown(f"**{row['kind']}** · {row['clips']:,} clips{js}  \n{row['meaning']}")
            st.page_link(
                "pages/browse.py", label="Listen", icon=":material/playlist_play:", disabled=not row["clips"],
                query_params={"study": study, "kind": row["kind"]},
            )  # fmt: skip
    close = [pair for pair in found["neighbours"] if pair["closeness"] >= NEIGHBOURS]
    said = "; ".join(f"{' and '.join(pair['emotions'])} {pair['closeness']:.2f}×" for pair in close) or "none"
    st.caption(
        f"Neighbours: those who differ from the one name the other at least {NEIGHBOURS:g} times as often as if dissent were spread "
        f"evenly: {escape(said)}."
    )


def calibration(part: dict) -> str:
    """Entropies at equal numbers of votes."""
    return (
        f"At {part['n']} votes on each side (exact mean over subsets), the reference has {in_words(part['reference'])} bits and the "
        f"candidate {in_words(part['candidate'])}; difference {in_words(part['difference'])}. Over clips they correlate with "
        f"r = {in_words(part['correlation'])} (n = {part['correlation']['clips']:,}). Strata are made from the reference's own "
        "votes, so differences lean towards the mean at both ends."
    )


def complement(part: dict) -> str:
    """How the gain was judged."""
    edges = ", ".join(f"{edge:.3f}" for edge in part["edges"])
    return (
        f"{part['candidate_votes']} candidate votes pooled with {part['human_votes']} human ones, judged by {part['held_out']} "
        f"listeners who were held out. Here a clip's ambiguity is that of its {part['human_votes']} human votes (edges {edges} bits): "
        f"had the held-out votes a part in it, help would look like harm. Sampled: {part['sampled']}; n = {part['clips']:,} clips."
    )


def effective(found: dict) -> None:
    """Panels as independent listeners."""
    st.dataframe(
        [
            {
                "panel": name,
                "votes a clip": round(part["votes"], 1) if part["votes"] is not None else None,
                "effective listeners": in_words(part["number"], 2),
                "at most, with any number of votes": _limit(part["limit"]),
                "diversity": in_words(part["diversity"], 2),
                "collapsed": "yes" if part["collapsed"] else "no",
                "clips": part["number"]["clips"],
            }
            for name, part in found["effective_listeners"].items()
        ],
        key="effective", hide_index=True,
    )  # fmt: skip
    st.caption(
        "Effective listeners: how many independent listeners of the reference panel estimate a clip's distribution as well, in "
        "squared error, as the panel's votes do. Diversity: how often two of its votes on a clip differ, over how often two "
        f"listeners' do; a panel has collapsed where this is below a half, interval included. {found['intervals']}."
    )


def _limit(figure: dict) -> str:
    """A limit; where no bias is seen there is none."""
    if figure["value"] is not None and figure["value"] >= 1e4:
        return "no bias seen"
    low, high = figure["interval"]
    if high is not None and high >= 1e4:
        return f"{figure['value']:.1f} [{low:.1f}, no bias seen]"
    return in_words(figure, 1)
