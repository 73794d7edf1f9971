"""The process between a job and the rest: `python -m emo_core.jobs.supervisor FOLDER`.

It waits for the job's turn, runs the work as a child, keeps its log, hands on requests to stop, and writes how it all
ended. It imports little, so that many can wait; on Slurm the same function runs inside the Slurm job.
"""

import os
import signal
import subprocess
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from emo_core.errors import JobError, WorkbenchError
from emo_core.jobs import disk, files, processes
from emo_core.jobs.log import Log
from emo_core.jobs.secrets import scrub
from emo_core.jobs.spec import GRACE_S, ROOT, preflight, read_spec
from emo_core.jobs.turns import Turn
from emo_core.jobs.worker import STOP_SIGNALS

LOOK_S = 0.1  # between two looks at the work and at the request to stop
LOCK_PATIENCE_S = 5.0  # the supervisor before may just have written how it ended
HEARTBEAT_S = 30.0  # between two signs of life, for readers on other machines


def supervise(folder: Path) -> str:
    """Carry out one attempt of the job in `folder`, whose state at the end is returned.

    Raises JobError where another supervisor is at it.
    """
    lock = FileLock(folder / files.LOCK)
    try:
        lock.acquire(timeout=LOCK_PATIENCE_S)
    except Timeout:
        raise JobError(f"Job {folder.name} has a supervisor already: two would write the same files.") from None
    with lock:
        attempt = Attempt(folder)
        try:
            state, rc, reason = attempt.carry_out()
        except Exception as error:  # noqa: BLE001 - whatever it is, the job must not end without a word
            processes.kill_tree(folder)
            attempt.log.write(scrub(traceback.format_exc()).encode())
            state, rc, reason = "failed", None, _told(error, folder)
        attempt.end(state, rc, reason)
    return state


class Attempt:
    """One attempt at a job, from the queue to its end."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.spec = read_spec(folder)
        self.log = Log(folder / files.LOG)
        self._signal: int | None = None
        self._beat_at = time.monotonic()
        for number in STOP_SIGNALS:
            signal.signal(number, self._remember)
        self._card = processes.card() | {"executor": self.spec.executor, "asked_at": time.time(), "started_at": None}
        if self.spec.executor == "slurm":
            self._card["slurm_id"] = os.environ.get("SLURM_JOB_ID")

    def _remember(self, number: int, frame: object) -> None:
        self._signal = number

    def carry_out(self) -> tuple[str, int | None, str]:
        """(state, exit status, reason) of the attempt."""
        turn = None if self.spec.executor == "slurm" else Turn(self.folder, self.spec.resource)
        files.write_json(self.folder / files.PROCESS, self._card)
        try:
            while turn and not turn.take():
                if self._stop_wanted():
                    return "cancelled", None, "It was stopped while it waited for its turn."
                self._pause()
            if self._stop_wanted():
                return "cancelled", None, "It was stopped before it began."
            if missing := preflight(self.folder, self.spec.needs):
                return "failed", None, " ".join(missing)
            return self._work()
        finally:
            if turn:
                turn.give_back()

    def end(self, state: str, rc: int | None, reason: str) -> None:
        """Write how the attempt ended, once."""
        times = {key: self._card[key] for key in ("asked_at", "started_at")}
        document = {"state": state, "rc": rc, "reason": scrub(reason), "ended_at": time.time()} | times
        files.write_json(self.folder / files.STATUS, document)
        for name in files.AT_THE_END:
            files.release(self.folder / name)

    def _work(self) -> tuple[str, int | None, str]:
        processes.adopt_orphans()
        child = self._launch()
        self._card |= {"started_at": time.time(), "work_pid": child.pid}
        files.write_json(self.folder / files.PROCESS, self._card)
        self.log.follow(child.stdout)
        killed = False
        while child.poll() is None:
            if self._stop_wanted():
                killed = self._stop(child)
                break
            self._pause()
        rc = child.wait()
        processes.kill_tree(self.folder)  # whatever the work began and left behind
        self.log.close()
        return verdict(rc, files.read_json(self.folder / files.OUTCOME), self._why_stopped(killed))

    def _launch(self) -> subprocess.Popen:
        me = os.getpid()
        return subprocess.Popen(
            [sys.executable, "-m", self.spec.module, str(self.folder)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONUNBUFFERED": "1", processes.MARK: str(self.folder)},
            start_new_session=True,
            preexec_fn=lambda: processes.die_with(me),
        )

    def _stop(self, child: subprocess.Popen) -> bool:
        """Ask the work to end, and kill it after the grace; whether it had to be killed."""
        request = files.read_json(self.folder / files.STOP) or {}
        deadline = time.monotonic() + request.get("grace_s", GRACE_S)
        processes.wake(processes.marked(self.folder))
        child.terminate()
        while child.poll() is None and time.monotonic() < deadline:
            self._pause()
        if child.poll() is not None:
            return False
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        return True

    def _stop_wanted(self) -> bool:
        return self._signal is not None or (self.folder / files.STOP).exists()

    def _why_stopped(self, killed: bool) -> str | None:
        """A sentence; None where nobody asked the work to end."""
        if not self._stop_wanted():
            return None
        if (self.folder / files.STOP).exists():
            who = "It was stopped on request"
        else:
            who = f"The system ended it ({signal.Signals(self._signal).name}), not a request here; it can be resumed"
        return who + (", and killed, for it did not end within the grace." if killed else ".")

    def _pause(self) -> None:
        time.sleep(LOOK_S)
        if time.monotonic() - self._beat_at > HEARTBEAT_S:
            self._beat_at = time.monotonic()
            os.utime(self.folder / files.PROCESS)


def _told(error: Exception, folder: Path) -> str:
    full = disk.why_not_written(error, folder) if isinstance(error, OSError) else None
    return full or (str(error) if isinstance(error, WorkbenchError) else f"{type(error).__name__}: {error}")


def verdict(rc: int, outcome: dict | None, stopped: str | None) -> tuple[str, int, str]:
    """(state, rc, reason) from the exit status of the work, its own word (None: it left none), and why it was asked to
    end (None: it was not).

    >>> verdict(-9, None, None)
    ('failed', -9, "It was killed by signal 9 (SIGKILL), often the system's answer to too little memory; it can be resumed.")
    """
    if outcome and outcome["state"] == "done":
        return "done", rc, ""
    said = (outcome or {}).get("reason", "")
    if stopped:
        return "cancelled", rc, f"{stopped} {said}".strip()
    if outcome:
        return outcome["state"], rc, said or "It ended at the request of a signal, not of this workbench."
    if rc == 0:
        return "done", rc, ""
    return "failed", rc, _death(rc)


def _death(rc: int) -> str:
    if rc > 0:
        return f"It ended with exit status {rc} and gave no reason; the log may say more."
    try:
        name = signal.Signals(-rc).name
    except ValueError:
        name = "unknown"
    hint = (
        ", often the system's answer to too little memory; it can be resumed"
        if -rc == signal.SIGKILL
        else "; the log may say more"
    )
    return f"It was killed by signal {-rc} ({name}){hint}."


if __name__ == "__main__":
    try:
        supervise(Path(sys.argv[1]))
    except JobError as refusal:
        sys.exit(str(refusal))
