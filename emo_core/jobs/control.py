"""Starting, stopping and resuming jobs, from any process."""

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from emo_core.errors import JobError
from emo_core.jobs import disk, files, processes, slurm
from emo_core.jobs.secrets import scrub
from emo_core.jobs.spec import GRACE_S, ROOT, read_spec
from emo_core.jobs.state import ALIVE, Status, status

PATIENCE_S = 30.0  # how long a supervisor may take to stand
SLURM_KILLS_IN_S = 60.0  # its KillWait is 30 s by default
FORCE_S = 5.0  # how long after the grace a supervisor may take to tidy up


def start(folder: Path, env: dict[str, str] | None = None, *, again: bool = False) -> Status:
    """Start the job, or resume it, in a process that outlives this one; returns when its supervisor stands.

    `env` goes into the environment of the work and nowhere else: it may hold keys. With `again` a job that is done is begun
    again too: work that was done as far as it was asked for. Raises JobError where the job is running, done, or being started
    by another process, and where its executor is not there; DiskFull.
    """
    folder = folder.resolve()
    spec = read_spec(folder)
    starting = FileLock(folder / files.STARTING)
    try:
        starting.acquire(timeout=0)
    except Timeout:
        raise JobError(
            f"Job {folder.name} is being started by another process. Look at it again in a moment."
        ) from None
    with starting:
        _refuse_unless_startable(folder, again=again)
        if spec.executor == "slurm":
            slurm.check()
        processes.kill_marked(folder)
        with disk.told_when_full(folder):
            _file_away(folder)
            for name in files.AT_THE_END:
                files.reserve(folder / name)
        environment = os.environ | (env or {})
        (slurm.submit if spec.executor == "slurm" else _launch)(folder, environment)
        return status(folder)


def _refuse_unless_startable(folder: Path, *, again: bool) -> None:
    now = status(folder)
    if now.state in ALIVE:
        raise JobError(f"Job {folder.name} is {now.state}: stop it before it is started again.")
    if now.state == "done" and not again:
        raise JobError(f"Job {folder.name} is done: there is nothing to resume. Make a new job for another run.")


def _file_away(folder: Path) -> None:
    """Note how the attempt before ended, and take its files away, except the log, the progress and the work's own."""
    now = status(folder)
    if now.state != "made":
        ended = files.read_json(folder / files.STATUS) or {
            "state": now.state, "rc": None, "reason": now.reason, "ended_at": None, "asked_at": now.asked_at,
            "started_at": now.started_at,
        }  # fmt: skip
        files.append_line(folder / files.ATTEMPTS, files.as_line(ended))
    for name in (files.PROCESS, files.STATUS, files.OUTCOME, files.STOP, files.RESULT):
        (folder / name).unlink(missing_ok=True)


def _launch(folder: Path, environment: dict[str, str]) -> None:
    """Begin the supervisor in a session of its own, and wait until it says that it stands."""
    with (folder / files.LOG).open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "emo_core.jobs.supervisor", str(folder)],
            cwd=ROOT, env=environment | {processes.MARK: str(folder)}, stdin=subprocess.DEVNULL, stdout=log,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    threading.Thread(target=process.wait, daemon=True, name=f"job {folder.name}").start()  # leaves no zombie
    deadline = time.monotonic() + PATIENCE_S
    while not (folder / files.PROCESS).exists() and not (folder / files.STATUS).exists():
        ended = process.poll() is not None
        if ended or time.monotonic() > deadline:
            how = f"it ended with {process.returncode}" if ended else f"it did not stand after {PATIENCE_S:.0f} s"
            said = scrub(files.last_lines(folder, 1)) or "nothing"
            raise JobError(f"The supervisor of job {folder.name} did not come up: {how}. The log says last: {said}.")
        time.sleep(0.02)


def cancel(folder: Path, grace_s: float = GRACE_S, *, attempt: int | None = None) -> Status:
    """Stop the job, whatever it is doing; returns when it has ended, after `grace_s` seconds and a few more at most.

    The work is asked first, and killed with all its children after the grace. What remains of a lost job is killed.
    Nothing happens to one that has ended, or whose `attempt` is another by now. Raises JobError where
    another machine must do it.
    """
    folder = folder.resolve()
    now = status(folder)
    if now.state in ("done", "failed", "cancelled") or attempt not in (None, now.attempt):
        return now
    if now.state in ALIVE:
        ask_to_stop(folder, grace_s)
        if _ends_within(folder, now.attempt, grace_s + FORCE_S):
            return status(folder)
    card = files.read_json(folder / files.PROCESS)
    if card and card["executor"] == "local" and not processes.is_here(card) and now.state in ALIVE:
        raise JobError(f"Job {folder.name} runs on {card['host']} and does not answer. Stop it there.")
    try:
        with FileLock(folder / files.STARTING, timeout=PATIENCE_S):  # nobody resumes what is being buried
            if status(folder).attempt == now.attempt:
                _bury(folder, card, now)
    except Timeout:
        raise JobError(f"Job {folder.name} is being started again. Stop it when it stands.") from None
    return status(folder)


def ask_to_stop(folder: Path, grace_s: float = GRACE_S) -> None:
    """Leave the request to stop, without waiting: the supervisor asks the work, and kills it after the grace."""
    folder = folder.resolve()
    files.write_json(folder / files.STOP, {"at": time.time(), "grace_s": grace_s})
    card = files.read_json(folder / files.PROCESS)
    if card and card["executor"] == "slurm":
        (slurm.tell if card["started_at"] else slurm.cancel)(card["slurm_id"])
    elif card and processes.is_here(card):
        processes.wake(processes.marked(folder))


def _ends_within(folder: Path, attempt: int, patience_s: float) -> bool:
    """Whether this attempt says in time how it ended; a later one says that it did."""
    deadline = time.monotonic() + patience_s
    while (now := status(folder)).attempt == attempt and now.state in ALIVE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return now.attempt != attempt or (folder / files.STATUS).exists()


def _bury(folder: Path, card: dict | None, before: Status) -> None:
    """End what does not end by itself, and write the status in its supervisor's place."""
    if card and card["executor"] == "slurm":
        slurm.cancel(card["slurm_id"])
        _ends_within(folder, before.attempt, SLURM_KILLS_IN_S)
    elif card and processes.is_here(card) and processes.is_alive(card, folder):
        with suppress(psutil.NoSuchProcess):
            processes.kill([psutil.Process(card["pid"])])
    processes.kill_marked(folder)
    try:
        with FileLock(folder / files.LOCK, timeout=FORCE_S):
            if not (folder / files.STATUS).exists():
                reason = "It was stopped on request." + (f" {before.reason}" if before.reason else "")
                times = {"asked_at": before.asked_at, "started_at": before.started_at, "ended_at": time.time()}
                files.write_json(folder / files.STATUS, {"state": "cancelled", "rc": None, "reason": reason} | times)
    except Timeout:
        raise JobError(f"Job {folder.name} could not be stopped: its supervisor holds its folder. Try again.") from None
