"""Documents of the Results page, kept until votes or runs change.

What is read from the store is kept as it is (shared by visitors, never changed); what is told of it is kept as a document.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from emo_core import science, verbs
from emo_core.analysis import results, results_data, results_runs
from emo_core.analysis.results_data import ResultsData
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


def data(state: tuple, runs: tuple[str, ...], *, store: Database, study: str) -> ResultsData:
    """What these runs predicted, all that are done by default; a run that is not known is said, and the page stops."""
    try:
        return _data(state, runs, _store=store, _study=study)
    except WorkbenchError as error:
        fail(error)


# Another version or state of runs is another entry: of MSP-Podcast's size (150,000 clips, 12 runs) one holds about 50 MB.
@st.cache_resource(max_entries=4, show_spinner="Reading …")
def _data(state: tuple, runs: tuple[str, ...], *, _store: Database, _study: str) -> ResultsData:
    heard = _heard(state[:3], _store=_store, _study=_study)
    return results_data.of_study(_store, _study, names=runs or None, heard=heard)


@st.cache_resource(max_entries=2, show_spinner="Reading …")
def _heard(votes: tuple, *, _store: Database, _study: str) -> readings.Heard:
    """The clips of the study that have reference votes. At 150,000 clips they take 0.4 s, as long as 24 runs."""
    return readings.heard(_store, _study)


def document(state: tuple, runs: tuple[str, ...], options: Mapping[str, str], *, store: Database, study: str) -> dict:
    """What `analysis.results.results` tells; what is wrong with the options is said, and the page stops."""
    found = data(state, runs, store=store, study=study)
    try:
        return _document(state, runs, dict(options), _data=found)
    except WorkbenchError as error:
        fail(error)


@st.cache_data(max_entries=16, show_spinner="Computing …")
def _document(state: tuple, runs: tuple[str, ...], options: dict[str, str], *, _data: ResultsData) -> dict:
    return verbs.plain(results.document(_data, **options))


def comparison(state: tuple, options: Mapping[str, str], *, _store: Database, _name: str) -> dict:
    """Two runs against each other, see `analysis.results.compare_runs`."""
    found = data(state, (options["a"], options["b"]), store=_store, study=_name)
    try:
        return _comparison(state, dict(options), _data=found)
    except WorkbenchError as error:
        fail(error)


@st.cache_data(max_entries=16, show_spinner="Computing …")
def _comparison(state: tuple, options: dict[str, str], *, _data: ResultsData) -> dict:
    return verbs.plain(results.compare_in(_data, **options))


def points(found: ResultsData, label: str) -> dict[str, object]:
    """Entropies of one cell: human and predicted (mean over seeds) of all clips, or of 5,000 drawn by the study's seed."""
    cell = next(each for each in found.cells if each.label == label)
    rows = np.arange(len(found.heard.clips))
    if len(rows) > POINTS:
        rows = np.sort(np.random.default_rng(found.seed).choice(rows, POINTS, replace=False))
    return {
        "clip": found.heard.clips[rows].tolist(),
        "human": science.entropy(found.reference[rows]),
        "predicted": science.entropy(cell.predicted[:, rows]).mean(axis=0),
        "of": len(found.heard.clips),
    }


def predictions(state: tuple, run: str, *, _store: Database, _name: str) -> str:
    """A run's predicted and the listeners' shares of every test clip, as CSV."""
    found = data(state, (run,), store=_store, study=_name)
    columns: dict[str, object] = {"clip": found.heard.clips}
    if found.cells:
        columns["js_bits"] = science.jensen_shannon_divergence(found.reference, found.cells[0].predicted[0])
        for place, emotion in enumerate(found.emotions):
            columns[f"human_{emotion}"] = found.reference[:, place]
            columns[f"predicted_{emotion}"] = found.cells[0].predicted[0][:, place]
    return tables.columns_as_csv(columns)
