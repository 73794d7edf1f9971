"""What the stand-in servers share: the journal, the quota, and the way of a request through faults to its reply."""

import asyncio
import json
import os
import time
from abc import ABC, abstractmethod
from collections import deque
from hashlib import sha1
from pathlib import Path

from tests.servers.answers import Call
from tests.servers.faults import Faults, Options
from tests.servers.wire import Refusal, Reply, Request, deliver, read


class Journal:
    """`requests.jsonl`: one line for each request, written before the answer is sent, so that a kill loses none."""

    def __init__(self, state: Path):
        self.path = state / "requests.jsonl"
        self.file = os.open(self.path, os.O_CREAT | os.O_APPEND | os.O_RDWR)
        whole = self.path.read_bytes().rpartition(b"\n")
        # A line that a kill left unfinished belongs to a request that was never answered.
        os.truncate(self.file, len(whole[0]) + len(whole[1]))

    def append(self, *entries: dict) -> None:
        lines = [json.dumps({"time": time.time(), **entry}) + "\n" for entry in entries]
        os.write(self.file, "".join(lines).encode())

    @staticmethod
    def read(state: Path) -> list[dict]:
        """All whole lines of the journal in `state`, oldest first."""
        path = state / "requests.jsonl"
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith(b"\n")]


class Quota:
    """At most `calls` in any second; 0 for any number."""

    def __init__(self, calls: int):
        self.calls = calls
        self.taken: deque[float] = deque(maxlen=calls or None)

    def take(self) -> bool:
        """Whether one more call is within the quota; refused calls do not count."""
        now = time.monotonic()
        if self.calls and len(self.taken) == self.calls and now - self.taken[0] < 1:
            return False
        if self.calls:
            self.taken.append(now)
        return True


class Provider(ABC):
    """An ASGI application that answers as a model provider does. Subclasses know the provider's paths and words."""

    def __init__(self, state: Path, options: Options):
        self.state, self.options = state, options
        self.journal = Journal(state)
        self.faults = Faults(options, Journal.read(state))
        self.quota = Quota(options.quota)

    @abstractmethod
    def respond(self, request: Request) -> Reply:
        """The reply to the request, or a Refusal."""

    @abstractmethod
    def error(self, request: Request, status: int, message: str, retry_after: int | None = None) -> dict:
        """The body of an error."""

    @abstractmethod
    def refuse_key(self) -> Refusal:
        """What a key that is not valid is told."""

    async def __call__(self, scope, receive, send):
        request = await read(scope, receive)
        try:
            reply = self.respond(request)
        except Refusal as refusal:
            body = self.error(request, refusal.status, str(refusal))
            reply = Reply(body, refusal.status, entries=[{"outcome": f"refused: {refusal}"}])
        entries = reply.entries or [{"outcome": "ok"}]
        self.journal.append(*({"method": request.method, "path": request.path, **entry} for entry in entries))
        await asyncio.sleep(self.options.delay)
        await deliver(reply, receive, send)

    def admit(self, request: Request) -> Reply | None:
        """The refusal that a call meets before anyone reads it, or None."""
        if self.options.bad_key:
            raise self.refuse_key()
        if not self.quota.take():
            return self.fail(request, "429-retry-after", {"outcome": "quota"})
        return None

    def fail(self, request: Request, fault: str, entry: dict) -> Reply:
        """The reply of a fault in TRANSIENT that has a status of its own: 429, 429-retry-after, 500."""
        wait = self.options.retry_after if fault == "429-retry-after" else None
        status = int(fault[:3])
        message = "Resource has been exhausted (check quota)." if status == 429 else "An internal error has occurred."
        body = self.error(request, status, message, wait)
        return Reply(body, status, {"retry-after": str(wait)} if wait is not None else {}, entries=[entry])

    def echo(self, request: Request) -> str:
        """The request's key, in brackets, where the options ask for it; else ""."""
        return f" (key {request.api_key})" if self.options.echo_key else ""


def entry_of(call: Call, outcome: str | None, candidates: list[str], **more) -> dict:
    """The line of a call in the journal."""
    return {
        "model": call.model,
        "key": call.key,
        "seed": call.seed,
        "temperature": call.temperature,
        "audio": list(call.audio),
        "prompt": sha1(call.prompt.encode()).hexdigest(),
        "outcome": outcome or "ok",
        "candidates": candidates,
        **more,
    }
