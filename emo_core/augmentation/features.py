"""Features of clips for the search of neighbours: what they are, how they are scaled, and where they are kept.

librosa is loaded where it is called: its first spectrogram takes some tenths of a second, each further clip 2 ms.

Conventions: waveforms are mono float32 at 16 kHz. Features are kept under the hash of the decoded samples, the kind of feature
and its version, so that the same sound under another name is computed once, and another version of librosa or of the model
finds nothing.
"""

import hashlib
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from emo_core.errors import AudioError, BadInput

if TYPE_CHECKING:  # the backbone brings torch, which takes seconds to load
    from emo_core.models.backbone import Backbone

SAMPLE_RATE = 16_000  # Hz
_COEFFICIENTS, _BANDS = 40, 64
_WINDOW, _TRANSFORM, _HOP = 400, 512, 160  # samples: 25 ms every 10 ms


class Heard(Protocol):
    """A clip with sound, as `annotators.clips.Clip` is."""

    clip: str

    def samples(self) -> np.ndarray:
        """Its waveform."""


@dataclass(frozen=True)
class Kind:
    """A kind of feature: its name with everything that changes its numbers, and how it is computed from a waveform."""

    name: str
    compute: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Features:
    """values (clips, numbers) float32; how many were computed now, and how many were found in the cache."""

    values: np.ndarray
    computed: int
    cached: int


@dataclass(frozen=True)
class Scaler:
    """Standardisation: (x − mean) / scale, each (numbers,). Fit it on the training side, and on nothing else."""

    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def fit(cls, features: np.ndarray) -> "Scaler":
        """From features (clips, numbers). A number that is the same for all clips has scale 1: it then tells nobody apart."""
        features = np.asarray(features, dtype=np.float64)
        spread = features.std(axis=0)
        # A constant's computed deviation is rounding, up to 1e-13 of its size; dividing by that would make noise a feature.
        flat = spread <= 1e-12 * np.abs(features).max(axis=0)
        return cls(features.mean(axis=0), np.where(flat, 1.0, spread))

    def apply(self, features: np.ndarray) -> np.ndarray:
        """Standardised features, (clips, numbers) float64."""
        return (np.asarray(features, dtype=np.float64) - self.mean) / self.scale


def mfcc_statistics(waveform: np.ndarray) -> np.ndarray:
    """Mean, then standard deviation, over time of 40 MFCC, their Δ and ΔΔ: (240,) float32.

    Windows of 25 ms every 10 ms, 64 mel bands; Δ over 9 frames. A clip shorter than a transform (32 ms) is followed by silence.

    Raises BadInput where the waveform is empty, not mono or holds what is no number.
    """
    import librosa

    waveform = _checked(waveform)
    padded = np.pad(waveform, (0, max(0, _TRANSFORM - len(waveform))))
    cepstra = librosa.feature.mfcc(
        y=padded, sr=SAMPLE_RATE, n_mfcc=_COEFFICIENTS, n_mels=_BANDS,
        n_fft=_TRANSFORM, win_length=_WINDOW, hop_length=_HOP,
    )  # fmt: skip
    # "nearest" repeats the frames at the ends: the usual "interp" refuses clips of fewer than 9 frames.
    deltas = [librosa.feature.delta(cepstra, order=order, mode="nearest") for order in (1, 2)]
    frames = np.concatenate([cepstra, *deltas])
    return np.concatenate([frames.mean(axis=1), frames.std(axis=1)]).astype(np.float32)


def mfcc() -> Kind:
    """MFCC statistics. The second number of the name is this module's own version of them."""
    return Kind(f"mfcc-1-librosa-{metadata.version('librosa')}", mfcc_statistics)


def tower(backbone: "Backbone") -> Kind:
    """What the language model reads in place of the clip, averaged over its audio tokens: (width,) float32.

    It is taken behind the projector, a linear map. Waveforms as `Backbone.encode_audio` takes them: 21 ms to 30 s.
    """
    precision = str(backbone.dtype).removeprefix("torch.")
    return Kind(f"tower-1-{backbone.version}-{precision}", partial(_pooled, backbone))


def _pooled(backbone: "Backbone", waveform: np.ndarray) -> np.ndarray:
    tokens = backbone.encode_audio([_checked(waveform)])[0]
    return tokens.float().mean(dim=0).cpu().numpy()


def features_of(
    clips: Sequence[Heard], kind: Kind, cache: Path, *, report: Callable[[int, int], None] | None = None
) -> Features:
    """The features of clips, from the cache folder where they are there, else computed and kept there.

    report: told (done, clips) after each clip; it may raise to end the work, and what is computed stays kept.

    Raises AudioError, naming the clip, where its sound cannot be used.
    """
    rows, computed = [], 0
    for done, clip in enumerate(clips, 1):
        try:
            waveform = clip.samples()
            path = cache / kind.name / f"{sound_hash(waveform)}.npy"
            row = _kept(path)
            if row is None:
                row, computed = _keep(path, kind.compute(waveform)), computed + 1
        except (AudioError, BadInput) as error:
            code = getattr(error, "code", "unreadable")
            raise AudioError(f"The clip {clip.clip!r} has no features: {error}", code) from error
        rows.append(row)
        if report:
            report(done, len(clips))
    return Features(np.array(rows, dtype=np.float32), computed, len(rows) - computed)


def sound_hash(waveform: np.ndarray) -> str:
    """BLAKE2b of the samples as float32, 40 hexadecimal digits: equal sounds have equal hashes, whatever file they are in."""
    return hashlib.blake2b(np.ascontiguousarray(waveform, dtype="<f4").tobytes(), digest_size=20).hexdigest()


def _kept(path: Path) -> np.ndarray | None:
    """What is kept; None where it is not there, or not whole after a power cut."""
    try:
        return np.load(path, allow_pickle=False)
    except (FileNotFoundError, ValueError, EOFError):
        return None


def _keep(path: Path, row: np.ndarray) -> np.ndarray:
    """Write by another name first, so that no reader sees half a file, whoever else computes the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        with draft.open("wb") as file:
            np.save(file, row, allow_pickle=False)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return row


def _checked(waveform: np.ndarray) -> np.ndarray:
    waveform = np.asarray(waveform, dtype=np.float32)
    if waveform.ndim != 1 or not len(waveform):
        raise BadInput(f"Features need mono samples, at least one, not an array of shape {waveform.shape}.")
    if not np.isfinite(waveform).all():
        raise BadInput("Features need samples that are numbers. Decode the sound again.")
    return waveform
