"""The heavy half of the server's start: importing the workbench and opening the store takes a second, the same second in which a
browser loads Streamlit. So it happens in a thread, and what needs it waits for it.

Nothing heavy may be imported by this module, `routes` or the top of `app.py`.
"""

import asyncio
import inspect
import os
import sys
import threading
from collections.abc import Awaitable, Callable
from importlib import import_module

from starlette.requests import Request
from starlette.responses import Response

_thread: threading.Thread | None = None


def begin() -> None:
    """Import and open in a thread. Where the store cannot be opened, the process says why and ends."""
    global _thread
    if _thread is None:
        _thread = threading.Thread(target=_own_store, daemon=True, name="starting")
        _thread.start()


def finished() -> None:
    """Wait until everything is there; at once where nothing was begun."""
    if _thread is not None:
        _thread.join()


def _own_store() -> None:
    errors = import_module("emo_core.errors")
    session = import_module("pages.parts.session")
    try:
        store = session.open_store(wait_s=5)
    except errors.WorkbenchError as error:
        print(f"\nThe Ambiguity Workbench did not start. {error}\n", file=sys.stderr, flush=True)
        os._exit(1)  # the server has begun; an exception would only be logged and leave an empty page behind
    import_module("pages.parts.labelling_routes")
    import_module("pages.parts.identity").say_how_to_enter(store)


def late(module: str, name: str) -> Callable[[Request], Awaitable[Response]]:
    """A route's endpoint that is looked up when it is first asked for."""

    async def endpoint(request: Request) -> Response:
        await asyncio.to_thread(finished)
        found = getattr(import_module(module), name)
        if inspect.iscoroutinefunction(found):
            return await found(request)
        return await asyncio.to_thread(found, request)

    return endpoint


class ResearcherCookie:
    """Middleware: while the workbench is open to whoever sits at this machine, mark their browser as the researcher's, so that
    it stays so when somebody is invited. The mark comes with a file that every page fetches once it has loaded.
    """

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        """Pass everything on, that one file with the cookie."""
        if scope["type"] != "http" or scope["path"] != "/_stcore/host-config":
            return await self.app(scope, receive, send)
        await asyncio.to_thread(finished)
        identity = import_module("pages.parts.identity")
        line = await asyncio.to_thread(
            identity.researcher_cookie, dict(scope["headers"]).get(b"cookie", b"").decode("latin-1")
        )

        async def sending(message):
            if line and message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"set-cookie", line.encode())]
            await send(message)

        return await self.app(scope, receive, sending)
