"""A training side of four emotions, unevenly filled, whose features tell emotions apart."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from emo_core.augmentation.training_clips import TrainingClips

EMOTIONS = ("anger", "happy", "sad", "neutral")


def make_training(clips: int = 120, *, seed: int = 0) -> TrainingClips:
    """Five votes a clip, 10 to 45 % of the clips an emotion, six speakers."""
    rng = np.random.default_rng(seed)
    emotion = rng.choice(4, clips, p=[0.1, 0.2, 0.25, 0.45])
    votes = np.stack([rng.multinomial(5, np.eye(4)[k] * 0.6 + 0.1) for k in emotion])
    features = rng.standard_normal((clips, 6)) + 3 * rng.standard_normal((4, 6))[emotion]
    names = [f"c{n:03}" for n in rng.permutation(clips)]
    return TrainingClips(names, EMOTIONS, votes / 5, features, [f"s{n % 6}" for n in range(clips)])


def write_sound(path: Path, *, seconds: float = 0.1, seed: int = 0) -> Path:
    """A mono WAV of noise at 16 kHz, another for each seed."""
    samples = np.random.default_rng(seed).integers(-9000, 9000, round(16_000 * seconds), dtype=np.int16)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, 16_000)
    return path


@pytest.fixture(scope="package")
def training() -> TrainingClips:
    return make_training()
