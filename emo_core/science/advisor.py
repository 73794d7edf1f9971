"""Whose next vote helps most? Where one more listener, or a few synthetic votes, would mend the estimate.

A clip's votes r = (r₁ … r_K) are a sample of what all listeners would say, p. Clips differ, and how much they differ is
itself seen in the corpus: `dirichlet.fit_dirichlet` takes p as drawn from Dirichlet(α) and estimates α from all clips together.
The posterior of one clip is then Dirichlet(a) with a = α + r, its total A = Σ a, and the estimate of p is p̂ = a / A.

Two figures say how much is still unknown of a clip, and both are sums over emotions of terms that depend on (a_k, A)
alone, because each share p_k is Beta(a_k, A − a_k):

* `"js"`: the Jensen–Shannon divergence that the estimate has from the truth on average, L(a) = E JS(p, p̂), in bits.
* `"information"`: the differential entropy h(a) of the posterior, in bits. What m votes take from it on average is the
  mutual information of those votes and p, the usual measure of what an experiment tells (Lindley 1956).

What m more votes leave is expected over all their outcomes. Of x_k, the votes for emotion k, only the beta-binomial
distribution is needed, so L after m votes is Σ_k E l(a_k + x_k, A + m): a sum of m + 1 terms for each emotion, exact,
where an enumeration of outcomes would take (m + K − 1 choose m). Clips share these terms: they are worked out once for
each triple (emotion, votes for it, votes in all) that occurs, and a million clips look them up.

What is expected is expected under the model, before any of the votes is cast: whoever collects votes in rounds should
ask again after each round. Nothing here knows about a voter who is biased or careless.

What we found: gains of human votes are positive and never grow from one vote to the next. For information that is a
theorem. For JS we know of no proof (p̂ minimises the expected Kullback–Leibler divergence, not the expected JS), but it
held, to a rounding of 1e-14, for the terms of each emotion at all 8,281 pairs of a and A − a between 1e-6 and 1,000
that we tried. JS gains of votes that are worth less than one may grow at first (by a tenth at a worth of 0.05).

References
    D. V. Lindley, "On a measure of the information provided by an experiment", Ann. Math. Statist. 27 (1956).
    L. N. Trefethen & J. A. C. Weideman, "The exponentially convergent trapezoidal rule", SIAM Review 56 (2014).
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from numbers import Integral, Real

import numpy as np

from emo_core.errors import BadInput, UnknownName
from emo_core.science.dirichlet import DirichletPrior, validate
from emo_core.science.distributions import xlog2x

OBJECTIVES = ("js", "information")
# Points of the trapezoidal rule, and how far (nats) the weight has fallen at its ends: e⁻⁴⁰ = 4e-18.
_NODES, _DROP = 144, 40.0
# Rows worked on at a time, so that temporaries stay in the processor's cache.
_PAIRS, _CLIPS = 1024, 65_536
# States after more votes that are held at a time: 4 million are about 200 MB.
_STATES = 4_000_000
# Largest table that is indexed directly by (votes for the emotion, votes in all).
_TABLE = 1 << 20


@dataclass(frozen=True)
class Plan:
    """Where to spend a budget."""

    votes: np.ndarray  # (clips,) votes to buy for each clip
    cost: float  # in the unit of the budget, never above it
    bought: int  # votes in all
    gain: float  # summed gain of the plan, in the unit of the gains
    even_gain: float  # expected gain of as many votes dealt out evenly, the remainder to clips drawn at random


@dataclass(frozen=True)
class Offers:
    """The next vote of each clip from two sources, as gain for each unit of money."""

    human: np.ndarray  # (clips,) bits per unit of price
    synthetic: np.ndarray  # (clips,) bits per unit of price
    synthetic_better: np.ndarray  # (clips,) True where more is gained for the money, by more than a rounding


def expected_divergence(counts: np.ndarray, prior: DirichletPrior | np.ndarray) -> np.ndarray:
    """How far the estimate p̂ = a / A of each clip is expected to be from the truth: L(a) = E JS(p, p̂), p ~ Dir(a).

    counts: (clips, emotions), whole; prior: a fitted one, or alpha itself, (emotions,). Returns (clips,) in bits, 0 … 1.
    A clip without votes has the prior's own value.

    Raises BadInput as `validate`.

    >>> expected_divergence(np.array([[0, 0], [4, 4], [8, 0]]), np.array([1.0, 1.0])).round(4)
    array([0.0776, 0.0177, 0.0157])
    """
    alpha = _alpha(prior)
    return _look_up(validate(counts, alpha), alpha, lambda a, b: _class_loss(a, b)[:, None], 1)[:, 0]


def expected_gains(
    counts: np.ndarray,
    prior: DirichletPrior | np.ndarray,
    *,
    votes: int,
    objective: str = "js",
    worth: float = 1.0,
) -> np.ndarray:
    """What the 1st, 2nd, … next vote of each clip is expected to gain: G_m − G_{m−1}, m = 1 … votes, where

    G_m = Σ_k Σ_x P(x; m, a_k, A − a_k) [l(a_k, A) − l(a_k + w x, A + w m)], P beta-binomial, w the `worth`,

    l the terms of the expected divergence (objective "js") or of the posterior's differential entropy ("information").
    At w = 1 this is exact. For m = 1, information is then H(p̂) − E H(p), H Shannon's entropy.

    counts: (clips, emotions), whole; prior: a fitted one, or alpha itself. votes: how many, at least 1. worth: of one
    such vote in human votes, in (0, 1]. Below 1 both objectives are approximations, which discount a source that says
    less and know nothing of one that says something else. "js" draws votes as if human and counts each as w votes, a
    tempered likelihood Π p_k^(w x_k), as in the equation. Entropies may grow under it (by 35 bits where α is small), so
    "information" takes each vote as human with probability w and empty otherwise: G_m = Σ_n Binomial(n; m, w) G_n.

    Returns (clips, votes) in bits; the sum of a row is G_votes. Clips with equal rows have equal gains.

    Raises BadInput as `validate`, and where votes or worth are out of range; UnknownName for another objective.

    >>> expected_gains(np.array([[0, 0], [1, 1], [6, 0]]), np.array([1.0, 1.0]), votes=2).round(4)
    array([[0.0242, 0.0126],
           [0.0082, 0.0055],
           [0.002 , 0.0016]])
    """
    alpha = _alpha(prior)
    array = validate(counts, alpha)
    if objective not in OBJECTIVES:
        raise UnknownName("objective", objective, OBJECTIVES)
    _whole("votes", votes)
    if not (isinstance(worth, Real) and 0 < worth <= 1):
        raise BadInput(
            f"A vote is worth more than 0 and at most 1 human vote, but worth is {worth!r}. Use 1 for human."
        )
    m, w = int(votes), float(worth)
    if objective == "js":
        return _look_up(array, alpha, lambda a, b: _class_gains(a, b, _class_loss, m, w), m)

    def entropies(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return _class_gains(a, b, lambda a, b: _class_entropy(a, b, len(alpha)), m, 1.0) @ _thinned(m, w)

    return _look_up(array, alpha, entropies, m)


def plan_budget(gains: np.ndarray, *, budget: float, price: float, most: int | None = None) -> Plan:
    """The votes to buy: always the largest gain that is next for its clip, until the budget is spent.

    Where a later vote of a clip gains more than an earlier one, both count with their mean (the steps of the upper
    concave hull of the summed gains), so the j + 1st vote is never bought before the jth. All votes cost the same, so
    this is the best plan there is, except that the budget may end within such a pair. Ties go to the earlier clip. Votes
    that gain nothing are not bought, and what is left stays unspent.

    gains: (clips, votes) as from `expected_gains`; budget and price in one unit; most: votes for one clip at most.

    Raises BadInput where gains are not a finite matrix, or an amount is out of range.

    >>> plan = plan_budget(np.array([[5.0, 3.0], [4.0, 1.0]]), budget=0.3, price=0.1)
    >>> plan.votes, plan.cost, plan.gain, plan.even_gain
    (array([2, 1]), 0.3, 12.0, 11.0)
    """
    array = np.asarray(gains)
    if array.ndim != 2 or array.dtype.kind not in "buif" or not np.isfinite(array).all():
        raise BadInput(
            f"Gains are a matrix of finite numbers, one row for each clip, but have shape {array.shape} and type "
            f"{array.dtype}{' with NaN or ∞' if array.dtype.kind == 'f' else ''}. Make them with expected_gains()."
        )
    _amount("budget", budget, zero=True)
    _amount("price", price)
    array = array[:, : _whole("most", most)] if most is not None else array
    # As fractions of what was typed, so that 0.3 buys three votes at 0.1.
    money, each = Fraction(repr(float(budget))), Fraction(repr(float(price)))
    chosen = _largest(_non_increasing(array.astype(float)), min(int(money / each), array.size))
    bought = int(chosen.sum())
    gain = float(array.sum(where=chosen))
    return Plan(chosen.sum(axis=1), float(bought * each), bought, gain, _even(array, bought))


def compare_offers(
    counts: np.ndarray,
    prior: DirichletPrior | np.ndarray,
    *,
    human_price: float,
    synthetic_price: float,
    worth: float,
    objective: str = "js",
    synthetic_votes: int = 1,
) -> Offers:
    """Whose votes give more for the money: one human vote, gain(w = 1) / human price, or m synthetic ones,
    gain(m votes, w = worth) / (m · synthetic price).

    counts, prior, objective, worth: as in `expected_gains`. Prices in one unit. Returns Offers with bits per unit of
    price. Ten synthetic votes gain less than ten times as much as one, so m matters. With one vote of "information",
    gain(w) is w · gain(1), so that one source is better for all clips.

    Raises BadInput as `expected_gains`, and where a price is not positive.

    >>> offers = compare_offers([[0, 0], [9, 0]], np.ones(2), human_price=0.5, synthetic_price=0.26, worth=0.5)
    >>> offers.synthetic_better
    array([ True, False])
    """
    prices = _amount("human_price", human_price), _amount("synthetic_price", synthetic_price)
    human, synthetic = (
        expected_gains(counts, prior, votes=m, objective=objective, worth=w).sum(axis=1) / (m * price)
        for m, w, price in zip((1, synthetic_votes), (1.0, worth), prices)
    )
    return Offers(human, synthetic, synthetic > human * (1 + 1e-9))


def _alpha(prior: DirichletPrior | np.ndarray) -> np.ndarray:
    alpha = np.asarray(prior.alpha if isinstance(prior, DirichletPrior) else prior)
    if alpha.dtype.kind not in "uif":
        raise BadInput(f"A prior is an array of numbers, not of {alpha.dtype}. Fit it with fit_dirichlet().")
    return alpha.astype(float)


def _whole(name: str, value: int) -> int:
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise BadInput(f"{name} is a whole number of votes, one or more, not {value!r}. Use 1 for the next vote.")
    return int(value)


def _amount(name: str, value: float, *, zero: bool = False) -> float:
    if not (isinstance(value, Real) and np.isfinite(value) and (value > 0 or (zero and value == 0))):
        rule = "zero or more" if zero else "more than zero"
        raise BadInput(f"{name} is an amount of money, {rule}, not {value!r}. Give budget and prices in one unit.")
    return float(value)


# The terms of one emotion, p ~ Beta(a, b) with b = A − a


def _class_loss(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """l(a, A) = E[½ p log₂ p + ½ p̂ log₂ p̂ − m log₂ m], m = ½ (p + p̂), p̂ = a / A; vectors in, bits out, ≥ 0.

    E[p ln p] = p̂ (ψ(a + 1) − ψ(A + 1)). For f(p) = m log₂ m, with f = (1 − p) f(0) + p f(1) + p (1 − p) g,
    E f = (1 − p̂) f(0) + p̂ f(1) + ab / (A (A + 1)) · E′ g, where E′ is over Beta(a + 1, b + 1): no exponent of its density
    is negative, however small a is. In u = ln(p / (1 − p)) its integrand is smooth, falls off exponentially and has its
    singularities, that of f at p = −p̂ among them, at Im u = ±π. So the trapezoidal rule with step h errs by about
    e^(−2π²/h) for every a and b (Trefethen & Weideman 2014): below 1e-12 here.
    """
    from scipy.special import digamma

    # Complex numbers sort as pairs, so each pair is integrated once.
    pairs, inverse = np.unique(a + 1j * b, return_inverse=True)
    a, b = pairs.real, pairs.imag
    total, share = a + b, a / (a + b)
    middle = np.empty(len(a))
    for start in range(0, len(a), _PAIRS):
        rows = slice(start, start + _PAIRS)
        middle[rows] = _mean_middle(a[rows], b[rows])
    known = share * (digamma(a + 1) - digamma(total + 1)) / np.log(2) + xlog2x(share)
    return np.maximum(known / 2 - middle, 0.0)[inverse]


def _mean_middle(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """E[m log₂ m] of `_class_loss`, by the trapezoidal rule in log-odds u between the points where the weight is e⁻⁴⁰."""
    s, t = a[:, None] + 1, b[:, None] + 1

    def fall(u: np.ndarray) -> np.ndarray:
        return s * np.logaddexp(0, -u) + t * np.logaddexp(0, u)

    mode = np.log(s / t)
    top = fall(mode)
    ends = []
    for side in (-1, 1):
        # The weight falls at least as fast as e^(−|u|) far from its mode, so 64 is far enough; halved 20 times.
        near, far = np.zeros_like(s), np.full_like(s, 64.0)
        for _ in range(20):
            centre = (near + far) / 2
            inside = fall(mode + side * centre) - top < _DROP
            near, far = np.where(inside, centre, near), np.where(inside, far, centre)
        ends.append(mode + side * far)
    u = ends[0] + (ends[1] - ends[0]) * np.linspace(0, 1, _NODES)
    weight = np.exp(top - fall(u))
    p, rest = 1 / (1 + np.exp(-u)), 1 / (1 + np.exp(u))
    share = (a / (a + b))[:, None]
    none, whole = xlog2x(share / 2), xlog2x((1 + share) / 2)
    bend = (xlog2x((p + share) / 2) - rest * none - p * whole) / (p * rest)
    mean = (weight * bend).sum(axis=1) / weight.sum(axis=1)
    total = a + b
    return (b * none[:, 0] + a * whole[:, 0] + a * b / (total + 1) * mean) / total


def _class_entropy(a: np.ndarray, b: np.ndarray, emotions: int) -> np.ndarray:
    """The terms of h(a) = Σ_k [ln Γ(a_k) − (a_k − 1) ψ(a_k)] − ln Γ(A) + (A − K) ψ(A), what is of A shared equally; bits."""
    from scipy.special import digamma, gammaln

    total = a + b
    own = gammaln(a) - (a - 1) * digamma(a)
    return (own + ((total - emotions) * digamma(total) - gammaln(total)) / emotions) / np.log(2)


def _class_gains(
    a: np.ndarray, b: np.ndarray, terms: Callable[[np.ndarray, np.ndarray], np.ndarray], votes: int, worth: float
) -> np.ndarray:
    """Marginal gains of one emotion, (pairs, votes), from the values of `terms` now and after m votes.

    The beta-binomial P(x; m, a, b) grows vote by vote as Pólya's urn does:
    P(x; m + 1) = [P(x; m) (b + m − x) + P(x − 1; m) (a + x − 1)] / (a + b + m).
    """
    a, b = a[:, None], b[:, None]
    x, m = np.array([(x, m) for m in range(votes + 1) for x in range(m + 1)]).T
    after = terms((a + worth * x).ravel(), (b + worth * (m - x)).ravel()).reshape(len(a), -1)
    summed = np.zeros((len(a), votes + 1))
    chance = np.ones((len(a), 1))
    for n in range(votes):
        up = chance * (a + np.arange(n + 1)) / (a + b + n)
        stay = chance * (b + n - np.arange(n + 1)) / (a + b + n)
        chance = np.pad(stay, ((0, 0), (0, 1))) + np.pad(up, ((0, 0), (1, 0)))
        summed[:, n + 1] = (chance * (after[:, :1] - after[:, m == n + 1])).sum(axis=1)
    return np.diff(summed, axis=1)


def _thinned(votes: int, worth: float) -> np.ndarray:
    """The matrix T, (votes, votes), with marginal gains @ T those of votes that count with probability `worth` only.

    The nth vote that counts is gained with the mth cast where it falls there: T[n, m] = w · Binomial(n; m, w), from 0.
    """
    matrix = np.zeros((votes, votes))
    chance = np.eye(1, votes)[0]
    for m in range(votes):
        matrix[:, m] = worth * chance
        chance = (1 - worth) * chance + worth * np.pad(chance, (1, 0))[:-1]
    return matrix


def _look_up(
    array: np.ndarray, alpha: np.ndarray, terms: Callable[[np.ndarray, np.ndarray], np.ndarray], width: int
) -> np.ndarray:
    """Σ_k terms(α_k + r_k, the rest), (clips, width): worked out once for each pair (r_k, R) that occurs, then gathered."""
    clips = len(array)
    totals = array.sum(axis=1)
    result = np.zeros((clips, width))
    for k in range(array.shape[1]) if clips else ():
        own = array[:, k]
        base = int(own.max()) + 1
        codes = totals * base + own
        size = (int(totals.max()) + 1) * base
        if size <= _TABLE:
            present = np.flatnonzero(np.bincount(codes, minlength=size))
            table = np.zeros((size, width))
        else:
            present, codes = np.unique(codes, return_inverse=True)
            table = np.zeros((len(present), width))
        r, n = present % base, present // base
        # The rest is summed, not A − a, which would lose the digits of a small one.
        a, b = alpha[k] + r, np.delete(alpha, k).sum() + (n - r)
        step = max(1, _STATES // (width + 1) ** 2)
        values = [terms(a[i : i + step], b[i : i + step]) for i in range(0, len(a), step)]
        table[present if size <= _TABLE else slice(None)] = np.concatenate(values)
        for start in range(0, clips, _CLIPS):
            rows = slice(start, start + _CLIPS)
            result[rows] += table.take(codes[rows], axis=0)
    return result


# The plan


def _non_increasing(gains: np.ndarray) -> np.ndarray:
    """Rows whose gains grow somewhere, with their steps of the upper concave hull: min over s ≤ j of max over t ≥ j of
    the mean of gains s … t (the antitonic regression)."""
    rows = np.flatnonzero((np.diff(gains, axis=1) > 0).any(axis=1))
    if not len(rows):
        return gains
    sums = np.pad(np.cumsum(gains[rows], axis=1), ((0, 0), (1, 0)))
    width = gains.shape[1]
    best = np.full((len(rows), width), np.inf)
    for s in range(width):
        means = (sums[:, s + 1 :] - sums[:, s : s + 1]) / np.arange(1, width - s + 1)
        ahead = np.maximum.accumulate(means[:, ::-1], axis=1)[:, ::-1]
        best[:, s:] = np.minimum(best[:, s:], ahead)
    gains[rows] = np.minimum.accumulate(best, axis=1)  # rounding alone could let a mean grow again
    return gains


def _largest(gains: np.ndarray, number: int) -> np.ndarray:
    """True at the `number` largest positive gains, ties by row and then by column. Selects, and so need not sort."""
    flat = gains.ravel()
    chosen = flat > 0
    if number <= 0:
        return np.zeros(gains.shape, dtype=bool)
    if chosen.sum() > number:
        least = np.partition(flat, flat.size - number)[flat.size - number]
        chosen = flat > least
        chosen[np.flatnonzero(flat == least)[: number - int(chosen.sum())]] = True
    return chosen.reshape(gains.shape)


def _even(gains: np.ndarray, votes: int) -> float:
    """Expected gain of `votes` votes, as many for each clip, what remains to clips drawn at random."""
    if not votes:
        return 0.0
    each, left = divmod(votes, len(gains))
    gain = float(gains[:, :each].sum())
    return gain + (left / len(gains) * float(gains[:, each].sum()) if left else 0.0)
