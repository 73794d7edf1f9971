"""A training run's predictions as rows for the store: distributions, and a panel of votes that stands for them."""

import json
from pathlib import Path

import numpy as np

from emo_core.jobs.files import read_raw_lines

FILE = "predictions.jsonl"
VOTES = 100  # that stand for a distribution: shares are then right to half a per cent
RATER = "model"


def apportion(shares: np.ndarray, seats: int = VOTES) -> np.ndarray:
    """Whole votes, (emotions,), that come closest to shares: by largest remainders, the first of equal ones first.

    >>> apportion(np.array([0.504, 0.25, 0.246]))
    array([50, 25, 25])
    """
    wanted = shares * seats
    votes = np.floor(wanted + 1e-9).astype(int)
    left = seats - votes.sum()
    votes[np.argsort(-(wanted - votes), kind="stable")[:left]] += 1
    return votes


def read(folder: Path, offset: int, limit: int, *, emotions: tuple[str, ...]) -> tuple[list[tuple], list[tuple], int]:
    """Rows of the whole lines from `offset` on, about `limit` bytes, as `annotators.account_rows.read` gives them."""
    votes: list[tuple] = []
    readings: list[tuple] = []
    found, mark = read_raw_lines(folder / FILE, offset, limit)
    at = _ended_at(folder) if found else ""
    for line in map(json.loads, found):
        facts = json.dumps({"run": int(folder.name), "shares": line["values"]})
        labels = np.repeat(emotions, apportion(np.array(line["values"])))
        votes += [(line["clip"], draw, str(label), RATER, None, None, at, facts) for draw, label in enumerate(labels)]
        readings.append((line["clip"], "test", "predicted", line["values"], None))
    return votes, readings, mark


def _ended_at(folder: Path) -> str:
    """When the predictions were written, UTC."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp((folder / FILE).stat().st_mtime, UTC).isoformat(timespec="seconds")
