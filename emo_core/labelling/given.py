"""What somebody hands over as files when they make a campaign: settings, a plan of the advisor, guidelines."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from emo_core.errors import BadInput
from emo_core.labelling.campaign import Campaign, Form, from_document
from emo_core.publishing import tables

MOST_BYTES = 20_000_000
PLAN_NEEDS = ("priority", "clip", "corpus", "votes")  # of `analysis.advice.PLAN_COLUMNS`
_USUAL = {
    Form: Form(emotions=("anger", "sad")),
    Campaign: Campaign("usual", "usual", Form(emotions=("anger", "sad"))),
}
_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", tuple: "a list of texts"}


@dataclass(frozen=True)
class Plan:
    """What a plan says: names of clips in order of priority, the corpora they are of, and how many votes it buys."""

    clips: tuple[str, ...]
    corpora: tuple[str, ...]
    votes: int


def text(path: Path) -> str:
    """A file as text. Raises BadInput where there is none, or it is too long or not UTF-8."""
    if not path.is_file():
        raise BadInput(f"There is no file {str(path)!r}. Check the path.")
    if path.stat().st_size > MOST_BYTES:
        raise BadInput(
            f"{path.name} has {path.stat().st_size:,} bytes; {MOST_BYTES:,} are the most. Give a shorter file."
        )
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name} is no text in UTF-8 ({error}). Save it as UTF-8.") from error


def settings(path: Path) -> dict:
    """Settings as `Campaign.as_document` gives them, or a document of `campaign show`, which holds them. Raises BadInput."""
    try:
        said = json.loads(text(path))
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path.name} is no JSON: {error}. `campaign show --json` writes settings.") from error
    said = said.get("settings", said) if isinstance(said, dict) else said
    if not isinstance(said, dict):
        raise BadInput(
            f"{path.name} holds no settings: a JSON object is needed, such as `campaign show --json` writes."
        )
    check(said)
    return said


def campaign(document: Mapping) -> Campaign:
    """The campaign of a document of which people may have written any part. Raises BadInput, which names the setting."""
    check(document)
    return from_document(document)


def check(document: Mapping) -> None:
    """Every setting of a document, which may lack some, is known and of the right type. Raises BadInput."""
    form = document.get("form", {})
    if not isinstance(form, Mapping):
        raise BadInput(f"The setting form is an object with the parts of the form, got {form!r}.")
    _check(form, Form, "form")
    _check({name: value for name, value in document.items() if name != "form"}, Campaign, "campaign")


def _check(given: Mapping, record: type, what: str) -> None:
    """Every setting is known and of the type that it usually has."""
    known = {part.name: getattr(_USUAL[record], part.name) for part in fields(record)}
    for name, value in given.items():
        if name not in known:
            raise BadInput(f"A {what} has no setting {name!r}. It has {', '.join(known)}.")
        kind = type(known[name])
        if not _fits(value, kind):
            raise BadInput(f"The setting {name} is {_WORDS.get(kind, '{clip: text}')}, got {value!r}.")


def _fits(value: object, kind: type) -> bool:
    if kind is tuple:
        return isinstance(value, list | tuple) and all(isinstance(part, str) for part in value)
    if kind is dict:
        return isinstance(value, dict) and all(isinstance(part, str) for pair in value.items() for part in pair)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is kind


def plan(path: Path) -> Plan:
    """The plan that `advise --to` wrote; spreadsheets may have saved it again. Raises BadInput for another table."""
    said = text(path)
    header = said.partition("\n")[0]
    read = csv.DictReader(io.StringIO(said), delimiter=max(",;\t", key=header.count))
    missing = [name for name in PLAN_NEEDS if name not in (read.fieldnames or ())]
    if missing:
        raise BadInput(
            f"{path.name} is no plan of the advisor: it has no column {', '.join(missing)}. Write one with `advise STUDY --to`."
        )
    rows = [{name: tables.unguarded(row[name] or "") for name in PLAN_NEEDS} for row in read]
    if not rows:
        raise BadInput(f"{path.name} is a plan without clips: its budget buys no vote. Plan with a greater budget.")
    return Plan(
        clips=tuple(dict.fromkeys(row["clip"] for row in rows)),
        corpora=tuple(dict.fromkeys(row["corpus"] for row in rows)),
        votes=sum(_votes(path, place, row["votes"]) for place, row in enumerate(rows, 2)),
    )


def _votes(path: Path, row: int, value: str) -> int:
    try:
        return int(float(value))
    except (ValueError, OverflowError):
        raise BadInput(
            f"{path.name} row {row}: votes are a whole number, got {value!r}. Write the plan again."
        ) from None
