"""Copies of a store, whether one is whole, and what can be saved of one that is not."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from emo_core.errors import BadInput, StoreDamaged, StoreError
from emo_core.store import whole
from emo_core.store.database import Database, quoted, utc_now
from emo_core.store.ownership import Owner
from emo_core.store.whole import COUNT_NAME, FILE_NAME, LOG_NAME

SAVED = "before-recovery-"  # folders of files as they were before `recover`
# What a copy does not hold: who owns the store, room for work, and what is made again when it is needed.
LEFT_OUT = ("owner.*", COUNT_NAME, f"{FILE_NAME}*", "spill", "features", "demo", f"{SAVED}*", "*.draft")
_COPY = "import shutil, sys; shutil.copyfile(sys.argv[1], sys.argv[2])"


def copy(store: Database, to: Path) -> dict:
    """Copy an open store into a new folder: whole, or nothing is there. Others go on reading, and wait to write only while the
    database is copied. Links and cookies of the store hold in the copy too, so it is readable by its owner alone.

    Raises BadInput where the folder is not free, StoreError where the disk refuses.
    """
    to = to.expanduser().absolute()
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise BadInput(f"{to} is there already. A copy is made into a new or empty folder: name another.")
    if to.resolve().is_relative_to(store.folder) or store.folder.is_relative_to(to.resolve()):
        raise BadInput(f"{to} and the store {store.folder} lie in each other. Name a folder outside the store.")
    to.parent.mkdir(parents=True, exist_ok=True)
    draft = to.with_name(f".{to.name}.{os.getpid()}.partial")
    draft.mkdir(mode=0o700)
    try:
        with store.settled() as file:
            _copy_file(file, draft / FILE_NAME)
        _copy_rest(store.folder, draft)
        found = check(draft)
        if not found["whole"]:
            raise StoreError(f"The copy is not whole and was removed: {found['problem']}. Check the disk of {to}.")
        (draft / "owner.lock").unlink(missing_ok=True)
        draft.replace(to)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    size = sum(path.stat().st_size for path in to.rglob("*") if path.is_file())
    return {"copy": str(to), "bytes": size, "left_out": ["features", "demo"], **_counts(found)}


def _copy_file(source: Path, target: Path) -> None:
    """Copy the open database in a process of its own: closing any descriptor of a file gives up all locks that a process has on
    it, DuckDB's among them.
    """
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _COPY, str(source), str(target)], capture_output=True, text=True
    )
    if done.returncode != 0:
        raise StoreError(f"The database could not be copied: {done.stderr.strip().splitlines()[-1]}")
    target.chmod(0o600)


def _copy_rest(source: Path, target: Path) -> None:
    """Everything else of a store, such as jobs: after the database, which knows of nothing that is not there yet."""

    def one(path: str, to: str) -> None:
        with suppress(FileNotFoundError):  # a job has renamed it meanwhile
            shutil.copy2(path, to)

    skip = shutil.ignore_patterns(*LEFT_OUT)
    names = {entry.name for entry in source.iterdir()}
    for name in sorted(names - skip(str(source), names)):
        path = source / name
        if path.is_dir():
            shutil.copytree(path, target / name, symlinks=True, copy_function=one)
        else:
            one(str(path), str(target / name))


def read_all(cursor: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows of every table, each value of which was read. Raises duckdb.Error."""
    names = cursor.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY table_name").fetchall()
    rows = {}
    for (name,) in names:
        said = cursor.execute(f"SELECT count(*), bit_xor(hash(each)) FROM {quoted(name)} AS each")  # noqa: S608
        rows[name] = said.fetchall()[0][0]
    return rows


def check_open(store: Database) -> dict:
    """`check` for a store that this process has open."""
    found = _empty(store.folder)
    try:
        cursor = store.cursor()
        found |= {"tables": read_all(cursor), "version": _version(cursor), "whole": True, "missing": 0}
    except duckdb.Error as error:
        found["problem"] = str(error)
    return _with_words(found)


def check(folder: Path) -> dict:
    """Whether a store that nobody has open is whole; nothing is written. `missing` is the number of acknowledged changes that are
    not there, None where that cannot be told; `readable_log_bytes` how much of the log can be read.

    Raises BadInput where there is no store, StoreInUse where a process has it open.
    """
    if not (folder / FILE_NAME).is_file():
        raise BadInput(f"There is no store in {folder}: it has no {FILE_NAME}. Name the folder of a store.")
    found = _empty(folder)
    with _held(folder), _readable(folder) as (connection, log_bytes, problem):
        found["readable_log_bytes"], found["problem"] = log_bytes, problem
        if connection is not None:
            try:
                found |= {"tables": read_all(connection), "version": _version(connection)}
                state = whole.state(connection, folder)
                found["missing"] = state.missing if state else 0
                found["since"] = f"{state.since:%Y-%m-%d %H:%M:%S}" if state else None
                if not problem and found["missing"] != 0:
                    found["problem"] = str(whole.lacking(folder, state))
            except duckdb.Error as error:
                found["problem"] = str(error)
    found["whole"] = not found["problem"]
    return _with_words(found)


def _empty(folder: Path) -> dict:
    sizes = {"file_bytes": whole.size(folder / FILE_NAME), "log_bytes": whole.size(folder / LOG_NAME)}
    return {"store": str(folder), "whole": False, "problem": "", "next": "", "missing": None, **sizes, "tables": {}}


def _version(cursor: duckdb.DuckDBPyConnection) -> int:
    return cursor.execute("SELECT max(number) FROM migrations").fetchall()[0][0]


def _counts(found: dict) -> dict:
    return {name: found["tables"].get(name, 0) for name in ("corpora", "clips", "votes", "answers")}


def _with_words(found: dict) -> dict:
    if found["problem"]:
        readable = bool(found["tables"])
        found["next"] = (
            "Put the missing log back or make the copy again; or keep what can be read: "
            f"python -m emo_core --store {found['store']} store recover"
            if readable
            else "The file itself cannot be read. Put a copy in its place (`store copy` makes them)."
        )
    return found


def recover(folder: Path) -> dict:
    """Keep what can be read of a store that is not whole: the file, and its log up to the first damaged entry. The files as they
    were go into a folder beside them.

    Raises BadInput where nothing is wrong, StoreDamaged where the file itself cannot be read, StoreInUse.
    """
    found = check(folder)
    if found["whole"]:
        raise BadInput(f"The store {folder} is whole: there is nothing to recover.")
    if not found["tables"]:
        raise StoreDamaged(f"{folder / FILE_NAME} cannot be read: {found['problem']}. {found['next']}")
    saved = folder / f"{SAVED}{utc_now():%Y%m%dT%H%M%S}"
    saved.mkdir(mode=0o700)
    with _held(folder):
        for name in (FILE_NAME, LOG_NAME, COUNT_NAME):
            if (folder / name).exists():
                shutil.copy2(folder / name, saved / name)
        if whole.size(folder / LOG_NAME):
            os.truncate(folder / LOG_NAME, found["readable_log_bytes"])
            if not found["readable_log_bytes"]:
                (folder / LOG_NAME).unlink()
        (folder / COUNT_NAME).unlink(missing_ok=True)
        connection = duckdb.connect(folder / FILE_NAME)
        if whole.state(connection, folder):
            connection.execute("UPDATE file_state SET log_from = NULL")
        connection.execute("FORCE CHECKPOINT")
        connection.close()
    return {
        "store": str(folder),
        "missing": found["missing"],
        "since": found.get("since"),
        "before": str(saved),
        **_counts(found),
    }


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Own the store meanwhile; where the folder cannot be written into, nobody else can open the store either."""
    try:
        owner = Owner(folder)
    except PermissionError:
        owner = None
    try:
        yield
    finally:
        if owner is not None:
            owner.release()


@contextmanager
def _readable(folder: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection | None, int, str]]:
    """A connection to the file with as much of its log as can be read, that much in bytes, and what is wrong: none of the
    files is changed, as a log that is cut lies beside another name of the file.
    """
    try:
        scratch = Path(tempfile.mkdtemp(dir=folder, prefix=".check-"))
        os.link(folder / FILE_NAME, scratch / FILE_NAME)
    except OSError:  # a folder that cannot be written into, or a disk without hard links
        scratch = Path(tempfile.mkdtemp())
        shutil.copyfile(folder / FILE_NAME, scratch / FILE_NAME)
    try:
        log = (folder / LOG_NAME).read_bytes() if (folder / LOG_NAME).exists() else b""
        connection, left, problem = None, len(log), ""
        while connection is None:
            (scratch / LOG_NAME).write_bytes(log[:left]) if left else (scratch / LOG_NAME).unlink(missing_ok=True)
            try:
                connection = duckdb.connect(scratch / FILE_NAME, read_only=True)
            except (duckdb.Error, RuntimeError) as error:
                problem = problem or str(error).replace(str(scratch), str(folder))
                if not left:
                    break
                place = re.search(r"entry at byte position (\d+)", str(error))
                left = int(place.group(1)) if place and int(place.group(1)) < left else 0
        yield connection, left, problem
        if connection is not None:
            connection.close()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
