"""Do a model's shares mean what they say?

*Reliability*: of all shares that a model predicted between 10 and 20 %, what share did listeners give? The expected calibration
error is the mean distance of the two over bins b, each bin weighing as many shares as it has (Guo et al. 2017, equation 5, with
shares in place of hits):

    ECE = Σ_b |Σ_{i∈b} q_i − Σ_{i∈b} p_i| / N,    p the listeners' shares, q the model's, N their number

Range 0 … 1, without unit, lower is better. Chance alone moves it off zero, the more so the fewer clips there are; and a bin may hide
errors that cancel out.

References
    C. Guo et al., "On calibration of modern neural networks", ICML (2017).
"""

from dataclasses import dataclass

import numpy as np

from emo_core.errors import BadInput
from emo_core.science.comparison import Figure
from emo_core.science.distributions import validate_distributions
from emo_core.science.inference import bootstrap_intervals

BINS = 10
_NONE_HERE, _NONE = "no share was predicted in this bin", "no clip was predicted"


@dataclass(frozen=True)
class Bin:
    """Shares that a model predicted within `low` … `high`; one on an edge is in the bin above."""

    low: float
    high: float
    shares: int  # how many, over all clips, emotions and seeds
    predicted: float  # their mean; NaN where there are none
    observed: Figure  # mean of the listeners' shares there, with the number of clips


def validate(reference: np.ndarray, predicted: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Both as float64. Raises BadInput for shapes that do not fit, rows that are no distributions, and no bins."""
    reference, predicted = np.asarray(reference, dtype=float), np.asarray(predicted, dtype=float)
    if predicted.ndim != 3 or predicted.shape[1:] != reference.shape:
        raise BadInput(
            f"Predictions have a row for each seed, clip and emotion of the listeners' {reference.shape}; got {predicted.shape}."
        )
    if bins < 1:
        raise BadInput(f"Shares are put into 1 bin or more, not {bins}. Use {BINS}.")
    for given in (reference, predicted):
        if np.isnan(validate_distributions(given.reshape(-1, reference.shape[-1]))).any():
            raise BadInput("A clip without votes or prediction has no share to compare. Leave it out on both sides.")
    return reference, predicted


def reliability(
    reference: np.ndarray, predicted: np.ndarray, *, bins: int = BINS, **options
) -> tuple[list[Bin], Figure]:
    """Bins that part 0 … 1 equally, and the expected calibration error.

    reference   (clips, emotions), distributions of the listeners
    predicted   (seeds, clips, emotions), of a model trained several times; what it says of a clip is drawn together
    options     those of `bootstrap_interval`: the intervals are over clips, or clusters of clips

    Raises BadInput.

    >>> found, error = reliability(np.array([[1.0, 0.0], [0.6, 0.4]]), np.array([[[0.8, 0.2], [0.8, 0.2]]]), seed=0)
    >>> [(b.shares, round(b.predicted, 6), round(b.observed.value, 6)) for b in found if b.shares], round(error.value, 6)
    ([(2, 0.2, 0.2), (2, 0.8, 0.8)], 0.0)
    """
    reference, predicted = validate(reference, predicted, bins)
    terms = _terms(reference, predicted, bins)
    sums = terms.sum(axis=0, keepdims=True)
    values, intervals = _estimate(sums, bins)[0], bootstrap_intervals(terms, lambda s: _estimate(s, bins), **options)
    clips = [*(terms[:, :bins] > 0).sum(axis=0), len(reference)]
    reasons = [_NONE_HERE] * bins + [_NONE]
    figures = [
        Figure(float(value), each.low, each.high, int(count), None if np.isfinite(value) else reason)
        for value, each, count, reason in zip(values, intervals, clips, reasons)
    ]
    n, q = sums[0, :bins], sums[0, bins : 2 * bins]
    found = [
        Bin(b / bins, (b + 1) / bins, round(n[b] * len(predicted)), float(q[b] / n[b]) if n[b] else np.nan, figures[b])
        for b in range(bins)
    ]
    return found, figures[-1]


def _terms(reference: np.ndarray, predicted: np.ndarray, bins: int) -> np.ndarray:
    """For each clip and bin: shares, sum of predicted and sum of human shares, all over the number of seeds: (clips, 3 · bins)."""
    seeds, clips, _ = predicted.shape
    # A share of 0.8 must not fall below 0.8 by a rounding of 1e-16.
    b = np.clip(np.floor(predicted * bins + 1e-9), 0, bins - 1).astype(int)
    cell = (np.arange(clips)[None, :, None] * bins + b).ravel()
    human = np.broadcast_to(reference, predicted.shape)
    columns = (np.ones(predicted.size), predicted.ravel(), human.ravel())
    summed = [np.bincount(cell, weights=each, minlength=clips * bins).reshape(clips, bins) for each in columns]
    return np.hstack(summed) / seeds


def _estimate(sums: np.ndarray, bins: int) -> np.ndarray:
    """Observed share of each bin and the calibration error: (resamples, bins + 1) from sums (resamples, 3 · bins)."""
    n, q, p = (sums[:, i * bins : (i + 1) * bins] for i in range(3))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.column_stack([p / n, np.abs(q - p).sum(axis=1) / n.sum(axis=1)])
