"""Databases in audformat (Wagner et al., https://audeering.github.io/audformat), as audb hands them out.

    db.yaml               schemes (what values mean), raters, splits, and the columns of each table
    db.<table>.csv        or .parquet: the rows, by file, or by file, start and end
    …                     the media, below the same folder

A column is taken by what the header says of it:

    emotion labels              a vote, in the panel that its rater's type says (`_panel`); without a rater: `consensus`
    valence, arousal, dominance ratings of the same rater, beside the label
    speaker, transcript, …      the clip's own; other single values without a rater go to its metadata

Tables that are stored as pickles only are not read: a pickle runs what is in it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emo_core import vocabulary
from emo_core.corpora import questions, sources
from emo_core.corpora.collecting import Collection, Sounds
from emo_core.corpora.formats import Format
from emo_core.errors import BadInput
from emo_core.records import Reading

_GIVE = "the folder that holds db.yaml"
_CLIP_FIELDS = {
    "speaker": "speaker", "session": "session", "duration": "duration_s", "transcription": "transcript",
    "transcript": "transcript", "text": "transcript", "sentence": "transcript", "utterance": "transcript",
}  # fmt: skip
_MEANINGS = ("description", "meaning", "name", "label", "emotion", "category")


def read(path: Path | str, *, audio: Path | str | None = None) -> Reading:
    """Read every table that is there as CSV or Parquet. The media lie below the folder, or below `audio`.

    Raises BadInput where the folder has no db.yaml or its tables hold no vote, BadTable where a file is damaged.
    """
    root = sources.folder(path, _GIVE)
    if not sources.is_there(root / "db.yaml"):
        raise BadInput(f"{root} has no db.yaml. Give {_GIVE}.")
    header = sources.as_dict(sources.read_yaml(sources.read_text(root / "db.yaml"), "db.yaml"))
    sounds = Sounds(audio if audio is not None else root)

    def find(file: str, clip: str) -> dict[str, Any]:
        return sounds.at(file) if audio is None else sounds.find(file, clip=clip)

    found, taken = Collection(), {}
    for name, table in sources.as_dict(header.get("tables")).items():
        rows = _rows(root, sources.text(name) or "", found)
        columns = _columns(root, header, f"{name}", sources.as_dict(table), rows, found)
        for row, cells in rows:
            _add(found, f"db.{name} row {row}", columns, cells, find, taken)
    licence = sources.text(header.get("license")) or ""
    return found.reading(FORMAT.name, root, sounds, licence=licence, rating_scale=_rating_scale(header))


@dataclass
class _Scheme:
    """What the values of a column mean: `labels` {value: what the header says of it}."""

    name: str
    dtype: str
    labels: dict[str, Any]

    def emotion(self, value: Any) -> str | None:
        """The label: where a value's description is an emotion that we know, that; else the value."""
        label = sources.text(value)
        said = self.labels.get(label or "")
        meaning = said if isinstance(said, str) else sources.first_text(sources.as_dict(said), _MEANINGS)
        return meaning if meaning and len(meaning) > 1 and vocabulary.find_emotion(meaning) else label


@dataclass
class _Rater:
    """The columns of a table that hold one rater's answers."""

    panel: str
    name: str | None
    labels: dict[str, _Scheme] = field(default_factory=dict)
    second: dict[str, _Scheme] = field(default_factory=dict)
    ratings: dict[str, str] = field(default_factory=dict)
    confidence: str | None = None


@dataclass
class _Columns:
    """What the columns of a table are taken for."""

    partition: str | None
    raters: dict[str | None, _Rater] = field(default_factory=dict)
    clip: dict[str, _Scheme] = field(default_factory=dict)


def _rows(root: Path, table: str, found: Collection) -> list[tuple[int, dict]]:
    """The rows of a table, each with its number; none where there is no file that can be read."""
    stem = f"db.{table}"
    if not table or re.search(r"[/\\\x00]", table):
        found.skip(stem, "the table's name cannot be a file's")
    elif sources.is_there(root / f"{stem}.parquet"):
        return list(enumerate(sources.read_arrow(root / f"{stem}.parquet").to_pylist(), 1))
    elif sources.is_there(root / f"{stem}.csv"):
        return sources.read_rows(root / f"{stem}.csv", ["file"])
    elif sources.is_there(root / f"{stem}.pkl"):
        found.skip(
            f"{stem}.pkl",
            "a pickle runs what is in it and is not read; with audformat, save the database again: "
            "db.save(folder, storage_format='csv')",
        )
    else:
        found.skip(stem, "the table has no file")
    return []


def _columns(
    root: Path, header: dict, name: str, table: dict, rows: list[tuple[int, dict]], found: Collection
) -> _Columns:
    """What each column of a table holds."""
    columns = _Columns(partition=sources.text(table.get("split_id")))
    for column, said in sources.as_dict(table.get("columns")).items():
        if not isinstance(column, str) or not rows or column not in rows[0][1]:
            continue
        said = sources.as_dict(said)
        scheme, rater = _scheme(root, header, sources.text(said.get("scheme_id"))), sources.text(said.get("rater_id"))
        of_rater = columns.raters.get(rater) or _Rater(
            _panel(header, rater, f"{name} {column}"), _rater_name(header, rater)
        )
        rating = questions.rating_name(column) or questions.rating_name(scheme.name)
        if rating:
            of_rater.ratings.setdefault(rating, column)
        elif column.lower().split(".")[-1] == "confidence":
            of_rater.confidence = column
        elif _is_emotion(column, scheme, rows):
            (of_rater.second if "second" in column.lower() else of_rater.labels)[column] = scheme
        elif rater is None:
            columns.clip[column] = scheme
            continue
        else:
            found.count(f"answers in the column {column} of the table {name} are about something else", len(rows))
            continue
        columns.raters[rater] = of_rater
    return columns


def _scheme(root: Path, header: dict, name: str | None) -> _Scheme:
    said = sources.as_dict(sources.as_dict(header.get("schemes")).get(name))
    labels = said.get("labels")
    if isinstance(labels, list):
        labels = dict.fromkeys(label for label in map(sources.text, labels) if label)
    elif isinstance(labels, str) and not re.search(r"[/\\\x00]", labels):
        rows = [list(cells.items()) for cells in _misc_rows(root / f"db.{labels}")]
        labels = {sources.text(cells[0][1]): dict(cells[1:]) for cells in rows if cells}
    labels = {sources.text(label) or "": meaning for label, meaning in sources.as_dict(labels).items()}
    return _Scheme(name or "", sources.text(said.get("dtype")) or "", labels)


def _misc_rows(stem: Path) -> list[dict]:
    """The rows of a misc table, whose first column is the label; none where it has no file that can be read."""
    parquet, table = (stem.with_name(stem.name + suffix) for suffix in (".parquet", ".csv"))
    if sources.is_there(parquet):
        return sources.read_arrow(parquet).to_pylist()
    return [cells for _, cells in sources.read_rows(table, [])] if sources.is_there(table) else []


def _is_emotion(column: str, scheme: _Scheme, rows: list[tuple[int, dict]]) -> bool:
    """Whether a column holds emotions: its scheme's labels say so, or its own values where the scheme lists none."""
    if scheme.dtype in ("float", "bool", "time", "date") or (scheme.dtype == "int" and not scheme.labels):
        return False
    given = scheme.labels or {label for _, cells in rows[:1000] if (label := sources.text(cells.get(column)))}
    labels = [label for label in map(scheme.emotion, given) if label]
    return questions.asks_for_emotion(f"{column} {scheme.name}", labels)


def _panel(header: dict, rater: str | None, where: str) -> str:
    """Which panel a rater's answers belong to: a vote or a ground truth is nobody's own answer."""
    if re.search("desired|intended", where.lower()):
        return "intended"
    if rater is None:
        return "consensus"
    kind = _rater_type(header, rater)
    heads = {"machine": "model", "vote": "consensus", "ground truth": "consensus"}
    return "human" if kind == "human" else sources.panel(heads.get(kind, "other"), rater)


def _rater_type(header: dict, rater: str) -> str:
    raters = {sources.text(name): said for name, said in sources.as_dict(header.get("raters")).items()}
    return sources.text(sources.as_dict(raters.get(rater)).get("type")) or "human"


def _rater_name(header: dict, rater: str | None) -> str | None:
    """The rater's name where it is a person or a machine; a vote of several is anonymous."""
    return rater if rater is not None and _rater_type(header, rater) not in ("vote", "ground truth") else None


def _add(found: Collection, where: str, columns: _Columns, cells: dict, find: Any, taken: dict[tuple, tuple]) -> None:
    """One row: a clip, and a vote for each rater that answered. What tables say of the same answer is put together; where
    they contradict each other, all answers of a named rater are kept, and of a label that is published of the clip the first.
    """
    file, start, end = (
        sources.text(cells.get("file")),
        sources.seconds(cells.get("start")),
        sources.seconds(cells.get("end")),
    )
    part = {"start_s": start or 0.0, "end_s": end} if start or end is not None else {}
    if file is None or (part and not 0 <= part["start_s"] < (float("inf") if end is None else end)):
        return found.skip(where, f"{file!r} from {cells.get('start')} to {cells.get('end')} names no part of a file")
    clip = sources.span_name(file, (part["start_s"], end)) if part else file
    said = _clip_fields(columns, cells, spanned=bool(part))
    heard = {name: value for name, value in find(file, clip).items() if value is not None}
    found.add_clip(clip, partition=columns.partition, **part, **(said | heard))
    for rater in columns.raters.values():
        for vote in _votes(rater, cells, found):
            key = (clip, vote["panel"], vote["rater"])
            if key not in taken:
                found.add_vote(clip, **vote)
                found.count("answers name a second emotion, which is a secondary label", bool(vote.get("secondary")))
                taken[key] = where, found.votes[-1]
                continue
            first, known = taken[key]
            said = {name: value for name, value in vote.items() if value is not None}
            if "secondary" in said:
                said["secondary"] = ";".join(said["secondary"])  # as the known vote has it
            if all(known.get(name) in (None, value) for name, value in said.items()):
                found.count("answers stand in several tables; each counts once", said.keys() <= _filled(known))
                known |= said
            elif vote["rater"]:
                found.add_vote(clip, **vote)
            else:
                found.skip(where, f"{first} says otherwise of the clip {clip!r} for {vote['panel']}")


def _filled(vote: dict) -> set[str]:
    return {name for name, value in vote.items() if value is not None}


def _clip_fields(columns: _Columns, cells: dict, *, spanned: bool) -> dict[str, Any]:
    """What a row says of its clip beside the votes."""
    fields: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    for column, scheme in columns.clip.items():
        value = sources.text(cells.get(column))
        said = scheme.labels.get(value or "")
        name = _CLIP_FIELDS.get(column.lower())
        if name == "duration_s":
            if not spanned:
                fields[name] = sources.seconds(cells.get(column))
        elif name:
            fields[name] = said if name == "transcript" and isinstance(said, str) else value
        elif value is not None:
            metadata[column] = value
        metadata |= sources.scalars(sources.as_dict(said))
    return fields | ({"metadata": metadata} if metadata else {})


def _votes(rater: _Rater, cells: dict, found: Collection) -> Iterator[dict[str, Any]]:
    """A rater's answers in a row: one vote for each column of labels; ratings and second emotions stand with the first."""
    given = {name: sources.number(cells.get(column)) for name, column in rater.ratings.items()}
    ratings = {name: value for name, value in given.items() if value is not None}
    confidence = sources.number(cells.get(rater.confidence)) if rater.confidence else None
    if confidence is not None and 0 <= confidence <= 1:
        ratings["confidence"] = confidence
    labels = {column: scheme.emotion(cells.get(column)) for column, scheme in rater.labels.items()}
    labels = {column: label for column, label in labels.items() if label is not None}
    further = [label for column, scheme in rater.second.items() if (label := scheme.emotion(cells.get(column)))]
    found.count(questions.SECOND_ALONE, bool(further) and not labels)
    beside = ratings | ({"secondary": further} if further else {})
    for place, (column, label) in enumerate(labels.items()):
        panel = rater.panel if len(rater.labels) == 1 else sources.panel(rater.panel, column)
        yield {"panel": panel, "rater": rater.name, "label": label} | (beside if place == 0 else {})
    if not labels and ratings.keys() - {"confidence"}:
        yield {"panel": rater.panel, "rater": rater.name, "label": None} | ratings


def _rating_scale(header: dict) -> tuple[float, float] | None:
    """The lowest and highest rating, where all schemes of ratings state the same."""
    scales = {
        (sources.number(scheme.get("minimum")), sources.number(scheme.get("maximum")))
        for name, scheme in sources.as_dict(header.get("schemes")).items()
        if isinstance(scheme, dict) and questions.rating_name(f"{name}")
    }
    low, high = scales.pop() if len(scales) == 1 else (None, None)
    return (low, high) if low is not None and high is not None and low < high else None


def recognises(path: Path | str) -> bool:
    """Whether it is a folder with a db.yaml."""
    try:
        return (Path(path) / "db.yaml").is_file()
    except (OSError, ValueError):
        return False


FORMAT = Format("audformat", "audformat", _GIVE, read, recognises)
