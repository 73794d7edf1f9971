"""Documents of the Results page, kept until votes or runs change."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from emo_core import science, verbs
from emo_core.analysis import results, results_data, results_runs
from emo_core.analysis.results_runs import TrainingRun
from emo_core.errors import WorkbenchError
from emo_core.publishing import tables
from emo_core.store import Database, readings, studies
from pages.parts.session import fail

POINTS = 5_000  # of a scatter plot, at most: more slow the browser down and hide each other


def training_runs(store: Database, study: str) -> list[TrainingRun]:
    """Every run that was trained on the study, oldest first."""
    return results_runs.training_runs(store, study)


def state_of(store: Database, stored: studies.StoredStudy, every: Sequence[TrainingRun]) -> tuple:
    """What a document is kept under: the study's votes, and which runs there are in which state."""
    marks = tuple((each.run.run_id, each.state, each.why_not, each.study) for each in every)
    return str(store.folder), stored.study_id, stored.version, marks


@st.cache_data(max_entries=16, show_spinner="Computing …")
def _document(state: tuple, options: dict, *, _store: Database, _name: str) -> dict:
    return verbs.plain(results.results(_store, _name, **options))


def document(state: tuple, options: dict, *, _store: Database, _name: str) -> dict:
    """The verb's document; what is wrong with the options is said, and the page stops."""
    try:
        return _document(state, options, _store=_store, _name=_name)
    except WorkbenchError as error:
        fail(error)


@st.cache_data(max_entries=16, show_spinner="Computing …")
def _comparison(state: tuple, options: dict, *, _store: Database, _name: str) -> dict:
    return verbs.plain(results.compare_runs(_store, _name, **options))


def comparison(state: tuple, options: dict, *, _store: Database, _name: str) -> dict:
    """Two runs against each other, see `analysis.results.compare_runs`."""
    try:
        return _comparison(state, options, _store=_store, _name=_name)
    except WorkbenchError as error:
        fail(error)


@st.cache_data(max_entries=16, show_spinner=False)
def points(state: tuple, runs: tuple[str, ...], label: str, *, _store: Database, _name: str) -> dict:
    """Entropies of one cell: human and predicted (mean over seeds) of all clips, or of 5,000 drawn by the study's seed."""
    found = results_data.of_study(_store, _name, names=runs or None)
    cell = next(each for each in found.cells if each.label == label)
    human, predicted = science.entropy(found.reference), science.entropy(cell.predicted).mean(axis=0)
    rows = np.arange(len(human))
    if len(rows) > POINTS:
        rows = np.sort(np.random.default_rng(found.seed).choice(rows, POINTS, replace=False))
    return {
        "clip": found.heard.clips[rows].tolist(),
        "human": human[rows],
        "predicted": predicted[rows],
        "of": len(human),
    }


@st.cache_data(max_entries=8, show_spinner=False)
def predictions(state: tuple, run: str, *, _store: Database, _name: str) -> str:
    """A run's predicted and the listeners' shares of every test clip, as CSV."""
    found = results_data.of_study(_store, _name, names=[run])
    columns: dict[str, object] = {"clip": found.heard.clips}
    if found.cells:
        columns["js_bits"] = science.jensen_shannon_divergence(found.reference, found.cells[0].predicted[0])
        for place, emotion in enumerate(found.emotions):
            columns[f"human_{emotion}"] = found.reference[:, place]
            columns[f"predicted_{emotion}"] = found.cells[0].predicted[0][:, place]
    return tables.columns_as_csv(columns)


@st.cache_data(max_entries=4, show_spinner=False)
def heard(state: tuple, *, _store: Database, _name: str) -> readings.Heard:
    """The clips of the study that have reference votes."""
    return readings.heard(_store, _name)
