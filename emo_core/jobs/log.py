"""The log of a job: what the work and its children print, without secrets."""

import os
import threading
from pathlib import Path
from typing import IO

from emo_core.jobs.secrets import scrub

LONGEST_LINE = 65_536  # bytes; a longer one is written in pieces


class Log:
    """Appends to a file what comes out of a pipe, line by line: a secret never stands in two pieces of one line.

    A full disk does not stop the work: what could not be written is counted, and said at the end where that is possible.
    """

    def __init__(self, path: Path):
        self._path = path
        self._thread: threading.Thread | None = None
        self._lost = 0

    def follow(self, pipe: IO[bytes]) -> None:
        """Write what the pipe yields, in a thread, until its last writer is gone."""
        self._thread = threading.Thread(target=self._pump, args=(pipe,), daemon=True)
        self._thread.start()

    def close(self, patience_s: float = 5.0) -> None:
        """Wait for the end of the pipe. A process that left the job may keep it open: it is waited for so long only."""
        if self._thread:
            self._thread.join(patience_s)
        if self._lost:
            self.write(f"\n[{self._lost:,} bytes of this log could not be written]\n".encode())

    def write(self, data: bytes) -> None:
        """Append bytes that hold no secret."""
        try:
            with self._path.open("ab") as file:
                file.write(data)
        except OSError:
            self._lost += len(data)

    def _pump(self, pipe: IO[bytes]) -> None:
        held = b""
        while data := os.read(pipe.fileno(), LONGEST_LINE):
            held += data
            end = max(held.rfind(b"\n"), held.rfind(b"\r")) + 1
            if not end and len(held) > LONGEST_LINE:
                end = len(held)
            self.write(_scrubbed(held[:end]))
            held = held[end:]
        self.write(_scrubbed(held))


def _scrubbed(line: bytes) -> bytes:
    return scrub(line.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
