"""A short training as a job's work; the largest file that its process may write stands in `settings.json`."""

import json
import resource
from pathlib import Path

from emo_core.jobs.worker import Reporter, carry_out
from emo_core.training.loop import train
from emo_core.training.settings import TrainSettings
from tests.training.conftest import data

PROBE = TrainSettings(epochs=3, batch=4, micro_batch=2, device="cpu")


def work(folder: Path, reporter: Reporter) -> None:
    most_bytes = json.loads((folder / "settings.json").read_text())["most_bytes"]

    def report(done: float, total: float, note: str, **figures: float) -> None:
        if note.startswith("epoch"):  # libraries keep files of their own while clips are heard
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
        reporter.report(done, total, note, **figures)

    train(data(6, 2), PROBE, folder, report=report)


if __name__ == "__main__":
    carry_out(work)
