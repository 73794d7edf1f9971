import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from statsmodels.stats import inter_rater
from vote_strategies import equal_votes, votes

from emo_core.errors import BadInput
from emo_core.science import (
    ac1_from_sums,
    ac1_terms,
    alpha_from_sums,
    alpha_terms,
    bootstrap_interval,
    fleiss_kappa,
    gwet_ac1,
    kappa_from_sums,
    kappa_terms,
    krippendorff_alpha,
    per_emotion,
    percent_agreement,
    percent_from_sums,
    percent_terms,
)

# coefficient: its terms, and itself from their sums
COEFFICIENTS = {
    krippendorff_alpha: (alpha_terms, alpha_from_sums),
    fleiss_kappa: (kappa_terms, kappa_from_sums),
    gwet_ac1: (ac1_terms, ac1_from_sums),
    percent_agreement: (percent_terms, percent_from_sums),
}
# Krippendorff (2011), section C: 12 units, 4 observers, some missing.
OBSERVERS = "111 2232 3333 3333 2222 1234 4444 1121 2222 555 11 3"
# Fleiss (1971), table 1: 30 patients, 6 psychiatrists, 5 diagnoses.
PATIENTS = (
    "444444 222555 233335 555555 222444 113333 333355 113334 114444 555555 144444 124444 222333 144444 224445 "
    "333335 111455 111112 224444 133555 555555 244444 224555 114444 144445 222224 111155 224444 133333 555555"
)


def count(answers: str, categories: str = "12345") -> np.ndarray:
    """Counts from one string of answers for each clip."""
    return np.array([[clip.count(c) for c in categories] for clip in answers.split()])


def test_krippendorff_2011_four_observers():
    """Nominal alpha 0.743 of 40 pairable values."""
    found = krippendorff_alpha(count(OBSERVERS))
    assert round(found.value, 3) == 0.743
    assert (found.clips, found.votes, found.reason) == (11, 40, None)


def test_gwet_four_raters():
    """Gwet's own example has the same ratings: AC1 0.77544, p_a 0.81818 (package irrCAC, cac.raw4raters, gwet.ac1.raw;
    with 12 subjects in π and 11 in p_a)."""
    found, observed = gwet_ac1(count(OBSERVERS)), percent_agreement(count(OBSERVERS))
    assert (round(found.value, 5), round(observed.value, 5)) == (0.77544, 0.81818)
    assert (found.clips, found.votes) == (observed.clips, observed.votes) == (11, 40)


def test_fleiss_1971_psychiatric_diagnoses():
    """P̄ = 0.556, kappa 0.430."""
    counts = count(PATIENTS)
    found = fleiss_kappa(counts)
    assert round(found.value, 3) == 0.430
    assert (found.clips, found.votes, found.reason) == (30, 180, None)
    assert round(percent_agreement(counts).value, 3) == 0.556


def test_percent_and_ac1_pair_by_pair():
    """Unequal numbers of votes, a clip with one vote and one with none, an emotion that nobody named."""
    answers = ["aabc", "bb", "ccca", "b", "", "aab"]
    counts = count(" ".join(answers[:4]), "abcd")
    counts = np.vstack([counts, 0 * counts[:1], count(answers[5], "abcd")])
    shares = [np.mean([x == y for i, x in enumerate(a) for y in a[i + 1 :]]) for a in answers if len(a) > 1]
    marginal = np.mean([[a.count(letter) / len(a) for letter in "abcd"] for a in answers if a], axis=0)
    chance = (marginal * (1 - marginal)).sum() / 3
    assert percent_agreement(counts).value == pytest.approx(np.mean(shares))
    assert gwet_ac1(counts).value == pytest.approx((np.mean(shares) - chance) / (1 - chance))


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
def test_no_coefficient_depends_on_the_order_of_clips_or_emotions(counts, random):
    rows, columns = (random.sample(range(size), size) for size in counts.shape)
    for coefficient in COEFFICIENTS:
        a, b = coefficient(counts), coefficient(counts[rows][:, columns])
        assert a.value == pytest.approx(b.value, abs=1e-9, nan_ok=True)
        assert (a.clips, a.votes, a.reason) == (b.clips, b.votes, b.reason)


@given(votes())
def test_clips_without_a_pair_of_votes_change_nothing(counts):
    lone = np.eye(counts.shape[1], dtype=int)
    padded = np.vstack([counts, lone, 0 * lone])
    assert repr(krippendorff_alpha(counts)) == repr(krippendorff_alpha(padded))
    assert repr(percent_agreement(counts)) == repr(percent_agreement(padded))


@given(votes())
def test_a_reason_is_given_where_and_only_where_undefined(counts):
    for found in (coefficient(counts) for coefficient in COEFFICIENTS):
        assert (found.reason is not None) == np.isnan(found.value)
        assert np.isnan(found.value) or found.value <= 1


@given(equal_votes(), st.integers(0, 9))
def test_sums_over_resamples_give_what_the_resampled_votes_give(counts, seed):
    drawn = np.random.default_rng(seed).integers(len(counts), size=(5, len(counts)))
    for coefficient, (terms, from_sums) in COEFFICIENTS.items():
        for rows, resampled in zip(drawn, from_sums(terms(counts)[drawn].sum(axis=1))):
            assert coefficient(counts[rows]).value == pytest.approx(resampled, abs=1e-9, nan_ok=True)


def test_an_interval_of_clips_or_of_speakers_holds_the_coefficient():
    rng = np.random.default_rng(2)
    counts = rng.multinomial(7, rng.dirichlet([0.5] * 4, size=200))
    for coefficient, (terms, from_sums) in COEFFICIENTS.items():
        for clusters, units in ((None, 200), (np.arange(200) % 40, 40)):
            interval = bootstrap_interval(terms(counts), from_sums, seed=3, clusters=clusters)
            assert interval.low < coefficient(counts).value < interval.high and interval.units == units


def test_perfect_agreement_on_different_emotions_is_one():
    counts = np.array([[5, 0, 0], [0, 5, 0]])
    assert {coefficient(counts).value for coefficient in COEFFICIENTS} == {1.0}


def test_each_emotion_against_the_rest():
    counts = count(PATIENTS)
    assert [f["krippendorff_alpha"].clips for f in per_emotion(counts)] == [30] * 5
    for column, figures in enumerate(per_emotion(counts)):
        merged = np.column_stack([counts[:, column], np.delete(counts, column, axis=1).sum(axis=1)])
        assert figures == {
            "krippendorff_alpha": krippendorff_alpha(merged),
            "gwet_ac1": gwet_ac1(merged),
            "percent_agreement": percent_agreement(merged),
        }
    first, second = per_emotion(counts[:, :2])
    assert first["krippendorff_alpha"].value == pytest.approx(second["krippendorff_alpha"].value)


_NO_PAIR, _SAME = "no clip has two votes", "every vote names the same emotion"


@pytest.mark.parametrize(
    ("counts", "alpha", "kappa", "ac1", "percent"),
    [
        (np.zeros((0, 3)), _NO_PAIR, "no clip has a vote", _NO_PAIR, _NO_PAIR),
        (np.zeros((4, 3)), _NO_PAIR, "no clip has a vote", _NO_PAIR, _NO_PAIR),
        (np.eye(3), _NO_PAIR, "each clip has one vote", _NO_PAIR, _NO_PAIR),
        ([[6, 0], [6, 0]], _SAME, _SAME, _SAME, None),
        ([[6], [6]], _SAME, _SAME, "there is one emotion only", None),
        (
            [[4, 0], [6, 6]],
            None,
            "the clips have between 4 and 12 votes; Fleiss' kappa needs the same number for each",
            None,
            None,
        ),
    ],
)
def test_undefined_has_its_reason(counts, alpha, kappa, ac1, percent):
    for reason, coefficient in zip((alpha, kappa, ac1, percent), COEFFICIENTS):
        found = coefficient(counts)
        assert np.isnan(found.value) == (reason is not None)
        assert found.reason is None if reason is None else found.reason.startswith(reason)


def test_clips_without_votes_are_no_clips_of_kappas():
    counts = np.array([[3, 0], [2, 1], [0, 3]])
    assert fleiss_kappa(np.vstack([counts, [[0, 0]]])) == fleiss_kappa(counts)


def test_unequal_votes_leave_kappa_no_terms_to_resample():
    assert np.isnan(kappa_terms(np.array([[3, 0], [0, 4]]))).all()


@pytest.mark.parametrize(
    "coefficient",
    [*COEFFICIENTS, per_emotion, *(terms for terms, _ in COEFFICIENTS.values())],
    ids=lambda f: f.__name__,
)
def test_what_breaks_a_rule_is_named(coefficient):
    with pytest.raises(BadInput, match=r"whole numbers of votes.*row 1 column 0 holds 0\.5"):
        coefficient(np.array([[1.0, 2.0], [0.5, 2.0]]))
    with pytest.raises(BadInput, match=r"clips × emotions.*\(3,\)"):
        coefficient(np.array([1, 2, 3]))
