"""Who hears like whom? Raters one by one and two by two.

Answers are three arrays of equal length, one entry an answer in the order in which they came: `clip` and `rater` are numbers
from 0 (rater −1: anonymous, left out and counted), `label` is an emotion's number. Where a rater answered a clip more than
once, the latest answer counts, except in `self_consistency`, which is about the repeats.

References
    J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20 (1960).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from emo_core.errors import BadInput
from emo_core.science.divergences import jensen_shannon_divergence
from emo_core.science.inference import bootstrap_intervals

_CHUNK = 200_000  # answers whose divergence is computed at a time


@dataclass(frozen=True)
class Named:
    """Answers of named raters, one for each clip and rater, sorted by clip."""

    clip: np.ndarray
    rater: np.ndarray
    label: np.ndarray
    clips: int
    raters: int
    emotions: int
    anonymous: int  # answers left out because nobody knows whose they are
    repeated: int  # earlier answers that a later one of the same rater on the same clip replaces

    @property
    def counts(self) -> np.ndarray:
        """Votes of named raters: (clips, emotions)."""
        flat = np.bincount(self.clip * self.emotions + self.label, minlength=self.clips * self.emotions)
        return flat.reshape(self.clips, self.emotions)


def named(clip: np.ndarray, rater: np.ndarray, label: np.ndarray, *, clips: int, raters: int, emotions: int) -> Named:
    """The answers of named raters, the latest of each on a clip.

    Raises BadInput where lengths differ or a number is out of range.
    """
    clip, rater, label = (np.asarray(array, dtype=np.int64) for array in (clip, rater, label))
    if not clip.shape == rater.shape == label.shape or clip.ndim != 1:
        raise BadInput(f"Answers are three arrays of equal length, got {clip.shape}, {rater.shape} and {label.shape}.")
    for what, array, end, start in (
        ("clip", clip, clips, 0),
        ("rater", rater, raters, -1),
        ("label", label, emotions, 0),
    ):
        if len(array) and not (start <= array.min() and array.max() < end):
            raise BadInput(f"Each {what} is a number from {start} to {end - 1}, got {array.min()} to {array.max()}.")
    known = rater >= 0
    anonymous = int((~known).sum())
    clip, rater, label = clip[known][::-1], rater[known][::-1], label[known][::-1]
    _, latest = np.unique(clip * max(raters, 1) + rater, return_index=True)
    repeated = len(clip) - len(latest)
    return Named(clip[latest], rater[latest], label[latest], clips, raters, emotions, anonymous, repeated)


def _pairs(answers: Named) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Places of all pairs of answers on one clip, in as many parts as the fullest clip has answers."""
    votes = np.bincount(answers.clip, minlength=answers.clips)
    for apart in range(1, int(votes.max(initial=0))):
        first = np.flatnonzero(answers.clip[:-apart] == answers.clip[apart:])
        yield first, first + apart


def cohen_kappas(answers: Named) -> tuple[np.ndarray, np.ndarray]:
    """Cohen's kappa of every two raters on the clips that both answered, and how many clips these are: (raters, raters)
    each. κ = (p_o − p_e) / (1 − p_e) with p_e = Σ_k p_ik p_jk from the two raters' own shares on these clips (Cohen 1960).

    NaN with fewer than two clips in common, or where both name one and the same emotion throughout.
    """
    r, k = answers.raters, answers.emotions
    agreed, shared = np.zeros(r * r), np.zeros(r * r)
    own = np.zeros(r * r * k)  # how often i says k where j answered too
    for first, second in _pairs(answers):
        i, j = answers.rater[first], answers.rater[second]
        said, other = answers.label[first], answers.label[second]
        for a, b, word in ((i, j, said), (j, i, other)):
            own += np.bincount((a * r + b) * k + word, minlength=r * r * k)
        both = np.concatenate([i * r + j, j * r + i])
        shared += np.bincount(both, minlength=r * r)
        agreed += np.bincount(both, weights=np.tile(said == other, 2), minlength=r * r)
    n, own = shared.reshape(r, r), own.reshape(r, r, k)
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = agreed.reshape(r, r) / n
        expected = np.einsum("ijk,jik->ij", own, own) / n**2
        kappa = (observed - expected) / (1 - expected)
    return np.where((n >= 2) & (expected < 1), kappa, np.nan), n.astype(int)


def mean_kappa(kappas: np.ndarray, shared: np.ndarray) -> tuple[float, int]:
    """The mean of all pairs' kappas, weighed by the clips in common, and the number of pairs; NaN without a pair."""
    above = np.triu_indices(len(kappas), 1)
    kappa, n = kappas[above], shared[above]
    known = np.isfinite(kappa)
    return (float(np.average(kappa[known], weights=n[known])) if known.any() else np.nan), int(known.sum())


def order(kappas: np.ndarray) -> np.ndarray:
    """Raters in an order that puts like beside like: by the first principal direction of the matrix of kappas, unknown pairs
    at the mean of the others.

    >>> order(np.array([[np.nan, 0.0, 0.9], [0.0, np.nan, 0.1], [0.9, 0.1, np.nan]])).tolist() in ([0, 2, 1], [1, 2, 0])
    True
    """
    if len(kappas) < 3 or not np.isfinite(kappas).any():
        return np.arange(len(kappas))
    filled = np.where(np.isfinite(kappas), kappas, np.nanmean(kappas))
    np.fill_diagonal(filled, 1.0)
    centred = filled - filled.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    return np.argsort(centred @ directions[0], kind="stable")


@dataclass(frozen=True)
class RaterTable:
    """One value a rater in each array; agreement, distance and bias look only at answers on clips that others answered too."""

    votes: np.ndarray  # clips answered
    shared: np.ndarray  # of these, clips that others answered too
    agreement: np.ndarray  # mean share of the others' votes on the clip that name the same emotion
    low: np.ndarray  # ends of its 95 % bootstrap interval over clips
    high: np.ndarray
    expected: np.ndarray  # what agreement a rater would have who names emotions at random, as often as this one does
    distance: np.ndarray  # mean Jensen–Shannon divergence of the own vote from the others' distribution, bits
    entropy: np.ndarray  # entropy of all own labels, bits
    shares: np.ndarray  # (raters, emotions): own labels on the shared clips
    bias: np.ndarray  # (raters, emotions): these less the others' on the same clips
    bias_distance: np.ndarray  # total variation distance of the two, 0…1


def rater_table(answers: Named, *, seed: int, resamples: int = 1000) -> RaterTable:
    """Each rater against all others. Intervals resample clips; all raters share the resamples. NaN where a rater shares no
    clip with anybody.
    """
    r, k = answers.raters, answers.emotions
    counts = answers.counts
    others = counts[answers.clip].astype(float)
    others[np.arange(len(others)), answers.label] -= 1
    n = others.sum(axis=1)
    shared = n > 0
    rater, label, clip = answers.rater[shared], answers.label[shared], answers.clip[shared]
    theirs = others[shared] / n[shared, None]
    same = theirs[np.arange(len(theirs)), label]
    size = np.bincount(rater, minlength=r).astype(float)

    def mean(values: np.ndarray) -> np.ndarray:
        return _divide(np.bincount(rater, weights=values, minlength=r), size)

    low, high = _agreement_interval(clip, rater, same, answers.clips, r, seed, resamples)
    shares = np.column_stack([mean(label == column) for column in range(k)])
    their_shares = np.column_stack([mean(theirs[:, column]) for column in range(k)])
    own = np.bincount(answers.rater * k + answers.label, minlength=r * k).reshape(r, k).astype(float)
    return RaterTable(
        votes=own.sum(axis=1).astype(int),
        shared=size.astype(int),
        agreement=mean(same),
        low=low,
        high=high,
        expected=(shares * their_shares).sum(axis=1),
        distance=mean(_divergence(label, theirs)),
        entropy=_entropy(own),
        shares=shares,
        bias=shares - their_shares,
        bias_distance=np.abs(shares - their_shares).sum(axis=1) / 2,
    )


def _divide(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)


def _entropy(counts: np.ndarray) -> np.ndarray:
    shares = _divide(counts, np.repeat(counts.sum(axis=1, keepdims=True), counts.shape[1], axis=1))
    return -(shares * np.log2(np.where(shares > 0, shares, 1))).sum(axis=1) + 0.0


def _divergence(label: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Divergence of a single vote from the others' distribution, in parts that fit in memory."""
    own = np.eye(theirs.shape[1])
    parts = [
        jensen_shannon_divergence(theirs[start : start + _CHUNK], own[label[start : start + _CHUNK]])
        for start in range(0, len(label), _CHUNK)
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def _agreement_interval(
    clip: np.ndarray, rater: np.ndarray, same: np.ndarray, clips: int, raters: int, seed: int, resamples: int
) -> tuple[np.ndarray, np.ndarray]:
    """Ends of each rater's interval. Terms of all raters side by side: (clips, 2 · raters)."""
    used, row = np.unique(clip, return_inverse=True)
    terms = np.zeros((len(used), 2 * raters))
    terms[row, rater] = same
    terms[row, raters + rater] = 1
    intervals = bootstrap_intervals(
        terms, lambda sums: sums[:, :raters] / sums[:, raters:], seed=seed, resamples=resamples
    )
    return np.array([i.low for i in intervals]), np.array([i.high for i in intervals])


@dataclass(frozen=True)
class SelfConsistency:
    """Raters who answered a clip twice: the first answer against the second."""

    pairs: np.ndarray  # (raters,) clips answered twice or more
    same: np.ndarray  # (raters,) share of these with the same label; NaN without a pair


def self_consistency(clip: np.ndarray, rater: np.ndarray, label: np.ndarray, *, raters: int) -> SelfConsistency:
    """How often a named rater's second answer on a clip repeats the first.

    >>> self_consistency(np.array([0, 0, 1, 1]), np.array([0, 0, 0, 0]), np.array([2, 2, 0, 1]), raters=1).same.tolist()
    [0.5]
    """
    clip, rater, label = (np.asarray(array, dtype=np.int64)[np.asarray(rater) >= 0] for array in (clip, rater, label))
    place = np.lexsort((np.arange(len(clip)), clip, rater))
    clip, rater, label = clip[place], rater[place], label[place]
    begins = np.ones(len(clip), dtype=bool)
    begins[1:] = (clip[1:] != clip[:-1]) | (rater[1:] != rater[:-1])
    first = np.flatnonzero(begins[:-1] & ~begins[1:]) if len(clip) else np.zeros(0, int)
    pairs = np.bincount(rater[first], minlength=raters)
    same = (
        np.bincount(rater[first], weights=label[first] == label[first + 1], minlength=raters) if len(first) else pairs
    )
    return SelfConsistency(pairs, _divide(same.astype(float), pairs.astype(float)))
