"""Who said what on the clips that a study keeps: the answers of one panel, rater by rater, as arrays."""

from dataclasses import dataclass

import numpy as np

from emo_core.errors import BadInput
from emo_core.store.counting import NOT_LEFT_OUT, slot_numbers
from emo_core.store.database import Database, query
from emo_core.store.studies import StoredStudy, find_study

SIDES = ("reference", "candidate")


@dataclass(frozen=True)
class Answers:
    """Answers of one side of a study, one entry an answer, in the order in which they came; `clips`, `speakers` (one for each
    clip, None where it is not known) and `raters` are what the numbers point to.

    clip     index into `clips`
    rater    index into `raters`, −1 where the rater is anonymous
    label    index into `emotions`, −1 where the answer names no emotion of the study
    valence, arousal, dominance   in the corpus's own units, NaN where not rated
    seconds  how long the answer took, NaN where not known
    personas, temperatures   one for each of `raters` that is a model's, None and NaN elsewhere
    """

    panel: str
    emotions: tuple[str, ...]
    clips: np.ndarray
    speakers: np.ndarray
    raters: np.ndarray
    clip: np.ndarray
    rater: np.ndarray
    label: np.ndarray
    valence: np.ndarray
    arousal: np.ndarray
    dominance: np.ndarray
    seconds: np.ndarray
    personas: np.ndarray
    temperatures: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """Votes inside the emotions: (clips, emotions), whole."""
        inside = self.label >= 0
        flat = self.clip[inside] * len(self.emotions) + self.label[inside]
        return np.bincount(flat, minlength=len(self.clips) * len(self.emotions)).reshape(len(self.clips), -1)


def panel_answers(store: Database, study: str, side: str = "reference") -> Answers:
    """The answers of the study's reference or candidate panel on the clips that it keeps; those of raters who are left out
    are not among them. Raters of several corpora that go by one name are one.

    Raises UnknownName for the study, BadInput for another side or where the study has no candidate.
    """
    if side not in SIDES:
        raise BadInput(f"A study has a reference and a candidate side, not {side!r}.")
    cursor = store.cursor()
    stored = find_study(cursor, study)
    panel = getattr(stored.study, side)
    if panel is None:
        raise BadInput(f"The study {study!r} has no candidate panel. Look at its reference.")
    rows = _columns(cursor.execute(query("kept_clips").format(key=stored.clip_key), {"study": stored.study_id}))
    numbers = stored.binding()
    binding = {"study": stored.study_id, "panels": numbers[side]}
    left_out = NOT_LEFT_OUT if stored.study.left_out else ""
    if left_out:
        binding["left_out"] = list(stored.study.left_out)
    found = _columns(cursor.execute(query("panel_answers").format(heard=left_out), binding))
    raters, rater = _raters(found["rater"])
    return Answers(
        panel=panel,
        emotions=stored.study.emotions,
        clips=rows["clip"],
        speakers=rows["speaker"],
        raters=raters,
        clip=np.searchsorted(rows["clip_id"], found["clip_id"]),
        rater=rater,
        label=_labels(cursor, stored, found["emotion_id"]),
        **{name: found[name].astype(float) for name in ("valence", "arousal", "dominance", "seconds")},
        **_models(found, rater, len(raters)),
    )


def _models(found: dict[str, np.ndarray], rater: np.ndarray, raters: int) -> dict[str, np.ndarray]:
    """Persona and temperature of each rater, from any of its answers."""
    named = rater >= 0
    personas, temperatures = np.full(raters, None, dtype=object), np.full(raters, np.nan)
    personas[rater[named]] = found["persona"][named]
    temperatures[rater[named]] = found["temperature"][named].astype(float)
    return {"personas": personas, "temperatures": temperatures}


def _columns(result) -> dict[str, np.ndarray]:
    """Columns as arrays; NULL is NaN among numbers, None among texts."""
    return {
        name: np.ma.filled(column.astype(float), np.nan) if column.dtype.kind == "f" else _plain(column)
        for name, column in result.fetchnumpy().items()
    }


def _plain(column: np.ma.MaskedArray) -> np.ndarray:
    if column.dtype.kind == "O":
        return np.where(np.ma.getmaskarray(column), None, np.ma.getdata(column))
    return np.ma.filled(column, 0)


def _raters(names: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Names of the raters, sorted, and the index of each entry; −1 for None."""
    anonymous = np.array([name is None for name in names], dtype=bool)
    known, places = np.unique(names[~anonymous].astype(str), return_inverse=True)
    index = np.full(len(names), -1)
    index[~anonymous] = places
    return known.astype(object), index


def _labels(cursor, stored: StoredStudy, numbers: np.ndarray) -> np.ndarray:
    slot_of = np.full(256, -1)
    for column, listed in enumerate(slot_numbers(cursor, stored.study)):
        slot_of[listed] = column
    return slot_of[numbers.astype(int)]
