"""Every coefficient of agreement of one panel, with intervals from the same resamples: overall, per emotion, per scale.

One row of terms a clip holds what all coefficients need, so that a thousand resamples serve them all.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from emo_core.errors import BadInput
from emo_core.science import agreement, ratings
from emo_core.science.agreement import Agreement
from emo_core.science.comparison import Figure
from emo_core.science.inference import bootstrap_intervals

Terms = Callable[[np.ndarray], np.ndarray]
FromSums = Callable[[np.ndarray], np.ndarray]
# name: the coefficient, its terms, and the coefficient from their sums
NOMINAL: dict[str, tuple[Callable[[np.ndarray], Agreement], Terms, FromSums]] = {
    "krippendorff_alpha": (agreement.krippendorff_alpha, agreement.alpha_terms, agreement.alpha_from_sums),
    "fleiss_kappa": (agreement.fleiss_kappa, agreement.kappa_terms, agreement.kappa_from_sums),
    "gwet_ac1": (agreement.gwet_ac1, agreement.ac1_terms, agreement.ac1_from_sums),
    "percent_agreement": (agreement.percent_agreement, agreement.percent_terms, agreement.percent_from_sums),
}


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
    terms = [[make(table) for _, make, _ in NOMINAL.values()] for table in tables]
    estimators = [estimate for _, _, estimate in NOMINAL.values()] * len(tables)
    intervals = iter(_joint([part for row in terms for part in row], estimators, seed, clusters, resamples))
    dressed = [{name: _dressed(value, next(intervals)) for name, value in row.items()} for row in found]
    return dressed[0], dressed[1:]


def _joint(
    terms: list[np.ndarray], estimators: list[FromSums], seed: int, clusters: Iterable | None, resamples: int
) -> list[tuple[float, float]]:
    """Ends of the interval of each coefficient, from the same resamples. Terms that are NaN throughout give NaN."""
    edges = np.cumsum([0, *(part.shape[1] for part in terms)])

    def all_at_once(sums: np.ndarray) -> np.ndarray:
        parts = [sums[:, start:end] for start, end in pairwise(edges)]
        return np.column_stack([estimate(part) for estimate, part in zip(estimators, parts)])

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
    rated every rated clip once. Clips with one rating have no pair to compare and are left out.

    clip, rater, value: one entry a rating; NaN values are none. What is undefined says why.
    """
    number, centred = ratings.validate(clip, value, clips)
    counts = np.bincount(number, minlength=clips)
    pairable = int((counts >= 2).sum())
    votes = int(counts[counts >= 2].sum())
    names = ("interval_alpha", "ordinal_alpha", "icc_1", "icc_1_k", "icc_a1", "icc_c1")
    if pairable < 2:
        why = "fewer than two clips have two ratings or more, so there is nothing to compare"
        return {name: Coefficient(Figure(np.nan, np.nan, np.nan, pairable, why), votes) for name in names}
    if np.ptp(centred[counts[number] >= 2]) == 0:
        why = "all ratings are equal, so agreement cannot be told from chance"
        return {name: Coefficient(Figure(np.nan, np.nan, np.nan, pairable, why), votes) for name in names}
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
    return {name: found.get(name) or _two_way(clip, rater, value, clips, name, options) for name in names}


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
