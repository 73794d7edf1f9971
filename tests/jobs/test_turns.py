"""Jobs that want the same resource wait for each other, whoever is killed meanwhile."""

import os
import signal

import pytest

from emo_core import jobs
from emo_core.errors import BadInput
from emo_core.jobs import files
from emo_core.jobs.turns import slots
from tests.jobs.conftest import ended, make, until


def test_first_come_first_served_and_the_dead_block_nobody(root):
    held, killed, second, third = (make(root, "count", resource="gpu", steps=s) for s in (10_000, 3, 3, 3))
    supervisors = [jobs.start(folder).pid for folder in (held, killed, second, third)]
    until(lambda: jobs.status(held).progress.done)
    assert [jobs.status(folder).state for folder in (killed, second, third)] == ["queued"] * 3
    os.kill(supervisors[1], signal.SIGKILL)
    until(lambda: jobs.status(killed).state == "lost")
    assert jobs.cancel(held).state == "cancelled"
    first, last = ended(second), ended(third)
    assert (first.state, last.state) == ("done", "done")
    assert first.ended_at <= last.started_at
    assert jobs.status(killed).state == "lost" and not (killed / "place.txt").exists()


def test_a_killed_holder_frees_its_slot(root):
    held, waiting = (make(root, "count", resource="gpu", steps=s) for s in (10_000, 2))
    supervisor = jobs.start(held).pid
    jobs.start(waiting)
    until(lambda: jobs.status(held).progress.done)
    assert jobs.status(waiting).state == "queued"
    os.kill(supervisor, signal.SIGKILL)
    assert ended(waiting).state == "done"


def test_a_waiting_job_is_stopped_at_once(root):
    held, waiting = (make(root, "count", resource="gpu", steps=10_000) for _ in range(2))
    jobs.start(held)
    jobs.start(waiting)
    status = jobs.cancel(waiting)
    assert status.state == "cancelled" and status.started_at is None
    assert "waited for its turn" in status.reason
    assert not (waiting / files.OUTCOME).exists()
    assert jobs.status(held).state == "running"
    jobs.cancel(held)


def test_more_slots_and_other_resources_run_side_by_side(root, monkeypatch):
    monkeypatch.setenv("EMO_JOBS_GPU", "2")
    folders = [make(root, "count", resource=r, steps=10_000) for r in ("gpu", "gpu", "cpu")]
    for folder in folders:
        jobs.start(folder)
    for folder in folders:
        until(lambda folder=folder: jobs.status(folder).progress.done)
    assert {jobs.status(folder).state for folder in folders} == {"running"}
    for folder in folders:
        jobs.cancel(folder)


def test_slots_are_a_number(monkeypatch):
    assert (slots("gpu"), slots("cpu"), slots("network")) == (1, 1, 4)
    monkeypatch.setenv("EMO_JOBS_NETWORK", "none")
    with pytest.raises(BadInput, match="EMO_JOBS_NETWORK"):
        slots("network")
