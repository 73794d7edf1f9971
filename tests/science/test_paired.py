"""Two panels clip by clip: equal to all ways of flipping signs, to SciPy and to statsmodels; right on planted differences."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import norm, permutation_test, ttest_1samp
from statsmodels.stats.multitest import multipletests

from emo_core.errors import BadInput
from emo_core.science import mean_interval, paired
from emo_core.science.paired import holm, paired_comparison


def all_flips(d: np.ndarray) -> float:
    """p of |Σd| among all ways of choosing signs."""
    sums = [abs(sum(s * v for s, v in zip(signs, d))) for signs in product((1, -1), repeat=len(d))]
    return float(np.mean(np.array(sums) >= abs(sum(d)) - 1e-9))


@pytest.mark.parametrize("n", [1, 2, 5, 10])
def test_exact_p_equals_all_flips(n, rng):
    a, b = rng.random((2, n))
    found = paired_comparison(a, b, seed=0)
    assert found.p == pytest.approx(all_flips(a - b), abs=1e-12)
    assert found.method == "exact" and found.flips == 2**n and found.units == n


def test_ties_among_flips_count():
    """Whole numbers, and tenths that rounding makes unequal: 0.1 + 0.2 − 0.3 is 5e-17."""
    for d in (np.array([1, 1, 2, 3, -1, 2]), np.array([0.1, 0.2, -0.3, 0.3, 0.1, 0.2])):
        assert paired_comparison(d, np.zeros(6), seed=0).p == all_flips(d)


def test_exact_p_equals_scipys(rng):
    a, b = rng.random(12), rng.random(12) + 0.2
    scipys = permutation_test((a, b), lambda x, y: np.sum(x - y), permutation_type="samples", n_resamples=np.inf)
    assert paired_comparison(a, b, seed=0).p == pytest.approx(scipys.pvalue)


def test_clips_without_difference_flip_to_themselves(rng):
    d = np.append(rng.normal(size=9), np.zeros(4))
    found = paired_comparison(d, np.zeros(13), seed=0)
    assert found.p == pytest.approx(all_flips(d)) and found.flips == 2**9 and found.units == found.n == 13


def test_clusters_flip_whole(rng):
    a, b, speaker = rng.random(40), rng.random(40), np.array(list("abcdefgh"), dtype=object)[rng.integers(8, size=40)]
    a[3] = np.nan
    sums = [np.nansum((a - b)[speaker == name]) for name in "abcdefgh"]
    found = paired_comparison(a, b, seed=5, clusters=speaker)
    assert found.p == pytest.approx(all_flips(sums), abs=1e-12) and found.units == 8 and found.left_out == 1
    assert found.mean == mean_interval(a - b, seed=5, clusters=speaker)


def test_sampled_p_lies_near_the_exact_and_the_normal_one(rng, monkeypatch):
    few = rng.normal(0.4, 1, size=14)
    exact = paired_comparison(few, np.zeros(14), seed=0).p
    monkeypatch.setattr(paired, "_EXACT", 2)
    sampled = paired_comparison(few, np.zeros(14), seed=0)
    assert sampled.method == "sampled" and sampled.flips == 10_000
    assert sampled.p == pytest.approx(exact, abs=4 * np.sqrt(exact / 10_000))
    many = rng.normal(0.03, 1, size=3000)
    sampled = paired_comparison(many, np.zeros(3000), seed=0)
    monkeypatch.setattr(paired, "_SAMPLED", 100)
    normal = paired_comparison(many, np.zeros(3000), seed=0)
    assert (sampled.method, normal.method, normal.flips) == ("sampled", "normal", 0)
    assert normal.p == pytest.approx(2 * norm.sf(abs(many.sum()) / np.sqrt((many**2).sum())), rel=1e-9)
    assert 0.001 < normal.p < 0.999 and sampled.p == pytest.approx(normal.p, abs=4 * np.sqrt(normal.p / 10_000))


@pytest.mark.parametrize(("n", "method"), [(16, "exact"), (17, "sampled"), (5000, "sampled"), (5001, "normal")])
def test_the_method_follows_the_number_of_units(n, method, rng):
    found = paired_comparison(rng.random(n), rng.random(n), seed=0, resamples=10, permutations=100)
    assert found.method == method and 0 < found.p <= 1


@pytest.mark.parametrize("n", [12, 200, 6000])
def test_planted_differences(n, rng):
    clips = rng.random(n)
    shift = -0.1 - 0.05 * rng.normal(size=n)
    found = paired_comparison(clips, clips - shift, seed=0)
    assert found.p < 0.01 and found.closer > 0.8 and found.d_z == pytest.approx(-2, abs=0.8)
    assert found.mean.interval.low < -0.1 + 0.03 and found.mean.interval.high < 0
    assert found.d_z == pytest.approx(ttest_1samp(shift, 0).statistic / np.sqrt(n))
    assert found.mean_a - found.mean_b == pytest.approx(found.mean.value)
    other = paired_comparison(clips + 0.1 + 0.05 * rng.normal(size=n), clips, seed=0)
    assert other.mean.value > 0 and other.closer < 0.2


def test_a_sampled_p_is_never_zero():
    assert paired_comparison(np.ones(100), np.zeros(100), seed=0, permutations=99).p == 0.01


@pytest.mark.parametrize("n", [1, 10, 100, 10_000])
def test_identical_panels(n, rng):
    a = rng.random(n)
    found = paired_comparison(a, a, seed=0)
    assert (found.mean.value, found.p, found.closer, found.method, found.flips) == (0, 1, 0.5, "exact", 1)
    assert np.isnan(found.d_z) and found.d_z_reason


def test_p_is_uniform_where_panels_are_the_same():
    rng = np.random.default_rng(12)
    p = [paired_comparison(*rng.random((2, 30)), seed=i, resamples=2, permutations=199).p for i in range(1000)]
    assert 0.03 < np.mean(np.array(p) <= 0.05) < 0.07 and abs(np.mean(p) - 0.5) < 0.04


def test_swapping_panels_changes_signs_only(rng):
    a, b = rng.random((2, 50))
    one, other = paired_comparison(a, b, seed=0), paired_comparison(b, a, seed=0)
    assert other.mean.value == -one.mean.value and other.d_z == -one.d_z and other.p == one.p
    assert one.closer + other.closer == 1


def test_the_same_seed_gives_the_same(rng):
    a, b = rng.random((2, 50))
    assert paired_comparison(a, b, seed=3) == paired_comparison(a, b, seed=3)
    assert paired_comparison(a, b, seed=3).p != paired_comparison(a, b, seed=4).p


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        ([], [], "no clip has a value of both panels"),
        ([np.nan, 1], [1, np.nan], "no clip has a value of both panels"),
        ([np.inf, 1, 2], [1, 2, 3], "1 clip has an infinite value, from which no difference can be taken"),
        ([np.inf, 1, 2], [np.inf, np.inf, 3], "2 clips have an infinite value, from which no difference can be taken"),
    ],
)
@pytest.mark.parametrize("clustered", [False, True])
def test_undefined_says_why(a, b, reason, clustered):
    found = paired_comparison(np.array(a), np.array(b), seed=0, clusters=range(len(a)) if clustered else None)
    assert found.reason == found.d_z_reason == reason and found.method is None and found.flips == 0
    assert np.isnan([found.mean.value, found.p, found.d_z, found.mean.interval.low]).all()
    assert np.isnan(found.closer) if found.n == 0 else found.closer > 0.5


def test_d_z_without_variation_says_why():
    same = paired_comparison(np.array([0.3, 0.5, 0.7]), np.array([0.1, 0.3, 0.5]), seed=0)
    assert np.isnan(same.d_z) and same.d_z_reason.startswith("the difference is the same") and same.reason is None
    one = paired_comparison(np.array([0.3]), np.array([0.1]), seed=0)
    assert np.isnan(one.d_z) and one.d_z_reason == "one clip has no standard deviation" and one.p == 1


@pytest.mark.parametrize("m", [0, 1, 2, 9, 100])
def test_holm_equals_statsmodels(m, rng):
    p = rng.random(m) ** 4
    p[: m // 3] = p[m // 3 : 2 * (m // 3)]  # ties
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1] if m else [], rtol=1e-12)
    holed = np.insert(p, m // 2, np.nan)
    np.testing.assert_array_equal(np.delete(holm(holed), m // 2), holm(p))
    assert np.isnan(holm(holed)[m // 2])


@pytest.mark.parametrize(
    ("a", "b", "options", "says"),
    [
        ([1, 2], [1, 2, 3], {}, "Align the clips"),
        ([[1, 2]], [[1, 2]], {}, "Align the clips"),
        ([1, 2], [1, 3], {"permutations": 0}, "at least one permutation"),
        ([1, 2], [1, 3], {"resamples": 0}, "at least one resample"),
        ([1, 2], [1, 3], {"clusters": ["a"]}, "2 clips came with 1 clusters"),
    ],
)
def test_what_breaks_a_rule(a, b, options, says):
    with pytest.raises(BadInput, match=says):
        paired_comparison(np.array(a), np.array(b), seed=0, **options)


def test_p_values_are_a_vector_of_probabilities():
    with pytest.raises(BadInput, match="vector"):
        holm(np.ones((2, 2)))
    with pytest.raises(BadInput, match=r"number 1 is -0\.1"):
        holm([0.1, -0.1])
