import subprocess
import sys
from itertools import pairwise, product
from math import factorial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from emo_core.errors import BadInput, UnknownName
from emo_core.science.advisor import compare_offers, expected_divergence, expected_gains, plan_budget
from emo_core.science.dirichlet import DirichletPrior, fit_dirichlet
from emo_core.science.divergences import jensen_shannon_divergence

ALPHA = np.array([0.3, 0.5, 0.2, 0.8, 0.1, 0.6])


def outcomes(votes: int, emotions: int) -> list[np.ndarray]:
    """All counts of so many votes."""
    return [np.array(r) for r in product(range(votes + 1), repeat=emotions) if sum(r) == votes]


def chance(x: np.ndarray, a: np.ndarray) -> float:
    """Dirichlet-multinomial probability of the counts x, whole likelihood in one piece."""
    ways = factorial(int(x.sum())) / np.prod([factorial(int(v)) for v in x])
    logs = special.gammaln(a.sum()) - special.gammaln(a.sum() + x.sum())
    return ways * np.exp(logs + (special.gammaln(a + x) - special.gammaln(a)).sum())


def after(objective: str, a: np.ndarray, x: np.ndarray, worth: float = 1.0) -> float:
    """What is unknown under Dirichlet(a + w x): its expected divergence, or its entropy by scipy."""
    if objective == "js":
        return expected_divergence(np.zeros((1, len(a)), dtype=int), a + worth * x)[0]
    return stats.dirichlet.entropy(a + x) / np.log(2)


def enumerated(objective: str, a: np.ndarray, votes: int, worth: float = 1.0) -> np.ndarray:
    """Marginal gains from all multinomial outcomes."""
    left = [after(objective, a, np.zeros(len(a)), worth)]
    for m in range(1, votes + 1):
        left.append(sum(chance(x, a) * after(objective, a, x, worth) for x in outcomes(m, len(a))))
    return -np.diff(left)


def by_quadrature(a: float, b: float) -> float:
    """l(a, A) by scipy.integrate, in log-odds, piece by piece."""
    share = a / (a + b)

    def term(p: float) -> float:
        middle = (p + share) / 2
        return 0.5 * special.xlogy(p, p) + 0.5 * special.xlogy(share, share) - special.xlogy(middle, middle)

    def bend(u: float) -> float:
        p, rest = special.expit(u), special.expit(-u)
        density = np.exp(-a * np.logaddexp(0, -u) - b * np.logaddexp(0, u) - special.betaln(a, b))
        return (term(p) - rest * term(0.0) - p * term(1.0)) * density

    ends = np.log(a / b) + np.sqrt(1 / (a + 1) + 1 / (b + 1)) * np.linspace(-60, 60, 61)
    pieces = [integrate.quad(bend, *pair, epsabs=1e-15, epsrel=1e-12)[0] for pair in pairwise(ends)]
    return (sum(pieces) + term(0.0) * (1 - share) + term(1.0) * share) / np.log(2)


# The divergence to expect


@pytest.mark.parametrize("a", [1e-9, 1e-4, 0.03, 0.7, 1.0, 4.2, 300.0])
@pytest.mark.parametrize("b", [1e-6, 0.02, 1.0, 9.5, 2000.0])
def test_expected_divergence_equals_scipy_integrate(a, b):
    found = expected_divergence(np.zeros((1, 2), dtype=int), np.array([a, b]))[0]
    assert found == pytest.approx(by_quadrature(a, b) + by_quadrature(b, a), abs=1e-11)


def test_expected_divergence_equals_simulation(rng):
    counts = np.array([[0, 0, 0, 0, 0, 0], [1, 0, 0, 2, 0, 0], [12, 0, 0, 0, 0, 0], [3, 3, 3, 3, 3, 3]])
    for row, found in zip(counts, expected_divergence(counts, ALPHA)):
        a = ALPHA + row
        drawn = jensen_shannon_divergence(rng.dirichlet(a, 200_000), a / a.sum())
        assert abs(drawn.mean() - found) < 4 * drawn.std() / np.sqrt(len(drawn))


def test_certain_and_unknown_clips_lie_at_the_ends():
    none = np.zeros((1, 2), dtype=int)
    # p is (1, 0) or (0, 1), the estimate (½, ½): JS = 0.3113. Then one of them, and then known to a hair.
    assert expected_divergence(none, np.array([1e-9, 1e-9]))[0] == pytest.approx(0.311278, abs=1e-6)
    assert expected_divergence(none + [1, 0], np.array([1e-9, 1e-9]))[0] == pytest.approx(0, abs=1e-8)
    # For large A: JS ≈ Σ var(p_k) / (8 ln 2 · p_k) = (K − 1) / (8 ln 2 · (A + 1)).
    assert expected_divergence(none + 50_000, np.ones(2))[0] == pytest.approx(1 / (8 * np.log(2) * 1e5), rel=1e-3)


# Gains


@pytest.mark.parametrize("objective", ["js", "information"])
@pytest.mark.parametrize("a", [[1.0, 1.0], [0.2, 3.0, 1.3], [1e-3, 5.0, 0.4], [2.1, 0.3, 0.3, 6.0]])
def test_gains_equal_enumeration(objective, a):
    a = np.array(a)
    votes = 4 if len(a) < 4 else 3
    gains = expected_gains(np.zeros((1, len(a)), dtype=int), a, votes=votes, objective=objective)
    assert np.abs(gains[0] - enumerated(objective, a, votes)).max() < 1e-9


def test_gains_of_votes_worth_less_equal_enumeration():
    a = np.array([0.2, 3.0, 1.3])
    gains = expected_gains(np.zeros((1, 3), dtype=int), a, votes=3, worth=0.3)
    assert np.abs(gains[0] - enumerated("js", a, 3, worth=0.3)).max() < 1e-9


def test_information_of_votes_worth_less_is_that_of_the_votes_that_count():
    counts, w = np.array([[0, 0, 0], [4, 1, 0]]), 0.3
    whole = np.cumsum(expected_gains(counts, np.ones(3), votes=3, objective="information"), axis=1)
    gains = expected_gains(counts, np.ones(3), votes=3, objective="information", worth=w)
    for m in (1, 2, 3):
        expected = stats.binom.pmf(np.arange(1, m + 1), m, w) @ whole[:, :m].T
        assert np.abs(gains[:, :m].sum(axis=1) - expected).max() < 1e-12


def test_information_of_one_vote_is_entropy_less_expected_entropy():
    counts = np.random.default_rng(3).integers(0, 9, (50, 6))
    a = counts + ALPHA
    total = a.sum(axis=1, keepdims=True)
    share = a / total
    expected = (share * (special.digamma(a + 1) - special.digamma(total + 1) - np.log(share))).sum(axis=1) / np.log(2)
    gains = expected_gains(counts, ALPHA, votes=1, objective="information")
    assert np.abs(gains[:, 0] - expected).max() < 1e-12


def test_gains_equal_simulated_votes(rng):
    """Shares, votes and estimates drawn as a study would: the divergence that remains after two more votes."""
    counts = np.array([2, 1, 0, 0, 0, 0])
    truth = rng.dirichlet(ALPHA + counts, 200_000)
    a = ALPHA + counts + rng.multinomial(2, truth)
    before = jensen_shannon_divergence(truth, (ALPHA + counts) / (ALPHA + counts).sum())
    drop = before - jensen_shannon_divergence(truth, a / a.sum(axis=1, keepdims=True))
    found = expected_gains(counts[None], ALPHA, votes=2).sum()
    assert abs(drop.mean() - found) < 4 * drop.std() / np.sqrt(len(drop))


@pytest.mark.parametrize("worth", [1.0, 0.4])
def test_gains_sum_to_what_was_unknown_less_what_remains(worth):
    counts = np.array([[0, 0], [3, 1], [9, 0]])
    for row, gains in zip(counts, expected_gains(counts, np.array([0.7, 0.4]), votes=6, worth=worth)):
        a = row + [0.7, 0.4]
        remains = sum(chance(x, a) * after("js", a, x, worth) for x in outcomes(6, 2))
        assert gains.sum() == pytest.approx(after("js", a, np.zeros(2)) - remains, abs=1e-12)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(2, 6).flatmap(
        lambda k: st.tuples(
            st.lists(st.lists(st.integers(0, 15), min_size=k, max_size=k), min_size=1, max_size=4),
            st.lists(st.floats(-4, 1.5), min_size=k, max_size=k),
        )
    )
)
def test_human_votes_gain_less_and_less(case):
    counts, logs = np.array(case[0]), np.array(case[1])
    for objective in ("js", "information"):
        gains = expected_gains(counts, 10.0**logs, votes=5, objective=objective)
        assert gains.min() > -1e-12 and np.diff(gains, axis=1).max() < 1e-12


def test_every_emotion_gains_less_and_less_on_its_own():
    """What the module's first page says of JS: two emotions, over nine decades of both."""
    decades = 10.0 ** np.arange(-6, 4)
    for a, b in product(decades, decades):
        gains = expected_gains(np.zeros((1, 2), dtype=int), np.array([a, b]), votes=4)
        assert gains.min() > -1e-13 and np.diff(gains, axis=1).max() < 1e-13


def test_votes_worth_little_may_gain_more_and_more():
    gains = expected_gains(np.zeros((1, 2), dtype=int), np.array([0.05, 0.126]), votes=2, worth=0.05)[0]
    assert gains[1] > 1.09 * gains[0] > 0


def test_fewest_and_most_split_votes_come_first():
    unanimous = np.array([[0, 0, 0], [1, 0, 0], [3, 0, 0], [10, 0, 0], [30, 0, 0]])
    split = np.array([[1, 1, 1], [4, 3, 3], [10, 10, 10]])  # as many votes as the last three
    for objective in ("js", "information"):
        agreed, torn = (
            expected_gains(counts, np.full(3, 0.4), votes=1, objective=objective)[:, 0] for counts in (unanimous, split)
        )
        assert (np.diff(agreed) < 0).all() and (np.diff(torn) < 0).all() and agreed[0] > torn[0]
        assert (torn > agreed[2:]).all()
        assert agreed[3] < 0.15 * agreed[0]  # ten votes for one emotion leave little to learn


@pytest.mark.parametrize("objective", ["js", "information"])
def test_order_of_emotions_and_clips_does_not_matter(rng, objective):
    counts = rng.integers(0, 6, (40, 6))
    gains = expected_gains(counts, ALPHA, votes=3, objective=objective)
    emotions, clips = rng.permutation(6), rng.permutation(40)
    moved = expected_gains(counts[clips][:, emotions], ALPHA[emotions], votes=3, objective=objective)
    assert np.abs(moved - gains[clips]).max() < 1e-12


def test_equal_rows_gain_equally_and_large_tables_are_alike(rng):
    """A clip with 2,000 votes makes the table too large to index directly."""
    counts = np.repeat(rng.integers(0, 4, (5, 3)), 3, axis=0)
    gains = expected_gains(counts, ALPHA[:3], votes=2)
    assert (gains[::3] == gains[1::3]).all() and (gains[::3] == gains[2::3]).all()
    wide = expected_gains(np.vstack([counts, [2000, 0, 0]]), ALPHA[:3], votes=2)
    assert (wide[:-1] == gains).all() and 0 < wide[-1, 0] < 1e-6


def test_no_clips_gain_nothing():
    assert expected_gains(np.zeros((0, 3), dtype=int), np.ones(3), votes=2).shape == (0, 2)
    assert expected_divergence(np.zeros((0, 3), dtype=int), np.ones(3)).shape == (0,)


# The prior


def simulated(rng, alpha, clips, most=12):
    return rng.multinomial(rng.integers(0, most + 1, clips), rng.dirichlet(alpha, clips))


def test_fit_recovers_alpha(rng):
    prior = fit_dirichlet(simulated(rng, ALPHA, 50_000))
    assert prior.converged and prior.reason is None and prior.floored == ()
    assert np.abs(prior.alpha / ALPHA - 1).max() < 0.04  # about four standard errors of the rarest


@pytest.mark.parametrize("alpha", [[30.0, 50.0, 20.0], [0.02, 0.01, 0.03], [5.0, 0.05, 1.0]])
def test_fit_is_a_maximum_of_the_likelihood(rng, alpha):
    counts = simulated(rng, np.array(alpha), 3000)
    prior = fit_dirichlet(counts)

    def likelihood(a):
        a = np.asarray(a)
        logs = special.gammaln(a + counts).sum(axis=1) - special.gammaln(a).sum()
        return float((logs + special.gammaln(a.sum()) - special.gammaln(a.sum() + counts.sum(axis=1))).sum())

    assert prior.converged and prior.clips == (counts.sum(axis=1) > 0).sum()
    assert prior.log_likelihood == pytest.approx(likelihood(prior.alpha), rel=1e-10)
    for k, factor in product(range(3), (0.999, 1.001)):
        assert likelihood(prior.alpha * np.where(np.arange(3) == k, factor, 1)) < prior.log_likelihood


def test_fit_ignores_clips_without_votes_and_the_order(rng):
    counts = simulated(rng, ALPHA, 2000)
    prior = fit_dirichlet(counts)
    order = rng.permutation(6)
    moved = fit_dirichlet(np.vstack([counts, np.zeros((500, 6), dtype=int)])[::-1, order])
    assert np.allclose(moved.alpha, prior.alpha[order], rtol=1e-6) and moved.clips == prior.clips


def test_fit_floors_an_emotion_without_votes(rng):
    counts = simulated(rng, ALPHA[:3], 500)
    alone, prior = fit_dirichlet(counts), fit_dirichlet(np.insert(counts, 1, 0, axis=1))
    assert prior.converged and prior.floored == (1,)
    assert np.allclose(np.delete(prior.alpha, 1), alone.alpha)
    assert prior.alpha[1] == pytest.approx(alone.alpha.sum() / 2 / (counts.sum() + 1))
    assert np.isfinite(expected_gains(np.insert(counts, 1, 0, axis=1), prior, votes=2)).all()


@pytest.mark.parametrize(
    ("counts", "total", "words"),
    [
        ([[4, 0, 0], [0, 3, 0], [0, 0, 0], [5, 0, 0]], 0.01, "unanimous"),
        ([[7, 0], [3, 0]], 0.01, "unanimous"),
        ([[5, 5], [4, 6], [5, 5], [6, 4]], 10_000, "chance"),
        ([[1, 0], [0, 1], [0, 0]], 1, "two votes"),
        ([[0, 0], [0, 0]], 1, "No clip has votes"),
    ],
)
def test_fit_says_where_there_is_no_maximum(counts, total, words):
    prior = fit_dirichlet(np.array(counts))
    assert not prior.converged and words in prior.reason
    assert (prior.alpha > 0).all() and prior.alpha.sum() == pytest.approx(total, rel=0.05)
    gains = expected_gains(np.array(counts), prior, votes=2)
    assert np.isfinite(gains).all() and gains.min() > -1e-12


def test_fit_holds_a_total_that_grows_past_its_bound():
    """Pairs of votes that agree a hair more often than by chance: 1 / (A + 1) = 2e-5 or so."""
    counts = np.repeat([[2, 0], [0, 2], [1, 1]], [25_001, 25_000, 50_000], axis=0)
    prior = fit_dirichlet(counts)
    assert not prior.converged and "held" in prior.reason
    assert prior.alpha.sum() == pytest.approx(10_000) and prior.alpha == pytest.approx([5000, 5000], rel=1e-2)
    # One pair in 40,000 that disagrees: less than the 0.5 % of A = 0.01.
    prior = fit_dirichlet(np.repeat([[2, 0], [0, 2], [1, 1]], [20_000, 20_000, 1], axis=0))
    assert not prior.converged and "held" in prior.reason and prior.alpha.sum() == pytest.approx(0.01)


# The plan


def best(gains: np.ndarray, number: int) -> float:
    """The largest sum that any plan of at most so many votes has."""
    sums = np.pad(np.cumsum(gains, axis=1), ((0, 0), (1, 0)))
    plans = product(range(gains.shape[1] + 1), repeat=len(gains))
    return max(sum(sums[i, v] for i, v in enumerate(plan)) for plan in plans if sum(plan) <= number)


@given(st.integers(0, 10**6), st.integers(0, 9), st.sampled_from([0.1, 0.07, 1.0, 3.0]))
def test_greedy_is_the_best_plan(seed, number, price):
    gains = -np.sort(-np.random.default_rng(seed).integers(0, 8, (3, 3)) / 7, axis=1)
    budget = round(number * price, 10)
    plan = plan_budget(gains, budget=budget, price=price)
    assert plan.gain == pytest.approx(best(gains, number)) and plan.cost <= budget and plan.bought <= number
    assert plan.gain >= plan.even_gain - 1e-12
    assert plan.gain == pytest.approx(sum(row[:v].sum() for row, v in zip(gains, plan.votes)))


@given(st.integers(0, 10**6), st.integers(1, 9))
def test_plan_takes_blocks_where_gains_grow(seed, number):
    """On the steps of the hull every plan is the best of its size, unless the budget ends within a block."""
    gains = np.random.default_rng(seed).normal(size=(3, 3))
    plan = plan_budget(gains, budget=number, price=1)
    assert plan.gain == pytest.approx(sum(row[:v].sum() for row, v in zip(gains, plan.votes)))
    assert plan.bought == plan.votes.sum() <= number
    if number == 9:
        assert plan.gain == pytest.approx(best(gains, 9))


def test_plan_spends_on_a_late_gain_and_leaves_losses():
    plan = plan_budget(np.array([[1.0, 9.0, 2.0], [4.0, 0.0, 0.0], [-3.0, 1.0, 1.0]]), budget=100, price=2)
    assert plan.votes.tolist() == [3, 1, 0] and (plan.cost, plan.bought, plan.gain) == (8.0, 4, 16.0)
    # Four votes dealt evenly: one each, which is 2, and a second one for a clip drawn at random, (9 + 0 + 1) / 3.
    assert plan.even_gain == pytest.approx(2 + 10 / 3)


def test_plan_breaks_ties_by_clip_and_keeps_to_most():
    gains = np.full((4, 3), 0.5)
    assert plan_budget(gains, budget=5, price=1).votes.tolist() == [3, 2, 0, 0]
    assert plan_budget(gains, budget=5, price=1, most=1).votes.tolist() == [1, 1, 1, 1]
    assert plan_budget(gains, budget=0.99, price=1).bought == 0
    assert plan_budget(np.zeros((0, 2)), budget=5, price=1).votes.shape == (0,)
    assert plan_budget(gains, budget=1e300, price=1e-300).bought == 12


def test_plan_leaves_the_gains_as_they_were():
    gains = np.array([[1.0, 2.0]])
    plan_budget(gains, budget=2, price=1)
    assert gains.tolist() == [[1.0, 2.0]]


def test_ranking_beats_even_spending_on_a_corpus(rng):
    counts = simulated(rng, ALPHA, 2000)
    gains = expected_gains(counts, fit_dirichlet(counts), votes=3)
    plan = plan_budget(gains, budget=50, price=0.1)
    assert plan.bought == 500 and plan.cost == 50 and plan.gain > 1.5 * plan.even_gain


def test_offers():
    counts = np.array([[0, 0, 0], [9, 0, 0]])
    same = compare_offers(counts, np.ones(3), human_price=0.5, synthetic_price=0.5, worth=1.0)
    assert (same.human == same.synthetic).all() and not same.synthetic_better.any()
    assert np.allclose(same.human, 2 * expected_gains(counts, np.ones(3), votes=1)[:, 0])
    cheap = compare_offers(counts, np.ones(3), human_price=0.5, synthetic_price=0.01, worth=0.2)
    assert cheap.synthetic_better.all() and np.array_equal(cheap.human, same.human)
    equal = compare_offers(counts, ALPHA[:3], human_price=0.5, synthetic_price=0.1, worth=0.2, objective="information")
    assert np.allclose(equal.human, equal.synthetic) and not equal.synthetic_better.any()  # a rounding is no reason
    dear = compare_offers(counts, np.ones(3), human_price=1, synthetic_price=0.21, worth=0.2, objective="information")
    assert not dear.synthetic_better.any()


# What is refused


@pytest.mark.parametrize(
    "counts", [[1, 2], [[1.5, 2]], [[-1, 2]], [[3], [4]], [["a", "b"]], [[np.nan, 1.0]], [[2_000_000, 0]]]
)
def test_wrong_counts_are_refused(counts):
    for call in (fit_dirichlet, lambda c: expected_gains(c, np.ones(2), votes=1)):
        with pytest.raises(BadInput):
            call(np.array(counts))


@pytest.mark.parametrize("prior", [[1.0], [1.0, 0.0], [1.0, np.nan], [1.0, -1.0], ["a", "b"]])
def test_wrong_priors_are_refused(prior):
    with pytest.raises(BadInput, match="prior"):
        expected_divergence(np.array([[1, 2]]), np.array(prior))


@pytest.mark.parametrize(
    "options", [{"votes": 0}, {"votes": 1.5}, {"votes": True}, {"worth": 0}, {"worth": 1.1}, {"worth": np.nan}]
)
def test_wrong_options_are_refused(options):
    with pytest.raises(BadInput, match=next(iter(options))):
        expected_gains(np.array([[1, 2]]), np.ones(2), **{"votes": 1} | options)


def test_unknown_objective_is_refused():
    with pytest.raises(UnknownName, match="Did you mean 'js'"):
        expected_gains(np.array([[1, 2]]), np.ones(2), votes=1, objective="jsd")


@pytest.mark.parametrize(
    "options", [{"budget": -1}, {"budget": np.inf}, {"price": 0}, {"price": np.nan}, {"price": "1"}, {"most": 0}]
)
def test_wrong_amounts_are_refused(options):
    with pytest.raises(BadInput, match=next(iter(options))):
        plan_budget(np.ones((2, 2)), **{"budget": 1, "price": 1} | options)


@pytest.mark.parametrize("gains", [[1.0], [[np.nan]], [["a"]]])
def test_wrong_gains_are_refused(gains):
    with pytest.raises(BadInput, match="Gains"):
        plan_budget(np.array(gains), budget=1, price=1)


def test_wrong_prices_are_refused():
    with pytest.raises(BadInput, match="human_price"):
        compare_offers(np.array([[1, 2]]), np.ones(2), human_price=0, synthetic_price=1, worth=0.5)


def test_a_fitted_prior_and_its_alpha_are_alike():
    prior = DirichletPrior(np.ones(2), 0.0, 0, True, 1)
    counts = np.array([[1, 2]])
    assert np.array_equal(expected_divergence(counts, prior), expected_divergence(counts, prior.alpha))


def test_the_module_does_not_load_scipy():
    code = "import sys, emo_core.science.advisor; sys.exit(any(name.split('.')[0] == 'scipy' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0


@pytest.mark.timeout(60)
def test_a_million_clips(rng):
    """Growth that is not linear would show; the time itself is 0.1 s."""
    counts = np.tile(simulated(rng, ALPHA, 10_000), (100, 1))
    gains = expected_gains(counts, fit_dirichlet(counts), votes=1)
    plan = plan_budget(gains, budget=1000, price=1)
    assert gains.shape == (1_000_000, 1) and plan.bought == 1000
