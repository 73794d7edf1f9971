"""Two panels side by side: the paper's Table 3 for any study, each figure with its n and a bootstrap interval.

Zhang et al., "Scaling Ambiguity" (2026), Table 3, gives Fleiss' kappa and mean entropy of human, synthetic and combined
votes, and Figure 2 the mean Jensen–Shannon divergence between the first two. Here Krippendorff's alpha and Fleiss'
generalised kappa stand beside kappa, since most corpora have unequal numbers of votes, for which kappa is not defined.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from emo_core.science import agreement, chance_corrected, distributions, divergences
from emo_core.science.inference import bootstrap_interval, bootstrap_intervals, mean_interval


@dataclass(frozen=True)
class Figure:
    """One number with what a reader needs to trust it."""

    value: float  # NaN where undefined
    low: float  # ends of the 95 % bootstrap interval; NaN where undefined
    high: float
    n: int  # clips that entered it
    reason: str | None = None  # why it is undefined, as a sentence


@dataclass(frozen=True)
class PanelFigures:
    """One row of the table."""

    votes: int
    entropy: Figure  # mean Shannon entropy of the clips, bits
    alpha: Figure  # Krippendorff's alpha, nominal
    kappa: Figure  # Fleiss' kappa, undefined for unequal numbers of votes
    kappa_generalised: Figure  # Fleiss' generalised kappa, for any numbers (chance_corrected)


@dataclass(frozen=True)
class Comparison:
    """The whole table. Divergences in bits."""

    clips: int
    reference: PanelFigures
    candidate: PanelFigures
    combined: PanelFigures
    js: Figure  # mean Jensen–Shannon divergence, candidate from reference
    bc: Figure  # mean Bhattacharyya coefficient
    tv: Figure  # mean total variation distance
    js_quartiles: tuple[float, float, float]  # over clips


def compare(
    reference: np.ndarray,
    candidate: np.ndarray,
    *,
    seed: int,
    weights: tuple[np.ndarray, np.ndarray] | None = None,
    speakers: Iterable | None = None,
    resamples: int = 1000,
) -> Comparison:
    """Every figure of the table from counts of the same clips: (clips, emotions) each.

    `weights`, of the same shapes, are what distributions are made of where a vote is shared among several labels; agreement
    is of the labels themselves, which are counted whole. Intervals resample clips, or whole `speakers` (one name for each
    clip) where given.

    Raises BadInput where counts are not whole, or shapes differ.
    """
    shares = weights or (reference, candidate)
    p, q = (distributions.normalise(side) for side in shares)
    js = divergences.jensen_shannon_divergence(p, q)
    options = {"seed": seed, "clusters": speakers, "resamples": resamples}
    defined = js[np.isfinite(js)]
    quartiles = np.quantile(defined, [0.25, 0.5, 0.75]) if len(defined) else np.full(3, np.nan)
    return Comparison(
        clips=len(p),
        reference=describe(reference, shares[0], **options),
        candidate=describe(candidate, shares[1], **options),
        combined=describe(distributions.pool(reference, candidate), distributions.pool(*shares), **options),
        js=mean_figure(js, **options),
        bc=mean_figure(divergences.bhattacharyya_coefficient(p, q), **options),
        tv=mean_figure(divergences.total_variation_distance(p, q), **options),
        js_quartiles=tuple(float(value) for value in quartiles),
    )


def describe(counts: np.ndarray, weights: np.ndarray, **options) -> PanelFigures:
    """Votes, mean entropy (of the weights) and agreement of one panel. Options are those of `bootstrap_interval`."""
    return PanelFigures(
        votes=int(counts.sum()),
        entropy=mean_figure(distributions.entropy(distributions.normalise(weights)), **options),
        alpha=_coefficient(
            agreement.krippendorff_alpha(counts), agreement.alpha_terms, agreement.alpha_from_sums, counts, options
        ),
        kappa=_coefficient(
            agreement.fleiss_kappa(counts), agreement.kappa_terms, agreement.kappa_from_sums, counts, options
        ),
        kappa_generalised=_coefficient(
            chance_corrected.fleiss_kappa_generalised(counts),
            chance_corrected.terms,
            chance_corrected.fleiss_from_sums,
            counts,
            options,
        ),
    )


def mean_figure(values: np.ndarray, **options) -> Figure:
    """The mean of one value a clip; NaN values are left out, and n counts the others."""
    mean = mean_interval(values, **options)
    reason = None if mean.n else "no clip has votes on the side or sides that it needs"
    return Figure(mean.value, mean.interval.low, mean.interval.high, mean.n, reason)


def mean_figures(values: Mapping[str, np.ndarray], **options) -> dict[str, Figure]:
    """`mean_figure` of several values a clip, from the same resamples, which takes a fraction of the time."""
    if not values:
        return {}
    columns = [np.asarray(each, dtype=float) for each in values.values()]
    known = [~np.isnan(column) for column in columns]
    terms = np.column_stack([np.where(k, c, 0.0) for c, k in zip(columns, known)] + known).astype(float)
    size = len(columns)
    found = bootstrap_intervals(terms, lambda sums: sums[:, :size] / sums[:, size:], **options)
    return {
        name: Figure(
            float(column[k].mean()) if k.any() else np.nan, each.low, each.high, int(k.sum()),
            None if k.any() else "no clip has votes on the side or sides that it needs",
        )
        for name, column, k, each in zip(values, columns, known, found)
    }  # fmt: skip


def majority_shares(counts: np.ndarray) -> np.ndarray:
    """Each clip's majority as a distribution: one for a sole winner, equal parts for tied ones, NaN without votes.

    >>> majority_shares(np.array([[3, 1, 0], [2, 2, 0]]))
    array([[1. , 0. , 0. ],
           [0.5, 0.5, 0. ]])
    """
    return distributions.normalise(distributions.majority(counts).astype(int))


def majority_table(reference: np.ndarray, candidate: np.ndarray, *, shared: bool = True) -> np.ndarray:
    """Clips by both majorities, reference in rows: (emotions, emotions).

    A tie counts in each of its cells by share, so that the table sums to the clips; with `shared` off it counts whole in
    each, so that a cell is the number of clips for which both emotions win, alone or tied.

    >>> majority_table(np.array([[3, 1], [2, 2]]), np.array([[0, 5], [4, 0]]))
    array([[0.5, 1. ],
           [0.5, 0. ]])
    >>> majority_table(np.array([[3, 1], [2, 2]]), np.array([[0, 5], [4, 0]]), shared=False)
    array([[1, 1],
           [1, 0]])
    """
    weigh = majority_shares if shared else distributions.majority
    both = [np.nan_to_num(weigh(counts).astype(float)) for counts in (reference, candidate)]
    table = both[0].T @ both[1]
    return table if shared else table.astype(int)


def majority_match(reference: np.ndarray, candidate: np.ndarray, **options) -> Figure:
    """How often the two majorities name the same emotion: mean of Σ_k r_k c_k over their `majority_shares`, in [0, 1]."""
    return mean_figure((majority_shares(reference) * majority_shares(candidate)).sum(axis=1), **options)


def correlation(x: np.ndarray, y: np.ndarray, **options) -> Figure:
    """Pearson's r of two values a clip, in [−1, 1], over the clips that have both. Options as in `bootstrap_interval`.

    Undefined with fewer than three clips, or where one side is the same everywhere.

    >>> round(correlation(np.arange(9.0), np.arange(9.0) ** 2, seed=0).value, 4)
    0.9622
    """
    known = np.isfinite(x) & np.isfinite(y)
    x, y, n = x[known], y[known], int(known.sum())
    if options.get("clusters") is not None:
        options = options | {"clusters": np.asarray(options["clusters"], dtype=object)[known]}
    if n < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return Figure(np.nan, np.nan, np.nan, n, "fewer than three clips, or one side is the same everywhere")
    x, y = x - x.mean(), y - y.mean()  # sums of squares of centred values keep their digits
    terms = np.column_stack([np.ones(n), x, y, x * x, y * y, x * y])
    interval = bootstrap_interval(terms, _pearson, **options)
    return Figure(float(_pearson(terms.sum(axis=0))), interval.low, interval.high, n)


def _pearson(sums: np.ndarray) -> np.ndarray:
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    return (n * xy - x * y) / np.sqrt((n * xx - x * x) * (n * yy - y * y))


def _coefficient(
    found: agreement.Agreement,
    terms: Callable[[np.ndarray], np.ndarray],
    estimator: Callable[[np.ndarray], np.ndarray],
    counts: np.ndarray,
    options: dict,
) -> Figure:
    if found.reason:
        return Figure(np.nan, np.nan, np.nan, found.clips, found.reason)
    interval = bootstrap_interval(terms(counts), estimator, **options)
    return Figure(found.value, interval.low, interval.high, found.clips)
