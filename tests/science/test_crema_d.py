"""The figures of CREMA-D (46 of its 91 actors), computed beforehand by an independent brute-force script."""

import numpy as np
import pytest

from emo_core.science import (
    alpha_from_sums,
    alpha_terms,
    bhattacharyya_coefficient,
    bootstrap_interval,
    entropy,
    fleiss_kappa,
    jensen_shannon_divergence,
    krippendorff_alpha,
    mean_interval,
    normalise,
    pool,
)

FOUR, OTHERS = [0, 3, 4, 5], [1, 2]  # of A D F H N S: A H N S; D F


def test_six_emotions(crema_d):
    voice, audio_visual = crema_d
    for counts, votes, ambiguity, alpha in ((voice, 34_588, 1.2006, 0.2765), (audio_visual, 36_324, 0.9250, 0.4935)):
        agreement = krippendorff_alpha(counts)
        assert (agreement.clips, agreement.votes) == (3764, votes)
        assert round(agreement.value, 4) == alpha
        assert round(entropy(normalise(counts)).mean(), 4) == ambiguity
    assert "between 4 and 12 votes" in fleiss_kappa(voice).reason


def test_voice_against_audio_visual(crema_d):
    voice, audio_visual = crema_d
    p, q = normalise(voice), normalise(audio_visual)
    assert round(jensen_shannon_divergence(p, q).mean(), 4) == 0.2725
    assert round(bhattacharyya_coefficient(p, q).mean(), 4) == 0.7490
    assert round(entropy(normalise(pool(voice, audio_visual))).mean(), 4) == 1.3303


def test_four_emotions_when_a_vote_outside_excludes_the_clip(crema_d):
    """818 clips: of 824 whose voice votes all lie inside, 6 have no audio-visual vote inside and cannot be compared."""
    voice, audio_visual = crema_d
    inside = voice[:, OTHERS].sum(axis=1) == 0
    both = inside & (audio_visual[:, FOUR].sum(axis=1) > 0)
    assert (inside.sum(), both.sum()) == (824, 818)
    agreement = krippendorff_alpha(voice[both][:, FOUR])
    assert (agreement.votes, round(agreement.value, 4)) == (7506, 0.4042)
    assert round(entropy(normalise(voice[both][:, FOUR])).mean(), 4) == 0.6478


def test_four_emotions_when_votes_outside_are_dropped(crema_d):
    """3,741 clips keep a voice vote, 3,549 an audio-visual one, 3,535 both; the others have NaN on a side."""
    voice, audio_visual = crema_d
    p, q = normalise(voice[:, FOUR]), normalise(audio_visual[:, FOUR])
    assert [int((~np.isnan(x[:, 0])).sum()) for x in (p, q)] == [3741, 3549]
    mean = mean_interval(jensen_shannon_divergence(p, q), seed=1)
    assert (mean.n, round(mean.value, 4)) == (3535, 0.2470)


def test_the_interval_of_alpha_is_narrow_enough_to_tell_the_panels_apart(crema_d):
    voice, audio_visual = (bootstrap_interval(alpha_terms(c), alpha_from_sums, seed=1, resamples=300) for c in crema_d)
    assert voice.low < 0.2765 < voice.high < audio_visual.low < 0.4935 < audio_visual.high
    assert voice.high - voice.low == pytest.approx(0.025, abs=0.01)
