"""What tests of panels share: clips with real sound, plans, runs in this process, and a small store with a study."""

import wave
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emo_core.annotators import prices
from emo_core.annotators.asking import Asking
from emo_core.annotators.clips import Clip, Clips
from emo_core.annotators.ledger import Account, Ledger
from emo_core.annotators.plan import Plan
from emo_core.annotators.providers.gemini import Gemini
from emo_core.annotators.providers.openai_compatible import OpenAICompatible
from emo_core.jobs.worker import Reporter
from emo_core.records import Reading, Study
from emo_core.store import Database, corpora, studies
from tests.conftest import EMOTIONS, copied, run_async

KEY = "AIza/planted+key=0123456789"
MODEL = "gemini-2.5-flash"


def write_sound(path: Path, *, seconds: float = 0.1, seed: int = 0) -> Path:
    """A mono WAV of noise at 16 kHz, another for each seed."""
    samples = np.random.default_rng(seed).integers(-9000, 9000, round(16_000 * seconds), dtype=np.int16)
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return path


def clips_in(root: Path, count: int, *, seconds: float = 0.1, reference=(1, 1, 1, 1)) -> Clips:
    """So many clips with sound of their own below `root`."""
    rows = []
    for n in range(count):
        write_sound(root / f"{n}.wav", seconds=seconds, seed=n)
        rows.append(Clip(f"c{n}", "corpus", f"c{n}", str(root), f"{n}.wav", None, None, seconds, f"sentence {n}"))
    return Clips(rows, np.tile(np.array(reference, dtype=float), (count, 1)))


def planned(**settings) -> Plan:
    """A plan of four draws on Gemini that thinks nothing."""
    usual = {"name": "r", "study": "s", "emotions": EMOTIONS, "model": MODEL, "votes": 4, "concurrency": 4}
    usual |= {"thinking": 0, "timeout_s": 5.0, "prices": prices.find(MODEL)}
    return Plan(**(usual | settings))


def ask(
    plan: Plan, clips: Clips, folder: Path, *, key: str = KEY, reporter: Reporter | None = None
) -> tuple[str, Account]:
    """Carry the plan out in this process: why it ended, and its account. Goes on with what `folder` holds."""
    folder.mkdir(parents=True, exist_ok=True)
    ledger, reporter = Ledger(folder, plan.attempts), reporter or Reporter(folder)

    async def work() -> str:
        provider = (Gemini if plan.provider == "gemini" else OpenAICompatible)(plan, key)
        return await Asking(plan, clips, provider, ledger, reporter).run()

    try:
        return run_async(work()), ledger.account
    finally:
        reporter.close()
        ledger.close()


def fill(store: Database) -> None:
    """Two corpora of five clips with sound, `one` and `two`, and the studies `one` (of the first) and `both`."""
    for corpus in ("one", "two"):
        root = store.folder.parent / corpus
        names = [f"{corpus}{n}" for n in range(5)]
        for n, name in enumerate(names):
            write_sound(root / f"{name}.wav", seed=n + 10 * (corpus == "two"))
        table = pd.DataFrame(
            {"clip": names, "audio": [f"{name}.wav" for name in names], "transcript": ['It is {persona}, "so".'] * 5}
        )
        votes = pd.DataFrame(
            [
                (name, "human", f"r{rater}", EMOTIONS[(n + rater) % 4])
                for n, name in enumerate(names)
                for rater in range(3)
            ],
            columns=["clip", "panel", "rater", "label"],
        )
        corpora.add_corpus(store, corpus, Reading("test", corpus, table, votes, audio_root=root))
    studies.add_study(store, Study("one", ("one",), "human", None, EMOTIONS))
    studies.add_study(store, Study("both", ("one", "two"), "human", None, EMOTIONS))


@pytest.fixture
def heard_store(prepared, tmp_path):
    """A store of its own as `fill` leaves it; its sounds are shared."""
    database = Database(copied(prepared("heard", fill), tmp_path / "store"))
    yield database
    database.close()


@pytest.fixture(autouse=True)
def planted_key(monkeypatch):
    """The key stands in the environment, as it does for a job, and no other does."""
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    for name in ("GOOGLE_API_KEY", "OPENAI_API_KEY", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
