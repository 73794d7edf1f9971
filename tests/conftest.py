"""What tests share: stores in a temporary folder, tiny tables of votes, and real data where it lies beside the checkout."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emo_core.records import Reading, Study
from emo_core.store import Database, corpora, studies

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"
EMOTIONS = ("anger", "happy", "neutral", "sad")


@pytest.fixture(scope="session")
def real_crema() -> Path:
    """The folder of real CREMA-D votes; skips where it is not there."""
    folder = SHARED / "crema-d"
    if not folder.is_dir():
        pytest.skip("no ../shared/data/crema-d on this machine")
    return folder


@pytest.fixture
def store(tmp_path):
    """An empty store of its own."""
    database = Database(tmp_path / "store")
    yield database
    database.close()


def simulated_votes(clips: int = 40, *, seed: int = 0) -> pd.DataFrame:
    """Votes of 5 named people and 6 draws of a model on each clip, seeded."""
    rng = np.random.default_rng(seed)
    rows = []
    for clip in range(clips):
        truth = rng.dirichlet(np.ones(len(EMOTIONS)))
        for panel, raters in (("human", 5), ("synthetic:sim/1", 6)):
            labels = rng.choice(EMOTIONS, size=raters, p=truth)
            rows += [(f"clip{clip:03}", panel, f"rater{i}", label) for i, label in enumerate(labels)]
    return pd.DataFrame(rows, columns=["clip", "panel", "rater", "label"])


def simulated_reading(clips: int = 40, *, seed: int = 0) -> Reading:
    """A corpus of `simulated_votes` with four speakers and transcripts, one of them hostile."""
    names = [f"clip{clip:03}" for clip in range(clips)]
    texts = [f"sentence {clip}" for clip in range(clips)]
    texts[0] = "<img src=x onerror=\"document.title='owned'\"> <b>bold</b>"
    texts[1] = "=1+1"
    frame = pd.DataFrame({"clip": names, "transcript": texts, "speaker": [f"s{i % 4}" for i in range(clips)]})
    return Reading(format="test", source="a test", clips=frame, votes=simulated_votes(clips, seed=seed), simulated=True)


@pytest.fixture
def filled(store):
    """A store with one corpus and one study, both named `small`."""
    corpora.add_corpus(store, "small", simulated_reading())
    studies.add_study(store, Study("small", "small", "human", "synthetic:sim/1", EMOTIONS, rule="drop_outside"))
    return store


@pytest.fixture(autouse=True)
def no_inherited_store(monkeypatch):
    """Tests name their store; the developer's own is never touched."""
    monkeypatch.delenv("EMO_STORE", raising=False)


def environment(folder: Path) -> dict[str, str]:
    """Environment of a subprocess that uses the store in `folder`."""
    return os.environ | {"EMO_STORE": str(folder), "PYTHONPATH": str(ROOT)}
