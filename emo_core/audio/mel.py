"""Mel spectrograms for the eye: how much energy each band of pitch-like frequency carries, moment by moment.

Conventions
- Channels are averaged. Hann windows of 25 ms every 10 ms, centred on their time; the edges are padded with zeros.
- The HTK mel scale, mel(f) = 2595 · log₁₀(1 + f / 700); triangular bands of peak 1, equally wide in mel, from 50 Hz to
  8 kHz or half the sample rate, whichever is lower: clips of different sample rates stay comparable.
- Power in decibels re. the loudest cell, clipped at −80 dB. Digital silence has no loudest cell and is −80 dB throughout.
- At most `max_frames` frames: longer audio gets a wider hop, so that beyond 25 ms (50 s of audio at the default of
  2,000 frames) windows no longer touch and the picture is a sample of the sound.

References
- Stevens, Volkmann & Newman (1937), "A scale for the measurement of the psychological magnitude pitch", JASA 8.
- Young et al. (2006), The HTK Book, section 5.4.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from emo_core.errors import BadInput

FLOOR_DB = -80.0
_TICKS_HZ = (100, 250, 500, 1000, 2000, 4000, 8000, 16000)


@dataclass(frozen=True)
class Mel:
    """A mel spectrogram.

    decibels      (bands, frames) float32, re. the loudest cell, −80…0; band 0 is the lowest
    frequencies   (bands,) centre of each band, Hz
    times         (frames,) centre of each frame, seconds from the first sample
    """

    decibels: np.ndarray
    frequencies: np.ndarray
    times: np.ndarray


def mel_spectrogram(
    samples: np.ndarray,
    sample_rate: int,
    *,
    bands: int = 80,
    window_s: float = 0.025,
    hop_s: float = 0.010,
    low_hz: float = 50.0,
    high_hz: float | None = None,
    max_frames: int = 2000,
) -> Mel:
    """Mel spectrogram of samples of shape (frames,) or (frames, channels).

    Raises BadInput where there are no samples, fewer than 2 bands, or the bands do not lie below half the sample rate.
    """
    samples = np.asarray(samples, dtype=np.float32)
    if samples.ndim == 2:
        samples = samples.mean(axis=1)
    if samples.ndim != 1 or not len(samples):
        raise BadInput(f"A spectrogram needs samples of shape (frames,) or (frames, channels); got {samples.shape}.")
    high_hz = min(8000.0, sample_rate / 2) if high_hz is None else float(high_hz)
    if bands < 2 or not 0 <= low_hz < high_hz <= sample_rate / 2:
        raise BadInput(
            f"A spectrogram needs at least 2 bands and 0 ≤ low < high ≤ half the sample rate; got {bands} bands from "
            f"{low_hz:g} to {high_hz:g} Hz at {sample_rate} Hz. Lower high_hz or leave it out."
        )
    window = max(2, round(window_s * sample_rate))
    hop = max(1, round(hop_s * sample_rate), -(-len(samples) // max_frames))
    transform, filters, frequencies = _filters(sample_rate, window, bands, low_hz, high_hz)
    power = np.square(np.abs(np.fft.rfft(_frames(samples, window, hop), transform)))
    decibels = _decibels(filters @ power.T.astype(np.float32))
    return Mel(decibels, frequencies, np.arange(decibels.shape[1]) * hop / sample_rate)


def mel_image(mel: Mel) -> bytes:
    """The spectrogram as one byte a cell for a canvas: 0 is −80 dB, 255 is 0 dB.

    Row after row of `frames` bytes, the lowest band first.
    """
    scaled = (mel.decibels - FLOOR_DB) * (255.0 / -FLOOR_DB)
    return np.rint(scaled).astype(np.uint8).tobytes()


def frequency_ticks(mel: Mel) -> list[tuple[int, float]]:
    """Round frequencies in Hz, and how high each stands in the picture: 0 is its lower edge, 1 its upper edge."""
    centres = _to_mel(mel.frequencies)
    bands = len(centres)
    spacing = (centres[-1] - centres[0]) / (bands - 1)
    heights = [(hz, ((_to_mel(hz) - centres[0]) / spacing + 0.5) / bands) for hz in _TICKS_HZ]
    slack = 1.0 / bands  # the outermost bands reach one centre beyond the picture's edge
    return [(hz, float(min(1.0, height))) for hz, height in heights if 0 <= height <= 1 + slack]


def _to_mel(hz: np.ndarray | float) -> np.ndarray:
    return 2595.0 * np.log10(1.0 + np.asarray(hz) / 700.0)


def _to_hz(mel: np.ndarray) -> np.ndarray:
    return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)


@lru_cache(maxsize=16)
def _filters(
    sample_rate: int, window: int, bands: int, low_hz: float, high_hz: float
) -> tuple[int, np.ndarray, np.ndarray]:
    """Length of the transform, weights (bands, bins) float32, and band centres in Hz.

    The transform is long enough that even the narrowest triangle holds a bin.
    """
    edges = _to_hz(np.linspace(_to_mel(low_hz), _to_mel(high_hz), bands + 2))
    transform = 1 << int(np.ceil(np.log2(max(window, sample_rate / np.diff(edges).min()))))
    bins = np.fft.rfftfreq(transform, 1.0 / sample_rate)
    low, centre, high = (edges[i : i + bands, None] for i in range(3))
    weights = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)).clip(0.0)
    return transform, weights.astype(np.float32), edges[1:-1]


def _frames(samples: np.ndarray, window: int, hop: int) -> np.ndarray:
    """Windowed frames (frames, window), each centred on a multiple of the hop."""
    padded = np.pad(samples, (window // 2, window))
    count = -(-len(samples) // hop)
    views = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop][:count]
    return views * np.hanning(window + 1)[:-1].astype(np.float32)


def _decibels(power: np.ndarray) -> np.ndarray:
    loudest = power.max()
    if not loudest > 0:
        return np.full(power.shape, FLOOR_DB, np.float32)
    return np.maximum(10.0 * np.log10(np.maximum(power / loudest, 1e-12)), FLOOR_DB).astype(np.float32)
