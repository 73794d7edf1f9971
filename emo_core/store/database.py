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
from emo_core.store.ownership import Handler, Owner

DEFAULT_FOLDER = Path(__file__).parents[2] / "data"
FILE_NAME = "workbench.duckdb"
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

    Raises StoreInUse where another process owns the folder, StoreError where the file cannot be opened.
    """

    def __init__(self, folder: Path | str | None = None, *, wait_s: float = 0.0):
        self.folder = Path(folder or os.environ.get("EMO_STORE") or DEFAULT_FOLDER).resolve()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self.folder} cannot be the store's folder: {error}. Name another.") from error
        self._owner = Owner(self.folder, wait_s=wait_s)
        self._write_lock = threading.RLock()
        try:
            self._connection = duckdb.connect(
                self.folder / FILE_NAME,
                config={
                    "memory_limit": MEMORY_LIMIT,
                    "temp_directory": str(self.folder / "spill"),
                    "autoinstall_known_extensions": "false",
                },
            )
            self._migrate()
        except duckdb.Error as error:
            self._owner.release()
            raise StoreError(f"The store {self.folder / FILE_NAME} could not be opened: {error}") from error

    def close(self) -> None:
        """Write what is pending into the file and give the folder up."""
        self._connection.close()
        self._owner.release()

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
            cursor.begin()
            try:
                yield cursor
                cursor.commit()
            except duckdb.Error as error:
                _roll_back(cursor)
                raise StoreError(f"The store refused to write, and nothing was written: {error}") from error
            except BaseException:
                _roll_back(cursor)
                raise

    def _migrate(self) -> None:
        """Bring the schema up to date: each numbered file once, in order, in a transaction with its number."""
        files = sorted((_HERE / "migrations").glob("*.sql"))
        with self.writing() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS migrations (number INTEGER, applied_at TIMESTAMP)")
            done = {number for (number,) in cursor.execute("SELECT number FROM migrations").fetchall()}
            known = {int(file.name[:3]): file for file in files}
            if done - known.keys():
                raise StoreError(
                    f"The store {self.folder} was written by a newer version (migration {max(done)}, this one knows "
                    f"{max(known)}). Update the workbench, or name another store."
                )
            for number in sorted(known.keys() - done):
                cursor.execute(known[number].read_text())
                cursor.execute("INSERT INTO migrations VALUES (?, ?)", [number, utc_now()])
            self._name_emotions(cursor)

    @staticmethod
    def _name_emotions(cursor: duckdb.DuckDBPyConnection) -> None:
        """Give every emotion of the program its number, and make known those that the lab added. Numbers never change."""
        rows = cursor.execute("SELECT name, emotion_id, colour, synonyms FROM emotions ORDER BY emotion_id").fetchall()
        for name in vocabulary.EMOTIONS:
            if name not in {row[0] for row in rows}:
                cursor.execute(query("insert_emotion"), {"name": name, "colour": None, "synonyms": None})
        for name, _, colour, synonyms in rows:
            if colour is not None and name not in vocabulary.EMOTIONS:
                vocabulary.add_emotion(name, colour=colour, synonyms=synonyms)
