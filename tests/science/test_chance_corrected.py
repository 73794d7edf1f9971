"""Fleiss' generalised kappa, Conger's kappa, Brennan–Prediger and AC2: as printed, as their kin, undefined with a reason."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from emo_core.errors import BadInput
from emo_core.science import agreement, chance_corrected, raters
from emo_core.science.chance_corrected import quadratic_weights

# The ratings of the R package irrCAC, cac.raw4raters: twelve units, four raters, some missing (also
# Krippendorff 2011, section C), and its table distrib.6raters: fifteen subjects, six raters.
RAW = "11.1 2232 3333 3333 2222 1234 4444 1121 2222 .555 ..11 ..3."
DISTRIBUTION = np.array([
    [0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6], [0, 3, 0, 3, 0],
    [2, 0, 4, 0, 0], [0, 0, 4, 0, 2], [2, 0, 3, 1, 0], [2, 0, 0, 4, 0], [0, 0, 0, 0, 6],
    [1, 0, 0, 5, 0], [1, 1, 0, 4, 0], [0, 3, 3, 0, 0], [1, 0, 0, 5, 0], [0, 2, 0, 3, 1],
])  # fmt: skip
WEIGHTS = quadratic_weights(np.arange(1, 6))


def named(rows: str, emotions: int = 5) -> raters.Named:
    """Answers from one string a clip with a digit for each rater, a point for none."""
    answers = [
        (clip, rater, int(digit) - 1)
        for clip, row in enumerate(rows.split())
        for rater, digit in enumerate(row)
        if digit != "."
    ]
    clip, rater, label = np.array(answers).T
    sizes = {"clips": len(rows.split()), "raters": len(rows.split()[0]), "emotions": emotions}
    return raters.named(clip, rater, label, **sizes)


@pytest.mark.parametrize(
    ("weights", "fleiss", "conger", "brennan", "ac"),
    [(None, 0.76117, 0.76282, 0.77273, 0.77544), (WEIGHTS, 0.86494, 0.85771, 0.90152, 0.914)],
)
def test_raw_ratings_as_printed(weights, fleiss, conger, brennan, ac):
    """Gwet, irrCAC 1.0, overview and weighting vignettes, cac.raw4raters; the second with quadratic weights."""
    answers = named(RAW)
    of_counts = chance_corrected.fleiss_kappa_generalised, chance_corrected.brennan_prediger
    found = [each(answers.counts, weights) for each in of_counts]
    found.append(chance_corrected.gwet_ac2(answers.counts, np.eye(5) if weights is None else WEIGHTS))
    assert [round(each.value, 5) for each in found] == [fleiss, brennan, ac]
    assert {(each.clips, each.votes) for each in found} == {(11, 40)}
    value, low, high = chance_corrected.conger_kappa(answers, weights, seed=0)
    assert round(value.value, 5) == conger and low < conger < high


def test_distributions_as_printed():
    """The same vignettes, distrib.6raters."""
    fleiss, brennan = (
        [round(each(DISTRIBUTION, weights).value, 7) for weights in (None, WEIGHTS)]
        for each in (chance_corrected.fleiss_kappa_generalised, chance_corrected.brennan_prediger)
    )
    assert fleiss == [0.4139265, 0.2511909] and brennan == [0.4388889, 0.4177778]
    assert round(chance_corrected.gwet_ac2(DISTRIBUTION, WEIGHTS).value, 7) == 0.4837438


def test_a_contingency_table_as_printed():
    """The same, cont3x3abstractors with quadratic weights: weighted kappa, Scott's pi, AC2, Brennan–Prediger."""
    table = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])
    rows = "\n".join(f"{i + 1}{j + 1}" for i, j in np.ndindex(3, 3) for _ in range(table[i, j]))
    answers, weights = named(rows, 3), quadratic_weights([1, 2, 3])
    conger, low, high = chance_corrected.conger_kappa(answers, weights, seed=0)
    assert round(conger.value, 7) == 0.8921569 and 0.7 < low < 0.87 < 0.92 < high < 1
    first, second = np.array([[int(digit) for digit in row] for row in rows.split()]).T
    assert conger.value == pytest.approx(cohen_kappa_score(first, second, weights="quadratic"))
    others = [
        each(answers.counts, weights).value
        for each in (
            chance_corrected.fleiss_kappa_generalised,
            chance_corrected.gwet_ac2,
            chance_corrected.brennan_prediger,
        )
    ]
    assert np.round(others, 7).tolist() == [0.8921093, 0.9402369, 0.9175]


@pytest.fixture
def counts():
    rng = np.random.default_rng(5)
    return np.array([rng.multinomial(rng.integers(0, 9), p) for p in rng.dirichlet(np.ones(4), 200)])


def test_kin_are_equal(counts):
    """Equal numbers of votes give the strict kappa; identity weights give AC1."""
    equal = np.array([np.random.default_rng(1).multinomial(5, p / 4) for p in np.ones((80, 4))])
    strict = agreement.fleiss_kappa(equal).value
    assert chance_corrected.fleiss_kappa_generalised(equal).value == pytest.approx(strict)
    assert agreement.fleiss_kappa(counts).reason
    ac1 = agreement.gwet_ac1(counts).value
    assert chance_corrected.gwet_ac2(counts, np.eye(4)).value == pytest.approx(ac1)
    plain = chance_corrected.brennan_prediger(counts).value
    observed = agreement.percent_agreement(counts).value
    assert plain == pytest.approx((observed - 0.25) / 0.75)


def test_conger_is_the_mean_over_pairs_of_raters():
    """p_e by hand, with raters who leave clips out; neither the order of clips nor of raters matters."""
    rng = np.random.default_rng(2)
    rows = ["".join(str(rng.integers(1, 4)) if rng.random() < 0.7 else "." for _ in range(5)) for _ in range(60)]
    answers = named(" ".join(rows), 3)
    p = np.array([np.bincount(answers.label[answers.rater == j], minlength=3) for j in range(5)])
    p = p / p.sum(axis=1, keepdims=True)
    chance = np.mean([p[i] @ p[j] for i in range(5) for j in range(5) if i != j])
    observed = agreement.percent_agreement(answers.counts).value
    found = chance_corrected.conger_kappa(answers, seed=0)
    assert found[0].value == pytest.approx((observed - chance) / (1 - chance))
    turned = named(" ".join(row[::-1] for row in rows[::-1]), 3)
    assert chance_corrected.conger_kappa(turned, seed=0)[0].value == pytest.approx(found[0].value)


@pytest.mark.parametrize(
    ("rows", "why"),
    [("1. .2", "no pair"), ("11 1.", "same emotion"), ("1 2", "two raters are known")],
)
def test_undefined_is_nan_with_the_reason(rows, why):
    answers = named(rows, 2)
    found, low, high = chance_corrected.conger_kappa(answers, seed=0)
    assert np.isnan([found.value, low, high]).all() and why in found.reason
    if "raters" not in why:
        for each in (chance_corrected.fleiss_kappa_generalised, chance_corrected.brennan_prediger):
            assert np.isnan(each(answers.counts).value) and why in each(answers.counts).reason


def test_levels_that_do_not_rise_are_refused():
    for levels in ([1], [2, 1], [1, 1], [1, np.nan]):
        with pytest.raises(BadInput, match="rising"):
            quadratic_weights(np.array(levels))
