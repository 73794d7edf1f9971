"""Logits to shares: the published equation where it has a meaning, refused where it turns a ranking over."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from emo_core.errors import BadInput
from emo_core.science import logits

# What an untrained model gave for four words, a row each: signs mixed, all positive, all negative.
Z = np.array([[2.0, -1.5, 0.3, -0.9], [14.0, 13.0, 12.5, 12.0], [-3.0, -4.0, -5.0, -6.0]])
MATRICES = hnp.arrays(float, st.tuples(st.integers(1, 6), st.integers(2, 7)), elements=st.floats(-50, 50))


def test_the_published_equation_on_positive_logits():
    np.testing.assert_allclose(logits.paper(Z)[1], [14 / 51.5, 13 / 51.5, 12.5 / 51.5, 12 / 51.5])


def test_what_the_equation_would_make_of_negative_logits_is_refused():
    unchecked = Z / Z.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(unchecked[0], [-20, 15, -3, 9])  # no shares at all
    np.testing.assert_allclose(unchecked[2], [1 / 6, 2 / 9, 5 / 18, 1 / 3])  # shares, with the least likely word first
    assert unchecked[2].argmax() == Z[2].argmin()
    assert logits.refused(Z).tolist() == [True, False, True]
    assert np.isnan(logits.paper(Z)[[0, 2]]).all()
    assert (logits.softmax(Z).argmax(axis=1) == Z.argmax(axis=1)).all()


def test_rows_that_say_nothing_stay_so_and_are_not_refused():
    z = np.array([[np.nan, np.nan], [1.0, np.nan], [np.inf, 1.0], [0.0, 0.0]])
    assert logits.refused(z).tolist() == [False, False, False, True]
    assert np.isnan(logits.paper(z)).all()
    assert np.isnan(logits.softmax(z)).all(axis=1).tolist() == [True, True, True, False]


@given(MATRICES, st.randoms(use_true_random=False))
def test_shares_sum_to_one_and_follow_their_emotions(z, random):
    order = random.sample(range(z.shape[1]), z.shape[1])
    for normalised in (logits.paper, logits.softmax):
        shares = normalised(z)
        said = ~np.isnan(shares).any(axis=1)
        np.testing.assert_allclose(shares[said].sum(axis=1), 1)
        assert (shares[said] >= 0).all()
        np.testing.assert_allclose(normalised(z[:, order]), shares[:, order], atol=1e-12)


@given(MATRICES, st.floats(-20, 20), st.floats(0.1, 10))
def test_a_softmax_knows_differences_alone(z, shift, temperature):
    np.testing.assert_allclose(
        logits.softmax(z + shift, temperature=temperature), logits.softmax(z / temperature), atol=1e-9
    )


def test_temperatures_sharpen_and_flatten():
    cold, hot = (logits.softmax(np.array([[2.0, 1.0, 0.0]]), temperature=t)[0] for t in (0.01, 1e6))
    np.testing.assert_allclose(cold, [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(hot, 1 / 3, atol=1e-5)
    for wrong in (0, -1, np.nan, np.inf):
        with pytest.raises(BadInput, match="above 0"):
            logits.softmax(Z, temperature=wrong)


def test_percentages_are_normalised_and_counted():
    given_ = np.array([[0, 0, 35, 65], [50, 50, 50, 50], [33, 33, 33, 0], [0, 0, 0, 0], [np.nan] * 4], dtype=float)
    shares, missed = logits.percentages(given_)
    np.testing.assert_allclose(shares[:3], [[0, 0, 0.35, 0.65], [0.25] * 4, [1 / 3, 1 / 3, 1 / 3, 0]])
    assert np.isnan(shares[3:]).all()
    assert missed.tolist() == [False, True, False, False, False]
    with pytest.raises(BadInput, match="row 1 holds -5"):
        logits.percentages(np.array([[1.0, 2.0], [3.0, -5.0]]))


def test_a_panel_weighs_its_cells_equally_whatever_their_chance_of_a_valid_reply():
    cells = [np.array([[0.01, 0.03], [0.5, 0.5]]), np.array([[0.9, 0.1], [np.nan, np.nan]])]
    np.testing.assert_allclose(logits.panel_mean(cells), [[0.575, 0.425], [np.nan, np.nan]])
    with pytest.raises(BadInput, match="one at least"):
        logits.panel_mean([])


def test_readings_that_are_no_matrix_are_refused():
    with pytest.raises(BadInput, match="matrix"):
        logits.softmax(np.zeros(3))
    with pytest.raises(BadInput, match="0 to 1"):
        logits.smoothed(np.array([[1.0, 0.0]]), 2)
