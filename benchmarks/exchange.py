"""Votes in and out, ours against pandas in one run: 74,548 votes of 100 raters over 7,442 clips, about as CREMA-D has of one
panel.

    python -m benchmarks.exchange

In: read the CSV, understand labels, keep clips, raters and votes (pandas: read, translate, factorise). Out: write one row a vote
as CSV. Five runs each, each with a store of its own; prints a Markdown table of medians and the slowest run.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from emo_core.records import Study
from emo_core.store import Database, export_rows, exporting, studies
from emo_core.verbs.corpora import add_votes_corpus

CLIPS, RATERS, VOTES, RUNS = 7_442, 100, 74_548, 5
EMOTIONS = ("anger", "disgust", "fear", "happy", "neutral", "sad")


def make_votes(path: Path) -> None:
    """Simulated votes, seeded: ten raters a clip, and 128 votes more."""
    rng = np.random.default_rng(0)
    clips = np.sort(
        np.concatenate([np.repeat(np.arange(CLIPS), VOTES // CLIPS), rng.permutation(CLIPS)[: VOTES % CLIPS]])
    )
    raters = (np.arange(VOTES) * 7) % RATERS
    labels = np.asarray(EMOTIONS)[rng.integers(0, len(EMOTIONS), VOTES)]
    names = [f"clip{clip:04}" for clip in clips]
    pd.DataFrame({
        "clip": names, "panel": "human", "rater": [f"rater{rater:03}" for rater in raters], "label": labels,
    }).to_csv(path, index=False)  # fmt: skip


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ours(path: Path, folder: Path) -> tuple[float, float]:
    """Seconds in and out, through the store."""
    store = Database(folder / "store")
    file = {"path": str(path), "clip": "clip", "rater": "rater", "label": "label", "panel_column": "panel"}
    taken = seconds(lambda: add_votes_corpus(store, "c", file))
    studies.add_study(store, Study("s", "c", "human", None, EMOTIONS))
    selection = lambda: export_rows.select(store, "s", "votes")  # noqa: E731
    given = seconds(lambda: exporting.write(selection(), folder / "ours.csv"))
    store.close()
    return taken, given


def plain(path: Path, folder: Path) -> tuple[float, float]:
    """Seconds in and out, as a short script would do it: nothing is checked or kept."""
    kept = {}

    def take() -> None:
        table = pd.read_csv(path)
        kept["votes"] = table.assign(label=table["label"].str.lower(), place=pd.factorize(table["clip"])[0])

    taken = seconds(take)
    return taken, seconds(lambda: kept["votes"].drop(columns="place").to_csv(folder / "plain.csv", index=False))


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as scratch:
        votes = Path(scratch) / "votes.csv"
        make_votes(votes)
        times: dict[str, list[tuple[float, float]]] = {"ours": [], "pandas": []}
        for run in range(RUNS):
            folder = Path(scratch) / str(run)
            folder.mkdir()
            times["ours"].append(ours(votes, folder))
            times["pandas"].append(plain(votes, folder))
    print(f"{VOTES:,} votes of {RATERS} raters over {CLIPS:,} clips, median of {RUNS} runs (slowest)\n")
    print("| | ours | pandas |\n|---|---|---|")
    for place, name in enumerate(("CSV in", "CSV out")):
        cells = [[run[place] for run in runs] for runs in times.values()]
        print(
            f"| {name} | " + " | ".join(f"{statistics.median(each):.3f} s ({max(each):.3f} s)" for each in cells) + " |"
        )


if __name__ == "__main__":
    main()
