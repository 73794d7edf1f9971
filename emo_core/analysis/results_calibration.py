"""Is a model as uncertain as listeners are, and do its shares mean what they say? Entropies, and reliability (`science.calibration`)."""

import numpy as np

from emo_core import science
from emo_core.analysis.data import figure
from emo_core.science import comparison
from emo_core.science.calibration import Bin, reliability


def calibration(reference: np.ndarray, predicted: np.ndarray, **options) -> dict:
    """Entropies, their correlation, reliability by bins, and the expected calibration error, each with its interval.

    reference: (clips, emotions), distributions; predicted: (seeds, clips, emotions). A clip's predicted entropy is the mean
    over seeds. Options are those of `bootstrap_interval`.
    """
    human, model = science.entropy(reference), mean_over_seeds(science.entropy(predicted))
    sides = {"entropy_human": human, "entropy_predicted": model, "entropy_difference": model - human}
    bins, error = reliability(reference, predicted, **options)
    return {
        **{name: figure(found) for name, found in comparison.mean_figures(sides, **options).items()},
        "correlation": figure(comparison.correlation(human, model, **options)),
        "reliability": [_row(each) for each in bins],
        "calibration_error": figure(error),
    }


def mean_over_seeds(values: np.ndarray) -> np.ndarray:
    """(seeds, clips) → (clips,)."""
    return np.asarray(values, dtype=float).mean(axis=0)


def _row(found: Bin) -> dict:
    return {
        "from": found.low, "to": found.high, "shares": found.shares, "predicted": found.predicted, "observed": figure(found.observed),
    }  # fmt: skip
