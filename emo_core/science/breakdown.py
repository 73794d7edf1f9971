"""Which raters of a panel add spread, and which add bias? A panel's votes by persona, temperature or rater.

For each group of raters, beside the reference listeners of the same clips, with A_xy the chance that a vote of x and one of y
agree on a clip (two different votes where x = y, so that nothing is biased by their number):

    match    A_rg                       how often it says what a listener says
    spread   1 − A_gg                   how often two of its votes differ
    bias     A_gg − 2 A_rg + A_rr       squared distance of its distribution from the listeners' (0: none)

and the effect of leaving the group out of the panel on the mean Jensen–Shannon divergence. Each is a ratio of sums over clips.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from emo_core.errors import BadInput
from emo_core.science import agreement, distributions, divergences
from emo_core.science.comparison import Figure, mean_figure
from emo_core.science.inference import bootstrap_intervals


@dataclass(frozen=True)
class Part:
    """Figures of one group."""

    name: str
    votes: int
    clips: int  # with a vote of the group
    match: Figure
    spread: Figure  # undefined where no clip has two of its votes
    bias: Figure  # squared distance; below zero by chance where there is none
    entropy: float  # of all its votes together, bits
    without: Figure  # JS divergence of the panel without it less that with it, bits: above zero it helps


def breakdown(
    reference: np.ndarray,
    parts: Mapping[str, np.ndarray],
    *,
    seed: int,
    clusters: Iterable | None = None,
    resamples: int = 1000,
) -> list[Part]:
    """Figures of every group of raters. reference and each part: (clips, emotions), whole votes; the parts together are the panel.

    Raises BadInput where counts are not whole or shapes differ.

    >>> reference = np.array([[4, 1], [1, 4]] * 20)
    >>> found = breakdown(reference, {"a": np.array([[2, 0], [0, 2]] * 20), "b": np.array([[2, 0], [2, 0]] * 20)}, seed=0)
    >>> [(part.name, round(part.match.value, 2), round(part.spread.value, 2)) for part in found]
    [('a', 0.8, 0.0), ('b', 0.5, 0.0)]
    """
    reference = distributions.validate(reference, whole=True)
    counts = {name: distributions.validate(part, whole=True) for name, part in parts.items()}
    for name, part in counts.items():
        if part.shape != reference.shape:
            raise BadInput(
                f"Votes of {name!r} have shape {part.shape}, the reference's {reference.shape}. Align clips and emotions."
            )
    options = {"seed": seed, "clusters": clusters, "resamples": resamples}
    whole = distributions.pool(*counts.values()) if counts else None
    p = distributions.normalise(reference)
    js = divergences.jensen_shannon_divergence(p, distributions.normalise(whole)) if counts else None
    return [_part(name, reference, part, whole, p, js, options) for name, part in counts.items()]


def _part(
    name: str, reference: np.ndarray, part: np.ndarray, whole: np.ndarray, p: np.ndarray, js: np.ndarray, options: dict
) -> Part:
    match, spread, bias = _figures(reference, part, options)
    rest = divergences.jensen_shannon_divergence(p, distributions.normalise(whole - part))
    share = distributions.normalise(part.sum(axis=0, keepdims=True))
    return Part(
        name, int(part.sum()), int((part.sum(axis=1) > 0).sum()), match, spread, bias,
        float(distributions.entropy(share)[0]), mean_figure(rest - js, **options),
    )  # fmt: skip


def _figures(reference: np.ndarray, part: np.ndarray, options: dict) -> tuple[Figure, Figure, Figure]:
    """Match, spread and bias with intervals."""
    crossed, both = agreement.match_terms(reference, part).T
    mine, two_g = agreement.percent_terms(part).T
    listeners, two_r = agreement.percent_terms(reference).T
    all_three = both * two_r * two_g
    apart = (mine - 2 * crossed + listeners) * all_three
    terms = np.column_stack([crossed, both, mine, two_g, apart, all_three])

    def estimate(sums: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.column_stack([sums[:, 0] / sums[:, 1], 1 - sums[:, 2] / sums[:, 3], sums[:, 4] / sums[:, 5]])

    values = estimate(terms.sum(axis=0, keepdims=True))[0]
    found = bootstrap_intervals(terms, estimate, **options)
    reasons = ("no clip has its votes and listeners'", "no clip has two of its votes", "no clip has two of its votes")
    return tuple(
        Figure(float(value), each.low, each.high, int(n), None if np.isfinite(value) else reason)
        for value, each, n, reason in zip(values, found, (both.sum(), two_g.sum(), all_three.sum()), reasons)
    )
