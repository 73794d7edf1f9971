"""Verbs of jobs. Everything stands in the folders below `jobs` of the store; its database is not asked."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from emo_core import jobs
from emo_core.jobs import Job
from emo_core.jobs.files import ATTEMPTS, RESULT, read_json
from emo_core.store import Database


def root(store: Database) -> Path:
    """The folder of the store's jobs."""
    return store.folder / "jobs"


def list_jobs(store: Database) -> list[dict]:
    """Every job, newest first, in a line each: what it is, its state, how far it is."""
    kept = ("number", "kind", "title", "state", "done", "total", "rate", "left_s", "started_at", "took_s", "reason")
    return [{key: row[key] for key in kept} for row in map(_row, jobs.list_jobs(root(store)))]


def show_job(store: Database, number: int) -> dict:
    """A job in full: also its figures, the attempts before this one, its result, and where its folder is."""
    job = jobs.find(root(store), number)
    further = {"attempts": _attempts(job.folder), "result": read_json(job.folder / RESULT), "folder": job.folder}
    return _row(job) | further | {"spec": asdict(job.spec)}


def _attempts(folder: Path) -> list[dict]:
    """How the attempts before the present one ended."""
    lines, _ = jobs.read_lines(folder / ATTEMPTS)
    return [
        {"state": line["state"], "reason": line["reason"], "started_at": _time(line["started_at"]),
         "ended_at": _time(line["ended_at"])}
        for line in lines
    ]  # fmt: skip


def show_log(store: Database, number: int, lines: int = 200) -> dict:
    """The last lines of a job's log."""
    job = jobs.find(root(store), number)
    return {"number": number, "state": job.status.state, "log": jobs.last_lines(job.folder, lines)}


def cancel_job(store: Database, number: int, grace_s: float = 10.0) -> dict:
    """Stop a job: the work is asked, and killed after `grace_s` seconds. One that has ended is left as it is."""
    jobs.cancel(jobs.find(root(store), number).folder, grace_s)
    return _row(jobs.find(root(store), number))


def resume_job(store: Database, number: int) -> dict:
    """Start a job again that was stopped, failed or was lost; it goes on from what it kept. Keys of services come from the
    environment of the process that carries this out: the app's, while the app is open.
    """
    jobs.start(jobs.find(root(store), number).folder)
    return _row(jobs.find(root(store), number))


def _row(job: Job) -> dict:
    """What there is to say of a job, flat; times as ISO 8601 in UTC."""
    spec, status, progress = job.spec, job.status, job.status.progress
    times = {key: _time(getattr(status, key)) for key in ("asked_at", "started_at", "ended_at")}
    return {
        "number": spec.number, "kind": spec.kind, "title": spec.title, "state": status.state, "reason": status.reason,
        "executor": spec.executor, "resource": spec.resource, "attempt": status.attempt, "pid": status.pid, "rc": status.rc,
        "done": progress.done, "total": progress.total, "rate": progress.rate, "left_s": progress.left_s,
        "note": progress.note, "figures": progress.figures, "took_s": status.took_s,
    } | times  # fmt: skip


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
