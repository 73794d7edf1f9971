"""The desks of a store, and the statistics that follow their answers a moment later."""

import logging
import threading
import weakref

from emo_core.errors import StoreError
from emo_core.labelling.desk import Desk
from emo_core.store import Database, answering

STATISTICS_AFTER_S = 0.25
_log = logging.getLogger(__name__)


class Office:
    """The desks of one store, each opened when it is first asked for."""

    def __init__(self, store: Database):
        self.store = store
        self._desks: dict[int, Desk] = {}
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def desk(self, number: int) -> Desk:
        """The desk of a campaign. Raises BadInput where there is none."""
        with self._lock:
            if number not in self._desks:
                self._desks[number] = Desk(self.store, number, on_votes=self.refresh_soon)
            return self._desks[number]

    def reload(self) -> None:
        """Let every desk read the store again."""
        with self._lock:
            desks = list(self._desks.values())
        for desk in desks:  # the same desks: somebody may be at one just now, and two of a campaign would not agree
            desk.reload()

    def forget(self, number: int) -> None:
        """Close the desk of a campaign that was removed."""
        with self._lock:
            self._desks.pop(number, None)

    def refresh_soon(self) -> None:
        """Bring the statistics up to date a moment from now, once for all answers until then."""
        with self._lock:
            if self._timer is None:
                self._timer = threading.Timer(STATISTICS_AFTER_S, self._refresh)
                self._timer.daemon = True
                self._timer.start()

    def _refresh(self) -> None:
        with self._lock:
            self._timer = None
        try:
            answering.settle_statistics(self.store)
        except StoreError as error:  # most likely the store was just closed
            _log.warning("statistics will be refreshed with the next answer or start: %s", error)


_offices: "weakref.WeakKeyDictionary[Database, Office]" = weakref.WeakKeyDictionary()
_opening = threading.Lock()


def office(store: Database) -> Office:
    """The store's one office."""
    with _opening:
        if store not in _offices:
            _offices[store] = Office(store)
        return _offices[store]
