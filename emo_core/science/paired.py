"""Two panels on the same clips: is one of them closer to the listeners, or does it only seem so?

Take one figure for each clip and panel, such as the Jensen–Shannon divergence from the listeners' votes. Clips differ far
more than panels do, so the panels are compared clip by clip: d = a − b. `paired_comparison` gives the mean of d with its
bootstrap interval, and asks how often a mean so far from zero would come about if the two panels were the same. Then each d
could as well have had the other sign, and so its signs are flipped (Fisher 1935): in all ways where there are few clips, in
ways drawn at random where there are more, and by the normal curve to which this leads where there are thousands. Clips of
one speaker resemble each other; with `clusters` they flip together.

With thousands of clips a difference too small to matter can have a small p value. So there are also Cohen's d_z, the mean in
standard deviations of d, and `closer`, the share of clips on which a is the smaller of the two.

Several panels make several comparisons; `holm` adjusts their p values.

>>> rng = np.random.default_rng(0)
>>> clips = rng.random(200)
>>> found = paired_comparison(clips + 0.1, clips + 0.2 * rng.random(200) + 0.05, seed=0)
>>> found.method, found.mean.interval.low < found.mean.value < found.mean.interval.high
('sampled', True)

References
    J. Cohen, "Statistical Power Analysis for the Behavioral Sciences", 2nd ed., Erlbaum (1988).
    R. A. Fisher, "The Design of Experiments", Oliver & Boyd (1935), section 21.
    S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979).
    B. Phipson & G. K. Smyth, "Permutation p-values should never be zero", Statistical Applications in Genetics and Molecular
    Biology 9 (2010).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import erfc, sqrt

import numpy as np

from emo_core.errors import BadInput
from emo_core.science.inference import Mean, cluster_codes, mean_interval

_EXACT = 16  # units whose signs are flipped in all ways: 2^16
_SAMPLED = 5000  # units whose signs are flipped at random; above, random flips err by more than the normal curve does
_SIGNS = 1_000_000  # random signs held at a time: 8 MB
_ROUNDING = 1e-10  # sums that differ by less than this share of Σ|d| are equal
_FLAT = 1e-12  # a standard deviation below this share of the largest |d| is rounding


@dataclass(frozen=True)
class PairedComparison:
    """Two figures a clip, compared over the clips that have both."""

    n: int  # clips that have both
    left_out: int  # clips that lack one or both
    mean_a: float  # mean of a over the n clips
    mean_b: float  # mean of b over the n clips
    mean: Mean  # mean of a − b with its interval; NaN where undefined
    p: float  # two-sided p value of mean a − b = 0; NaN where undefined
    method: str | None  # how p was found: "exact", "sampled" or "normal"; None where it is NaN
    flips: int  # ways of flipping signs that p rests on; 0 where there is none or the method is "normal"
    units: int  # clips, or clusters of clips, that flip as wholes
    d_z: float  # mean of a − b in its standard deviations, n − 1
    d_z_reason: str | None  # why d_z is NaN, as a sentence
    closer: float  # share of clips where a < b, ties counting half, 0…1; NaN without a clip
    reason: str | None  # why mean or p is NaN, as a sentence


def paired_comparison(
    a: np.ndarray,
    b: np.ndarray,
    *,
    seed: int | Sequence[int],
    clusters: Iterable | None = None,
    resamples: int = 1000,
    permutations: int = 10_000,
) -> PairedComparison:
    """Mean of d = a − b over clips, its interval, and Fisher's sign-flip test of it (Fisher 1935).

    The statistic is |Σ_u ±D_u|, D_u the sum of d in unit u, a clip or a whole cluster of them (one value for each clip, its
    speaker say). Units with D_u = 0 change nothing and are not flipped. With up to 16 others p is the share of all flips with
    a statistic at least as large; with up to 5,000 it is (hits + 1) / (permutations + 1) over random flips (Phipson & Smyth
    2010); above, 2Φ(−|Σ_u D_u| / √Σ_u D_u²). d_z = d̄ / s (Cohen 1988, chapter 2).

    a, b: (clips,), in one unit of their own; clips with a NaN in either are left out and counted. Figures are NaN with their
    reason where no clip has both values, or where one is infinite; `closer` then still counts.

    Raises BadInput where a and b are not two vectors of equal length, or an option is out of range.

    >>> found = paired_comparison(np.array([1.0, 2.0, 3.0, np.nan]), np.array([0.0, 0.0, 0.0, 1.0]), seed=0)
    >>> found.mean.value, found.p, found.method, found.d_z, found.closer, found.left_out
    (2.0, 0.25, 'exact', 2.0, 0.0, 1)
    """
    a, b = (np.asarray(values, dtype=float) for values in (a, b))
    if a.ndim != 1 or a.shape != b.shape:
        raise BadInput(
            f"Panels are compared clip by clip, but have shapes {a.shape} and {b.shape}. Align the clips first."
        )
    if permutations < 1:
        raise BadInput(f"A permutation test needs at least one permutation, not {permutations!r}. Use 10,000.")
    codes = np.arange(len(a)) if clusters is None else cluster_codes(clusters, len(a))
    known = ~(np.isnan(a) | np.isnan(b))
    n, (units, unit), a, b = int(known.sum()), np.unique(codes[known], return_inverse=True), a[known], b[known]
    reason = _undefined(a, b)
    d = np.full(n, np.nan) if reason else a - b
    p, method, flips = _flip(np.bincount(unit, weights=d), permutations, seed) if not reason else (np.nan, None, 0)
    d_z, d_z_reason = (np.nan, reason) if reason else _effect(d)
    return PairedComparison(
        n=n,
        left_out=len(known) - n,
        mean_a=float(a.mean()) if n else np.nan,
        mean_b=float(b.mean()) if n else np.nan,
        mean=mean_interval(d, seed=seed, clusters=None if clusters is None else unit, resamples=resamples),
        p=p,
        method=method,
        flips=flips,
        units=len(units),
        d_z=d_z,
        d_z_reason=d_z_reason,
        closer=float(((a < b) + 0.5 * (a == b)).mean()) if n else np.nan,
        reason=reason,
    )


def _undefined(a: np.ndarray, b: np.ndarray) -> str | None:
    """Why there is no mean difference."""
    if len(a) == 0:
        return "no clip has a value of both panels"
    infinite = int((np.isinf(a) | np.isinf(b)).sum())
    if infinite:
        have = "clip has" if infinite == 1 else "clips have"
        return f"{infinite} {have} an infinite value, from which no difference can be taken"
    return None


def _effect(d: np.ndarray) -> tuple[float, str | None]:
    """Cohen's d_z, and why it is NaN."""
    if len(d) < 2:
        return np.nan, "one clip has no standard deviation"
    sd = d.std(ddof=1)
    if sd <= _FLAT * np.abs(d).max():
        return np.nan, "the difference is the same on every clip, so there is no standard deviation to measure it by"
    return float(d.mean() / sd), None


def _flip(d: np.ndarray, permutations: int, seed: int | Sequence[int]) -> tuple[float, str, int]:
    """p of |Σd| under random signs, how it was found, and over how many flips. d: (units,), sums of whole units."""
    d = d[np.abs(d) > _ROUNDING * np.abs(d).max(initial=0)]
    least = abs(d.sum()) - _ROUNDING * np.abs(d).sum()
    if len(d) <= _EXACT:
        sums = np.zeros(1)
        for value in d:
            sums = np.concatenate([sums + value, sums - value])
        return float(np.mean(np.abs(sums) >= least)), "exact", len(sums)
    if len(d) > _SAMPLED:
        return erfc(abs(d.sum()) / sqrt(2 * np.square(d).sum())), "normal", 0
    (rng,) = np.random.default_rng(seed).spawn(1)  # other random numbers than those of the interval
    hits, batch = 0, max(1, _SIGNS // len(d))
    for start in range(0, permutations, batch):
        bits = rng.integers(256, size=(min(batch, permutations - start), -(-len(d) // 8)), dtype=np.uint8)
        kept = np.unpackbits(bits, axis=1, count=len(d)).astype(float) @ d
        hits += int((np.abs(2 * kept - d.sum()) >= least).sum())
    return (hits + 1) / (permutations + 1), "sampled", permutations


def validate_p_values(p_values: np.ndarray) -> np.ndarray:
    """The p values as a float64 vector. NaN, for tests that could not be made, pass.

    Raises BadInput where they are no vector or lie outside 0…1.
    """
    p = np.asarray(p_values, dtype=float)
    if p.ndim != 1:
        raise BadInput(f"p values are a vector, one for each test, but have shape {p.shape}. Flatten them first.")
    wrong = (p < 0) | (p > 1)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise BadInput(
            f"A p value lies between 0 and 1, but number {row} is {p[row]:g}. Pass p values, not statistics."
        )
    return p


def holm(p_values: np.ndarray) -> np.ndarray:
    """p values adjusted for their number, whatever their dependence (Holm 1979).

    With m values sorted, p̃_(i) = max_{j≤i} min(1, (m − j + 1) p_(j)). Rejecting where p̃ ≤ α keeps the probability of any
    false rejection at α or below.

    p_values: (m,). Returns (m,), each 0…1; NaN stay NaN and are not counted in m.

    Raises BadInput where values are no vector or lie outside 0…1.

    >>> holm(np.array([0.01, 0.04, np.nan, 0.03])).tolist()
    [0.03, 0.06, nan, 0.06]
    """
    p = validate_p_values(p_values)
    known = np.flatnonzero(~np.isnan(p))
    ascending = known[np.argsort(p[known], kind="stable")]
    adjusted = np.full(len(p), np.nan)
    adjusted[ascending] = np.minimum(np.maximum.accumulate(p[ascending] * np.arange(len(known), 0, -1)), 1)
    return adjusted
