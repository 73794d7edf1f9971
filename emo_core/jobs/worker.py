"""The side of the work: says how far it is, hears that it shall stop, says how it ended.

A module that does work ends with

    if __name__ == "__main__":
        carry_out(work)

where `work(folder, reporter)` reads its settings from the job's folder, and on a resume goes on from its own files there.

Work may be done by several processes under torchrun: the first speaks for all; what makes another fail is told by that one.
"""

import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from emo_core.errors import WorkbenchError
from emo_core.jobs import disk, files
from emo_core.jobs.secrets import scrub

EVERY_S = 0.5  # between two lines of progress
_LOG = logging.getLogger("emo_core")
# SIGUSR2 is how Slurm announces the end of the time limit.
STOP_SIGNALS = (signal.SIGTERM, signal.SIGUSR2)


class Stopped(Exception):
    """The work heard the request to stop, saved what it had, and ended."""


class Reporter:
    """How work speaks to those who watch its folder."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.first = os.environ.get("RANK", "0") == "0"  # of several processes, as torchrun numbers them
        self._signalled = False
        self._latest: dict | None = None
        self._written_at = 0.0
        self._timer: threading.Timer | None = None
        self._lost = 0
        self._writing = threading.RLock()

    def report(self, done: float, total: float, note: str = "", **figures: float) -> None:
        """Say that `done` of `total` steps are done; `note` is what is going on, `figures` whatever else, such as a loss.

        Cheap: two lines a second are written at most, and the last report is always among them. One that the disk does not take
        stops no work: it is counted, and the log says so at the end.
        """
        if not self.first:
            return
        with self._writing:
            self._latest = {"at": time.time(), "done": done, "total": total, "note": note, "figures": figures}
            wait_s = self._written_at + EVERY_S - time.monotonic()
            if wait_s <= 0:
                self._flush()
            elif self._timer is None:
                self._timer = threading.Timer(wait_s, self._flush)
                self._timer.daemon = True
                self._timer.start()

    def _flush(self) -> None:
        with self._writing:
            if self._timer:
                self._timer.cancel()
            self._timer = None
            if self._latest:
                try:
                    files.append_line(self.folder / files.PROGRESS, scrub(files.as_line(self._latest)))
                except OSError:
                    self._lost += 1
                self._latest, self._written_at = None, time.monotonic()

    @property
    def stopping(self) -> bool:
        """Whether the work shall end: save what is worth it, and raise Stopped."""
        return self._signalled or (self.folder / files.STOP).exists()

    def check(self) -> None:
        """Raise Stopped where the work shall end: for a place at which nothing needs saving."""
        if self.stopping:
            raise Stopped

    def finish(self, result: dict) -> None:
        """Write what the work found, JSON values only, to `result.json`."""
        files.write_json(self.folder / files.RESULT, json.loads(scrub(files.as_line(result))))

    def close(self) -> None:
        """Write the last report, if it was held back, and say how many could not be written."""
        self._flush()
        if self._lost:
            print(f"[{self._lost:,} reports of progress could not be written]", flush=True)

    def _hear(self, number: int, frame: object) -> None:
        self._signalled = True


def carry_out(work: Callable[[Path, Reporter], object]) -> None:
    """Run `work` on the folder that the command line names, and leave word of how it ended; ends the process.

    Returned: done. Stopped: cancelled. A WorkbenchError: failed, its sentence is the reason. A full disk: failed, with how
    much is free. Anything else: failed, with the type and message as the reason and the stack in the log.
    """
    folder = Path(sys.argv[1])
    reporter = Reporter(folder)
    for number in STOP_SIGNALS:
        signal.signal(number, reporter._hear)
    state, reason = _outcome(work, reporter)
    reporter.close()
    if reporter.first or state == "failed":  # the cause comes before what follows from it
        files.create_json(folder / files.OUTCOME, {"state": state, "reason": scrub(reason)})
    sys.exit(1 if state == "failed" else 0)


def _outcome(work: Callable[[Path, Reporter], object], reporter: Reporter) -> tuple[str, str]:
    try:
        work(reporter.folder, reporter)
    except Stopped as stop:
        return "cancelled", str(stop)
    except WorkbenchError as error:
        _LOG.exception("the work failed")
        return "failed", str(error)
    except MemoryError as error:
        _LOG.exception("the work ran out of memory")
        return "failed", f"The memory was not enough ({str(error) or 'MemoryError'}): choose smaller settings."
    except Exception as error:  # noqa: BLE001 - the last door: told in words, kept whole in the log
        _LOG.exception("the work failed")
        full = disk.why_not_written(error, reporter.folder) if isinstance(error, OSError) else None
        return "failed", full or f"{type(error).__name__}: {error}"
    return "done", ""
