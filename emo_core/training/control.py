"""Training runs from plan to result, for pages and commands."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from emo_core import jobs
from emo_core.augmentation.settings import from_document as settings_from
from emo_core.errors import BadInput
from emo_core.store import Database, health, runs, studies
from emo_core.store.runs import Run
from emo_core.store.training_clips import training_clips
from emo_core.training import account_rows, attempts, fitting, forecast, memory, table, unusable
from emo_core.training.plan import PART, TrainPlan, from_document

PLAN = "plan.json"
_MODULE = "emo_core.training.run"
_TOLD = (
    "best_epoch", "best_js", "epochs", "train_clips", "validation_clips", "mixtures", "mixtures_asked",
    "mixtures_left_out", "not_made", "kept", "kept_not_trained", "rejected", "rejected_elsewhere", "test_clips", "left_out", "seconds",
)  # fmt: skip


@dataclass(frozen=True)
class Sides:
    """What a plan would learn from and be tested on: clips with sound and votes; `without` training clips that the source has no
    votes for, `silent` clips without sound, `unusable` clips whose sound cannot be used and which are left out, `fewer`
    training clips with fewer candidate votes than the plan draws of each.
    """

    train: int
    test: int
    without: int
    silent: int
    unusable: int
    fewer: int


def plan_for(store: Database, study: str, settings: Mapping) -> TrainPlan:
    """The plan of settings (fields of `TrainPlan`), with the study's emotions and unit of the split. Raises BadInput, UnknownName."""
    stored = studies.find_study(store.cursor(), study).study
    if settings.get("source", "human") != "human" and stored.candidate is None:
        raise BadInput(
            f"The study {study!r} has no candidate panel: its only source is human. Choose a study with one."
        )
    unit = stored.split if stored.split in ("clip", "speaker", "session") else "clip"
    own = {"validation_unit": unit} | dict(settings.get("settings", {}))
    given = {"mixed_from": PART} | dict(settings)
    if given.get("augmentation"):
        given["augmentation"] = asdict(settings_from(given["augmentation"]))
    plan = from_document(given | {"study": study, "emotions": stored.emotions, "settings": own})
    if plan.settings.backbone not in ("probe", "tiny"):
        from emo_core.models import weights

        weights.find_weights(plan.settings.backbone)
    return plan


def sides(plan: TrainPlan, found: table.Table) -> Sides:
    """How many clips there are on each side."""
    learnt = plan.targets(found.human, found.synthetic).sum(axis=1) > 0
    return Sides(
        int((~found.is_test & learnt).sum()), int((found.is_test & (found.human.sum(axis=1) > 0)).sum()),
        found.without(plan), found.silent, len(found.unusable), found.fewer(plan),
    )  # fmt: skip


def clips_of(store: Database, plan: TrainPlan) -> table.Table:
    """The clips that a plan learns from and is tested on, as they stand now: without those whose sound cannot be used, where the plan
    leaves them out.
    """
    found = table_of(training_clips(store, plan.study, votes=plan.votes))
    return found.leaving_out(faults(store, plan, found)) if plan.skip_unusable else found


def faults(store: Database, plan: TrainPlan, found: table.Table) -> tuple[unusable.Fault, ...]:
    """The clips whose sound the plan's model cannot use, as far as headers tell and what was found when sound was examined."""
    looks = {
        (corpus, clip): unusable.Look(stamp, seconds, codes)
        for corpus, clip, stamp, seconds, codes in health.looks(store, plan.study)
    }
    return unusable.faults(found.clips, plan.settings.limit_s, looks)


def usable(store: Database, plan: TrainPlan, columns: Mapping[str, list]) -> tuple[dict, tuple[unusable.Fault, ...]]:
    """Columns of `store.training_clips` without the clips whose sound cannot be used, and these.

    Raises BadInput naming them, unless the plan leaves them out.
    """
    found = faults(store, plan, table_of(columns))
    if found and not plan.skip_unusable:
        raise BadInput(unusable.sentence(found))
    gone = {fault.clip for fault in found}
    rows = [row for row, clip in enumerate(columns["clip"]) if clip not in gone]
    if not rows:
        raise BadInput(
            f"Nothing is left to train on: the sound of none of the {len(found):,} clips can be used. First, "
            f"{found[0].clip}: {found[0].problem} Look at Health."
        )
    kept = {name: [values[row] for row in rows] for name, values in columns.items() if name != "silent"}
    return kept | {"silent": columns["silent"]}, found


def table_of(columns: Mapping[str, list]) -> table.Table:
    """The table of columns of `store.training_clips`. Raises BadInput where there is no clip."""
    if not columns["clip"]:
        raise BadInput(
            f"The study has no clip with sound ({columns['silent']:,} without): nothing can be heard. Look at Health."
        )
    kept = dict(columns)
    return table.of_columns(kept, kept.pop("silent"))


def check_free(store: Database, plan: TrainPlan) -> None:
    """Raises BadInput where the name of the run, of its panel or of a new grid is taken."""
    cursor = store.cursor()
    runs.check_name(cursor, plan.name)
    runs.check_panel(cursor, plan.panel)
    if plan.name in {run.settings.get("grid") for run in of_study(store)}:
        raise BadInput(f"There is a grid {plan.name!r} already. Choose another name.")


def keep(
    store: Database,
    plan: TrainPlan,
    *,
    executor: str = "local",
    slurm: Mapping | None = None,
    columns: Mapping | None = None,
) -> Run:
    """Keep a plan: its job's folder is made, nothing is started.

    columns    of `store.training_clips`, where they were asked for already

    Raises BadInput where the name is taken, where there is nothing to learn from or to test on, and for clips whose sound cannot be
    used and which the plan does not leave out; DiskFull.
    """
    check_free(store, plan)
    columns, gone = usable(store, plan, columns or training_clips(store, plan.study, votes=plan.votes))
    fitting.check_processes(plan.settings, executor)
    forecast.steps(plan, table_of(columns))  # refused before a folder is made
    silent = columns.pop("silent")
    spec = jobs.Spec(
        kind="training", title=plan.name, module=_MODULE, resource=fitting.resource(plan.settings), executor=executor,
        slurm=dict(slurm or {}), needs=needs(plan, clips=len(columns["clip"]), executor=executor),
    )  # fmt: skip

    def fill(draft: Path) -> None:
        table.write(draft, columns, silent, gone)
        jobs.files.write_json(draft / PLAN, json.loads(json.dumps(plan.as_document())))

    folder = jobs.make(store.folder / "jobs", spec, fill)
    runs.add_run(store, int(folder.name), plan)
    return runs.find_run(store, plan.name)


def needs(plan: TrainPlan, *, clips: int, executor: str = "local") -> jobs.Needs:
    """Disk for features or tower outputs and checkpoints, memory on a machine without a GPU."""
    own = plan.settings
    if own.backbone in memory.LIGHT_MB:
        return jobs.Needs(disk_mb=50 + clips // 10, memory_mb=memory.LIGHT_MB[own.backbone])
    disk_mb = 2000 + clips * (1 if plan.augmentation is None else 2)
    if executor == "slurm":
        return jobs.Needs(disk_mb=disk_mb)
    if jobs.spec.has_gpu():
        return jobs.Needs(disk_mb=disk_mb, gpu=True)
    from emo_core.models import weights

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
    return describe(store, runs.find_run(store, name))


def describe(store: Database, run: Run, ahead: Mapping[int, int] | None = None) -> dict:
    """The same of a run at hand; `ahead` from `attempts.places`, where it is known."""
    folder = runs.folder_of(store, run.run_id)
    job, plan = attempts.present(jobs.status(folder)), from_document(run.settings)
    result = jobs.files.read_json(folder / jobs.files.RESULT) or {}
    places_now = attempts.places(store.folder / "jobs") if ahead is None and job.state == "queued" else ahead or {}
    return {
        "name": run.name, "job": run.run_id, "study": run.study, "panel": run.panel, "grid": plan.grid, "source": plan.source,
        "votes": plan.votes, "augmentation": asdict(plan.augmentation) if plan.augmentation else None,
        "backbone": plan.settings.backbone, "seed": plan.settings.seed, "state": job.state, "reason": job.reason,
        "place": places_now.get(run.run_id) if job.state == "queued" else None,
        "done": job.progress.done, "total": job.progress.total, "note": job.progress.note, "figures": job.progress.figures,
        "left_s": attempts.left_s(job), "took_s": attempts.took_s(folder, job) or result.get("seconds"),
        "companion": run.companion, "taken": run.taken > 0,
        "predictor": str(folder / "predictor") if (folder / "predictor").is_dir() else None,
    } | {name: result.get(name) for name in _TOLD}  # fmt: skip


def of_study(store: Database, study: str | None = None) -> list[Run]:
    """Training runs of a study, or all, oldest first."""
    return [
        run for run in runs.list_runs(store) if run.question == "training" and study in (None, run.study, run.companion)
    ]
