"""Every verb without a browser: `python -m emo_core [--store DIR] VERB …`.

Documents go to standard output, as text or with --json as one JSON document; messages go to standard error. Exit status
0: done, 1: the store could not do it, 2: what was given breaks a rule. The commands work while the app is open: the
process that owns the store then carries them out.
"""

import logging
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from emo_core.cli import analysis, augmentation, campaigns, corpora, exports, jobs, panels, stores, studies, training
from emo_core.cli.frame import AsJson, as_text, call, carry_out
from emo_core.store.database import DEFAULT_FOLDER

__all__ = ["app", "as_text", "call", "main"]

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The Ambiguity Workbench without a browser.")
app.add_typer(corpora.app, name="corpus")
app.add_typer(corpora.votes_app, name="votes")
app.add_typer(corpora.vocabulary_app, name="vocabulary")
app.add_typer(studies.app, name="study")
app.add_typer(campaigns.app, name="campaign")
app.add_typer(panels.app, name="panel")
app.add_typer(jobs.app, name="jobs")
app.add_typer(stores.app, name="store")
app.add_typer(training.app)
app.add_typer(analysis.app)
app.add_typer(augmentation.app)
app.add_typer(exports.app)


@app.callback()
def choose_store(
    context: typer.Context,
    store: Annotated[
        Path | None, typer.Option(envvar="EMO_STORE", help="Folder of the store.", show_default="data")
    ] = None,
) -> None:
    """Remember which store the verb is for."""
    context.obj = (store or DEFAULT_FOLDER).expanduser().resolve()


@app.command()
def demo(context: typer.Context, as_json: AsJson = False) -> None:
    """Make the simulated demo corpus."""
    carry_out(context, as_json, "demo")


@app.command()
def browse(
    context: typer.Context,
    study: str,
    sort: Annotated[str, typer.Option(help="js, tv, bc, entropy_reference, entropy_candidate, clip, …")] = "js",
    limit: Annotated[int, typer.Option(help="Number of clips.")] = 25,
    offset: Annotated[int, typer.Option(help="Clips to pass over first.")] = 0,
    ascending: Annotated[bool, typer.Option(help="Smallest first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Clips of a study, most divergent first."""
    carry_out(context, as_json, "browse", study=study, sort=sort, limit=limit, offset=offset, ascending=ascending)


def _end(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def main() -> None:
    """Entry point of `python -m emo_core`. With EMO_DEBUG set, what failed inside is shown with its stack.

    `kill` and a closed terminal end a command as Ctrl-C does: what it was doing is rolled back, and the store is closed.
    """
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:  # nohup stays nohup
            signal.signal(number, _end)
    if "EMO_DEBUG" not in os.environ:
        logging.getLogger("emo_core").setLevel(logging.CRITICAL)
    app(prog_name="python -m emo_core")
