"""A million clips and twenty million votes: ours against straightforward pandas and scipy, in one run.

    python -m benchmarks.scale [--clips 1000000]

Each side does the same work in a process of its own, so that its peak memory is its own: read the votes from a Parquet
file, compute each clip's distributions, entropies and divergences, show the twenty most divergent clips, sort anew by
another column, and write the distributions as CSV. Prints a Markdown table.
"""

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

EMOTIONS = ("anger", "disgust", "fear", "happy", "neutral", "sad")
VOTES_A_CLIP = 20  # half human, half synthetic


def make_votes(path: Path, clips: int) -> None:
    """Votes that lean towards one emotion a clip: six in ten name it, the others spread. Deterministic."""
    import duckdb

    names = ", ".join(f"'{name}'" for name in EMOTIONS)
    half = VOTES_A_CLIP // 2
    duckdb.sql(
        f"COPY (SELECT 'clip' || lpad((i // {VOTES_A_CLIP})::VARCHAR, 7, '0') AS clip, "  # noqa: S608
        f"if(i % {VOTES_A_CLIP} < {half}, 'human', 'synthetic:sim/1') AS panel, "
        f"if(i % {VOTES_A_CLIP} < {half}, 'r' || (i * 7919 % 500), 'p' || (i % {half})) AS rater, "
        f"[{names}][(1 + (hash(i // {VOTES_A_CLIP}) % 6 + if(hash(i) % 10 < 6, 0, hash(i + 1) % 6)) % 6)::INTEGER] AS label "
        f"FROM range({clips * VOTES_A_CLIP}) r(i)) TO '{path}'"
    )


def timed(name: str, work: Callable, times: dict[str, float]) -> object:
    """Run and note the seconds."""
    start = time.perf_counter()
    result = work()
    times[name] = time.perf_counter() - start
    return result


def ours(path: Path, folder: Path) -> dict[str, float]:
    """The workbench's own way, through its verbs."""
    from emo_core.records import Study
    from emo_core.store import Database, browsing, exporting, studies
    from emo_core.verbs.corpora import add_votes_corpus

    times: dict[str, float] = {}
    store = Database(folder / "store")
    file = {"path": str(path), "clip": "clip", "rater": "rater", "label": "label", "panel_column": "panel"}
    timed("import", lambda: add_votes_corpus(store, "big", file), times)
    study = Study("big", "big", "human", "synthetic:sim/1", EMOTIONS, rule="drop_outside")
    timed("statistics", lambda: studies.add_study(store, study), times)
    browsing.browse(store, "big", limit=20)
    timed("Browse page, warm", lambda: browsing.browse(store, "big", limit=20), times)
    timed("sort by another column", lambda: browsing.browse(store, "big", sort="entropy_reference", limit=20), times)
    timed("page 25,000 of the list", lambda: browsing.browse(store, "big", limit=20, offset=25_000 * 20), times)
    timed("one clip, whole", lambda: browsing.clip_detail(store, "big", "clip0012345"), times)
    timed("one more vote, statistics kept right", lambda: one_vote(store), times)
    timed("export CSV", lambda: exporting.export(store, "big", folder / "ours.csv"), times)
    store.close()
    return times


def one_vote(store) -> None:
    """A listener's vote for one clip."""
    import pandas as pd

    from emo_core.store import corpora

    corpora.add_votes(
        store, "big", pd.DataFrame([("clip0000007", "human", "me", "sad")], columns=["clip", "panel", "rater", "label"])
    )


def plain(path: Path, folder: Path) -> dict[str, float]:
    """What a notebook would do: pandas tables, scipy's entropy and jensenshannon over whole arrays."""
    import pandas as pd
    from scipy.spatial.distance import jensenshannon
    from scipy.stats import entropy

    times: dict[str, float] = {}
    votes = timed("import", lambda: pd.read_parquet(path), times)

    def statistics() -> pd.DataFrame:
        counts = votes.groupby(["clip", "panel", "label"]).size().unstack(["panel", "label"], fill_value=0)
        sides = {"reference": counts["human"], "candidate": counts["synthetic:sim/1"]}
        sides["combined"] = sides["reference"] + sides["candidate"]
        shares = {side: table[list(EMOTIONS)].div(table.sum(axis=1), axis=0) for side, table in sides.items()}
        table = pd.concat({side: share.add_prefix(f"{side}_") for side, share in shares.items()}, axis=1).droplevel(
            0, axis=1
        )
        for side, share in shares.items():
            table[f"entropy_{side}"] = entropy(share, base=2, axis=1)
            table[f"n_{side}"] = sides[side].sum(axis=1)
            table[f"majority_{side}"] = sides[side].idxmax(axis=1)
        p, q = shares["reference"].to_numpy(), shares["candidate"].to_numpy()
        table["js"] = jensenshannon(p, q, axis=1, base=2) ** 2
        table["bc"] = (p * q).__pow__(0.5).sum(axis=1)
        table["tv"] = abs(p - q).sum(axis=1) / 2
        return table

    table = timed("statistics", statistics, times)
    timed("Browse page, warm", lambda: table.sort_values("js", ascending=False).head(20), times)
    timed("sort by another column", lambda: table.sort_values("entropy_reference", ascending=False).head(20), times)
    timed("page 25,000 of the list", lambda: table.sort_values("js", ascending=False).iloc[500_000:500_020], times)
    timed("one clip, whole", lambda: (table.loc["clip0012345"], votes[votes["clip"] == "clip0012345"]), times)
    more = pd.DataFrame([("clip0000007", "human", "me", "sad")], columns=["clip", "panel", "rater", "label"])
    votes = pd.concat([votes, more])
    timed("one more vote, statistics kept right", statistics, times)
    timed("export CSV", lambda: table.to_csv(folder / "plain.csv"), times)
    return times


def measured(side: str, path: Path, folder: Path) -> dict[str, float]:
    """One side in a process of its own; memory in MB."""
    command = [sys.executable, "-m", "benchmarks.scale", "--side", side, "--votes", str(path), "--folder", str(folder)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=1_000_000)
    parser.add_argument("--side", choices=["ours", "plain"])
    parser.add_argument("--votes", type=Path)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.side:
        times = {"ours": ours, "plain": plain}[given.side](given.votes, given.folder)
        times["peak memory (MB)"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(times))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "votes.parquet"
        make_votes(path, given.clips)
        mine, theirs = measured("ours", path, Path(folder)), measured("plain", path, Path(folder))
    print(
        f"{given.clips:,} clips, {given.clips * VOTES_A_CLIP:,} votes; Python {platform.python_version()}, {platform.machine()}\n"
    )
    print("| | ours | pandas + scipy | ratio |\n|---|---|---|---|")
    for name, value in mine.items():
        unit = "" if "MB" in name else " s"
        print(f"| {name} | {value:,.3g}{unit} | {theirs[name]:,.3g}{unit} | {theirs[name] / value:.3g} |")


if __name__ == "__main__":
    main()
