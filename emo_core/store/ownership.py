"""One process owns a store; others ask it.

The owner holds an operating-system lock on `owner.lock`, which goes with the process however it ends, and says in
`owner.json` (readable by its user only) who it is and where it listens. A second process on the same store either sends
its request there (the command line while the app is open) or is told who the owner is.

What goes over is in `channel`.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from emo_core.errors import StoreError, StoreInUse
from emo_core.store import channel
from emo_core.store.channel import Channel, Handler


class Owner:
    """Holds the lock on a store's folder until `release`, and answers other processes' requests.

    Raises StoreInUse, with the owner's pid, where another process holds it for longer than `wait_s` seconds.
    """

    def __init__(self, folder: Path, *, wait_s: float = 0.0):
        self._lock = FileLock(folder / "owner.lock", thread_local=False)  # whichever thread closes, frees it
        self._card = folder / "owner.json"
        self._channel: Channel | None = None
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
        self._channel = Channel(handler)
        self._say(self._channel.port, self._channel.token)

    def release(self) -> None:
        """Stop listening and let another process own the store."""
        if self._channel is not None:
            self._channel.close()
        self._card.unlink(missing_ok=True)
        self._lock.release()


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


def ask(folder: Path, request: dict, *, say: Callable[[str], object] = lambda text: None) -> dict:
    """Send a request to the store's owner and wait for its answer; `say` is told what is waited for where that takes long.

    Raises StoreInUse where the owner takes no requests, StoreError where it does not answer or ends before answering.
    """
    owner = card(folder)
    if owner is None or owner["port"] is None:
        raise in_use(folder)
    who = f"Process {owner['pid']} ({owner['program']}), which owns the store {folder},"
    try:
        return channel.ask(
            owner["port"],
            owner["token"],
            request,
            waiting=lambda: say(f"process {owner['pid']}, which owns the store, carries this out: waiting"),
        )
    except TimeoutError as error:
        raise StoreError(
            f"{who} does not answer. It hangs, is suspended, or is too busy. Wait and run the command again, or end it "
            f"(`kill {owner['pid']}`): what it had acknowledged is kept."
        ) from error
    except channel.NotProved as error:
        raise StoreError(
            f"Whoever listens on port {owner['port']} does not know the token in {folder / 'owner.json'}. "
            "Run the command again; if it says the same, restart the app."
        ) from error
    except ConnectionRefusedError as error:
        raise StoreError(
            f"{who} refuses the connection: it is ending, or port {owner['port']} is blocked. Run the command again."
        ) from error
    except (OSError, EOFError, ValueError) as error:
        raise StoreError(
            f"{who} ended before it answered ({error!r}). What it had acknowledged is kept. Run the command again."
        ) from error
