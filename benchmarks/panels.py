"""Calls to a server of models: how close a run comes to what the server's delay allows.

    python -m benchmarks.panels [--calls 4000] [--delay 0.05] [--at-once 16] [--draws 40000]

A stand-in server on this machine (tests/servers) answers after the delay; the run is the real one (plan, google-genai client, pacing,
account on disk), 4.5 s of sound at 16 kHz a call. Baseline in the same run: bare `httpx2` posts of ready-made bodies, which keep no
account. Also: memory after a quarter of the calls and at the end, and how fast the store takes an account in.
"""

import argparse
import asyncio
import base64
import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import numpy as np
import psutil
import soundfile

from emo_core.annotators import account_rows, clips, control
from emo_core.annotators.asking import Asking
from emo_core.annotators.ledger import Ledger
from emo_core.annotators.plan import Plan
from emo_core.annotators.prices import Tokens
from emo_core.annotators.providers.gemini import Gemini
from emo_core.jobs.worker import Reporter
from tests.servers.gemini import Server

EMOTIONS = ("anger", "happy", "neutral", "sad")


def heard(folder: Path, count: int) -> clips.Clips:
    """So many clips over twenty recordings."""
    rng = np.random.default_rng(0)
    for number in range(20):
        noise = rng.standard_normal(72_000) * 0.05
        soundfile.write(folder / f"{number}.wav", noise, 16_000, subtype="PCM_16")
    rows = [
        clips.Clip(f"clip{i}", "c", f"clip{i}", str(folder), f"{i % 20}.wav", None, None, 4.5, "It is eleven o'clock.")
        for i in range(count)
    ]
    return clips.Clips(rows, np.ones((count, len(EMOTIONS))))


class Watching(Reporter):
    """Remembers the memory after a quarter of the draws."""

    quarter_mb = 0.0

    def report(self, done: float, total: float, note: str = "", **figures: float) -> None:
        """As its parent, and look at the memory once."""
        super().report(done, total, note, **figures)
        if not self.quarter_mb and done >= total / 4:
            self.quarter_mb = memory_mb()


def memory_mb() -> float:
    """Resident memory of this process."""
    return psutil.Process().memory_info().rss / 1e6


def plan_for(url: str, at_once: int, votes: int = 10) -> Plan:
    """The plan of the runs here."""
    prices = {"text": 0.3, "audio": 1.0, "output": 2.5, "seen": "2026-07-01"}
    return Plan(
        "bench", "study", EMOTIONS, "gemini-2.5-flash", votes=votes, concurrency=at_once, base_url=url, thinking=0,
        prices=prices, cap=1000.0,
    )  # fmt: skip


def ours(folder: Path, url: str, calls: int, at_once: int) -> dict:
    """The run itself."""
    plan, reporter = plan_for(url, at_once), Watching(folder)
    ledger = Ledger(folder, plan.attempts)
    cpu, began = time.process_time(), time.perf_counter()
    ended = asyncio.run(
        Asking(plan, heard(folder, calls // plan.votes), Gemini(plan, "no key"), ledger, reporter).run()
    )
    took = time.perf_counter() - began
    assert ended == "complete" and ledger.account.answered == calls
    return {
        "s": took, "cpu_ms": (time.process_time() - cpu) / calls * 1e3, "quarter_mb": reporter.quarter_mb, "end_mb": memory_mb(),
    }  # fmt: skip


def bare(folder: Path, url: str, calls: int, at_once: int) -> dict:
    """Ready-made bodies through the same HTTP library."""
    sound = base64.b64encode((folder / "0.wav").read_bytes()).decode()
    parts = [{"inlineData": {"mimeType": "audio/wav", "data": sound}}, {"text": "Select only from: anger, sad"}]
    schema = {"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING", "enum": ["anger", "sad"]}}
    address = f"{url}/v1beta/models/gemini-2.5-flash:generateContent"

    async def work() -> None:
        async with httpx2.AsyncClient(timeout=60) as client:
            numbers = iter(range(calls))

            async def worker() -> None:
                for number in numbers:
                    settings = schema | {"seed": number}
                    reply = await client.post(
                        address, json={"contents": [{"role": "user", "parts": parts}], "generationConfig": settings}
                    )
                    reply.raise_for_status()

            await asyncio.gather(*(worker() for _ in range(at_once)))

    cpu, began = time.process_time(), time.perf_counter()
    asyncio.run(work())
    return {"s": time.perf_counter() - began, "cpu_ms": (time.process_time() - cpu) / calls * 1e3}


def taking_in(folder: Path, draws: int) -> tuple[float, float]:
    """Seconds to take an account of so many draws into a store of the demo's form, and to follow it."""
    from emo_core.annotators import ledger as ledgers
    from emo_core.store import Database, runs
    from emo_core.verbs import run as verb

    store = Database(folder / "store")
    verb(store, "demo", {})
    votes = max(1, draws // 200)
    drafted = control.draft(
        store, {"name": "b", "study": "demo", "model": "gemini-2.5-flash", "votes": votes, "thinking": 0}
    )
    made = control.keep(store, drafted)
    job = runs.folder_of(store, made.run_id)
    with (job / ledgers.FILE).open("w") as file:
        for line in account(drafted.plan, drafted.clips):
            file.write(json.dumps(line) + "\n")
    began = time.perf_counter()
    taken = runs.take_in(store, made, account_rows.read)
    took = time.perf_counter() - began
    assert taken == votes * 200
    began = time.perf_counter()
    ledgers.follow(job)
    followed = time.perf_counter() - began
    store.close()
    return took, followed


def account(plan: Plan, found: clips.Clips) -> Iterator[dict]:
    """The lines of a whole run, without asking."""
    tokens = vars(Tokens(180, 144, 1))
    for place, clip in enumerate(found.names):
        cells, row = plan.cells(), plan.row(clip)
        for draw in range(plan.votes):
            outcome = {
                "draw": draw,
                "outcome": "vote",
                "label": plan.emotions[(place + draw) % len(plan.emotions)],
                "reply": "sad",
            }
            cell = cells[row[draw]]
            yield {
                "event": "answered", "call": 1, "clip": clip, "draws": [draw], "attempt": 0, "persona": cell.persona,
                "temperature": cell.temperature, "outcomes": [outcome | {"settled": True}], "seed": 1, "model": "m",
                "prompt": "0" * 12, "tokens": tokens, "latency_s": 0.05, "usd": 1e-4, "at": "2026-11-21T12:00:00.000+00:00",
            }  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=4000)
    parser.add_argument("--delay", type=float, default=0.05)
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--draws", type=int, default=40_000)
    given = parser.parse_args()
    ideal = given.calls * given.delay / given.at_once
    print(
        f"{given.calls:,} calls of {given.delay * 1e3:.0f} ms, {given.at_once} at once: ideal {ideal:.1f} s, load {os.getloadavg()[0]:.1f}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Server.start(folder / "server", delay=given.delay) as server:
            run = ours(folder, server.url, given.calls, given.at_once)
        with Server.start(folder / "again", delay=given.delay) as server:
            base = bare(folder, server.url, given.calls, given.at_once)
        print(f"a run: {run['s']:.1f} s = {run['s'] / ideal:.2f} × ideal, {run['cpu_ms']:.2f} ms of CPU a call")
        print(f"bare posts: {base['s']:.1f} s = {base['s'] / ideal:.2f} × ideal, {base['cpu_ms']:.2f} ms of CPU a call")
        print(f"memory after a quarter {run['quarter_mb']:.0f} MB, at the end {run['end_mb']:.0f} MB")
        took, followed = taking_in(folder, given.draws)
        print(f"taking {given.draws:,} draws into the store {took:.2f} s, following their account {followed:.2f} s")


if __name__ == "__main__":
    main()
