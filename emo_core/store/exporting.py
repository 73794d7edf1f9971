"""Distributions of a study as a table on disk: CSV or Parquet, with its schema written out beside it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from emo_core.errors import BadInput, UnknownName
from emo_core.records import Study
from emo_core.store.database import Database, one_row, quoted
from emo_core.store.studies import find_study

FORMATS = (".csv", ".parquet")
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
        text("clip", "the clip's id in its corpus", "clips.name"),
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


def export(store: Database, study: str, path: Path | str, *, names: list[str] | None = None) -> int:
    """Write the study's distributions to `path` (.csv or .parquet), and `path`.schema.json; return the number of rows.

    The file appears whole or not at all. In CSV a text that begins with = + - @ or a control character gets a leading
    apostrophe, so that a spreadsheet shows it and runs nothing.

    Raises BadInput where the ending is neither or the folder is missing, UnknownName for a column that there is not.
    """
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise BadInput(f"{path.name} ends in neither {' nor '.join(FORMATS)}. Choose one of these endings.")
    if path.is_dir():
        raise BadInput(f"{path} is a folder. Name a file.")
    if not path.parent.is_dir():
        raise BadInput(f"There is no folder {path.parent}. Make it first.")
    cursor = store.cursor()
    stored = find_study(cursor, study)
    chosen = _chosen(columns(stored.study), names)
    csv = path.suffix.lower() == ".csv"
    selected = ", ".join(
        f"{_guarded(column) if csv else column.expression} AS {quoted(column.name)}" for column in chosen
    )
    draft = path.with_name(f".{path.name}.draft")
    options = "FORMAT csv, HEADER" if csv else "FORMAT parquet, COMPRESSION zstd"
    try:
        (rows,) = one_row(
            cursor,
            f"COPY (SELECT {selected} FROM study_clips JOIN clips USING (clip_id) "  # noqa: S608
            f"JOIN corpora USING (corpus_id) WHERE study_id = {int(stored.study_id)} "
            f"ORDER BY clip_id) TO '{str(draft).replace(chr(39), chr(39) * 2)}' ({options})",
        )
        draft.replace(path)
    except duckdb.IOException as error:
        raise BadInput(f"{path} cannot be written: {error} Name another place.") from error
    finally:
        draft.unlink(missing_ok=True)
    _write_schema(path, stored.study, chosen, rows)
    return rows


def _chosen(known: list[Column], names: list[str] | None) -> list[Column]:
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
    """SQL for a CSV cell that no spreadsheet takes for a formula."""
    if column.type != "text":
        return column.expression
    value = column.expression
    return f"CASE WHEN regexp_matches({value}, '^\\s*[=+@\\t\\r-]') THEN '''' || {value} ELSE {value} END"


def _write_schema(path: Path, study: Study, chosen: list[Column], rows: int) -> None:
    document = schema(study, chosen) | {"file": path.name, "rows": rows}
    path.with_name(path.name + ".schema.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def schema(study: Study, chosen: list[Column]) -> dict:
    """The study's choices and every column's type, unit and meaning."""
    described = [{field: getattr(column, field) for field in ("name", "type", "unit", "meaning")} for column in chosen]
    return {"study": asdict(study), "columns": described}
