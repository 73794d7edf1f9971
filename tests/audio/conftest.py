"""What the audio tests share: tones, and the folders of real odd files where present."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def odd_audio() -> Path:
    return _present(DATA / "odd-audio")


@pytest.fixture(scope="session")
def quirks() -> Path:
    return _present(DATA / "crema-d-quirks")


def _present(folder: Path) -> Path:
    if not folder.is_dir():
        pytest.skip(f"{folder.name}/ is not beside the checkout")
    return folder


@pytest.fixture
def tone(tmp_path):
    """Writes half a second of a 440 Hz tone under a name; returns its path."""

    def write(name="tone.wav", seconds=0.5, sample_rate=16_000, channels=1, level=0.5, **options) -> Path:
        time = np.arange(round(seconds * sample_rate)) / sample_rate
        samples = np.repeat(level * np.sin(2 * np.pi * 440 * time)[:, None], channels, axis=1)
        soundfile.write(tmp_path / name, samples, sample_rate, **options)
        return tmp_path / name

    return write
