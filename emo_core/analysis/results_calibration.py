"""Is a model as uncertain as listeners are, and do its shares mean what they say?

Entropies are of the predicted and of the human distribution of each clip. *Reliability*: of all shares that a model predicted
between 10 and 20 %, what share did listeners give? The expected calibration error is the mean distance of the two over bins,
each bin weighing as many shares as it has (Guo et al. 2017, equation 5, with shares in place of hits):

    ECE = Σ_b |Σ_{i∈b} q_i − Σ_{i∈b} p_i| / N

Chance alone moves it off zero, the more so the fewer clips there are; and a bin may hide errors that cancel out.

References
    C. Guo et al., "On calibration of modern neural networks", ICML (2017).
"""

import numpy as np

from emo_core import science
from emo_core.analysis.data import figure
from emo_core.science import comparison
from emo_core.science.inference import bootstrap_intervals

BINS = 10


def calibration(reference: np.ndarray, predicted: np.ndarray, **options) -> dict:
    """Entropies, their correlation, reliability by bins, and the expected calibration error, each with its interval.

    reference: (clips, emotions), distributions; predicted: (seeds, clips, emotions). A clip's predicted entropy is the mean
    over seeds. Options are those of `bootstrap_interval`.
    """
    human, model = science.entropy(reference), mean_over_seeds(science.entropy(predicted))
    sides = {"entropy_human": human, "entropy_predicted": model, "entropy_difference": model - human}
    rows, error = reliability(reference, predicted, **options)
    return {
        **{name: figure(found) for name, found in comparison.mean_figures(sides, **options).items()},
        "correlation": figure(comparison.correlation(human, model, **options)),
        "reliability": rows,
        "calibration_error": figure(error),
    }


def mean_over_seeds(values: np.ndarray) -> np.ndarray:
    """(seeds, clips) → (clips,)."""
    return np.asarray(values, dtype=float).mean(axis=0)


def reliability(
    reference: np.ndarray, predicted: np.ndarray, *, bins: int = BINS, **options
) -> tuple[list[dict], science.Figure]:
    """Mean human share of the shares predicted within each bin, and the expected calibration error, 0 … 1.

    Bins part 0 … 1 equally; a share on an edge is in the bin above. Each row: from, to, predicted (mean of the predicted
    shares), observed (mean of the human shares, with interval and the number of clips), shares (how many).

    >>> rows, error = reliability(np.array([[1.0, 0.0], [0.6, 0.4]]), np.array([[[0.8, 0.2], [0.8, 0.2]]]), seed=0)
    >>> [(row["shares"], row["predicted"], row["observed"]["value"]) for row in rows if row["shares"]]
    [(2, 0.2, 0.2), (2, 0.8, 0.8)]
    """
    terms = _terms(reference, predicted, bins)
    sums = terms.sum(axis=0, keepdims=True)
    n, q, _ = (sums[0, i * bins : (i + 1) * bins] for i in range(3))
    observed, intervals = _estimate(sums, bins)[0], bootstrap_intervals(terms, lambda s: _estimate(s, bins), **options)
    clips = (terms[:, :bins] > 0).sum(axis=0)
    seeds, reason = len(predicted), "no share was predicted in this bin"
    found = [
        science.Figure(float(value), each.low, each.high, int(count), None if np.isfinite(value) else reason)
        for value, each, count in zip(observed, intervals, [*clips, len(reference)])
    ]
    rows = [
        {
            "from": b / bins, "to": (b + 1) / bins, "shares": round(n[b] * seeds),
            "predicted": float(q[b] / n[b]) if n[b] else np.nan, "observed": figure(found[b]),
        }
        for b in range(bins)
    ]  # fmt: skip
    error = found[-1]
    none = "no clip was predicted" if error.reason else None
    return rows, science.Figure(error.value, error.low, error.high, error.n, none)


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
