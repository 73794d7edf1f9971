"""Every coefficient of agreement of one panel, with intervals from the same resamples: overall, per emotion, per scale.

One row of terms a clip holds what all coefficients need, so that a thousand resamples serve them all.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from emo_core.errors import BadInput
from emo_core.science import agreement, chance_corrected, ratings
from emo_core.science.agreement import Agreement
from emo_core.science.comparison import Figure
from emo_core.science.inference import bootstrap_intervals
from emo_core.science.raters import Named, named

Terms = Callable[[np.ndarray], np.ndarray]
FromSums = Callable[[np.ndarray], np.ndarray]
# name: the coefficient, its terms, and the coefficient from their sums
NOMINAL: dict[str, tuple[Callable[[np.ndarray], Agreement], Terms, FromSums]] = {
    "krippendorff_alpha": (agreement.krippendorff_alpha, agreement.alpha_terms, agreement.alpha_from_sums),
    "fleiss_kappa": (agreement.fleiss_kappa, agreement.kappa_terms, agreement.kappa_from_sums),
    "fleiss_kappa_generalised": (
        chance_corrected.fleiss_kappa_generalised,
        agreement.ac1_terms,  # those of `chance_corrected.terms` without weights
        chance_corrected.fleiss_from_sums,
    ),
    "brennan_prediger": (
        chance_corrected.brennan_prediger,
        agreement.ac1_terms,
        chance_corrected.brennan_prediger_from_sums,
    ),
    "gwet_ac1": (agreement.gwet_ac1, agreement.ac1_terms, agreement.ac1_from_sums),
    "percent_agreement": (agreement.percent_agreement, agreement.percent_terms, agreement.percent_from_sums),
}

# of ordered categories, with quadratic weights
WEIGHTED = ("gwet_ac2", "fleiss_kappa_quadratic", "conger_kappa_quadratic")


@dataclass(frozen=True)
class Coefficient:
    """One coefficient with its interval, and the votes that entered it."""

    figure: Figure
    votes: int


def nominal(
    counts: np.ndarray, *, seed: int, clusters: Iterable | None = None, resamples: int = 1000
) -> tuple[dict[str, Coefficient], list[dict[str, Coefficient]]]:
    """The coefficients of `NOMINAL` over all emotions, and for each emotion against the rest: (overall, one a column).

    counts: (clips, emotions), whole. Intervals resample clips, or whole clusters of them (one value a clip).

    Raises BadInput where the counts are not whole numbers of votes.
    """
    tables = [counts, *(agreement.against_the_rest(counts, column) for column in range(counts.shape[1]))]
    found = [{name: point(table) for name, (point, _, _) in NOMINAL.items()} for table in tables]
    makers = list(dict.fromkeys(make for _, make, _ in NOMINAL.values()))
    terms = [make(table) for table in tables for make in makers]
    wanted = [
        (place * len(makers) + makers.index(make), estimate)
        for place in range(len(tables))
        for _, make, estimate in NOMINAL.values()
    ]
    intervals = iter(_joint(terms, wanted, seed, clusters, resamples))
    dressed = [{name: _dressed(value, next(intervals)) for name, value in row.items()} for row in found]
    return dressed[0], dressed[1:]


def conger(
    answers: Named,
    *,
    seed: int,
    clusters: Iterable | None = None,
    weights: np.ndarray | None = None,
    resamples: int = 1000,
) -> Coefficient:
    """Conger's kappa of named raters (`chance_corrected.conger_kappa`), dressed as the others."""
    options = {"seed": seed, "clusters": clusters, "resamples": resamples}
    found, low, high = chance_corrected.conger_kappa(answers, weights, **options)
    return _dressed(found, (low, high))


def _joint(
    terms: list[np.ndarray],
    wanted: list[tuple[int, FromSums]],
    seed: int,
    clusters: Iterable | None,
    resamples: int,
) -> list[tuple[float, float]]:
    """Ends of the interval of each coefficient, a place in `terms` and what makes it of their sums, from the same resamples.
    Terms that are NaN throughout give NaN.
    """
    edges = np.cumsum([0, *(part.shape[1] for part in terms)])

    def all_at_once(sums: np.ndarray) -> np.ndarray:
        parts = [sums[:, start:end] for start, end in pairwise(edges)]
        return np.column_stack([estimate(parts[place]) for place, estimate in wanted])

    intervals = bootstrap_intervals(np.hstack(terms), all_at_once, seed=seed, clusters=clusters, resamples=resamples)
    return [(interval.low, interval.high) for interval in intervals]


def _dressed(value: Agreement, ends: tuple[float, float]) -> Coefficient:
    low, high = (np.nan, np.nan) if value.reason else ends
    return Coefficient(Figure(value.value, low, high, value.clips, value.reason), value.votes)


def dimensional(
    clip: np.ndarray,
    rater: np.ndarray,
    value: np.ndarray,
    *,
    clips: int,
    seed: int,
    clusters: np.ndarray | None = None,
    resamples: int = 1000,
) -> dict[str, Coefficient]:
    """Agreement on one scale: interval and ordinal alpha, ICC(1), ICC(1, m₀), and ICC(A,1) and ICC(C,1) where the same raters
    rated every rated clip once; Gwet's AC2 and the quadratic weighted kappas of Fleiss (generalised) and Conger, of the values
    that were used as categories. Clips with one rating have no pair to compare and are left out.

    clip, rater, value: one entry a rating; NaN values are none. What is undefined says why.
    """
    number, centred = ratings.validate(clip, value, clips)
    counts = np.bincount(number, minlength=clips)
    pairable = int((counts >= 2).sum())
    votes = int(counts[counts >= 2].sum())
    names = ("interval_alpha", "ordinal_alpha", "icc_1", "icc_1_k", "icc_a1", "icc_c1")
    why = None
    if pairable < 2:
        why = "fewer than two clips have two ratings or more, so there is nothing to compare"
    elif np.ptp(centred[counts[number] >= 2]) == 0:
        why = "all ratings are equal, so agreement cannot be told from chance"
    if why:
        none = Coefficient(Figure(np.nan, np.nan, np.nan, pairable, why), votes)
        return dict.fromkeys((*names, *WEIGHTED), none)
    options = {"seed": seed, "resamples": resamples}
    keep = counts[number] >= 2
    moments = ratings.moment_terms(clip, value, clips)
    several = [ratings.interval_alpha_from_sums, ratings.icc1_from_sums, ratings.icck_from_sums]
    found = dict(
        zip(
            ("interval_alpha", "icc_1", "icc_1_k"),
            _from_terms(moments, several, pairable, votes, clusters, **options),
        )
    )
    try:
        terms = ratings.ordinal_terms(number[keep], centred[keep], clips)
        (found["ordinal_alpha"],) = _from_terms(
            terms, [ratings.ordinal_alpha_from_sums], pairable, votes, clusters, **options
        )
    except BadInput as error:
        found["ordinal_alpha"] = Coefficient(Figure(np.nan, np.nan, np.nan, pairable, str(error)), votes)
    found |= _weighted(clip, rater, value, clips, clusters, options)
    return {name: found.get(name) or _two_way(clip, rater, value, clips, name, options) for name in (*names, *WEIGHTED)}


def _weighted(
    clip: np.ndarray,
    rater: np.ndarray,
    value: np.ndarray,
    clips: int,
    clusters: np.ndarray | None,
    options: dict,
) -> dict[str, Coefficient]:
    """The coefficients of `WEIGHTED`, with quadratic weights."""
    there = np.isfinite(value)
    clip, rater = clip[there], rater[there]
    levels, code = np.unique(value[there], return_inverse=True)
    if len(levels) > ratings.MOST_VALUES:
        why = f"the scale has {len(levels):,} different values; categories are at most {ratings.MOST_VALUES}"
        return dict.fromkeys(WEIGHTED, Coefficient(Figure(np.nan, np.nan, np.nan, 0, why), 0))
    k, w = len(levels), chance_corrected.quadratic_weights(levels)
    counts = np.bincount(clip * k + code, minlength=clips * k).reshape(clips, k)
    estimators = [
        lambda sums, each=each: each(sums, w)
        for each in (chance_corrected.ac2_from_sums, chance_corrected.fleiss_from_sums)
    ]
    points = [each(counts, w) for each in (chance_corrected.gwet_ac2, chance_corrected.fleiss_kappa_generalised)]
    intervals = bootstrap_intervals(
        chance_corrected.terms(counts, w),
        lambda sums: np.column_stack([estimate(sums) for estimate in estimators]),
        clusters=clusters,
        **options,
    )
    answers = named(clip, rater, code, clips=clips, raters=int(rater.max()) + 1, emotions=k)
    each = [_dressed(point, (i.low, i.high)) for point, i in zip(points, intervals)]
    return dict(zip(WEIGHTED, [*each, conger(answers, clusters=clusters, weights=w, **options)]))


def _from_terms(
    terms: np.ndarray, estimators: list[FromSums], clips: int, votes: int, clusters: np.ndarray | None, **options
) -> list[Coefficient]:
    sums = terms.sum(axis=0)
    intervals = bootstrap_intervals(
        terms, lambda many: np.column_stack([estimate(many) for estimate in estimators]), clusters=clusters, **options
    )
    return [
        Coefficient(
            Figure(float(estimate(sums)), interval.low, interval.high, clips, _undefined(estimate(sums))), votes
        )
        for estimate, interval in zip(estimators, intervals)
    ]


def _undefined(value: np.ndarray) -> str | None:
    return None if np.isfinite(value) else "the ratings do not vary enough to tell agreement from chance"


def _two_way(
    clip: np.ndarray, rater: np.ndarray, value: np.ndarray, clips: int, name: str, options: dict
) -> Coefficient:
    table = ratings.complete_table(clip, rater, value, clips)
    if table is None:
        why = "it needs the same raters, each once, on every rated clip"
        return Coefficient(Figure(np.nan, np.nan, np.nan, 0, why), 0)
    which = 0 if name == "icc_a1" else 1
    terms = ratings.two_way_terms(table)
    (found,) = _from_terms(
        terms, [lambda sums: ratings.two_way_from_sums(sums)[which]], len(table), table.size, None, **options
    )
    return found
