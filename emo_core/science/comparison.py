"""Two panels side by side: the paper's Table 3 for any study, each figure with its n and a bootstrap interval.

Zhang et al., "Scaling Ambiguity" (2026), Table 3, gives Fleiss' kappa and mean entropy of human, synthetic and combined
votes, and Figure 2 the mean Jensen–Shannon divergence between the first two. Here Krippendorff's alpha stands beside
kappa, since most corpora have unequal numbers of votes, for which kappa is not defined.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from emo_core.science import agreement, distributions, divergences
from emo_core.science.inference import bootstrap_interval, mean_interval


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
    kappa: Figure  # Fleiss' kappa


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
    reference: np.ndarray, candidate: np.ndarray, *, seed: int, speakers: Iterable | None = None, resamples: int = 1000
) -> Comparison:
    """Every figure of the table from counts of the same clips: (clips, emotions) each.

    Intervals resample clips, or whole `speakers` (one name for each clip) where given.

    Raises BadInput where counts are not whole, or shapes differ.
    """
    p, q = distributions.normalise(reference), distributions.normalise(candidate)
    js = divergences.jensen_shannon_divergence(p, q)
    options = {"seed": seed, "clusters": speakers, "resamples": resamples}
    defined = js[np.isfinite(js)]
    quartiles = np.quantile(defined, [0.25, 0.5, 0.75]) if len(defined) else np.full(3, np.nan)
    return Comparison(
        clips=len(p),
        reference=describe(reference, **options),
        candidate=describe(candidate, **options),
        combined=describe(distributions.pool(reference, candidate), **options),
        js=mean_figure(js, **options),
        bc=mean_figure(divergences.bhattacharyya_coefficient(p, q), **options),
        tv=mean_figure(divergences.total_variation_distance(p, q), **options),
        js_quartiles=tuple(float(value) for value in quartiles),
    )


def describe(counts: np.ndarray, **options) -> PanelFigures:
    """Votes, mean entropy and agreement of one panel. Options are those of `bootstrap_interval`."""
    return PanelFigures(
        votes=int(counts.sum()),
        entropy=mean_figure(distributions.entropy(distributions.normalise(counts)), **options),
        alpha=_coefficient(
            agreement.krippendorff_alpha(counts), agreement.alpha_terms, agreement.alpha_from_sums, counts, options
        ),
        kappa=_coefficient(
            agreement.fleiss_kappa(counts), agreement.kappa_terms, agreement.kappa_from_sums, counts, options
        ),
    )


def mean_figure(values: np.ndarray, **options) -> Figure:
    """The mean of one value a clip; NaN values are left out, and n counts the others."""
    mean = mean_interval(values, **options)
    reason = None if mean.n else "no clip has votes on the side or sides that it needs"
    return Figure(mean.value, mean.interval.low, mean.interval.high, mean.n, reason)


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
