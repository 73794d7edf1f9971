"""What the science tests share: one seeded generator, and the votes of a real corpus where present."""

import csv
from pathlib import Path

import numpy as np
import pytest

TABLE = Path(__file__).parents[3] / "shared" / "data" / "crema-d" / "processedResults" / "tabulatedVotes.csv"
EMOTIONS = "ADFHNS"


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240601)


@pytest.fixture(scope="session")
def crema_d() -> tuple[np.ndarray, np.ndarray]:
    """Counts of the voice and of the audio-visual panel of CREMA-D, clips aligned, columns A D F H N S."""
    if not TABLE.exists():
        pytest.skip(f"CREMA-D's tabulatedVotes.csv is not beside the checkout ({TABLE.parent.parent.name}/ is missing)")
    panels: dict[str, dict[str, list[int]]] = {"1": {}, "2": {}, "3": {}}  # voice only, face only, audio-visual
    with TABLE.open(newline="") as table:
        for row in csv.DictReader(table):
            panels[row[""][0]][row["fileName"]] = [int(row[emotion]) for emotion in EMOTIONS]
    clips = sorted(panels["1"].keys() & panels["3"].keys())
    voice, audio_visual = (np.array([panels[query][clip] for clip in clips]) for query in "13")
    return voice, audio_visual
