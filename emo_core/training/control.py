"""Training runs from plan to result, for pages and commands."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial

from emo_core import jobs
from emo_core.errors import BadInput
from emo_core.store import Database, runs, studies
from emo_core.store.runs import Run
from emo_core.store.training_clips import training_clips
from emo_core.training import account_rows, table
from emo_core.training.plan import TrainPlan, from_document
from emo_core.training.settings import TrainSettings

PLAN = "plan.json"
_MODULE = "emo_core.training.run"
STEPS_A_SECOND = {
    "probe": 60.0,
    "tiny": 2.0,
}  # rough, on one core; a backbone's time is not guessed before its first epoch


@dataclass(frozen=True)
class Sides:
    """What a plan would learn from and be tested on: clips with sound and votes; `without` training clips that the source has no
    votes for, `silent` clips without sound.
    """

    train: int
    test: int
    without: int
    silent: int


def plan_for(store: Database, study: str, settings: Mapping) -> TrainPlan:
    """The plan of settings (fields of `TrainPlan`), with the study's emotions and unit of the split. Raises BadInput, UnknownName."""
    stored = studies.find_study(store.cursor(), study).study
    if settings.get("source", "human") != "human" and stored.candidate is None:
        raise BadInput(
            f"The study {study!r} has no candidate panel: its only source is human. Choose a study with one."
        )
    unit = stored.split if stored.split in ("clip", "speaker", "session") else "clip"
    own = {"validation_unit": unit} | dict(settings.get("settings", {}))
    plan = from_document(dict(settings) | {"study": study, "emotions": stored.emotions, "settings": own})
    if plan.settings.backbone not in ("probe", "tiny"):
        from emo_core.models import weights

        weights.find_weights(plan.settings.backbone)
    return plan


def sides(store: Database, plan: TrainPlan) -> Sides:
    """How many clips there are on each side."""
    found = _table(training_clips(store, plan.study, votes=plan.votes))
    learnt = plan.targets(found.human, found.synthetic).sum(axis=1) > 0
    return Sides(
        int((~found.is_test & learnt).sum()), int((found.is_test & (found.human.sum(axis=1) > 0)).sum()),
        found.without(plan), found.silent,
    )  # fmt: skip


def _table(columns: dict[str, list]) -> table.Table:
    silent = columns.pop("silent")
    return table.of_columns(columns, silent)


def keep(store: Database, plan: TrainPlan, *, executor: str = "local", slurm: Mapping | None = None) -> Run:
    """Keep a plan: its job's folder is made, nothing is started. Raises BadInput where the name is taken or there is nothing to
    learn from.
    """
    runs.check_name(store.cursor(), plan.name)
    runs.check_panel(store.cursor(), plan.panel)
    columns = training_clips(store, plan.study, votes=plan.votes)
    silent = columns.pop("silent")
    if not columns["clip"] or all(columns["is_test"]) or not any(columns["is_test"]):
        raise BadInput(
            f"The study {plan.study!r} has no clip with sound on one of its sides. Look at its split and at Health."
        )
    spec = jobs.Spec(
        kind="training", title=plan.name, module=_MODULE, resource=_resource(plan.settings), executor=executor,
        slurm=dict(slurm or {}), needs=needs(plan, clips=len(columns["clip"]), executor=executor),
    )  # fmt: skip
    folder = jobs.make(store.folder / "jobs", spec)
    table.write(folder, columns, silent)
    jobs.files.write_json(folder / PLAN, json.loads(json.dumps(plan.as_document())))
    runs.add_run(store, int(folder.name), plan)
    return runs.find_run(store, plan.name)


def _resource(settings: TrainSettings) -> str:
    return "gpu" if settings.backbone not in ("probe", "tiny") and jobs.spec.has_gpu() else "cpu"


def needs(plan: TrainPlan, *, clips: int, executor: str = "local") -> jobs.Needs:
    """Disk for features or tower outputs and checkpoints, memory on a machine without a GPU."""
    own = plan.settings
    if own.backbone in ("probe", "tiny"):
        return jobs.Needs(disk_mb=50 + clips // 10, memory_mb=1500)
    disk_mb = 2000 + clips * (1 if plan.augmentation is None else 2)
    if executor == "slurm":
        return jobs.Needs(disk_mb=disk_mb)
    if jobs.spec.has_gpu():
        return jobs.Needs(disk_mb=disk_mb, gpu=True)
    from emo_core.models import weights
    from emo_core.training import memory

    return jobs.Needs(disk_mb, memory.estimate_memory_mb(own, weights.find_weights(own.backbone), "float32"))


def begin(store: Database, name: str) -> Run:
    """Start the run's job, or go on with it. Raises JobError."""
    run = runs.find_run(store, name)
    jobs.start(runs.folder_of(store, run.run_id))
    return run


def collect(store: Database, name: str) -> int:
    """Take in what a finished run predicted; how many votes its panel got."""
    run = runs.find_run(store, name)
    plan = from_document(run.settings)
    votes = runs.take_in(store, run, partial(account_rows.read, emotions=plan.emotions))
    runs.add_companion(store, run)
    return votes


def status(store: Database, name: str) -> dict:
    """How far a run is, and what came of it."""
    run = runs.find_run(store, name)
    folder = runs.folder_of(store, run.run_id)
    job, plan = jobs.status(folder), from_document(run.settings)
    result = jobs.files.read_json(folder / jobs.files.RESULT) or {}
    kept = (
        "best_epoch",
        "best_js",
        "epochs",
        "train_clips",
        "validation_clips",
        "mixtures",
        "test_clips",
        "left_out",
        "seconds",
    )
    return {
        "name": run.name, "job": run.run_id, "study": run.study, "panel": run.panel, "grid": plan.grid, "source": plan.source,
        "votes": plan.votes, "augmentation": asdict(plan.augmentation) if plan.augmentation else None,
        "backbone": plan.settings.backbone, "seed": plan.settings.seed, "state": job.state, "reason": job.reason,
        "done": job.progress.done, "total": job.progress.total, "note": job.progress.note, "figures": job.progress.figures,
        "left_s": job.progress.left_s, "companion": run.companion, "taken": run.taken > 0,
        "predictor": str(folder / "predictor") if (folder / "predictor").is_dir() else None,
    } | {name: result.get(name) for name in kept}  # fmt: skip


def of_study(store: Database, study: str | None = None) -> list[Run]:
    """Training runs of a study, or all, oldest first."""
    return [
        run for run in runs.list_runs(store) if run.question == "training" and study in (None, run.study, run.companion)
    ]


def grid_state(store: Database, name: str) -> list[dict]:
    """The runs of a grid, in order."""
    return [status(store, run.name) for run in of_study(store) if run.settings.get("grid") == name]


def keep_grid(store: Database, plans: Sequence[TrainPlan], **how) -> list[Run]:
    """Keep every run of a grid, or none. Raises BadInput where one's name is taken."""
    for plan in plans:
        runs.check_name(store.cursor(), plan.name)
    return [keep(store, plan, **how) for plan in plans]
