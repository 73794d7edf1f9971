"""How the server ends: by Ctrl-C, `kill` or a closed terminal the store is closed, so that its file alone holds everything."""

import os
import signal
import threading
import time
from contextlib import asynccontextmanager, suppress

from emo_core.store import Database
from pages.parts.session import open_store

GRACE_S = 5.0  # for open connections to end by themselves


@asynccontextmanager
async def closing(_app):
    """Close the store once the server has ended its connections."""
    yield
    open_store().close()


def close_on_signals(store: Database) -> None:
    """Have SIGTERM and SIGHUP end the server, and close the store whether or not its connections end in time."""
    if threading.current_thread() is not threading.main_thread():
        return
    graceful = signal.getsignal(signal.SIGTERM)  # the server's own, which lets connections end

    def end(number, frame):
        threading.Thread(target=_make_sure, args=(store, number), daemon=True).start()
        if callable(graceful):
            graceful(number, frame)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:  # nohup stays nohup
            with suppress(ValueError):
                signal.signal(number, end)


def _make_sure(store: Database, number: int) -> None:
    time.sleep(GRACE_S)
    store.close()
    os._exit(128 + number)
