"""What the training runs of a study predicted for its test clips.

Runs are compared on the clips that every one of them predicted: each such clip was in the test part of every run.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from emo_core import science
from emo_core.analysis.data import UNITS
from emo_core.analysis.results_cells import Cell, cells_of, key_of
from emo_core.analysis.results_runs import READING, TrainingRun, training_runs
from emo_core.errors import BadInput, UnknownName
from emo_core.store import Database, readings, studies
from emo_core.store.readings import Heard


@dataclass(frozen=True)
class ResultsData:
    """The cells of a study and the clips on which they are compared.

    heard      those clips, (clips, …)
    left_out   {why: clips} that some run predicted and that are not compared
    repeated   names of runs that repeat another's settings and seed; the newest stands for them
    """

    study: str
    reference_name: str
    emotions: tuple[str, ...]
    seed: int
    heard: Heard
    runs: tuple[TrainingRun, ...]
    cells: tuple[Cell, ...]
    left_out: Mapping[str, int]
    repeated: tuple[str, ...]

    @property
    def by_run(self) -> dict[str, Cell]:
        """Every run as a cell of its own, called by its name."""
        return {
            run.run.name: Cell((run.run.name,), cell.choices, (run,), cell.predicted[i : i + 1], cell.means[i : i + 1])
            for cell in self.cells
            for i, run in enumerate(cell.runs)
        }

    @property
    def reference(self) -> np.ndarray:
        """What listeners heard, (clips, emotions), distributions."""
        return science.normalise(self.heard.reference)

    def clusters(self, by: str) -> np.ndarray | None:
        """What intervals resample besides clips. Raises BadInput where a clip has no speaker."""
        if by not in UNITS:
            raise BadInput(f"Intervals resample clips or speakers, not {by!r}.")
        if by == "speaker" and not self.heard.has_speakers:
            raise BadInput("Some of these clips have no speaker. Resample clips instead.")
        return self.heard.speakers if by == "speaker" else None


def of_study(
    store: Database, study: str, *, names: Iterable[str] | None = None, heard: Heard | None = None
) -> ResultsData:
    """The runs of a study, by default all that are done, as cells on the clips in common.

    heard: `readings.heard` of the study, where it was read before.

    Raises UnknownName where a study or run is not known, BadInput where nothing was trained on the study.
    """
    every = training_runs(store, study)
    if not every:
        raise BadInput(f"No run was trained on {study!r} yet. Train one: python -m emo_core train {study}.")
    asked = _asked(every, names)
    shown, repeated = _without_repeated([each for each in every if each.run.name in asked and each.why_not is None])
    stored = studies.find_study(store.cursor(), study).study
    heard = heard or readings.heard(store, study)
    place = {"clip_ids": heard.clip_ids, "emotions": stored.emotions}
    read = {each.run.name: readings.read(store, each.run, *READING, **place).values for each in shown}
    known = {name: np.isfinite(values).all(axis=1) for name, values in read.items()}
    common = np.logical_and.reduce(list(known.values())) if known else np.zeros(len(heard.clips), dtype=bool)
    rows = np.flatnonzero(common)
    kept = Heard(*(part[rows] for part in (heard.clip_ids, heard.clips, heard.speakers, heard.reference)))
    predicted = {name: values[rows] for name, values in read.items()}
    return ResultsData(
        study, stored.reference, stored.emotions, stored.seed, kept, tuple(every),
        cells_of(shown, predicted, stored.emotions), _left_out(shown, known, len(rows)), tuple(repeated),
    )  # fmt: skip


def _asked(every: Sequence[TrainingRun], names: Iterable[str] | None) -> list[str]:
    """The names of the runs asked for. Raises UnknownName."""
    known = [each.run.name for each in every]
    asked = known if names is None else list(names)
    for name in asked:
        if name not in known:
            raise UnknownName("training run of the study", name, known)
    return asked


def _without_repeated(found: Sequence[TrainingRun]) -> tuple[list[TrainingRun], list[str]]:
    """The newest run of each settings, data and seed: the same numbers twice would pass for a narrow spread over seeds."""
    newest = {(key_of(each.choices), each.chance): each for each in found}
    kept = [each for each in found if any(each is one for one in newest.values())]
    return kept, [each.run.name for each in found if each not in kept]


def _left_out(shown: Sequence[TrainingRun], known: Mapping[str, np.ndarray], common: int) -> dict[str, int]:
    """Clips that are not compared, by reason; reasons without a clip are not named."""
    some = int(np.logical_or.reduce(list(known.values())).sum()) if known else 0
    gone = max(((each.result.get("test_clips") or 0) - int(known[each.run.name].sum()) for each in shown), default=0)
    counted = {"not predicted by every run": some - common, "not predicted, or no longer in the study": gone}
    return {why: count for why, count in counted.items() if count > 0}
