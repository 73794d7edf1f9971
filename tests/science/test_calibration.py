"""Reliability of shares: a true model is reliable, one that is too sure is not, and another library counts the same bins."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from emo_core.errors import BadInput
from emo_core.science import calibration

OPTIONS = {"seed": 3, "resamples": 200}


def test_of_votes_drawn_from_a_models_shares_the_shares_are_reliable(rng):
    q = rng.dirichlet(np.ones(4), 4000)
    votes = np.array([rng.multinomial(50, row) for row in q]) / 50
    bins, error = calibration.reliability(votes, q[None], **OPTIONS)
    assert error.value < 0.005
    for each in bins:
        assert each.low <= each.predicted <= each.high
        assert abs(each.observed.value - each.predicted) < 0.02
    assert sum(each.shares for each in bins) == q.size


def test_bins_are_those_of_scikit_learn(rng):
    """Of two emotions and single votes a share is a probability, and reliability the usual calibration curve."""
    share = rng.uniform(size=500)
    vote = (rng.uniform(size=500) < share**2).astype(float)
    q, p = np.column_stack([share, 1 - share]), np.column_stack([vote, 1 - vote])
    bins, error = calibration.reliability(p, q[None], **OPTIONS)
    observed, predicted = calibration_curve(p.ravel(), q.ravel(), n_bins=10)
    np.testing.assert_allclose([each.observed.value for each in bins], observed)
    np.testing.assert_allclose([each.predicted for each in bins], predicted)
    weights = np.array([each.shares for each in bins]) / q.size
    assert error.value == pytest.approx((weights * abs(observed - predicted)).sum())
    assert error.low < error.value < error.high


def test_a_model_that_is_too_sure_promises_more_than_listeners_give(rng):
    p = rng.dirichlet(np.ones(3), 300)
    sharp = p**3 / (p**3).sum(axis=1, keepdims=True)
    bins, error = calibration.reliability(p, sharp[None], **OPTIONS)
    assert bins[-1].observed.high < bins[-1].predicted and bins[0].observed.low > bins[0].predicted
    assert error.low > 0.05


def test_seeds_count_as_one_model_and_clips_in_any_order(rng):
    p, q = rng.dirichlet(np.ones(3), 60), rng.dirichlet(np.ones(3), 60)
    once, error = calibration.reliability(p, q[None], **OPTIONS)
    twice, same = calibration.reliability(p, np.stack([q, q]), **OPTIONS)
    assert same == error
    np.testing.assert_array_equal([each.observed.value for each in twice], [each.observed.value for each in once])
    assert [each.shares for each in twice] == [2 * each.shares for each in once]
    order = rng.permutation(60)
    assert calibration.reliability(p[order], q[None, order], **OPTIONS)[1].value == pytest.approx(error.value)


def test_what_is_undefined_says_why():
    bins, error = calibration.reliability(np.empty((0, 3)), np.empty((1, 0, 3)), **OPTIONS)
    assert np.isnan(error.value) and error.reason == "no clip was predicted" and error.n == 0
    assert all(np.isnan(each.predicted) and "in this bin" in each.observed.reason for each in bins)
    one = np.array([[0.25, 0.75]])
    bins, error = calibration.reliability(one, one[None], **OPTIONS)
    assert error.value == 0 and np.isnan(error.low) and [each.shares for each in bins if each.shares] == [1, 1]


@pytest.mark.parametrize(
    ("reference", "predicted", "bins", "why"),
    [
        ([[0.5, 0.5]], [[0.5, 0.5]], 10, "a row for each seed"),
        ([[0.5, 0.5]], [[[0.5, 0.6]]], 10, "must sum to one"),
        ([[np.nan, np.nan]], [[[0.5, 0.5]]], 10, "without votes"),
        ([[0.5, 0.5]], [[[0.5, 0.5]]], 0, "1 bin or more"),
    ],
)
def test_wrong_input_is_told(reference, predicted, bins, why):
    with pytest.raises(BadInput, match=why):
        calibration.reliability(np.array(reference), np.array(predicted), bins=bins, **OPTIONS)
