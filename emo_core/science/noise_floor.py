"""What would other people score? The reference panel against a held-out part of itself, and what a candidate vote is worth.

Two small panels of the same listeners differ too, by chance alone. So a candidate's divergence is to be read beside the one
that n *further listeners* of the reference panel would have, against the same m reference votes:

    floor(n)      m reference votes against n other reference votes   (`subsets.within`)
    candidate(n)  m reference votes against n candidate votes         (`subsets.against_part`)

Both are exact means over all subsets, over the same clips, with the reference held to the same size; so a panel that hears
as the reference listeners do lies on the floor at every n, and one below it would know these listeners' very votes. The **exchange
rate** is the number of listeners whose floor equals candidate(n). As n grows, the floor tends to what a panel that knows
each clip's true distribution would score against m votes: a bound on what any panel can reach. The theory of small samples has the
floor fall like a + b/n, so the bound is H f(H) − (H − 1) f(H − 1); fitted forms of three parameters missed it by far (`docs/decisions.md`).

Bias: the plug-in divergence of small samples is too large by about (K' − 1) / (8 ln 2) · (1/R + 1/C) bits for K' emotions in use
(Miller 1955), even between equal distributions. `corrected_divergence` takes its leading part away (`subsets.jackknife`).

References
    M. H. Quenouille, "Notes on bias in estimation", Biometrika 43 (1956).
    G. A. Miller, "Note on the bias of information estimates", Information Theory in Psychology (1955).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from emo_core.errors import BadInput
from emo_core.science import distributions, subsets
from emo_core.science.comparison import Figure
from emo_core.science.inference import Interval, bootstrap_intervals, cluster_codes
from emo_core.science.saturation import SHARE, Curve

LEAST_REFERENCE = 4  # reference votes a clip: two to be held, two to be held out


@dataclass(frozen=True)
class NoiseFloor:
    """The floor and the candidate against m reference votes, over the clips with enough votes on both sides."""

    reference_votes: int  # m
    clips: int
    clips_left_out: int
    n_listeners: np.ndarray  # (H,): 1 … H further listeners
    floor: Curve  # JS divergence, bits
    n_candidate: np.ndarray  # (N,)
    candidate: Curve  # JS divergence, bits
    excess: Curve  # candidate(n) − floor(n), n = 1 … min(N, H)
    listeners: (
        Curve | None
    )  # exchange rate: listeners that n candidate votes are worth, (N,); see `exchange`; for JS only
    bound: Interval | None  # of where the floor tends; None with fewer than two points, or another measure than JS
    bound_value: float


def reference_length(votes: np.ndarray) -> int:
    """How many reference votes a clip must have: the most that nine tenths of the clips with four or more have; 0 where no
    clip has four. votes: (clips,).

    >>> reference_length(np.array([3, 4, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]))
    9
    """
    enough = np.sort(np.asarray(votes)[np.asarray(votes) >= LEAST_REFERENCE])
    return int(enough[int((1 - SHARE) * len(enough) + 1e-9)]) if len(enough) else 0


def noise_floor(
    reference: np.ndarray,
    candidate: np.ndarray,
    *,
    seed: int,
    most: int,
    reference_votes: int | None = None,
    measure: subsets.Measure = subsets.js,
    smoothing: float = 0.0,
    clusters: Iterable | None = None,
    resamples: int = 1000,
) -> NoiseFloor | None:
    """Floor, candidate at equal reference, and exchange rate. None where no clip has four reference votes and `most`
    candidate votes.

    reference, candidate: (clips, emotions), whole votes. `reference_votes` is m; the other votes up to `reference_length`
    are held out. By default half of that length, rounded down. `measure` is one of `subsets`; `smoothing` votes are added to
    each emotion on the side of the listeners held out and of the candidate.

    Raises BadInput where counts are not whole or shapes differ.
    """
    r, c = subsets.validate(reference, candidate, whole_reference=True)
    votes = distributions.totals(r)
    has_candidate = distributions.totals(c) >= most
    whole = reference_length(votes[has_candidate])
    if reference_votes is not None and reference_votes < 1:
        raise BadInput(f"The reference is held to one vote or more, not {reference_votes!r}.")
    m = reference_votes or whole // 2
    kept = has_candidate & (votes >= max(whole, m + 1, LEAST_REFERENCE))
    if not whole or not kept.any() or most < 1:
        return None
    listeners, n = np.arange(1, max(whole - m, 1) + 1), np.arange(1, most + 1)
    options = {"measure": measure, "smoothing": smoothing}
    terms = subsets.beside(
        subsets.within(r[kept], m, listeners, **options), subsets.against_part(r[kept], c[kept], m, n, **options)
    ).counted()
    is_js = measure is subsets.js

    def estimate(sums: np.ndarray) -> np.ndarray:
        return _estimates(sums, len(listeners), with_rate=is_js)

    if clusters is not None:
        clusters = cluster_codes(clusters, len(r))[kept]
    figures = estimate(terms.mean()[None] * kept.sum())
    found = bootstrap_intervals(terms, estimate, seed=seed, clusters=clusters, resamples=resamples)
    low, high = (np.array([getattr(each, end) for each in found]) for end in ("low", "high"))
    curves, start = [], 0
    for size in (len(listeners), most, min(most, len(listeners)), most):
        part = slice(start, start + size)
        curves.append(Curve(figures[0, part], low[part], high[part]))
        start += size
    floor, against, excess, worth = curves
    has_bound = is_js and len(listeners) > 1
    return NoiseFloor(
        m, int(kept.sum()), int((~kept).sum()), listeners, floor, n, against, excess, worth if is_js else None,
        found[-1] if has_bound else None, float(figures[0, -1]) if is_js else np.nan,
    )  # fmt: skip


def _estimates(sums: np.ndarray, listeners: int, *, with_rate: bool) -> np.ndarray:
    """Floor, candidate, excess, exchange rate and bound from sums (resamples, s)."""
    means = sums[:, :-1] / sums[:, -1:]
    floor, candidate = means[:, :listeners], means[:, listeners:]
    shared = min(floor.shape[1], candidate.shape[1])
    excess = candidate[:, :shared] - floor[:, :shared]
    if not with_rate:
        return np.column_stack([floor, candidate, excess, np.full(candidate.shape, np.nan)])
    bound = np.full(len(means), np.nan)
    if listeners > 1:  # straight on over 1/n along the last step
        bound = listeners * floor[:, -1] - (listeners - 1) * floor[:, -2]
    return np.column_stack([floor, candidate, excess, exchange(floor, candidate), bound])


def exchange(floor: np.ndarray, candidate: np.ndarray) -> np.ndarray:
    """How many listeners score what the candidate scores: (resamples, N) from floors (resamples, H) and (resamples, N).

    Between whole numbers of listeners the floor is taken to run straight over 1/n, and beyond 1 and H on along its last step,
    as far as 0 and H + 1: what lies outside 1 … H is extrapolated, and at H + 1 cut off.

    >>> exchange(np.array([[0.4, 0.3, 0.25]]), np.array([[0.5, 0.4, 0.35, 0.2]])).round(2)
    array([[0.67, 1.  , 1.33, 4.  ]])
    """
    most = floor.shape[1]
    over = 1 / np.arange(1, most + 1)
    found = np.empty(candidate.shape)
    for row, (scores, values) in enumerate(zip(floor, candidate)):
        rising = np.maximum.accumulate(scores[::-1])  # equal but for rounding: a floor never rises with n
        found[row] = 1 / np.interp(values, rising, over[::-1])
        for outside, i, j in ((values > scores[0], 0, 1), (values < scores[-1], most - 1, most - 2)):
            step = (scores[i] - scores[j]) / (over[i] - over[j]) if most > 1 else 0.0
            beyond = (
                over[i] + (values[outside] - scores[i]) / step
                if step > 0
                else np.full(outside.sum(), 1e-9 if i else 1e9)
            )
            found[row][outside] = np.clip(1 / np.maximum(beyond, 1e-9), 0, most + 1)
    return found


def corrected_divergence(
    reference: np.ndarray,
    candidate: np.ndarray,
    *,
    seed: int,
    clusters: Iterable | None = None,
    resamples: int = 1000,
) -> tuple[Figure, Figure]:
    """Mean plug-in JS divergence and mean jackknife-corrected JS divergence (bits), over clips with two votes or more on
    both sides. The corrected mean may be below zero by chance where the panels hear alike.

    reference, candidate: (clips, emotions), whole votes. Raises BadInput where they are not.
    """
    r, c = subsets.validate(reference, candidate, whole_reference=True)
    kept = (distributions.totals(r) >= 2) & (distributions.totals(c) >= 2)
    n = int(kept.sum())
    if not n:
        reason = "no clip has two votes on both sides"
        return (Figure(np.nan, np.nan, np.nan, 0, reason),) * 2
    if clusters is not None:
        clusters = cluster_codes(clusters, len(r))[kept]
    terms = subsets.jackknife(r[kept], c[kept]).counted()
    found = bootstrap_intervals(
        terms, lambda sums: sums[:, :-1] / sums[:, -1:], seed=seed, clusters=clusters, resamples=resamples
    )
    return tuple(Figure(float(value), each.low, each.high, n) for value, each in zip(terms.mean(), found))
