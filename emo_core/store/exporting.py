"""Tables of a study on disk: CSV, Parquet or JSON lines, each with its schema written out beside it.

What is common to all tables stands here, and the distributions; votes and clips are in `export_rows`, folders of other tools
in `export_folders`. Raters go by codes that stay the same within a store: a keyed BLAKE2b (RFC 7693) of the name. Without
the key, which stays in the store's folder, nobody can try names against codes. CSV begins with the mark of UTF-8 (a BOM),
without which Excel takes umlauts for two letters each; pandas and our importers pass over it.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa

from emo_core.errors import BadInput, StoreError, UnknownName
from emo_core.records import Study
from emo_core.store.database import Database, one_row, quoted
from emo_core.store.studies import Cursor, StoredStudy, find_study
from emo_core.store.votes_as_of import of_stored

FORMATS = (".csv", ".parquet", ".jsonl")
Raters = Literal["pseudonyms", "kept"]
MADE_BY = "Ambiguity Workbench"  # stands in every schema, so that a later export knows its own
KEY_FILE = "pseudonyms.key"
KEY_BYTES = 32
PSEUDONYMS = "Raters go by pseudonyms: codes that are the same in every export of one store. The key that ties them to names stays there."
_UTF8 = "\ufeff"
_COPY = {
    ".csv": "FORMAT csv, HEADER",
    ".parquet": "FORMAT parquet, COMPRESSION zstd",
    ".jsonl": "FORMAT json",
}
_SIDES = {
    "reference": ("reference_{w}[{i}]", "n_reference"),
    "candidate": ("candidate_{w}[{i}]", "nullif(n_candidate, 0)"),
    "combined": ("(reference_{w}[{i}] + candidate_{w}[{i}])", "(n_reference + n_candidate)"),
}


@dataclass(frozen=True)
class Column:
    """One column of an export: its name, type, unit or range, and meaning. `usual`: among the columns of the default."""

    name: str
    type: str
    unit: str
    meaning: str
    expression: str
    usual: bool = True


@dataclass(frozen=True)
class Selection:
    """Rows of a study that are to be written: chosen columns of a source (SQL from FROM on), in order of `order`.

    `what` is votes, distributions or clips; `raters` says how raters go by, `key` is what their codes are made with.
    """

    cursor: Cursor
    stored: StoredStudy
    what: str
    chosen: list[Column]
    source: str
    order: str
    raters: Raters
    key: bytes

    def sql(self, *, guarded: bool = False, further: tuple[str, ...] = (), condition: str = "") -> str:
        """The query; `guarded`, for CSV: text that a spreadsheet would take for a formula gets a leading apostrophe, and the
        first name the mark of UTF-8. `further` columns and a `condition` (SQL) may be added.
        """
        names = [column.name for column in self.chosen]
        if guarded:
            names[0] = _UTF8 + names[0]
        cells = [
            f"{_guarded(column) if guarded else column.expression} AS {quoted(name)}"
            for name, column in zip(names, self.chosen)
        ]
        also = f"AND ({condition})" if condition else ""
        return f"SELECT {', '.join([*cells, *further])} {self.source} {also} ORDER BY {self.order}"

    def rows(self) -> int:
        """How many rows there are."""
        return one_row(self.cursor, f"SELECT count(*) {self.source}")[0]

    def schema(self) -> dict:
        """The study's choices and the columns; raters who are left out go by the same names as in the rows."""
        study = self.stored.study
        if self.raters == "pseudonyms":
            study = replace(study, left_out=tuple(code_of(name, self.key) for name in study.left_out))
        sources = self.corpora()
        made_of = {"corpora": sources, "simulated": any(corpus["simulated"] for corpus in sources)}
        made_of |= {"votes_as_of": of_stored(self.cursor, self.stored).as_document()}
        return {"made_by": MADE_BY, "what": self.what, "raters": self.raters} | made_of | schema(study, self.chosen)

    def corpora(self) -> list[dict]:
        """The study's corpora: name, licence, simulated, rating_low, rating_high."""
        names = ("name", "licence", "simulated", "rating_low", "rating_high")
        rows = self.cursor.execute(
            "SELECT name, licence, simulated, rating_low, rating_high FROM corpora WHERE list_contains(?, corpus_id) "
            "ORDER BY corpus_id",
            [self.stored.binding()["corpora"]],
        ).fetchall()
        return [dict(zip(names, row)) for row in rows]


def secret_key(store: Database) -> bytes:
    """`KEY_BYTES` random bytes, made once for a store; only the file's owner may read them, and no export holds them.

    Raises StoreError where the file holds something else: with another key raters would get other codes.
    """
    path = store.folder / KEY_FILE
    if not path.exists():
        draft = store.folder / f".{KEY_FILE}.{secrets.token_hex(4)}"
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
            os.link(draft, path)
        except FileExistsError:
            pass  # another thread was first: its key holds
        finally:
            draft.unlink(missing_ok=True)
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise StoreError(
            f"{path} holds {len(key)} bytes and not the {KEY_BYTES} of the key that raters' codes are made with. Take it from a "
            "backup; or remove it, and every rater gets a new code."
        )
    return key


def code_of(name: str, key: bytes) -> str:
    """The code of a rater: `r-` and 16 hexadecimal digits. Two of 100,000 raters share one with a chance of 3e-10.

    >>> code_of("Ann", b"secret") == code_of("Ann", b"secret") != code_of("Ann", b"other")
    True
    """
    return f"r-{blake2b(name.encode(), key=key, digest_size=8).hexdigest()}"


def stage_codes(cursor: Cursor, raters: Raters, key: bytes) -> None:
    """Fill the temporary table `rater_codes` (rater_id, code): pseudonyms, or the raters' own names; a model's personas keep theirs.

    Raises StoreError where two names got one code: their votes would become one rater's.
    """
    rows = cursor.execute("SELECT rater_id, name, persona FROM raters ORDER BY rater_id").fetchall()
    codes = [name if raters == "kept" or persona else code_of(name, key) for _, name, persona in rows]
    rows = [(number, name) for number, name, _ in rows]
    if len(set(codes)) < len({name for _, name in rows}):
        raise StoreError("Two raters got the same code, so nothing was written. Export with the raters' own names.")
    numbers = pa.array([number for number, _ in rows], pa.int32())
    cursor.register("codes", pa.table({"rater_id": numbers, "code": pa.array(codes, pa.string())}))
    cursor.execute("CREATE OR REPLACE TEMP TABLE rater_codes AS SELECT * FROM codes")
    cursor.unregister("codes")


def clip_meaning(corpora: int) -> tuple[str, str]:
    """What the column `clip` means in a study of so many corpora, and the SQL for it: one name in all its exports."""
    if corpora == 1:
        return "the clip's id in its corpus", "clips.name"
    return "the clip's id with its corpus before it", "corpora.name || '/' || clips.name"


def columns(study: Study) -> list[Column]:
    """Every column that an export of the study can hold, in order."""

    def text(name: str, meaning: str, expression: str, usual: bool = True) -> Column:
        return Column(name, "text", "", meaning, expression, usual)

    def votes(name: str, meaning: str, expression: str, usual: bool = True) -> Column:
        return Column(name, "integer", "votes", meaning, expression, usual)

    def number(name: str, unit: str, meaning: str, usual: bool = True) -> Column:
        return Column(name, "number", unit, meaning, name, usual)

    weights = "weights" if study.secondary_weight else "counts"
    listed = [
        text("corpus", "the clip's corpus", "corpora.name", usual=len(study.corpora) > 1),
        text("clip", *clip_meaning(len(study.corpora))),
        text("speaker", "who speaks", "clips.speaker"),
        text("session", "recording session", "clips.session", usual=False),
        text("audio", "sound file below the corpus's audio root", "clips.audio", usual=False),
        text("transcript", "what is said", "clips.transcript"),
        text(
            "split",
            f"train or test, by {study.split}, seed {study.seed}",
            "CASE WHEN is_test THEN 'test' ELSE 'train' END",
        ),
        votes("n_reference", f"votes of the reference panel {study.reference} inside the emotions", "n_reference"),
        votes("n_candidate", f"votes of the candidate panel {study.candidate} inside the emotions", "n_candidate"),
    ]
    for side, (count, total) in _SIDES.items():
        for i, emotion in enumerate(study.emotions, 1):
            share = f"{count.format(i=i, w=weights)} / {total}"
            listed.append(
                Column(f"{side}_{emotion}", "number", "share 0…1", f"share of {side} votes for {emotion}", share)
            )
    for side in ("reference", "candidate"):
        for i, emotion in enumerate(study.emotions, 1):
            listed.append(
                votes(f"{side}_votes_{emotion}", f"{side} votes for {emotion}", f"{side}_counts[{i}]", usual=False)
            )
    return listed + [
        number("entropy_reference", "bits", "Shannon entropy of the reference distribution"),
        number("entropy_candidate", "bits", "Shannon entropy of the candidate distribution"),
        number("entropy_combined", "bits", "Shannon entropy of all votes pooled, each equal"),
        number("js_divergence", "bits 0…1", "Jensen–Shannon divergence of candidate and reference"),
        number("bhattacharyya_coefficient", "0…1", "Bhattacharyya coefficient of candidate and reference"),
        number("total_variation", "0…1", "total variation distance of candidate and reference", usual=False),
        text("majority_reference", "emotion with most reference votes, ties joined by a colon", "majority_reference"),
        text("majority_candidate", "emotion with most candidate votes, ties joined by a colon", "majority_candidate"),
    ]


def export_rows(store: Database, study: str) -> int:
    """How many rows an export has: the clips that the study keeps. Raises UnknownName."""
    cursor = store.cursor()
    number = find_study(cursor, study).study_id
    return one_row(cursor, "SELECT count(*) FROM study_clips WHERE study_id = ?", [number])[0]


def select(store: Database, study: str, *, names: list[str] | None = None, raters: Raters = "pseudonyms") -> Selection:
    """The distributions of the clips that the study keeps. Raises UnknownName, BadInput where no column is chosen."""
    cursor = store.cursor()
    stored = find_study(cursor, study)
    source = (
        "FROM study_clips JOIN clips USING (clip_id) JOIN corpora USING (corpus_id) "
        f"WHERE study_id = {int(stored.study_id)}"
    )
    chosen = choose(columns(stored.study), names)
    return Selection(cursor, stored, "distributions", chosen, source, "clip_id", raters, secret_key(store))


def export(store: Database, study: str, path: Path | str, *, names: list[str] | None = None) -> int:
    """Write the study's distributions to `path`, see `write`, and return the number of rows.

    Raises as `write` does, and UnknownName for a column that there is not.
    """
    checked(path)
    return write(select(store, study, names=names), path)


def write(selection: Selection, path: Path | str) -> int:
    """Write a selection to `path` (.csv, .parquet or .jsonl), and `path`.schema.json; return the number of rows.

    The file appears whole or not at all. In CSV a text that begins with = + - @ or a control character, whether or not behind
    apostrophes, gets a leading apostrophe, so that a spreadsheet shows it and runs nothing. The schema says so, and who reads
    the file beside it takes that one apostrophe off again.

    Raises BadInput where the ending is none of these or the folder is missing.
    """
    path = checked(path)
    suffix = path.suffix.lower()
    draft, beside = path.with_name(f".{path.name}.draft"), path.with_name(f".{path.name}.schema.draft")
    try:
        sql = selection.sql(guarded=suffix == ".csv")
        (rows,) = one_row(selection.cursor, f"COPY ({sql}) TO {literal(draft)} ({_COPY[suffix]})")
        guard = {"formulas": "apostrophe", "encoding": "utf-8-sig"} if suffix == ".csv" else {}
        document = selection.schema() | guard | {"file": path.name, "rows": rows}
        beside.write_text(as_json(document), encoding="utf-8")
        beside.replace(schema_path(path))
        draft.replace(path)
    except duckdb.IOException as error:
        raise BadInput(f"{path} cannot be written: {error} Name another place.") from error
    finally:
        draft.unlink(missing_ok=True)
        beside.unlink(missing_ok=True)
    return rows


def schema_path(path: Path) -> Path:
    """Where the schema of a file stands."""
    return path.with_name(path.name + ".schema.json")


def checked(path: Path | str, endings: tuple[str, ...] = FORMATS) -> Path:
    """A path where a file can be written. Raises BadInput where its ending is another or its folder is missing."""
    path = Path(path)
    if path.suffix.lower() not in endings:
        raise BadInput(f"{path.name} ends in none of {', '.join(endings)}. Choose one of these endings.")
    if path.is_dir():
        raise BadInput(f"{path} is a folder. Name a file.")
    if not path.parent.is_dir():
        raise BadInput(f"There is no folder {path.parent}. Make it first.")
    return path


def choose(known: list[Column], names: list[str] | None) -> list[Column]:
    """The columns of these names in the order of `known`, or the usual ones. Raises UnknownName, BadInput for none."""
    if names is None:
        return [column for column in known if column.usual]
    by_name = {column.name: column for column in known}
    for name in names:
        if name not in by_name:
            raise UnknownName("column", name, by_name)
    if not names:
        raise BadInput("An export needs at least one column. Choose some.")
    return [column for column in known if column.name in set(names)]


def _guarded(column: Column) -> str:
    """SQL for a CSV cell that no spreadsheet takes for a formula; `intake.opened` undoes it."""
    if column.type != "text":
        return column.expression
    value = f"({column.expression})"
    return rf"CASE WHEN regexp_matches({value}, '^''*\s*[=+@\t\r-]') THEN '''' || {value} ELSE {value} END"


def schema(study: Study, chosen: list[Column]) -> dict:
    """The study's choices and every column's type, unit and meaning."""
    described = [{field: getattr(column, field) for field in ("name", "type", "unit", "meaning")} for column in chosen]
    return {"study": asdict(study), "columns": described}


def as_json(document: dict | list) -> str:
    """A document as people read it."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def literal(text: Path | str) -> str:
    """SQL for a text."""
    return "'" + str(text).replace("'", "''") + "'"
