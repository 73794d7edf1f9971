"""Jobs that want the same resource of a machine take turns, first come first served.

A waiter lays down a ticket that says when it came and who it is; the first living one may take a free slot. Slots are
operating-system locks, which go with their holder however it ends, and tickets of the dead are thrown away: a killed
job blocks nobody.
"""

import os
import socket
import time
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from emo_core.errors import BadInput
from emo_core.jobs import files, processes
from emo_core.jobs.spec import RESOURCES


def slots(resource: str) -> int:
    """How many jobs of the resource run at a time on this machine: EMO_JOBS_GPU, EMO_JOBS_CPU, EMO_JOBS_NETWORK, or the
    number in RESOURCES.
    """
    variable = f"EMO_JOBS_{resource.upper()}"
    given = os.environ.get(variable) or str(RESOURCES[resource])
    if not given.isdecimal() or int(given) < 1:
        raise BadInput(f"{variable} says how many jobs run at a time, 1 or more; it is {given!r}. Correct or unset it.")
    return int(given)


class Turn:
    """A place in the queue of a resource, from now on; and, once taken, one of its slots."""

    def __init__(self, folder: Path, resource: str):
        # Each machine that shares the store has resources of its own.
        self._queue = folder.parent / ".turns" / f"{socket.gethostname()}-{resource}"
        self._queue.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._slots = slots(resource)
        self._lock: FileLock | None = None
        self._ticket = self._queue / f"{time.time_ns():020}-{folder.name}.json"
        files.write_json(self._ticket, processes.card())

    def take(self) -> bool:
        """Take a slot where this is the first in the queue and one is free; whether it was taken."""
        if self._first() != self._ticket:
            return False
        for slot in range(self._slots):
            lock = FileLock(self._queue / f"slot-{slot}.lock")
            with suppress(Timeout):
                lock.acquire(timeout=0)
                self._lock = lock
                self._ticket.unlink(missing_ok=True)
                return True
        return False

    def _first(self) -> Path | None:
        for ticket in sorted(self._queue.glob("[0-9]*.json")):
            card = files.read_json(ticket)
            if card and processes.is_alive(card, self._job_of(ticket)):
                return ticket
            ticket.unlink(missing_ok=True)
        return None

    def _job_of(self, ticket: Path) -> Path:
        return self._folder.parent / ticket.stem.partition("-")[2]

    def give_back(self) -> None:
        """Leave the queue, or the slot."""
        self._ticket.unlink(missing_ok=True)
        if self._lock:
            self._lock.release()
