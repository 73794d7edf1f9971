import numpy as np
import pytest

from emo_core.errors import BadInput
from emo_core.science import entropy, jensen_shannon_divergence, normalise, subsets
from emo_core.science.complement import combined_gain, gain_by_ambiguity


def heard(rng, clips: int) -> np.ndarray:
    return rng.dirichlet(np.full(4, 0.7), size=clips)


def wrong(truth: np.ndarray, votes: int) -> np.ndarray:
    """All votes on what listeners hear least."""
    return votes * np.eye(4, dtype=int)[truth.argmin(axis=1)]


def test_votes_of_a_copy_help_and_more_help_more(rng):
    truth = heard(rng, 4000)
    found = combined_gain(rng.multinomial(8, truth), rng.multinomial(6, truth), seed=1, most=6, resamples=100)
    assert (found.held_out, found.human_votes, found.clips, found.weight) == (4, 4, 4000, 1.0)
    assert found.n.tolist() == list(range(7)) and found.gain.mean[0] == found.gain.low[0] == found.gain.high[0] == 0
    assert (found.gain.low[1:] > 0).all() and (np.diff(found.gain.mean) > 0).all()
    assert np.allclose(found.gain.mean, found.js.mean[0] - found.js.mean)
    # Such votes are listeners: four of its votes do what four more people would.
    people = subsets.within(rng.multinomial(12, truth), 4, [8]).mean()[0]
    assert found.js.mean[4] == pytest.approx(people, abs=0.012)


def test_a_confident_wrong_panel_harms_and_less_where_it_weighs_less(rng):
    truth = heard(rng, 2000)
    reference = rng.multinomial(9, truth)
    full, half, none = (
        combined_gain(reference, wrong(truth, 5), seed=1, most=5, weight=weight, resamples=100)
        for weight in (1.0, 0.5, 0.0)
    )
    assert (full.held_out, full.human_votes) == (4, 5)
    assert (full.gain.high[1:] < 0).all() and (np.diff(full.gain.mean) < 0).all()
    assert (half.gain.mean[1:] > full.gain.mean[1:]).all() and (half.gain.high[1:] < 0).all()
    assert none.gain.mean == pytest.approx(np.zeros(6), abs=1e-12)
    assert half.gain.mean[2] == pytest.approx(full.gain.mean[1], abs=1e-12)  # two halves of the same vote


def test_without_enough_votes_there_is_no_answer_and_one_clip_has_no_interval(rng):
    truth = heard(rng, 40)
    reference, candidate = rng.multinomial(8, truth), rng.multinomial(5, truth)
    reference[:2] = rng.multinomial(4, truth[:2])  # fewer than nine tenths have
    candidate[2:5] = 0
    found = combined_gain(reference, candidate, seed=1, most=5, resamples=5)
    assert (found.clips, found.held_out + found.human_votes) == (35, 8)
    assert combined_gain(reference, candidate, seed=1, most=5, length=4, resamples=5).clips == 37
    for call in (
        combined_gain(reference, candidate, seed=1, most=6),
        gain_by_ambiguity(reference, candidate, seed=1, n=6),
    ):
        assert call is None
    assert combined_gain(reference // 4, candidate, seed=1, most=2) is None
    assert combined_gain(reference[:0], candidate[:0], seed=1, most=2) is None
    alone = combined_gain(reference[-1:], candidate[-1:], seed=1, most=5)
    assert alone.clips == 1 and np.isfinite(alone.gain.mean).all() and np.isnan(alone.gain.low[1:]).all()
    assert gain_by_ambiguity(reference[-1:], candidate[-1:], seed=1, n=5).clips == 1


@pytest.mark.parametrize("weight", [1.0, 0.4])
def test_the_gains_of_all_strata_by_share_are_the_gain_of_all_clips(weight, rng):
    truth = heard(rng, 2000)
    reference, candidate = rng.multinomial(9, truth), rng.multinomial(6, 0.6 * truth + 0.1)
    exact = combined_gain(reference, candidate, seed=1, most=6, weight=weight, resamples=2)
    found = gain_by_ambiguity(reference, candidate, seed=1, n=6, weight=weight, splits=20, resamples=50)
    assert (found.clips, found.splits, found.candidate_votes) == (2000, 20, 6)
    assert (found.held_out, found.human_votes) == (exact.held_out, exact.human_votes)
    gains, alone = (np.array([each.value for each in figures]) for figures in (found.gain, found.alone))
    assert found.share.sum() == pytest.approx(1)
    # 40,000 ways to part the votes, each with a spread of 0.15 at most: a standard error of 0.0008.
    assert found.share @ gains == pytest.approx(exact.gain.mean[6], abs=0.003)
    assert found.share @ alone == pytest.approx(exact.js.mean[0], abs=0.004)
    assert all(each.low < each.value < each.high for each in found.gain)
    again = gain_by_ambiguity(reference, candidate, seed=1, n=6, weight=weight, splits=20, resamples=50)
    assert again.gain == found.gain and again.alone == found.alone
    assert gain_by_ambiguity(reference, candidate, seed=2, n=6, weight=weight, splits=2, resamples=2).gain != found.gain


def test_a_stratum_says_nothing_about_the_votes_that_are_held_out(rng):
    """All listeners of all clips hear alike, so that in each stratum the held-out votes are those of anyone."""
    process = np.array([0.5, 0.3, 0.1, 0.1])
    reference, candidate = rng.multinomial(8, process, size=6000), rng.multinomial(8, process, size=6000)
    found = gain_by_ambiguity(reference, candidate, seed=1, n=8, resamples=50)
    truth, human, more = (rng.multinomial(n, process, size=100_000) for n in (4, 4, 8))
    p, q, pooled = (normalise(each) for each in (truth, human, human + more))
    alone, helped = (jensen_shannon_divergence(p, each) for each in (q, pooled))
    stratum = np.searchsorted(found.edges, entropy(q) - 1e-6)
    assert found.share == pytest.approx([(stratum == i).mean() for i in range(3)], abs=0.02)
    for i in range(3):
        inside = stratum == i
        if inside.any():
            assert found.alone[i].value == pytest.approx(alone[inside].mean(), abs=0.01)
            assert found.gain[i].value == pytest.approx((alone - helped)[inside].mean(), abs=0.01)
    assert found.names == ("low", "medium", "high") and found.gain[0].value > found.gain[1].value + 0.02


def test_many_clips_are_parted_fewer_times(monkeypatch, rng):
    monkeypatch.setattr("emo_core.science.complement.MOST_PARTED", 300)
    truth = heard(rng, 400)
    reference, candidate = rng.multinomial(6, truth), rng.multinomial(3, truth)
    speakers = [f"s{i % 40}" for i in range(400)]
    found = gain_by_ambiguity(reference, candidate, seed=1, n=3, k=2, clusters=speakers, resamples=20)
    assert (found.clips, found.splits, found.names) == (300, 1, ("low", "high"))
    few = gain_by_ambiguity(reference[:100], candidate[:100], seed=1, n=3, resamples=20)
    assert (few.clips, few.splits) == (100, 3)


def test_a_stratum_without_clips_says_so():
    found = gain_by_ambiguity(np.array([[6, 0]] * 10), np.array([[3, 3]] * 10), seed=1, n=2, resamples=20)
    assert found.share.tolist() == [1, 0, 0]
    assert [each.n for each in found.gain] == [10, 0, 0]
    assert found.gain[0].reason is None and np.isnan(found.gain[2].value) and found.gain[2].reason
    assert found.gain[0].value < 0 and found.alone[0].value == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda r, c: combined_gain(r / 2, c, seed=1, most=2),
        lambda r, c: combined_gain(r, c[:2], seed=1, most=2),
        lambda r, c: combined_gain(r, c, seed=1, most=2, weight=-1.0),
        lambda r, c: combined_gain(r, c, seed=1, most=2, clusters=["a"] * 3),
        lambda r, c: gain_by_ambiguity(r, c / 2, seed=1, n=2),
        lambda r, c: gain_by_ambiguity(r, c, seed=1, n=2, k=1),
        lambda r, c: gain_by_ambiguity(r, c, seed=1, n=0),
        lambda r, c: gain_by_ambiguity(r, c, seed=1, n=2, clusters=["a"] * 3),
        lambda r, c: gain_by_ambiguity(r, c, seed=1, n=2, clusters=["a", "b"] * 4),
    ],
    ids=[
        "shared",
        "shapes",
        "weight",
        "clusters",
        "shared, by",
        "one stratum",
        "no vote",
        "clusters, by",
        "more clusters than clips",
    ],
)
def test_wrong_input_is_refused(call):
    with pytest.raises(BadInput):
        call(np.array([[3, 3]] * 4), np.array([[3, 0]] * 4))
