"""Equation 1 on waveforms: x_k = λ x_i + (1 − λ) x_j, with length and loudness made explicit.

Conventions: waveforms are mono float32 at 16 kHz, full scale is 1. Both parents begin together. The sum of two unlike sounds of
equal level is quieter than either, by 3 dB at λ = 0.5: that is equation 1, and is left as it is.
"""

from dataclasses import dataclass

import numpy as np

from emo_core.audio.loudness import MOST_BOOST_DB, MOST_PEAK, integrated_loudness, playback_gain
from emo_core.augmentation.settings import Settings
from emo_core.errors import BadInput

SAMPLE_RATE = 16_000  # Hz
_MOST_GAIN = 10 ** (MOST_BOOST_DB / 20)


@dataclass(frozen=True)
class Mixture:
    """A mixture and what was done to it.

    samples    (samples,) float32
    peak       the largest magnitude before anything was done about it, 0 and up: beyond 1 it did not fit full scale
    silent     parents without sound, 0 … 2; with loudness "rms" the other one keeps its level
    """

    samples: np.ndarray
    peak: float
    silent: int

    @property
    def over(self) -> bool:
        """Whether it went beyond full scale, and was turned down or clipped."""
        return self.peak > 1


def mix(x_i: np.ndarray, x_j: np.ndarray, lam: float, settings: Settings) -> np.ndarray:
    """The waveform of a sample, (samples,) float32 at 16 kHz, −1…1.

    x_i, x_j: (samples,) each, of any length from one sample on. λ = 1 gives x_i and λ = 0 gives x_j, up to loudness and with the
    silence that fills it up; swapping the parents and taking 1 − λ changes nothing but the last bit.

    Raises BadInput where a waveform is empty, not mono or holds what is no number, or λ is not in 0…1.
    """
    return mixture(x_i, x_j, lam, settings).samples


def mixture(x_i: np.ndarray, x_j: np.ndarray, lam: float, settings: Settings) -> Mixture:
    """As `mix`, with its peak and its silent parents, to be counted."""
    if not 0 <= lam <= 1:
        raise BadInput(f"λ is a share from 0 to 1 (equation 1), not {lam!r}. Take the λ of a planned sample.")
    x_i, x_j = _checked(x_i, "i"), _checked(x_j, "j")
    gain_i, gain_j = _GAINS[settings.loudness](x_i, x_j, lam)
    heard = _at_length(lam * gain_i * x_i, (1 - lam) * gain_j * x_j, settings.length)
    peak = float(np.abs(heard).max())
    if peak > 1:
        heard = heard * (MOST_PEAK / peak) if settings.over == "turn_down" else heard.clip(-1, 1)
    return Mixture(heard.astype(np.float32), peak, int(not x_i.any()) + int(not x_j.any()))


def _checked(waveform: np.ndarray, parent: str) -> np.ndarray:
    """The waveform in float64, so that gains and sums round once at the end."""
    samples = np.asarray(waveform, dtype=np.float64)
    if samples.ndim != 1 or not len(samples):
        raise BadInput(f"Parent {parent} must be mono with at least one sample, not of shape {samples.shape}.")
    if not np.isfinite(samples).all():
        raise BadInput(f"Parent {parent} holds samples that are no numbers. Decode its sound again.")
    return samples


def _at_length(one: np.ndarray, other: np.ndarray, rule: str) -> np.ndarray:
    """The sum of both, as long as the longer or the shorter of them."""
    if rule == "shorter":
        length = min(len(one), len(other))
        return one[:length] + other[:length]
    total = np.zeros(max(len(one), len(other)))
    total[: len(one)] += one
    total[: len(other)] += other
    return total


def _to_common_rms(x_i: np.ndarray, x_j: np.ndarray, lam: float) -> tuple[float, float]:
    """Factors that bring both parents to the root mean square r_i^λ r_j^(1 − λ), at most +20 dB each.

    The level lies between the parents' as their distributions do, so that loud emotions stay loud. 1 where one is silent.
    """
    rms_i, rms_j = (float(np.sqrt(np.mean(np.square(x)))) for x in (x_i, x_j))
    if rms_i == 0 or rms_j == 0:
        return 1.0, 1.0
    common = rms_i**lam * rms_j ** (1 - lam)
    return min(common / rms_i, _MOST_GAIN), min(common / rms_j, _MOST_GAIN)


def _to_lufs(x_i: np.ndarray, x_j: np.ndarray, lam: float) -> tuple[float, float]:
    """Factors that bring each parent to −23 LUFS, at most +20 dB and to a peak of 0.98; 1 where it has no loudness."""
    return _lufs_gain(x_i), _lufs_gain(x_j)


def _lufs_gain(samples: np.ndarray) -> float:
    return playback_gain(integrated_loudness(samples[:, None], SAMPLE_RATE), float(np.abs(samples).max()))


def _as_it_is(x_i: np.ndarray, x_j: np.ndarray, lam: float) -> tuple[float, float]:
    return 1.0, 1.0


_GAINS = {"rms": _to_common_rms, "lufs": _to_lufs, "as_is": _as_it_is}
