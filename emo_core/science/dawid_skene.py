"""What does each rater say when the truth is sad? Dawid & Skene's model of raters who err each in their own way.

Every clip is taken to have one true emotion, raters answer independently given it, and rater r says k on a clip that is j
with probability π_rjk. Expectation–maximisation finds the probabilities and each clip's distribution over true emotions. For
ambiguous speech "one true emotion" is a strong assumption: read the confusions as how raters differ from what the panel as a
whole hears, not as errors.

Votes of anonymous raters cannot be used; `raters.named` leaves them out and counts them.

>>> from emo_core.science.raters import named
>>> clip, rater = np.repeat(np.arange(6), 3), np.tile(np.arange(3), 6)
>>> label = np.array([0, 0, 1, 0, 0, 1, 0, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 0])  # the third rater swaps the two
>>> model = dawid_skene(named(clip, rater, label, clips=6, raters=3, emotions=2))
>>> model.confusions[2].round(2).tolist(), model.converged
([[0.0, 1.0], [1.0, 0.0]], True)

Reference
    A. P. Dawid & A. M. Skene, "Maximum likelihood estimation of observer error-rates using the EM algorithm", Journal of the
    Royal Statistical Society C 28 (1979).
"""

from dataclasses import dataclass

import numpy as np

from emo_core.errors import BadInput
from emo_core.science.raters import Named


@dataclass(frozen=True)
class DawidSkene:
    """What the model finds."""

    priors: np.ndarray  # (emotions,) share of clips of each true emotion
    posteriors: np.ndarray  # (clips, emotions); NaN for clips without a named rater's answer
    confusions: np.ndarray  # (raters, true emotion, said emotion), rows sum to one; NaN for raters without answers
    log_likelihood: float  # of the answers, natural logarithm; NaN without answers
    path: np.ndarray  # (iterations,) what each iteration raises: log likelihood + smoothing · Σ log π; never falls
    iterations: int
    converged: bool


def dawid_skene(
    answers: Named, *, smoothing: float = 0.0, most_iterations: int = 200, tolerance: float = 1e-6
) -> DawidSkene:
    """Fit the model, beginning with each clip's shares of votes (Dawid & Skene 1979, equation 3.1).

    smoothing is added to each cell of every confusion before its rows are normalised: 0 is maximum likelihood; a little keeps
    raters with few answers from certainty (the mode under a Dirichlet prior of 1 + smoothing on each row). It has converged
    where an iteration gains less than `tolerance` times the number of answers. The end depends on the beginning, as always
    with expectation–maximisation: it is a maximum nearby, not the highest of all.

    Raises BadInput where an option is out of range.
    """
    if not (0 <= smoothing < np.inf and most_iterations >= 1 and tolerance > 0):
        raise BadInput(
            "Smoothing is zero or more, iterations are at least one and the tolerance is above zero; "
            f"got {smoothing!r}, {most_iterations!r} and {tolerance!r}."
        )
    k, r = answers.emotions, answers.raters
    used, clip = np.unique(answers.clip, return_inverse=True)
    said = answers.rater * k + answers.label
    shares = np.bincount(clip * k + answers.label, minlength=len(used) * k).reshape(-1, k).astype(float)
    posteriors = shares / shares.sum(axis=1, keepdims=True)
    priors, confusions, likelihood = np.full(k, np.nan), np.full((r, k, k), np.nan), np.nan
    path, converged = [], False
    while len(used) and len(path) < most_iterations and not converged:
        priors = posteriors.mean(axis=0)
        confusions = _confusions(posteriors, clip, said, r, k, smoothing)
        posteriors, likelihood = _expect(priors, confusions, clip, said, len(used))
        prior = smoothing * np.nansum(np.log(confusions)) if smoothing else 0.0
        converged = bool(path) and likelihood + prior - path[-1] < tolerance * len(clip)
        path.append(likelihood + prior)
    whole = np.full((answers.clips, k), np.nan)
    whole[used] = posteriors
    return DawidSkene(priors, whole, confusions, likelihood, np.array(path), len(path), converged)


def _confusions(
    posteriors: np.ndarray, clip: np.ndarray, said: np.ndarray, raters: int, emotions: int, smoothing: float
) -> np.ndarray:
    """How often each rater says each emotion on clips that are (by the posteriors) of each true one."""
    sums = [np.bincount(said, weights=posteriors[clip, true], minlength=raters * emotions) for true in range(emotions)]
    counted = np.stack(sums).reshape(emotions, raters, emotions).transpose(1, 0, 2)
    silent = counted.sum(axis=(1, 2)) == 0
    counted = counted + smoothing
    rows = counted.sum(axis=2, keepdims=True)
    # A rater who answered, but never a clip that could be of this emotion: nothing is known, so nothing is preferred.
    shares = np.divide(counted, rows, out=np.full_like(counted, 1 / emotions), where=rows > 0)
    shares[silent] = np.nan
    return shares


def _expect(
    priors: np.ndarray, confusions: np.ndarray, clip: np.ndarray, said: np.ndarray, clips: int
) -> tuple[np.ndarray, float]:
    """Each clip's distribution over true emotions, and the log likelihood."""
    with np.errstate(divide="ignore"):
        by_answer = np.log(confusions.transpose(0, 2, 1).reshape(-1, len(priors)))  # (rater · said, true)
        joint = np.tile(np.log(priors), (clips, 1))
    for true in range(len(priors)):
        joint[:, true] += _sum_logs(by_answer[said, true], clip, clips)
    top = joint.max(axis=1, keepdims=True)
    weights = np.exp(joint - top)
    total = weights.sum(axis=1, keepdims=True)
    return weights / total, float((np.log(total) + top).sum())


def _sum_logs(logs: np.ndarray, clip: np.ndarray, clips: int) -> np.ndarray:
    """Sums by clip; minus infinity wins (bincount would make it NaN beside zero weights)."""
    impossible = np.isneginf(logs)
    sums = np.bincount(clip, weights=np.where(impossible, 0, logs), minlength=clips)
    sums[clip[impossible]] = -np.inf
    return sums
