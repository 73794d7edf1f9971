import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from emo_core.errors import BadInput
from emo_core.science import (
    Interval,
    alpha_from_sums,
    alpha_terms,
    bootstrap_interval,
    fleiss_kappa,
    kappa_from_sums,
    kappa_terms,
    krippendorff_alpha,
    mean_interval,
    wilson_interval,
)


def width(interval: Interval) -> float:
    return interval.high - interval.low


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_printed_by_newcombe(x, n, low, high):
    """Newcombe (1998), table I, method 3."""
    assert np.round(wilson_interval(x, n), 4).tolist() == [low, high]


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_wilson_equals_scipy_and_mirrors(votes, level):
    x, n = votes
    low, high = wilson_interval(x, n, level=level)
    expected = stats.binomtest(x, n).proportion_ci(level, method="wilson")
    assert np.allclose([low, high], expected, atol=1e-9)
    assert 0 <= low <= x / n <= high <= 1
    mirrored = wilson_interval(n - x, n, level=level)
    assert np.allclose([1 - mirrored[1], 1 - mirrored[0]], [low, high], atol=1e-12)


def test_wilson_of_a_clip_takes_its_whole_row():
    counts = np.array([[3, 1, 0], [0, 0, 0]])
    low, high = wilson_interval(counts, counts.sum(axis=1, keepdims=True))
    assert low.shape == high.shape == (2, 3)
    assert np.isnan(low[1]).all() and np.isnan(high[1]).all() and not np.isnan(low[0]).any()


def test_bootstrap_of_a_mean_covers_the_truth_as_often_as_it_says(rng):
    covered = 0
    for trial in range(300):
        interval = mean_interval(rng.exponential(size=60), resamples=300, seed=trial).interval
        covered += interval.low <= 1 <= interval.high
    # Skewed values cost the percentile interval a little; ±0.03 is 2.4 standard errors of 300 trials.
    assert 0.90 <= covered / 300 <= 0.98


def test_bootstrap_of_a_mean_is_as_wide_as_the_normal_theory(rng):
    values = rng.normal(size=2000)
    interval = mean_interval(values, resamples=4000, seed=3).interval
    expected = 2 * 1.959964 * values.std() / np.sqrt(len(values))
    assert width(interval) == pytest.approx(expected, rel=0.05)


def test_the_same_seed_gives_the_same_interval(rng):
    values = rng.normal(size=100)
    assert mean_interval(values, seed=1) == mean_interval(values, seed=1)
    assert mean_interval(values, seed=1) != mean_interval(values, seed=2)
    assert mean_interval(values, seed=[1, 2]) == mean_interval(values, seed=[1, 2])


def test_clips_that_resemble_others_of_their_speaker_widen_the_interval(rng):
    speakers = np.repeat(np.arange(40), 25)
    values = rng.normal(size=40)[speakers] + rng.normal(size=1000)
    alone = mean_interval(values, seed=1)
    clustered = mean_interval(values, seed=1, clusters=[f"speaker {s}" for s in speakers])
    # Intra-class correlation 0.5, 25 clips each: a design effect of 1 + 24 · 0.5 = 13, in width √13 = 3.6.
    assert 2.8 < width(clustered.interval) / width(alone.interval) < 4.4
    assert (alone.interval.units, clustered.interval.units) == (1000, 40)
    assert alone.value == clustered.value


def test_blocks_are_as_wide_as_clips(rng):
    acted = np.eye(4, dtype=int)[rng.integers(4, size=1500)]
    counts = 3 * acted + rng.multinomial(6, rng.dirichlet(np.ones(4)), size=1500)
    terms = alpha_terms(counts)
    plain = bootstrap_interval(terms, alpha_from_sums, seed=1, resamples=4000)
    blocks = bootstrap_interval(terms, alpha_from_sums, seed=1, resamples=4000, max_units=1000)
    assert plain.units == blocks.units == 1500 and blocks != plain
    # 1,000 blocks know the standard error within 2 %, 4,000 resamples its ends within 3 %.
    assert width(blocks) == pytest.approx(width(plain), rel=0.10)
    assert blocks.low == pytest.approx(plain.low, abs=0.1 * width(plain))


def test_blocks_measure_the_variance_without_bias(rng):
    values = rng.exponential(size=1000)
    blocks, clips = (
        np.mean([width(mean_interval(values, seed=s, resamples=200, max_units=units).interval) for s in range(200)])
        for units in (50, 1000)
    )
    assert blocks / clips == pytest.approx(
        np.sqrt(1 - 1 / 50), abs=0.03
    )  # 50 blocks know the root within 10 %, 200 times
    assert clips == pytest.approx(2 * 1.959964 * values.std() / np.sqrt(1000), rel=0.04)


def test_agreement_lies_in_its_interval(rng):
    counts = rng.multinomial(8, [0.7, 0.2, 0.1], size=200)
    counts[100:] = counts[100:, ::-1]
    for coefficient, terms, from_sums in (
        (krippendorff_alpha, alpha_terms, alpha_from_sums),
        (fleiss_kappa, kappa_terms, kappa_from_sums),
    ):
        interval = bootstrap_interval(terms(counts), from_sums, seed=5)
        assert interval.low < coefficient(counts).value < interval.high
        assert interval.resamples == 1000


def test_missing_values_are_left_out_with_their_clusters(rng):
    values, speakers = rng.normal(size=60), np.repeat(list("abcdef"), 10)
    gaps = values.copy()
    gaps[:10] = np.nan
    assert mean_interval(gaps, seed=1, clusters=speakers) == mean_interval(values[10:], seed=1, clusters=speakers[10:])
    assert mean_interval(gaps, seed=1).n == 50


@pytest.mark.parametrize("values", [[], [0.5], [np.nan, np.nan], [np.nan, 0.5]])
def test_fewer_than_two_clips_have_no_interval(values):
    mean = mean_interval(values, seed=1)
    assert mean.n == mean.interval.units == np.count_nonzero(~np.isnan(values))
    assert np.isnan([mean.interval.low, mean.interval.high]).all()
    assert np.isnan(mean.value) == (mean.n == 0)


def test_one_speaker_has_no_interval_and_constant_values_an_interval_of_no_width():
    assert np.isnan(mean_interval([0.1, 0.2, 0.3], seed=1, clusters=["a"] * 3).interval.low)
    same = mean_interval([0.25] * 9, seed=1).interval
    assert same.low == same.high == 0.25


def test_undefined_figures_have_no_interval():
    unequal = bootstrap_interval(kappa_terms(np.array([[3, 0], [0, 4]])), kappa_from_sums, seed=1)
    assert np.isnan(unequal.low) and unequal.resamples == 0
    # Half of the resamples of two clips draw one of them twice and leave one emotion: alpha is undefined there.
    two = bootstrap_interval(alpha_terms(np.array([[3, 0], [0, 3]])), alpha_from_sums, seed=1)
    assert np.isnan(two.low) and 400 < two.resamples < 600
    infinite = mean_interval([1.0, np.inf, 2.0], seed=1)
    assert infinite.value == np.inf and np.isnan(infinite.interval.high)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wilson_interval([1, 6], [5, 5]), "row 1 has 6 of 5"),
        (lambda: wilson_interval(-1, 5), "row 0 has -1 of 5"),
        (lambda: wilson_interval(1, 5, level=95), "between 0 and 1, but is 95"),
        (lambda: mean_interval([[1.0]], seed=1), "shape (1, 1)"),
        (lambda: mean_interval([1.0, 2.0], seed=1, resamples=0), "at least one resample, not 0"),
        (lambda: mean_interval([1.0, 2.0], seed=1, max_units=1), "max_units=1"),
        (lambda: mean_interval([1.0, 2.0], seed=1, clusters=["a"]), "2 clips came with 1 clusters"),
        (lambda: mean_interval([1.0, 2.0], seed=1, clusters=["a", None]), "row 1 has None"),
        (lambda: mean_interval([1.0, 2.0], seed=1, clusters=[np.nan, 3.0]), "row 0 has nan"),
        (lambda: bootstrap_interval(np.ones(3), alpha_from_sums, seed=1), "shape (3,)"),
    ],
)
def test_what_breaks_a_rule_is_named(call, message):
    with pytest.raises(BadInput) as refusal:
        call()
    assert message in str(refusal.value)
