"""Do the raters of one panel agree more than chance would have them?

The coefficients are 1 at perfect agreement and 0 at what chance gives; below 0 raters disagree systematically. They
take counts, (clips, emotions), and treat emotions as names (nominal). Low agreement is not a fault of an ambiguous
corpus: it says how much of the votes' variation lies within clips rather than between them.

- `krippendorff_alpha` for any numbers of votes; clips with fewer than two are left out, having no pair to compare.
- `fleiss_kappa` only where every clip has the same number of votes. Where it is unequal the value is NaN with the
  reason: rescaling counts until they are equal invents votes. `chance_corrected` has its generalisation for unequal
  numbers, under its own name, and further coefficients.
- `gwet_ac1` for any numbers of votes; its chance term stays small where nearly all votes name one emotion, where alpha
  and kappa fall to zero in spite of near perfect agreement.
- `percent_agreement`, how often two votes on one clip are the same, with chance left in.

`per_emotion` asks the same of each emotion against all others. Each coefficient has a pair of functions for resampling:
`*_terms` gives one row for each clip, `*_from_sums` the coefficient from the sum of any rows, so that a bootstrap never
touches the votes again.

>>> from emo_core.science.inference import bootstrap_interval
>>> counts = np.array([[4, 0], [3, 1], [0, 4], [1, 3]] * 10)
>>> interval = bootstrap_interval(alpha_terms(counts), alpha_from_sums, seed=1)
>>> interval.low < krippendorff_alpha(counts).value < interval.high
True

References
    J. L. Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76 (1971).
    K. L. Gwet, "Computing inter-rater reliability and its variance in the presence of high agreement", British Journal of
    Mathematical and Statistical Psychology 61 (2008).
    K. Krippendorff, "Computing Krippendorff's alpha-reliability", University of Pennsylvania (2011).
"""

from dataclasses import dataclass

import numpy as np

from emo_core.errors import BadInput
from emo_core.science import distributions
from emo_core.science.distributions import totals

NO_PAIR = "no clip has two votes or more, so there is no pair of votes to compare"


@dataclass(frozen=True)
class Agreement:
    """One coefficient and what it rests on."""

    value: float  # the coefficient; NaN where undefined
    clips: int  # clips that entered it
    votes: int  # their votes
    reason: str | None = None  # why it is NaN, as a sentence; None where it is defined


def validate(counts: np.ndarray) -> np.ndarray:
    """The counts as a float64 matrix of whole numbers, clips × emotions.

    Raises BadInput where they are not whole, negative, not finite, or no matrix.
    """
    array = distributions.validate(counts, whole=True)
    if array.ndim != 2:
        raise BadInput(f"Agreement needs a matrix of clips × emotions, but the counts have shape {array.shape}.")
    return array.astype(float)


def krippendorff_alpha(counts: np.ndarray) -> Agreement:
    """Krippendorff's alpha for nominal data, α = 1 − D_o / D_e (Krippendorff 2011, section C).

    With n_u votes on clip u, n_uk of them for emotion k, n_k and n their sums over clips with n_u ≥ 2:
    D_o = (1/n) Σ_u Σ_k n_uk (n_u − n_uk) / (n_u − 1),  D_e = (1/n) Σ_k n_k (n − n_k) / (n − 1).

    counts: (clips, emotions), whole. The value has no unit, at most 1; NaN where no clip has two votes, or where all
    votes name one emotion: raters who always say the same show neither agreement nor disagreement.

    Raises BadInput where the counts are not whole numbers of votes.

    >>> krippendorff_alpha(np.array([[3, 0], [0, 2], [1, 1], [1, 0]]))
    Agreement(value=0.5, clips=3, votes=7, reason=None)
    >>> krippendorff_alpha(np.array([[3, 0], [2, 0]])).reason
    'every vote names the same emotion, so agreement cannot be told from chance'
    """
    array = validate(counts)
    sums = alpha_terms(array).sum(axis=0)
    clips, votes = int((totals(array) >= 2).sum()), int(sums[1:].sum())
    if clips == 0:
        return Agreement(np.nan, 0, 0, NO_PAIR)
    return Agreement(float(alpha_from_sums(sums)), clips, votes, one_emotion(sums[1:]))


def alpha_terms(counts: np.ndarray) -> np.ndarray:
    """For each clip its disagreeing pairs Σ_k n_uk (n_u − n_uk) / (n_u − 1) and its counts: (clips, 1 + emotions).

    Rows of clips with fewer than two votes are zero: they add nothing to any sum.

    Raises BadInput where the counts are not whole numbers of votes.

    >>> alpha_terms(np.array([[2, 1], [1, 0]]))
    array([[2., 2., 1.],
           [0., 0., 0.]])
    """
    array = validate(counts)
    votes = totals(array)
    pairable = votes >= 2
    disagreeing = (votes**2 - np.einsum("uk,uk->u", array, array)) / np.where(pairable, votes - 1, 1)
    return np.column_stack([disagreeing, array]) * pairable[:, None]


def alpha_from_sums(sums: np.ndarray) -> np.ndarray:
    """Alpha from sums of `alpha_terms`, (…, 1 + emotions) → (…,); NaN where fewer than two emotions have votes.

    >>> alpha_from_sums(np.array([[2.0, 4.0, 3.0], [0.0, 5.0, 0.0]]))
    array([0.5, nan])
    """
    sums = np.asarray(sums, dtype=float)
    disagreeing, totals = sums[..., 0], sums[..., 1:]
    votes = totals.sum(axis=-1)
    expected = votes**2 - np.square(totals).sum(axis=-1)  # n (n − 1) D_e; exact up to 9e7 votes
    return 1 - ratio((votes - 1) * disagreeing, expected)


def fleiss_kappa(counts: np.ndarray) -> Agreement:
    """Fleiss' kappa, κ = (P̄ − P̄_e) / (1 − P̄_e) (Fleiss 1971).

    With m votes on each of N clips: P_u = Σ_k n_uk (n_uk − 1) / (m (m − 1)), P̄ its mean, P̄_e = Σ_k (n_k / (N m))².

    counts: (clips, emotions), whole. The value has no unit, at most 1; clips without any vote are left out. NaN, with
    the reason, where the numbers of votes are unequal or below two, or where all votes name one emotion.

    Raises BadInput where the counts are not whole numbers of votes.

    >>> fleiss_kappa(np.array([[3, 0], [0, 3], [2, 1]])).value.__round__(4)
    0.55
    >>> fleiss_kappa(np.array([[3, 0], [0, 4]])).reason
    "the clips have between 3 and 4 votes; Fleiss' kappa needs the same number for each"
    """
    array = validate(counts)
    votes = totals(array)
    votes = votes[votes > 0]
    clips, total = len(votes), int(votes.sum())
    if clips == 0:
        reason = "no clip has a vote"
    elif votes.min() != votes.max():
        low, high = int(votes.min()), int(votes.max())
        reason = f"the clips have between {low} and {high} votes; Fleiss' kappa needs the same number for each"
    elif votes[0] < 2:
        reason = "each clip has one vote; Fleiss' kappa needs at least two on each"
    else:
        reason = one_emotion(array.sum(axis=0))
    value = np.nan if reason else float(kappa_from_sums(kappa_terms(array).sum(axis=0)))
    return Agreement(value, clips, total, reason)


def kappa_terms(counts: np.ndarray) -> np.ndarray:
    """For each clip its agreement P_u, a one (to count clips), and its counts: (clips, 2 + emotions).

    Rows of clips without votes are zero. All rows are NaN where kappa is undefined because the numbers of votes are
    unequal or below two, so that no resample of clips that happen to be equal can pass for it.

    Raises BadInput where the counts are not whole numbers of votes.

    >>> kappa_terms(np.array([[2, 1], [0, 0]])).round(4)
    array([[0.3333, 1.    , 2.    , 1.    ],
           [0.    , 0.    , 0.    , 0.    ]])
    """
    array = validate(counts)
    votes = totals(array)
    voted = votes > 0
    m = votes.max(initial=0)
    if m < 2 or (votes[voted] != m).any():
        return np.full((len(array), 2 + array.shape[1]), np.nan)
    agreeing = (np.einsum("uk,uk->u", array, array) - votes) / (m * (m - 1))
    return np.column_stack([agreeing, voted, array])


def kappa_from_sums(sums: np.ndarray) -> np.ndarray:
    """Kappa from sums of `kappa_terms`, (…, 2 + emotions) → (…,); NaN where fewer than two emotions have votes.

    >>> kappa_from_sums(np.array([[7 / 3, 3.0, 5.0, 4.0], [3.0, 3.0, 9.0, 0.0]])).round(4)
    array([0.55,  nan])
    """
    sums = np.asarray(sums, dtype=float)
    totals = sums[..., 2:]
    observed = ratio(sums[..., 0], sums[..., 1])
    votes = totals.sum(axis=-1)
    # (1 − P̄_e) from whole numbers: an exact zero where all votes name one emotion.
    unexpected = ratio(votes**2 - np.square(totals).sum(axis=-1), votes**2)
    return 1 - ratio(1 - observed, unexpected)


def percent_agreement(counts: np.ndarray) -> Agreement:
    """How often two votes on one clip name the same emotion: the mean over clips with two votes or more of the share of
    agreeing pairs, P̄ = mean_u Σ_k n_uk (n_uk − 1) / (n_u (n_u − 1)) (Fleiss 1971, there for equal numbers of votes).

    Every such clip counts equally, however many votes it has. Chance is left in: it is 1 where all votes name one emotion.

    counts: (clips, emotions), whole. In [0, 1]; NaN where no clip has two votes.

    Raises BadInput where the counts are not whole numbers of votes.

    >>> percent_agreement(np.array([[2, 0], [1, 1], [1, 0]])).value
    0.5
    """
    array = validate(counts)
    pairable = totals(array) >= 2
    clips, votes = int(pairable.sum()), int(array[pairable].sum())
    if clips == 0:
        return Agreement(np.nan, 0, 0, NO_PAIR)
    return Agreement(float(percent_from_sums(percent_terms(array).sum(axis=0))), clips, votes)


def percent_terms(counts: np.ndarray) -> np.ndarray:
    """For each clip its share of agreeing pairs and a one (to count clips): (clips, 2); zero with fewer than two votes.

    Raises BadInput where the counts are not whole numbers of votes.

    >>> percent_terms(np.array([[2, 1], [1, 0]])).round(4)
    array([[0.3333, 1.    ],
           [0.    , 0.    ]])
    """
    array = validate(counts)
    votes = totals(array)
    pairable = votes >= 2
    agreeing = np.einsum("uk,uk->u", array, array) - votes
    return np.column_stack([agreeing / np.where(pairable, votes * (votes - 1), 1) * pairable, pairable])


def percent_from_sums(sums: np.ndarray) -> np.ndarray:
    """Percent agreement from sums of `percent_terms`, (…, 2) → (…,); NaN where no clip has two votes.

    >>> percent_from_sums(np.array([[1.5, 2.0], [0.0, 0.0]]))
    array([0.75,  nan])
    """
    sums = np.asarray(sums, dtype=float)
    return ratio(sums[..., 0], sums[..., 1])


def match_terms(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """For each clip the share of pairs of one panel's vote and the other's that name the same
    emotion, Σ_k n_uk m_uk / (n_u m_u), and a one (to count clips): (clips, 2); zero where a panel
    has no vote. `percent_from_sums` gives its mean over clips: how often a vote of one panel is
    what a vote of the other is, as `percent_agreement` is within one panel.

    one, other: (clips, emotions), whole. Raises BadInput where they are not, or shapes differ.

    >>> match_terms(np.array([[2, 1], [1, 0]]), np.array([[1, 1], [0, 0]]))
    array([[0.5, 1. ],
           [0. , 0. ]])
    """
    one, other = validate(one), validate(other)
    if one.shape != other.shape:
        raise BadInput(
            f"Both panels are clips × emotions, but have shapes {one.shape} and {other.shape}. "
            "Align the clips and emotions."
        )
    pairs = totals(one) * totals(other)
    there = pairs > 0
    return np.column_stack([np.einsum("uk,uk->u", one, other) / np.where(there, pairs, 1), there])


def gwet_ac1(counts: np.ndarray) -> Agreement:
    """Gwet's AC1 for several raters and any numbers of votes, γ = (p_a − p_e) / (1 − p_e) (Gwet 2008).

    p_a is the percent agreement over clips with two votes or more; with π_k the mean over all clips with a vote of
    n_uk / n_u, p_e = Σ_k π_k (1 − π_k) / (q − 1) for q emotions.

    counts: (clips, emotions), whole; every column is an emotion that raters could choose, so an empty column counts in q.
    The value has no unit, at most 1. NaN, with the reason, where no clip has two votes, there is one emotion only, or all
    votes name one emotion (the formula then gives 1, which nobody has earned).

    Raises BadInput where the counts are not whole numbers of votes.

    >>> gwet_ac1(np.array([[3, 0], [0, 3], [2, 1]])).value.__round__(4)
    0.561
    """
    array = validate(counts)
    votes = totals(array)
    clips, total = int((votes >= 2).sum()), int(array[votes >= 2].sum())
    if clips == 0:
        reason = NO_PAIR
    elif array.shape[1] < 2:
        reason = "there is one emotion only, so nobody could have disagreed"
    else:
        reason = one_emotion(array.sum(axis=0))
    value = np.nan if reason else float(ac1_from_sums(ac1_terms(array).sum(axis=0)))
    return Agreement(value, clips, total, reason)


def ac1_terms(counts: np.ndarray) -> np.ndarray:
    """For each clip the terms of `percent_terms`, whether it has a vote, and its shares: (clips, 3 + emotions).

    Raises BadInput where the counts are not whole numbers of votes.

    >>> ac1_terms(np.array([[2, 0], [0, 1]]))
    array([[1., 1., 1., 1., 0.],
           [0., 0., 1., 0., 1.]])
    """
    array = validate(counts)
    votes = totals(array)[:, None]
    shares = np.divide(array, votes, out=np.zeros_like(array), where=votes > 0)
    return np.column_stack([percent_terms(array), votes[:, 0] > 0, shares])


def ac1_from_sums(sums: np.ndarray) -> np.ndarray:
    """AC1 from sums of `ac1_terms`, (…, 3 + emotions) → (…,); NaN where fewer than two emotions have votes.

    >>> ac1_from_sums(np.array([[7 / 3, 3.0, 3.0, 5 / 3, 4 / 3], [3.0, 3.0, 3.0, 3.0, 0.0]])).round(4)
    array([0.561,   nan])
    """
    sums = np.asarray(sums, dtype=float)
    observed = percent_from_sums(sums[..., :2])
    marginal = ratio(sums[..., 3:], sums[..., 2:3] + np.zeros_like(sums[..., 3:]))
    chance = (marginal * (1 - marginal)).sum(axis=-1) / max(1, marginal.shape[-1] - 1)
    several = np.count_nonzero(sums[..., 3:] > 0, axis=-1) > 1
    return np.where(several, ratio(observed - chance, 1 - chance), np.nan)


def against_the_rest(counts: np.ndarray, emotion: int) -> np.ndarray:
    """Votes for one emotion against all others: (clips, 2), to ask any coefficient how well that emotion is agreed on.

    >>> against_the_rest(np.array([[3, 1, 2]]), 1)
    array([[1, 5]])
    """
    array = np.asarray(counts)
    return np.column_stack([array[:, emotion], array.sum(axis=1) - array[:, emotion]])


def per_emotion(counts: np.ndarray) -> list[dict[str, Agreement]]:
    """Alpha, AC1 and percent agreement of each emotion against the rest: one dictionary a column, in the columns' order.

    counts: (clips, emotions), whole. An emotion that nobody, or everybody, named is undefined with its reason, except that
    percent agreement leaves chance in. For an interval give `against_the_rest` to the coefficient's `*_terms`.

    Raises BadInput where the counts are not whole numbers of votes.

    >>> sad, _, fear = per_emotion(np.array([[3, 0, 0], [0, 2, 0], [1, 1, 0]]))
    >>> sad["krippendorff_alpha"].value.__round__(3), fear["gwet_ac1"].reason
    (0.5, 'every vote names the same emotion, so agreement cannot be told from chance')
    """
    array = validate(counts)
    figures = {"krippendorff_alpha": krippendorff_alpha, "gwet_ac1": gwet_ac1, "percent_agreement": percent_agreement}
    tables = (against_the_rest(array, column) for column in range(array.shape[1]))
    return [{name: figure(table) for name, figure in figures.items()} for table in tables]


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """above / below, NaN where `below` is not positive."""
    return np.divide(above, below, out=np.full(np.shape(below), np.nan), where=below > 0)


def one_emotion(totals: np.ndarray) -> str | None:
    """The reason to give where only one emotion was ever named."""
    same = np.count_nonzero(totals) == 1
    return "every vote names the same emotion, so agreement cannot be told from chance" if same else None
