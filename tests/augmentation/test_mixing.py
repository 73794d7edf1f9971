import itertools

import numpy as np
import pytest

from emo_core.audio import integrated_loudness
from emo_core.augmentation.mixing import mix, mixture
from emo_core.augmentation.settings import CHOICES, Settings
from emo_core.errors import BadInput
from tests.rounding import float32_bound

AS_IS, RMS = Settings(loudness="as_is"), Settings(loudness="rms")
BOUND = float32_bound(3)  # two products and a sum of samples within ±1


def noise(length: int, level: float = 0.1, seed: int = 0) -> np.ndarray:
    return (level * np.random.default_rng(seed).standard_normal(length)).astype(np.float32)


def rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=float))))


def test_equation_1_to_the_letter():
    one, other = np.array([0.5, -0.5, 0.25], np.float32), np.array([0.1, 0.2], np.float32)
    np.testing.assert_allclose(mix(one, other, 0.75, AS_IS), [0.4, -0.325, 0.1875], atol=BOUND, rtol=0)
    shorter = mix(one, other, 0.75, Settings(loudness="as_is", length="shorter"))
    np.testing.assert_allclose(shorter, [0.4, -0.325], atol=BOUND, rtol=0)


@pytest.mark.parametrize("loudness, length", list(itertools.product(CHOICES["loudness"], CHOICES["length"])))
def test_ends_and_symmetry(loudness, length):
    settings = Settings(loudness=loudness, length=length)
    one, other = noise(9000, 0.2, 1), noise(6000, 0.02, 2)
    alone = mix(one, other, 1.0, settings)
    kept = min(len(one), len(alone))
    gain = rms(alone[:kept]) / rms(one[:kept])
    np.testing.assert_allclose(alone[:kept], gain * one[:kept], atol=BOUND, rtol=0)
    assert loudness == "lufs" or gain == pytest.approx(1, abs=BOUND)
    assert len(alone) == (9000 if length == "longer" else 6000)
    for lam in (0.0, 0.3, 0.5, 1.0):
        mixed = mix(one, other, lam, settings)
        assert mixed.dtype == np.float32 and np.isfinite(mixed).all()
        np.testing.assert_allclose(mixed, mix(other, one, 1 - lam, settings), atol=BOUND, rtol=0)


def test_parents_are_heard_as_lambda_says():
    """20 dB apart: by the letter the loud one is 20 dB above at λ = 0.5, at equal levels they are alike."""
    loud, quiet = noise(16_000, 0.2, 1), noise(16_000, 0.02, 2)

    def shares(settings: Settings) -> tuple[float, float]:
        mixed = mix(loud, quiet, 0.5, settings).astype(float)
        return tuple(float(mixed @ parent / (rms(parent) * len(mixed))) for parent in (loud, quiet))

    letter, equal = shares(AS_IS), shares(Settings(loudness="rms"))
    assert letter[0] / letter[1] > 5
    assert equal[0] / equal[1] == pytest.approx(1, abs=0.05)
    assert equal[0] == pytest.approx(0.5 * np.sqrt(rms(loud) * rms(quiet)), rel=0.05)
    lufs = mix(loud, quiet, 1.0, Settings(loudness="lufs"))
    assert integrated_loudness(lufs[:, None], 16_000) == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize("over", CHOICES["over"])
def test_beyond_full_scale_is_told_and_mended(over):
    loud = np.array([1.0, -1.5, 0.5], np.float32)
    mixed = mixture(loud, loud, 0.5, Settings(over=over))
    assert mixed.over and mixed.peak == pytest.approx(1.5)
    wanted = loud / 1.5 * 0.98 if over == "turn_down" else loud.clip(-1, 1)
    np.testing.assert_allclose(mixed.samples, wanted, atol=float32_bound(3, wanted), rtol=0)
    assert not mixture(loud / 2, loud / 2, 0.5, Settings(over=over)).over


@pytest.mark.parametrize("loudness", CHOICES["loudness"])
def test_silence_and_single_samples(loudness):
    settings = Settings(loudness=loudness)
    silence, sound, click = np.zeros(800, np.float32), noise(800), np.array([0.3], np.float32)
    both = mixture(silence, silence, 0.4, settings)
    assert both.silent == 2 and not both.samples.any()
    half = mixture(sound, silence, 0.5, settings)
    assert half.silent == 1 and rms(half.samples) > 0.2 * rms(sound)
    mixed = mix(click, sound, 0.5, settings)
    assert len(mixed) == 800 and np.isfinite(mixed).all()
    assert len(mix(click, click, 0.5, settings)) == 1


def test_the_default_is_equation_1_on_waveforms_as_they_are():
    one, other = noise(16_000, 0.3, 1), noise(12_000, 0.01, 2)
    expected = 0.25 * one.astype(float)
    expected[:12_000] += 0.75 * other
    np.testing.assert_allclose(mix(one, other, 0.25, Settings()), expected, atol=BOUND, rtol=0)


def test_a_nearly_silent_parent_is_raised_by_20_decibels_at_most():
    hum, sound = noise(16_000, 1e-5, 1), noise(16_000, 0.1, 2)
    assert rms(mix(hum, np.zeros_like(sound), 1.0, RMS)) == pytest.approx(rms(hum), rel=1e-5)
    raised = mix(hum, sound, 0.5, RMS).astype(float) @ hum / (rms(hum) * len(hum))
    assert raised == pytest.approx(0.5 * 10 * rms(hum), rel=0.35)  # beside 0.5 · sound's chance correlation


@pytest.mark.parametrize(
    "one, lam, sentence",
    [
        (np.zeros(0), 0.5, "at least one sample"),
        (np.zeros((4, 2)), 0.5, "mono"),
        (np.array([0.0, np.nan]), 0.5, "no numbers"),
        (np.zeros(4), 1.5, "share from 0 to 1"),
        (np.zeros(4), float("nan"), "share from 0 to 1"),
    ],
)
def test_what_cannot_be_mixed_is_refused(one, lam, sentence):
    with pytest.raises(BadInput, match=sentence):
        mix(one, np.ones(4), lam, Settings())
