"""Commands of panels of model votes."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from emo_core import jobs
from emo_core.annotators.plan import MODES, PROVIDERS, QUESTIONS, SCHEDULES
from emo_core.cli.frame import AsJson, absolute, call, carry_out, model_name, pairs, say
from emo_core.cli.waiting import wait

app = typer.Typer(no_args_is_help=True, help="Votes and distributions from audio-language models.")
Provider, Question, Schedule = Literal[tuple(PROVIDERS)], Literal[tuple(QUESTIONS)], Literal[tuple(SCHEDULES)]
Mode = Literal[tuple(dict.fromkeys(mode for modes in MODES.values() for mode in modes))]
Executor = Literal["local", "slurm"]


@app.command("plan")
def plan_run(
    context: typer.Context,
    study: str,
    model: Annotated[str, typer.Option(help="As the provider calls it; for local a folder or a hub id.")],
    name: Annotated[str | None, typer.Option(help="Name of the run.", show_default="the model's, numbered")] = None,
    provider: Annotated[Provider, typer.Option(help="Who is asked.")] = "gemini",
    question: Annotated[Question, typer.Option(help="Votes (paper 1) or distributions (paper 2).")] = "label",
    mode: Annotated[Mode | None, typer.Option(help="How it is asked.", show_default="the provider's first")] = None,
    votes: Annotated[int, typer.Option(help="Draws a clip.")] = 10,
    persona: Annotated[list[str], typer.Option(help="A persona; may be repeated.", show_default="all")] = [],  # noqa: B006
    temperature: Annotated[
        list[float], typer.Option(help="A temperature; may be repeated.", show_default="0.1 0.4 0.7 1.0")
    ] = [],  # noqa: B006
    schedule: Annotated[Schedule, typer.Option(help="How draws get persona and temperature.")] = "balanced",
    seed: Annotated[int, typer.Option(help="Decides everything random.")] = 0,
    transcript: Annotated[bool, typer.Option(help="Whether the words spoken are told.")] = True,
    prompt: Annotated[Path | None, typer.Option(help="A template instead of paper 1's, a text file.")] = None,
    cap: Annotated[float | None, typer.Option(help="USD that the run may cost at most.")] = None,
    concurrency: Annotated[int, typer.Option(help="Calls, or clips on a local model, at once.")] = 8,
    thinking: Annotated[int | None, typer.Option(help="Tokens to think.", show_default="the model's choice")] = None,
    attempts: Annotated[int, typer.Option(help="How often an invalid reply is asked for again.")] = 3,
    max_tokens: Annotated[
        int | None, typer.Option(help="Tokens of a reply.", show_default="16, for distributions 256")
    ] = None,
    stop_gain: Annotated[float, typer.Option(help="Stop when a draw brings JS closer by fewer bits; 0: never.")] = 0.0,
    base_url: Annotated[str, typer.Option(help="Another address of the provider's server.")] = "",
    timeout: Annotated[float, typer.Option(help="Seconds to wait for a reply.")] = 120.0,
    executor: Annotated[Executor, typer.Option(help="Where the job runs.")] = "local",
    slurm: Annotated[
        list[str], typer.Option(help="KEY=VALUE for Slurm, such as partition=gpu, gres=gpu:1; may be repeated.")
    ] = [],  # noqa: B006
    dry: Annotated[bool, typer.Option("--dry", help="Only say what it comes to.")] = False,
    as_json: AsJson = False,
) -> None:
    """Plan a run: what it will send, cost and take. Nothing is sent before `panel run`."""
    carry_out(
        context, as_json, "panel plan",
        study=study, model=model_name(model) if provider == "local" else model, name=name, provider=provider, question=question,
        mode=mode, votes=votes, personas=persona or None, temperatures=temperature or None, schedule=schedule, seed=seed,
        transcript=transcript, prompt_file=absolute(prompt), cap=cap, concurrency=concurrency, thinking=thinking,
        attempts=attempts, max_tokens=max_tokens, stop_gain=stop_gain, base_url=base_url, timeout_s=timeout,
        executor=executor, slurm=pairs(slurm, "--slurm"), dry=dry,
    )  # fmt: skip


@app.command("run")
def run(
    context: typer.Context,
    name: str,
    trial: Annotated[bool, typer.Option("--trial", help="Only the first five clips; they count in the whole.")] = False,
    cap: Annotated[float | None, typer.Option(help="Another cap, USD.")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Leave it to its job and return.")] = False,
    as_json: AsJson = False,
) -> None:
    """Start a run, or go on with one that ended early; waits for it, and takes its votes in. Ctrl-C leaves the job running."""

    def work() -> dict:
        keys = {key: os.environ[key] for key in jobs.secrets.KEYS if os.environ.get(key)}
        begun = call(context.obj, "panel status", {"name": name})
        if begun["state"] not in jobs.ALIVE or trial or cap is not None:  # who waited before may wait again
            begun = call(context.obj, "panel run", {"name": name, "trial": trial, "cap": cap, "env": keys})
        if detach:
            return begun
        wait(context.obj / "jobs" / str(begun["job"]), name, "draws")
        call(context.obj, "panel collect", {"name": name})
        return call(context.obj, "panel status", {"name": name})

    document = say(work, as_json)
    if document["state"] in ("failed", "lost"):
        raise typer.Exit(1)


@app.command("status")
def status(context: typer.Context, name: str, as_json: AsJson = False) -> None:
    """How far a run is: draws by outcome, calls, tokens, cost."""
    carry_out(context, as_json, "panel status", name=name)


@app.command("collect")
def collect(
    context: typer.Context,
    name: str,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the job at most.")] = 0.0,
    as_json: AsJson = False,
) -> None:
    """Take in what a run has written; again it takes only what is new."""
    carry_out(context, as_json, "panel collect", name=name, wait_s=wait)


@app.command("list")
def list_runs(context: typer.Context, as_json: AsJson = False) -> None:
    """Every run."""
    carry_out(context, as_json, "panel list")


@app.command("replies")
def replies(
    context: typer.Context,
    name: str,
    limit: Annotated[int, typer.Option(help="How many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """The first replies of a run as they came, for example of its trial."""
    carry_out(context, as_json, "panel replies", name=name, limit=limit)
