"""From votes to distributions: what did the listeners hear, and how far were they from one answer?

Conventions of the whole science layer
--------------------------------------
*Counts* are arrays of votes whose last axis is the emotions; the axes before it are clips (usually one, so that a row
is a clip). *Distributions* have the same shape and rows that sum to one. Logarithms are to base 2, so figures are in
bits. What is undefined is NaN: a clip without votes has no distribution, and everything computed from it is NaN as
well.

Contents: `totals`, `normalise` and `pool` (votes to distributions), `entropy` (how ambiguous), `majority` and `majority_names`
(the single label that others would use, with its ties kept).

References: C. E. Shannon, "A mathematical theory of communication", Bell System Technical Journal 27 (1948).
"""

from collections.abc import Sequence
from numbers import Real

import numpy as np

from emo_core.errors import BadInput

# Rows may miss one by this much: float32 model outputs miss it by 1e-6, percentages rounded to two digits by 1e-2.
TOLERANCE = 1e-5
# Smallest normal float: log2 of it is -1022, and 0 · -1022 = 0, so that 0 · log2(0) needs no mask.
_TINY = np.finfo(float).tiny


def validate(counts: np.ndarray, *, whole: bool = False) -> np.ndarray:
    """The counts as an int64 or float64 array, after checking that they are numbers, finite and not negative.

    Fractions are welcome (votes weighted by a model's probabilities) unless `whole` is True.

    Raises BadInput, naming the first offending value and its row.
    """
    array = _numbers(counts, "counts")
    if array.dtype.kind == "i" and array.min(initial=0) >= 0:  # whole numbers are finite, and nothing else can be wrong
        return array
    for wrong, rule in (
        (~np.isfinite(array), "Counts must be finite numbers"),
        (array < 0, "Counts must not be negative"),
        (array != np.floor(array) if whole else np.False_, "Counts must be whole numbers of votes"),
    ):
        if wrong.any():
            raise BadInput(f"{rule}, but {_first(wrong, array)}. Count each clip's votes again before passing them.")
    return array


def validate_distributions(distributions: np.ndarray) -> np.ndarray:
    """The distributions as a float64 array, after checking that no share is negative and that each row sums to one.

    Rows that hold NaN (clips without votes) pass.

    Raises BadInput, naming the first offending value and its row.
    """
    array = _numbers(distributions, "distributions").astype(float, copy=False)
    wrong = array < 0
    if wrong.any():
        raise BadInput(f"Shares must not be negative, but {_first(wrong, array)}. Make them with normalise().")
    totals = np.atleast_1d(array @ np.ones(array.shape[-1]))
    wrong = np.abs(totals - 1) > TOLERANCE
    if wrong.any():
        raise BadInput(
            f"Each distribution must sum to one, but {_first(wrong, totals, ('row',))}. Use normalise() first."
        )
    return array


def normalise(counts: np.ndarray, *, smoothing: float = 0.0) -> np.ndarray:
    """Distributions from counts: p_k = (c_k + α) / (n + K α), α the `smoothing` (Laplace's rule at α = 1).

    counts: (clips, emotions), non-negative. Returns the same shape as floats in [0, 1] whose rows sum to one. A clip
    without votes becomes a row of NaN at α = 0 and the uniform distribution at α > 0.

    Raises BadInput where the counts or the smoothing are negative or not finite.

    >>> normalise(np.array([[3, 1], [0, 0]]))
    array([[0.75, 0.25],
           [ nan,  nan]])
    >>> normalise(np.array([[3, 1], [0, 0]]), smoothing=1)
    array([[0.66666667, 0.33333333],
           [0.5       , 0.5       ]])
    """
    if not (isinstance(smoothing, Real) and 0 <= smoothing < np.inf):
        raise BadInput(f"Smoothing is a number of votes added to each emotion, zero or more, not {smoothing!r}.")
    weights = validate(counts) + float(smoothing)
    total = totals(weights)[..., None]
    return np.divide(weights, total, out=np.full(weights.shape, np.nan), where=total > 0)


def totals(counts: np.ndarray) -> np.ndarray:
    """Votes of each clip, (clips,). NumPy's own sum takes four times as long over rows so short.

    >>> totals(np.array([[3, 1], [0, 0]]))
    array([4, 0])
    """
    return np.einsum("...k->...", counts)


def pool(*counts: np.ndarray) -> np.ndarray:
    """Counts of several panels together, each vote equal: c = c₁ + c₂ + … (the `combined` votes of paper 1).

    Each: (clips, emotions), the same clips and emotions in the same order. The pooled distribution is the mean of the
    panels' distributions weighted by their numbers of votes, so that a panel of 50 outweighs one of 5 ten to one.

    Raises BadInput where no counts are given or the shapes differ.

    >>> pool(np.array([[2, 0]]), np.array([[1, 3]]))
    array([[3, 3]])
    """
    if not counts:
        raise BadInput("Pooling needs the counts of at least one panel, but none were given.")
    arrays = [validate(c) for c in counts]
    shapes = {a.shape for a in arrays}
    if len(shapes) > 1:
        listed = " and ".join(str(a.shape) for a in arrays)
        raise BadInput(f"Panels are pooled clip by clip, but their counts have shapes {listed}. Align the clips first.")
    return sum(arrays[1:], start=arrays[0].copy())


def xlog2x(x: np.ndarray) -> np.ndarray:
    """x · log₂ x, with 0 at x = 0 and NaN at NaN. One temporary, no mask: twice as fast as `np.log2(where=)`."""
    logs = np.maximum(x, _TINY)
    np.log2(logs, out=logs)
    logs *= x
    return logs


def entropy(distributions: np.ndarray) -> np.ndarray:
    """Shannon entropy H = −Σ_k p_k log₂ p_k (Shannon 1948, section 6): how ambiguous is each clip?

    distributions: (clips, emotions). Returns (clips,) in bits, from 0 (all agree) to log₂ K (all emotions equally
    often); NaN for a row of NaN.

    Raises BadInput where rows are not distributions.

    >>> entropy(np.array([[1.0, 0.0], [0.5, 0.5], [np.nan, np.nan]]))
    array([ 0.,  1., nan])
    """
    array = validate_distributions(distributions)
    k = array.shape[-1]
    # Rounding can pass both ends by 1e-16; the matrix product sums short rows eight times as fast as .sum(axis=-1).
    return np.clip(0.0 - xlog2x(array) @ np.ones(k), 0.0, np.log2(k))


def majority(counts: np.ndarray) -> np.ndarray:
    """Which emotions have the most votes: True for each tied winner, all False for a clip without votes.

    counts: (clips, emotions). Returns a boolean array of the same shape. (A plurality: it may be less than half.)

    Raises BadInput where counts are negative or not finite.

    >>> majority(np.array([[3, 1, 0], [2, 0, 2], [0, 0, 0]]))
    array([[ True, False, False],
           [ True, False,  True],
           [False, False, False]])
    """
    array = validate(counts)
    return (array == array.max(axis=-1, keepdims=True)) & (array > 0)


def majority_names(counts: np.ndarray, emotions: Sequence[str]) -> np.ndarray:
    """The names of the winners, ties joined by ":" in the order of `emotions`; None for a clip without votes.

    counts: (clips, emotions). Returns (clips,) objects. None, not "": no votes is no answer, and tables show it so.

    Raises BadInput where the number of names is not the number of columns.

    >>> majority_names(np.array([[3, 1, 0], [2, 0, 2], [0, 0, 0]]), ["anger", "happy", "sad"])
    array(['anger', 'anger:sad', None], dtype=object)
    """
    won = majority(counts)
    if len(emotions) != won.shape[-1]:
        raise BadInput(f"Each column needs its emotion, but {won.shape[-1]} columns came with names {list(emotions)}.")
    # Few sets of winners occur, so each is spelled once: 0.2 s for a million clips, mostly the sort of codes.
    codes, which = np.unique(won @ (1 << np.arange(len(emotions))), return_inverse=True)
    bits = list(enumerate(emotions))
    spelled = [":".join(name for bit, name in bits if code >> bit & 1) or None for code in codes.tolist()]
    return np.array(spelled, dtype=object)[which.reshape(won.shape[:-1])]


def _numbers(values: np.ndarray, what: str) -> np.ndarray:
    """A wide numeric array whose last axis holds at least one emotion. Narrow integers would overflow when squared."""
    array = np.asarray(values)
    if array.dtype.kind not in "buif":
        raise BadInput(f"The {what} must be an array of numbers, not of {array.dtype}. Convert them first.")
    if array.ndim == 0 or array.shape[-1] == 0:
        raise BadInput(f"The {what} need a last axis of at least one emotion, but have shape {array.shape}.")
    return array.astype(float if array.dtype.kind == "f" else np.int64, copy=False)


def _first(wrong: np.ndarray, array: np.ndarray, names: tuple[str, ...] = ("row", "column")) -> str:
    """The first offending value and its place, in words."""
    place = tuple(np.argwhere(wrong)[0].tolist())
    named = " ".join(f"{name} {index}" for name, index in zip(names[-len(place) :], place))
    return f"{named if len(place) <= len(names) else f'place {place}'} holds {array[place].item()!r}"
