"""Who may be mixed with whom: the clips of a minority emotion, and the neighbours that the settings allow them."""

from dataclasses import dataclass

import numpy as np

from emo_core.augmentation.features import Scaler
from emo_core.augmentation.nearest import nearest
from emo_core.augmentation.samples import NotMade
from emo_core.augmentation.settings import Settings
from emo_core.augmentation.training_clips import TrainingClips
from emo_core.errors import BadInput


@dataclass(frozen=True)
class Parents:
    """The parents of one emotion's samples.

    clips        (parents,) places of its clips that have a neighbour
    neighbours   (parents, k) places, nearest first, −1 where there are fewer; distances (parents, k) likewise
    not_made     what falls short here
    """

    clips: np.ndarray
    neighbours: np.ndarray
    distances: np.ndarray
    not_made: tuple[NotMade, ...]


def feature_space(clips: TrainingClips, settings: Settings) -> np.ndarray:
    """The clips' features as nearest neighbours are sought in them, (clips, numbers): standardised on these clips, and for the
    cosine of length one, as ‖a − b‖² = 2 (1 − cos) then.

    Raises BadInput where a clip's cosine is not defined because all its features are the mean's.
    """
    vectors = Scaler.fit(clips.features).apply(clips.features)
    if settings.metric == "euclidean":
        return vectors
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if (lengths == 0).any():
        clip = clips.names[int(lengths.argmin())]
        raise BadInput(f"A cosine needs a direction, but the features of {clip!r} are the mean's. Choose euclidean.")
    return vectors / lengths


def find_parents(
    clips: TrainingClips, vectors: np.ndarray, members: np.ndarray, emotion: int, room: int, settings: Settings
) -> Parents:
    """The parents of `emotion`, a column of `members` (see `balance.members`); `vectors` from `feature_space`.

    room: how many samples the emotion has room for; only counted where none can be made.

    Raises BadInput where parents are to be of one speaker and a clip's is not known.
    """
    own = np.flatnonzero(members[:, emotion])
    allowed = {
        "any": np.ones(len(members), dtype=bool),
        "same": members[:, emotion],
        "other": members.any(axis=1) & ~members[:, emotion],
    }[settings.neighbour_class]
    voices = None if settings.across_speakers else _voices(clips)
    places, distances = nearest(vectors, own, np.flatnonzero(allowed), settings.neighbours, voices)
    if settings.metric == "cosine":
        distances = distances**2 / 2
    has = places[:, 0] >= 0
    made = _shortfalls(clips.emotions[emotion], places, room, settings)
    return Parents(own[has], places[has], distances[has], made)


def _voices(clips: TrainingClips) -> np.ndarray:
    """A code for each clip's speaker, (clips,)."""
    speakers = clips.speakers or (None,) * len(clips.names)
    unknown = [name for name, speaker in zip(clips.names, speakers) if not speaker]
    if unknown:
        raise BadInput(
            f"Parents are to be of one speaker, but of {len(unknown)} clips, among them {unknown[0]!r}, it is not known who "
            "speaks. Allow parents across speakers."
        )
    return np.unique(speakers, return_inverse=True)[1]


def _shortfalls(emotion: str, places: np.ndarray, room: int, settings: Settings) -> tuple[NotMade, ...]:
    """What falls short, from the neighbours of all its clips."""
    found = (places >= 0).sum(axis=1)
    if not len(places):
        return (NotMade(emotion, "samples", room, "no training clip has it as its dominant emotion"),)
    asked = {"any": "", "same": " with the same dominant emotion", "other": " with another dominant emotion"}
    wanted = f"neighbour{asked[settings.neighbour_class]}{'' if settings.across_speakers else ' by the same speaker'}"
    if not found.any():
        return (NotMade(emotion, "samples", room, f"none of its {len(places)} clip(s) has a {wanted}"),)
    none, few = int((found == 0).sum()), int(((found > 0) & (found < settings.neighbours)).sum())
    return (
        NotMade(emotion, "clips", none, f"no {wanted}: they are no parents of this emotion's samples"),
        NotMade(
            emotion, "clips", few, f"fewer than k = {settings.neighbours} of a {wanted}: drawn among what there is"
        ),
    )
