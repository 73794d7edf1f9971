"""Clips in memory, planted problems, and runs short enough for tests."""

import numpy as np

from emo_core.training.data import RATE, Data, Examples, Item
from emo_core.training.evaluate import Sound
from emo_core.training.settings import TrainSettings

EMOTIONS = ("anger", "happy", "sad")
# No dropout: equalities are about arithmetic. A rate at which a few steps move weights visibly.
SHORT = dict(
    lora_dropout=0.0, head_dropout=0.0, learning_rate=1e-3, epochs=2, batch=4, micro_batch=2, precision="float32", device="cpu",
    prompt="Which emotion? {transcript}",
)  # fmt: skip


def tone(pitch: float, seconds: float, seed: int) -> np.ndarray:
    """A hum at `pitch` Hz with noise."""
    rng, time = np.random.default_rng(seed), np.arange(round(RATE * seconds)) / RATE
    return (0.1 * np.sign(np.sin(2 * np.pi * pitch * time)) + 0.02 * rng.standard_normal(len(time))).astype(np.float32)


def examples(count: int, *, prefix: str = "clip", seed: int = 0) -> Examples:
    """Hums whose pitch decides the distribution: the higher, the more anger and the less sadness."""
    rng = np.random.default_rng(seed)
    shares = rng.uniform(0, 1, count)
    items = [
        Item(f"{prefix}{i}", (Sound(f"{prefix}{i}", tone(100 + 300 * share, rng.uniform(0.2, 0.9), seed + i)),),
             transcript="hello " * (i % 3), unit=f"speaker{i % 4}")
        for i, share in enumerate(shares)
    ]  # fmt: skip
    return Examples(tuple(items), np.stack([0.8 * shares, np.full(count, 0.2), 0.8 * (1 - shares)], axis=1))


def data(train: int = 6, validation: int = 3) -> Data:
    return Data(EMOTIONS, examples(train), examples(validation, prefix="held", seed=50))


def tiny(**choices) -> TrainSettings:
    return TrainSettings(**{"backbone": "tiny"} | SHORT | choices).resolved()


def mixed(x_i: np.ndarray, x_j: np.ndarray, lam: float) -> np.ndarray:
    """Parents cut to the shorter one: enough to mix in tests."""
    count = min(len(x_i), len(x_j))
    return (lam * x_i[:count] + (1 - lam) * x_j[:count]).astype(np.float32)
