import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon
from vote_strategies import aligned_panels

from emo_core.errors import BadInput
from emo_core.science import (
    bhattacharyya_coefficient,
    bhattacharyya_distance,
    hellinger_distance,
    jensen_shannon_distance,
    jensen_shannon_divergence,
    kullback_leibler_divergence,
    normalise,
    r_squared,
    total_variation_distance,
)

SYMMETRIC = [
    jensen_shannon_divergence,
    jensen_shannon_distance,
    bhattacharyya_coefficient,
    bhattacharyya_distance,
    total_variation_distance,
    hellinger_distance,
]
ALL = [*SYMMETRIC, kullback_leibler_divergence]
METRICS = [jensen_shannon_distance, total_variation_distance, hellinger_distance]
distributions = aligned_panels().map(lambda panels: tuple(normalise(c) for c in panels))


@given(distributions)
def test_jensen_shannon_equals_scipy(pair):
    p, q = pair
    assert np.allclose(jensen_shannon_divergence(p, q), jensenshannon(p, q, base=2, axis=1) ** 2, atol=1e-12)
    different = np.abs(p - q).max(axis=1) > 1e-9  # scipy takes the root of its rounding where p = q
    assert np.allclose(
        jensen_shannon_distance(p, q)[different], jensenshannon(p, q, base=2, axis=1)[different], atol=1e-12
    )


@given(distributions)
def test_kullback_leibler_equals_scipy(pair):
    p, q = pair
    assert np.allclose(kullback_leibler_divergence(p, q), stats.entropy(p, q, base=2, axis=1), atol=1e-12)


@given(distributions)
def test_bhattacharyya_and_total_variation_by_their_definitions(pair):
    p, q = pair
    overlap = np.array([sum((a * b) ** 0.5 for a, b in zip(*rows)) for rows in zip(p, q)])
    moved = np.array([sum(max(a - b, 0) for a, b in zip(*rows)) for rows in zip(p, q)])
    assert np.allclose(bhattacharyya_coefficient(p, q), overlap, atol=1e-12)
    assert np.allclose(np.exp(-bhattacharyya_distance(p, q)), overlap, atol=1e-12)
    assert np.allclose(total_variation_distance(p, q), moved, atol=1e-12)


@given(distributions)
def test_the_symmetric_ones_are_symmetric(pair):
    p, q = pair
    for measure in SYMMETRIC:
        assert (measure(p, q) == measure(q, p)).all(), measure.__name__


@given(distributions, st.randoms())
def test_the_order_of_emotions_does_not_matter(pair, random):
    p, q = pair
    order = random.sample(range(p.shape[1]), p.shape[1])
    for measure in ALL:
        assert np.allclose(measure(p, q) ** 2, measure(p[:, order], q[:, order]) ** 2, atol=1e-12), measure.__name__
    if np.abs(p - 1 / p.shape[1]).max() > 1e-9:
        assert np.isclose(r_squared(p, q), r_squared(p[:, order], q[:, order]), rtol=1e-9)


@given(distributions)
def test_zero_where_and_only_where_equal(pair):
    p, q = pair
    equal = (p == q).all(axis=1)
    for measure in [*METRICS, jensen_shannon_divergence]:
        assert (measure(p, p) == 0).all() and ((measure(p, q) == 0) == equal).all(), measure.__name__


@given(distributions)
def test_ranges_and_the_inequalities_between_measures(pair):
    p, q = pair
    js, tv, h = (f(p, q) for f in (jensen_shannon_divergence, total_variation_distance, hellinger_distance))
    for bounded in (js, tv, h, bhattacharyya_coefficient(p, q)):
        assert (bounded >= 0).all() and (bounded <= 1).all()
    assert (kullback_leibler_divergence(p, q) >= 0).all()
    slack = 1e-12
    assert (h**2 <= tv + slack).all() and (tv <= np.sqrt(2) * h + slack).all()  # Le Cam
    assert (js <= tv + slack).all()  # Lin 1991, theorem 3
    assert (kullback_leibler_divergence(p, q) * np.log(2) >= 2 * tv**2 - slack).all()  # Pinsker
    assert np.allclose(h**2, 1 - bhattacharyya_coefficient(p, q), atol=1e-12)


@given(aligned_panels(panels=3))
def test_metrics_obey_the_triangle_inequality(panels):
    p, q, r = (normalise(c) for c in panels)
    for metric in METRICS:
        assert (metric(p, r) <= metric(p, q) + metric(q, r) + 1e-12).all(), metric.__name__


def test_disjoint_distributions_are_as_far_as_can_be():
    p, q = np.array([[1 / 3, 1 / 3, 1 / 3, 0, 0, 0]]), np.array([[0, 0, 0, 0.3, 0.6, 0.1]])
    for measure in (jensen_shannon_divergence, jensen_shannon_distance, total_variation_distance, hellinger_distance):
        assert 1 - 1e-12 <= measure(p, q)[0] <= 1
    assert bhattacharyya_coefficient(p, q)[0] == 0
    # Votes whose unclipped sum is 1.0000000000000002 (among many rows, which are summed in another order than one).
    p, q = np.tile([4, 5, 0, 0, 0, 0], (64, 1)) / 9, np.tile([0, 0, 0, 2, 1, 8], (64, 1)) / 11
    assert jensen_shannon_divergence(p, q).max() <= 1
    assert np.isposinf(bhattacharyya_distance(p, q)[0]) and np.isposinf(kullback_leibler_divergence(p, q)[0])


@pytest.mark.parametrize("measure", ALL)
def test_undefined_stays_undefined(measure):
    p = np.array([[1.0, 0.0], [np.nan, np.nan], [0.5, 0.5], [np.nan, np.nan], [1.0, 0.0]])
    q = np.array([[np.nan, np.nan], [1.0, 0.0], [0.5, 0.5], [np.nan, np.nan], [1.0, np.nan]])
    assert np.isnan(measure(p, q)).tolist() == [True, True, False, True, True]


@pytest.mark.parametrize("measure", ALL)
def test_shapes(measure):
    clip = np.array([0.25, 0.75])
    assert np.ndim(measure(clip, clip)) == 0
    assert measure(np.zeros((0, 2)), np.zeros((0, 2))).shape == (0,)
    assert measure(np.tile(clip, (4, 3, 1)), clip[::-1]).shape == (4, 3)
    many = np.random.default_rng(5).dirichlet(np.ones(2), size=5000)  # more than one batch of rows
    assert np.allclose(measure(many, clip)[4090:4100], measure(many[4090:4100], clip), rtol=1e-9)


def test_r_squared_of_the_uniform_answer_is_zero_and_of_nothing_to_explain_undefined():
    p = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
    uniform = np.full((2, 3), 1 / 3)
    assert r_squared(p, p) == 1
    assert abs(r_squared(p, uniform)) < 1e-12
    assert r_squared(p, p[::-1]) < 0
    assert np.isnan(r_squared(uniform, p)) and np.isnan(r_squared(np.zeros((0, 3)), np.zeros((0, 3))))
    assert np.isnan(r_squared(np.vstack([p, [np.nan] * 3]), np.vstack([p, p[:1]])))


@pytest.mark.parametrize("measure", [*ALL, r_squared])
def test_what_breaks_a_rule_is_named(measure):
    good = np.array([[0.5, 0.5], [1.0, 0.0]])
    with pytest.raises(BadInput, match=r"sum to one.*row 0 holds 3\.0.*normalise"):
        measure(np.array([[2, 1], [1, 0]]), good)
    with pytest.raises(BadInput, match=r"\(2, 2\) and \(3, 2\).*Align"):
        measure(good, np.full((3, 2), 0.5))
    with pytest.raises(BadInput, match=r"emotion by emotion.*\(2, 2\) and \(2, 1\)"):
        measure(good, np.ones((2, 1)))
