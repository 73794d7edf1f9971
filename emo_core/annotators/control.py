"""Runs from plan to panel, for pages and commands: plan, price, begin, follow, collect."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from pathlib import Path

from emo_core import jobs
from emo_core.annotators import account_rows, clips, estimate, ledger, prices, prompts
from emo_core.annotators.clips import Clips
from emo_core.annotators.plan import KEYS, QUESTIONS, Cell, Plan, from_document
from emo_core.annotators.run import PLAN, TRIAL
from emo_core.errors import BadInput, JobError
from emo_core.seeding import number_from
from emo_core.store import Database, runs, studies
from emo_core.store.runs import Run

TRIAL_CLIPS = 5
_MODULE = "emo_core.annotators.run"


@dataclass(frozen=True)
class Draft:
    """A plan that nobody has kept yet, and what it would hear. `silent` clips of the study have no sound here."""

    plan: Plan
    clips: Clips
    columns: Mapping[str, list]
    silent: int
    store: Path  # its folder


def draft(store: Database, settings: Mapping, heard: Mapping[str, list] | None = None) -> Draft:
    """The plan of settings (fields of `Plan`; emotions and prices are the study's and the table's where they are not given), with
    the clips in a seeded order: the first ones of a trial are then no special ones. `heard` is `runs.heard_clips`, where it is
    known already.

    Raises BadInput, UnknownName.
    """
    settings = {key: value for key, value in settings.items() if value is not None}
    names = [part.name for part in fields(Plan)]
    unknown = sorted(set(settings) - set(names))
    if unknown:
        raise BadInput(f"A plan has no setting {unknown[0]!r}. It has {', '.join(names)}.")
    study = studies.find_study(store.cursor(), settings.get("study", "")).study
    settings = {"emotions": study.emotions, "personas": prompts.personas(store.folder)} | settings
    plan = from_document(settings)
    if plan.provider != "local" and not plan.prices:
        plan = replace(plan, prices=prices.find(plan.model, store.folder))
    if plan.provider == "local":
        from emo_core.models import weights

        weights.find_weights(plan.model)
    columns = dict(heard or runs.heard_clips(store, plan.study))
    silent = columns.pop("silent")
    if not columns["clip"]:
        raise BadInput(
            f"No clip of the study {plan.study!r} has sound here. Look at the page Health, or choose another."
        )
    order = sorted(range(len(columns["clip"])), key=lambda row: number_from(plan.seed, "order", columns["clip"][row]))
    columns = {name: [values[row] for row in order] for name, values in columns.items()}
    return Draft(plan, clips.of_columns(columns), columns, silent, store.folder)


def overview(drafted: Draft, *, latency_s: float | None = None) -> dict:
    """What the plan comes to, before anything is sent: calls, tokens, cost, time, the first prompt, warnings."""
    plan, first = drafted.plan, drafted.clips.rows[0]
    whole = estimate.whole_run(plan, drafted.clips, latency_s=latency_s or estimate.LATENCY_S)
    cell = plan.cell(first.clip, 0)
    return {
        "name": plan.name, "study": plan.study, "panel": plan.panel, "provider": plan.provider, "model": plan.model,
        "mode": plan.mode, "question": plan.question, "clips": whole.clips, "clips_without_sound": drafted.silent,
        "draws": whole.draws, "calls": whole.calls, "tokens": asdict(whole.tokens), "usd": whole.usd, "cap": plan.cap,
        "prices": dict(plan.prices), "hours": whole.seconds / 3600, "latency_s": whole.latency_s,
        "audio_hours": whole.audio_hours, "first_clip": first.clip, "first_cell": asdict(cell),
        "first_prompt": plan.prompt_for(cell, first.transcript), "versions": plan.versions(), "warnings": warnings(drafted, whole),
    }  # fmt: skip


def warnings(drafted: Draft, whole: estimate.Estimate) -> list[str]:
    """What someone should know before spending."""
    plan, told = drafted.plan, []
    told += jobs.preflight(drafted.store, _needs(drafted))
    age = prices.days_old(plan.prices, date.today())
    if whole.usd is None:
        told.append(
            f"No price is known for {plan.model}: put it into prices.yaml in the store's folder. A cap needs one."
        )
    if age is not None and age > 60:
        told.append(f"The price was seen on {plan.prices['seen']}, {age} days ago: compare {plan.prices['source']}.")
    if plan.provider == "gemini" and plan.thinking is None:
        told.append(
            f"The model decides how long it thinks, and that is paid: {estimate.THOUGHT_TOKENS} tokens a reply are assumed. "
            "The trial shows the true figure."
        )
    if whole.usd is not None and plan.cap is not None and whole.usd > plan.cap:
        told.append(f"The estimate, {whole.usd:.2f} USD, is above the cap: the run will stop before it is whole.")
    if plan.provider == "gemini" and plan.cap is None:
        told.append("There is no cap: nothing but the end of the plan stops the spending.")
    if drafted.silent:
        told.append(f"{drafted.silent:,} clips of the study have no sound here and are left out.")
    if plan.transcript and plan.question == "label":
        mute = sum(not (clip.transcript or "").strip() for clip in drafted.clips.rows)
        if mute:
            told.append(f"Clips without a transcript: {mute:,}; the prompt leaves that line out.")
    long = sum(clip.seconds > 30 for clip in drafted.clips.rows)
    if long and plan.provider == "local":
        told.append(
            f"{long:,} clips are longer than 30 s, which the model cannot hear: they get no vote and are counted."
        )
    return told


def keep(store: Database, drafted: Draft, *, executor: str = "local", slurm: Mapping | None = None) -> Run:
    """Keep a plan: its job's folder is made, nothing is started. Raises BadInput where the name is taken."""
    plan = drafted.plan
    _check_cap(plan)
    runs.check_name(store.cursor(), plan.name)
    runs.check_panel(store.cursor(), plan.panel)
    kind = "panel" if plan.question == "label" else "distributions"
    resource = plan.resource if jobs.spec.has_gpu() or plan.provider != "local" else "cpu"
    spec = jobs.Spec(
        kind=kind, title=plan.name, module=_MODULE, resource=resource, executor=executor, slurm=dict(slurm or {}),
        needs=_needs(drafted, executor),
    )  # fmt: skip
    folder = jobs.make(store.folder / "jobs", spec)
    clips.write(folder, dict(drafted.columns))
    _write_plan(folder, plan)
    runs.add_run(store, int(folder.name), plan)
    return runs.find_run(store, plan.name)


def _needs(drafted: Draft, executor: str = "local") -> jobs.Needs:
    """What must be there when the job begins: about a kilobyte a draw on the disk; a GPU, or memory for a model on the CPU."""
    plan = drafted.plan
    disk_mb = 50 + plan.votes * len(drafted.clips.rows) // 1000
    if plan.provider != "local" or executor == "slurm":
        return jobs.Needs(disk_mb=disk_mb)
    if jobs.spec.has_gpu():
        return jobs.Needs(disk_mb=disk_mb, gpu=True)
    from emo_core.models import memory, weights

    folder = weights.find_weights(plan.model)
    return jobs.Needs(disk_mb, memory.estimate_memory_mb(folder, "float32", clips=plan.concurrency))


def _check_cap(plan: Plan) -> None:
    if plan.cap is not None and not plan.prices:
        raise BadInput(f"A cap needs the price of {plan.model}. Put it into prices.yaml in the store's folder.")


def _write_plan(folder: Path, plan: Plan) -> None:
    jobs.files.write_json(folder / PLAN, asdict(plan))


def begin(store: Database, name: str, *, trial: bool = False, env: Mapping[str, str] | None = None) -> Run:
    """Start the run's job, or go on with it; a trial is its first clips, whose votes are votes of the whole run.

    Raises BadInput where a key is missing or a trial comes too late, JobError where the job is running.
    """
    import os

    run = runs.find_run(store, name)
    folder = runs.folder_of(store, run.run_id)
    wanted = KEYS[run.settings["provider"]]
    if run.settings["provider"] == "gemini" and not any((os.environ | dict(env or {})).get(key) for key in wanted):
        raise BadInput(
            f"There is no key for Gemini. Set {wanted[0]} in the environment in which the app or this command is started, or in "
            ".streamlit/secrets.toml."
        )
    _refuse_while_alive(folder, name)
    account = ledger.follow(folder)
    if trial and (account.done or account.lost) and not (folder / TRIAL).exists():
        raise BadInput(f"The run {name!r} has begun on all its clips: a trial comes before. Go on with the run.")
    if account.done >= run.settings["votes"] * clips.count(folder):
        raise BadInput(f"The run {name!r} is whole: nothing is missing. Plan another for more votes.")
    if trial:
        jobs.files.write_json(folder / TRIAL, {"clips": TRIAL_CLIPS})
    else:
        (folder / TRIAL).unlink(missing_ok=True)
    jobs.start(folder, dict(env or {}), again=True)
    return run


def _refuse_while_alive(folder: Path, name: str) -> None:
    if jobs.status(folder).state in jobs.ALIVE:
        raise JobError(f"The run {name!r} is going on. Wait for its end, or stop it first.")


def amend(store: Database, name: str, **changes) -> None:
    """Change `cap` or `stop_gain` of a run that is not going on; it holds from the next start. Raises BadInput, JobError."""
    run = runs.find_run(store, name)
    folder = runs.folder_of(store, run.run_id)
    _refuse_while_alive(folder, name)
    plan = replace(from_document(run.settings), **changes)
    _check_cap(plan)
    _write_plan(folder, plan)
    runs.set_settings(store, run.run_id, asdict(plan))


def collect(store: Database, name: str) -> int:
    """Take in what the run has written since the last time; how many votes came."""
    run = runs.find_run(store, name)
    votes = runs.take_in(store, run, account_rows.read)
    runs.add_companion(store, run)
    return votes


def of_models(store: Database) -> list[Run]:
    """Runs that ask models, oldest first; trainings are others."""
    return [run for run in runs.list_runs(store) if run.question in QUESTIONS]


def status(store: Database, name: str) -> dict:
    """How far a run is: state of its job, draws by outcome, calls, cost, what is in the store."""
    run = runs.find_run(store, name)
    folder = runs.folder_of(store, run.run_id)
    job = jobs.status(folder)
    plan = from_document(run.settings)
    account = ledger.follow(folder)
    clips_there, settled = clips.count(folder), account.done
    result = jobs.files.read_json(folder / jobs.files.RESULT) or {}
    return {
        "name": run.name, "job": run.run_id, "study": run.study, "panel": run.panel, "question": run.question,
        "provider": plan.provider, "model": plan.model, "mode": plan.mode, "state": job.state, "reason": job.reason,
        "ended": result.get("ended"), "clips": clips_there, "draws": plan.votes * clips_there, "settled": settled,
        "missing": plan.votes * clips_there - settled, "votes": account.outcomes[ledger.VOTE],
        "not_voted": {what: n for what, n in account.outcomes.items() if what != ledger.VOTE},
        "asked_again": dict(account.retried),
        "calls": {"sent": account.sent, "answered": account.answered, "failed": dict(account.failed), "unknown": account.lost},
        "tokens": asdict(account.tokens), "usd": account.usd, "cap": plan.cap, "rate": job.progress.rate,
        "left_s": job.progress.left_s, "started_at": job.started_at, "ended_at": job.ended_at,
        "in_store": {"bytes": run.taken, "companion": run.companion}, "versions": plan.versions(),
    }  # fmt: skip


def asked(store: Database, run_id: int, clip: str, persona: str, temperature: float) -> tuple[str, str] | None:
    """The run's name, and what it said to the model about a clip beside the sound; None where the run or the clip is gone.
    Rendered again from plan and transcript as they were; a vote's `prompt` hash says whether it is the same.
    """
    run = next((run for run in runs.list_runs(store) if run.run_id == run_id), None)
    folder = runs.folder_of(store, run_id)
    if run is None or not (folder / clips.FILE).exists():
        return None
    heard = clips.find(folder, clip)
    if heard is None:
        return None
    return run.name, from_document(run.settings).prompt_for(Cell(persona, temperature), heard.transcript)


def replies(store: Database, name: str, limit: int = 50) -> list[dict]:
    """The first answered draws of a run with prompt, reply and outcome, for the eye: a trial's."""
    run = runs.find_run(store, name)
    folder = runs.folder_of(store, run.run_id)
    words = {clip.clip: clip.transcript for clip in clips.read(folder).rows}
    rows = []
    path = folder / ledger.FILE
    if not path.exists():
        return rows
    with path.open("rb") as file:
        for raw in file:
            line = account_rows.parsed(raw) if raw.startswith(b'{"event": "answered"') else {}
            for found in line.get("outcomes", ()):
                rows.append(
                    {
                        "clip": line["clip"], "draw": found["draw"] + 1, "persona": line["persona"],
                        "temperature": line["temperature"], "outcome": found["outcome"], "label": found.get("label"),
                        "reply": found["reply"], "attempt": line["attempt"] + 1,
                    }
                )  # fmt: skip
            if len(rows) >= limit:
                break
    return [row | {"transcript": words.get(row["clip"])} for row in rows[:limit]]
