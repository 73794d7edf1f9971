"""The DuckDB file: opening, migrations, a cursor a call, one writer at a time."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import duckdb

from emo_core import vocabulary
from emo_core.errors import StoreError
from emo_core.store import whole
from emo_core.store.ownership import Handler, Owner
from emo_core.store.whole import FILE_NAME, LOG_NAME

DEFAULT_FOLDER = Path(__file__).parents[2] / "data"
MOST_LOG_BYTES = 16_000_000  # a longer log is moved into the file at once
CLOSING_S = 5.0  # how long closing waits for who writes
MEMORY_LIMIT = os.environ.get("EMO_MEMORY", "2GB")  # DuckDB's own buffers; past it, it works on disk
_HERE = Path(__file__).parent


def _roll_back(cursor: duckdb.DuckDBPyConnection) -> None:
    with suppress(duckdb.Error):  # a failed commit has rolled back by itself
        cursor.rollback()


@cache
def query(name: str) -> str:
    """The text of `queries/<name>.sql`."""
    return (_HERE / "queries" / f"{name}.sql").read_text()


def quoted(identifier: str) -> str:
    """An SQL identifier, quoted so that any column name of a user's file is only ever a name."""
    return '"' + identifier.replace('"', '""') + '"'


def utc_now() -> datetime:
    """Now, in UTC, without a zone: as the store keeps times."""
    return datetime.now(UTC).replace(tzinfo=None)


def one_row(cursor: duckdb.DuckDBPyConnection, sql: str, binding: list | dict | None = None) -> tuple:
    """The first row of a query, fetched to its end: an unfinished result would block the connection's next work."""
    rows = cursor.execute(sql, binding).fetchall()
    return rows[0] if rows else ()


def column_names(cursor: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    """Columns of a table or of anything else that can stand behind FROM."""
    result = cursor.execute(f"SELECT * FROM {source} LIMIT 0")  # noqa: S608
    names = [column[0] for column in result.description]
    result.fetchall()
    return names


class Database:
    """An open store: owns its folder until `close`.

    Reading takes `cursor()`; writing takes `writing()`, a transaction that only one thread holds at a time and that is
    on disk when the block ends.

    Raises StoreInUse where another process owns the folder, StoreDamaged where something that was acknowledged is missing,
    StoreError where the file cannot be opened.
    """

    def __init__(self, folder: Path | str | None = None, *, wait_s: float = 0.0):
        self.folder = Path(folder or os.environ.get("EMO_STORE") or DEFAULT_FOLDER).resolve()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self.folder} cannot be the store's folder: {error}. Name another.") from error
        self._owner = Owner(self.folder, wait_s=wait_s)
        self._write_lock = threading.RLock()
        self._acknowledged = whole.Acknowledged(self.folder)
        self._commits, self._logging, self._closed = 0, False, False
        try:
            self._connection = duckdb.connect(
                self.folder / FILE_NAME,
                config={
                    "memory_limit": MEMORY_LIMIT,
                    "temp_directory": str(self.folder / "spill"),
                    "autoinstall_known_extensions": "false",
                    "checkpoint_threshold": "1TB",  # `settle` alone moves the log into the file
                },
            )
        except duckdb.Error as error:
            self._owner.release()
            raise whole.unreadable(self.folder, error) from error
        try:
            self._look_for_the_missing()
            self._migrate()
        except BaseException as error:
            with suppress(duckdb.Error):  # what lies there stays as it is
                self._connection.execute("PRAGMA disable_checkpoint_on_shutdown")
                self._connection.close()
            self._owner.release()
            if isinstance(error, duckdb.Error):
                raise whole.unreadable(self.folder, error) from error
            raise

    def close(self) -> None:
        """Write what is pending into the file and give the folder up; again changes nothing."""
        if self._closed:
            return
        self._closed = True
        settled = self._write_lock.acquire(timeout=CLOSING_S)  # who still writes was not acknowledged
        try:
            with suppress(StoreError):
                self.settle()
        finally:
            if settled:
                self._write_lock.release()
            self._connection.close()
            self._owner.release()

    def settle(self) -> None:
        """Move the log into the file, which then holds everything by itself until the next transaction.

        Raises StoreError where the disk refuses; the log then stays, and nothing is lost.
        """
        with self._write_lock:
            if not self._logging:
                return
            try:
                cursor = self.cursor()
                cursor.execute("UPDATE file_state SET log_from = NULL, since = ?", [utc_now()])
                cursor.execute(
                    "FORCE CHECKPOINT"
                )  # without FORCE it may refuse while others stage what they will write
            except duckdb.Error as error:
                raise StoreError(
                    f"The log of the store {self.folder} could not be moved into its file: {error}"
                ) from error
            self._logging = False
            self._acknowledged.end()

    def log_bytes(self) -> int:
        """Size of the log that is not in the file yet."""
        return whole.size(self.folder / LOG_NAME)

    @contextmanager
    def settled(self) -> Iterator[Path]:
        """The file of the store while it holds everything by itself and nobody writes."""
        with self._write_lock:
            self.settle()
            yield self.folder / FILE_NAME

    def _begin_log(self) -> None:
        """Say in the file that from now on a log belongs to it."""
        try:
            self._acknowledged.begin(self._commits)
        except OSError as error:
            raise StoreError(f"The store refused to write, and nothing was written: {error}") from error
        self._logging = True
        cursor = self.cursor()
        cursor.execute("UPDATE file_state SET log_from = commits, since = ?", [utc_now()])
        cursor.execute("FORCE CHECKPOINT")

    def _look_for_the_missing(self) -> None:
        """Raises StoreDamaged where something that was acknowledged is not there."""
        found = whole.state(self._connection, self.folder)
        if found is None:  # of a version that did not count
            return
        if found.missing != 0:
            raise whole.lacking(self.folder, found)
        self._commits = found.commits
        if not found.was_closed:  # the process before was killed
            self._logging = True
            self.settle()

    def listen(self, handler: Handler) -> None:
        """Answer other processes' requests (see `ownership`) while this one owns the store."""
        self._owner.listen(handler)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor of its own for one call; cursors are cheap (3.4 µs), and sharing one between threads gives wrong rows."""
        try:
            return self._connection.cursor()
        except duckdb.ConnectionException as error:
            raise StoreError(f"The store {self.folder} is closed.") from error

    @contextmanager
    def writing(self, cursor: duckdb.DuckDBPyConnection | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor inside a transaction: committed when the block ends, rolled back whole when it raises.

        Takes a cursor that has staged what is to be written, or makes one.
        """
        with self._write_lock:
            cursor = cursor or self.cursor()
            try:
                if not self._logging:
                    self._begin_log()
                cursor.begin()
                yield cursor
                cursor.execute("UPDATE file_state SET commits = commits + 1")
                cursor.commit()
            except duckdb.Error as error:
                _roll_back(cursor)
                raise StoreError(f"The store refused to write, and nothing was written: {error}") from error
            except BaseException:
                _roll_back(cursor)
                raise
            self._commits += 1
            with suppress(OSError, StoreError):  # what was committed is safe whatever becomes of these
                self._acknowledged.say(self._commits)
                if self.log_bytes() > MOST_LOG_BYTES:
                    self.settle()

    def _migrate(self) -> None:
        """Bring the schema up to date: each numbered file once, in order, in a transaction with its number."""
        known = {int(file.name[:3]): file for file in sorted((_HERE / "migrations").glob("*.sql"))}
        cursor = self.cursor()
        tables = cursor.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall()
        done = set()
        if ("migrations",) in tables:
            done = {number for (number,) in cursor.execute("SELECT number FROM migrations").fetchall()}
        if done - known.keys():
            raise StoreError(
                f"The store {self.folder} was written by a newer version (migration {max(done)}, this one knows "
                f"{max(known)}). Update the workbench, or name another store."
            )
        if known.keys() - done:
            with self._migrating(cursor):
                cursor.execute("CREATE TABLE IF NOT EXISTS migrations (number INTEGER, applied_at TIMESTAMP)")
                for number in sorted(known.keys() - done):
                    cursor.execute(known[number].read_text())
                    cursor.execute("INSERT INTO migrations VALUES (?, ?)", [number, utc_now()])
        self._name_emotions(cursor)

    @contextmanager
    def _migrating(self, cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """A transaction that is not counted, since what counts may be made by it; afterwards the file is whole by itself."""
        with self._write_lock:
            cursor.begin()
            try:
                yield
                cursor.commit()
            except BaseException:
                _roll_back(cursor)
                raise
            cursor.execute("FORCE CHECKPOINT")

    def _name_emotions(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Give every emotion of the program its number, and make known those that the lab added. Numbers never change."""
        rows = cursor.execute("SELECT name, emotion_id, colour, synonyms FROM emotions ORDER BY emotion_id").fetchall()
        if unnamed := [name for name in vocabulary.EMOTIONS if name not in {row[0] for row in rows}]:
            with self.writing(cursor):
                for name in unnamed:
                    cursor.execute(query("insert_emotion"), {"name": name, "colour": None, "synonyms": None})
        for name, _, colour, synonyms in rows:
            if colour is not None and name not in vocabulary.EMOTIONS:
                vocabulary.add_emotion(name, colour=colour, synonyms=synonyms)
