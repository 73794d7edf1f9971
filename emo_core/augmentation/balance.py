"""Dominant emotions: how many clips does each emotion have, and how even is that?

The paper finds minority emotions by "the utterance's dominant emotion" (section 2.3): the one with the largest share. Where
several share the largest, the clip is *tied*, and `Settings.ties` says what it counts for.
"""

from dataclasses import dataclass

import numpy as np

from emo_core.science.distributions import validate_distributions

_ROUNDING = 1e-9  # shares closer than this are equal: weighted votes sum to the same share by different roundings


@dataclass(frozen=True)
class Balance:
    """Clips by dominant emotion, (emotions,) each; fractions where tied clips are shared.

    before        of the training clips
    filled        with the samples made, each counted for the emotion that it was made for
    after         with the samples made, each counted by the dominant emotion of its own distribution
    tied_before   training clips with several dominant emotions
    tied_samples  samples with several
    """

    emotions: tuple[str, ...]
    before: np.ndarray
    filled: np.ndarray
    after: np.ndarray
    tied_before: int
    tied_samples: int


def dominant(distributions: np.ndarray) -> np.ndarray:
    """Which emotions have the largest share, (clips, emotions) bool; several in a row where they are tied.

    Raises BadInput where rows are no distributions.

    >>> dominant(np.array([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]]))
    array([[ True,  True, False],
           [False, False,  True]])
    """
    shares = validate_distributions(distributions)
    return shares >= shares.max(axis=1, keepdims=True) - _ROUNDING


def members(dominant: np.ndarray, ties: str) -> np.ndarray:
    """Which emotions a clip counts for, (clips, emotions) bool, from `dominant`; `ties` as in `Settings`.

    >>> members(np.array([[True, True, False], [False, False, True]]), "left_out")
    array([[False, False, False],
           [False, False,  True]])
    """
    return dominant if ties == "shared" else dominant & (dominant.sum(axis=1, keepdims=True) == 1)


def class_counts(members: np.ndarray) -> np.ndarray:
    """Clips of each emotion, (emotions,) float, from `members`: a clip that counts for m emotions counts 1/m for each.

    >>> class_counts(np.array([[True, True, False], [False, False, True]]))
    array([0.5, 0.5, 1. ])
    """
    return (members / np.maximum(members.sum(axis=1, keepdims=True), 1)).sum(axis=0)


def evenness(counts: np.ndarray) -> float:
    """Clips of the rarest emotion per clip of the most frequent one, 0…1: the inverse of the usual imbalance ratio.

    Not the entropy of the counts: that can fall while single clips are added to the rarest emotions, as from (2, 2, 2, 3) to
    (2, 2, 3, 3). NaN where there is no clip.

    >>> evenness(np.array([2, 8]))
    0.25
    """
    return float(counts.min() / counts.max()) if counts.max() > 0 else np.nan


def tied(dominant: np.ndarray) -> int:
    """How many clips have several dominant emotions."""
    return int((dominant.sum(axis=1) > 1).sum())
