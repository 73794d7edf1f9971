"""The probe: the distribution head on frozen audio features, without a language model. Trains in seconds on a CPU.

Features: timbre, pitch, loudness and brightness every 10 ms (`audio.voice`), their mean and standard deviation in each of 10 equal
segments of the clip, 10 × 150 numbers, standardised on the training part. In training noise is added to them: 400 clips are few.
"""

import math
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import numpy as np
import torch
from torch import nn

from emo_core.audio.voice import HOP, RATE, TRACKS, voice_tracks
from emo_core.models.head import DistributionHead
from emo_core.seeding import number_from
from emo_core.training.cache import key_of
from emo_core.training.data import Item, Mix, checked
from emo_core.training.learner import Heard, Learner, open_cache
from emo_core.training.settings import TrainSettings

SEGMENTS, WIDTH = 10, 2 * TRACKS
WINDOW = 30 * RATE  # samples
# With what changes the numbers: the version of this module, and librosa's.
MAKER = f"voice1-{SEGMENTS}x{WIDTH}-librosa-{metadata.version('librosa')}"


def features(waveform: np.ndarray) -> np.ndarray:
    """(10, 150) float32: for each tenth of the clip the means, then the standard deviations, of its tracks."""
    tracks = _tracks(waveform)
    bounds = np.arange(SEGMENTS + 1) * len(tracks) / SEGMENTS
    starts, ends = (
        np.floor(bounds[:-1]).astype(int),
        np.ceil(bounds[1:]).astype(int),
    )  # overlapping in clips of few frames
    parts = [tracks[start:end] for start, end in zip(starts, ends)]
    return np.stack([np.concatenate([part.mean(axis=0), part.std(axis=0)]) for part in parts])


def _tracks(waveform: np.ndarray) -> np.ndarray:
    """(frames, 75): the tracks of a clip; those of a clip of more than 30 s window by window, equal windows of at most 30 s end to end,
    so that memory does not grow with length. Only differences over the frames at a seam, and the floor 80 dB below the loudest moment
    of a window, come out otherwise than in one piece.
    """
    windows = math.ceil(len(waveform) / WINDOW)
    if windows <= 1:
        return voice_tracks(waveform)
    step = HOP * math.ceil(len(waveform) / windows / HOP)
    parts = [voice_tracks(waveform[start : start + step]) for start in range(0, len(waveform), step)]
    # A window's last frame stands where the next one's first does.
    return np.concatenate([*(part[: step // HOP] for part in parts[:-1]), parts[-1]])


class ProbeModule(nn.Module):
    """Standardised features, noise in training, and the head. `mean` and `scale` are kept with the weights."""

    def __init__(self, settings: TrainSettings, emotions: int):
        super().__init__()
        self.noise = settings.input_noise
        self.head = DistributionHead(
            settings.head_width, emotions, settings.head_heads, settings.head_dropout, settings.head_projection, WIDTH
        )
        self.register_buffer("mean", torch.zeros(WIDTH))
        self.register_buffer("scale", torch.ones(WIDTH))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Log-probabilities (clips, emotions) of features (clips, 10, 150)."""
        standard = (features - self.mean) / self.scale
        if self.training:
            standard = standard + self.noise * torch.randn_like(standard)
        return self.head(standard, torch.ones(standard.shape[:2], dtype=torch.bool, device=standard.device))


class Probe(Learner):
    """The probe as the loop sees it."""

    evaluated_at_once = 256

    def __init__(
        self, settings: TrainSettings, emotions: Sequence[str], device: torch.device, cache_root: Path | None = None
    ):
        super().__init__(settings, emotions, device, open_cache(cache_root, MAKER))
        torch.manual_seed(number_from("weights", settings.seed))
        self.module = ProbeModule(settings, len(emotions)).to(device)
        self.version = MAKER
        self._features: dict[str, torch.Tensor] = {}

    def hear(self, items: Sequence[Item], mix: Mix | None = None) -> dict[str, Heard]:
        self._mix = mix or self._mix
        return {item.id: self._hear(item, mix) for item in items}

    def _hear(self, item: Item, mix: Mix | None) -> Heard:
        waveform = checked(item, item.waveform(mix), self.settings.limit_s)
        key = key_of(waveform)
        if self.cache.get(key) is None:
            self.cache.put(key, torch.from_numpy(features(waveform)))
        return Heard(key, SEGMENTS)

    def fit(self, items: Sequence[Item]) -> None:
        """Mean and scale of each feature, over all segments of the training items."""
        rows = torch.cat([self._features_of(item) for item in items]).double()
        self.module.mean.copy_(rows.mean(0))
        self.module.scale.copy_(rows.std(0) + 1e-6)

    def batch(self, items: Sequence[Item]) -> dict:
        return {"features": torch.stack([self._features_of(item) for item in items]).to(self.device)}

    def forget(self) -> None:
        super().forget()
        self._features.clear()

    def _features_of(self, item: Item) -> torch.Tensor:
        """Kept in memory: 6 kB a clip, asked for every epoch."""
        key = self.heard[item.id].key
        if key not in self._features:
            self._features[key] = self._kept(item)
        return self._features[key]

    def _own(self) -> dict[str, torch.Tensor]:
        return self.trainable() | dict(self.module.named_buffers())
