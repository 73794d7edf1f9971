"""How a command is carried out: here where the store is free, else by the process that owns it."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import typer

from emo_core import verbs
from emo_core.errors import BadInput, StoreInUse, WorkbenchError
from emo_core.pairs import read_pairs
from emo_core.store import Database, ownership

PATIENCE_S = 60  # how long a command waits for another command to finish with the store

By = Annotated[Literal["clip", "speaker"], typer.Option(help="What the intervals resample.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def absolute(path: Path | None) -> str | None:
    """The process that carries the verb out may stand in another folder."""
    return str(path.expanduser().absolute()) if path else None


def model_name(name: str) -> str:
    """A model as it was named; a folder by its whole path, as the owner of the store may stand in another one."""
    return absolute(Path(name)) if name and Path(name).expanduser().is_dir() else name


def pairs(given: list[str], option: str) -> dict[str, str | int | float | bool]:
    """The `KEY=VALUE` words of an option."""
    try:
        return read_pairs(given)
    except BadInput as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


class ProgressLine:
    """How far a download is, on standard error: on a terminal one line that is written over, elsewhere one every ten
    seconds. To be called with the arguments of a `corpora.downloads.Progress`.
    """

    def __init__(self):
        self._said_at = 0.0
        self._every_s = 0.2 if sys.stderr.isatty() else 10.0

    def __call__(self, there: int, total: int | None, files: int, of_files: int, latest: str) -> None:
        """Say it, unless something was said a moment ago."""
        if time.monotonic() - self._said_at < self._every_s and files < of_files:
            return
        self._said_at = time.monotonic()
        share = f" of {total / 1e6:,.0f}" if total else ""
        line = f"emo_core: {there / 1e6:,.0f}{share} MB, {files:,} of {of_files:,} files, {latest}"
        if not sys.stderr.isatty():
            print(line, file=sys.stderr, flush=True)
        else:
            print(f"\r{line:<79.79}", end="\n" if files == of_files else "", file=sys.stderr, flush=True)


def carry_out(
    context: typer.Context, as_json: bool, verb: str, *, before: Callable[[], object] | None = None, **arguments
) -> None:
    """Run a verb here or in the store's owner, print its document, and end with the exit status.

    `before` is long work that needs no store: it is done first, here, while others use the store.
    """

    def work() -> dict | list:
        if before:
            before()
        return call(context.obj, verb, arguments)

    say(work, as_json)


def say(work: Callable[[], dict | list], as_json: bool, text: Callable[[dict], str] | None = None) -> dict | list:
    """Do the work and print its document, as JSON or in lines that `text` makes of it; an error of ours is a sentence on standard
    error and the exit status.
    """
    try:
        document = work()
    except WorkbenchError as error:
        print(f"emo_core: {error}", file=sys.stderr)
        raise typer.Exit(error.exit_status) from None
    print(json.dumps(document, ensure_ascii=False) if as_json else (text or as_text)(document))
    return document


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
                return forward(folder, verb, arguments)
            if time.monotonic() > deadline:
                raise
            if not said:
                _tell(f"waiting for process {busy.pid} to finish with the store")
                said = True
            time.sleep(0.1)
            continue
        try:
            return verbs.run(store, verb, arguments)
        finally:
            store.close()


def _tell(text: str) -> None:
    print(f"emo_core: {text}", file=sys.stderr, flush=True)


def forward(folder: Path, verb: str, arguments: dict) -> dict | list:
    """The verb's document from the process that owns the store. Raises WorkbenchError."""
    try:
        reply = ownership.ask(folder, {"verb": verb, "arguments": arguments}, say=_tell)
    except KeyboardInterrupt:
        _tell("the process that owns the store goes on with it to the end")
        raise
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
