"""How loud a clip is, after ITU-R BS.1770-4: K-weighted, in blocks of 400 ms, gated twice. In NumPy alone."""

import numpy as np

BLOCK_S, STEP_S = 0.4, 0.1
ABSOLUTE_GATE = -70.0  # LUFS
RELATIVE_GATE = -10.0  # LU below the mean of what passes the first gate
OFFSET = -0.691  # dB, of the recommendation
MOST_BOOST_DB = 20.0
HEADROOM = 0.98  # of full scale


def integrated_loudness(samples: np.ndarray, rate: int) -> float:
    """Integrated loudness in LUFS of samples, (frames, channels) in −1…1; every channel weighs 1. NaN where nothing is louder
    than −70 LUFS. A clip shorter than a block is one block.

    Source: ITU-R BS.1770-4, Annex 1.
    """
    if not len(samples):
        return float("nan")
    squares = np.square(_k_weighted(samples.astype(np.float64), rate)).sum(axis=1)
    width, step = int(BLOCK_S * rate), int(STEP_S * rate)
    sums = np.concatenate([[0.0], np.cumsum(squares)])
    starts = np.arange(0, max(len(squares) - width, 0) + 1, step)
    ends = np.minimum(starts + width, len(squares))
    power = (sums[ends] - sums[starts]) / (ends - starts)
    power = power[_lufs(power) > ABSOLUTE_GATE]
    if not len(power):
        return float("nan")
    power = power[_lufs(power) > _lufs(power.mean()) + RELATIVE_GATE]
    return float(_lufs(power.mean()))


def playback_gain(loudness_lufs: float, peak: float, *, target_lufs: float = -23.0) -> float:
    """The factor that brings a clip to the target: at most +20 dB, and never so much that its peak passes 0.98 of full scale.
    1 where the loudness is NaN.
    """
    if not np.isfinite(loudness_lufs):
        return 1.0
    gain = 10 ** (min(target_lufs - loudness_lufs, MOST_BOOST_DB) / 20)
    return float(min(gain, HEADROOM / peak) if peak > 0 else gain)


def _lufs(power: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return OFFSET + 10 * np.log10(power)


def _k_weighted(samples: np.ndarray, rate: int) -> np.ndarray:
    """The samples through both filters, by their exact frequency response. The high pass rings for about 0.1 s; a second of
    silence behind the clip keeps what the transform wraps around from reaching it.
    """
    frames = len(samples)
    size = 1 << (frames + rate - 1).bit_length()
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    response = np.ones(len(z), dtype=complex)
    for b, a in _biquads(rate):
        response *= np.polyval(b[::-1], z) / np.polyval(a[::-1], z)
    return np.fft.irfft(np.fft.rfft(samples, size, axis=0) * response[:, None], size, axis=0)[:frames]


def _biquads(rate: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """The recommendation's high shelf and high pass (numerator, denominator in powers of z⁻¹), derived for any sample rate from
    the analogue filters that its 48 kHz coefficients stand for.
    """
    k = np.tan(np.pi * 1681.974450955533 / rate)
    q, height = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    middle = height**0.4996667741545416
    base = 1 + k / q + k * k
    shelf = np.array([height + middle * k / q + k * k, 2 * (k * k - height), height - middle * k / q + k * k]) / base
    shelf_a = np.array([1.0, 2 * (k * k - 1) / base, (1 - k / q + k * k) / base])
    k, q = np.tan(np.pi * 38.13547087602444 / rate), 0.5003270373238773
    base = 1 + k / q + k * k
    high_a = np.array([1.0, 2 * (k * k - 1) / base, (1 - k / q + k * k) / base])
    return [(shelf, shelf_a), (np.array([1.0, -2.0, 1.0]), high_a)]
