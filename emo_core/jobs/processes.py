"""Whether a process that a file names is alive and ours, and how to end a whole tree of them."""

import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

MARK = "EMO_JOB"  # an environment variable that every process of a job inherits: the job's folder
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded before any fork


def boot() -> str:
    """Names the present run of this machine: a restart changes it."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return str(round(psutil.boot_time(), -1))


def card() -> dict:
    """Who this process is: `pid, create_time, host, boot`."""
    return {
        "pid": os.getpid(),
        "create_time": psutil.Process().create_time(),
        "host": socket.gethostname(),
        "boot": boot(),
    }


def is_here(card: dict) -> bool:
    """Whether the process is one of this machine: pids of others say nothing here."""
    return card["host"] == socket.gethostname()


def is_alive(card: dict, folder: Path) -> bool:
    """Whether the process of this machine that wrote the card for the job in `folder` still lives.

    A zombie is dead; another process that got the same pid is not it; before a restart of the machine nothing lives.
    """
    if card["boot"] != boot():
        return False
    try:
        process = psutil.Process(card["pid"])
        if not _lives(process):
            return False
        # A corrected clock shifts create times, of this process too: then the mark tells.
        return abs(process.create_time() - card["create_time"]) < 1 or _mark(process) == str(folder)
    except psutil.NoSuchProcess:
        return False


def _mark(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):
        return None  # another user's, or just gone: not ours


def marked(folder: Path) -> list[psutil.Process]:
    """Every process of this machine that belongs to the job in `folder`, without this one."""
    mine = os.getpid()
    return [process for process in psutil.process_iter() if process.pid != mine and _mark(process) == str(folder)]


def wake(processes: list[psutil.Process]) -> None:
    """Let stopped processes go on: before that they hear no request to end."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGCONT)


def kill_marked(folder: Path) -> None:
    """Kill every process of the job in `folder`."""
    _kill_all(lambda: marked(folder))


def kill_tree(folder: Path) -> None:
    """For a supervisor: kill every process of the job in `folder` and every descendant, whatever it made of its marks."""
    _kill_all(lambda: list({*marked(folder), *psutil.Process().children(recursive=True)}))


def _kill_all(find: Callable[[], list[psutil.Process]], patience_s: float = 5.0) -> None:
    """Look again until none is found: some are born while others die."""
    deadline = time.monotonic() + patience_s
    while (found := [process for process in find() if _lives(process)]) and time.monotonic() < deadline:
        kill(found)


def kill(found: list[psutil.Process]) -> None:
    """Kill these, and wait a moment for them to be gone."""
    for process in found:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    deadline = time.monotonic() + 1
    while any(map(_lives, found)) and time.monotonic() < deadline:
        time.sleep(0.02)


def _lives(process: psutil.Process) -> bool:
    """A zombie does not: it only waits for its parent to look."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def adopt_orphans() -> None:
    """On Linux, descendants whose parent dies become children of this process: none gets out of its sight."""
    if _LIBC:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with(parent: int) -> None:
    """For a child, right after the fork: the kernel (Linux) kills it when the process `parent` dies, however that dies."""
    if _LIBC:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(128 + signal.SIGKILL)  # it died before the kernel was told
