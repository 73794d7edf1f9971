"""In which state a job is, told from its files and from what is alive.

queued      it waits for its turn          made        it was never started
running     the work goes on               stopping    it was asked to end and is still there
done, failed, cancelled                    how its last attempt ended
lost        it ended without saying how: killed together with its supervisor, or by a restart of the machine
"""

import time
from dataclasses import dataclass, field
from pathlib import Path

from emo_core.errors import JobError, UnknownName
from emo_core.jobs import files, processes, slurm
from emo_core.jobs.spec import Spec, numbers, read_spec

ALIVE = ("queued", "running", "stopping")
ENDED = ("done", "failed", "cancelled", "lost")
SILENT_WORK_S = 5.0  # longer than between two lines of a quick work
SILENT_S = 600.0  # a supervisor on another machine that gave no sign of life for so long is taken for dead
_RECENT = 16_384  # bytes at the end of the progress file: a minute or more, the rate is told from it


@dataclass(frozen=True)
class Progress:
    """How far the present attempt is, from its last lines of progress.

    done, total: steps; total 0 where it is not known.
    rate: steps a second, None before it can be told.
    left_s: seconds to go at that rate, None where it cannot be told.
    at: when it was said, seconds since 1970.
    """

    done: float = 0
    total: float = 0
    rate: float | None = None
    left_s: float | None = None
    note: str = ""
    figures: dict = field(default_factory=dict)
    at: float | None = None


@dataclass(frozen=True)
class Status:
    """A job at this moment. Times are seconds since 1970, None where there is none yet.

    pid: the supervisor's, on its machine.
    started_at: when the work of this attempt began; asked_at: when it joined the queue.
    rc: exit status of the work, minus the number of the signal that killed it.
    reason: why it is in this state, in words; empty where there is nothing to say.
    attempt: 1 for the first.
    """

    state: str
    pid: int | None = None
    asked_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    rc: int | None = None
    reason: str = ""
    attempt: int = 1
    progress: Progress = Progress()

    @property
    def took_s(self) -> float | None:
        """Seconds of work so far, or of the attempt that ended; None where none began, or nobody knows when it ended."""
        if self.started_at is None or (self.ended_at is None and self.state not in ALIVE):
            return None
        return (self.ended_at or time.time()) - self.started_at


@dataclass(frozen=True)
class Job:
    """A job's folder, what it is and how it is."""

    folder: Path
    spec: Spec
    status: Status


def list_jobs(root: Path) -> list[Job]:
    """Every job below `root`, newest first. One whose spec cannot be read is there too, with that as its reason."""
    return [_look(root / str(number)) for number in reversed(numbers(root))]


def find(root: Path, number: int) -> Job:
    """The job of that number. Raises UnknownName where there is none."""
    if number not in numbers(root):
        raise UnknownName("job", number, numbers(root))
    return _look(root / str(number))


def _look(folder: Path) -> Job:
    try:
        return Job(folder, read_spec(folder), status(folder))
    except JobError as error:
        broken = Spec("unknown", "unreadable", "unknown", number=int(folder.name))
        return Job(folder, broken, Status("lost", reason=str(error)))


def status(folder: Path) -> Status:
    """The job's state, told truthfully: nothing dead is called running. A job whose files cannot be
    read is lost, with that as its reason, so that one damaged folder does not hide the others.
    """
    try:
        return _status(folder)
    except (ValueError, LookupError, TypeError, OSError) as error:
        return Status("lost", reason=damage(folder, error))


def damage(folder: Path, error: Exception) -> str:
    """What is said of a job whose folder lacks a file, or holds one that cannot be read."""
    return (
        f"The folder {folder} of this job is damaged ({type(error).__name__}: {error}). "
        "Restore its files from a copy of the store, or move the folder away."
    )


def _status(folder: Path) -> Status:
    ended = files.read_json(folder / files.STATUS)
    card = files.read_json(folder / files.PROCESS)
    attempt = len(files.read_lines(folder / files.ATTEMPTS)[0]) + 1
    if ended is None and card is None:
        return Status("made", reason="It was not started.", attempt=attempt, progress=progress(folder, None))
    if ended is None:
        state, reason = _by_process(folder, card)
        if state not in ALIVE:
            ended = files.read_json(folder / files.STATUS)  # it may have ended between the two looks
    if ended is not None:
        state, reason = ended["state"], ended["reason"]
    told = (card or {}) | (ended or {})
    started_at = told.get("started_at")
    return Status(
        state, told.get("pid"), told.get("asked_at"), started_at, told.get("ended_at"), told.get("rc"), reason, attempt,
        progress(folder, started_at if state == "running" else None),
    )  # fmt: skip


def _by_process(folder: Path, card: dict) -> tuple[str, str]:
    """(state, reason) of a job that has not said how it ended."""
    going = "running" if card["started_at"] else "queued"
    if card["executor"] == "slurm":
        state, reason = slurm.state(card["slurm_id"], going)
    elif processes.is_here(card):
        state, reason = (going, "") if processes.is_alive(card, folder) else ("lost", _loss(card))
    else:
        silent_s = time.time() - (folder / files.PROCESS).stat().st_mtime
        state = going if silent_s < SILENT_S else "lost"
        reason = f"It runs on {card['host']}, heard of {silent_s:.0f} s ago."
    return ("stopping" if state in ALIVE and (folder / files.STOP).exists() else state), reason


def _loss(card: dict) -> str:
    restarted = card["boot"] != processes.boot()
    why = "the machine was restarted" if restarted else "its processes are gone, perhaps killed"
    return f"It ended without saying how: {why}. It can be resumed."


def progress(folder: Path, since: float | None) -> Progress:
    """How far the job is. Its rate and the time left are told for an attempt going on since `since`."""
    path = folder / files.PROGRESS
    size = path.stat().st_size if path.exists() else 0
    lines, _ = files.read_lines(path, max(0, size - _RECENT))
    if not lines:
        return Progress()
    last = lines[-1]
    alike = [
        line for line in lines if since and line["at"] >= since and line["total"] == last["total"]
    ]  # steps of one kind
    rate = _rate(alike)
    left_s = (last["total"] - last["done"]) / rate if rate and last["total"] else None
    return Progress(last["done"], last["total"], rate, left_s, last["note"], last["figures"], last["at"])


def _rate(lines: list[dict]) -> float | None:
    """Steps a second over these lines, all of one attempt, up to now: the pause between two attempts is no slow step, but work
    from which nothing comes any more is slow.
    """
    if not lines:
        return None
    silent = time.time() - lines[-1]["at"] > SILENT_WORK_S
    elapsed_s = (time.time() if silent else lines[-1]["at"]) - lines[0]["at"]
    return (lines[-1]["done"] - lines[0]["done"]) / elapsed_s if elapsed_s > 0 else None
