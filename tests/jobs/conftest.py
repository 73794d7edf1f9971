"""What tests of jobs share: a root of jobs that leaves no process behind, jobs of `tests.jobs.works`, patience."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from emo_core import jobs
from emo_core.jobs import files, processes

PATIENCE_S = 60


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "jobs"
    yield folder
    for number in folder.iterdir() if folder.exists() else ():
        processes.kill_marked(number)


def make(
    root: Path, what: str, *, resource: str = "cpu", executor: str = "local", needs=None, slurm=None, **settings
) -> Path:
    """A job that does `what` of `tests.jobs.works`, not started."""
    spec = jobs.Spec(
        "test", what, "tests.jobs.works", resource, executor, needs=needs or jobs.Needs(), slurm=slurm or {}
    )
    folder = jobs.make(root, spec)
    files.write_json(folder / "settings.json", {"what": what} | settings)
    return folder


def until(true: Callable[[], object]) -> object:
    """Wait until it is true, and return it; fails after PATIENCE_S seconds."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := true():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come true in time")


def ended(folder: Path) -> jobs.Status:
    """The job's status once it is over."""
    until(lambda: jobs.status(folder).state not in jobs.ALIVE)
    return jobs.status(folder)


def family(folder: Path) -> list[int]:
    """Pids that the work wrote down, once it has."""
    return json.loads(until(lambda: (folder / "pids.json").exists() and (folder / "pids.json").read_text()))


def gone(pid: int) -> bool:
    """Whether no such process runs any more; a zombie runs no more."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
