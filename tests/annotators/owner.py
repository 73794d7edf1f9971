"""A process that owns a store and looks after one run: begins its job whenever it is not going on, and takes its votes in.

`python -m tests.annotators.owner STORE RUN`; it ends when nothing is missing and everything is in the store.
"""

import sys
import time
from pathlib import Path

from emo_core import jobs
from emo_core.annotators import control
from emo_core.errors import JobError
from emo_core.store import Database


def main(folder: Path, name: str) -> None:
    """Until the run is whole."""
    store = Database(folder, wait_s=10)
    while True:
        control.collect(store, name)
        now = control.status(store, name)
        if now["state"] == "done" and not now["missing"]:
            control.collect(store, name)
            break
        if now["state"] not in jobs.ALIVE:
            try:
                control.begin(store, name)
            except JobError:  # what is left of the attempt before is still on its way out
                time.sleep(0.1)
        time.sleep(0.2)
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
