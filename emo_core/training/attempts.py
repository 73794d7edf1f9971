"""How far the attempts of a run are: what the present one said, time left and taken, the place in the queue."""

import math
from dataclasses import replace
from pathlib import Path

from emo_core import jobs


def present(job: jobs.Status) -> jobs.Status:
    """The status without what an earlier attempt said last, while the present one has not said anything."""
    said_before = job.progress.at is not None and job.progress.at < (job.started_at or math.inf)
    if job.state not in jobs.ALIVE or not said_before:
        return job
    return replace(job, progress=replace(job.progress, note="", figures={}))


def left_s(job: jobs.Status) -> float | None:
    """Seconds to go if no epoch is spared, at the pace of this attempt; None while the clips are heard, which has another."""
    steps_a_second = job.progress.figures.get("steps_per_s")
    if job.state != "running" or not steps_a_second:
        return None
    return (job.progress.total - job.progress.done) / steps_a_second


def took_s(folder: Path, job: jobs.Status) -> float | None:
    """Seconds of all attempts; None where none began."""
    ended, _ = jobs.read_lines(folder / jobs.files.ATTEMPTS)
    spans = [line["ended_at"] - line["started_at"] for line in ended if line["started_at"] and line["ended_at"]]
    spans += [job.took_s] if job.took_s is not None else []
    return sum(spans) if spans else None


def places(root: Path) -> dict[int, int]:
    """Place in the queue, 1 for the next, of every job below `root` that waits for its turn on this machine, by number. Those that want
    the same resource take turns in the order in which they came.
    """
    waiting = [
        (job.status.asked_at, job.spec) for job in jobs.list_jobs(root)
        if job.status.state == "queued" and job.spec.executor == "local" and job.status.asked_at
    ]  # fmt: skip
    waiting.sort(key=lambda each: each[0])
    before: dict[str, int] = {}
    found = {}
    for _, spec in waiting:
        found[spec.number] = before[spec.resource] = before.get(spec.resource, 0) + 1
    return found
