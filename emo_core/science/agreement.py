"""Do the raters of one panel agree more than chance would have them?

Both coefficients are 1 at perfect agreement and 0 at what chance gives; below 0 raters disagree systematically. They
take counts, (clips, emotions), and treat emotions as names (nominal). Low agreement is not a fault of an ambiguous
corpus: it says how much of the votes' variation lies within clips rather than between them.

- `krippendorff_alpha` for any numbers of votes; clips with fewer than two are left out, having no pair to compare.
- `fleiss_kappa` only where every clip has the same number of votes. Where it is unequal the value is NaN with the
  reason: rescaling counts until they are equal invents votes.

Each has a pair of functions for resampling: `*_terms` gives one row for each clip, `*_from_sums` the coefficient from
the sum of any rows, so that a bootstrap never touches the votes again.

>>> from emo_core.science.inference import bootstrap_interval
>>> counts = np.array([[4, 0], [3, 1], [0, 4], [1, 3]] * 10)
>>> interval = bootstrap_interval(alpha_terms(counts), alpha_from_sums, seed=1)
>>> interval.low < krippendorff_alpha(counts).value < interval.high
True

References
    J. L. Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76 (1971).
    K. Krippendorff, "Computing Krippendorff's alpha-reliability", University of Pennsylvania (2011).
"""

from dataclasses import dataclass

import numpy as np

from emo_core.errors import BadInput
from emo_core.science import distributions


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
    clips, votes = int((array.sum(axis=1) >= 2).sum()), int(sums[1:].sum())
    if clips == 0:
        return Agreement(np.nan, 0, 0, "no clip has two votes or more, so there is no pair of votes to compare")
    return Agreement(float(alpha_from_sums(sums)), clips, votes, _one_emotion(sums[1:]))


def alpha_terms(counts: np.ndarray) -> np.ndarray:
    """For each clip its disagreeing pairs Σ_k n_uk (n_u − n_uk) / (n_u − 1) and its counts: (clips, 1 + emotions).

    Rows of clips with fewer than two votes are zero: they add nothing to any sum.

    Raises BadInput where the counts are not whole numbers of votes.

    >>> alpha_terms(np.array([[2, 1], [1, 0]]))
    array([[2., 2., 1.],
           [0., 0., 0.]])
    """
    array = validate(counts)
    votes = array.sum(axis=1)
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
    return 1 - _ratio((votes - 1) * disagreeing, expected)


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
    votes = array.sum(axis=1)
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
        reason = _one_emotion(array.sum(axis=0))
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
    votes = array.sum(axis=1)
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
    observed = _ratio(sums[..., 0], sums[..., 1])
    votes = totals.sum(axis=-1)
    # (1 − P̄_e) from whole numbers: an exact zero where all votes name one emotion.
    unexpected = _ratio(votes**2 - np.square(totals).sum(axis=-1), votes**2)
    return 1 - _ratio(1 - observed, unexpected)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """above / below, NaN where `below` is not positive."""
    return np.divide(above, below, out=np.full(np.shape(below), np.nan), where=below > 0)


def _one_emotion(totals: np.ndarray) -> str | None:
    """The reason to give where only one emotion was ever named."""
    same = np.count_nonzero(totals) == 1
    return "every vote names the same emotion, so agreement cannot be told from chance" if same else None
