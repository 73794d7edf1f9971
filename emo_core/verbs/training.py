"""Verbs of training: runs, grids of them, and what they predict."""

from dataclasses import asdict, replace

from emo_core.augmentation import listening
from emo_core.augmentation.settings import from_document as settings_from
from emo_core.errors import BadInput, UnknownName
from emo_core.store import Database, runs, studies
from emo_core.training import attempts, control, forecast, grids, unusable
from emo_core.training.plan import SOURCES, TrainPlan, grid


def _plan(
    store: Database, study: str, name: str | None, augment: float, augmentation: dict | None, **given
) -> TrainPlan:
    """The plan of a command: `settings` in it are fields of `TrainSettings`, `augmentation` of the augmentation's `Settings`."""
    settings = {key: value for key, value in (given.pop("settings", None) or {}).items() if value is not None}
    settings["target"] = given.get("source") or "human"
    chosen = {key: value for key, value in given.items() if value is not None}
    if augmentation and not augment:
        raise BadInput(
            f"How to mix is told ({', '.join(augmentation)}), and that nothing is to be mixed. Set augment, as 0.3."
        )
    if augment:
        chosen["augmentation"] = {"seed": settings.get("seed", 0)} | dict(augmentation or {}) | {"fraction": augment}
        chosen |= _heard(store, study)
    label = f"{settings.get('backbone', 'probe')}".rstrip("/").split("/")[-1]
    chosen["name"] = name or _free_name(store, f"{label} {settings['target']}{f' +{augment:.0%}' if augment else ''}")
    return control.plan_for(store, study, chosen | {"settings": settings})


def _heard(store: Database, study: str) -> dict[str, tuple[str, ...]]:
    """Samples that somebody listened to on the page Augment, and `rejected` or `kept`."""
    number = studies.find_study(store.cursor(), study).study_id
    found = listening.read(listening.path_of(store.folder, number))
    return {verdict: tuple(sorted(found.of(verdict))) for verdict in ("rejected", "kept")}


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
    skip_unusable: bool = False,
) -> dict:
    """Plan a training and begin it, unless `dry`; returns at once with the job's number. `forecast` says what it would take, see
    `training.forecast`; `unusable` which clips' sound cannot be used: they are left out with `skip_unusable`, and stop it without.
    """
    more = {"source": source, "votes": votes, "skip_unusable": skip_unusable}
    plan = _plan(store, study, name, augment, augmentation, settings=settings, **more)
    told = _told(store, [plan], executor) | {"name": plan.name, "plan": plan.as_document()}
    control.check_free(store, plan)
    if dry:
        return told | {"kept": False}
    run = control.keep(store, plan, executor=executor, slurm=slurm)
    control.begin(store, run.name)
    return told | {"kept": True, "job": run.run_id}


def _told(store: Database, plans: list[TrainPlan], executor: str) -> dict:
    """What is known before a run or a grid begins."""
    found = control.clips_of(store, plans[0])
    gone = found.unusable or control.faults(store, plans[0], found)
    return {
        "unusable": {
            "clips": len(gone), "left_out": plans[0].skip_unusable, "reasons": unusable.counts(gone),
            "listed": [asdict(each) for each in gone],
        },
        "sides": vars(control.sides(plans[0], found)), "batches": str(plans[0].settings.batches()),
        "forecast": forecast.forecast(store, plans, found, executor=executor),
    }  # fmt: skip


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
    dry: bool = False,
    begin: bool = True,
    skip_unusable: bool = False,
) -> dict:
    """Plan and begin every run of a grid, unless `dry`: source × fraction of augmentation × seed. Jobs of one resource wait for one
    another. Without `begin` the runs are kept, for `train resume` to begin. `skip_unusable` as in `train`.
    """
    if not 1 <= seeds <= 100:
        raise BadInput(f"A grid has 1 to 100 seeds, got {seeds}.")
    more = {"votes": votes, "skip_unusable": skip_unusable}
    first = _plan(store, study, name or _free_grid(store), 0.0, None, settings=settings, **more)
    first = replace(first, **_heard(store, study))
    if augmentation:
        first = replace(first, augmentation=settings_from(augmentation))
    plans = grid(
        first,
        sources=_sources(store, study) if sources is None else tuple(sources),
        fractions=(0.0, 0.3) if fractions is None else tuple(fractions),
        seeds=tuple(range(seeds)),
    )
    grids.check_free(store, plans)
    told = {"grid": first.name, "runs": [plan.name for plan in plans]} | _told(store, plans, executor)
    if dry:
        return told | {"kept": False}
    made = grids.keep(store, plans, executor=executor, slurm=slurm)
    if begin:
        grids.begin(store, first.name)
    return told | {"kept": True, "jobs": [run.run_id for run in made]}


def _sources(store: Database, study: str) -> tuple[str, ...]:
    return tuple(SOURCES) if studies.find_study(store.cursor(), study).study.candidate else ("human",)


def _free_grid(store: Database) -> str:
    known = {name for run in control.of_study(store) for name in (run.name, run.settings.get("grid"))}
    return next(name for name in (f"grid {n}" for n in range(1, 10**6)) if name not in known)


def status(store: Database, name: str) -> dict:
    """How far a training is, and what came of it."""
    return control.status(store, name)


def collect(store: Database, name: str) -> dict:
    """Take in what a training predicted; again takes nothing twice."""
    return {"name": name, "votes_taken": control.collect(store, name)} | control.status(store, name)


def list_runs(store: Database, study: str | None = None, grid: str | None = None) -> list[dict]:
    """Every training in a line, of one study or one grid where asked. Raises UnknownName where there is no such grid."""
    found = control.of_study(store, study)
    if grid is not None:
        known = {run.settings.get("grid") for run in control.of_study(store)} - {"", None}
        if grid not in known:
            raise UnknownName("grid", grid, known)
        found = [run for run in found if run.settings.get("grid") == grid]
    kept = (
        "name",
        "job",
        "study",
        "grid",
        "source",
        "backbone",
        "seed",
        "state",
        "place",
        "best_js",
        "epochs",
        "took_s",
    )
    ahead = attempts.places(store.folder / "jobs")
    return [{key: told[key] for key in kept} for told in (control.describe(store, run, ahead) for run in found)]


def cancel(store: Database, name: str) -> dict:
    """Stop a training, or every run of a grid that goes on or waits; returns when all have ended. Each can be resumed."""
    stopped = grids.cancel(store, name)
    return {"name": name, "stopped": [run.name for run in stopped]} | _now(store, name)


def resume(store: Database, name: str) -> dict:
    """Go on with a training that ended early, or with every run of a grid that is not done."""
    begun = grids.begin(store, name)
    return {"name": name, "resumed": [run.name for run in begun]} | _now(store, name)


def _now(store: Database, name: str) -> dict:
    """The status of a run, or the summary of a grid."""
    found = grids.runs_of(store, name)
    ahead = attempts.places(store.folder / "jobs")
    told = [control.describe(store, run, ahead) for run in found]
    return told[0] if found[0].name == name else grids.summary(name, told)


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
