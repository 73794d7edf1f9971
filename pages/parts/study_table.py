"""Studies side by side: which choices differ, and what they do."""

import pandas as pd
import streamlit as st

from emo_core import verbs
from emo_core.store import Database
from emo_core.store.studies import StoredStudy
from pages.parts.figures import with_interval

_CHOICES = {
    "corpora": "corpora", "reference": "reference", "candidate": "candidate", "emotions": "emotions", "merges": "merges",
    "rule": "rule", "min_votes": "votes, at least", "secondary_weight": "secondary weight", "left_out": "raters left out",
    "split": "split", "seed": "seed", "without_clips": "clips left out by name", "without_marked": "leaves out marked clips",
    "min_seconds": "seconds, at least", "max_seconds": "seconds, at most", "without_problems": "problems left out",
}  # fmt: skip


@st.cache_data(max_entries=64, show_spinner="Computing …")
def _summary(folder: str, number: int, version: int, name: str, _store: Database) -> dict:
    """One version of a study; numbers of studies are never given twice."""
    return verbs.run(_store, "study compare", {"names": [name]})[0]


def side_by_side(store: Database, found: list[StoredStudy]) -> None:
    """A column a study: the choices in which they differ, clips, votes, agreement, entropy, divergence, class balance."""
    rows = [_summary(str(store.folder), s.study_id, s.version, s.study.name, store) for s in found]
    differing = [key for key in _CHOICES if len({str(row[key]) for row in rows}) > 1]
    columns = {row["study"]: {_CHOICES[key]: _text(row[key]) for key in differing} | _figures(row) for row in rows}
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    table = pd.DataFrame({study: [column.get(name, "–") for name in names] for study, column in columns.items()})
    table.insert(0, "", names)
    st.dataframe(
        table, hide_index=True, key="side_by_side", height="content",
        column_config={"": st.column_config.Column(pinned=True, width=170)},
    )  # fmt: skip
    same = [key for key in _CHOICES if key not in differing and key != "seed"]
    shared = "; ".join(f"{_CHOICES[key]}: {_text(rows[0][key])}" for key in same if _text(rows[0][key]))
    st.caption(
        ("" if len(rows) == 1 else "Only choices that differ have a row. ")
        + f"The same for all: {shared.replace('$', '')}. Brackets: 95 % bootstrap intervals over clips. α and κ are of the "
        "labels themselves; entropy, JS and class balance count secondary labels by their weight."
    )
    st.download_button(
        "Numbers (CSV)", lambda: pd.json_normalize(rows).to_csv(index=False), "studies.csv", "text/csv", type="tertiary",
        on_click="ignore", key="csv:studies",
    )  # fmt: skip


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{source} → {target}" for source, target in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value).replace("_", " ")


def _figures(row: dict) -> dict:
    """What the choices do, as text: numbers of several kinds stand in one column."""
    balance = {
        f"votes for {name}": "–" if share is None else f"{share:.1%}" for name, share in row["class_balance"].items()
    }
    return {
        "clips kept": f"{row['clips']:,}",
        "clips left out": f"{row['clips_left_out']:,}",
        "reference votes": f"{row['reference_votes']:,}",
        "candidate votes": f"{row['candidate_votes']:,}",
        "Krippendorff's α": with_interval(row, "krippendorff_alpha"),
        "Fleiss' κ": with_interval(row, "fleiss_kappa"),
        "Fleiss' κ, generalised": with_interval(row, "fleiss_kappa_generalised"),
        "entropy (bits)": with_interval(row, "entropy_mean"),
        "JS (bits)": with_interval(row, "js_mean"),
    } | balance
