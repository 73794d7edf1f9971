"""One process owns a store; others ask it.

The owner holds an operating-system lock on `owner.lock`, which goes with the process however it ends, and says in
`owner.json` (readable by its user only) who it is and where it listens. A second process on the same store either sends
its request there (the command line while the app is open) or is told who the owner is.

The wire is `multiprocessing.connection` on 127.0.0.1: each side proves that it read the token in `owner.json` (HMAC
challenge), then JSON bytes go over, never pickles.
"""

import json
import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path

from filelock import FileLock, Timeout

from emo_core.errors import StoreError, StoreInUse

Handler = Callable[[dict], dict]


class Owner:
    """Holds the lock on a store's folder until `release`, and answers other processes' requests.

    Raises StoreInUse, with the owner's pid, where another process holds it for longer than `wait_s` seconds.
    """

    def __init__(self, folder: Path, *, wait_s: float = 0.0):
        self._lock = FileLock(folder / "owner.lock", thread_local=False)  # whichever thread closes, frees it
        self._card = folder / "owner.json"
        self._listener: Listener | None = None
        try:
            self._lock.acquire(timeout=wait_s, poll_interval=0.05)
        except Timeout:
            raise in_use(folder) from None
        self._say(None, None)

    def _say(self, port: int | None, token: str | None) -> None:
        """Write the card by rename: a reader sees a whole one or the one before."""
        card = {"pid": os.getpid(), "program": Path(sys.argv[0]).name, "port": port, "token": token}
        draft = self._card.with_suffix(".draft")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(card, file)
        draft.replace(self._card)

    def listen(self, handler: Handler) -> None:
        """Answer requests of other processes in background threads: `handler` takes and returns a JSON document."""
        token = secrets.token_hex(32)
        self._listener = Listener(("127.0.0.1", 0), authkey=token.encode())
        self._thread = threading.Thread(target=self._accept, args=(self._listener, handler), daemon=True)
        self._thread.start()
        self._say(self._listener.address[1], token)

    def _accept(self, listener: Listener, handler: Handler) -> None:
        while self._listener is listener:
            try:
                connection = listener.accept()
            except (AuthenticationError, EOFError, ConnectionError):
                continue  # a stranger, or one who hung up: the next may be ours
            except OSError:
                return  # closed by release()
            threading.Thread(target=_answer, args=(connection, handler), daemon=True).start()

    def release(self) -> None:
        """Stop listening and let another process own the store."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):
                socket.create_connection(listener.address, timeout=1).close()  # wakes accept(), which sees it is over
            listener.close()
            self._thread.join(timeout=1)
        self._card.unlink(missing_ok=True)
        self._lock.release()


def _answer(connection: Connection, handler: Handler) -> None:
    with connection, suppress(EOFError, ConnectionError):
        connection.send_bytes(json.dumps(handler(json.loads(connection.recv_bytes()))).encode())


def card(folder: Path) -> dict | None:
    """What the owner says of itself: `pid, program, port, token`; None where no card is there."""
    try:
        return json.loads((folder / "owner.json").read_text())
    except FileNotFoundError:
        return None


def in_use(folder: Path) -> StoreInUse:
    """The error that names the owner of the store in `folder`."""
    owner = card(folder)
    who = f"process {owner['pid']} ({owner['program']})" if owner else "another process"
    return StoreInUse(
        f"The store {folder} is in use by {who}. One process owns a store at a time: "
        "use that one, stop it first, or name another store with EMO_STORE or --store.",
        owner["pid"] if owner else None,
    )


def ask(folder: Path, request: dict) -> dict:
    """Send a request to the store's owner and wait for its answer.

    Raises StoreInUse where the owner takes no requests, StoreError where it ends before answering.
    """
    owner = card(folder)
    if owner is None or owner["port"] is None:
        raise in_use(folder)
    try:
        with Client(("127.0.0.1", owner["port"]), authkey=owner["token"].encode()) as connection:
            connection.send_bytes(json.dumps(request).encode())
            return json.loads(connection.recv_bytes())
    except (OSError, EOFError, AuthenticationError) as error:
        raise StoreError(
            f"Process {owner['pid']}, which owns the store {folder}, ended before it answered ({error!r}). "
            "What it had acknowledged is kept. Run the command again."
        ) from error
