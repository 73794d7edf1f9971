"""An account as rows for the store: votes, and what models gave beside votes."""

import json
from pathlib import Path

from emo_core.annotators.ledger import FILE, VOTE
from emo_core.annotators.plan import Cell
from emo_core.jobs.files import read_raw_lines

_KEPT = ("attempt", "call", "prompt", "seed", "model", "latency_s")


def read(folder: Path, offset: int, limit: int) -> tuple[list[tuple], list[tuple], int]:
    """Rows of the whole lines from `offset` on, about `limit` bytes of them, and the offset after them: (clip, draw, label,
    rater, persona, temperature, at, provenance) for each vote, (clip, prompt, reading, values, reply) for each reading.
    """
    votes: list[tuple] = []
    readings: list[tuple] = []
    found, mark = read_raw_lines(folder / FILE, offset, limit)
    for line in map(parsed, found):
        if line.get("event") == "answered":
            votes += _votes(int(folder.name), line)
            readings += _readings(line)
    return votes, readings, mark


def parsed(raw: bytes) -> dict:
    """A line of an account; empty where it cannot be read."""
    try:
        return json.loads(raw)
    except ValueError:  # a line that a crash cut: the ledger counts it
        return {}


def _votes(run: int, line: dict) -> list[tuple]:
    cell = Cell(line["persona"], line["temperature"])
    shared = {"run": run} | {name: line[name] for name in _KEPT if name in line} | {"tokens": line["tokens"]}
    each = round(line["usd"] / max(1, len(line["outcomes"])), 9)  # of what the call cost
    return [
        (
            line["clip"], found["draw"], found["label"], cell.rater, cell.persona, cell.temperature, line["at"],
            json.dumps(shared | {"draw": found["draw"], "reply": found["reply"], "usd": each}, ensure_ascii=False),
        )
        for found in line["outcomes"]
        if found["outcome"] == VOTE and found.get("label") and cell.persona not in ("ambiguous", "single")
    ]  # fmt: skip


def _readings(line: dict) -> list[tuple]:
    rows = []
    if any(found["settled"] for found in line["outcomes"]):
        rows += [(line["clip"], *reading) for reading in line.get("readings", ())]
    for found in line["outcomes"]:
        if line["persona"] in ("ambiguous", "single") and found["settled"]:
            rows.append((line["clip"], line["persona"], "text", found.get("values"), found["reply"]))
    return rows
