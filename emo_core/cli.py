"""Every verb without a browser: `python -m emo_core [--store DIR] VERB …`.

Documents go to standard output, as text or with --json as one JSON document; messages go to standard error. Exit status
0: done, 1: the store could not do it, 2: what was given breaks a rule. The commands work while the app is open: the
process that owns the store then carries them out.
"""

import json
import logging
import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from emo_core import verbs
from emo_core.errors import StoreInUse, WorkbenchError
from emo_core.records import Rule, Split
from emo_core.store import Database, ownership
from emo_core.store.database import DEFAULT_FOLDER

PATIENCE_S = 60  # how long a command waits for another command to finish with the store

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The Ambiguity Workbench without a browser.")
corpus_app = typer.Typer(no_args_is_help=True, help="Corpora: clips with their votes.")
add_app = typer.Typer(no_args_is_help=True, help="Take a corpus in.")
votes_app = typer.Typer(no_args_is_help=True, help="Votes for clips that are there.")
study_app = typer.Typer(no_args_is_help=True, help="Studies: saved questions.")
app.add_typer(corpus_app, name="corpus")
corpus_app.add_typer(add_app, name="add")
app.add_typer(votes_app, name="votes")
app.add_typer(study_app, name="study")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
SkipBadRows = Annotated[
    bool, typer.Option(help="Leave out rows that break a rule, and list them, instead of refusing.")
]

# What columns of a table of votes mean; `corpus add votes` and `votes add` share them.
Clip = Annotated[str, typer.Option(help="Column of clip ids.")]
Label = Annotated[str | None, typer.Option(help="Column of labels (one row a vote).")]
Rater = Annotated[str | None, typer.Option(help="Column of raters; without it they are anonymous.")]
Counts = Annotated[str | None, typer.Option(help="Columns of counts, comma-separated (one row a clip).")]
Panel = Annotated[str, typer.Option(help="Panel of all votes.")]
PanelColumn = Annotated[str | None, typer.Option(help="Column that names the panel.")]
Persona = Annotated[str | None, typer.Option(help="Column of a model's personas.")]
Temperature = Annotated[str | None, typer.Option(help="Column of a model's temperatures.")]
TimeColumn = Annotated[str | None, typer.Option("--time", help="Column of when the vote was given.")]
LabelMap = Annotated[list[str], typer.Option("--map", help="LABEL=EMOTION for a label that is not known.")]


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
    _carry_out(context, as_json, "demo")


@add_app.command("crema-d")
def add_crema_d(
    context: typer.Context, path: Path, name: Annotated[str, typer.Option()], as_json: AsJson = False
) -> None:
    """CREMA-D in its official layout."""
    _carry_out(context, as_json, "corpus add crema-d", path=_absolute(path), name=name)


@add_app.command("votes")
def add_votes_corpus(
    context: typer.Context,
    file: Path,
    name: Annotated[str, typer.Option(help="What to call the corpus.")],
    clip: Clip,
    label: Label = None,
    rater: Rater = None,
    counts: Counts = None,
    panel: Panel = "human",
    panel_column: PanelColumn = None,
    audio: Annotated[Path | None, typer.Option(help="Folder of the sound files.")] = None,
    audio_column: Annotated[str | None, typer.Option(help="Column of paths below that folder.")] = None,
    transcript: Annotated[str | None, typer.Option(help="Column of transcripts.")] = None,
    speaker: Annotated[str | None, typer.Option(help="Column of speakers.")] = None,
    session: Annotated[str | None, typer.Option(help="Column of sessions.")] = None,
    start: Annotated[str | None, typer.Option(help="Column of start times in the file, seconds.")] = None,
    end: Annotated[str | None, typer.Option(help="Column of end times in the file, seconds.")] = None,
    persona: Persona = None,
    temperature: Temperature = None,
    time_column: TimeColumn = None,
    label_map: LabelMap = [],  # noqa: B006
    licence: Annotated[str, typer.Option(help="A note on the corpus's licence.")] = "",
    skip_bad_rows: SkipBadRows = False,
    as_json: AsJson = False,
) -> None:
    """A table of votes: CSV, TSV, Parquet or JSON lines."""
    described = _votes_file(
        file, clip, label, rater, counts, panel, panel_column, persona, temperature, time_column, label_map
    )
    described |= {"audio": audio_column, "transcript": transcript, "speaker": speaker, "session": session}
    described |= {"start_s": start, "end_s": end}
    _carry_out(
        context, as_json, "corpus add votes",
        name=name, file=described, audio=_absolute(audio), licence=licence, skip_bad_rows=skip_bad_rows,
    )  # fmt: skip


@votes_app.command("add")
def add_votes(
    context: typer.Context,
    file: Path,
    corpus: Annotated[str, typer.Option(help="Corpus whose clips are voted on.")],
    clip: Clip,
    label: Label = None,
    rater: Rater = None,
    counts: Counts = None,
    panel: Panel = "human",
    panel_column: PanelColumn = None,
    persona: Persona = None,
    temperature: Temperature = None,
    time_column: TimeColumn = None,
    label_map: LabelMap = [],  # noqa: B006
    skip_bad_rows: SkipBadRows = False,
    as_json: AsJson = False,
) -> None:
    """Add a table of votes to a corpus, for example a model's; studies follow at once."""
    described = _votes_file(
        file, clip, label, rater, counts, panel, panel_column, persona, temperature, time_column, label_map
    )
    _carry_out(context, as_json, "votes add", corpus=corpus, file=described, skip_bad_rows=skip_bad_rows)


@corpus_app.command("list")
def list_corpora(context: typer.Context, as_json: AsJson = False) -> None:
    """Every corpus with its panels."""
    _carry_out(context, as_json, "corpus list")


@corpus_app.command("show")
def show_corpus(context: typer.Context, name: str, as_json: AsJson = False) -> None:
    """One corpus with the accounts of its imports."""
    _carry_out(context, as_json, "corpus show", name=name)


@corpus_app.command("remove")
def remove_corpus(context: typer.Context, name: str, as_json: AsJson = False) -> None:
    """Forget a corpus with its votes and studies; audio files stay."""
    _carry_out(context, as_json, "corpus remove", name=name)


@study_app.command("add")
def add_study(
    context: typer.Context,
    name: str,
    corpus: Annotated[str, typer.Option()],
    reference: Annotated[str, typer.Option(help="The panel held to be the reference.")],
    emotions: Annotated[str, typer.Option(help="The classes, comma-separated.")],
    candidate: Annotated[str | None, typer.Option(help="The panel compared with it.")] = None,
    merge: Annotated[list[str], typer.Option(help="from=to, for example excited=happy; may be repeated.")] = [],  # noqa: B006
    rule: Annotated[Rule, typer.Option(help="Which clips are kept.")] = "all_inside",
    min_votes: Annotated[int, typer.Option(help="Reference votes that must be left.")] = 1,
    split: Annotated[Split, typer.Option(help="Unit of the 80/20 split.")] = "clip",
    seed: Annotated[int, typer.Option(help="Seed of the split and of the intervals.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Save a study and compute its statistics."""
    _carry_out(
        context, as_json, "study add",
        name=name, corpus=corpus, reference=reference, candidate=candidate, emotions=emotions, merge=merge, rule=rule,
        min_votes=min_votes, split=split, seed=seed,
    )  # fmt: skip


@study_app.command("list")
def list_studies(context: typer.Context, as_json: AsJson = False) -> None:
    """Every study's choices."""
    _carry_out(context, as_json, "study list")


@study_app.command("show")
def show_study(
    context: typer.Context,
    name: str,
    by: Annotated[Split, typer.Option(help="What the intervals resample.")] = "clip",
    as_json: AsJson = False,
) -> None:
    """A study's clips, exclusions and figures."""
    _carry_out(context, as_json, "study show", name=name, by=by)


@study_app.command("remove")
def remove_study(context: typer.Context, name: str, as_json: AsJson = False) -> None:
    """Forget a study; votes stay."""
    _carry_out(context, as_json, "study remove", name=name)


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
    _carry_out(context, as_json, "browse", study=study, sort=sort, limit=limit, offset=offset, ascending=ascending)


@app.command()
def export(
    context: typer.Context,
    study: str,
    to: Annotated[Path, typer.Option(help="FILE.csv or FILE.parquet")],
    columns: Annotated[str | None, typer.Option(help="Columns, comma-separated.")] = None,
    as_json: AsJson = False,
) -> None:
    """Combined distributions as CSV or Parquet, with a schema beside it."""
    chosen = [name.strip() for name in columns.split(",") if name.strip()] if columns is not None else None
    _carry_out(context, as_json, "export", study=study, to=_absolute(to), columns=chosen)


def _votes_file(
    file, clip, label, rater, counts, panel, panel_column, persona, temperature, voted_at, label_map
) -> dict:
    """The fields of `VotesFile` as JSON values."""
    pairs = [pair.rpartition("=") for pair in label_map]
    if any(not equals for _, equals, _ in pairs):
        raise typer.BadParameter("--map reads LABEL=EMOTION, for example --map zorn=anger")
    return {
        "path": _absolute(file), "clip": clip, "label": label, "rater": rater, "panel": panel, "panel_column": panel_column,
        "counts": [name.strip() for name in counts.split(",")] if counts else [],
        "persona": persona, "temperature": temperature, "voted_at": voted_at,
        "labels": {spelling: emotion for spelling, _, emotion in pairs},
    }  # fmt: skip


def _absolute(path: Path | None) -> str | None:
    """The process that carries the verb out may stand in another folder."""
    return str(path.expanduser().absolute()) if path else None


def _carry_out(context: typer.Context, as_json: bool, verb: str, **arguments) -> None:
    """Run a verb here or in the store's owner, print its document, and end with the exit status."""
    try:
        document = call(context.obj, verb, arguments)
    except WorkbenchError as error:
        print(f"emo_core: {error}", file=sys.stderr)
        raise typer.Exit(error.exit_status) from None
    print(json.dumps(document, ensure_ascii=False) if as_json else as_text(document))


def call(folder: Path, verb: str, arguments: dict) -> dict | list:
    """The verb's document, from this process where the store is free, else from its owner.

    Raises WorkbenchError.
    """
    deadline = time.monotonic() + PATIENCE_S
    said = False
    while True:
        try:
            store = Database(folder)
        except StoreInUse as busy:
            owner = ownership.card(folder)
            if owner and owner["port"]:
                return _forward(folder, verb, arguments)
            if time.monotonic() > deadline:
                raise
            if not said:
                print(f"emo_core: waiting for process {busy.pid} to finish with the store", file=sys.stderr)
                said = True
            time.sleep(0.1)
            continue
        try:
            return verbs.run(store, verb, arguments)
        finally:
            store.close()


def _forward(folder: Path, verb: str, arguments: dict) -> dict | list:
    reply = ownership.ask(folder, {"verb": verb, "arguments": arguments})
    if "error" in reply:
        failure = WorkbenchError(reply["error"])
        failure.exit_status = reply["exit_status"]
        raise failure
    return reply["document"]


def as_text(document: object, indent: str = "") -> str:
    """A document for reading: one line a value, lists of records one line a record."""
    if isinstance(document, dict):
        return "\n".join(
            f"{indent}{key}:\n{as_text(value, indent + '  ')}"
            if value and _is_nested(value)
            else f"{indent}{key}: {_short(value)}"
            for key, value in document.items()
        )
    if isinstance(document, list):
        return "\n".join(indent + _short(item) for item in document) or f"{indent}none"
    return indent + _short(document)


def _is_nested(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value))


def _short(value: object) -> str:
    if isinstance(value, dict):
        return "  ".join(f"{key}={_short(item)}" for key, item in value.items()) or "none"
    if isinstance(value, list):
        return "[" + ", ".join(_short(item) for item in value) + "]"
    return "–" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)


def main() -> None:
    """Entry point of `python -m emo_core`. With EMO_DEBUG set, what failed inside is shown with its stack."""
    if "EMO_DEBUG" not in os.environ:
        logging.getLogger("emo_core").setLevel(logging.CRITICAL)
    app(prog_name="python -m emo_core")
