"""How many calls go out at once, and how long they wait."""

import asyncio
from itertools import pairwise

import pytest

from emo_core.annotators import gate as gates
from emo_core.annotators.gate import IN_A_ROW, LONGEST_WAIT_S, Gate
from tests.conftest import run_async


async def entered(gate: Gate) -> int:
    """How many more callers come through at once."""
    waiting = [asyncio.create_task(gate.enter()) for _ in range(2 * gate.most)]
    await asyncio.sleep(0)
    through = sum(task.done() for task in waiting)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    gate.active -= through
    return through


def test_an_overload_halves_what_goes_through_and_successes_bring_it_back():
    async def story():
        gate = Gate(8)
        assert await entered(gate) == 8
        gate.fail(1, None, overloaded=True)
        gate.succeed()
        assert await entered(gate) == 4
        for _ in range(10):
            gate.fail(1, None, overloaded=True)
        assert gate.limit == 1
        limits = []
        for _ in range(60):
            gate.succeed()
            limits.append(gate.limit)
        assert all(a <= b for a, b in pairwise(limits)) and limits[-1] == 8
        gate.fail(1, None, overloaded=False)
        assert gate.limit == 8

    run_async(story())


def test_waits_grow_to_a_bound_and_a_server_that_says_how_long_is_obeyed():
    gate = Gate(4, seed=1)
    waits = []
    for tries in range(1, 14):
        waits.append(gate.fail(tries, None, overloaded=False))
        gate.succeed()
    assert all(0.5 * 0.5 * 2**n <= wait <= 0.5 * 2**n for n, wait in enumerate(waits[:7]))
    assert max(waits) <= LONGEST_WAIT_S and min(waits[8:]) >= LONGEST_WAIT_S / 2
    assert gate.fail(1, 7.5, overloaded=True) == 7.5


def test_everybody_waits_where_the_server_says_so_or_nothing_succeeds(monkeypatch):
    now = [100.0]

    async def passing(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(gates, "monotonic", lambda: now[0])
    monkeypatch.setattr(asyncio, "sleep", passing)

    async def opens_after(gate: Gate) -> float:
        began = now[0]
        assert await gate.enter()
        gate.leave()
        return now[0] - began

    gate = Gate(4)
    gate.fail(1, 3.0, overloaded=True)
    assert run_async(opens_after(gate)) == pytest.approx(3.0)
    gate.succeed()
    gate.fail(1, None, overloaded=False)
    assert run_async(opens_after(gate)) == 0
    wait = [gate.fail(1, None, overloaded=False) for _ in range(IN_A_ROW)][-1]
    assert 0 < run_async(opens_after(gate)) <= wait + 1


def test_a_stop_ends_every_kind_of_waiting():
    async def story():
        stop = []
        gate = Gate(1, stopping=lambda: bool(stop))
        assert await gate.enter()
        behind = asyncio.create_task(gate.enter())  # somebody is in
        pausing = asyncio.create_task(gate.pause(3600))
        gate.fail(1, 3600.0, overloaded=True)
        held = asyncio.create_task(gate.enter())  # the server said: in an hour
        await asyncio.sleep(0.01)
        assert not behind.done() and not pausing.done() and not held.done()
        stop.append(True)
        assert await asyncio.wait_for(asyncio.gather(behind, held), 60) == [False, False]
        await asyncio.wait_for(pausing, 60)

    run_async(story())
