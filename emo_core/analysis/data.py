"""The votes of a study as arrays, from the store; what every analysis takes."""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from emo_core import science
from emo_core.errors import BadInput
from emo_core.records import Study
from emo_core.store import Database, answers, corpora, studies

UNITS = ("clip", "speaker")


@dataclass(frozen=True)
class Votes:
    """Single votes of one side inside the study's emotions; their order says nothing, see `answers.votes_in_order`.

    clip, rater, label   (votes,), numbers of clips, of `raters` (−1 anonymous) and of emotions
    raters, personas, temperatures   (raters,); persona None and temperature NaN where the rater is a person
    """

    clip: np.ndarray
    rater: np.ndarray
    label: np.ndarray
    raters: np.ndarray
    personas: np.ndarray
    temperatures: np.ndarray

    def without(self, raters: set[str]) -> "Votes":
        """Without the votes of these raters."""
        gone = np.array([name in raters for name in self.raters], dtype=bool)
        kept = (self.rater < 0) | ~gone[self.rater] if len(gone) else np.ones(len(self.clip), dtype=bool)
        return replace(self, clip=self.clip[kept], rater=self.rater[kept], label=self.label[kept])

    def counts(self, clips: int, emotions: int) -> np.ndarray:
        """(clips, emotions)."""
        flat = np.bincount(self.clip * emotions + self.label, minlength=clips * emotions)
        return flat.reshape(clips, emotions)


@dataclass(frozen=True)
class StudyData:
    """What a study holds of each clip it keeps.

    clips, corpora, speakers   (clips,) names; a speaker may be None
    reference, candidate       (clips, emotions), whole votes
    reference_weights, candidate_weights   the same with each vote shared among its labels, where secondary labels count
    panels                     votes of further panels, (clips, emotions) each
    reference_votes, candidate_votes   single votes, None where they were not asked for
    collected                  the candidate's votes in the order in which they came, where that is recorded; None where not asked for
    """

    study: str
    reference_name: str
    candidate_name: str | None
    emotions: tuple[str, ...]
    seed: int
    clips: np.ndarray
    corpora: np.ndarray
    speakers: np.ndarray
    reference: np.ndarray
    candidate: np.ndarray
    reference_weights: np.ndarray
    candidate_weights: np.ndarray
    panels: dict[str, np.ndarray] = field(default_factory=dict)
    reference_votes: Votes | None = None
    candidate_votes: Votes | None = None
    collected: answers.VotesInOrder | None = None

    @cached_property
    def has_speakers(self) -> bool:
        """Whether every clip has a speaker."""
        return all(speaker is not None for speaker in self.speakers)

    @cached_property
    def entropy(self) -> np.ndarray:
        """Reference entropy of each clip, bits: (clips,)."""
        return science.entropy(science.normalise(self.reference_weights))

    def clusters(self, by: str) -> np.ndarray | None:
        """What intervals resample besides clips. Raises BadInput where a clip has no speaker."""
        if by not in UNITS:
            raise BadInput(f"Intervals resample clips or speakers, not {by!r}.")
        if by == "clip":
            return None
        if not self.has_speakers:
            nameless = int(sum(speaker is None for speaker in self.speakers))
            raise BadInput(f"{nameless:,} clips of the study have no speaker. Resample clips instead.")
        return self.speakers

    def need_candidate(self) -> None:
        """Raise BadInput where the study has no candidate panel."""
        if self.candidate_name is None:
            raise BadInput(f"The study {self.study!r} has no candidate panel. Duplicate it and choose one.")

    def only(self, chosen: np.ndarray) -> "StudyData":
        """Of these clips, a mask; single votes are left behind."""
        if chosen.all():
            return replace(self, reference_votes=None, candidate_votes=None, collected=None)
        arrays = ("clips", "corpora", "speakers", "reference", "candidate", "reference_weights", "candidate_weights")
        return replace(
            self,
            **{name: getattr(self, name)[chosen] for name in arrays},
            panels={name: counts[chosen] for name, counts in self.panels.items()},
            reference_votes=None,
            candidate_votes=None,
            collected=None,
        )


_KEPT = 4  # studies' votes that are kept in memory: pages ask for them again and again
_kept: OrderedDict[tuple, StudyData] = OrderedDict()
_keeping = threading.Lock()


def of_study(
    store: Database,
    name: str,
    *,
    votes: tuple[str, ...] = (),
    panels: tuple[str, ...] = (),
    collected: bool = False,
) -> StudyData:
    """A study's votes. `votes` names the sides whose single votes are wanted too, `panels` further panels; `collected`: the
    candidate's votes in order too. What was asked for lately is kept until new votes come; treat it as read-only.

    Raises UnknownName.
    """
    stored = studies.find_study(store.cursor(), name)
    key = (store.folder, stored.study_id, stored.version, votes, panels, collected)
    with _keeping:
        if key not in _kept:
            _kept[key] = _read(store, stored.study, votes, panels, collected=collected)
            while len(_kept) > _KEPT:
                _kept.popitem(last=False)
        _kept.move_to_end(key)
        return _kept[key]


def _read(
    store: Database, study: Study, votes: tuple[str, ...], panels: tuple[str, ...], *, collected: bool
) -> StudyData:
    name = study.name
    counts = studies.study_counts(store, name)
    single = {f"{side}_votes": _votes(store, name, side) for side in votes if getattr(study, side) is not None}
    if collected and study.candidate is not None:
        single["collected"] = answers.votes_in_order(store, name, "candidate")
    # The science counts in int64; narrower arrays would be widened anew by every function.
    reference, candidate = (side.astype(np.int64) for side in (counts.reference, counts.candidate))
    shared = bool(study.secondary_weight)
    return StudyData(
        name, study.reference, study.candidate, study.emotions, study.seed,
        counts.clips, counts.corpora, counts.speakers, reference, candidate,
        counts.reference_weights if shared else reference, counts.candidate_weights if shared else candidate,
        panels=studies.panel_counts(store, name, panels), **single,
    )  # fmt: skip


def other_panels(store: Database, name: str) -> list[str]:
    """Panels of a study's corpora besides its reference, that have votes for any emotion."""
    study = studies.find_study(store.cursor(), name).study
    found = {panel["name"]: None for corpus in study.corpora for panel in corpora.panel_emotions(store, corpus)}
    return [panel for panel in found if panel != study.reference]


def _votes(store: Database, name: str, side: str) -> Votes:
    raters, clip, rater, label = answers.single_votes(store, name, side)
    return Votes(clip, rater, label, raters.names, raters.personas, raters.temperatures)


def at_once(**work: Callable[[], object]) -> dict[str, object]:
    """Results of independent pieces of work, by name, done in threads: NumPy leaves the interpreter free most of the time."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        begun = {name: threads.submit(piece) for name, piece in work.items()}
        return {name: piece.result() for name, piece in begun.items()}


def intervals_in_words(by: str, resamples: int, seed: int) -> str:
    """How intervals were made."""
    return f"95 % percentile bootstrap over {by}s, {resamples:,} resamples, seed {seed}"


def figure(found: science.Figure) -> dict:
    """A figure as a document."""
    document = {"value": found.value, "interval": [found.low, found.high], "clips": found.n}
    return document | ({"undefined": found.reason} if found.reason else {})
