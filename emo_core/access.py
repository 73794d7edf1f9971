"""Words that only this store can have signed: who a visitor is, what a link opens.

Routes of the web server carry no identity of their own. A page that knows its visitor signs what they may have, and the
route answers to nothing else.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from functools import lru_cache
from pathlib import Path

SECRET_FILE = "secret"


@lru_cache(maxsize=16)
def _secret(folder: Path) -> bytes:
    """The store's secret, made when it is first needed; only the owner of the files may read it."""
    path = folder / SECRET_FILE
    if not path.exists():
        fresh = path.with_name(f"{SECRET_FILE}.{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
        fresh.replace(path)
    return path.read_bytes()


def sign(folder: Path, purpose: str, words: dict) -> str:
    """`words` in a form for URLs and cookies, readable by all and forgeable by none. `purpose` keeps one kind of signed word
    from being taken for another.
    """
    body = base64.urlsafe_b64encode(json.dumps(words, separators=(",", ":")).encode()).decode().rstrip("=")
    return f"{body}.{_mark(folder, purpose, body)}"


def read(folder: Path, purpose: str, signed: object) -> dict | None:
    """The words that were signed for this purpose, or None where the signature does not hold."""
    if not isinstance(signed, str) or signed.count(".") != 1 or not signed.isascii():
        return None
    body, mark = signed.split(".")
    if not hmac.compare_digest(mark, _mark(folder, purpose, body)):
        return None
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def _mark(folder: Path, purpose: str, body: str) -> str:
    whole = hmac.new(_secret(folder), f"{purpose}\0{body}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(whole[:24]).decode()
