import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from vote_strategies import aligned_panels

from emo_core.errors import BadInput
from emo_core.science import jensen_shannon_divergence, normalise, subsets
from emo_core.science.saturation import MEASURES, curve_length, in_vote_order, sampled, saturation

SEED = {"seed": 1, "resamples": 2}  # where intervals do not matter


def panels(rng, clips: int, *votes: int) -> list[np.ndarray]:
    """Votes of several panels that hear each clip alike, four emotions."""
    truth = rng.dirichlet(np.full(4, 0.7), size=clips)
    return [rng.multinomial(n, truth) for n in votes]


def expected_js(p: np.ndarray, q: np.ndarray, n: int) -> float:
    """Mean divergence from p of n votes drawn from q, by binomial chances and entropies of the shares."""

    def h(share):
        return -share * np.log2(np.where(share > 0, share, 1))

    x = np.arange(n + 1)
    chances = stats.binom.pmf(x, n, q[..., None])
    return float((chances * (h((p[..., None] + x / n) / 2) - h(p[..., None]) / 2 - h(x / n) / 2)).sum((1, 2)).mean())


def test_the_curve_of_crema_d_meets_the_figures_computed_beforehand(crema_d):
    found = saturation(*crema_d, seed=1, most=5, resamples=50)
    assert found.curves["js"].mean.round(4).tolist() == [0.4649, 0.3801, 0.3424, 0.3202, 0.3054]
    assert (found.clips, found.clips_left_out, found.units) == (3764, 0, 3764)
    assert (found.curves["js"].low < found.curves["js"].mean).all()
    assert (found.curves["js"].high > found.curves["js"].mean).all()


@settings(max_examples=25, deadline=None)
@given(aligned_panels(), st.randoms(use_true_random=False))
def test_more_votes_never_come_out_farther_and_all_votes_as_the_plain_divergence(both, random):
    r, c = both
    c[:] = c + np.eye(c.shape[1], dtype=int)[0] * (c.sum(axis=1).max() - c.sum(axis=1))[:, None]  # equal numbers
    found = saturation(r, c, **SEED)
    curve = found.curves["js"].mean
    assert (np.diff(curve) <= 1e-12).all() and np.allclose(found.gain.mean, curve[:-1] - curve[1:], atol=1e-15)
    assert curve[-1] == pytest.approx(jensen_shannon_divergence(normalise(r), normalise(c)).mean(), abs=1e-12)
    clips, emotions = (random.sample(range(size), size) for size in r.shape)
    moved = saturation(r[clips][:, emotions], c[clips][:, emotions], **SEED)
    doubled = saturation(np.tile(r, (2, 1)), np.tile(c, (2, 1)), **SEED)
    for name in MEASURES:
        assert np.allclose(moved.curves[name].mean, found.curves[name].mean, atol=1e-12)
        assert np.allclose(doubled.curves[name].mean, found.curves[name].mean, atol=1e-12)
    assert doubled.clips == 2 * found.clips


def test_random_orders_of_many_votes_come_out_at_the_exact_curve(rng):
    r, c = panels(rng, 300, 9, 40)
    sizes = [1, 3, 10, 40]
    orders = 60
    found = sampled(r, c, sizes, seed=3, orders=orders, measure=jensen_shannon_divergence, resamples=2)
    exact = subsets.against_all(r, c, sizes).mean()
    p = normalise(r)
    draws = list(subsets.draw(c, 10, rng))[-1]  # votes left at ten: how far one order strays
    spread = jensen_shannon_divergence(p, draws / 10).std()
    assert np.abs(found.mean - exact).max() < 4 * spread / np.sqrt(orders * len(r))
    assert found.mean[-1] == pytest.approx(exact[-1], abs=1e-12)


def test_the_distance_is_sampled_between_its_bounds(rng):
    r, c = panels(rng, 100, 9, 12)
    distance = sampled(r, c, [1, 12], seed=3, resamples=50)
    divergence = subsets.against_all(r, c, [1, 12]).mean()
    assert (distance.mean >= divergence).all() and (distance.mean <= np.sqrt(divergence) + 1e-3).all()
    assert (distance.low < distance.mean).all() and (distance.mean < distance.high).all()
    with pytest.raises(BadInput, match="Every clip needs 13 candidate votes"):
        sampled(r, c, [13], seed=3)


def test_votes_as_they_came_are_taken_from_the_first():
    reference = np.array([[1, 1], [1, 0], [1, 0], [0, 0]])
    clip, label = np.array([1, 0, 0, 1, 2, 3, 3]), np.array([1, 0, 1, 0, 0, 0, 0])
    curve, clips = in_vote_order(reference, clip, label, most=2, seed=1, resamples=2)
    # Clip 0 hears 0, then 1; clip 1 hears 1, then 0; clip 2 has one vote, clip 3 no reference.
    half = jensen_shannon_divergence(np.array([1.0, 0.0]), np.array([0.5, 0.5]))
    assert clips == 2 and curve.mean == pytest.approx([(half + 1) / 2, half / 2])
    assert in_vote_order(reference, clip, label, most=3, seed=1)[1] == 0
    with pytest.raises(BadInput, match="at least one point"):
        in_vote_order(reference, clip, label, most=0, seed=1)


def test_votes_in_random_order_come_out_at_the_exact_curve(rng):
    r, c = panels(rng, 4000, 9, 12)
    clip = np.repeat(np.arange(len(c)), 12)
    label = np.concatenate([rng.permutation(np.repeat(np.arange(4), votes)) for votes in c])
    mixed = rng.permutation(len(clip))
    order = mixed[np.argsort(clip[mixed], kind="stable")]  # shuffled within clips again
    speakers = np.arange(len(c)) // 10
    curve, clips = in_vote_order(r, clip[order], label[order], most=8, seed=1, clusters=speakers, resamples=200)
    exact = subsets.against_all(r, c, range(1, 9)).mean()
    assert clips == 4000 and (curve.low - 0.005 < exact).all() and (exact < curve.high + 0.005).all()


def test_every_point_has_the_same_clips(rng):
    r, c = panels(rng, 60, 6, 9)
    c[:10] = rng.multinomial(3, np.ones(4) / 4, size=10)  # with three votes only
    r[10:14] = 0
    short, rest = saturation(r, c, **SEED), saturation(r[14:], c[14:], **SEED)
    assert (short.clips, short.clips_left_out, len(short.n)) == (56, 4, 3)  # three is what nine tenths have
    asked = saturation(r, c, most=9, **SEED)
    assert (asked.clips, asked.clips_left_out, len(asked.n)) == (46, 14, 9)
    assert np.allclose(asked.curves["js"].mean, rest.curves["js"].mean, atol=1e-12)
    assert saturation(r, c, most=3, **SEED).clips == 56
    assert saturation(r, c, most=10, **SEED).clips == 0


@pytest.mark.parametrize(
    ("votes", "length"),
    [
        ([5, 7, 9], 5),  # as many as every clip has
        ([4] * 5 + [9] * 95, 9),  # fewer than five: the most that nine tenths have
        ([4] * 11 + [9] * 89, 4),
        ([1] * 10 + [8] * 90, 8),  # nine tenths to the clip
        ([1] + [8] * 9, 8),
        ([3], 3),
        ([], 0),
    ],
)
def test_a_curve_is_as_long_as_nine_tenths_of_the_clips_allow(votes, length):
    assert curve_length(np.array(votes, dtype=int)) == length


def test_no_clip_gives_an_empty_curve_and_one_clip_a_curve_without_interval():
    none = saturation(np.zeros((0, 3)), np.zeros((0, 3)), seed=1)
    assert (none.clips, len(none.n), none.level) == (0, 0, None) and none.reason
    unheard = saturation(np.array([[1, 2]]), np.array([[0, 3]]), seed=1, most=4)
    assert np.isnan(unheard.curves["js"].mean).all() and (unheard.clips_left_out, len(unheard.gain.mean)) == (1, 3)
    one = saturation(np.array([[3, 1]]), np.array([[4, 4]]), seed=1)
    assert one.curves["js"].mean == pytest.approx(subsets.against_all([[3, 1]], [[4, 4]], range(1, 9)).mean())
    assert np.isnan(one.curves["js"].low).all() and np.isnan(one.level.interval.low) and one.level.point >= 1
    three = saturation(np.array([[3, 1]]), np.array([[2, 1]]), seed=1)
    assert three.level is None and "4 points or more, the curve has 3" in three.reason


def test_a_corpus_half_without_candidate_votes_has_a_curve_of_the_other_half():
    r, c = np.array([[3, 1]] * 20), np.array([[0, 0]] * 10 + [[4, 4]] * 10)
    found = saturation(r, c, **SEED)
    assert (found.clips, found.clips_left_out) in ((10, 10), (0, 20))  # of these or, said aloud, of none
    assert found.clips or found.reason


def test_copies_of_clips_within_a_speaker_widen_the_intervals(rng):
    r, c = (np.repeat(votes, 10, axis=0) for votes in panels(rng, 60, 8, 10))
    speakers = [f"speaker {i // 10}" for i in range(600)]
    alone, clustered = (saturation(r, c, seed=1, clusters=by, resamples=400) for by in (None, speakers))
    widths = [found.curves["js"].high - found.curves["js"].low for found in (alone, clustered)]
    assert np.allclose(widths[1] / widths[0], np.sqrt(10), rtol=0.25)
    assert (alone.units, clustered.units) == (600, 60)
    assert (clustered.curves["js"].mean == alone.curves["js"].mean).all()
    ends = [found.level.asymptote for found in (alone, clustered)]
    assert ends[1].high - ends[1].low > 2 * (ends[0].high - ends[0].low)


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_the_saturation_point_is_the_one_of_the_true_curve(noise, rng):
    p, q = rng.dirichlet(np.full(4, 0.7), size=200), rng.dirichlet(np.full(4, 0.7), size=200)
    heard = (1 - noise) * p + noise * q
    found = saturation(np.tile(p, (20, 1)), rng.multinomial(40, np.tile(heard, (20, 1))), seed=1, resamples=50)
    truth = np.array([expected_js(p, heard, n) for n in range(1, 41)])
    assert np.abs(found.curves["js"].mean - truth).max() < 0.003
    end = jensen_shannon_divergence(p, heard).mean()  # of endless votes
    point = 1 + np.argmax(truth - end <= 0.1 * (truth[0] - end))
    assert 10 < point < 20
    # No form of three parameters is this curve; a reader is served by a third more or less, not by twice as many.
    assert found.level.point == pytest.approx(point, rel=0.35)
    assert found.level.fit.asymptote == pytest.approx(end, abs=0.015)


def test_a_panel_that_always_says_the_same_has_all_at_its_first_vote(rng):
    (r,) = panels(rng, 80, 10)
    same = np.zeros_like(r)
    same[np.arange(80), rng.integers(4, size=80)] = 10
    found = saturation(r, same, seed=1, resamples=200)
    assert np.ptp(found.curves["js"].mean) < 1e-12
    assert (found.level.point, found.level.interval.low, found.level.interval.high) == (1, 1, 1)


def test_without_smoothing_the_kullback_leibler_divergence_is_infinite_until_all_is_heard():
    found = saturation(np.array([[3, 1]] * 4), np.array([[4, 4]] * 4), smoothing=0, **SEED).curves["kl"].mean
    assert np.isinf(found[:4]).all()  # four votes may be all alike
    assert np.isfinite(found[4:]).all() and found[-1] == pytest.approx(0.1887, abs=1e-4)


@pytest.mark.parametrize(
    "options",
    [{"most": 0}, {"most": -1}, {"smoothing": -1.0}, {"clusters": ["a"] * 3}, {"resamples": 0}],
    ids=str,
)
def test_an_option_out_of_range_is_refused(options):
    with pytest.raises(BadInput):
        saturation(np.array([[3, 1]] * 4), np.array([[4, 4]] * 4), **({"seed": 1} | options))


def test_counts_that_are_not_whole_or_not_aligned_are_refused():
    with pytest.raises(BadInput, match="whole"):
        saturation(np.ones((2, 2)), np.full((2, 2), 0.5), seed=1)
    with pytest.raises(BadInput, match="shapes"):
        saturation(np.ones((2, 2)), np.ones((3, 2)), seed=1)
