"""Where do more votes stop helping? Expected divergence from the reference by number of candidate votes.

Zhang et al., "Scaling Ambiguity" (2026), section 4.1 and Figure 2, draw one sampled curve: the Jensen–Shannon divergence of the
first n synthetic votes, n = 1, 2, … Here the curve is the exact mean over all subsets of n votes (`subsets`), with a bootstrap
interval over clips or speakers. Since JS is convex in the candidate, the exact curve never rises.

All points of a curve are means over the same clips: those with at least N candidate votes, N the longest curve asked for. Let
each point use every clip that has enough votes, and the right end shows another population than the left.

| function | |
|---|---|
| `curve_length` | the N that is taken unless another is asked for |
| `saturation` | curves of all measures, gain of the next vote, fit, saturation point, each with interval |
| `in_vote_order` | the first n votes, where a time or draw number of each says which came first |
| `sampled` | any measure over random orders: for the JS distance, whose square root is not a sum over emotions |

References
    W. Zhang et al., "Scaling Ambiguity: Augmenting Human Annotation in Speech Emotion Recognition with Audio-Language
        Models", arXiv 2601.14620 (2026).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from emo_core.errors import BadInput
from emo_core.science import distributions, divergences, fits, subsets
from emo_core.science.inference import Interval, bootstrap_intervals, cluster_codes

MEASURES = {"js": subsets.js, "bc": subsets.bc, "kl": subsets.kl, "tv": subsets.tv, "entropy": subsets.entropy}
SMOOTHING = 0.5  # votes added to each emotion of the candidate for the Kullback–Leibler divergence (Jeffreys)
LEAST, SHARE = 5, 0.9  # see curve_length
RULE = fits.Rule()  # nine tenths of the gain


@dataclass(frozen=True)
class Curve:
    """Means over clips with 95 % bootstrap intervals, (points,) each; NaN where undefined."""

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Level:
    """Where the curve levels off, by the form that decides (`fits.DECIDES`)."""

    fit: fits.Fit
    fits: dict[str, fits.Fit]  # all forms
    rule: fits.Rule
    point: float  # smallest n that meets the rule; NaN beyond `fits.FARTHEST`
    interval: Interval  # of the point, over resampled clips; that another form would put it elsewhere is not in it
    asymptote: Interval

    def is_extrapolated(self) -> bool:
        """Whether the point lies beyond the votes there are."""
        return not self.point <= self.fit.points


@dataclass(frozen=True)
class Saturation:
    """Curves of n = 1 … N candidate votes."""

    n: np.ndarray  # (N,)
    clips: int  # clips in every point
    clips_left_out: int  # clips with fewer than N candidate votes
    units: int  # clips or clusters that were resampled
    curves: dict[str, Curve]  # of each of MEASURES; JS, entropy and KL in bits
    gain: Curve  # JS(n) − JS(n + 1), (N − 1,)
    level: Level | None  # None with fewer than four points or no clip
    reason: str | None = None  # why it is None


def curve_length(votes: np.ndarray) -> int:
    """How long a curve is unless its length is asked for: as many votes as every clip has, where that is five or more; else
    the most that nine tenths of the clips have. votes: (clips,) candidate votes. 0 without clips.

    >>> curve_length(np.array([5, 7, 9])), curve_length(np.array([1] + [8] * 19))
    (5, 8)
    """
    votes = np.asarray(votes)
    if not len(votes):
        return 0
    least = int(votes.min())
    return least if least >= LEAST else int(np.sort(votes)[int((1 - SHARE) * len(votes) + 1e-9)])


def saturation(
    reference: np.ndarray,
    candidate: np.ndarray,
    *,
    seed: int,
    most: int | None = None,
    clusters: Iterable | None = None,
    smoothing: float = SMOOTHING,
    added: float = 0.0,
    rule: fits.Rule = RULE,
    resamples: int = 1000,
) -> Saturation:
    """Exact curves with intervals, fit and saturation point.

    reference: (clips, emotions), votes or shared votes; candidate: (clips, emotions), whole votes. Clips without reference
    votes, or with fewer than `most` candidate votes (by default `curve_length`), are left out of every point and counted.
    `smoothing` votes are added to each emotion of the candidate for KL; where `added` is above zero, that many are added to each
    emotion of both sides for all measures, KL too.

    Raises BadInput where counts are not whole, shapes differ or an option is out of range.

    >>> reference, candidate = np.array([[3, 1], [0, 4]] * 50), np.array([[2, 4], [1, 5]] * 50)
    >>> found = saturation(reference, candidate, seed=0)
    >>> found.curves["js"].mean.round(4), found.clips
    (array([0.2893, 0.1792, 0.1423, 0.1244, 0.1145, 0.1095]), 100)
    """
    r, c = subsets.validate(reference, candidate)
    voted = distributions.totals(r) > 0
    votes = distributions.totals(c)
    if (most is not None and most < 1) or not (0 <= smoothing < np.inf and 0 <= added < np.inf):
        raise BadInput(
            f"A curve has a point or more and smoothing is zero or more, not {most!r}, {smoothing!r}, {added!r}."
        )
    most = curve_length(votes[voted & (votes > 0)]) if most is None else most
    kept = voted & (votes >= max(most, 1))
    n = np.arange(1, most + 1)
    if not kept.any():
        none = Curve(*(np.full(most, np.nan) for _ in range(3)))
        gain = Curve(*(np.full(max(most - 1, 0), np.nan) for _ in range(3)))
        reason = "no clip has votes on both sides"
        return Saturation(n, 0, len(r), 0, dict.fromkeys(MEASURES, none), gain, None, reason)
    terms = subsets.against_all(
        r[kept],
        c[kept],
        n,
        list(MEASURES.values()),
        smoothing=dict.fromkeys(MEASURES.values(), added) | {subsets.kl: added or smoothing},
        added=added,
    ).counted()
    if clusters is not None:
        clusters = cluster_codes(clusters, len(r))[kept]
    means = terms.mean()[:-1]
    fitted = fits.fit(n, means[:most]) if most >= fits.LEAST_POINTS else None

    def estimate(sums: np.ndarray) -> np.ndarray:
        figures = sums[:, :-1] / sums[:, -1:]
        js = figures[:, :most]
        parts = [figures, js[:, :-1] - js[:, 1:]]
        if fitted:
            again = fits.fit(n, js, forms=(fits.DECIDES,))[fits.DECIDES]
            parts += [again.saturation(rule)[:, None], again.asymptote[:, None]]
        return np.hstack(parts)

    intervals = bootstrap_intervals(terms, estimate, seed=seed, clusters=clusters, resamples=resamples)
    ends = np.array([[each.low for each in intervals], [each.high for each in intervals]])
    curves = {
        name: Curve(means[part], *ends[:, part])
        for name, part in ((name, slice(i * most, (i + 1) * most)) for i, name in enumerate(MEASURES))
    }
    js, after = curves["js"].mean, len(MEASURES) * most
    gain = Curve(js[:-1] - js[1:], *ends[:, after : after + most - 1])
    level = None
    if fitted:
        best = fitted[fits.DECIDES]
        level = Level(best, fitted, rule, float(best.saturation(rule)), intervals[-2], intervals[-1])
    reason = None if fitted else f"a fit needs {fits.LEAST_POINTS} points or more, the curve has {most}"
    return Saturation(n, int(kept.sum()), int((~kept).sum()), intervals[0].units, curves, gain, level, reason)


def in_vote_order(
    reference: np.ndarray,
    clip: np.ndarray,
    label: np.ndarray,
    *,
    most: int,
    seed: int,
    clusters: Iterable | None = None,
    resamples: int = 1000,
) -> tuple[Curve, int]:
    """JS divergence of the first n votes as they came, n = 1 … most, and the clips in every point.

    reference: (clips, emotions). clip, label: (votes,), one entry a candidate vote in the order in which they came, labels
    as numbers of emotions. Clips with fewer than `most` such votes are left out.

    Raises BadInput where `most` is below one.
    """
    if most < 1:
        raise BadInput(f"A curve has at least one point, not {most!r}.")
    r = distributions.validate(reference)
    order = np.argsort(clip, kind="stable")
    clip, label = np.asarray(clip)[order], np.asarray(label)[order]
    votes = np.bincount(clip, minlength=len(r))
    kept = (votes >= most) & (distributions.totals(r) > 0)
    first = (np.cumsum(votes) - votes)[kept]
    p = distributions.normalise(r[kept])
    counts, rows = np.zeros(p.shape), np.arange(len(p))
    values = np.empty((len(p), most))
    for n in range(most):
        counts[rows, label[first + n]] += 1
        values[:, n] = divergences.jensen_shannon_divergence(p, distributions.normalise(counts))
    if clusters is not None:
        clusters = cluster_codes(clusters, len(r))[kept]
    return _means(values, seed=seed, clusters=clusters, resamples=resamples), int(kept.sum())


def sampled(
    reference: np.ndarray,
    candidate: np.ndarray,
    sizes: Sequence[int],
    *,
    seed: int,
    orders: int = 20,
    measure: Callable[[np.ndarray, np.ndarray], np.ndarray] = divergences.jensen_shannon_distance,
    clusters: Iterable | None = None,
    resamples: int = 1000,
) -> Curve:
    """Any measure of two distributions over random orders of each clip's votes: sampled, not exact.

    reference, candidate: (clips, emotions), at least max(sizes) candidate votes a clip; sizes rise. Each clip's value is the
    mean over `orders` orders; the interval is over clips.

    Raises BadInput where a clip has too few votes.
    """
    r, c = subsets.validate(reference, candidate)
    if len(c) and distributions.totals(c).min() < max(sizes):
        raise BadInput(f"Every clip needs {max(sizes)} candidate votes. Leave the others out, or ask for fewer.")
    p, rng = distributions.normalise(r), np.random.default_rng(seed)
    values = np.zeros((len(p), len(sizes)))
    for _ in range(orders):
        for n, counts in enumerate(subsets.draw(c, max(sizes), rng), 1):
            if n in sizes:
                values[:, list(sizes).index(n)] += measure(p, counts / n)
    return _means(values / orders, seed=seed, clusters=clusters, resamples=resamples)


def _means(values: np.ndarray, **options) -> Curve:
    """Means over clips of the columns of (clips, points)."""
    if not len(values):
        return Curve(*(np.full(values.shape[1], np.nan) for _ in range(3)))
    terms = np.column_stack([values, np.ones(len(values))])
    found = bootstrap_intervals(terms, lambda sums: sums[:, :-1] / sums[:, -1:], **options)
    ends = np.array([[each.low, each.high] for each in found])
    return Curve(values.mean(axis=0), ends[:, 0], ends[:, 1])
