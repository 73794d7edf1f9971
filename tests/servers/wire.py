"""HTTP as the stand-in servers see it: requests, replies that may fail on the way, sound in base64."""

import binascii
import json
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha1
from urllib.parse import parse_qs, unquote

URL_SAFE = bytes.maketrans(b"-_", b"+/")
WAV_HEADER_BYTES, WAV_16K_BYTES_PER_S = 44, 32_000


@dataclass(frozen=True)
class Request:
    """One HTTP request. Header names are in lower case; `body` is as it came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def api_key(self) -> str:
        """The key, wherever the client put it; "" for none."""
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
        return self.headers.get("x-goog-api-key") or bearer or self.query.get("key", [""])[0]


@dataclass(frozen=True)
class Reply:
    """What is sent back, and the fault of the way there: "timeout", "cut", "garbage" or None. `entries` go into the journal."""

    body: dict
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    fault: str | None = None
    entries: list[dict] = field(default_factory=list)


class Refusal(Exception):
    """The request breaks a rule of the provider's; the message says which."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.status = status


@lru_cache(maxsize=64)  # a clip is asked about many times, and decoding it is half of a call's cost
def sound(base64_text: str) -> tuple[str, float]:
    """sha1 of the sound's bytes and its length in seconds (by the header of a WAV file, else as 16 kHz, 16 bit).

    Raises Refusal where the text is not base64, in the plain or the URL-safe alphabet.
    """
    try:
        data = binascii.a2b_base64(base64_text.encode().translate(URL_SAFE), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise Refusal(f"Base64 decoding failed for the audio: {error}.") from error
    rate = int.from_bytes(data[28:32], "little") if data[:4] == b"RIFF" else WAV_16K_BYTES_PER_S
    return sha1(data).hexdigest(), max(0, len(data) - WAV_HEADER_BYTES) / (rate or WAV_16K_BYTES_PER_S)


def read_json(body: bytes) -> dict:
    """The body as an object; Refusal where it is none."""
    try:
        value = json.loads(body)
    except ValueError as error:
        raise Refusal(f"Invalid JSON payload received: {error}.") from error
    if not isinstance(value, dict):
        raise Refusal("Invalid JSON payload received: an object is expected.")
    return value


async def read(scope, receive) -> Request:
    """The whole request of an ASGI connection."""
    chunks, more = [], True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qs(scope["query_string"].decode())
    return Request(scope["method"], unquote(scope["path"]), query, headers, b"".join(chunks))


async def deliver(reply: Reply, receive, send) -> None:
    """Send the reply, or fail on the way as its fault says."""
    if reply.fault == "timeout":
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    body = json.dumps(reply.body).encode()
    if reply.fault == "garbage":
        body = b"<html><title>502 Bad Gateway</title></html>"
    headers = {"content-type": "application/json", "content-length": str(len(body)), **reply.headers}
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": pairs})
    cut = reply.fault == "cut"
    await send({"type": "http.response.body", "body": body[: len(body) // 2] if cut else body, "more_body": cut})
    # The server closes the connection of an application that returns in the middle of its reply.
