"""How many calls go out at once: as many as the server bears.

Each success lets a little more through, an overload halves what goes through at once (additive increase, multiplicative
decrease). A call that failed waits as long as the server asks for, or a growing time where it does not say.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from random import Random
from time import monotonic

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 60.0
IN_A_ROW = 3  # calls that fail without one that succeeds: then it is the server, not the call


class Gate:
    """Lets at most `most` calls through at once. `stopping` is asked while waiting, so that a stop need not wait."""

    def __init__(self, most: int, *, stopping: Callable[[], bool] = lambda: False, seed: int = 0):
        self.most, self.limit, self.active = most, float(most), 0
        self.fails = 0  # in a row
        self._resume_at = 0.0
        self._stopping = stopping
        self._chance = Random(seed)
        self._changed = asyncio.Event()

    async def enter(self) -> bool:
        """Wait for one's turn; False where the run is to stop instead."""
        while not self._stopping():
            wait = self._resume_at - monotonic()
            if wait > 0:
                await asyncio.sleep(min(wait, 0.2))
            elif self.active < max(1, int(self.limit)):
                self.active += 1
                return True
            else:
                self._changed.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), 0.5)
        return False

    async def pause(self, seconds: float) -> None:
        """Wait so long, or until the run is to stop."""
        until = monotonic() + seconds
        while monotonic() < until and not self._stopping():
            await asyncio.sleep(min(0.2, until - monotonic()))

    def leave(self) -> None:
        """A call ended."""
        self.active -= 1
        self._changed.set()

    def succeed(self) -> None:
        """The server answered."""
        self.fails = 0
        self.limit = min(self.most, self.limit + 1 / self.limit)

    def fail(self, tries: int, retry_after_s: float | None, *, overloaded: bool) -> float:
        """The server did not answer, for the `tries`-th time in a row to this call; the seconds that the call is to wait. Where
        the server says how long, or several calls in a row fail, everybody waits with it.
        """
        if overloaded:
            self.limit = max(1.0, self.limit / 2)
        self.fails += 1
        grown = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(tries - 1, 8)) * self._chance.uniform(0.5, 1)
        wait = grown if retry_after_s is None else retry_after_s
        if retry_after_s is not None or self.fails >= IN_A_ROW:
            self._resume_at = max(self._resume_at, monotonic() + wait)
        return wait
