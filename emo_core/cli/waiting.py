"""Waiting for a job, with a line of progress on standard error."""

import sys
import time
from pathlib import Path

from emo_core import jobs

LOOK_S = 0.5
EVERY_S = 10.0  # between two lines where they are not written over


def wait(folder: Path, name: str, unit: str) -> jobs.Status:
    """The job's status once it has ended. Ctrl-C leaves the job running, and its status is returned as it is."""
    line = _Line()
    try:
        while (now := jobs.status(folder)).state in jobs.ALIVE:
            done = now.progress
            steps = f", {done.done:,.0f} of {done.total:,.0f} {unit}" if done.total else ""
            line.say(f"emo_core: {name} {now.state}{steps} {done.note}".rstrip())
            time.sleep(LOOK_S)
    except KeyboardInterrupt:
        print(f"\nemo_core: the job goes on; stop it with `jobs cancel {folder.name}`", file=sys.stderr)
        return jobs.status(folder)
    line.end(f"emo_core: {name} {now.state} {now.reason}".rstrip())
    return now


class _Line:
    """On a terminal one line that is written over, elsewhere one every ten seconds at most."""

    def __init__(self):
        self._over, self._said, self._at = sys.stderr.isatty(), "", float("-inf")

    def say(self, text: str) -> None:
        if text != self._said and (self._over or time.monotonic() - self._at > EVERY_S):
            self._said, self._at = text, time.monotonic()
            print(
                f"\r{text:<100.100}" if self._over else text,
                end="" if self._over else "\n",
                file=sys.stderr,
                flush=True,
            )

    def end(self, text: str) -> None:
        print(f"\r{text:<100}" if self._over else text, file=sys.stderr, flush=True)
