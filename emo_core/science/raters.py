"""Who hears like whom? Raters one by one and two by two.

Answers are three arrays of equal length, one entry an answer in the order in which they came: `clip` and `rater` are numbers
from 0 (rater −1: anonymous, left out and counted), `label` is an emotion's number. Where a rater answered a clip more than
once, the latest answer counts, except in `self_consistency`, which is about the repeats.

>>> clip, rater, label = np.repeat(np.arange(4), 3), np.tile(np.arange(3), 4), np.array([0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1])
>>> answers = named(clip, rater, label, clips=4, raters=3, emotions=2)
>>> cohen_kappas(answers)[0].round(2)
array([[nan,  1.,  0.],
       [ 1., nan,  0.],
       [ 0.,  0., nan]])
>>> rater_table(answers, seed=0).agreement.tolist()
[0.75, 0.75, 0.5]

References
    J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20 (1960).
"""

from dataclasses import dataclass

import numpy as np

from emo_core.errors import BadInput
from emo_core.science.divergences import jensen_shannon_divergence
from emo_core.science.inference import bootstrap_intervals

_CHUNK = 200_000  # answers whose divergence is computed at a time
_BLOCK = 20_000  # clips in a table of raters × clips
_LEAST = 5  # shared clips of a rater who gets an interval
_UNITS, _RATERS = 5000, 500  # blocks of clips × raters in a table of terms: 40 MB, however many there are of either


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

    clip, rater, label: (answers,) whole numbers, in the order in which they came. Anonymous and repeated ones are counted.

    Raises BadInput where lengths differ or a number is out of range.

    >>> answers = named([0, 0, 0, 1], [0, 1, 0, -1], [2, 1, 0, 1], clips=2, raters=2, emotions=3)
    >>> answers.label.tolist(), answers.repeated, answers.anonymous
    ([0, 1], 1, 1)
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
            raise BadInput(
                f"Each {what} is a number from {start} to {end - 1}, got {array.min()} to {array.max()}. Number them again."
            )
    known = rater >= 0
    anonymous = int((~known).sum())
    clip, rater, label = clip[known][::-1], rater[known][::-1], label[known][::-1]
    _, latest = np.unique(clip * max(raters, 1) + rater, return_index=True)
    repeated = len(clip) - len(latest)
    return Named(clip[latest], rater[latest], label[latest], clips, raters, emotions, anonymous, repeated)


def cohen_kappas(answers: Named) -> tuple[np.ndarray, np.ndarray]:
    """Cohen's kappa of every two raters on the clips that both answered, and how many clips these are: (raters, raters)
    each. κ = (p_o − p_e) / (1 − p_e) with p_e = Σ_k p_ik p_jk from the two raters' own shares on these clips (Cohen 1960).

    NaN with fewer than two clips in common, or where both name one and the same emotion throughout, and on the diagonal.
    """
    votes = np.bincount(answers.clip, minlength=1).astype(float)
    pairs = (votes * (votes - 1)).sum() / 2
    # Measured: a pair of answers costs as much as some 300 cells of the products of tables.
    crowded = pairs > np.count_nonzero(votes) * answers.raters**2 * answers.emotions / 300
    agreed, own = (_tally_tables if crowded else _tally_pairs)(answers)
    n = own.sum(axis=2)
    return _kappa(agreed, np.einsum("ijk,jik->ij", own, own), n), n.astype(int)


def _kappa(agreed: np.ndarray, products: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Kappa from agreeing clips, Σ_k of the products of both sides' counts, and clips; NaN where it is undefined."""
    with np.errstate(invalid="ignore", divide="ignore"):
        observed, expected = agreed / n, products / n**2
        return np.where((n >= 2) & (expected < 1), (observed - expected) / (1 - expected), np.nan)


def _tally_pairs(answers: Named) -> tuple[np.ndarray, np.ndarray]:
    """Clips on which i and j agree, (raters, raters), and how often i says k where j answered too, (raters, raters,
    emotions). Pairs of answers on one clip are counted in as many parts as the fullest clip has answers: quick where each
    rater answered a few clips.
    """
    r, k = answers.raters, answers.emotions
    agreed, own = np.zeros(r * r), np.zeros(r * r * k)
    votes = np.bincount(answers.clip, minlength=answers.clips)
    for apart in range(1, int(votes.max(initial=0))):
        first = np.flatnonzero(answers.clip[:-apart] == answers.clip[apart:])
        i, j = answers.rater[first], answers.rater[first + apart]
        said, other = answers.label[first], answers.label[first + apart]
        for a, b, word in ((i, j, said), (j, i, other)):
            own += np.bincount((a * r + b) * k + word, minlength=r * r * k)
            agreed += np.bincount(a * r + b, weights=said == other, minlength=r * r)
    return agreed.reshape(r, r), own.reshape(r, r, k)


def _tally_tables(answers: Named) -> tuple[np.ndarray, np.ndarray]:
    """The same from products of tables of raters × clips, one an emotion: quick where most raters answered most clips.

    Each product counts at most `_BLOCK` clips, which single precision holds exactly.
    """
    r, k = answers.raters, answers.emotions
    agreed, own = np.zeros((r, r)), np.zeros((r, r, k))
    for start in range(0, answers.clips, _BLOCK):
        part = slice(*np.searchsorted(answers.clip, [start, start + _BLOCK]))
        table = np.full((r, min(_BLOCK, answers.clips - start)), -1)
        table[answers.rater[part], answers.clip[part] - start] = answers.label[part]
        answered = (table >= 0).astype(np.float32)
        for emotion in range(k):
            said = (table == emotion).astype(np.float32)
            own[:, :, emotion] += said @ answered.T
            agreed += said @ said.T
    np.fill_diagonal(agreed, 0)
    own[np.arange(r), np.arange(r)] = 0
    return agreed, own


def mean_kappa(kappas: np.ndarray, shared: np.ndarray) -> tuple[float, int]:
    """The mean of all pairs' kappas, weighed by the clips in common, and the number of pairs; NaN without a pair.

    kappas, shared: (raters, raters), as `cohen_kappas` gives them. Pairs without a kappa are left out.

    >>> mean_kappa(np.array([[np.nan, 0.2], [0.2, np.nan]]), np.array([[0, 5], [5, 0]]))
    (0.2, 1)
    """
    above = np.triu_indices(len(kappas), 1)
    kappa, n = kappas[above], shared[above]
    known = np.isfinite(kappa)
    return (float(np.average(kappa[known], weights=n[known])) if known.any() else np.nan), int(known.sum())


def order(kappas: np.ndarray) -> np.ndarray:
    """Raters in an order that puts like beside like: by the first principal direction of the matrix of kappas, unknown pairs
    at the mean of the others. kappas: (raters, raters). Returns the places of the raters, (raters,).

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
    one_label: np.ndarray  # whether two answers or more all name one emotion
    shares: np.ndarray  # (raters, emotions): own labels on the shared clips
    bias: np.ndarray  # (raters, emotions): these less the others' on the same clips
    bias_distance: np.ndarray  # total variation distance of the two, 0…1


def rater_table(answers: Named, *, seed: int, resamples: int = 1000) -> RaterTable:
    """Each rater against all others, who are the other named raters of the same clip. NaN where a rater shares no clip with
    anybody.

    Intervals resample clips, all raters on the same resamples; they are NaN for raters with fewer than five shared clips, of
    which more than 1 % of the resamples hold none (e⁻⁴ = 1.8 %), and now and then with just five (e⁻⁵ = 0.7 %).

    Raises BadInput where `resamples` is below one.
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

    low, high = _agreement_interval(clip, rater, same, r, seed, resamples)
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
        one_label=(own.sum(axis=1) >= 2) & (np.count_nonzero(own, axis=1) == 1),
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
    clip: np.ndarray, rater: np.ndarray, same: np.ndarray, raters: int, seed: int, resamples: int
) -> tuple[np.ndarray, np.ndarray]:
    """Ends of each rater's interval.

    Terms of many raters stand side by side, for clips dealt into `_UNITS` blocks as `bootstrap_interval` deals them: a table
    of all clips and raters would take 33 GB for 150,000 clips and 14,000 raters. Every part draws the same blocks.
    """
    used, row = np.unique(clip, return_inverse=True)
    if len(used) > _UNITS:
        (deal,) = np.random.default_rng(seed).spawn(1)  # other random numbers than those that draw the blocks
        row = (deal.permutation(len(used)) % _UNITS)[row]
    units, ends = min(len(used), _UNITS), np.full((2, raters), np.nan)
    enough = np.flatnonzero(np.bincount(rater, minlength=raters) >= _LEAST)
    for start in range(0, len(enough), _RATERS):
        some = enough[start : start + _RATERS]
        column = np.full(raters, -1)
        column[some] = np.arange(len(some))
        here = column[rater] >= 0
        place = row[here] * len(some) + column[rater[here]]
        parts = [np.bincount(place, weights=w, minlength=units * len(some)) for w in (same[here], None)]
        terms = np.hstack([part.reshape(units, -1) for part in parts])
        found = bootstrap_intervals(terms, _halves_ratio, seed=seed, resamples=resamples, max_units=_UNITS)
        ends[:, some] = [[end.low for end in found], [end.high for end in found]]
    return ends[0], ends[1]


def _halves_ratio(sums: np.ndarray) -> np.ndarray:
    """The first half of the columns over the second."""
    half = sums.shape[1] // 2
    return sums[:, :half] / sums[:, half:]


@dataclass(frozen=True)
class SelfConsistency:
    """Raters who answered a clip twice or more: the first answer against the second. (raters,) each."""

    pairs: np.ndarray  # clips answered twice or more
    same: np.ndarray  # share of these with the same label; NaN without a pair
    kappa: np.ndarray  # Cohen's kappa of the first against the second; NaN below two pairs, or with one label only


def self_consistency(clip: np.ndarray, rater: np.ndarray, label: np.ndarray, *, raters: int) -> SelfConsistency:
    """How often a named rater's second answer on a clip repeats the first.

    clip, rater, label: (answers,), in the order in which they came; rater −1 is anonymous and left out.

    >>> repeats = self_consistency([0, 0, 1, 1, 2, 2, 3, 3], [0] * 8, [2, 2, 0, 0, 2, 0, 0, 0], raters=1)
    >>> repeats.pairs.tolist(), repeats.same.tolist(), repeats.kappa.tolist()
    ([4], [0.75], [0.5])
    """
    given = (np.asarray(array, dtype=np.int64) for array in (clip, rater, label))
    clip, rater, label = (array[np.asarray(rater) >= 0] for array in given)
    place = np.lexsort((clip, rater))  # stable: answers of one rater on one clip stay in the order in which they came
    clip, rater, label = clip[place], rater[place], label[place]
    again = np.zeros(len(clip) + 1, dtype=bool)  # whether an answer follows one of the same rater on the same clip
    again[1:-1] = (clip[1:] == clip[:-1]) & (rater[1:] == rater[:-1])
    first = np.flatnonzero(~again[:-1] & again[1:])
    who, said, then = rater[first], label[first], label[first + 1]
    k = int(label.max(initial=0)) + 1
    before, after = (np.bincount(who * k + word, minlength=raters * k).reshape(raters, k) for word in (said, then))
    pairs, equal = (np.bincount(who, weights=w, minlength=raters) for w in (np.ones(len(who)), said == then))
    return SelfConsistency(pairs.astype(int), _divide(equal, pairs), _kappa(equal, (before * after).sum(axis=1), pairs))
