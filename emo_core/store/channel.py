"""The channel over which other processes ask a store's owner: JSON messages on 127.0.0.1, after both sides have proved that
they know the token in `owner.json`.

    owner → client   a nonce of 32 bytes
    client → owner   a nonce of 32 bytes, and the HMAC-SHA256 of both under the token
    owner → client   the HMAC-SHA256 of both, the other way round
    client → owner   the request
    owner → client   nothing (an empty message), every few seconds while it works; then the answer

A message is its length in bytes (4, big-endian) and its bytes. Nobody who has not proved the token is waited for longer
than `HANDSHAKE_S`, and nobody waits for anybody else: the owner's side is one event loop. It ends when it is closed; a
stranger, a broken connection or a lack of descriptors never ends it.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress

Handler = Callable[[dict], dict]
HANDSHAKE_S = 10.0  # until the other side has proved the token
REQUEST_S = 60.0  # until a request is there, and until an answer is taken
HEARTBEAT_S = 2.0  # between two signs of life while a request is carried out
SILENCE_S = 60.0  # after which a client gives up an owner that shows no sign of life
PATIENCE_S = 3.0  # after which a client says what it waits for
MOST_BYTES = 64_000_000  # of a request
MOST_UNPROVED = 200  # connections; with more of them the oldest is hung up on, so that they never use up descriptors
_NONCE = 32
_LENGTH = struct.Struct(">I")
_LOG = logging.getLogger("emo_core")


class NotProved(Exception):
    """The other side does not know the token, or speaks another language."""


def _proof(token: str, side: bytes, first: bytes, second: bytes) -> bytes:
    return hmac.new(token.encode(), side + first + second, hashlib.sha256).digest()


# ---- the owner's side --------------------------------------------------------------------------------------------------


class Channel:
    """Answers requests in background threads until `close`; `port` and `token` are what a client must know."""

    def __init__(self, handler: Handler):
        self._handler = handler
        self.token = secrets.token_hex(32)
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._socket.getsockname()[1]
        self._unproved: dict[asyncio.StreamWriter, None] = {}  # oldest first
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_note)
        self._thread = threading.Thread(target=self._run, daemon=True, name="channel")
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._meet, sock=self._socket))
        self._loop.run_forever()
        for task in (tasks := asyncio.all_tasks(self._loop)):
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    def close(self) -> None:
        """Stop listening; who still waits for an answer is hung up on."""
        with suppress(RuntimeError):  # closed before
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._socket.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._unproved) >= MOST_UNPROVED:
            oldest = next(iter(self._unproved))
            del self._unproved[oldest]
            oldest.transport.abort()
        self._unproved[writer] = None
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                await self._prove(reader, writer)
            self._unproved.pop(writer, None)
            async with asyncio.timeout(REQUEST_S):
                request = json.loads(await _read(reader, MOST_BYTES))
            answer = await self._carry_out(request, writer)
            async with asyncio.timeout(REQUEST_S):
                _write(writer, json.dumps(answer).encode())
                await writer.drain()
        except (NotProved, ValueError, RuntimeError, EOFError, OSError, TimeoutError) as error:
            _LOG.debug("a connection to the store's owner came to nothing: %r", error)
        finally:
            self._unproved.pop(writer, None)
            writer.close()

    async def _prove(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ours = secrets.token_bytes(_NONCE)
        writer.write(ours)
        theirs = await reader.readexactly(_NONCE)
        proof = await reader.readexactly(hashlib.sha256().digest_size)
        if not hmac.compare_digest(proof, _proof(self.token, b"client", ours, theirs)):
            raise NotProved
        writer.write(_proof(self.token, b"owner", theirs, ours))
        await writer.drain()

    async def _carry_out(self, request: dict, writer: asyncio.StreamWriter) -> dict:
        """The handler's answer, from a thread of its own; meanwhile a sign of life now and then."""
        answer = self._loop.create_future()
        threading.Thread(target=self._work, args=(request, answer), daemon=True).start()
        while not (await asyncio.wait([answer], timeout=HEARTBEAT_S))[0]:
            if not writer.is_closing():
                _write(writer, b"")
        return answer.result()

    def _work(self, request: dict, answer: asyncio.Future) -> None:
        try:
            found = self._handler(request)
        except Exception as error:  # noqa: BLE001  (the caller is told, whatever it is)
            _LOG.exception("a request to the store's owner failed")
            found = {"error": f"The request failed: {type(error).__name__}: {error}", "exit_status": 1}
        with suppress(RuntimeError):  # closed meanwhile
            self._loop.call_soon_threadsafe(answer.set_result, found)


def _note(_loop: asyncio.AbstractEventLoop, context: dict) -> None:
    """Whatever fails on the loop, such as accepting without a free descriptor, is tried again; nothing ends it."""
    _LOG.debug("the channel of the store's owner: %s", context.get("message"))


async def _read(reader: asyncio.StreamReader, most: int) -> bytes:
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    if length > most:
        raise NotProved(f"a message of {length:,} bytes")
    return await reader.readexactly(length)


def _write(writer: asyncio.StreamWriter, message: bytes) -> None:
    writer.write(_LENGTH.pack(len(message)) + message)


# ---- the client's side -------------------------------------------------------------------------------------------------


def ask(port: int, token: str, request: dict, *, waiting: Callable[[], object] = lambda: None) -> dict:
    """The owner's answer to a request. `waiting` is called once, where that takes longer than `PATIENCE_S`.

    Raises TimeoutError where the owner does not prove itself in `HANDSHAKE_S` or shows no sign of life for `SILENCE_S`,
    NotProved where somebody else listens there, OSError or EOFError where the connection breaks.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=HANDSHAKE_S) as connection:
        patience = _Patience(waiting)
        theirs = _receive(connection, _NONCE, HANDSHAKE_S, patience)
        ours = secrets.token_bytes(_NONCE)
        connection.sendall(ours + _proof(token, b"client", theirs, ours))
        try:
            proof = _receive(connection, hashlib.sha256().digest_size, HANDSHAKE_S, patience)
        except EOFError:
            raise NotProved from None
        if not hmac.compare_digest(proof, _proof(token, b"owner", ours, theirs)):
            raise NotProved
        connection.settimeout(SILENCE_S)
        message = json.dumps(request).encode()
        connection.sendall(_LENGTH.pack(len(message)) + message)
        answer = b""
        while not answer:
            (length,) = _LENGTH.unpack(_receive(connection, _LENGTH.size, SILENCE_S, patience))
            answer = _receive(connection, length, SILENCE_S, patience)
        return json.loads(answer)


class _Patience:
    """Says once that something is waited for, `PATIENCE_S` after the start."""

    def __init__(self, say: Callable[[], object]):
        self._say, self._until, self._said = say, time.monotonic() + PATIENCE_S, False

    def left_s(self) -> float:
        if not self._said and time.monotonic() >= self._until:
            self._said = True
            self._say()
        return float("inf") if self._said else self._until - time.monotonic()


def _receive(connection: socket.socket, length: int, limit_s: float, patience: _Patience) -> bytes:
    """Exactly so many bytes, each part within `limit_s` of the one before."""
    parts, deadline = bytearray(), time.monotonic() + limit_s
    while len(parts) < length:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        connection.settimeout(min(left_s, max(0.01, patience.left_s())))
        try:
            part = connection.recv(min(length - len(parts), 1 << 20))
        except TimeoutError:
            continue
        if not part:
            raise EOFError("the connection was closed")
        parts += part
        deadline = time.monotonic() + limit_s
    return bytes(parts)
