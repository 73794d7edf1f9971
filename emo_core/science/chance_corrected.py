"""Agreement coefficients of one family, κ = (p_a − p_e) / (1 − p_e), for any numbers of votes a clip.

Gwet (2014) writes the coefficients of the field in one frame, which the R package irrCAC computes.
With r_uk votes on clip u for category k, r_u of them, and weights w_kl (1 on the diagonal):

    p_a = mean over clips with r_u ≥ 2 of Σ_k r_uk (Σ_l w_kl r_ul − 1) / (r_u (r_u − 1)),
    π_k = mean over clips with a vote of r_uk / r_u,      q categories,

and the coefficients differ in what chance gives:

| coefficient | p_e |
|---|---|
| `fleiss_kappa_generalised` | Σ_kl w_kl π_k π_l: all raters draw from one distribution |
| `conger_kappa` | the same of two different named raters, each with their own distribution |
| `brennan_prediger` | Σ_kl w_kl / q²: raters draw from all categories alike |
| `gwet_ac2` | Σ_kl w_kl / (q (q − 1)) · Σ_k π_k (1 − π_k) |

Without weights only equal categories agree, and `gwet_ac2` is `agreement.gwet_ac1`. Where every
clip has the same number of votes, `fleiss_kappa_generalised` is `agreement.fleiss_kappa`; of two
raters who both answer every clip, `conger_kappa` is Cohen's kappa. With `quadratic_weights` they are
the quadratic weighted kappas of ordered categories, such as ratings; emotions have no order.

References
    R. L. Brennan & D. J. Prediger, "Coefficient kappa: some uses, misuses, and alternatives",
        Educational and Psychological Measurement 41 (1981).
    J. Cohen, "Weighted kappa", Psychological Bulletin 70 (1968).
    A. J. Conger, "Integration and generalization of kappas for multiple raters", Psychological
        Bulletin 88 (1980).
    K. L. Gwet, "Handbook of inter-rater reliability", 4th edition (2014), chapters 2 to 4; irrCAC.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from emo_core.errors import BadInput
from emo_core.science.agreement import NO_PAIR, Agreement, one_emotion, ratio, validate
from emo_core.science.distributions import totals
from emo_core.science.inference import bootstrap_interval
from emo_core.science.raters import Named

_NUMBERS = 5_000_000  # in a table of units × (raters × categories): 40 MB

FromSums = Callable[[np.ndarray, np.ndarray], np.ndarray]


def quadratic_weights(levels: np.ndarray) -> np.ndarray:
    """w_kl = 1 − (x_k − x_l)² / (max − min)² of ordered categories with values x (Cohen 1968).

    levels: (categories,) rising, two or more. Raises BadInput where they are not.

    >>> quadratic_weights(np.array([1, 2, 3]))
    array([[1.  , 0.75, 0.  ],
           [0.75, 1.  , 0.75],
           [0.  , 0.75, 1.  ]])
    """
    x = np.asarray(levels, dtype=float)
    if x.ndim != 1 or len(x) < 2 or not (np.isfinite(x).all() and (np.diff(x) > 0).all()):
        raise BadInput(f"Weights need two rising levels or more, not {levels!r}.")
    return 1 - ((x[:, None] - x) / (x[-1] - x[0])) ** 2


def terms(counts: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """For each clip its weighted share of agreeing pairs, whether it has two votes, whether it has a
    vote, and its shares: (clips, 3 + categories). Zeros where it has none.

    counts: (clips, categories), whole. weights: (categories, categories), by default the identity.
    Raises BadInput where the counts are not whole numbers of votes.

    >>> terms(np.array([[2, 1, 0], [0, 0, 1]])).round(2)
    array([[0.33, 1.  , 1.  , 0.67, 0.33, 0.  ],
           [0.  , 0.  , 1.  , 0.  , 0.  , 1.  ]])
    """
    array = validate(counts)
    w = np.eye(array.shape[1]) if weights is None else np.asarray(weights, dtype=float)
    votes = totals(array)
    pairable = votes >= 2
    agreeing = np.einsum("uk,kl,ul->u", array, w, array) - votes
    agreeing = agreeing / np.where(pairable, votes * (votes - 1), 1) * pairable
    shares = np.divide(array, votes[:, None], out=np.zeros_like(array), where=votes[:, None] > 0)
    return np.column_stack([agreeing, pairable, votes > 0, shares])


def fleiss_from_sums(sums: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Fleiss' generalised kappa from sums of `terms`, (…, 3 + categories) → (…,); NaN where fewer
    than two categories have votes.
    """
    observed, marginal, w = _parts(sums, weights)
    return _corrected(observed, np.einsum("...k,kl,...l->...", marginal, w, marginal), marginal)


def brennan_prediger_from_sums(sums: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Brennan and Prediger's coefficient from sums of `terms`, as `fleiss_from_sums`."""
    observed, marginal, w = _parts(sums, weights)
    return _corrected(observed, np.full(observed.shape, w.mean()), marginal)


def ac2_from_sums(sums: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Gwet's AC2 from sums of `terms`, as `fleiss_from_sums`."""
    observed, marginal, w = _parts(sums, weights)
    scale = w.sum() / max(1, len(w) * (len(w) - 1))
    return _corrected(observed, scale * (marginal * (1 - marginal)).sum(axis=-1), marginal)


def fleiss_kappa_generalised(counts: np.ndarray, weights: np.ndarray | None = None) -> Agreement:
    """Fleiss' kappa for unequal numbers of votes (Gwet 2014, chapter 2; irrCAC `fleiss.kappa.raw`).

    counts: (clips, categories), whole. The value has no unit, at most 1; 0 is chance. NaN, with the
    reason, where no clip has two votes, or all votes name one category.

    Raises BadInput where the counts are not whole numbers of votes.

    >>> fleiss_kappa_generalised(np.array([[3, 0], [0, 4], [2, 1], [1, 0]])).value.__round__(4)
    0.5
    """
    return _point(counts, weights, fleiss_from_sums)


def brennan_prediger(counts: np.ndarray, weights: np.ndarray | None = None) -> Agreement:
    """Brennan and Prediger's coefficient (1981), for several raters as Gwet (2014) gives it.

    counts: (clips, categories), whole; every column is a category that raters could choose, so an
    empty column counts in q. As `fleiss_kappa_generalised` otherwise.

    >>> brennan_prediger(np.array([[3, 0], [0, 3], [2, 1]])).value.__round__(4)
    0.5556
    """
    return _point(counts, weights, brennan_prediger_from_sums)


def gwet_ac2(counts: np.ndarray, weights: np.ndarray) -> Agreement:
    """Gwet's AC2 (2014): AC1 with weights. As `brennan_prediger` otherwise.

    >>> table = np.array([[3, 0, 0], [0, 2, 1], [0, 0, 3]])
    >>> gwet_ac2(table, quadratic_weights([1, 2, 3])).value.__round__(4)
    0.8448
    """
    return _point(counts, weights, ac2_from_sums)


def conger_kappa(
    answers: Named,
    weights: np.ndarray | None = None,
    *,
    seed: int,
    clusters: Iterable | None = None,
    resamples: int = 1000,
) -> tuple[Agreement, float, float]:
    """Conger's kappa of named raters, and the ends of its 95 % bootstrap interval (NaN where
    undefined). With p_jk the share of rater j's answers that name k, chance is the mean over pairs
    of different raters of Σ_kl w_kl p_jk p_hl.

    answers: one for each clip and rater (`raters.named`). NaN, with the reason, where fewer than two
    raters are named, no clip has two answers, or all answers name one category. Intervals resample
    clips, or whole clusters of them, at random dealt into blocks where raters are very many.

    >>> from emo_core.science.raters import named
    >>> clip, rater = np.repeat(np.arange(4), 2), np.tile([0, 1], 4)
    >>> answers = named(clip, rater, np.array([0, 0, 1, 1, 0, 1, 1, 1]), clips=4, raters=2, emotions=2)
    >>> conger_kappa(answers, seed=0)[0].value
    0.5
    """
    counts = answers.counts
    found = _point(counts, weights, fleiss_from_sums)
    present = np.unique(answers.rater)
    if len(present) < 2:
        why = "fewer than two raters are known by name, and each needs a distribution of their own"
        found = Agreement(np.nan, 0, 0, why)
    if found.reason:
        return found, np.nan, np.nan
    table = _ByRater(answers, np.searchsorted(present, answers.rater), len(present), weights)
    value = float(table.from_sums(table.sum_groups(np.zeros(answers.clips, dtype=int), 1))[0])
    units = max(100, min(5000, _NUMBERS // (len(present) * answers.emotions)))
    interval = bootstrap_interval(
        table, table.from_sums, seed=seed, clusters=clusters, resamples=resamples, max_units=units
    )
    return Agreement(value, found.clips, found.votes), interval.low, interval.high


@dataclass(frozen=True)
class _ByRater:
    """Terms of Conger's kappa: `terms`' first two, and how often each rater names each category."""

    answers: Named
    rater: np.ndarray  # (answers,) numbers of the raters who have answers
    raters: int
    weights: np.ndarray | None

    def __len__(self) -> int:
        return self.answers.clips

    def sum_groups(self, groups: np.ndarray, size: int) -> np.ndarray:
        """(size, 2 + raters × categories)."""
        k = self.answers.emotions
        own = terms(self.answers.counts, self.weights)[:, :2]
        agreeing = [np.bincount(groups, weights=column, minlength=size) for column in own.T]
        place = (groups[self.answers.clip] * self.raters + self.rater) * k + self.answers.label
        said = np.bincount(place, minlength=size * self.raters * k)
        return np.column_stack([*agreeing, said.reshape(size, -1)])

    def from_sums(self, sums: np.ndarray) -> np.ndarray:
        k = self.answers.emotions
        w = np.eye(k) if self.weights is None else self.weights
        said = sums[:, 2:].reshape(len(sums), self.raters, k)
        answered = said.sum(axis=2, keepdims=True)
        p = np.divide(said, answered, out=np.zeros_like(said, dtype=float), where=answered > 0)
        there = (answered[:, :, 0] > 0).sum(axis=1)  # raters who are in the resample
        all_pairs = np.einsum("sk,kl,sl->s", p.sum(axis=1), w, p.sum(axis=1))
        themselves = np.einsum("sjk,kl,sjl->s", p, w, p, optimize=True)
        chance = ratio(all_pairs - themselves, (there * (there - 1)).astype(float))
        return _corrected(ratio(sums[:, 0], sums[:, 1]), chance, p.sum(axis=1))


def _parts(sums: np.ndarray, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """p_a, π and the weights."""
    sums = np.asarray(sums, dtype=float)
    shares = sums[..., 3:]
    marginal = ratio(shares, sums[..., 2:3] + np.zeros_like(shares))
    w = np.eye(shares.shape[-1]) if weights is None else np.asarray(weights, dtype=float)
    return ratio(sums[..., 0], sums[..., 1]), marginal, w


def _corrected(observed: np.ndarray, chance: np.ndarray, marginal: np.ndarray) -> np.ndarray:
    """(p_a − p_e) / (1 − p_e); NaN where fewer than two categories have votes."""
    several = np.count_nonzero(marginal > 0, axis=-1) > 1
    return np.where(several, ratio(observed - chance, 1 - chance), np.nan)


def _point(counts: np.ndarray, weights: np.ndarray | None, from_sums: FromSums) -> Agreement:
    """A coefficient of counts, or NaN with the reason."""
    array = validate(counts)
    votes = totals(array)
    clips, total = int((votes >= 2).sum()), int(array[votes >= 2].sum())
    reason = NO_PAIR if clips == 0 else one_emotion(array.sum(axis=0))
    sums = terms(array, weights).sum(axis=0)
    return Agreement(np.nan if reason else float(from_sums(sums, weights)), clips, total, reason)
