"""Raters one by one and two by two: equal to scikit-learn and the 1979 paper; blind to the order of anything."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from emo_core.errors import BadInput
from emo_core.science import raters
from emo_core.science.dawid_skene import dawid_skene


def drawn(seed: int = 0, *, clips: int = 60, people: int = 7, emotions: int = 4) -> dict:
    """Answers of people who each hear about two thirds of the clips."""
    rng = np.random.default_rng(seed)
    clip, rater = np.nonzero(rng.random((clips, people)) < 0.66)
    truth = rng.integers(emotions, size=clips)
    label = np.where(rng.random(len(clip)) < 0.6, truth[clip], rng.integers(emotions, size=len(clip)))
    return {"clip": clip, "rater": rater, "label": label, "clips": clips, "raters": people, "emotions": emotions}


def test_kappas_equal_scikit_learns_on_the_clips_in_common():
    data = drawn()
    kappas, shared = raters.cohen_kappas(raters.named(**data))
    assert np.isnan(np.diag(kappas)).all() and (kappas.T[shared >= 2] == kappas[shared >= 2]).all()
    for i in range(7):
        for j in range(i):
            said = [dict(zip(data["clip"][data["rater"] == r], data["label"][data["rater"] == r])) for r in (i, j)]
            both = sorted(said[0].keys() & said[1].keys())
            expected = cohen_kappa_score(*([one[clip] for clip in both] for one in said))
            assert kappas[i, j] == pytest.approx(expected) and shared[i, j] == len(both)


def test_cohens_own_example():
    """Cohen 1960, table 1: 200 cases, p_o = 0.29·…; agreement .88 and .25 .13 .02 / .12 .02 .16 / .03 .15 .12 give κ."""
    table = np.array([[25, 13, 12], [12, 2, 16], [3, 15, 2]])
    first, second = (np.repeat(axis.ravel(), table.ravel()) for axis in np.indices((3, 3)))
    n = len(first)
    answers = raters.named(
        np.tile(np.arange(n), 2), np.repeat([0, 1], n), np.concatenate([first, second]), clips=n, raters=2, emotions=3
    )
    observed = np.trace(table) / n
    chance = (table.sum(0) * table.sum(1)).sum() / n**2
    assert raters.cohen_kappas(answers)[0][0, 1] == pytest.approx((observed - chance) / (1 - chance))


def test_undefined_kappas_are_nan():
    one_clip = raters.named([0, 0], [0, 1], [1, 1], clips=1, raters=2, emotions=2)
    assert np.isnan(raters.cohen_kappas(one_clip)[0]).all()
    constant = raters.named([0, 0, 1, 1], [0, 1, 0, 1], [1, 1, 1, 1], clips=2, raters=2, emotions=2)
    assert np.isnan(raters.cohen_kappas(constant)[0][0, 1])
    assert np.isnan(raters.mean_kappa(*raters.cohen_kappas(constant))[0])


def test_the_latest_answer_counts_and_repeats_are_told():
    clip, rater, label = [0, 0, 0, 1, 1, 1], [0, 1, 0, 0, 0, -1], [0, 1, 1, 2, 2, 0]
    answers = raters.named(clip, rater, label, clips=2, raters=2, emotions=3)
    assert sorted(zip(answers.clip, answers.rater, answers.label)) == [(0, 0, 1), (0, 1, 1), (1, 0, 2)]
    assert answers.repeated == 2 and answers.anonymous == 1
    repeats = raters.self_consistency(clip, rater, label, raters=2)
    assert repeats.pairs.tolist() == [2, 0] and repeats.same[0] == 0.5 and np.isnan(repeats.same[1])


def test_each_rater_against_the_others_by_brute_force():
    data = drawn(3)
    table = raters.rater_table(raters.named(**data), seed=1)
    counts = np.zeros((60, 4))
    np.add.at(counts, (data["clip"], data["label"]), 1)
    for who in range(7):
        same, own, theirs = [], np.zeros(4), np.zeros(4)
        for clip, rater, label in zip(data["clip"], data["rater"], data["label"]):
            rest = counts[clip].copy()
            rest[label] -= 1
            if rater == who and rest.sum():
                same.append(rest[label] / rest.sum())
                own[label] += 1
                theirs += rest / rest.sum()
        assert table.agreement[who] == pytest.approx(np.mean(same)) and table.shared[who] == len(same)
        np.testing.assert_allclose(table.bias[who], (own - theirs) / len(same), atol=1e-12)
        assert table.low[who] < table.agreement[who] < table.high[who]
    assert table.distance.min() >= 0 and table.distance.max() <= 1


def test_a_rater_alone_on_all_clips_has_no_agreement():
    answers = raters.named([0, 1, 1], [0, 1, 2], [0, 1, 1], clips=2, raters=4, emotions=2)
    table = raters.rater_table(answers, seed=0)
    assert np.isnan(table.agreement[0]) and np.isnan(table.agreement[3]) and table.agreement[1] == 1
    assert table.votes.tolist() == [1, 1, 1, 0] and table.shared.tolist() == [0, 1, 1, 0]


def test_nothing_hangs_on_the_order_of_answers_or_raters():
    data = drawn(5)
    place = np.random.default_rng(0).permutation(len(data["clip"]))
    shuffled = data | {name: data[name][place] for name in ("clip", "rater", "label")}
    swapped = data | {"rater": 6 - data["rater"]}
    kappas, table = raters.cohen_kappas(raters.named(**data))[0], raters.rater_table(raters.named(**data), seed=2)
    np.testing.assert_array_equal(kappas, raters.cohen_kappas(raters.named(**shuffled))[0])
    np.testing.assert_allclose(kappas, raters.cohen_kappas(raters.named(**swapped))[0][::-1, ::-1])
    np.testing.assert_allclose(table.agreement, raters.rater_table(raters.named(**swapped), seed=2).agreement[::-1])
    assert sorted(raters.order(kappas)) == list(range(7))


def test_numbers_out_of_range_are_refused():
    with pytest.raises(BadInput, match="Each label is a number from 0 to 1"):
        raters.named([0], [0], [2], clips=1, raters=1, emotions=2)
    with pytest.raises(BadInput, match="three arrays of equal length"):
        raters.named([0, 1], [0], [1], clips=2, raters=1, emotions=2)


# Dawid & Skene 1979, table 1: 45 patients, anaesthetic fitness 1–4, observer 1 three times, observers 2–5 once.
PATIENTS = """111 1 1 1 1|333 4 3 3 4|112 2 1 2 2|222 3 1 2 1|222 3 2 2 2|222 3 3 2 2|122 2 1 1 1|333 3 4 3 3|222 2 2 2 3
233 2 2 2 2|444 4 4 3 4|222 3 3 4 3|111 1 1 1 1|222 3 2 1 2|121 1 1 1 1|111 2 1 1 1|111 1 1 1 1|111 1 1 1 1
222 2 2 2 1|222 1 3 2 2|222 2 2 2 2|222 2 2 2 1|222 3 2 2 2|221 2 2 2 2|111 1 1 1 1|111 1 1 1 1|232 2 2 2 2
111 1 1 1 1|111 1 1 1 1|112 1 1 2 1|111 1 1 1 1|333 3 2 3 3|111 1 1 1 1|222 2 2 2 2|222 3 2 3 2|433 4 3 4 3
221 2 2 3 2|232 3 2 3 3|333 3 4 3 2|111 1 1 1 1|111 1 1 1 1|121 2 1 1 1|232 2 2 2 2|121 1 1 1 1|222 2 2 2 2"""


def test_raters_of_dawid_and_skene():
    """The marginals that they print (table 2), with the three answers of observer 1 as one observer's."""
    rows = [patient.split() for line in PATIENTS.splitlines() for patient in line.split("|")]
    assert len(rows) == 45
    labels = np.array([[int(digit) - 1 for digit in "".join(row)] for row in rows])
    clip, rater = (axis.ravel() for axis in np.indices(labels.shape))
    rater = np.maximum(rater - 2, 0)
    answers = raters.Named(clip, rater, labels.ravel(), clips=45, raters=5, emotions=4, anonymous=0, repeated=0)
    model = dawid_skene(answers)
    assert model.converged
    np.testing.assert_allclose(model.priors, [0.40, 0.42, 0.11, 0.07], atol=0.005)
    np.testing.assert_allclose(model.confusions.sum(axis=2), 1)


def test_dawid_skene_finds_who_swaps_two_emotions():
    rng = np.random.default_rng(1)
    truth = rng.integers(3, size=400)
    clip, rater = (axis.ravel() for axis in np.indices((400, 5)))
    label = np.where(rng.random(2000) < 0.9, truth[clip], rng.integers(3, size=2000))
    swapper = rater == 4
    label[swapper] = np.array([1, 0, 2])[truth[clip[swapper]]]
    model = dawid_skene(raters.named(clip, rater, label, clips=401, raters=6, emotions=3), smoothing=0.01)
    assert (model.posteriors[:400].argmax(axis=1) == truth).mean() > 0.98
    assert model.confusions[4].argmax(axis=1).tolist() == [1, 0, 2] and model.confusions[0].argmax(axis=1).tolist() == [
        0,
        1,
        2,
    ]
    assert np.isnan(model.posteriors[400]).all() and np.isnan(model.confusions[5]).all()
    np.testing.assert_allclose(model.posteriors[:400].sum(axis=1), 1)


def test_dawid_skene_never_gets_less_likely():
    data = raters.named(**drawn(9))
    paths = [dawid_skene(data, most_iterations=n).log_likelihood for n in (1, 2, 4, 8, 16)]
    assert paths == sorted(paths)
