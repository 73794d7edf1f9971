"""The alternative annotator test: equal to a plain reading of the paper, to SciPy and to statsmodels; right on planted panels."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import t as student
from scipy.stats import ttest_1samp
from statsmodels.api import OLS
from statsmodels.stats.multitest import multipletests

from emo_core.errors import BadInput
from emo_core.science import standin
from emo_core.science.raters import Named, named
from emo_core.science.standin import alternative_annotator_test, anonymous_test, benjamini_yekutieli, epsilon_sweep


def drawn(
    seed: int, *, clips: int = 60, people: int = 6, emotions: int = 4, share: float = 0.7, right: float = 0.6
) -> tuple[Named, np.ndarray]:
    """Answers of people who each hear that share of the clips, and the truth that they name that often."""
    rng = np.random.default_rng(seed)
    clip, rater = np.nonzero(rng.random((clips, people)) < share)
    truth = rng.integers(emotions, size=clips)
    label = np.where(rng.random(len(clip)) < right, truth[clip], rng.integers(emotions, size=len(clip)))
    return named(clip, rater, label, clips=clips, raters=people, emotions=emotions), truth


def shares(seed: int, clips: int, emotions: int, *, missing: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    panel = rng.dirichlet(np.full(emotions, 0.5), size=clips)
    panel[rng.permutation(clips)[:missing]] = np.nan
    return panel


def read_from_the_paper(answers: Named, panel: np.ndarray, least_others: int) -> dict[int, tuple[list, list]]:
    """rater: (W^f, W^h) of each clip in common, each the mean over the panel's answers."""
    said: dict[int, dict[int, int]] = {}
    for clip, rater, label in zip(answers.clip.tolist(), answers.rater.tolist(), answers.label.tolist()):
        said.setdefault(clip, {})[rater] = label
    found: dict[int, tuple[list, list]] = {}
    for clip, by_rater in said.items():
        for rater, own in by_rater.items():
            others = [label for other, label in by_rater.items() if other != rater]
            if len(others) < least_others or np.isnan(panel[clip]).any():
                continue
            w_f, w_h = 0.0, 0.0
            for answer, probability in enumerate(panel[clip]):
                s_f = sum(label == answer for label in others) / len(others)
                s_h = sum(label == own for label in others) / len(others)
                w_f += probability * (s_f >= s_h)
                w_h += probability * (s_h >= s_f)
            rows = found.setdefault(rater, ([], []))
            rows[0].append(w_f)
            rows[1].append(w_h)
    return found


@pytest.mark.parametrize("least_others", [1, 2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_equals_a_plain_reading_of_the_paper(seed, least_others):
    answers, truth = drawn(seed, share=(0.5, 0.6, 0.7, 1.0)[seed])
    panel = np.eye(4)[truth] if seed % 2 else shares(seed, 60, 4, missing=7)
    test = alternative_annotator_test(answers, panel, epsilon=0.15, least_clips=5, least_others=least_others)
    expected = read_from_the_paper(answers, panel, least_others)
    assert [row.rater for row in test.raters] == sorted(r for r, rows in expected.items() if len(rows[0]) >= 5)
    for row in test.raters:
        w_f, w_h = (np.array(values) for values in expected[row.rater])
        assert row.clips == len(w_f)
        assert row.rho_f == pytest.approx(w_f.mean(), abs=1e-12) and row.rho_h == pytest.approx(w_h.mean(), abs=1e-12)
        assert row.difference == pytest.approx((w_h - w_f).mean(), abs=1e-12)
        assert row.sd == pytest.approx((w_h - w_f).std(ddof=1), abs=1e-12)
        assert row.p == pytest.approx(ttest_1samp(w_h - w_f, 0.15, alternative="less").pvalue, rel=1e-9)
    rejected, adjusted, *_ = multipletests([row.p for row in test.raters], alpha=0.05, method="fdr_by")
    assert [row.rejected for row in test.raters] == rejected.tolist()
    assert [row.adjusted for row in test.raters] == pytest.approx(adjusted)
    assert test.omega == rejected.mean() and test.passes == (test.omega >= 0.5)
    assert test.rho == pytest.approx(np.mean([np.mean(expected[row.rater][0]) for row in test.raters]), abs=1e-12)


def test_the_mean_over_the_panels_answers_is_the_mean_over_all_ways_to_draw_them():
    answers, _ = drawn(1, clips=5, people=4, emotions=3, share=1.0)
    panel = shares(2, 5, 3)
    rho = 0.0
    for labels in product(range(3), repeat=5):
        one_way = alternative_annotator_test(answers, np.eye(3)[list(labels)], least_clips=5)
        rho += np.prod(panel[np.arange(5), labels]) * np.array([row.rho_f for row in one_way.raters])
    exact = alternative_annotator_test(answers, panel, least_clips=5)
    np.testing.assert_allclose([row.rho_f for row in exact.raters], rho, atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_planted_panels(seed):
    """One more rater of the same kind passes, random labels fail, the truth wins against everybody."""
    rng = np.random.default_rng(100 + seed)
    answers, truth = drawn(seed, clips=1000, people=5, share=1.0)
    alike = np.where(rng.random(1000) < 0.6, truth, rng.integers(4, size=1000))
    for epsilon in (0.1, 0.2):
        for panel, passes in ((alike, True), (truth, True), (rng.integers(4, size=1000), False)):
            test = alternative_annotator_test(answers, np.eye(4)[panel], epsilon=epsilon)
            assert test.passes == passes and (panel is alike or test.omega == passes)
    assert alternative_annotator_test(answers, np.eye(4)[truth], epsilon=0.0).passes


def test_one_more_rater_of_the_same_kind_is_as_often_ahead_as_behind():
    answers, truth = drawn(5, clips=20_000, people=4, share=1.0)
    rng = np.random.default_rng(8)
    alike = np.where(rng.random(20_000) < 0.6, truth, rng.integers(4, size=20_000))
    test = alternative_annotator_test(answers, np.eye(4)[alike], epsilon=0.1)
    assert max(abs(row.difference) for row in test.raters) < 0.02 and test.omega == 1
    assert alternative_annotator_test(answers, np.eye(4)[alike], epsilon=0.0).omega < 1


def test_the_null_hypothesis_is_rejected_as_often_as_promised():
    """ε at the true difference: p is uniform, so that one in twenty lies below 0.05."""
    rng = np.random.default_rng(3)
    p, counts = [], np.tile([2, 1, 1], (100, 1))
    panel_ahead, rater_ahead = standin.advantages(counts[:1], np.array([[0.0, 1.0, 0.0]]))
    expected = ((rater_ahead - panel_ahead)[0] * [0.5, 0.25, 0.25]).sum()
    for _ in range(2000):
        d = (rater_ahead - panel_ahead)[0][rng.choice(3, size=100, p=[0.5, 0.25, 0.25])]
        p.append(float(standin._p_below(d.mean(), d.std(ddof=1) / 10, 100, expected)))
    assert 0.03 < np.mean(np.array(p) <= 0.05) < 0.07


def test_numbers_of_raters_clips_and_emotions_do_not_matter():
    answers, _ = drawn(7)
    panel, rng = shares(7, 60, 4, missing=3), np.random.default_rng(7)
    people, clips, emotions = rng.permutation(6), rng.permutation(60), rng.permutation(4)
    renumbered = named(
        clips[answers.clip], people[answers.rater], emotions[answers.label], clips=60, raters=6, emotions=4
    )
    moved = np.empty_like(panel)
    moved[np.ix_(clips, emotions)] = panel
    one, other = (alternative_annotator_test(*data) for data in ((answers, panel), (renumbered, moved)))
    assert (one.omega, one.few, one.unanswered, one.alone) == (other.omega, other.few, other.unanswered, other.alone)
    assert one.rho == pytest.approx(other.rho, abs=1e-12)
    rows = {row.rater: row for row in other.raters}
    for row in one.raters:
        assert row.p == pytest.approx(rows[people[row.rater]].p, rel=1e-9)


def test_everything_left_out_is_counted():
    clip, rater = np.nonzero(np.ones((40, 3)))
    answers = named(
        np.append(clip, [40, 41, 41]), np.append(rater, [0, 0, 3]), np.zeros(123), clips=42, raters=9, emotions=2
    )
    panel = np.tile([0.5, 0.5], (42, 1))
    panel[:4] = [np.nan, 0.5]  # half an answer is none
    test = alternative_annotator_test(answers, panel)
    assert test.tested == 3 and test.few == 1  # raters 4 to 8 never answered, so they are nobody
    assert test.alone == 1 and test.unanswered == 12
    assert [row.clips for row in test.raters] == [37, 36, 36]


def test_half_of_the_raters_is_enough_to_pass():
    """Raters 0 and 1 agree with each other, 2 and 3 with nobody, and no more does the panel."""
    answers = named(
        np.repeat(np.arange(40), 4),
        np.tile(np.arange(4), 40),
        np.tile([0, 0, 1, 2], 40),
        clips=40,
        raters=4,
        emotions=4,
    )
    test = alternative_annotator_test(answers, np.tile([0, 0, 0, 1], (40, 1)))
    assert [row.rejected for row in test.raters] == [False, False, True, True]
    assert test.omega == 0.5 and test.passes is True


def test_a_sweep_is_as_many_tests():
    answers, _ = drawn(9, clips=80, share=0.9)
    panel, epsilons = shares(9, 80, 4), np.linspace(0, 1, 41)
    sweep = epsilon_sweep(alternative_annotator_test(answers, panel), epsilons)
    assert sweep.tolist() == [alternative_annotator_test(answers, panel, epsilon=e).omega for e in epsilons]
    assert (np.diff(sweep) >= 0).all() and sweep[-1] == 1 > sweep[0]


@pytest.mark.parametrize(
    ("mean", "epsilon", "p"), [(0.0, 0.1, 0.0), (0.1, 0.1, 1.0), (0.1 + 1e-16, 0.1, 1.0), (1.0, 0.2, 1.0)]
)
def test_without_variation_the_mean_decides(mean, epsilon, p):
    assert standin._p_below(mean, 0.0, 40, epsilon) == p


def test_a_panel_that_always_says_what_everybody_says():
    answers = named(np.repeat(np.arange(30), 3), np.tile(np.arange(3), 30), np.ones(90), clips=30, raters=3, emotions=2)
    assert [row.p for row in alternative_annotator_test(answers, np.tile([0, 1], (30, 1))).raters] == [0, 0, 0]
    wrong = alternative_annotator_test(answers, np.tile([1, 0], (30, 1)))
    assert [row.p for row in wrong.raters] == [1, 1, 1] and wrong.passes is False and wrong.rho == 0
    assert epsilon_sweep(wrong, [1.0]).tolist() == [0]  # no better by ε is no better than ε


@pytest.mark.parametrize("m", [0, 1, 2, 7, 200])
def test_benjamini_yekutieli_equals_statsmodels(m, rng):
    p = rng.random(m) ** 3
    p[: m // 3] = p[m // 3 : 2 * (m // 3)]  # ties
    expected = multipletests(p, method="fdr_by")[1] if m else []
    np.testing.assert_allclose(benjamini_yekutieli(p), expected, rtol=1e-12)
    holed = np.insert(p, m // 2, np.nan)
    np.testing.assert_array_equal(np.delete(benjamini_yekutieli(holed), m // 2), benjamini_yekutieli(p))


def enumerated(counts: np.ndarray, panel: np.ndarray) -> tuple[float, float]:
    """W^f and W^h of one clip: every vote left out once, every answer of the panel."""
    votes = np.repeat(np.arange(len(counts)), counts).tolist()
    w_f, w_h = [], []
    for place, own in enumerate(votes):
        others = votes[:place] + votes[place + 1 :]
        s = [others.count(answer) / len(others) for answer in range(len(counts))]
        w_f.append(sum(f * (s[answer] >= s[own]) for answer, f in enumerate(panel)))
        w_h.append(sum(f * (s[own] >= s[answer]) for answer, f in enumerate(panel)))
    return np.mean(w_f), np.mean(w_h)


@pytest.mark.parametrize("seed", range(3))
def test_anonymous_equals_leaving_out_each_vote(seed, monkeypatch):
    monkeypatch.setattr(standin, "_BLOCK", 17)
    rng = np.random.default_rng(seed)
    counts, panel = rng.integers(0, 4, size=(80, 4)), shares(seed, 80, 4, missing=5)
    counts[0] = [3, 0, 0, 0]
    test = anonymous_test(counts, panel, epsilon=0.1, seed=0)
    used = (counts.sum(axis=1) >= 3) & ~np.isnan(panel[:, 0])
    w_f, w_h = np.array([enumerated(*pair) for pair in zip(counts[used], panel[used])]).T
    assert test.rho.value == pytest.approx(w_f.mean(), abs=1e-12) and test.rho.n == used.sum() == test.units
    assert test.rho_h.value == pytest.approx(w_h.mean(), abs=1e-12)
    assert test.difference.value == pytest.approx((w_h - w_f).mean(), abs=1e-12)
    assert test.p == pytest.approx(ttest_1samp(w_h - w_f, 0.1, alternative="less").pvalue, rel=1e-9)
    assert test.few == (counts.sum(axis=1) < 3).sum()
    assert test.few + test.unanswered + test.rho.n == 80
    assert test.difference.interval.low < test.difference.value < test.difference.interval.high


def test_anonymous_is_the_mean_over_raters_where_all_answered_everything():
    answers, _ = drawn(11, share=1.0)
    panel = shares(11, 60, 4)
    known, unknown = alternative_annotator_test(answers, panel), anonymous_test(answers.counts, panel, seed=0)
    assert unknown.rho.value == pytest.approx(known.rho, abs=1e-12)
    assert unknown.difference.value == pytest.approx(np.mean([row.difference for row in known.raters]), abs=1e-12)


def test_clusters_of_equal_clips_count_once():
    """Every clip thrice, as clusters: the p of the clips taken once. Clusters of one clip each: the plain t-test."""
    rng = np.random.default_rng(2)
    counts, panel = rng.multinomial(5, [0.4, 0.3, 0.3], size=50), shares(2, 50, 3)
    once = anonymous_test(counts, panel, epsilon=0.05, seed=0)
    thrice = anonymous_test(
        np.tile(counts, (3, 1)), np.tile(panel, (3, 1)), epsilon=0.05, seed=0, clusters=[f"s{i}" for i in range(50)] * 3
    )
    assert thrice.p == pytest.approx(once.p, rel=1e-9) and thrice.units == 50 and thrice.rho.n == 150
    own = anonymous_test(counts, panel, epsilon=0.05, seed=0, clusters=np.arange(50))
    assert own.p == pytest.approx(once.p, rel=1e-9)


def test_clusters_equal_statsmodels_robust_error():
    rng = np.random.default_rng(4)
    d, speaker = rng.normal(size=300), rng.integers(23, size=300)
    fit = OLS(d, np.ones(300)).fit(cov_type="cluster", cov_kwds={"groups": speaker}, use_t=True)
    p, units, _ = standin._pooled(d, speaker, 0.1, 30, 3)
    assert units == 23
    assert p == pytest.approx(student.cdf((d.mean() - 0.1) / fit.bse[0], df=22), rel=1e-9)


@pytest.mark.parametrize(
    ("people", "says"),
    [(0, "no rater has 30 clips"), (1, "no rater has 30 clips"), (2, "only 2 raters have 30 clips")],
)
def test_too_few_raters_neither_pass_nor_fail(people, says):
    clip, rater = np.nonzero(np.ones((40, people)))
    answers = named(clip, rater, np.zeros(len(clip)), clips=40, raters=people, emotions=2)
    test = alternative_annotator_test(answers, np.tile([1.0, 0.0], (40, 1)))
    assert test.passes is None and test.reason.startswith(says)
    assert (test.omega, test.rho) == (1, 1) if people == 2 else np.isnan([test.omega, test.rho]).all()
    assert len(epsilon_sweep(test, [0.1, 0.2])) == 2


def test_a_panel_without_answers_neither_passes_nor_fails():
    answers, _ = drawn(0)
    test = alternative_annotator_test(answers, np.full((60, 4), np.nan))
    assert test.passes is None and test.tested == 0 and test.few == 6 and test.reason.startswith("no rater")
    assert test.unanswered + test.alone == len(answers.clip)
    unknown = anonymous_test(answers.counts, np.full((60, 4), np.nan), seed=0)
    assert np.isnan([unknown.p, unknown.rho.value]).all() and unknown.rejected is None
    assert unknown.reason == "0 clips have 3 votes and an answer of the panel; the test needs 30"


def test_thirty_clips_are_enough():
    counts, panel = np.tile([3, 1], (30, 1)), np.tile([1, 0], (30, 1))
    assert anonymous_test(counts, panel, seed=0).reason is None
    assert anonymous_test(counts[:29], panel[:29], seed=0).reason.startswith("29 clips have")


def test_one_cluster_has_no_p():
    test = anonymous_test(np.tile([3, 1], (40, 1)), np.tile([1, 0], (40, 1)), seed=0, clusters=["she"] * 40)
    assert np.isnan(test.p) and test.rejected is None and "at least two" in test.reason and test.rho.value == 1


@pytest.mark.parametrize(
    ("panel", "options", "says"),
    [
        (np.full((60, 3), 1 / 3), {}, "one distribution for each clip, 60 × 4"),
        (np.full((60, 4), 0.5), {}, "sum to one"),
        (np.full((60, 4), 0.25), {"epsilon": -0.1}, "ε is a margin"),
        (np.full((60, 4), 0.25), {"epsilon": np.nan}, "ε is a margin"),
        (np.full((60, 4), 0.25), {"q": 5}, "q is a share"),
        (np.full((60, 4), 0.25), {"least_clips": 1}, "least_clips is a whole number from 2 on"),
        (np.full((60, 4), 0.25), {"least_others": 0}, "least_others is a whole number from 1 on"),
    ],
)
def test_what_breaks_a_rule(panel, options, says):
    with pytest.raises(BadInput, match=says):
        alternative_annotator_test(drawn(0)[0], panel, **options)


def test_what_breaks_a_rule_of_the_others():
    panel = np.full((40, 2), 0.5)
    with pytest.raises(BadInput, match="whole numbers"):
        anonymous_test(np.full((40, 2), 1.5), panel, seed=0)
    with pytest.raises(BadInput, match="40 clips came with 3 clusters"):
        anonymous_test(np.full((40, 2), 2), panel, seed=0, clusters="abc")
    with pytest.raises(BadInput, match="least_votes"):
        anonymous_test(np.full((40, 2), 2), panel, seed=0, least_votes=1)
    with pytest.raises(BadInput, match=r"number 1 is 1\.5"):
        benjamini_yekutieli([0.1, 1.5])
    with pytest.raises(BadInput, match="ε is a margin"):
        epsilon_sweep(alternative_annotator_test(drawn(0)[0], np.full((60, 4), 0.25)), [0.1, 2])
