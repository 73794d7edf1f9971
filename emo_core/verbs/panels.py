"""Verbs of panels of model votes, and of distributions read from models."""

import time
from datetime import UTC, datetime
from pathlib import Path

from emo_core import jobs
from emo_core.annotators import control, prompts
from emo_core.errors import BadInput
from emo_core.store import Database, runs


def plan_run(
    store: Database,
    study: str,
    personas: list[str] | None = None,
    prompt_file: str | None = None,
    executor: str = "local",
    slurm: dict | None = None,
    dry: bool = False,
    **settings,
) -> dict:
    """Plan a run and keep it, unless `dry`: what it comes to, with the first prompt. `personas` are names, by default all;
    `settings` are fields of `annotators.plan.Plan`.
    """
    settings |= {"study": study}
    if personas:
        known = prompts.personas(store.folder)
        for name in personas:
            if name not in known:
                raise BadInput(f"There is no persona {name!r}. Known: {', '.join(known)}.")
        settings["personas"] = {name: known[name] for name in personas}
    if prompt_file:
        settings["prompts"] = {"label": prompts.read_text(Path(prompt_file))}
    settings.setdefault("name", None)
    settings["name"] = settings["name"] or free_name(store, settings)
    drafted = control.draft(store, settings)
    document = control.overview(drafted)
    if dry:
        return document | {"kept": False}
    run = control.keep(store, drafted, executor=executor, slurm=slurm)
    return document | {"kept": True, "job": run.run_id}


def free_name(store: Database, settings: dict) -> str:
    """A name that no run has: the model's, numbered."""
    base = str(settings.get("model", "run")).rstrip("/").split("/")[-1][:60] or "run"
    known = {run.name for run in runs.list_runs(store)}
    return next(name for name in (f"{base}-{n}" for n in range(1, 10**6)) if name not in known)


def begin(
    store: Database, name: str, trial: bool = False, cap: float | None = None, env: dict[str, str] | None = None
) -> dict:
    """Start a run's job, or go on with it; returns at once. `cap` changes its cap first; `env` has keys of whoever asks, beside
    those of this process, and is kept nowhere.
    """
    if cap is not None:
        control.amend(store, name, cap=cap)
    control.begin(
        store, name, trial=trial, env={key: (env or {})[key] for key in jobs.secrets.KEYS if key in (env or {})}
    )
    return status(store, name)


def status(store: Database, name: str) -> dict:
    """How far a run is; times in UTC."""
    found = control.status(store, name)
    return found | {
        key: found[key] and datetime.fromtimestamp(found[key], UTC).isoformat(timespec="seconds")
        for key in ("started_at", "ended_at")
    }


def collect(store: Database, name: str, wait_s: float = 0.0) -> dict:
    """Take in what the run has written; with `wait_s`, as long as its job goes on and no longer than that."""
    deadline = time.monotonic() + wait_s
    votes = control.collect(store, name)
    while time.monotonic() < deadline and status(store, name)["state"] in jobs.ALIVE:
        time.sleep(0.5)
        votes += control.collect(store, name)
    return {"name": name, "votes_taken": votes} | {
        key: value for key, value in status(store, name).items() if key in ("state", "votes", "missing", "panel", "in_store")
    }  # fmt: skip


_LISTED = ("name", "job", "question", "study", "panel", "state", "settled", "draws", "votes", "usd")


def list_runs(store: Database) -> list[dict]:
    """Every run in a line; of one whose job's folder is damaged only what the store knows, and why."""
    return [_line(store, run) for run in control.of_models(store)]


def _line(store: Database, run: runs.Run) -> dict:
    known = {"name": run.name, "job": run.run_id, "study": run.study, "panel": run.panel}
    try:
        told = status(store, run.name)
    except (ValueError, LookupError, TypeError, OSError) as error:
        told = known | {"state": "lost", "reason": jobs.damage(runs.folder_of(store, run.run_id), error)}
    return {key: told.get(key) for key in (*_LISTED, "reason")}


def replies(store: Database, name: str, limit: int = 50) -> list[dict]:
    """The first replies of a run as they came."""
    return control.replies(store, name, limit)
