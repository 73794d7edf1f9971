"""The training side of a study, from the store: which clips may be mixed, and which distributions they are to teach.

Only clips on the training side of the study's split are here; what is left out is counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from emo_core import science
from emo_core.annotators import clips as heard
from emo_core.annotators.clips import Clip
from emo_core.augmentation.training_clips import TrainingClips
from emo_core.errors import BadInput, UnknownName
from emo_core.store import Database, studies
from emo_core.store.training_clips import training_clips
from emo_core.training.data import carve
from emo_core.training.settings import UNITS, TrainSettings

SOURCES = {
    "human": "votes of the reference panel",
    "synthetic": "votes of the candidate panel",
    "combined": "votes of both panels pooled, each vote equal",
}


@dataclass(frozen=True)
class TrainingSide:
    """Training clips with sound, in the order of the store.

    study, study_id, version   which study, and the state of its votes
    emotions      columns of the votes
    clips         (clips,) what is heard
    columns       the same as columns of `annotators.clips.write`
    reference, candidate   (clips, emotions) votes, shared among labels where the study says so
    speakers, sessions   (clips,) names, None where unknown
    unit          what a validation part is held out by: clip, speaker or session
    has_candidate whether the study has a candidate panel
    votes         how many of its votes on each clip are in `candidate`, drawn at random from a seed; 0: all
    test          clips of the test side, which are never mixed
    silent        training clips without sound, left out
    """

    study: str
    study_id: int
    version: int
    emotions: tuple[str, ...]
    clips: tuple[Clip, ...]
    columns: Mapping[str, list]
    reference: np.ndarray
    candidate: np.ndarray
    speakers: tuple[str | None, ...]
    has_candidate: bool
    votes: int
    test: int
    silent: int
    sessions: tuple[str | None, ...] = ()
    unit: str = "clip"

    def distributions(self, source: str) -> np.ndarray:
        """The distributions (clips, emotions) of a source; a clip without such votes is a row of NaN.

        Raises UnknownName for another source, BadInput where there is no candidate panel.
        """
        if source not in SOURCES:
            raise UnknownName("source of distributions", source, SOURCES)
        if source != "human" and not self.has_candidate:
            raise BadInput(
                f"The study {self.study!r} has no candidate panel, which {source!r} needs. Choose 'human', or a study with one."
            )
        votes = {
            "human": (self.reference,),
            "synthetic": (self.candidate,),
            "combined": (self.reference, self.candidate),
        }
        return science.normalise(science.pool(*votes[source]))

    def held_out(self, voted: np.ndarray, seed: int) -> np.ndarray:
        """(clips,) bool: which of the clips with votes a training of this seed holds out to validate on, see `training.data`."""
        names = {"clip": [clip.clip for clip in self.clips], "speaker": self.speakers, "session": self.sessions}
        places, held = np.flatnonzero(voted), np.zeros(len(voted), dtype=bool)
        units = [names[self.unit][place] or self.clips[place].clip for place in places]
        held[places] = carve(units, TrainSettings().validation_share, seed)
        return held

    def training_clips(self, features: np.ndarray, source: str, seed: int) -> tuple[TrainingClips, dict[str, int]]:
        """What is augmented, and how many clips are left out, by reason: those too that a training of this seed holds out to
        validate on, so that the samples planned here are those that it trains.

        features: (clips, numbers); a row of NaN where a clip has none.

        Raises BadInput where fewer than two clips are left, and as `distributions` does.
        """
        shares = self.distributions(source)
        voted, featured = np.isfinite(shares).all(axis=1), np.isfinite(features).all(axis=1)
        held = self.held_out(voted, seed) if voted.any() else np.zeros(len(voted), dtype=bool)
        kept = voted & featured & ~held
        left_out = {
            "no sound": self.silent,
            "its sound gives no features": int((~featured).sum()),
            f"no votes for {source} distributions": int((featured & ~voted).sum()),
            f"held out for validation in a training with seed {seed}": int((featured & held).sum()),
        }
        places = np.flatnonzero(kept)
        training = TrainingClips(
            [self.clips[place].clip for place in places],
            self.emotions,
            shares[kept],
            features[kept],
            [self.speakers[place] for place in places],
        )
        return training, {reason: count for reason, count in left_out.items() if count}


def training_side(store: Database, study: str, *, votes: int = 0) -> TrainingSide:
    """The training side of a study. votes: how many of each clip's candidate votes are used, drawn at random from a seed; 0: all.

    Raises UnknownName for the study, BadInput where there is no training clip or none has sound, or votes are asked for without a
    candidate.
    """
    stored = studies.find_study(store.cursor(), study)
    found, is_test = training_clips(store, study, votes=votes), studies.study_counts(store, study).is_test
    places = [place for place, test in enumerate(found["is_test"]) if not test]
    training = int((~is_test).sum())
    if not training:
        raise BadInput(
            f"The study {study!r} has no training clip: its split by {stored.study.split} puts all {len(is_test):,} clips on the test "
            "side. Duplicate the study with another split, or choose another one."
        )
    if not places:
        raise BadInput(
            f"None of the {training:,} training clips of the study {study!r} has sound here, and only sound can be mixed. "
            "Give the corpus its folder of sounds, or choose another study."
        )
    columns = {name: [values[place] for place in places] for name, values in found.items() if name != "silent"}
    heard_columns = {name: columns[name] for name in Clip.__dataclass_fields__} | {"reference": columns["human"]}
    return TrainingSide(
        study=study,
        study_id=stored.study_id,
        version=stored.version,
        emotions=stored.study.emotions,
        clips=tuple(heard.of_columns(heard_columns).rows),
        columns=heard_columns,
        reference=np.array(columns["human"], dtype=float),
        candidate=np.array(columns["synthetic"], dtype=float),
        speakers=tuple(columns["speaker"]),
        sessions=tuple(columns["session"]),
        unit=stored.study.split if stored.study.split in UNITS else "clip",
        has_candidate=stored.has_candidate,
        votes=votes,
        test=int(is_test.sum()),
        silent=training - len(places),
    )
