"""Who is asked: one contract for every server of models.

A provider takes a `Question` and gives a `Reply`, or raises `Unanswered` (nothing was heard about the clip: try again later)
or `Hopeless` (no call will ever succeed: a wrong key, no such model).
"""

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import time
from typing import Protocol

from emo_core.annotators.prices import Tokens
from emo_core.errors import WorkbenchError


@dataclass(frozen=True)
class Question:
    """What is sent. `words` are what the reply may be, empty where it is free text; `candidates` replies are wanted."""

    prompt: str
    sound: bytes
    mime: str
    words: tuple[str, ...]
    temperature: float
    seed: int
    candidates: int = 1


@dataclass(frozen=True)
class Candidate:
    """One reply: its text, and how it ended: `whole`, `truncated`, `refused` or `empty`."""

    text: str
    ending: str = "whole"


@dataclass(frozen=True)
class Reply:
    """What came back. `model` is the version as the server tells it; candidates may be fewer than wanted."""

    candidates: tuple[Candidate, ...]
    model: str
    tokens: Tokens


class Unanswered(Exception):
    """Nothing usable came back; the same call may succeed later. `why` is a short word for the account, `retry_after_s` what
    the server asked for, None where it did not; `overloaded`: fewer calls at once may help.
    """

    def __init__(self, why: str, detail: str = "", *, retry_after_s: float | None = None, overloaded: bool = False):
        super().__init__(detail or why)
        self.why, self.retry_after_s, self.overloaded = why, retry_after_s, overloaded


class Hopeless(WorkbenchError):
    """No call will succeed until something is changed; the message says what."""


class Provider(Protocol):
    """A server of models."""

    async def ask(self, question: Question) -> Reply:
        """One call. Raises Unanswered, Hopeless."""

    async def close(self) -> None:
        """Give connections up."""


def seconds_to_wait(header: str | None) -> float | None:
    """What a Retry-After header asks for: seconds, or a date; None where it says nothing readable.

    >>> seconds_to_wait("2"), seconds_to_wait(None), seconds_to_wait("soon")
    (2.0, None, None)
    """
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time())
    except (TypeError, ValueError):
        return None


def is_lasting(code: int) -> bool:
    """Whether a status says that the same call will never succeed: too early, too many and given up are none of these."""
    return 400 <= code < 500 and code not in (408, 409, 425, 429, 499)


def hopeless(provider: str, model: str, code: int, message: str) -> Hopeless:
    """The sentence for an answer that no repetition changes."""
    cures = {
        400: "Check the key, the model's name and the settings of the plan.",
        401: "Check the key.",
        403: "Check the key and what it is allowed.",
        404: f"Check the model's name, {model!r}, and the address.",
    }
    return Hopeless(f"{provider} refused the call ({code}): {message[:300]}. {cures.get(code, 'Check the plan.')}")
