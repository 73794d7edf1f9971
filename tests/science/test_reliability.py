"""All coefficients at once are those one by one; percent agreement and AC1 as printed and by hand."""

import krippendorff
import numpy as np
import pytest
from statsmodels.stats.inter_rater import fleiss_kappa

from emo_core import science
from emo_core.science import agreement, reliability
from emo_core.science.inference import bootstrap_interval

# Fleiss 1971, table 1: 30 patients, 6 raters, 5 diagnoses.
FLEISS = np.array([
    [0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6], [0, 3, 0, 3, 0], [2, 0, 4, 0, 0], [0, 0, 4, 0, 2],
    [2, 0, 3, 1, 0], [2, 0, 0, 4, 0], [0, 0, 0, 0, 6], [1, 0, 0, 5, 0], [1, 1, 0, 4, 0], [0, 3, 3, 0, 0], [1, 0, 0, 5, 0],
    [0, 2, 0, 3, 1], [0, 0, 5, 0, 1], [3, 0, 0, 1, 2], [5, 1, 0, 0, 0], [0, 2, 0, 4, 0], [1, 0, 2, 0, 3], [0, 0, 0, 0, 6],
    [0, 1, 0, 5, 0], [0, 2, 0, 1, 3], [2, 0, 0, 4, 0], [1, 0, 0, 4, 1], [0, 5, 0, 1, 0], [4, 0, 0, 0, 2], [0, 2, 0, 4, 0],
    [1, 0, 5, 0, 0], [0, 0, 0, 0, 6],
])  # fmt: skip
# Gwet 2008, table 1 of the paradox: two raters, 125 cases, 118 both positive, 5 and 2 apart, none both negative.
PARADOX = np.array([[2, 0]] * 118 + [[1, 1]] * 7)


def test_fleiss_own_table():
    overall, _ = reliability.nominal(FLEISS, seed=0)
    assert round(overall["fleiss_kappa"].figure.value, 3) == 0.430
    assert round(overall["percent_agreement"].figure.value, 3) == 0.556  # his P̄
    assert overall["fleiss_kappa"].figure.value == pytest.approx(fleiss_kappa(FLEISS))


def test_ac1_stays_high_where_kappa_falls_below_zero():
    """With p_a = 118/125 and π = 243/250 and 7/250, p_e = 2 · 0.972 · 0.028 = 0.0544 and AC1 = 0.9408."""
    overall, _ = reliability.nominal(PARADOX, seed=0)
    assert overall["gwet_ac1"].figure.value == pytest.approx((0.944 - 0.054432) / (1 - 0.054432))
    assert overall["fleiss_kappa"].figure.value < 0
    assert overall["percent_agreement"].figure.value == pytest.approx(0.944)


def test_ac1_of_unequal_numbers_by_hand():
    counts = np.array([[3, 1, 0], [0, 0, 2], [1, 0, 0], [0, 0, 0]])
    observed = np.mean([6 / 12, 1.0])
    shares = np.array([[0.75, 0.25, 0], [0, 0, 1], [1, 0, 0]]).mean(axis=0)
    chance = (shares * (1 - shares)).sum() / 2
    found = agreement.gwet_ac1(counts)
    assert found.value == pytest.approx((observed - chance) / (1 - chance)) and (found.clips, found.votes) == (2, 6)


@pytest.fixture
def counts():
    rng = np.random.default_rng(4)
    return np.array([rng.multinomial(rng.integers(1, 9), rng.dirichlet(np.full(4, 0.5))) for _ in range(300)])


def test_together_equals_one_by_one(counts):
    overall, each = reliability.nominal(counts, seed=3)
    for name, (point, terms, from_sums) in reliability.NOMINAL.items():
        figure = overall[name].figure
        np.testing.assert_equal(figure.value, point(counts).value)
        if np.isfinite(figure.value):
            alone = bootstrap_interval(terms(counts), from_sums, seed=3)
            assert (figure.low, figure.high) == pytest.approx((alone.low, alone.high))
    for column, row in enumerate(each):
        two = agreement.against_the_rest(counts, column)
        assert row["krippendorff_alpha"].figure.value == agreement.krippendorff_alpha(two).value
        assert row["gwet_ac1"].figure.value == agreement.gwet_ac1(two).value


def test_per_emotion_alpha_equals_the_krippendorff_package(counts):
    _, each = reliability.nominal(counts, seed=0, resamples=10)
    for column, row in enumerate(each):
        two = agreement.against_the_rest(counts, column)
        assert row["krippendorff_alpha"].figure.value == pytest.approx(
            krippendorff.alpha(value_counts=two, level_of_measurement="nominal")
        )


def test_perfect_agreement_is_one_and_order_does_not_matter(counts):
    perfect = np.diag([3, 4, 2])
    overall, _ = reliability.nominal(perfect, seed=0)
    assert {name for name in overall if overall[name].figure.value == 1} == {
        "krippendorff_alpha", "gwet_ac1", "percent_agreement", "fleiss_kappa_generalised", "brennan_prediger",
    }  # fmt: skip
    assert "Fleiss" in overall["fleiss_kappa"].figure.reason
    plain, moved = (reliability.nominal(table, seed=0, resamples=10)[0] for table in (counts, counts[::-1, ::-1]))
    for name in plain:
        np.testing.assert_allclose(plain[name].figure.value, moved[name].figure.value)


@pytest.mark.parametrize(
    "table", [np.zeros((0, 3), int), np.zeros((4, 3), int), np.eye(3, dtype=int), np.array([[3, 0], [2, 0]])]
)
def test_undefined_is_nan_with_a_reason_never_a_flattering_one(table):
    overall, each = reliability.nominal(table, seed=0, resamples=10)
    for name in ("krippendorff_alpha", "gwet_ac1", "fleiss_kappa"):
        figure = overall[name].figure
        assert np.isnan(figure.value) and np.isnan(figure.low) and figure.reason
    assert len(each) == table.shape[1]


def test_clusters_widen_the_interval_where_clips_of_one_speaker_are_alike():
    rng = np.random.default_rng(0)
    by_speaker = np.repeat(rng.dirichlet(np.ones(3), size=30), 20, axis=0)
    counts = np.array([rng.multinomial(5, p) for p in by_speaker])
    speakers = np.repeat(np.arange(30), 20)
    clips, people = (reliability.nominal(counts, seed=1, clusters=c)[0] for c in (None, speakers))
    width = [f["percent_agreement"].figure.high - f["percent_agreement"].figure.low for f in (clips, people)]
    assert width[1] > 1.5 * width[0]


def test_many_intervals_are_those_of_one():
    rng = np.random.default_rng(2)
    terms = np.column_stack([rng.random((80, 2)), np.ones(80)])
    both = science.inference.bootstrap_intervals(terms, lambda sums: sums[:, :2] / sums[:, 2:], seed=5)
    first = bootstrap_interval(terms, lambda sums: sums[:, 0] / sums[:, 2], seed=5)
    assert both[0] == first and both[1] != first
