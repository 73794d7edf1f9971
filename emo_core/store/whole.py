"""Whether a store's file holds everything that was acknowledged.

DuckDB writes into a log beside the file, and moves it into the file now and then. A file that is copied without its log, a
log that is deleted, cut or damaged, would open all the same, with less in it. So transactions are counted in the file
(`file_state`), and while there is a log, a small file beside it, `workbench.commits`, says how many were acknowledged.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from emo_core.errors import StoreDamaged, StoreError

FILE_NAME = "workbench.duckdb"
LOG_NAME = f"{FILE_NAME}.wal"
COUNT_NAME = "workbench.commits"


def size(path: Path) -> int:
    """Bytes of a file, 0 where it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


class Acknowledged:
    """The number of transactions that were acknowledged, kept in a file of its own from `begin` to `end`."""

    def __init__(self, folder: Path):
        self._path = folder / COUNT_NAME
        self._descriptor: int | None = None

    def begin(self, commits: int) -> None:
        """Make the file. Raises OSError."""
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        self.say(commits)

    def say(self, commits: int) -> None:
        """Write the number over the one before: 20 digits in one piece."""
        os.pwrite(self._descriptor, b"%020d" % commits, 0)

    def end(self) -> None:
        """Remove the file: the store's file holds everything."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def acknowledged(folder: Path) -> int | None:
    """What the file of `Acknowledged` says, None where there is none."""
    try:
        return int((folder / COUNT_NAME).read_bytes())
    except (OSError, ValueError):
        return None


@dataclass(frozen=True)
class State:
    """What a file says of itself once its log is read, and what the folder says. `since` is in UTC."""

    commits: int
    log_from: int | None
    since: datetime
    acknowledged: int | None

    @property
    def missing(self) -> int | None:
        """How many acknowledged transactions are not there: 0 where none, None where some are and nobody can say how many."""
        if self.acknowledged is not None:
            return max(0, self.acknowledged - self.commits)
        return None if self.log_from == self.commits else 0

    @property
    def was_closed(self) -> bool:
        """Whether the file was whole by itself when it was last left."""
        return self.log_from is None and self.acknowledged is None


def state(cursor: duckdb.DuckDBPyConnection, folder: Path) -> State | None:
    """The state of an open file, None where it is of a version that kept none."""
    known = cursor.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'file_state' AND NOT internal").fetchall()
    if not known:
        return None
    rows = cursor.execute("SELECT commits, log_from, since FROM file_state").fetchall()
    return State(*rows[0], acknowledged(folder))


def lacking(folder: Path, found: State) -> StoreDamaged:
    """The error of a store in which something is missing, and the ways on."""
    number = "Some changes" if found.missing is None else f"{found.missing:,} change{'s' if found.missing > 1 else ''}"
    return StoreDamaged(
        f"The store {folder / FILE_NAME} is not whole: {number} made after {found.since:%Y-%m-%d %H:%M:%S} UTC "
        f"{'is' if found.missing == 1 else 'are'} missing. Either the file was copied without its log {LOG_NAME} while the "
        "workbench was writing, or that log was deleted or is damaged. Put the log back beside the file, or make the copy "
        f"again with `store copy`. To go on without what is missing: `python -m emo_core --store {folder} store recover`."
    )


def unreadable(folder: Path, error: Exception) -> StoreError:
    """The error of a store that DuckDB cannot open, and the ways on."""
    told = f"The store {folder / FILE_NAME} could not be opened: {error}".rstrip(".")
    if "WAL" in str(error):
        return StoreDamaged(
            f"{told}. The file itself is not affected; its log {LOG_NAME}, with the latest changes, is damaged or belongs to "
            f"another copy. `python -m emo_core store check {folder}` says how much of it can be read; `python -m emo_core "
            f"--store {folder} store recover` keeps that much, and the damaged files beside it."
        )
    return StoreError(f"{told}. If the file is damaged, put a copy in its place (`store copy` makes them).")
