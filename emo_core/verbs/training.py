"""Verbs of training: runs, grids of them, and what they predict."""

from dataclasses import replace

from emo_core.augmentation import listening
from emo_core.augmentation.settings import Settings as AugmentSettings
from emo_core.errors import BadInput
from emo_core.store import Database, runs, studies
from emo_core.training import control
from emo_core.training.plan import SOURCES, TrainPlan, grid


def _plan(
    store: Database, study: str, name: str | None, augment: float, augmentation: dict | None, **given
) -> TrainPlan:
    """The plan of a command: `settings` in it are fields of `TrainSettings`, `augmentation` of the augmentation's `Settings`."""
    settings = {key: value for key, value in (given.pop("settings", None) or {}).items() if value is not None}
    settings["target"] = given.get("source") or "human"
    chosen = {key: value for key, value in given.items() if value is not None}
    if augment:
        chosen["augmentation"] = {"seed": settings.get("seed", 0)} | dict(augmentation or {}) | {"fraction": augment}
        chosen["rejected"] = _rejected(store, study)
    label = f"{settings.get('backbone', 'probe')}".rstrip("/").split("/")[-1]
    chosen["name"] = name or _free_name(store, f"{label} {settings['target']}{f' +{augment:.0%}' if augment else ''}")
    return control.plan_for(store, study, chosen | {"settings": settings})


def _rejected(store: Database, study: str) -> tuple[str, ...]:
    """Samples that somebody listened to on the page Augment and rejected."""
    number = studies.find_study(store.cursor(), study).study_id
    return tuple(sorted(listening.read(listening.path_of(store.folder, number)).rejected))


def _free_name(store: Database, base: str) -> str:
    known = {run.name for run in runs.list_runs(store)}
    return next(name for name in (f"{base} {n}" for n in range(1, 10**6)) if name not in known)


def train(
    store: Database,
    study: str,
    name: str | None = None,
    source: str | None = None,
    votes: int | None = None,
    augment: float = 0.0,
    augmentation: dict | None = None,
    settings: dict | None = None,
    executor: str = "local",
    slurm: dict | None = None,
    dry: bool = False,
) -> dict:
    """Plan a training and begin it, unless `dry`; returns at once with the job's number."""
    plan = _plan(store, study, name, augment, augmentation, source=source, votes=votes, settings=settings)
    told = {
        "name": plan.name,
        "plan": plan.as_document(),
        "sides": vars(control.sides(store, plan)),
        "batches": str(plan.settings.batches()),
    }
    if dry:
        return told | {"kept": False}
    run = control.keep(store, plan, executor=executor, slurm=slurm)
    control.begin(store, run.name)
    return told | {"kept": True, "job": run.run_id}


def train_grid(
    store: Database,
    study: str,
    name: str | None = None,
    sources: list[str] | None = None,
    fractions: list[float] | None = None,
    seeds: int = 3,
    votes: int | None = None,
    augmentation: dict | None = None,
    settings: dict | None = None,
    executor: str = "local",
    slurm: dict | None = None,
) -> dict:
    """Plan and begin every run of a grid: source × fraction of augmentation × seed. Jobs of one resource wait for one another."""
    if not 1 <= seeds <= 100:
        raise BadInput(f"A grid has 1 to 100 seeds, got {seeds}.")
    first = _plan(store, study, name or _free_grid(store), 0.0, None, votes=votes, settings=settings)
    first = replace(first, rejected=_rejected(store, study))
    if augmentation:
        first = replace(first, augmentation=AugmentSettings(**dict(augmentation)))
    plans = grid(
        first,
        sources=tuple(sources or _sources(store, study)),
        fractions=tuple(fractions or (0.0, 0.3)),
        seeds=tuple(range(seeds)),
    )
    made = control.keep_grid(store, plans, executor=executor, slurm=slurm)
    for run in made:
        control.begin(store, run.name)
    return {"grid": first.name, "runs": [run.name for run in made], "jobs": [run.run_id for run in made]}


def _sources(store: Database, study: str) -> tuple[str, ...]:
    return tuple(SOURCES) if studies.find_study(store.cursor(), study).study.candidate else ("human",)


def _free_grid(store: Database) -> str:
    known = {run.settings.get("grid") for run in control.of_study(store)}
    return next(name for name in (f"grid {n}" for n in range(1, 10**6)) if name not in known)


def status(store: Database, name: str) -> dict:
    """How far a training is, and what came of it."""
    return control.status(store, name)


def collect(store: Database, name: str) -> dict:
    """Take in what a training predicted; again takes nothing twice."""
    return {"name": name, "votes_taken": control.collect(store, name)} | control.status(store, name)


def list_runs(store: Database, study: str | None = None) -> list[dict]:
    """Every training in a line."""
    kept = ("name", "job", "study", "grid", "source", "backbone", "seed", "state", "best_js", "epochs")
    return [
        {key: told[key] for key in kept}
        for told in (control.status(store, run.name) for run in control.of_study(store, study))
    ]


def resume(store: Database, name: str) -> dict:
    """Go on with a training that ended early."""
    return control.status(store, control.begin(store, name).name)


def predictor(store: Database, name: str) -> dict:
    """Where the folder of a run's predictor lies. Raises BadInput where there is none yet."""
    found = control.status(store, name)
    if found["predictor"] is None:
        raise BadInput(f"The run {name!r} has no predictor yet: it is {found['state']}. Let it end first.")
    return {"name": name, "predictor": found["predictor"], "state": found["state"]}


def show_results(
    store: Database, study: str, runs: list[str] | None = None, by: str = "clip", strata: str = "equal counts"
) -> dict:
    """How close trained models come to the listeners on the study's test side, see `analysis.results`."""
    from emo_core.analysis.results import results

    return results(store, study, runs=runs, by=by, strata=strata)
