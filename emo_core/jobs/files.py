"""Files of a job's folder. They are replaced whole or grow by whole lines, so that a reader never sees half a record."""

import codecs
import errno
import json
import os
import threading
from pathlib import Path

SPEC = "spec.json"  # what the job is, written once
PROCESS = "process.json"  # who carries the present attempt out
STATUS = "status.json"  # how the attempt ended
OUTCOME = "outcome.json"  # how the work says that it ended: the supervisor's source for STATUS
STOP = "stop"  # a request to end
RESULT = "result.json"  # what the work found
PROGRESS = "progress.jsonl"  # how far it is
ATTEMPTS = "attempts.jsonl"  # how earlier attempts ended
LOG = "log.txt"  # what the work printed
AT_THE_END = (STATUS, OUTCOME, STOP)  # what must be said on a full disk too
RESERVED = 16_384  # bytes: longer than what is said of an end
LOCK = "lock"  # held by the supervisor for its whole life
STARTING = "starting.lock"  # held by whoever starts the job, until the supervisor stands


def write_json(path: Path, document: dict) -> None:
    """Replace the file: after a crash it holds this document or the one before."""
    _draft(path, document).replace(path)


def create_json(path: Path, document: dict) -> bool:
    """Write the file unless it is there; whether it was written."""
    draft = _draft(path, document)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def reserve(path: Path) -> None:
    """Take now the space that `write_json` needs for `path`, so that the file can be written on a disk that is full by then."""
    _fill(_reserved(path), b" " * RESERVED, "wb")


def release(path: Path) -> None:
    """Give back what `reserve` took, if it is still there."""
    _reserved(path).unlink(missing_ok=True)


def _reserved(path: Path) -> Path:
    return path.with_name(f".{path.name}.reserved")


def _draft(path: Path, document: dict) -> Path:
    draft, data = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}"), as_line(document).encode()
    try:
        _fill(draft, data, "wb")
    except OSError:
        draft.unlink(missing_ok=True)
        if not _reserved(path).exists() or len(data) > RESERVED:
            raise
        draft = _reserved(path)
        _fill(draft, data.ljust(RESERVED), "r+b")  # written over in place: no new space is needed
    return draft


def _fill(path: Path, data: bytes, mode: str) -> None:
    with path.open(mode) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def as_line(document: dict) -> str:
    """The document as JSON in one line; NumPy numbers and arrays become plain ones."""
    return json.dumps(document, ensure_ascii=False, default=_plain)


def _plain(value: object) -> object:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is no JSON value")


def read_json(path: Path) -> dict | None:
    """The document; None where there is no such file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def append_line(path: Path, text: str) -> None:
    """Add one line by one write. A line that a killed writer left half written is closed first.

    Raises OSError where the disk took only a part of it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        data = (("\n" if torn else "") + text + "\n").encode()
        if os.write(descriptor, data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    finally:
        os.close(descriptor)


def read_lines(path: Path, offset: int = 0) -> tuple[list[dict], int]:
    """Complete JSON lines from `offset` bytes on, and the offset after them.

    A last line without its end is left for the next call; one that a crash tore, and the next writer closed, holds no
    record and is passed over. A missing file has no lines.
    """
    data = _read(path, offset, None)
    whole = data.rfind(b"\n") + 1
    parsed = (_record(line) for line in data[:whole].splitlines())
    return [record for record in parsed if record is not None], offset + whole


def read_raw_lines(path: Path, offset: int, limit: int) -> tuple[list[bytes], int]:
    """Whole lines from `offset` bytes on, as they are, and the offset after them: until `limit` bytes are reached, so that a long
    account can be taken in piece by piece. A missing file has no lines.
    """
    lines: list[bytes] = []
    mark = offset
    if not path.exists():
        return lines, mark
    with path.open("rb") as file:
        file.seek(offset)
        for raw in file:
            if not raw.endswith(b"\n") or mark - offset >= limit:
                break
            mark += len(raw)
            lines.append(raw)
    return lines, mark


def _record(line: bytes) -> dict | None:
    try:
        return json.loads(line)
    except ValueError:
        return None


def tail(folder: Path, offset: int = 0, *, most: int = 1_000_000) -> tuple[str, int]:
    """The log from `offset` bytes on, at most `most` bytes, and the offset after them; letters stay whole."""
    data = _read(folder / LOG, offset, most)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(data)
    return text, offset + len(data) - len(decoder.getstate()[0])


def log_size(folder: Path) -> int:
    """Bytes of the log; 0 where there is none."""
    return (folder / LOG).stat().st_size if (folder / LOG).exists() else 0


def last_lines(folder: Path, count: int = 200, *, until: int | None = None, most: int = 256_000) -> str:
    """The end of the log, or of its first `until` bytes: at most `count` lines of the last `most` bytes. A line that was
    written over, as progress bars do, is shown as it stood last.
    """
    end = log_size(folder) if until is None else until
    lines = _read(folder / LOG, max(0, end - most), min(most, end)).decode("utf-8", "replace").split("\n")
    shown = [line.rstrip("\r").rpartition("\r")[2] for line in lines]
    return "\n".join(shown[-count - 1 :]).strip("\n")


def _read(path: Path, offset: int, most: int | None) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read() if most is None else file.read(most)
    except FileNotFoundError:
        return b""
