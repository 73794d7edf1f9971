"""What the open app does by itself, whoever looks at which page: votes of runs come into the store, and its log into its file."""

import logging
import threading
import time

from emo_core.errors import WorkbenchError
from emo_core.store import Database, runs

EVERY_S = 3.0
QUIET_S = 30.0  # after so long without a change the log is moved into the file, so that the file alone is a whole copy
LATEST_S = 300.0  # and after so long in any case
_LOG = logging.getLogger("emo_core")


def begin(store: Database) -> None:
    """Look after the accounts of runs in a thread of its own, for as long as the process lives."""
    threading.Thread(target=_look_after, args=(store,), daemon=True, name="collecting").start()


def _look_after(store: Database) -> None:
    said: set[str] = set()
    log = _Log(store)
    while True:
        time.sleep(EVERY_S)
        log.look(time.monotonic())
        for name in _grown(store):
            try:
                _collect(store, name)
            except WorkbenchError as error:
                if str(error) not in said:  # once, not every three seconds
                    said.add(str(error))
                    _LOG.warning("the run %r was not taken in: %s", name, error)


class _Log:
    """Moves the store's log into its file in quiet minutes."""

    def __init__(self, store: Database):
        self._store, self._bytes, self._grown_at, self._whole_at = store, 0, 0.0, 0.0

    def look(self, now_s: float) -> None:
        """Look how long the log has not grown."""
        size = self._store.log_bytes()
        if size != self._bytes:
            self._bytes, self._grown_at = size, now_s
        if not size:
            self._whole_at = now_s
        elif now_s - self._grown_at >= QUIET_S or now_s - self._whole_at >= LATEST_S:
            try:
                self._store.settle()
            except WorkbenchError as error:  # a full disk: the log stays, and nothing is lost
                _LOG.warning("%s", error)
            self._whole_at = now_s


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
