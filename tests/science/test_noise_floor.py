from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from emo_core.errors import BadInput
from emo_core.science import jensen_shannon_divergence, normalise, subsets
from emo_core.science.noise_floor import corrected_divergence, exchange, noise_floor, reference_length

EMOTIONS = 4


def heard(rng, clips: int = 20_000) -> np.ndarray:
    """What listeners hear in each clip: the process that votes are drawn from."""
    return rng.dirichlet(np.full(EMOTIONS, 0.7), size=clips)


def noisy(truth: np.ndarray, share: float) -> np.ndarray:
    """With this chance, any emotion."""
    return (1 - share) * truth + share / EMOTIONS


def test_a_copy_of_the_listeners_lies_on_the_floor_and_each_of_its_votes_is_worth_one(rng):
    truth = heard(rng)
    found = noise_floor(rng.multinomial(10, truth), rng.multinomial(8, truth), seed=1, most=8, resamples=200)
    assert (found.reference_votes, found.clips, found.clips_left_out) == (5, 20_000, 0)
    assert found.n_listeners.tolist() == [1, 2, 3, 4, 5] and found.n_candidate.tolist() == list(range(1, 9))
    inside = (found.excess.low <= 0) & (found.excess.high >= 0)
    assert (inside | (np.abs(found.excess.mean) < 0.002)).all()
    # Near n = 5 the floor falls by 0.01 a listener, so that 0.002 is a fifth of one.
    assert found.listeners.mean[1:4] == pytest.approx([2, 3, 4], abs=0.25)
    assert found.listeners.mean[-1] == 6  # more than could be held out
    assert (found.listeners.low <= found.listeners.mean).all() and (found.listeners.mean <= found.listeners.high).all()


def test_the_floor_is_what_further_listeners_of_the_same_clips_score(rng):
    truth = heard(rng, 5000)
    votes = rng.multinomial(12, truth)
    found = noise_floor(votes, votes, seed=1, most=3, resamples=100)
    anew = [
        jensen_shannon_divergence(normalise(rng.multinomial(6, truth)), normalise(rng.multinomial(n, truth))).mean()
        for n in found.n_listeners
    ]
    assert np.abs(found.floor.mean - anew).max() < 0.012  # four standard errors of 5,000 clips


def test_the_bound_is_what_a_panel_scores_that_knows_each_clips_distribution(rng):
    truth = heard(rng, 5000)
    votes = rng.multinomial(12, truth)
    found = noise_floor(votes, votes, seed=1, most=3, resamples=100)
    # The clip's own distribution against six votes, by binomial chances of each emotion's votes.
    y = np.arange(7)
    chances = stats.binom.pmf(y, 6, truth[..., None])
    knowing = (chances * subsets.js(y / 6, truth[..., None])).sum(axis=(1, 2)).mean()
    assert found.floor.mean[-1] > knowing
    assert found.bound_value == pytest.approx(knowing, abs=0.02)
    assert found.bound.low <= found.bound_value <= found.bound.high


def test_the_more_noise_the_fewer_listeners_a_panel_is_worth(rng):
    truth = heard(rng, 6000)
    reference = rng.multinomial(12, truth)
    worth = [
        noise_floor(reference, rng.multinomial(6, noisy(truth, share)), seed=1, most=6, resamples=2).listeners.mean
        for share in (0.0, 0.25, 0.5, 0.75)
    ]
    for better, worse in pairwise(worth):
        assert (worse <= better).all() and worse[-1] < better[-1] - 0.3
    assert worth[2][0] < 1 and worth[2][-1] < 3  # six votes, half of them noise
    assert (np.diff(worth, axis=1) >= -1e-9).all()  # and more votes are worth no less


def test_exchange_reads_the_floor_straight_over_one_by_n():
    floor = np.array([[0.50, 0.35, 0.30]])
    values = np.array([[0.5, 0.44, 0.35, 0.32, 0.30]])
    # 0.44: 60 % of the way from 1/2 to 1/1; 0.32: 40 % of that from 1/3 to 1/2.
    expected = [1, 1 / (0.5 + 0.6 * 0.5), 2, 1 / (1 / 3 + 0.4 / 6), 3]
    assert exchange(floor, values)[0] == pytest.approx(expected)
    assert exchange(np.tile(floor, (3, 1)), np.tile(values, (3, 1))) == pytest.approx(np.tile(expected, (3, 1)))
    fewer, more = exchange(floor, np.array([[0.6, 0.2]]))[0]
    assert 0 <= fewer < 1 and more == 4


def test_a_chance_difference_at_either_end_of_the_floor_is_a_small_part_of_a_listener():
    floor = np.array([[0.50, 0.35, 0.30]])
    found = exchange(floor, np.array([[0.501, 0.499, 0.301, 0.299]]))[0]
    assert found == pytest.approx([1, 1, 3, 3], abs=0.1)


@pytest.mark.parametrize("same", [True, False])
def test_the_correction_brings_small_samples_near_the_true_divergence(same, rng):
    truth = heard(rng)
    others = truth if same else noisy(truth, 0.5)
    reference, candidate = rng.multinomial(9, truth), rng.multinomial(11, others)
    plain, corrected = corrected_divergence(reference, candidate, seed=1, resamples=200)
    end = jensen_shannon_divergence(truth, others).mean()
    assert plain.value == pytest.approx(jensen_shannon_divergence(normalise(reference), normalise(candidate)).mean())
    assert plain.value - end > 0.03
    # Of the bias a sixth is left at most: the part of higher order, that rare emotions have.
    assert abs(corrected.value - end) < (plain.value - end) / 6
    assert corrected.low < corrected.value < corrected.high and corrected.n == len(truth)


def test_one_vote_on_a_side_cannot_be_corrected():
    plain, corrected = corrected_divergence(np.array([[1, 0], [3, 1]]), np.array([[4, 0], [0, 1]]), seed=1)
    assert plain.n == corrected.n == 0 and np.isnan(corrected.value) and "two votes" in corrected.reason


def test_clips_with_few_votes_are_left_out_of_floor_and_candidate_alike(rng):
    truth = heard(rng, 300)
    reference, candidate = rng.multinomial(8, truth), rng.multinomial(5, truth)
    reference[:20] = rng.multinomial(3, truth[:20])
    candidate[20:50] = rng.multinomial(4, truth[20:50])
    found = noise_floor(reference, candidate, seed=1, most=5, resamples=20)
    assert (found.clips, found.clips_left_out, found.reference_votes) == (250, 50, 4)
    assert found.floor.mean == pytest.approx(subsets.within(reference[50:], 4, [1, 2, 3, 4]).mean())
    assert found.candidate.mean == pytest.approx(
        subsets.against_part(reference[50:], candidate[50:], 4, range(1, 6)).mean()
    )
    assert found.excess.mean == pytest.approx(found.candidate.mean[:4] - found.floor.mean)
    asked = noise_floor(reference, candidate, seed=1, most=5, reference_votes=6, resamples=20)
    assert asked.reference_votes == 6 and asked.n_listeners.tolist() == [1, 2]
    f = asked.floor.mean
    assert asked.bound_value == pytest.approx(2 * f[1] - f[0])  # straight on over 1/n
    assert noise_floor(reference, candidate, seed=1, most=6) is None
    assert noise_floor(reference[:20], candidate[:20], seed=1, most=5) is None
    assert noise_floor(reference[:0], candidate[:0], seed=1, most=5) is None
    alone = noise_floor(reference[-1:], candidate[-1:], seed=1, most=5)
    assert alone.clips == 1 and np.isnan(alone.floor.low).all() and np.isfinite(alone.floor.mean).all()


@pytest.mark.parametrize(
    ("votes", "length"),
    [
        ([4] * 5 + [9] * 95, 9),
        ([4] * 10 + [9] * 90, 9),  # nine tenths to the clip
        ([4] + [9] * 9, 9),
        ([4] * 11 + [9] * 89, 4),
        ([3] * 9 + [7], 7),  # of those with four or more
        ([3], 0),
        ([], 0),
    ],
)
def test_the_reference_is_as_long_as_nine_tenths_of_its_clips_allow(votes, length):
    assert reference_length(np.array(votes, dtype=int)) == length


def test_copies_of_clips_within_a_speaker_widen_the_intervals(rng):
    truth = heard(rng, 60)
    reference, candidate = (np.repeat(rng.multinomial(n, truth), 10, axis=0) for n in (8, 5))
    speakers = np.repeat(np.arange(60), 10)
    alone, clustered = (
        noise_floor(reference, candidate, seed=1, most=5, clusters=by, resamples=400).candidate
        for by in (None, speakers)
    )
    assert np.allclose((clustered.high - clustered.low) / (alone.high - alone.low), np.sqrt(10), rtol=0.25)
    plain, corrected = corrected_divergence(reference, candidate, seed=1, clusters=speakers, resamples=100)
    assert corrected.high - corrected.low > plain.high - plain.low > 0


@pytest.mark.parametrize(
    "call",
    [
        lambda r, c: noise_floor(r / 2, c, seed=1, most=2),
        lambda r, c: noise_floor(r, c[:, :1], seed=1, most=2),
        lambda r, c: noise_floor(r, c, seed=1, most=2, reference_votes=-1),
        lambda r, c: noise_floor(r, c, seed=1, most=2, clusters=["a"] * 3),
        lambda r, c: corrected_divergence(r, c / 2, seed=1),
        lambda r, c: corrected_divergence(r, c, seed=1, clusters=["a"] * 3),
    ],
    ids=["shared votes", "other emotions", "negative reference", "clusters", "shared candidate", "corrected clusters"],
)
def test_wrong_input_is_refused(call):
    with pytest.raises(BadInput):
        call(np.array([[3, 2]] * 4), np.array([[3, 0]] * 4))
