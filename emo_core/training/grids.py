"""A grid of runs as one thing: kept whole or not at all, begun, stopped, resumed and told together."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from emo_core import jobs
from emo_core.errors import BadInput, UnknownName
from emo_core.store import Database, runs
from emo_core.store.runs import Run
from emo_core.store.training_clips import training_clips
from emo_core.training import control, forecast
from emo_core.training.plan import TrainPlan

# The first of these that any run is in is the grid's; done only where all are.
_ORDER = ("running", "stopping", "queued", "failed", "lost", "cancelled", "made", "done")


def check_free(store: Database, plans: Sequence[TrainPlan]) -> None:
    """Raises BadInput where the grid has no run, or its name or one of its runs' is taken."""
    if not plans:
        raise BadInput("A grid has no run without a source and an augmentation. Choose at least one of each.")
    known = runs.list_runs(store)
    name = plans[0].grid
    if name in {run.settings.get("grid") for run in known} | {run.name for run in known}:
        raise BadInput(f"There is a run or a grid {name!r} already. Choose another name.")
    for plan in plans:
        control.check_free(store, plan)


def keep(store: Database, plans: Sequence[TrainPlan], **how) -> list[Run]:
    """Keep every run of a grid, or none; `how` as in `control.keep`. Raises BadInput as `check_free` and `control.keep` do."""
    check_free(store, plans)
    columns = training_clips(store, plans[0].study, votes=plans[0].votes)
    found = control.table_of(control.usable(store, plans[0], columns)[0])
    for plan in plans:
        forecast.steps(plan, found)  # refused before the first is kept
    return [control.keep(store, plan, columns=columns, **how) for plan in plans]


def runs_of(store: Database, name: str) -> list[Run]:
    """The runs of the grid of that name, in order, or the one run of that name. Raises UnknownName."""
    every = control.of_study(store)
    found = [run for run in every if run.name == name] or [run for run in every if run.settings.get("grid") == name]
    if not found:
        raise UnknownName(
            "run or grid", name, {run.name for run in every} | {run.settings.get("grid") for run in every} - {"", None}
        )
    return found


def begin(store: Database, name: str, began: Callable[[int, int], None] = lambda *_: None) -> list[Run]:
    """Start, or go on with, every run of it that is neither done nor alive. `began` is told (begun, of all).

    Raises JobError for a job that cannot be started, BadInput where there is nothing to start.
    """
    waiting = [run for run in runs_of(store, name) if _can_begin(store, run)]
    if not waiting:
        raise BadInput(f"Every run of {name!r} is done or under way: there is nothing to resume.")
    for place, run in enumerate(waiting):
        control.begin(store, run.name)
        began(place + 1, len(waiting))
    return waiting


def _can_begin(store: Database, run: Run) -> bool:
    return jobs.status(runs.folder_of(store, run.run_id)).state not in (*jobs.ALIVE, "done")


def ask_to_stop(store: Database, name: str) -> list[tuple[Run, int]]:
    """Ask every run of it that is alive to stop, without waiting; these runs with their attempts.

    The last one first: where the running one ended first, the next would begin.
    """
    asked = []
    for run in reversed(runs_of(store, name)):
        folder = runs.folder_of(store, run.run_id)
        now = jobs.status(folder)
        if now.state in jobs.ALIVE:
            jobs.ask_to_stop(folder)
            asked.append((run, now.attempt))
    return asked


def cancel(store: Database, name: str) -> list[Run]:
    """Stop every run of it that is alive, and see to it: returns when all have ended."""
    asked = ask_to_stop(store, name)
    for run, attempt in asked:
        jobs.cancel(runs.folder_of(store, run.run_id), attempt=attempt)
    return [run for run, _ in asked]


def summary(name: str, told: Sequence[Mapping]) -> dict:
    """A grid as one thing, from its runs as `control.describe` tells them.

    state      of the grid: that of the run that most needs to be known; `states` counts the runs in each
    best_js, mean_js    validation JS of the runs that are done, bits
    took_s     of all runs so far; `left_s` None, as nobody knows which epochs will be spared
    """
    states = Counter(each["state"] for each in told)
    js = [each["best_js"] for each in told if each["state"] == "done" and each["best_js"] is not None]
    places = [each["place"] for each in told if each["place"]]
    return {
        "grid": name, "study": told[0]["study"], "runs": len(told), "done": states["done"], "states": dict(states),
        "state": next(state for state in _ORDER if states[state]), "place": min(places, default=None),
        "best_js": min(js, default=None), "mean_js": sum(js) / len(js) if js else None,
        "took_s": sum(each["took_s"] or 0 for each in told),
        "sources": list(dict.fromkeys(each["source"] for each in told)),
        "fractions": sorted({(each["augmentation"] or {}).get("fraction", 0.0) for each in told}),
        "seeds": len({each["seed"] for each in told}), "backbone": told[0]["backbone"],
    }  # fmt: skip
