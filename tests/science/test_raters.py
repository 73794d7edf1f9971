"""Raters one by one and two by two: equal to scikit-learn and to print; blind to the order of anything."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from emo_core.errors import BadInput
from emo_core.science import jensen_shannon_divergence, raters


def drawn(seed: int = 0, *, clips: int = 60, people: int = 7, emotions: int = 4, share: float = 0.66) -> dict:
    """Answers of people who each hear that share of the clips; six in ten name the clip's emotion."""
    rng = np.random.default_rng(seed)
    clip, rater = np.nonzero(rng.random((clips, people)) < share)
    truth = rng.integers(emotions, size=clips)
    label = np.where(rng.random(len(clip)) < 0.6, truth[clip], rng.integers(emotions, size=len(clip)))
    return {"clip": clip, "rater": rater, "label": label, "clips": clips, "raters": people, "emotions": emotions}


@pytest.mark.parametrize("share", [0.3, 1.0], ids=["few answers: pair by pair", "many: table by table"])
def test_kappas_equal_scikit_learns_on_the_clips_in_common(share, monkeypatch):
    monkeypatch.setattr(raters, "_BLOCK", 23)
    data = drawn(clips=150, share=share)
    kappas, shared = raters.cohen_kappas(raters.named(**data))
    assert np.isnan(np.diag(kappas)).all() and (np.diag(shared) == 0).all()
    for i in range(7):
        for j in range(7):
            if i == j:
                continue
            said = [dict(zip(data["clip"][data["rater"] == r], data["label"][data["rater"] == r])) for r in (i, j)]
            both = sorted(said[0].keys() & said[1].keys())
            expected = cohen_kappa_score(*([one[clip] for clip in both] for one in said))
            assert kappas[i, j] == pytest.approx(expected) and shared[i, j] == len(both)


def test_both_ways_of_counting_give_the_same():
    answers = raters.named(**drawn(4, clips=300, people=12))
    for a, b in zip(raters._tally_pairs(answers), raters._tally_tables(answers)):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("table", "printed", "digits"),
    [
        # Cohen (1968), table 1: two judges, 200 cases; the unweighted kappa is .492 (p_o = .70, p_c = .41).
        ([[88, 14, 18], [10, 40, 10], [2, 6, 12]], 0.492, 3),
        # Two abstractors of 100 emergency records (package irrCAC, cont3x3abstractors): Cohen's kappa 0.7964094.
        ([[13, 0, 0], [0, 20, 7], [0, 4, 56]], 0.7964094, 7),
    ],
)
def test_printed_kappas(table, printed, digits):
    table = np.array(table)
    first, second = (np.repeat(axis.ravel(), table.ravel()) for axis in np.indices((3, 3)))
    n = len(first)
    answers = raters.named(
        np.tile(np.arange(n), 2), np.repeat([0, 1], n), np.concatenate([first, second]), clips=n, raters=2, emotions=3
    )
    kappas, shared = raters.cohen_kappas(answers)
    assert round(kappas[0, 1], digits) == printed and shared[0, 1] == n


def test_mean_kappa_weighs_pairs_by_their_clips():
    kappas = np.array([[np.nan, 0.5, np.nan], [0.5, np.nan, -0.1], [np.nan, -0.1, np.nan]])
    shared = np.array([[0, 30, 1], [30, 0, 10], [1, 10, 0]])
    mean, pairs = raters.mean_kappa(kappas, shared)
    assert mean == pytest.approx((0.5 * 30 - 0.1 * 10) / 40) and pairs == 2


def test_like_raters_stand_beside_each_other():
    """Two camps, mixed: each hears within itself alike, and unlike the other."""
    camp = np.array([0, 1, 0, 1, 1, 0, 1, 0])
    kappas = np.where(camp[:, None] == camp, 0.7, 0.05)
    np.fill_diagonal(kappas, np.nan)
    kappas[0, 2] = kappas[2, 0] = np.nan  # a pair without clips in common
    placed = camp[raters.order(kappas)]
    assert np.count_nonzero(np.diff(placed)) == 1
    assert raters.order(np.full((5, 5), np.nan)).tolist() == [0, 1, 2, 3, 4]


def test_undefined_kappas_are_nan():
    for labels in ([1, 1], [0, 1]):
        one_clip = raters.named([0, 0], [0, 1], labels, clips=1, raters=2, emotions=2)
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
        assert table.expected[who] == pytest.approx((own / own.sum() * theirs / len(same)).sum())
        assert table.bias_distance[who] == pytest.approx(np.abs(own - theirs).sum() / len(same) / 2)
    assert table.votes.sum() == len(data["clip"]) and not table.one_label.any()


def test_distance_to_the_others_is_the_mean_divergence_of_a_single_vote():
    answers = raters.named([0, 0, 0, 1, 1], [0, 1, 2, 0, 1], [0, 0, 1, 2, 2], clips=2, raters=3, emotions=3)
    own, others = np.eye(3), np.array([[0.5, 0.5, 0], [0, 0, 1]])
    bits = jensen_shannon_divergence(own[[0, 2]], others)
    table = raters.rater_table(answers, seed=0)
    assert table.distance[0] == pytest.approx(bits.mean()) and table.distance[2] == 1
    np.testing.assert_allclose(table.entropy, [1, 1, 0])


def test_who_only_ever_says_one_thing_is_flagged():
    clip, rater, label = [0, 1, 2, 0, 1, 2, 0], [0, 0, 0, 1, 1, 1, 2], [1, 1, 1, 0, 1, 2, 0]
    answers = raters.named(clip, rater, label, clips=3, raters=4, emotions=3)
    assert raters.rater_table(answers, seed=0).one_label.tolist() == [True, False, False, False]


def test_intervals_do_not_hang_on_how_many_raters_are_worked_on_at_a_time(monkeypatch):
    answers = raters.named(**drawn(6))
    whole = raters.rater_table(answers, seed=2)
    monkeypatch.setattr(raters, "_RATERS", 3)
    parts = raters.rater_table(answers, seed=2)
    np.testing.assert_allclose(whole.low, parts.low, rtol=1e-12)
    np.testing.assert_allclose(whole.high, parts.high, rtol=1e-12)


def test_an_interval_needs_five_shared_clips():
    clip, rater = (
        np.repeat(np.arange(40), 2),
        np.column_stack([np.zeros(40), np.r_[[1] * 4, [2] * 5, [3] * 31]]).ravel(),
    )
    answers = raters.named(clip, rater, np.arange(80) % 3 % 2, clips=40, raters=5, emotions=2)
    table = raters.rater_table(answers, seed=0)
    assert table.shared.tolist() == [40, 4, 5, 31, 0]
    assert np.isfinite(table.low).tolist() == np.isfinite(table.high).tolist() == [True, False, True, True, False]


def test_blocks_of_clips_give_intervals_as_wide_as_clips_do(monkeypatch):
    answers = raters.named(**drawn(7, clips=2000))
    clips = raters.rater_table(answers, seed=2)
    monkeypatch.setattr(raters, "_UNITS", 400)
    blocks = raters.rater_table(answers, seed=2)
    assert not np.array_equal(blocks.low, clips.low)
    np.testing.assert_allclose(blocks.high - blocks.low, clips.high - clips.low, rtol=0.15)


def test_self_consistency_is_the_kappa_of_first_against_second_answer():
    rng = np.random.default_rng(0)
    clip, rater = np.tile(np.arange(80), 3), np.repeat([0, 0, 1], 80)
    first = rng.integers(4, size=80)
    second = np.where(rng.random(80) < 0.7, first, rng.integers(4, size=80))
    found = raters.self_consistency(clip, rater, np.concatenate([first, second, first]), raters=3)
    assert found.pairs.tolist() == [80, 0, 0]
    assert found.same[0] == np.mean(first == second)
    assert found.kappa[0] == pytest.approx(cohen_kappa_score(first, second)) and np.isnan(found.kappa[1:]).all()
    alike = raters.self_consistency([0, 0, 1, 1], [0] * 4, [1] * 4, raters=1)
    assert alike.same.tolist() == [1.0] and np.isnan(alike.kappa[0])
    nobody = raters.self_consistency([], [], [], raters=2)
    assert nobody.pairs.tolist() == [0, 0] and np.isnan(nobody.same).all()


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
