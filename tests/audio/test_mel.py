"""Mel spectrograms: a tone stands where it must, at every rate and length."""

import numpy as np
import pytest

from emo_core.audio import Mel, frequency_ticks, mel_image, mel_spectrogram
from emo_core.errors import BadInput


def sine(hz: float, sample_rate: int, seconds: float) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * sample_rate)) / sample_rate).astype(np.float32)


@pytest.mark.parametrize("sample_rate", [8_000, 16_000, 44_100, 48_000])
@pytest.mark.parametrize("hz", [150, 1000, 3500])
def test_a_tone_is_loudest_in_its_band(sample_rate, hz):
    mel = mel_spectrogram(sine(hz, sample_rate, 1.0), sample_rate)
    assert mel.decibels.shape == (80, 100)
    assert mel.decibels.dtype == np.float32
    middle = mel.decibels[:, 50]
    band = middle.argmax()
    assert abs(band - np.abs(mel.frequencies - hz).argmin()) <= 1  # low bands are narrower than the window resolves
    assert middle[band] == pytest.approx(0.0, abs=0.1)
    assert middle[(band + 40) % 80] < -60


def test_a_click_stands_at_its_time():
    samples = np.zeros(32_000)
    samples[20_000] = 1.0
    mel = mel_spectrogram(samples, 16_000)
    assert mel.times[mel.decibels.max(axis=0).argmax()] == pytest.approx(1.25, abs=0.005)
    np.testing.assert_allclose(np.diff(mel.times), 0.01)


def test_loudness_does_not_matter_and_channels_are_averaged():
    noise = np.random.default_rng(1).normal(0, 0.1, 8000).astype(np.float32)
    mel = mel_spectrogram(noise, 16_000).decibels
    np.testing.assert_allclose(mel_spectrogram(noise[:, None] * 0.01, 16_000).decibels, mel, atol=1e-2)
    stereo = np.column_stack([2 * noise, 0 * noise])
    np.testing.assert_allclose(mel_spectrogram(stereo, 16_000).decibels, mel, atol=1e-2)
    assert mel.max() == 0
    assert mel.min() >= -80


def test_silence_and_a_single_sample():
    assert (mel_spectrogram(np.zeros(16_000), 16_000).decibels == -80).all()
    assert mel_spectrogram(np.ones(1), 16_000).decibels.shape == (80, 1)


def test_long_audio_is_capped_by_a_wider_hop():
    mel = mel_spectrogram(np.ones(16_000 * 100), 16_000)
    assert mel.decibels.shape == (80, 2000)
    assert mel.times[-1] == pytest.approx(100, abs=0.1)
    assert mel_spectrogram(np.ones(16_007), 16_000, max_frames=10).decibels.shape[1] <= 10


@pytest.mark.parametrize("bands", [2, 40, 200])
def test_no_band_is_empty(bands):
    noise = np.random.default_rng(2).normal(size=16_000)
    assert (mel_spectrogram(noise, 16_000, bands=bands).decibels.mean(axis=1) > -40).all()


@pytest.mark.parametrize(
    ("samples", "options"),
    [(np.zeros(0), {}), (np.zeros((2, 2, 2)), {}), (np.ones(99), {"bands": 1}), (np.ones(99), {"high_hz": 9000})],
)
def test_refuses(samples, options):
    with pytest.raises(BadInput, match="A spectrogram needs"):
        mel_spectrogram(samples, 16_000, **options)


def test_image_begins_with_the_lowest_band():
    mel = Mel(np.array([[0.0, -80.0], [-40.0, -20.0]], np.float32), np.array([100.0, 200.0]), np.array([0.0, 0.01]))
    assert mel_image(mel) == bytes([255, 0, 128, 191])


def test_ticks():
    ticks = dict(frequency_ticks(mel_spectrogram(np.ones(16_000), 16_000)))
    assert list(ticks) == [100, 250, 500, 1000, 2000, 4000, 8000]
    assert all(0 <= height <= 1 for height in ticks.values())
    assert list(ticks.values()) == sorted(ticks.values())
    assert 4000 in dict(frequency_ticks(mel_spectrogram(np.ones(800), 8000)))
    assert 8000 not in dict(frequency_ticks(mel_spectrogram(np.ones(800), 8000)))


def test_a_tick_stands_at_the_row_of_its_tone():
    mel = mel_spectrogram(sine(1000, 16_000, 0.5), 16_000)
    image = np.frombuffer(mel_image(mel), np.uint8).reshape(mel.decibels.shape)
    row = image[:, 25].argmax()  # from below
    assert dict(frequency_ticks(mel))[1000] * 80 == pytest.approx(row + 0.5, abs=0.6)
