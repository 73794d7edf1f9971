"""What tests share: stores in a temporary folder, tiny tables of votes, and real data where it lies beside the checkout."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock
from hypothesis import settings
from typer.testing import CliRunner, Result

from emo_core import verbs
from emo_core.cli import app
from emo_core.records import Reading, Study
from emo_core.store import Database, corpora, studies

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"
EMOTIONS = ("anger", "happy", "neutral", "sad")
# Two test processes share two cores, and a pool of threads does not survive a fork; jobs that tests start inherit this.
os.environ["OMP_NUM_THREADS"] = "1"
settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def real_crema() -> Path:
    """The folder of real CREMA-D votes; skips where it is not there."""
    folder = SHARED / "crema-d"
    if not folder.is_dir():
        pytest.skip("no ../shared/data/crema-d on this machine")
    return folder


Prepared = Callable[[str, Callable[[Database], object]], Path]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory) -> Prepared:
    """Makes stores that tests begin with, each once for all processes of a run: `prepared(name, fill)` is the folder of the
    store that `fill` filled. It may be copied, with `copied`, but never opened.
    """
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root

    def make(name: str, fill: Callable[[Database], object]) -> Path:
        folder, whole = root / f"prepared-{name}", root / f"prepared-{name}.whole"
        with FileLock(root / f"prepared-{name}.lock"):
            if not whole.exists():
                shutil.rmtree(folder, ignore_errors=True)
                store = Database(folder / "store")
                fill(store)
                store.close()
                whole.touch()
        return folder / "store"

    return make


def copied(prepared_store: Path, folder: Path) -> Path:
    """A copy of a prepared store; sounds stay where they are."""
    return shutil.copytree(prepared_store, folder, ignore=shutil.ignore_patterns("demo", "owner.*"))


@pytest.fixture
def store(prepared, tmp_path):
    """An empty store of its own."""
    database = Database(copied(prepared("empty", lambda empty: None), tmp_path / "store"))
    yield database
    database.close()


@pytest.fixture(scope="session")
def demo(prepared) -> Path:
    """The folder of a prepared store with the demo corpus and study: to copy, not to open."""
    return prepared("demo", lambda store: verbs.run(store, "demo", {}))


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


@pytest.fixture(scope="session")
def crema_av(prepared, real_crema) -> Path:
    """The folder of a prepared store with the real votes as `c`, and the study `av` of voice against face and voice."""

    def fill(store: Database) -> None:
        verbs.run(store, "corpus add", {"format": "crema-d", "path": str(real_crema), "name": "c"})
        choices = {"corpus": "c", "reference": "human:voice", "candidate": "human:audiovisual"}
        verbs.run(store, "study add", {"name": "av", "emotions": "anger,disgust,fear,happy,neutral,sad"} | choices)

    return prepared("crema-av", fill)


def fill_small(store: Database) -> None:
    """Bring in one corpus and one study, both named `small`."""
    corpora.add_corpus(store, "small", simulated_reading())
    studies.add_study(store, Study("small", "small", "human", "synthetic:sim/1", EMOTIONS, rule="drop_outside"))


@pytest.fixture
def filled(prepared, tmp_path):
    """A store with one corpus and one study, both named `small`."""
    database = Database(copied(prepared("small", fill_small), tmp_path / "store"))
    yield database
    database.close()


def run_async(work):
    """What a coroutine gives, in a thread of its own: the browser of other tests keeps an event loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@pytest.fixture(autouse=True)
def no_inherited_store(monkeypatch):
    """Tests name their store; the developer's own is never touched."""
    monkeypatch.delenv("EMO_STORE", raising=False)


def environment(folder: Path) -> dict[str, str]:
    """Environment of a subprocess that uses the store in `folder`."""
    return os.environ | {"EMO_STORE": str(folder), "PYTHONPATH": str(ROOT)}


def command(folder: Path, *words: object) -> Result:
    """Run a verb as the shell would, in this process."""
    return CliRunner().invoke(app, ["--store", str(folder), *map(str, words)])


def shell(folder: Path, *words: str) -> subprocess.CompletedProcess:
    """`python -m emo_core …` on a store, as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "emo_core", *words],
        cwd=ROOT, env=environment(folder), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
