"""Agreement on scales: the printed examples, and the krippendorff package."""

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


def test_shifting_a_scale_changes_nothing():
    clip, rater, value = long(TARGETS)
    plain, moved = (
        reliability.dimensional(clip, rater, v, clips=6, seed=0, resamples=50) for v in (value, 1e6 + 3 * value)
    )
    for name in plain:
        assert moved[name].figure.value == pytest.approx(plain[name].figure.value, abs=1e-6)


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
    assert "at most 40 values" in found["ordinal_alpha"].figure.reason
    assert np.isfinite(found["interval_alpha"].figure.value)


def test_a_clip_out_of_range_is_refused():
    with pytest.raises(BadInput, match="numbered from 0 to 1"):
        ratings.moment_terms(np.array([0, 2]), np.array([1.0, 2.0]), 2)
    with pytest.raises(BadInput, match="finite"):
        ratings.moment_terms(np.array([0, 1]), np.array([1.0, np.inf]), 2)
