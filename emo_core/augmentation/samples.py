"""Planned samples: one as a record, all of them as arrays."""

from dataclasses import dataclass

import numpy as np

from emo_core.augmentation.balance import Balance
from emo_core.seeding import number_from


@dataclass(frozen=True)
class Sample:
    """One mixture: all that is needed to make it again, and what it is to teach.

    id        `mix-` and 16 hexadecimal digits of its parents, λ and seed. Length and loudness are not in it
    emotion   the minority emotion that it was made for, a dominant one of clip_i
    clip_i    its parent of that emotion; clip_j: the neighbour
    lam       λ, 0…1: the share of clip_i
    seed      from which the neighbour and λ were drawn, 0 … 2⁶⁴ − 1
    distance  between the parents' features, in the metric of the settings
    target    its distribution, a share for each emotion (equation 2)
    """

    id: str
    emotion: str
    clip_i: str
    clip_j: str
    lam: float
    seed: int
    distance: float
    target: tuple[float, ...]

    @property
    def text_of(self) -> str:
        """The parent whose transcript it has: i where λ ≥ 0.5, else j (section 2.3)."""
        return self.clip_i if self.lam >= 0.5 else self.clip_j


def sample_id(clip_i: str, clip_j: str, lam: float, seed: int) -> str:
    """What a sample is called."""
    return f"mix-{number_from(clip_i, clip_j, float(lam).hex(), seed):016x}"


@dataclass(frozen=True)
class NotMade:
    """What a plan could not do. `what` is counted, "samples" or "clips"; `emotion` is None where it concerns all."""

    emotion: str | None
    what: str
    count: int
    reason: str


@dataclass(frozen=True)
class Samples:
    """All samples of a plan, in the order in which they were chosen: the rarest emotion of the moment first.

    clips     names of the training clips, as given; `emotions`: names of the columns of `targets`
    ids       what the samples are called
    emotion   (samples,) int: the emotion that each was made for
    parent_i  (samples,) int, places in `clips`; parent_j the same
    lam       (samples,) λ, 0…1
    seed      (samples,) uint64
    distance  (samples,)
    targets   (samples, emotions), rows that sum to one
    balance   clips by dominant emotion before and after
    not_made  what could not be made and why, rejected samples among it
    unknown_rejections  rejected ids that are none of this plan's samples: they were made with other settings or fractions
    """

    clips: tuple[str, ...]
    emotions: tuple[str, ...]
    ids: tuple[str, ...]
    emotion: np.ndarray
    parent_i: np.ndarray
    parent_j: np.ndarray
    lam: np.ndarray
    seed: np.ndarray
    distance: np.ndarray
    targets: np.ndarray
    balance: Balance
    not_made: tuple[NotMade, ...]
    unknown_rejections: int

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def text_of(self) -> np.ndarray:
        """(samples,) places in `clips`: whose transcript each sample has."""
        return np.where(self.lam >= 0.5, self.parent_i, self.parent_j)

    def rows(self) -> list[Sample]:
        """The samples as records."""
        columns = (self.emotion, self.parent_i, self.parent_j, self.lam, self.seed, self.distance, self.targets)
        return [
            Sample(name, self.emotions[e], self.clips[i], self.clips[j], lam, seed, distance, tuple(target))
            for name, e, i, j, lam, seed, distance, target in zip(self.ids, *(column.tolist() for column in columns))
        ]
