"""Documents and tables of the Distributions page."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from emo_core import verbs
from emo_core.analysis import model_sources
from emo_core.analysis.distributions import one_clip
from emo_core.charts import distributions as charts
from emo_core.errors import WorkbenchError
from emo_core.publishing import tables
from emo_core.store import Database, readings, studies
from pages.parts import figures
from pages.parts.analyses import in_words
from pages.parts.distribution_words import WAYS, label, left_out
from pages.parts.session import escape, fail

COLUMNS = {
    "kl": "KL (bits) ↓", "bd": "Bhattacharyya (nats) ↓", "js": "JS (bits) ↓", "r2": "R² ↑", "accuracy": "accuracy ↑",
    "macro_f1": "macro F1 ↑", "entropy": "entropy (bits)",
}  # fmt: skip
LISTED = 300  # clips to choose from; any other is typed


def fingerprint(store: Database, stored: studies.StoredStudy) -> tuple[tuple[str, int], ...]:
    """The runs that fit the study and how far each is taken in: what a document depends on besides the study's votes."""
    asked = model_sources.asked_runs(store, stored.study.name)
    return tuple((name, run.taken) for name, (run, _) in asked.items())


def state_of(store: Database, stored: studies.StoredStudy, marks: tuple) -> tuple:
    """What a document is kept under. New votes make a new version, and numbers of studies are never given twice."""
    return str(store.folder), stored.study_id, stored.version, marks


def document(store: Database, stored: studies.StoredStudy, marks: tuple, **options) -> dict:
    """The verb's document; what is wrong with the options is said, and the page stops."""
    try:
        return _document(state_of(store, stored, marks), options, _store=store, _name=stored.study.name)
    except WorkbenchError as error:
        fail(error)


@st.cache_data(max_entries=16, show_spinner="Computing …")
def _document(state: tuple, options: dict, *, _store: Database, _name: str) -> dict:
    return verbs.run(_store, "distributions", {"study": _name} | options)


@st.cache_data(max_entries=4, show_spinner=False)
def heard(state: tuple, *, _store: Database, _name: str) -> tuple[list[str], bool]:
    """Names of the clips with reference votes, and whether each has a speaker."""
    found = readings.heard(_store, _name)
    return found.clips.tolist(), found.has_speakers


@st.cache_data(max_entries=64, show_spinner=False)
def clip_document(
    state: tuple, clip: str, runs: tuple[str, ...], temperature: float, *, _store: Database, _name: str
) -> dict:
    """What every source of the runs says of one clip."""
    found = model_sources.of_study(_store, _name, runs=runs, temperature=temperature, clip=clip)
    return verbs.plain(one_clip(found))


def view_table(
    groups: Sequence[Mapping], names: Sequence[str], published: Mapping, view: str, *, several: bool
) -> None:
    """Rows on clips in common, under each what it differs by from the first of its run; the paper's own figures last."""
    rows = []
    for group in groups:
        first = label(group["rows"][0], several=False)
        for row in group["rows"]:
            rows.append(_cells(label(row, several=several), group["clips"], row, names))
            if "difference" in row:
                rows.append(_cells(f"\u2003\u2003less {first}", group["clips"], row["difference"], names))
    rows += [
        {"source": f"published: {row['source']}, {published['model']} on {published['corpus']}", "clips": ""}
        | {COLUMNS[name]: f"{row[name]:.2f}" if name in row else "" for name in names}
        for row in published[view]
    ]
    wide = {"source": st.column_config.TextColumn(width="large")}
    st.dataframe(rows, key=f"table:{view}", hide_index=True, column_config=wide, height="content")


def _cells(name: str, clips: int, row: Mapping, names: Sequence[str]) -> dict:
    return {"source": name, "clips": f"{clips:,}"} | {COLUMNS[each]: in_words(row[each]) for each in names}


def sources_table(sources: Sequence[Mapping]) -> None:
    """Every source on its own clips, and what it leaves out."""
    rows = [
        {"run": row["run"], "source": label(row, several=False), "from": WAYS.get(row["normalisation"], row["normalisation"])}
        | {"clips": row["clips"], "left out": left_out(row)}
        | {COLUMNS[name]: in_words(row[name]) for name in COLUMNS}
        | {"sum ≠ 100": row.get("not_summing_to_100"), "KL infinite if not smoothed": row["kl_infinite"]}
        for row in sources
    ]  # fmt: skip
    wide = {"left out": st.column_config.TextColumn(width="medium")}
    st.dataframe(rows, key="table:sources", hide_index=True, column_config=wide)
    st.download_button(
        "Numbers (CSV)", lambda: tables.columns_as_csv(as_columns(sources, list(COLUMNS))), "sources.csv", "text/csv",
        key="sources.csv", type="tertiary", on_click="ignore",
    )  # fmt: skip


def as_columns(rows: Sequence[Mapping], names: Sequence[str]) -> dict[str, list]:
    """Rows as columns of numbers, to take along."""
    columns = {name: [row[name] for row in rows] for name in ("run", "prompt", "reading", "normalisation")}
    columns["clips"] = [row[names[0]]["clips"] for row in rows]
    for name in names:
        for kind, parts in (
            ("", [row[name] for row in rows]),
            ("_difference", [row.get("difference", {}).get(name) for row in rows]),
        ):
            if any(parts):
                columns[f"{name}{kind}"] = [part and part["value"] for part in parts]
                columns[f"{name}{kind}_low"] = [part and part["interval"][0] for part in parts]
                columns[f"{name}{kind}_high"] = [part and part["interval"][1] for part in parts]
    return columns


def apart(groups: Sequence[Mapping], runs: Sequence[str], *, several: bool) -> None:
    """What is not in a comparison: sources without any clip, and runs that have nothing to compare."""
    gone = [label(row, several=several) for group in groups for row in group["empty"]]
    without = [
        run
        for run in runs
        if run not in {group["run"] for group in groups if len(group["rows"]) + len(group["empty"]) > 1}
    ]
    if gone:
        st.caption(
            f":material/filter_alt: Without any clip, and so not compared: {escape('; '.join(gone))}. "
            "Why stands below, in the table of all sources."
        )
    if without:
        st.caption(
            f":material/filter_alt: Nothing to compare within {escape(', '.join(without))}: logits come only from a model on this "
            "machine or cluster that was asked for distributions."
        )


def choose_clip(clips: Sequence[str]) -> str:
    """The clip that the URL names, else the first. The page stops where a name was typed that is none of them."""
    asked = st.query_params.get("clip")
    if asked is not None and asked not in clips:
        st.warning(f"The study has no clip {escape(asked)} with reference votes; another one is shown.")
    options = list(dict.fromkeys([*([asked] if asked in clips else []), *clips[:LISTED]]))
    clip = st.selectbox(
        "Clip",
        options,
        accept_new_options=True,
        width=360,
        help=f"The first {LISTED} are listed; any other can be typed.",
    )
    if clip not in clips:
        st.warning(f"The study has no clip {escape(clip)} with reference votes. Choose another.")
        st.stop()
    st.query_params["clip"] = clip
    return clip


def show_clip(one: Mapping, subtokens: str, *, several: bool) -> None:
    """One clip's distributions below the listeners', what has none and why, and the replies as they came."""
    other = {"averaged": "first", "first": "averaged"}[subtokens]
    sources = [row for row in one["sources"] if not row["reading"].endswith(f"/{other}")]
    there = [row for row in sources if row["shares"] is not None]
    labels = [
        f"listeners ({one['reference']['votes']:g} votes)",
        *(label(row, several=several, way=True) for row in there),
    ]
    shares = np.array([one["reference"]["shares"], *(row["shares"] for row in there)])
    columns = {"source": labels} | dict(zip(one["emotions"], shares.T))
    figures.show(charts.one_clip(one["emotions"], labels, shares), "clip", columns)
    why: dict[str, list[str]] = {}
    for row in sources:
        if row["why"]:
            why.setdefault(row["why"], []).append(label(row, several=several, way=True))
    for reason, gone in why.items():
        st.caption(f":material/filter_alt: {escape('; '.join(gone))}: {escape(model_sources.REASONS[reason])}.")
    for row in sources:
        if "reply" in row:
            st.markdown(f"**{escape(label(row, several=several))}**, as it came:")
            st.code(row["reply"] if row["reply"] is not None else "(no reply)", language=None, wrap_lines=True)
