"""Votes of runs come into the store while the app is open, whoever looks at which page."""

import logging
import threading
import time

from emo_core.errors import WorkbenchError
from emo_core.store import Database, runs

EVERY_S = 3.0
_LOG = logging.getLogger("emo_core")


def begin(store: Database) -> None:
    """Look after the accounts of runs in a thread of its own, for as long as the process lives."""
    threading.Thread(target=_look_after, args=(store,), daemon=True, name="collecting").start()


def _look_after(store: Database) -> None:
    said: set[str] = set()
    while True:
        time.sleep(EVERY_S)
        for name in _grown(store):
            try:
                _collect(store, name)
            except WorkbenchError as error:
                if str(error) not in said:  # once, not every three seconds
                    said.add(str(error))
                    _LOG.warning("the run %r was not taken in: %s", name, error)


def _grown(store: Database) -> list[str]:
    """Runs whose account has more than the store took."""
    try:
        return [run.name for run in runs.list_runs(store) if runs.account_size(store, run) > run.taken]
    except WorkbenchError:  # the store is closed: the process is about to end
        return []


def _collect(store: Database, name: str) -> None:
    # with their table library, not before a run needs them
    from emo_core.annotators import control as panels
    from emo_core.training import control as training

    asked = runs.find_run(store, name).question
    (training if asked == "training" else panels).collect(store, name)
