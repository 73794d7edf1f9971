"""Loudness: the numbers that the recommendations print, at every rate, and the biquads run sample by sample."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.signal import lfilter

from emo_core.audio.loudness import integrated_loudness, playback_gain

# ITU-R BS.1770-4, Annex 1, tables 1 and 2: numerator, denominator and what they were designed for, at 48 kHz.
SHELF = ([1.53512485958697, -2.69169618940638, 1.19839281085285], [1.0, -1.69065929318241, 0.73248077421585])
HIGH_PASS = ([1.0, -2.0, 1.0], [1.0, -1.99004745483398, 0.99007225036621])
SHELF_HZ, HIGH_PASS_HZ = 1681.974450955533, 38.13547087602444
RATES = [8_000, 11_025, 16_000, 44_100, 48_000]


def sine(dbfs: float, seconds: float, rate: int, *, hz: float = 1000.0, channels: int = 2) -> np.ndarray:
    """A sine of the same phase in each channel; its peak, not its RMS, is at `dbfs`."""
    wave = 10 ** (dbfs / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


def noise(seconds: float, rate: int, *, channels: int = 1, seed: int = 1) -> np.ndarray:
    """White noise that fades by 60 dB, so that both gates have something to leave out; at least one frame."""
    frames = max(1, round(seconds * rate))
    fade = 10 ** -np.linspace(0.5, 3.5, frames)
    return (np.random.default_rng(seed).normal(size=(frames, channels)) * fade[:, None]).astype(np.float32)


def printed_at(rate: int, coefficients: list[float], hz: float) -> np.ndarray:
    """A printed polynomial in z⁻¹ at another rate: z⁻¹ is replaced by the all-pass that keeps `hz` where it is."""
    ratio = np.tan(np.pi * hz / 48_000) / np.tan(np.pi * hz / rate)
    upper, lower = np.poly1d([1 + ratio, 1 - ratio]), np.poly1d([1 - ratio, 1 + ratio])
    warped = sum(c * upper**k * lower ** (2 - k) for k, c in enumerate(coefficients))
    return warped.coeffs[::-1]


def directly(samples: np.ndarray, rate: int) -> float:
    """BS.1770-4 by recursion in the time domain, block by block."""
    divisor = printed_at(rate, SHELF[1], SHELF_HZ)
    weighted = lfilter(printed_at(rate, SHELF[0], SHELF_HZ) / divisor[0], divisor / divisor[0], samples, axis=0)
    divisor = printed_at(rate, HIGH_PASS[1], HIGH_PASS_HZ)
    weighted = lfilter(HIGH_PASS[0], divisor / divisor[0], weighted, axis=0)
    block = min(rate * 4 // 10, len(samples))
    starts = range(0, len(samples) - block + 1, rate // 10)
    power = np.array([np.square(weighted[i : i + block]).mean(axis=0).sum() for i in starts])
    lufs = -0.691 + 10 * np.log10(power)
    power = power[lufs > -70]
    threshold = -0.691 + 10 * np.log10(power.mean()) - 10
    return -0.691 + 10 * np.log10(power[-0.691 + 10 * np.log10(power) > threshold].mean())


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_a_full_scale_sine_in_one_channel_reads_minus_3_01(rate):
    """BS.1770-4, Annex 1: 0 dBFS at 997 Hz in the left, centre or right channel is −3.01 LKFS."""
    alone = sine(0, 5, rate, hz=997, channels=1)
    assert integrated_loudness(alone, rate) == pytest.approx(-3.01, abs=0.05)
    beside_silence = np.hstack([alone * 0, alone])
    assert integrated_loudness(beside_silence, rate) == pytest.approx(-3.01, abs=0.05)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("level", [-23.0, -33.0])
def test_a_stereo_sine_reads_its_level(rate, level):
    """EBU Tech 3341, cases 1 and 2."""
    assert integrated_loudness(sine(level, 20, rate), rate) == pytest.approx(level, abs=0.1)


@pytest.mark.parametrize(
    "parts",
    [
        [(-36, 10), (-23, 60), (-36, 10)],
        [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)],
        [(-26, 20), (-20, 20.1), (-26, 20)],
    ],
    ids=["case 3", "case 4", "case 5"],
)
def test_the_gates_leave_out_what_is_quiet(parts):
    """EBU Tech 3341, cases 3 to 5: −23.0 LUFS each."""
    tones = np.concatenate([sine(level, seconds, 48_000) for level, seconds in parts])
    assert integrated_loudness(tones, 48_000) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.4, 0.49, 3.0, 7.7])
@pytest.mark.parametrize("channels", [1, 2])
def test_equals_the_biquads_run_sample_by_sample(rate, seconds, channels):
    samples = noise(seconds, rate, channels=channels)
    assert integrated_loudness(samples, rate) == pytest.approx(directly(samples, rate), abs=0.01)


@pytest.mark.parametrize("hz", [30, 100, 400, 2500, 6000])
@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_equals_the_biquads_at_every_frequency(hz, rate):
    tone = sine(-20, 2, rate, hz=hz)
    assert integrated_loudness(tone, rate) == pytest.approx(directly(tone, rate), abs=0.01)


@pytest.mark.parametrize("change", [-15.0, -6.0, 3.0, 20.0])
def test_a_gain_changes_the_loudness_by_as_much(change):
    samples = noise(3, 16_000)
    louder = samples * np.float32(10 ** (change / 20))
    before = integrated_loudness(samples, 16_000)
    assert integrated_loudness(louder, 16_000) == pytest.approx(before + change, abs=0.001)


def test_a_second_equal_channel_adds_3_decibels():
    samples = noise(3, 16_000)
    twice = integrated_loudness(np.hstack([samples, samples]), 16_000)
    assert twice == pytest.approx(integrated_loudness(samples, 16_000) + 10 * np.log10(2), abs=0.001)


def test_silence_around_a_clip_counts_only_in_the_blocks_across_its_edges():
    tone, silence = sine(-23, 5, 16_000), np.zeros((80_000, 2), np.float32)
    apart = integrated_loudness(np.concatenate([silence, tone, silence]), 16_000)
    edges = 10 * np.log10((47 + 2 * (0.25 + 0.5 + 0.75)) / (47 + 6))  # 47 blocks are full, 3 at each end are not
    assert apart == pytest.approx(integrated_loudness(tone, 16_000) + edges, abs=0.01)


def test_what_is_left_after_the_last_block_does_not_count():
    tone = sine(-30, 1, 16_000)
    longer = np.concatenate([tone, sine(0, 0.09, 16_000)])
    assert integrated_loudness(longer, 16_000) == pytest.approx(integrated_loudness(tone, 16_000), abs=1e-4)


def test_a_steady_offset_is_not_loud():
    offset = sine(-40, 3, 16_000) + np.float32(0.5)
    offset[:8000] *= np.linspace(0, 1, 8000, dtype=np.float32)[:, None]  # switched on, it would be a click
    assert integrated_loudness(offset, 16_000) == pytest.approx(-40, abs=1)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("frames", [0, 1, 1000, 48_000])
def test_silence_and_no_sound_have_no_loudness(frames, channels):
    assert np.isnan(integrated_loudness(np.zeros((frames, channels), np.float32), 16_000))


def test_the_absolute_gate_is_at_minus_70():
    assert np.isnan(integrated_loudness(sine(-70.5, 3, 48_000), 48_000))
    assert integrated_loudness(sine(-69.5, 3, 48_000), 48_000) == pytest.approx(-69.5, abs=0.1)


def test_the_samples_are_left_as_they_were():
    samples = noise(1, 16_000)
    before = samples.copy()
    assert isinstance(integrated_loudness(samples, 16_000), float)
    np.testing.assert_array_equal(samples, before)


def test_no_scipy_in_the_server():
    code = (
        "import sys, numpy; from emo_core.audio.loudness import integrated_loudness as loudness;"
        "loudness(numpy.ones((16000, 1), 'f4'), 16000); sys.exit('scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


@pytest.mark.parametrize("level", [-40.0, -23.0, -6.0])
def test_the_gain_brings_a_clip_to_the_target(level):
    tone = sine(level, 3, 48_000)
    gain = playback_gain(integrated_loudness(tone, 48_000), float(np.abs(tone).max()))
    assert gain == pytest.approx(10 ** ((-23 - level) / 20), rel=0.01)
    assert integrated_loudness(tone * np.float32(gain), 48_000) == pytest.approx(-23, abs=0.01)


def test_the_gain_takes_another_target():
    assert playback_gain(-30.0, 0.1, target_lufs=-16.0) == pytest.approx(10 ** (14 / 20))


def test_the_gain_is_at_most_20_decibels():
    assert playback_gain(-60.0, 0.001) == pytest.approx(10.0)
    assert playback_gain(-43.0, 0.001) == pytest.approx(10.0)
    assert playback_gain(-60.0, 0.0) == pytest.approx(10.0)


@pytest.mark.parametrize(("loudness", "peak"), [(-40.0, 0.5), (-30.0, 0.98), (-24.0, 1.0), (-23.0, 1.4)])
def test_the_gain_keeps_the_peak_below_full_scale(loudness, peak):
    assert playback_gain(loudness, peak) * peak == pytest.approx(0.98)


def test_without_a_loudness_nothing_is_turned():
    assert playback_gain(float("nan"), 0.0) == 1.0
    assert playback_gain(float("nan"), 1.0) == 1.0
