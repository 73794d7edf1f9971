"""Runs of models: what they hear, and taking in what their jobs wrote, exactly once.

A job writes its account line by line (`annotators.ledger`); the store's owner takes whole lines in and moves the mark `taken` in
the same transaction, so that a crash between the two cannot happen and no line comes in twice.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa

from emo_core.errors import BadInput, UnknownName
from emo_core.records import panel_kind
from emo_core.store import counting, studies
from emo_core.store.database import Database, one_row, query, utc_now

Cursor = duckdb.DuckDBPyConnection

HEARD = ("clips.parquet", "training.parquet")  # what says which clip a line is about
CHUNK = 8 << 20  # bytes of an account that are taken in at once
VOTE_COLUMNS = ("clip", "draw", "label", "rater", "persona", "temperature", "at", "provenance")
READING_COLUMNS = ("clip", "prompt", "reading", "values", "reply")


@dataclass(frozen=True)
class Run:
    """A run as the store knows it. `settings` are those of its plan."""

    run_id: int
    name: str
    question: str
    study: str
    panel: str
    settings: Mapping
    made_at: object
    taken: int
    companion: str | None


def folder_of(store: Database, run_id: int) -> Path:
    """The folder of the run's job."""
    return store.folder / "jobs" / str(run_id)


def heard_clips(store: Database, study: str) -> dict[str, list]:
    """What a model would hear for a study: columns of `annotators.clips.Clip` and `reference` (votes for each emotion), of the
    clips that the study keeps or leaves out only for want of candidate votes; and how many of them have no sound (`silent`).

    Raises UnknownName.
    """
    cursor = store.cursor()
    stored = studies.find_study(cursor, study)
    asked = replace(stored.study, candidate=None)
    counts = counting.count(cursor, asked, stored.binding() | {"candidate": []}, only_touched=False)
    kept = studies.why_left_out(counts, asked, has_candidate=False) == ""
    reference = dict(zip(counts["clip_id"][kept].tolist(), counts["reference"][kept].tolist()))
    found = cursor.execute(query("run_clips").format(key=stored.clip_key), {"clips": list(reference)})
    names = [column[0] for column in found.description]
    columns = {name: list(values) for name, values in zip(names, zip(*found.fetchall()))}
    columns = columns or {name: [] for name in names}
    columns["reference"] = [reference[number] for number in columns.pop("clip_id")]
    return columns | {"silent": len(reference) - len(columns["clip"])}


def add_run(store: Database, run_id: int, plan) -> None:
    """Keep a plan under the number of its job. Raises BadInput where its name or its panel's is taken."""
    with store.writing() as cursor:
        check_name(cursor, plan.name)
        check_panel(cursor, plan.panel)
        cursor.execute(
            "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, 0, NULL)",
            [run_id, plan.name, plan.question, plan.study, plan.panel, json.dumps(asdict(plan)), utc_now()],
        )


def check_name(cursor: Cursor, name: str) -> None:
    """Raises BadInput where a run of that name is there already."""
    if one_row(cursor, "SELECT 1 FROM runs WHERE name = ?", [name]):
        raise BadInput(f"There is a run {name!r} already. Choose another name, or resume that one.")


def check_panel(cursor: Cursor, panel: str) -> None:
    """Raises BadInput where a panel of that name is there, for example an imported one: votes of a run keep to themselves."""
    if one_row(cursor, "SELECT 1 FROM panels WHERE name = ?", [panel]):
        raise BadInput(f"There is a panel {panel!r} already. Choose another name for the run.")


def set_settings(store: Database, run_id: int, settings: Mapping) -> None:
    """Keep settings that changed, such as a raised cap."""
    with store.writing() as cursor:
        cursor.execute("UPDATE runs SET settings = ? WHERE run_id = ?", [json.dumps(settings), run_id])


def list_runs(store: Database) -> list[Run]:
    """Every run, oldest first."""
    rows = store.cursor().execute("SELECT * FROM runs ORDER BY run_id").fetchall()
    return [Run(*row[:5], json.loads(row[5]), *row[6:]) for row in rows]


def find_run(store: Database, name: str) -> Run:
    """The run of that name. Raises UnknownName."""
    known = {run.name: run for run in list_runs(store)}
    if name not in known:
        raise UnknownName("run", name, known)
    return known[name]


def take_in(store: Database, run: Run, read) -> int:
    """Take in what the run's account has beyond the mark, as far as it goes now; how many votes came.

    `read(path, offset, limit)` gives (rows of votes as VOTE_COLUMNS, rows of readings as READING_COLUMNS, new offset); a line
    that is still being written stays for later.
    """
    total, end = 0, account_size(store, run)  # a job may write as fast as this reads
    while True:
        with store.writing() as cursor:
            (taken,) = one_row(cursor, "SELECT taken FROM runs WHERE run_id = ?", [run.run_id])
            votes, readings, mark = read(folder_of(store, run.run_id), taken, CHUNK)
            if mark == taken:
                return total
            _stage(cursor, folder_of(store, run.run_id), votes, readings)
            for (corpus,) in cursor.execute("SELECT DISTINCT corpus_id FROM staged_draws").fetchall():
                _insert(cursor, run, corpus)
            cursor.execute(
                "INSERT INTO run_readings SELECT $run, clip_id, prompt, reading, values, reply FROM staged_readings",
                {"run": run.run_id},
            )
            cursor.execute("UPDATE runs SET taken = ? WHERE run_id = ?", [mark, run.run_id])
            total += one_row(cursor, "SELECT count(*) FROM staged_draws")[0]
        if mark >= end:
            return total


def account_size(store: Database, run: Run) -> int:
    """Bytes of what the run has written for the store so far."""
    path = folder_of(store, run.run_id) / ("predictions.jsonl" if run.question == "training" else "calls.jsonl")
    return path.stat().st_size if path.exists() else 0


def _stage(cursor: Cursor, folder: Path, votes: list[tuple], readings: list[tuple]) -> None:
    """`staged_draws` and `staged_readings`: the rows with the numbers of their clips. A clip that has left the store is left out."""
    heard = (
        "JOIN read_parquet($file) AS heard USING (clip) JOIN corpora ON corpora.name = heard.corpus "
        "JOIN clips ON clips.corpus_id = corpora.corpus_id AND clips.name = heard.name"
    )
    kinds = {"draw": pa.int32(), "temperature": pa.float64(), "values": pa.list_(pa.float64())}
    for table, columns, rows in (("staged_draws", VOTE_COLUMNS, votes), ("staged_readings", READING_COLUMNS, readings)):
        given = {
            name: pa.array([row[place] for row in rows], kinds.get(name, pa.string()))
            for place, name in enumerate(columns)
        }
        cursor.register("given_rows", pa.table(given))
        cursor.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT given_rows.*, clips.clip_id, clips.corpus_id "  # noqa: S608
            f"FROM given_rows {heard}",
            {"file": str(folder / next(name for name in HEARD if (folder / name).exists()))},
        )
        cursor.unregister("given_rows")


def _insert(cursor: Cursor, run: Run, corpus: int) -> None:
    """The staged votes on one corpus's clips, with panel, raters, batch and statistics."""
    row = one_row(cursor, "SELECT panel_id FROM panels WHERE corpus_id = ? AND name = ?", [corpus, run.panel])
    if not row:
        row = one_row(cursor, "SELECT coalesce(max(panel_id), 0) + 1 FROM panels")
        cursor.execute("INSERT INTO panels VALUES (?, ?, ?, ?)", [row[0], corpus, run.panel, panel_kind(run.panel)])
    cursor.execute(query("insert_run_raters"), {"corpus": corpus, "panel": row[0]})
    (batch,) = one_row(cursor, "SELECT nextval('batch_ids')")
    source = f"run {run.run_id}"
    cursor.execute("INSERT INTO batches VALUES (?, ?, 'run', ?, ?, NULL)", [batch, corpus, source, utc_now()])
    (base,) = one_row(cursor, "SELECT coalesce(max(vote_id), 0) FROM votes")
    cursor.execute(query("insert_run_votes"), {"base": base, "batch": batch, "corpus": corpus, "panel": row[0]})
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT clip_id FROM staged_draws WHERE corpus_id = ?",
        [corpus],
    )
    studies.refresh_touched(cursor, corpus, panel=row[0])


def add_companion(store: Database, run: Run) -> str | None:
    """The study that holds the run's panel against its study's reference, made once when votes are there; its name."""
    if run.companion or run.question not in ("label", "training"):
        return run.companion
    with store.writing() as cursor:  # who comes second waits here, and finds it made
        known = {stored.study.name: stored.study for stored in studies.list_studies(store)}
        panel = one_row(store.cursor(), "SELECT 1 FROM panels WHERE name = ?", [run.panel])
        if not panel or run.study not in known:
            return None
        full = f"{run.study} + {run.name}"
        names = (full[:100], *(f"{full[:90]} ({n})" for n in range(2, 1000)))
        wanted = next(name for name in names if name not in known or known[name].candidate == run.panel)
        if wanted not in known:
            studies.add_study(store, replace(known[run.study], name=wanted, candidate=run.panel))
        cursor.execute("UPDATE runs SET companion = ? WHERE run_id = ?", [wanted, run.run_id])
    return wanted
