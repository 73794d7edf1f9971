import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from statsmodels.stats import inter_rater
from vote_strategies import equal_votes, votes

from emo_core.errors import BadInput
from emo_core.science import (
    alpha_from_sums,
    alpha_terms,
    fleiss_kappa,
    kappa_from_sums,
    kappa_terms,
    krippendorff_alpha,
)


def count(answers: str, categories: str = "12345") -> np.ndarray:
    """Counts from one string of answers for each clip."""
    return np.array([[clip.count(c) for c in categories] for clip in answers.split()])


def test_krippendorff_2011_four_observers():
    """Krippendorff (2011), section C: 12 units, 4 observers, some missing; nominal alpha 0.743, 40 pairable values."""
    found = krippendorff_alpha(count("111 2232 3333 3333 2222 1234 4444 1121 2222 555 11 3"))
    assert round(found.value, 3) == 0.743
    assert (found.clips, found.votes, found.reason) == (11, 40, None)


def test_fleiss_1971_psychiatric_diagnoses():
    """Fleiss (1971), table 1: 30 patients, 6 psychiatrists, 5 diagnoses; P̄ = 0.556, kappa 0.430."""
    counts = count(
        "444444 222555 233335 555555 222444 113333 333355 113334 114444 555555 144444 124444 222333 144444 224445 "
        "333335 111455 111112 224444 133555 555555 244444 224555 114444 144445 222224 111155 224444 133333 555555"
    )
    found = fleiss_kappa(counts)
    assert round(found.value, 3) == 0.430
    assert (found.clips, found.votes, found.reason) == (30, 180, None)
    assert round(kappa_terms(counts)[:, 0].mean(), 3) == 0.556


@given(votes(most=4))
def test_alpha_equals_the_krippendorff_package(counts):
    found = krippendorff_alpha(counts)
    assume(found.reason is None)
    # It takes counts of each unit, but refuses a domain of one value, hence the assumption above.
    expected = krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")
    assert found.value == pytest.approx(expected, abs=1e-12)


@given(equal_votes())
def test_kappa_equals_statsmodels(counts):
    found = fleiss_kappa(counts)
    assume(found.reason is None)
    assert found.value == pytest.approx(inter_rater.fleiss_kappa(counts), abs=1e-12)


@given(votes(), st.randoms())
def test_alpha_does_not_depend_on_the_order_of_clips_or_emotions(counts, random):
    rows, columns = (random.sample(range(size), size) for size in counts.shape)
    a, b = krippendorff_alpha(counts), krippendorff_alpha(counts[rows][:, columns])
    assert a.value == pytest.approx(b.value, abs=1e-9, nan_ok=True)
    assert (a.clips, a.votes, a.reason) == (b.clips, b.votes, b.reason)


@given(votes())
def test_clips_without_a_pair_of_votes_change_nothing(counts):
    lone = np.eye(counts.shape[1], dtype=int)
    padded = np.vstack([counts, lone, 0 * lone])
    assert repr(krippendorff_alpha(counts)) == repr(krippendorff_alpha(padded))


@given(votes())
def test_a_reason_is_given_where_and_only_where_undefined(counts):
    for found in (krippendorff_alpha(counts), fleiss_kappa(counts)):
        assert (found.reason is not None) == np.isnan(found.value)
        assert np.isnan(found.value) or found.value <= 1


@given(equal_votes(), st.integers(0, 9))
def test_sums_over_resamples_give_what_the_resampled_votes_give(counts, seed):
    drawn = np.random.default_rng(seed).integers(len(counts), size=(5, len(counts)))
    alphas, kappas = (
        from_sums(terms(counts)[drawn].sum(axis=1))
        for from_sums, terms in ((alpha_from_sums, alpha_terms), (kappa_from_sums, kappa_terms))
    )
    for rows, alpha, kappa in zip(drawn, alphas, kappas):
        assert krippendorff_alpha(counts[rows]).value == pytest.approx(alpha, abs=1e-9, nan_ok=True)
        assert fleiss_kappa(counts[rows]).value == pytest.approx(kappa, abs=1e-9, nan_ok=True)


def test_perfect_agreement_on_different_emotions_is_one():
    counts = np.array([[5, 0], [0, 5]])
    assert krippendorff_alpha(counts).value == fleiss_kappa(counts).value == 1


@pytest.mark.parametrize(
    ("counts", "alpha", "kappa"),
    [
        (np.zeros((0, 3)), "no clip has two votes", "no clip has a vote"),
        (np.zeros((4, 3)), "no clip has two votes", "no clip has a vote"),
        (np.eye(3), "no clip has two votes", "each clip has one vote"),
        ([[6, 0], [6, 0]], "every vote names the same emotion", "every vote names the same emotion"),
        ([[4, 0], [6, 6]], None, "the clips have between 4 and 12 votes; Fleiss' kappa needs the same number for each"),
    ],
)
def test_undefined_has_its_reason(counts, alpha, kappa):
    for reason, found in ((alpha, krippendorff_alpha(counts)), (kappa, fleiss_kappa(counts))):
        assert np.isnan(found.value) == (reason is not None)
        assert found.reason is None if reason is None else found.reason.startswith(reason)


def test_clips_without_votes_are_no_clips_of_kappas():
    counts = np.array([[3, 0], [2, 1], [0, 3]])
    assert fleiss_kappa(np.vstack([counts, [[0, 0]]])) == fleiss_kappa(counts)


def test_unequal_votes_leave_kappa_no_terms_to_resample():
    assert np.isnan(kappa_terms(np.array([[3, 0], [0, 4]]))).all()


@pytest.mark.parametrize("coefficient", [krippendorff_alpha, fleiss_kappa, alpha_terms, kappa_terms])
def test_what_breaks_a_rule_is_named(coefficient):
    with pytest.raises(BadInput, match=r"whole numbers of votes.*row 1 column 0 holds 0\.5"):
        coefficient(np.array([[1.0, 2.0], [0.5, 2.0]]))
    with pytest.raises(BadInput, match=r"clips × emotions.*\(3,\)"):
        coefficient(np.array([1, 2, 3]))
