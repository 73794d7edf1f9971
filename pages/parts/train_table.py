"""Trainings of a study in a table: one row a run, and one a grid."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from emo_core.training import grids
from pages.parts.job_view import STATES, duration
from pages.parts.train_form import plural, share

RUN, GRID = "run", "grid"
_WORDS = {name: words.partition(" ")[2] for name, words in STATES.items()}


def entries(told: Sequence[Mapping]) -> dict[tuple[str, str], list[Mapping]]:
    """Rows of the table, the newest first: (RUN or GRID, name) with the runs, as `control.describe` tells them."""
    found: dict[tuple[str, str], list[Mapping]] = {}
    for run in told:
        key = (GRID, run["grid"]) if run["grid"] else (RUN, run["name"])
        found.setdefault(key, []).append(run)
    return dict(reversed(found.items()))


def show(found: Mapping[tuple[str, str], Sequence[Mapping]]) -> None:
    """One row an entry."""
    rows = [grid_row(name, runs) if kind == GRID else run_row(runs[0]) for (kind, name), runs in found.items()]
    frame(rows, "trainings")


def frame(rows: Sequence[Mapping], key: str) -> None:
    """A table of such rows; a column that nobody fills is left out."""
    wide = any(len(row["state"]) > 20 for row in rows)
    table = pd.DataFrame(rows)
    if not any(row["time left"] for row in rows):
        table = table.drop(columns="time left")
    st.dataframe(
        table, hide_index=True, key=key, height="content" if len(rows) < 12 else 420,
        column_config={
            "state": st.column_config.TextColumn(width=230 if wide else None),
            "progress": st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100, width="small"),
            "time left": st.column_config.TextColumn(help="If no epoch is spared."),
            "validation JS": st.column_config.TextColumn(
                "validation JS (bits)",
                width=180 if wide else None,
                help="Of the epoch that is kept. Sources have different targets: it compares runs of one source.",
            ),
        },
    )  # fmt: skip


def run_row(now: Mapping) -> dict:
    """One run in a line."""
    best = now["best_js"] if now["best_js"] is not None else now["figures"].get("val_js")
    return {
        "training": now["name"], "state": state(now), "progress": 100 * part(now),
        "validation JS": "" if best is None else f"{best:.4f}", "took": duration(now["took_s"]),
        "time left": duration(now["left_s"]), "learns from": now["source"],
        "augmentation": share((now["augmentation"] or {}).get("fraction", 0.0)), "model": model(now["backbone"]),
        "seed": str(now["seed"]),
    }  # fmt: skip


def grid_row(name: str, runs: Sequence[Mapping]) -> dict:
    """A grid in a line."""
    found = grids.summary(name, runs)
    js = "" if found["best_js"] is None else f"best {found['best_js']:.4f}, mean {found['mean_js']:.4f}"
    return {
        "training": name, "state": grid_state(found), "progress": 100 * sum(map(part, runs)) / len(runs),
        "validation JS": js, "took": duration(found["took_s"] or None), "time left": "",
        "learns from": several(found["sources"], "sources"), "augmentation": several([*map(share, found["fractions"])], "fractions"),
        "model": model(found["backbone"]), "seed": f"{found['seeds']} {plural(found['seeds'], 'seed')}",
    }  # fmt: skip


def state(now: Mapping) -> str:
    """A run's state; with its place where it waits.

    >>> state({"state": "queued", "place": 2}), state({"state": "done", "place": None})
    ('… queued, place 2', '✓ done')
    """
    return STATES[now["state"]] + (f", place {now['place']}" if now["place"] else "")


def grid_state(found: Mapping) -> str:
    """A grid's state: how many of its runs are in which, from `grids.summary`.

    >>> grid_state({"state": "running", "done": 7, "runs": 18, "states": {"done": 7, "running": 1, "queued": 10}})
    '▶ 7 of 18 done, 1 running, 10 queued'
    """
    others = [f"{count} {_WORDS[name]}" for name, count in sorted(found["states"].items(), key=_rank) if name != "done"]
    done = f"{found['done']} of {found['runs']} done"
    return f"{STATES[found['state']][0]} {', '.join([done, *others])}"


def _rank(each: tuple[str, int]) -> int:
    """What goes on comes first."""
    return ("running", "stopping", "queued", "made", "failed", "cancelled", "lost", "done").index(each[0])


def part(now: Mapping) -> float:
    """The part of a run that is done, 0 to 1; a run that stopped early is done wholly."""
    if now["state"] == "done":
        return 1.0
    learning = "samples_per_s" in now["figures"]  # before that, the clips are heard
    return min(now["done"] / now["total"], 1.0) if now["total"] and learning else 0.0


def several(values: Sequence[str], word: str) -> str:
    """One or two values, else how many there are.

    >>> several(["none", "30%"], "fractions"), several(["a", "b", "c"], "sources")
    ('none, 30%', '3 sources')
    """
    return ", ".join(values) if len(values) < 3 else f"{len(values)} {word}"


def model(backbone: str) -> str:
    """A backbone's name without the folders before it."""
    return backbone.rstrip("/").split("/")[-1]
