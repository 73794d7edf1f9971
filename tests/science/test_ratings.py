"""Agreement on scales: the printed examples, the krippendorff package, and analysis of variance written out."""

import krippendorff
import numpy as np
import pytest

from emo_core.errors import BadInput
from emo_core.science import ratings, reliability

# Shrout & Fleiss 1979, table 2: 6 targets, 4 judges; table 4 prints the coefficients.
TARGETS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float)
# Krippendorff 2011, section C: 4 observers (rows), 12 units, missing as NaN.
OBSERVERS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, np.nan, np.nan, np.nan],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, np.nan, 3],
        [np.nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, np.nan],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, np.nan],
    ]
)


def long(table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Clips in rows, raters in columns, as three arrays."""
    clip, rater = (axis.ravel() for axis in np.indices(table.shape))
    return clip, rater, table.ravel()


def test_the_correlations_that_shrout_and_fleiss_print():
    clip, rater, value = long(TARGETS)
    found = reliability.dimensional(clip, rater, value, clips=6, seed=0)
    printed = {"icc_1": 0.17, "icc_1_k": 0.44, "icc_a1": 0.29, "icc_c1": 0.71}
    assert {name: round(found[name].figure.value, 2) for name in printed} == printed
    assert found["icc_1"].votes == 24 and found["icc_1"].figure.n == 6


def test_the_alphas_that_krippendorff_prints():
    clip, rater, value = long(OBSERVERS.T)
    found = reliability.dimensional(clip, rater, value, clips=12, seed=0)
    assert round(found["interval_alpha"].figure.value, 3) == 0.849  # section D
    assert round(found["ordinal_alpha"].figure.value, 3) == 0.815
    assert found["icc_a1"].figure.reason == "it needs the same raters, each once, on every rated clip"


@pytest.mark.parametrize("seed", range(6))
def test_alphas_equal_the_krippendorff_package(seed):
    rng = np.random.default_rng(seed)
    table = rng.integers(1, 8, size=(50, 1)) + rng.normal(0, 1.2, size=(50, 6)).round()
    table[rng.random(table.shape) < 0.4] = np.nan
    clip, rater, value = long(table)
    found = reliability.dimensional(clip, rater, value, clips=50, seed=1)
    for metric in ("interval", "ordinal"):
        expected = krippendorff.alpha(table.T, level_of_measurement=metric)
        figure = found[f"{metric}_alpha"].figure
        assert figure.value == pytest.approx(expected)
        assert figure.low < figure.value < figure.high


@pytest.fixture
def uneven():
    """60 clips with 0 to 6 ratings from 1 to 7."""
    rng = np.random.default_rng(8)
    table = (rng.integers(2, 7, size=(60, 1)) + rng.normal(0, 1, size=(60, 6))).round().clip(1, 7)
    table[rng.random(table.shape) < 0.4] = np.nan
    table[:2] = np.nan
    return table


def test_one_way_correlation_of_unequal_numbers_by_analysis_of_variance(uneven):
    groups = [row[~np.isnan(row)] for row in uneven]
    groups = [group for group in groups if len(group) >= 2]
    sizes, n = np.array([len(group) for group in groups]), len(groups)
    mean = np.concatenate(groups).mean()
    between = sum(len(group) * (group.mean() - mean) ** 2 for group in groups) / (n - 1)
    within = sum(((group - group.mean()) ** 2).sum() for group in groups) / (sizes.sum() - n)
    size = (sizes.sum() - (sizes**2).sum() / sizes.sum()) / (n - 1)
    clip, rater, value = long(uneven)
    found = reliability.dimensional(clip, rater, value, clips=60, seed=0)
    assert found["icc_1"].figure.value == pytest.approx((between - within) / (between + (size - 1) * within))
    assert found["icc_1_k"].figure.value == pytest.approx((between - within) / between)
    assert (found["icc_1"].figure.n, found["icc_1"].votes) == (n, sizes.sum())
    assert found["icc_1"].figure.low < found["icc_1"].figure.value < found["icc_1"].figure.high


@pytest.mark.parametrize("change", [lambda v: 1e6 + 3 * v, lambda v: 1e-9 * v, lambda v: -v])
def test_neither_origin_nor_unit_nor_direction_of_a_scale_matters(change):
    clip, rater, value = long(TARGETS)
    plain, moved = (
        reliability.dimensional(clip, rater, v, clips=6, seed=0, resamples=50) for v in (value, change(value))
    )
    for name in plain:
        assert moved[name].figure.value == pytest.approx(plain[name].figure.value, abs=1e-6)


def test_the_ordinal_metric_knows_ranks_only_the_interval_metric_distances(uneven):
    clip, rater, value = long(uneven)
    plain, bent = (reliability.dimensional(clip, rater, v, clips=60, seed=0, resamples=2) for v in (value, value**3))
    assert bent["ordinal_alpha"].figure.value == pytest.approx(plain["ordinal_alpha"].figure.value)
    assert bent["interval_alpha"].figure.value != pytest.approx(plain["interval_alpha"].figure.value, abs=1e-3)


def test_neither_the_order_of_ratings_nor_the_names_of_clips_and_raters_matter():
    clip, rater, value = long(TARGETS)
    place = np.random.default_rng(0).permutation(len(clip))
    plain = reliability.dimensional(clip, rater, value, clips=6, seed=0, resamples=2)
    other = reliability.dimensional(5 - clip[place], 3 - rater[place], value[place], clips=6, seed=0, resamples=2)
    for name in plain:
        assert other[name].figure.value == pytest.approx(plain[name].figure.value)


def test_raters_who_say_the_same_agree_perfectly():
    clip, rater, value = long(np.repeat([[1.0], [4.0], [2.0]], 3, axis=1))
    found = reliability.dimensional(clip, rater, value, clips=3, seed=0)
    assert [found[name].figure.value for name in found] == pytest.approx([1.0] * len(found))


def test_sums_over_resamples_give_what_the_resampled_ratings_give(uneven):
    drawn = np.random.default_rng(1).integers(60, size=60)
    clip, _, value = long(uneven)
    again, _, values = long(uneven[drawn])
    for terms, estimates in (
        (ratings.moment_terms, (ratings.interval_alpha_from_sums, ratings.icc1_from_sums, ratings.icck_from_sums)),
        (ratings.ordinal_terms, (ratings.ordinal_alpha_from_sums,)),
    ):
        resampled, afresh = terms(clip, value, 60)[drawn].sum(axis=0), terms(again, values, 60).sum(axis=0)
        for estimate in estimates:
            assert estimate(resampled) == pytest.approx(estimate(afresh))
    twice = np.array([0, 0, 1, 3, 4, 5])
    resampled = ratings.two_way_from_sums(ratings.two_way_terms(TARGETS)[twice].sum(axis=0))
    np.testing.assert_allclose(resampled, ratings.two_way_from_sums(ratings.two_way_terms(TARGETS[twice]).sum(axis=0)))


@pytest.mark.parametrize(
    ("change", "whole"),
    [
        (lambda clip, rater, value: (clip, rater, value), True),
        (lambda clip, rater, value: (clip[1:], rater[1:], value[1:]), False),  # one rating missing
        (
            lambda clip, rater, value: (clip, rater, np.where(clip == 2, np.nan, value)),
            True,
        ),  # a clip that nobody rated
        (lambda clip, rater, value: (clip, np.where(rater == 1, -1, rater), value), False),  # anonymous
        (lambda clip, rater, value: (clip, np.where((rater == 1) & (clip == 0), 0, rater), value), False),  # one twice
        (lambda clip, rater, value: (clip[rater == 0], rater[rater == 0], value[rater == 0]), False),  # one rater
    ],
)
def test_two_way_correlations_need_every_rater_once_on_every_rated_clip(change, whole):
    table = ratings.complete_table(*change(*long(TARGETS)), 6)
    assert (table is not None) == whole


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ([[1.0, np.nan], [np.nan, 2.0]], "fewer than two clips have two ratings"),
        ([[2.0, 2.0], [2.0, 2.0]], "all ratings are equal"),
        ([], "fewer than two clips"),
    ],
)
def test_what_is_undefined_says_why(table, why):
    clip, rater, value = long(np.array(table, dtype=float).reshape(-1, 2))
    found = reliability.dimensional(clip, rater, value, clips=2, seed=0)
    for coefficient in found.values():
        assert np.isnan(coefficient.figure.value) and why in coefficient.figure.reason


def test_a_scale_of_many_values_is_not_ordinal():
    rng = np.random.default_rng(0)
    clip, rater, value = long(rng.normal(size=(50, 3)))
    found = reliability.dimensional(clip, rater, value, clips=50, seed=0)
    assert "at most 25 values" in found["ordinal_alpha"].figure.reason
    assert np.isfinite(found["interval_alpha"].figure.value)


def test_a_clip_out_of_range_is_refused():
    with pytest.raises(BadInput, match="numbered from 0 to 1"):
        ratings.moment_terms(np.array([0, 2]), np.array([1.0, 2.0]), 2)
    with pytest.raises(BadInput, match=r"finite number, got inf"):
        ratings.moment_terms(np.array([0, 1]), np.array([1.0, np.inf]), 2)
    with pytest.raises(BadInput, match=r"one clip and one value.*\(2,\) clips and \(1,\) values"):
        ratings.moment_terms(np.array([0, 1]), np.array([1.0]), 2)
