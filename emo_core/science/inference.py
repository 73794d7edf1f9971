"""How sure is a figure? Intervals for shares of votes, for means over clips, and for any coefficient of a whole corpus.

`wilson_interval` answers for one share of votes (how many listeners would say "sad"?). `bootstrap_interval` answers
for a figure of many clips (which other clips, or speakers, might we have drawn?). It takes one row of terms for each
clip and a function from the *sums* of those terms to the figure: the mean is Σx / Σ1, and alpha, kappa and R² come
with their terms. A resample is then a weighted sum of rows, and the votes are never gathered again.

Everything random is drawn from `seed`: the same data and seed give the same interval.

References
    B. Efron & R. J. Tibshirani, "An Introduction to the Bootstrap", Chapman & Hall (1993).
    C. A. Field & A. H. Welsh, "Bootstrapping clustered data", J. R. Statist. Soc. B 69 (2007).
    R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998).
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Protocol

import numpy as np

from emo_core.errors import BadInput

# Weights held at a time: 400,000 floats are 3 MB, whatever the number of clips and resamples.
_WEIGHTS = 400_000
_KEPT = 5_000_000  # drawn weights that are kept: 1,000 resamples of 5,000 units are 5 MB
# Share of resamples that may be undefined (all votes one emotion, say) before the interval is. One in a hundred cannot
# carry an end that lies at 2.5 %.
_UNDEFINED = 0.01


@dataclass(frozen=True)
class Interval:
    """A bootstrap interval; NaN ends where there are fewer than two units, or the figure is undefined."""

    low: float  # lower end, in the figure's unit
    high: float  # upper end
    level: float  # nominal coverage, such as 0.95
    resamples: int  # resamples in which the figure was defined
    units: int  # clips, or clusters of clips, that were drawn as wholes (before any pooling into blocks)


@dataclass(frozen=True)
class Mean:
    """A mean over clips with its interval."""

    value: float  # NaN where no clip has a value
    n: int  # clips that have a value
    interval: Interval


class Summable(Protocol):
    """Terms of many clips that are never written out clip by clip, such as `subsets.Terms`."""

    def __len__(self) -> int:
        """Clips."""

    def sum_groups(self, groups: np.ndarray, size: int) -> np.ndarray:
        """Terms summed over the clips of each group, (size, s). groups: (clips,), numbers below `size`."""


def validate(terms: np.ndarray, *, resamples: int = 1, level: float = 0.95, max_units: int = 2) -> np.ndarray:
    """The terms as a float64 matrix, clips × terms, after checking the options that all intervals share.

    NaN terms pass: they make the figure, and so its interval, NaN.

    Raises BadInput where the terms are no matrix or an option is out of range.
    """
    array = np.asarray(terms, dtype=float)
    if array.ndim != 2:
        raise BadInput(f"Terms are a matrix with one row for each clip, but have shape {array.shape}.")
    if not 0 < level < 1:
        raise BadInput(f"The level of an interval lies between 0 and 1, but is {level!r}. Use 0.95 for 95 %.")
    if resamples < 1:
        raise BadInput(f"A bootstrap needs at least one resample, not {resamples!r}. Use 1,000.")
    if max_units < 2:
        raise BadInput(f"At least two units must be kept to resample them, not max_units={max_units!r}. Use 5,000.")
    return array


def wilson_interval(successes: np.ndarray, n: np.ndarray, *, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval of a share of votes p̂ = x / n (Wilson 1927; method 3 of Newcombe 1998).

    (p̂ + z²/2n ± z √(p̂ (1 − p̂) / n + z²/4n²)) / (1 + z²/n), z the normal quantile at (1 + level) / 2. Unlike
    p̂ ± z·SE it keeps near its level at the 5 to 12 votes of a clip, and is not of width zero where all agree.

    successes, n: arrays that broadcast, 0 ≤ successes ≤ n. Returns the lower and the upper ends, without unit, between
    0 and 1; NaN at n = 0.

    Raises BadInput where successes lie outside 0 … n, values are not finite, or the level is not between 0 and 1.

    >>> low, high = wilson_interval(np.array([0, 81, 0]), np.array([20, 263, 0]))
    >>> low.round(4), high.round(4)
    (array([0.    , 0.2553,    nan]), array([0.1611, 0.3662,    nan]))
    """
    validate(np.empty((0, 1)), level=level)
    x, n = np.broadcast_arrays(np.asarray(successes, dtype=float), np.asarray(n, dtype=float))
    wrong = ~(np.isfinite(n) & (x >= 0) & (x <= n))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        value = f"{x.flat[row]:g} of {n.flat[row]:g}"
        raise BadInput(f"Successes lie between 0 and n, but row {row} has {value}. Count both from the same votes.")
    z = NormalDist().inv_cdf((1 + level) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = x / n
        centre, scale = share + z**2 / (2 * n), 1 + z**2 / n
        half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
        # At x = 0 and x = n the end is the bound itself; rounding would leave 1e-18.
        low = np.where((x == 0) & (n > 0), 0.0, (centre - half) / scale)
        high = np.where((x == n) & (n > 0), 1.0, (centre + half) / scale)
    return low, high


def bootstrap_interval(
    terms: np.ndarray,
    estimator: Callable[[np.ndarray], np.ndarray],
    *,
    seed: int | Sequence[int],
    clusters: Iterable | None = None,
    resamples: int = 1000,
    level: float = 0.95,
    max_units: int = 5000,
) -> Interval:
    """Percentile bootstrap interval of estimator(Σ terms) (Efron & Tibshirani 1993, chapter 13).

    terms: (clips, s), one row for each clip. estimator: sums (resamples, s) → figures (resamples,). It must not change
    by more than the order of 1/n when all sums are doubled (a mean, a ratio, a coefficient), so include a column of
    ones where it needs the number of clips.

    clusters: one value for each clip (its speaker, say); clusters are then drawn whole (Field & Welsh 2007), which is
    right where clips of one speaker resemble each other. With fewer than about 20 clusters the interval is too narrow.

    Where there are more than `max_units` units, they are first dealt at random into `max_units` blocks of equal
    number, and blocks are drawn. Under a random deal the mean square between blocks has the same expectation as
    between units (an analysis of variance without effect), so the variance is unbiased; at 5,000 blocks its root is
    known within 1 %.

    Returns an Interval in the estimator's unit; NaN ends with fewer than two units, or where more than 1 % of the
    resamples are undefined.

    Raises BadInput where the terms are no matrix, clusters are missing for some clips, or an option is out of range.

    >>> values = np.arange(100.0)
    >>> terms = np.column_stack([values, np.ones(100)])
    >>> interval = bootstrap_interval(terms, lambda sums: sums[:, 0] / sums[:, 1], seed=7)
    >>> bool(43 < interval.low < 45 and 54 < interval.high < 56), interval.units
    (True, 100)
    """
    (interval,) = bootstrap_intervals(
        terms,
        lambda sums: np.asarray(estimator(sums))[:, None],
        seed=seed,
        clusters=clusters,
        resamples=resamples,
        level=level,
        max_units=max_units,
    )
    return interval


def bootstrap_intervals(
    terms: np.ndarray | Summable,
    estimator: Callable[[np.ndarray], np.ndarray],
    *,
    seed: int | Sequence[int],
    clusters: Iterable | None = None,
    resamples: int = 1000,
    level: float = 0.95,
    max_units: int = 5000,
) -> list[Interval]:
    """Intervals of several figures from the same resamples: estimator: sums (resamples, s) → figures (resamples, f).

    As `bootstrap_interval`, which see; one Interval a figure. Terms may be any object that can sum itself over groups of
    clips.

    >>> values = np.arange(100.0)
    >>> terms = np.column_stack([values, 2 * values, np.ones(100)])
    >>> mean, doubled = bootstrap_intervals(terms, lambda sums: sums[:, :2] / sums[:, 2:], seed=7)
    >>> doubled.low == 2 * mean.low
    True
    """
    if isinstance(terms, np.ndarray) or not hasattr(terms, "sum_groups"):
        terms = _Rows(validate(terms, resamples=resamples, level=level, max_units=max_units))
    else:
        validate(np.empty((0, 1)), resamples=resamples, level=level, max_units=max_units)
    groups = cluster_codes(clusters, len(terms)) if clusters is not None else np.arange(len(terms))
    n = int(groups.max(initial=-1)) + 1
    if n < 2:
        with np.errstate(invalid="ignore", divide="ignore"):
            figures = np.asarray(estimator(terms.sum_groups(groups, 1))).shape[1]
        return [Interval(np.nan, np.nan, level, 0, n)] * figures
    if n > max_units:
        (deal,) = np.random.default_rng(seed).spawn(1)  # other random numbers than those that draw the units
        groups = (deal.permutation(n) % max_units)[groups]
    units = terms.sum_groups(groups, min(n, max_units))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        figures = np.concatenate([estimator(sums) for sums in _resample(units, resamples, seed)]).astype(float)
    return [_interval(column, n, resamples, level) for column in figures.T]


@dataclass(frozen=True)
class _Rows:
    """Terms that are a matrix."""

    terms: np.ndarray  # (clips, s)

    def __len__(self) -> int:
        return len(self.terms)

    def sum_groups(self, groups: np.ndarray, size: int) -> np.ndarray:
        if size == len(self.terms) and np.array_equal(groups, np.arange(size)):  # every clip is a unit
            return self.terms
        return np.column_stack([np.bincount(groups, weights=column, minlength=size) for column in self.terms.T])


def _interval(figures: np.ndarray, n: int, resamples: int, level: float) -> Interval:
    defined = figures[np.isfinite(figures)]
    if len(defined) < (1 - _UNDEFINED) * resamples:
        return Interval(np.nan, np.nan, level, len(defined), n)
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level, len(defined), n)


def mean_interval(
    values: np.ndarray,
    *,
    seed: int | Sequence[int],
    clusters: Iterable | None = None,
    resamples: int = 1000,
    level: float = 0.95,
    max_units: int = 5000,
) -> Mean:
    """Mean of one value for each clip, x̄ = Σx / n, with its bootstrap interval. NaN values are left out of both.

    values: (clips,). The options are those of `bootstrap_interval`. An infinite value gives an infinite mean and a NaN
    interval.

    Raises BadInput where the values are no vector, or an option is out of range.

    >>> mean = mean_interval(np.array([0.25, 0.75, np.nan]), seed=7)
    >>> mean.value, mean.n, mean.interval.units
    (0.5, 2, 2)
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 1:
        raise BadInput(f"A mean over clips needs one value for each clip, but the values have shape {values.shape}.")
    known = ~np.isnan(values)
    x, n = values[known], int(known.sum())
    if clusters is not None:
        clusters = cluster_codes(clusters, len(values))[known]
    interval = bootstrap_interval(
        np.column_stack([x, np.ones(n)]),
        lambda sums: sums[:, 0] / sums[:, 1],
        seed=seed,
        clusters=clusters,
        resamples=resamples,
        level=level,
        max_units=max_units,
    )
    return Mean(float(x.mean()) if n else np.nan, n, interval)


def cluster_codes(clusters: Iterable, clips: int) -> np.ndarray:
    """Clusters as numbers 0, 1, … in order of appearance (a dictionary: sorting a million strings takes far longer)."""
    names = clusters.tolist() if isinstance(clusters, np.ndarray) else list(clusters)
    if len(names) != clips:
        raise BadInput(f"Each clip needs its cluster, but {clips} clips came with {len(names)} clusters.")
    seen: dict = {}
    codes = np.fromiter((seen.setdefault(name, len(seen)) for name in names), dtype=np.int64, count=clips)
    nameless = [name for name in seen if name is None or name != name]
    if nameless:
        row = int(np.flatnonzero(codes == seen[nameless[0]])[0])
        raise BadInput(f"Each clip needs its cluster, but row {row} has {nameless[0]}. Name it, or leave the clip out.")
    return codes


def _resample(units: np.ndarray, resamples: int, seed: int | Sequence[int]) -> Iterable[np.ndarray]:
    """Sums over as many units as there are, drawn with replacement: batches of (≤ resamples, s)."""
    n = len(units)
    key = tuple(seed) if isinstance(seed, Sequence) else seed
    weights = _kept_weights(n, resamples, key) if n * resamples <= _KEPT else _weights(n, resamples, key)
    for batch in weights:
        yield batch.astype(float) @ units


@lru_cache(maxsize=4)
def _kept_weights(n: int, resamples: int, seed: int | tuple[int, ...]) -> list[np.ndarray]:
    """Drawing takes most of a bootstrap's time, and the figures of a page draw from the same number of units with one seed."""
    return list(_weights(n, resamples, seed))


def _weights(n: int, resamples: int, seed: int | tuple[int, ...]) -> Iterator[np.ndarray]:
    """How often each of n units was drawn: batches of (≤ resamples, n), small whole numbers.

    That is multinomial; counting drawn indices is several times as fast as rng.multinomial.
    """
    rng, batch = np.random.default_rng(seed), max(1, _WEIGHTS // n)
    for start in range(0, resamples, batch):
        size = min(batch, resamples - start)
        drawn = rng.integers(n, size=(size, n)) + n * np.arange(size)[:, None]
        yield np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n).astype(np.uint8)
