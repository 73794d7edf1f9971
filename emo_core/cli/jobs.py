"""Commands of jobs: long work in processes of its own."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from emo_core import jobs
from emo_core.cli.frame import AsJson, carry_out
from emo_core.errors import WorkbenchError

app = typer.Typer(no_args_is_help=True, help="Jobs: long work that goes on by itself.")
LOOK_S = 0.5  # between two looks at a log that grows


@app.command("list")
def list_jobs(context: typer.Context, as_json: AsJson = False) -> None:
    """Every job, newest first."""
    carry_out(context, as_json, "jobs list")


@app.command("show")
def show_job(context: typer.Context, number: int, as_json: AsJson = False) -> None:
    """A job in full: state, progress, attempts, result."""
    carry_out(context, as_json, "jobs show", number=number)


@app.command("log")
def show_log(
    context: typer.Context,
    number: int,
    lines: Annotated[int, typer.Option(help="How many lines from the end.")] = 200,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until the job has ended.")] = False,
    as_json: AsJson = False,
) -> None:
    """What a job printed last."""
    if as_json and follow:
        raise typer.BadParameter("--follow prints text as it comes, --json one document at the end: choose one.")
    if as_json:
        return carry_out(context, as_json, "jobs log", number=number, lines=lines)
    # Files alone: neither the store nor its owner is needed.
    try:
        folder = jobs.find(context.obj / "jobs", number).folder
        _print(folder, lines, follow)
    except WorkbenchError as error:
        print(f"emo_core: {error}", file=sys.stderr)
        raise typer.Exit(error.exit_status) from None


def _print(folder: Path, lines: int, follow: bool) -> None:
    offset = jobs.log_size(folder)
    if latest := jobs.last_lines(folder, lines, until=offset):
        print(latest, flush=True)
    going = follow
    while going:
        going = jobs.status(folder).state in jobs.ALIVE  # before the last look: what came in between is printed too
        text, offset = jobs.tail(folder, offset)
        print(text, end="", flush=True)
        if going:
            time.sleep(LOOK_S)


@app.command("cancel")
def cancel_job(
    context: typer.Context,
    number: int,
    grace_s: Annotated[float, typer.Option(help="Seconds until it is killed.")] = 10.0,
    as_json: AsJson = False,
) -> None:
    """Stop a job; it can be resumed."""
    carry_out(context, as_json, "jobs cancel", number=number, grace_s=grace_s)


@app.command("resume")
def resume_job(context: typer.Context, number: int, as_json: AsJson = False) -> None:
    """Start a job again, from what it kept."""
    carry_out(context, as_json, "jobs resume", number=number)
