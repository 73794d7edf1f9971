"""How loud a clip is to people, after ITU-R BS.1770-4, and by how much to turn it up or down.

Conventions
- Each channel passes the K-weighting: a high shelf for the head, a high pass for the ear. The recommendation prints
  both as biquads for 48 kHz; here they are derived for any rate from the analogue filters behind those numbers, as
  libebur128 does. A tone reads up to 0.15 LU more at 16 kHz than at 48 kHz, and up to 0.5 LU more at 8 kHz.
- Every channel weighs 1, as left, right and centre do. The recommendation's 1.41 for surround channels, and leaving out
  the channel for low frequencies, need a layout that sound files rarely tell.
- Blocks of 400 ms every 100 ms; what is left at the end counts for nothing, as in the recommendation. A clip shorter
  than a block is one block, which goes beyond it.
- Blocks at −70 LUFS and below are left out, and then those 10 LU and more below the mean power of the rest.

References
- ITU-R BS.1770-4 (2015), "Algorithms to measure audio programme loudness and true-peak audio level", Annex 1.
- EBU R 128 (2020), "Loudness normalisation and permitted maximum level of audio signals": the target of −23 LUFS.
"""

import math
from functools import lru_cache

import numpy as np

from emo_core.errors import BadInput

ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
MOST_BOOST_DB = 20.0
MOST_PEAK = 0.98  # of full scale
_BLOCK_S = 0.4
_STEP_S = 0.1
_RING_S = 0.1
_SHELF_HZ, _SHELF_Q = 1681.974450955533, 0.7071752369554196
_SHELF_DB, _SHELF_BAND = 3.999843853973347, 0.4996667741545416
_PASS_HZ, _PASS_Q = 38.13547087602444, 0.5003270373238773


def integrated_loudness(samples: np.ndarray, rate: int) -> float:
    """Integrated loudness in LUFS of samples of shape (frames, channels), −1…1, at `rate` Hz.

    NaN where there are no samples, no block is louder than −70 LUFS, or the shelf does not fit below half the rate
    (3,363 Hz and less). Raises BadInput where the samples have another shape.
    """
    samples = np.asarray(samples, dtype=np.float32)
    if samples.ndim != 2:
        raise BadInput(f"Loudness needs samples of shape (frames, channels); got {samples.shape}.")
    if not samples.size or rate <= 2 * _SHELF_HZ:
        return math.nan
    power = _block_power(_k_weighted(samples, rate), rate)
    power = power[power > _power(ABSOLUTE_GATE_LUFS)]
    if not len(power):
        return math.nan
    loud = power[power > power.mean() * 10 ** (RELATIVE_GATE_LU / 10)]
    return float(10 * np.log10(loud.mean()) - 0.691)


def playback_gain(loudness_lufs: float, peak: float, *, target_lufs: float = -23.0) -> float:
    """The linear factor that brings a clip to the target, at most +20 dB, its peak at most 0.98 of full scale.

    `peak` is the largest magnitude of a sample, 0 and up. 1.0 where the loudness is NaN.
    """
    if not math.isfinite(loudness_lufs):
        return 1.0
    gain = 10 ** (min(target_lufs - loudness_lufs, MOST_BOOST_DB) / 20)
    return float(min(gain, MOST_PEAK / peak)) if peak > 0 else gain


def _power(lufs: float) -> float:
    return 10 ** ((lufs + 0.691) / 10)


def _block_power(weighted: np.ndarray, rate: int) -> np.ndarray:
    """Mean square of each block, summed over channels, (blocks,) float64; weighted is (channels, frames)."""
    frames = weighted.shape[1]
    block = min(round(_BLOCK_S * rate), frames)
    sums = np.zeros(frames + 1)
    np.cumsum(np.einsum("cf,cf->f", weighted, weighted), dtype=np.float64, out=sums[1:])
    starts = np.arange(0, frames - block + 1, round(_STEP_S * rate))
    return (sums[starts + block] - sums[starts]) / block


def _k_weighted(samples: np.ndarray, rate: int) -> np.ndarray:
    """Both biquads applied to samples (frames, channels); float32 of shape (channels, frames).

    Overlap-add: pieces are filtered with `ring` zeros behind them, and what rings on is added to the next piece.
    """
    frames, channels = samples.shape
    response, size, ring = _response(rate)
    length = size - ring
    pieces = np.zeros((channels, -(-frames // length), length), np.float32)
    pieces.reshape(channels, -1)[:, :frames] = samples.T
    filtered = np.fft.irfft(np.fft.rfft(pieces, size) * response, size)
    filtered[:, 1:, :ring] += filtered[:, :-1, length:]
    return filtered[:, :, :length].reshape(channels, -1)[:, :frames]


@lru_cache(maxsize=8)
def _response(rate: int) -> tuple[np.ndarray, int, int]:
    """Frequency response of both biquads, (size // 2 + 1,) complex64; lengths of transform and ring in frames."""
    # The slowest poles, those of the high pass, decay by e in 4.2 ms at every rate. What rings on after 0.1 s, and
    # would wrap around to the beginning of its piece, is −180 dB of the input: under the noise of float32.
    ring = math.ceil(_RING_S * rate)
    size = 1 << (4 * ring - 1).bit_length()
    delays = np.exp(-2j * np.pi * np.outer(np.arange(size // 2 + 1) / size, np.arange(3)))
    response = np.prod([(delays @ b) / (delays @ a) for b, a in _biquads(rate)], axis=0)
    return response.astype(np.complex64), size, ring


def _biquads(rate: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Numerator and denominator, in powers of z⁻¹, of the shelf and of the high pass, (3,) each.

    The high pass keeps the numerator 1, −2, 1 that is printed for 48 kHz, as in libebur128.
    """
    k, high = math.tan(math.pi * _SHELF_HZ / rate), 10 ** (_SHELF_DB / 20)
    band = high**_SHELF_BAND * k / _SHELF_Q
    shelf = np.array([high + band + k * k, 2 * (k * k - high), high - band + k * k])
    return [
        (shelf / (1 + k / _SHELF_Q + k * k), _denominator(_SHELF_HZ, _SHELF_Q, rate)),
        (np.array([1.0, -2.0, 1.0]), _denominator(_PASS_HZ, _PASS_Q, rate)),
    ]


def _denominator(hz: float, q: float, rate: int) -> np.ndarray:
    k = math.tan(math.pi * hz / rate)
    return np.array([1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k]) / (1 + k / q + k * k)
