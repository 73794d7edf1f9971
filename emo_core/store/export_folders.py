"""Exports in the forms of other tools: a folder that Hugging Face `datasets` loads, tasks for Label Studio.

README.md, schema.json, data/train-00000-of-00001.parquet, data/test-…   `datasets.load_dataset(folder)`; the split is the
                                                                         study's, https://huggingface.co/docs/datasets
tasks.json, tasks.json.config.xml, tasks.json.schema.json                https://labelstud.io/guide/tasks: annotations
                                                                         of people, predictions of other panels
"""

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from emo_core.errors import BadInput
from emo_core.records import EXCLUSIONS, RULES, SPLITS, Study, panel_kind
from emo_core.store import export_rows, exporting
from emo_core.store.counting import unit_hash
from emo_core.store.database import Database, one_row
from emo_core.store.export_rows import Clips, What
from emo_core.store.exporting import MADE_BY, PSEUDONYMS, Raters, Selection, as_json

_BATCH, _SOUNDS = 65_536, 512  # rows held at a time, without and with sound (of 100 kB each: 50 MB)
_SPLITS = ("train", "test")
_SCALES = ("valence", "arousal", "dominance")
_NOT_CARRIED = [
    "strengths of secondary labels, persona, temperature",
    "the confidence of people's votes; who gave a prediction, when, and how long it took",
    "what Label Studio drops itself: created_at and our task numbers (data.clip, data.raters and data.panels stay)",
]


def hugging_face(
    store: Database,
    study: str,
    folder: Path | str,
    *,
    what: What = "distributions",
    names: list[str] | None = None,
    raters: Raters = "pseudonyms",
    clips: Clips = "all",
    audio: bool = False,
) -> dict:
    """Write a folder that `datasets.load_dataset` loads, split as the study splits. `audio` copies each row's sound into it.

    Returns `folder`, `rows` and `rows_of_splits`; with audio also `without_sound`, clips whose file is not there. The folder
    appears whole or not at all; an earlier export is replaced.

    Raises UnknownName, and BadInput where something else lies at `folder` or there is no row.
    """
    selection = export_rows.select(store, study, what, names=names, raters=raters, clips=clips)
    if not selection.rows():
        raise BadInput(f"The study {study!r} has no {what} to export. Look at what it leaves out.")
    with _whole(Path(folder)) as draft:
        (draft / "data").mkdir()
        missing: list[str] = []
        written = {side: _write_split(selection, side, draft / "data", audio, missing) for side in _SPLITS}
        rows = {side: count for side, count in written.items() if count}
        document = selection.schema() | {"rows": sum(rows.values()), "splits": rows}
        (draft / "schema.json").write_text(as_json(document), encoding="utf-8")
        (draft / "README.md").write_text(_card(selection, rows, audio=audio), encoding="utf-8")
    sound = {"without_sound": sorted(set(missing))} if audio else {}
    return {"folder": str(folder), "rows": sum(rows.values()), "rows_of_splits": rows} | sound


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A draft that takes the folder's place when the block ends well."""
    if folder.exists() and not _is_ours(folder):
        raise BadInput(f"{folder} is there already and is no earlier export. Name a new folder, or empty it.")
    if not folder.parent.is_dir():
        raise BadInput(f"There is no folder {folder.parent}. Make it first.")
    mark = secrets.token_hex(4)
    draft, old = (folder.with_name(f".{folder.name}.{word}-{mark}") for word in ("draft", "old"))
    try:
        draft.mkdir()
        yield draft
        if folder.exists():
            folder.rename(old)
        draft.rename(folder)
    except OSError as error:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise BadInput(f"{folder} cannot be written: {error}. Name another place.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    """Whether it is an empty folder or an earlier export, with nothing of anybody else's in it."""
    if not folder.is_dir() or folder.is_symlink():
        return False
    names = {path.name for path in folder.iterdir()}
    try:
        said = json.loads((folder / "schema.json").read_text(encoding="utf-8")) if "schema.json" in names else {}
    except ValueError:
        return False
    data = {path.name for path in (folder / "data").glob("*")}
    files = {f"{side}-00000-of-00001.parquet" for side in _SPLITS}
    made = isinstance(said, dict) and said.get("made_by") == MADE_BY
    return not names or (made and names <= {"schema.json", "README.md", "data"} and data <= files)


def _write_split(selection: Selection, side: str, folder: Path, audio: bool, missing: list[str]) -> int:
    """Write the rows of one side; no file where there is none. `missing` takes the clips without sound."""
    stored = selection.stored
    # A clip that the study leaves out has a side too: its own hash says which.
    is_test = f"coalesce({unit_hash(stored.study)} <= {stored.test_threshold}, false)"
    condition = is_test if side == "test" else f"NOT {is_test}"
    if not one_row(selection.cursor, f"SELECT count(*) {selection.source} AND {condition}")[0]:
        return 0
    further = (
        (f"{stored.clip_key} AS sound_clip", "corpora.audio_root AS sound_root", "clips.audio AS sound_file")
        if audio
        else ()
    )
    query = selection.cursor.sql(selection.sql(further=further, condition=condition))
    reader = query.to_arrow_reader(_SOUNDS if audio else _BATCH)
    writer, rows = None, 0
    path = folder / f"{side}-00000-of-00001.parquet"
    try:
        for batch in reader:
            table = pa.Table.from_batches([batch])
            table = _with_sound(table, missing) if audio else table
            table = table.replace_schema_metadata(_features(table.schema, audio))
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd", data_page_size=8 << 20)
            writer.write_table(table)
            rows += table.num_rows
    finally:
        if writer:
            writer.close()
    return rows


_SOUND = pa.struct({"bytes": pa.binary(), "path": pa.string()})


def _with_sound(table: pa.Table, missing: list[str]) -> pa.Table:
    """The column `audio` with the bytes of each row's file, as `datasets.Audio` keeps them; null where there is no file."""
    sounds, last = [], (None, None)
    where = zip(*(table[name].to_pylist() for name in ("sound_clip", "sound_root", "sound_file")))
    for clip, root, file in where:
        if (root, file) != last:
            last, content = (root, file), _content(root, file)
        if content is None:
            missing.append(clip)
        sounds.append(None if content is None else {"bytes": content, "path": file})
    table = table.drop_columns([name for name in table.column_names if name.startswith("sound_") or name == "audio"])
    return table.append_column("audio", pa.array(sounds, _SOUND))


def _content(root: str | None, file: str | None) -> bytes | None:
    """The bytes of a sound file below its root, None where it is not there."""
    if not root or not file:
        return None
    path = (Path(root) / file).resolve()
    inside = path.is_relative_to(Path(root).resolve())
    return path.read_bytes() if inside and path.is_file() else None


def _features(schema: pa.Schema, audio: bool) -> dict[bytes, bytes]:
    """What `datasets` must be told of the columns: which holds sound."""
    if not audio:
        return {}
    kinds = {column.name: {"dtype": _dtype(column.type), "_type": "Value"} for column in schema}
    features = kinds | {"audio": {"_type": "Audio"}}
    return {b"huggingface": json.dumps({"info": {"features": features}}).encode()}


def _dtype(kind: pa.DataType) -> str:
    """The name by which `datasets` calls an Arrow type."""
    names = {pa.float64(): "float64", pa.float32(): "float32", pa.bool_(): "bool"}
    return names.get(kind, str(kind))


def _card(selection: Selection, rows: dict[str, int], *, audio: bool) -> str:
    """README.md: what the folder holds, in the front matter for machines and in words for people."""
    document = selection.schema()
    corpora = document["corpora"]
    simulated = [_cell(corpus["name"]) for corpus in corpora if corpus["simulated"]]
    licences = [
        f"- {_cell(corpus['name'])}: {corpus['licence'] or 'no note; ask its publishers'}" for corpus in corpora
    ]
    sentences = [
        export_rows.WHAT[selection.what].capitalize() + ".",
        f"n = {sum(rows.values()):,} rows ({', '.join(f'{count:,} {side}' for side, count in rows.items())})."
        + (" Sound is inside, once a row." if audio else " Sound is not inside."),
    ]
    as_of = document["votes_as_of"]
    if as_of["at"]:
        sentences.append(f"It rests on the {as_of['votes']:,} votes of the study's panels as of {as_of['at']}.")
    if simulated:
        sentences.insert(0, f"**Simulated: {', '.join(simulated)}. Nothing here says anything about people.**")
    if selection.what == "votes":
        sentences.append(PSEUDONYMS if selection.raters == "pseudonyms" else "Raters go by their own names.")
    if selection.what != "distributions":
        sentences.append(
            "Clips that the study leaves out are here too, on the side that their hash says: `kept` tells them apart."
        )
    parts = [
        f"---\n{yaml.safe_dump(_head(document, rows), sort_keys=False, allow_unicode=True)}---",
        f"# {_cell(document['study']['name'])}",
        *sentences,
        "## Licence\n\nThe licences of the corpora hold for their votes and sound:\n\n" + "\n".join(licences),
        "## The study's choices\n\n" + _choices(Study(**document["study"])),
        "## Columns\n\n" + _table(document["columns"]),
    ]
    return "\n\n".join(parts) + "\n"


def _head(document: dict, rows: dict[str, int]) -> dict:
    """The front matter, https://huggingface.co/docs/hub/datasets-cards; `und` is ISO 639-2 for a language not known."""
    notes = sorted({corpus["licence"] for corpus in document["corpora"] if corpus["licence"]})
    return {
        "pretty_name": f"{document['study']['name']} ({document['what']})",
        "language": ["und"],
        "license": "other",
        "license_name": "; ".join(notes) or "unknown",
        "size_categories": [_size(sum(rows.values()))],
        "tags": ["audio", "emotion", "annotator-disagreement"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": side, "path": f"data/{side}-*"} for side in rows],
            }
        ],
    }


def _size(rows: int) -> str:
    """The size category of the hub that a number of rows falls in."""
    steps = {1_000: "1K", 10_000: "10K", 100_000: "100K", 1_000_000: "1M", 10_000_000: "10M", 100_000_000: "100M"}
    edges = list(steps)
    place = sum(rows >= edge for edge in edges)
    if place == 0:
        return f"n<{steps[edges[0]]}"
    return f"{steps[edges[place - 1]]}<n<{steps[edges[place]]}" if place < len(edges) else f"n>{steps[edges[-1]]}"


def _choices(study: Study) -> str:
    """The study's choices as a list."""
    listed = {
        "corpora": ", ".join(study.corpora),
        "reference panel": study.reference,
        "candidate panel": study.candidate or "none",
        "emotions": ", ".join(study.emotions),
        "merges": ", ".join(f"{source} → {target}" for source, target in study.merges.items()) or "none",
        "rule": RULES[study.rule],
        "fewest reference votes": study.min_votes,
        "weight of secondary labels": study.secondary_weight,
        "raters left out": ", ".join(study.left_out) or "none",
        "clips left out by name": ", ".join(study.without_clips) or "none",
        "clips marked to be left out": "left out" if study.without_marked else "kept",
        "seconds, at least": study.min_seconds or "any",
        "seconds, at most": study.max_seconds or "any",
        "problems of the sound left out": ", ".join(study.without_problems) or "none",
        "split": f"{SPLITS[study.split]}, seed {study.seed}",
        "a clip is left out where": "; ".join(EXCLUSIONS.values()),
    }
    return "\n".join(f"- {name}: {_cell(str(value))}" for name, value in listed.items())


def _table(columns: list[dict[str, str]]) -> str:
    """Columns with their meaning as a table of Markdown."""
    names = ("name", "type", "unit", "meaning")
    lines = [names, ("---",) * len(names), *([_cell(column[name]) for name in names] for column in columns)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    """Text that Markdown shows as it is."""
    for sign in ("\\", "|", "<", "*", "_", "`", "["):
        text = text.replace(sign, f"&#{ord(sign)};")
    return " ".join(text.split())


def label_studio(
    store: Database, study: str, path: Path | str, *, raters: Raters = "pseudonyms", clips: Clips = "all"
) -> dict:
    """Write the study's clips as tasks for Label Studio to `path` (.json), with `path`.config.xml and `path`.schema.json.

    People's votes are annotations, those of other panels predictions. The task's id is the clip's place from 1; `data.clip` has
    its own id, `data.raters` and `data.panels` say who gave the annotations, in their order. Sound is named by its path below
    `/data/local-files/?d=`, as Label Studio serves its local storage.

    Raises UnknownName, BadInput where the folder is missing or there is no clip.
    """
    path = exporting.checked(path, (".json",))
    selection = export_rows.select(store, study, "votes", raters=raters, clips=clips)
    table = selection.cursor.sql(selection.sql()).to_arrow_table().to_pylist()
    if not table:
        raise BadInput(f"The study {study!r} has no clips to export. Look at what it leaves out.")
    grouped = groupby(table, key=lambda row: row["clip"])
    tasks = [_task(place, clip, list(rows)) for place, (clip, rows) in enumerate(grouped, 1)]
    votes = sum(len(task["annotations"]) + len(task["predictions"]) for task in tasks)
    document = selection.schema() | {"file": path.name, "rows": votes, "tasks": len(tasks), "not_carried": _NOT_CARRIED}
    scales = [name for name in _SCALES if any(row[name] is not None for row in table)]
    labels = {name for row in table for name in (row["label"], *(row["secondary"] or "").split(";")) if name}
    config = path.with_name(path.name + ".config.xml")
    contents = {
        exporting.schema_path(path): as_json(document),
        config: _config(selection.stored.study, labels, scales),
        path: as_json(tasks),
    }
    _write_together(contents)
    return {"file": str(path), "rows": votes, "tasks": len(tasks), "config": str(config)}


def _write_together(contents: dict[Path, str]) -> None:
    """Write all files, the last one last; none takes its place before all are written."""
    drafts = {path: path.with_name(f".{path.name}.draft") for path in contents}
    try:
        for path, written in contents.items():
            drafts[path].write_text(written, encoding="utf-8")
        for path, draft in drafts.items():
            draft.replace(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error}. Name another place.") from error
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def _task(place: int, clip: str, rows: list[dict]) -> dict:
    """One clip with its votes."""
    known = ("transcript", "speaker", "session", "partition", "start_s", "end_s")
    data = {name: rows[0][name] for name in known if rows[0][name] is not None}
    # Where one task lacks what the config plays, Label Studio refuses them all: empty text stands for no sound.
    audio = {"audio": f"/data/local-files/?d={quote(rows[0]['audio'])}" if rows[0]["audio"] else ""}
    answers = [row for row in rows if row["panel"] is not None]
    people = [row for row in answers if panel_kind(row["panel"]) == "human"]
    others = [row for row in answers if panel_kind(row["panel"]) != "human"]
    raters = {"raters": [row["rater"] for row in people], "panels": [row["panel"] for row in people]}
    return {
        "id": place,
        "data": {"clip": clip, **audio, **data, **raters},
        "annotations": [_annotation(row) for row in people],
        "predictions": [_prediction(row) for row in others],
    }


def _annotation(row: dict) -> dict:
    """A person's vote. Label Studio refuses a `completed_by` that is no account of its own, so there is none."""
    when = {"created_at": f"{row['voted_at'].isoformat()}Z"} if row["voted_at"] else {}
    seconds = {"lead_time": row["seconds"]} if row["seconds"] is not None else {}
    return {"result": _results(row), **when, **seconds}


def _prediction(row: dict) -> dict:
    """A vote of a panel that is not people."""
    score = {"score": row["confidence"]} if row["confidence"] is not None else {}
    return {"model_version": row["panel"], "result": _results(row), **score}


def _results(row: dict) -> list[dict]:
    """What a vote says, an entry a question of the labelling config."""
    labels = [name for name in (row["label"], *(row["secondary"] or "").split(";")) if name]
    said = [("emotion", "choices", {"choices": labels})] if labels else []
    said += [(name, "number", {"number": row[name]}) for name in _SCALES if row[name] is not None]
    said += [("comment", "textarea", {"text": [row["comment"]]})] if row["comment"] else []
    return [{"from_name": name, "to_name": "audio", "type": kind, "value": value} for name, kind, value in said]


def _config(study: Study, labels: set[str], scales: list[str]) -> str:
    """The labelling config: https://labelstud.io/tags. The study's emotions stand first."""
    ordered = [*study.emotions, *sorted(labels - set(study.emotions))]
    choices = "".join(f"    <Choice value={quoteattr(name)}/>\n" for name in ordered)
    numbers = "".join(f'  <Number name="{name}" toName="audio"/>\n' for name in scales)
    return (
        '<View>\n  <Audio name="audio" value="$audio"/>\n'
        f'  <Choices name="emotion" toName="audio" choice="multiple">\n{choices}  </Choices>\n{numbers}'
        '  <TextArea name="comment" toName="audio"/>\n</View>\n'
    )
