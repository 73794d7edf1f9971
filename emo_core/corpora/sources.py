"""What importers share: values of any type read with care, and files decoded.

Sources come from other programs and other people, so nothing in them has the type that it should have: a list stands where
an object should be, a number where a name should be, NaN anywhere. `text`, `number` and `moment` take a value of any type and
give None where it is not what was asked for, so that importers read like the format's description.
"""

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from emo_core.errors import BadInput, BadTable
from emo_core.spelling import cleaned

_DEEPEST = 50  # levels of YAML
_LARGEST = 1e12  # beyond this a number in a source is damage, not data
_CLOCK = re.compile(r"(?:([0-9]{1,6}) days?,? +)?([0-9]{1,6}):([0-9]{1,2}):([0-9]{1,2}(?:\.[0-9]{1,12})?)")


def text(value: Any) -> str | None:
    """A name or sentence without white space at its ends; None where there is none. 7.0 reads 7, as a rater's number."""
    if isinstance(value, str):
        # Half of a surrogate pair (JSON may hold one) cannot be stored as UTF-8.
        whole = value.replace("\x00", "").replace("\ufeff", "").encode("utf-8", "replace").decode()
        return cleaned(whole) or None
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**40:
        return str(value)
    return None


def number(value: Any) -> float | None:
    """A finite number, also where it is written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) <= _LARGEST else None  # NaN compares false


def moment(value: Any) -> str | None:
    """A time, or one written in ISO 8601, as text; None where it cannot be read."""
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(text(value) or "")
        return found.isoformat(" ", "microseconds")
    except ValueError:
        return None


def span(start: Any, end: Any) -> tuple[float, float] | None:
    """Start and end in seconds where 0 ≤ start < end, else None."""
    first, last = number(start), number(end)
    return (first, last) if first is not None and last is not None and 0 <= first < last else None


def span_name(clip: str, seconds: tuple[float, float | None]) -> str:
    """The name of a part of a clip: `clip#start-end` in seconds, to the millisecond."""
    written = ["" if second is None else f"{second:.3f}".rstrip("0").rstrip(".") for second in seconds]
    return f"{clip}#{'-'.join(written)}"


def as_dict(value: Any) -> dict:
    """The value where it is a dict, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def panel(*parts: str | None) -> str:
    """The parts that there are, joined by colons, cut and cleaned so that they can name a panel."""
    named = ":".join(part for part in parts if part)
    return "".join(char if char.isprintable() else "\ufffd" for char in named)[:100].strip()


def first_text(source: Mapping, names: Iterable[str]) -> str | None:
    """The first of the named fields that holds text; upper and lower case do not tell names apart."""
    folded = {str(key).lower(): value for key, value in source.items()}
    return next((found for name in names if (found := text(folded.get(name)))), None)


def scalars(source: Mapping, *, without: Iterable[str] = ()) -> dict[str, Any]:
    """The fields of a source that are single values, for a clip's metadata."""
    kept = {}
    for key, value in source.items():
        name = text(key)
        value = (
            text(value) if isinstance(value, str) or (number(value) is None and value not in (True, False)) else value
        )
        if name and value is not None and name not in without:
            kept[name] = value
    return kept


def existing(path: Path | str) -> Path:
    """The path, resolved. Raises BadInput where nothing is there."""
    try:
        found = Path(path).expanduser().resolve()
        if found.exists():
            return found
    except (OSError, RuntimeError, ValueError):
        pass
    raise BadInput(f"There is nothing at {str(path)!r}. Check the path.")


def folder(path: Path | str, give: str) -> Path:
    """The folder, resolved. Raises BadInput, which says what to give, where it is none."""
    found = existing(path)
    if not found.is_dir():
        raise BadInput(f"{found} is not a folder. Give {give}.")
    return found


def is_there(path: Path) -> bool:
    """Whether it is a file; a name too long for one is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def read_bytes(path: Path) -> bytes:
    """Raises BadTable where the file cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadTable(f"{path.name} cannot be read: {error.strerror}. Check the file and its permissions.") from error


def read_text(path: Path) -> str:
    """Raises BadTable where the file is not UTF-8."""
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadTable(f"{path.name} is not UTF-8 (byte {error.start:,}). Export it again as UTF-8.") from error


def parse_json(written: str, name: str) -> Any:
    """Raises BadTable where it is no JSON, or nested too deeply to be data."""
    try:
        return json.loads(written)
    except (ValueError, RecursionError) as error:
        raise BadTable(f"{name} cannot be read as JSON: {error}. Export it again.") from error


def read_json(path: Path) -> Any:
    """Raises BadTable where the file is no JSON in UTF-8."""
    return parse_json(read_text(path), path.name)


def read_rows(path: Path, needed: Iterable[str], *, decoded: str | None = None) -> list[tuple[int, dict[str, str]]]:
    """The rows of a CSV file, each with its number below the header. `decoded` is its text where that is known already.

    Raises BadTable where a column is missing or a row has not the header's length.
    """
    written = read_text(path) if decoded is None else decoded
    try:
        header, *rows = csv.reader(io.StringIO(written, newline=""), strict=True)
    except (csv.Error, ValueError) as error:
        raise BadTable(f"{path.name} cannot be read as a table: {error}. Take the file as it was published.") from error
    header = [name.strip() for name in header]
    doubled = {name for name in header if header.count(name) > 1}
    missing = [name for name in needed if name not in header]
    if missing or doubled:
        what = f"has no column {missing[0]!r}" if missing else f"names the column {min(doubled)!r} twice"
        raise BadTable(f"{path.name} {what}; it has {', '.join(header)}. Take the file as it was published.")
    for row, cells in enumerate(rows, 1):
        if len(cells) != len(header):
            raise BadTable(
                f"{path.name} row {row} has {len(cells)} columns where the header has {len(header)}: the file is cut or "
                "damaged. Take it as it was published."
            )
    return [(row, dict(zip(header, cells))) for row, cells in enumerate(rows, 1)]


def read_yaml(written: str, name: str) -> Any:
    """Plain YAML: no tags of Python's, no merge keys (which can grow without bound). Raises BadTable."""
    depth = 0
    try:
        for event in yaml.parse(written, _PlainLoader):  # deep nesting would end the process inside libyaml's loader
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                raise ValueError(f"more than {_DEEPEST} levels are nested in each other")
        return yaml.load(written, _PlainLoader)
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError) as error:
        where = " ".join(str(error).split())[:300]
        raise BadTable(f"{name} cannot be read as YAML: {where}. Take the file as it was published.") from error


class _PlainLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """PyYAML's safe loader, in C where it is there (ten times as fast), without merge keys."""

    def flatten_mapping(self, node: yaml.Node) -> None:
        """Merge keys are left standing, and the loader then refuses them."""


def read_arrow(path: Path, columns: Callable[[pa.Schema], list[str]] | None = None) -> pa.Table:
    """A Parquet file, or a stream of Arrow batches; `columns` chooses from its schema what is loaded: `name` or `name.field`.

    Raises BadTable where the file is damaged.
    """
    try:
        if path.suffix == ".parquet":
            with pq.ParquetFile(path) as file:
                table = file.read(columns(file.schema_arrow) if columns else None)
        else:
            table = pa.ipc.open_stream(pa.memory_map(str(path))).read_all()
            table = table.select([name.split(".")[0] for name in columns(table.schema)]) if columns else table
        table.validate(full=True)
        str(table.schema)  # names, also those of nested fields, must be UTF-8
        if len(set(table.column_names)) < table.num_columns:
            raise ValueError(f"a column stands twice among {', '.join(table.column_names)}")
        return table
    except (pa.ArrowException, OSError, ValueError, KeyError, IndexError, MemoryError, OverflowError) as error:
        where = " ".join(str(error).split())[:300]
        raise BadTable(f"{path.name} cannot be read: {where}. Take the file as it was published.") from error


def seconds(value: Any) -> float | None:
    """A length of time in seconds: a number, a timedelta, or text such as `0 days 00:00:01.500000`."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    parts = _CLOCK.fullmatch(text(value) or "")
    if parts is None:
        return number(value)
    days, hours, minutes, rest = (float(part or 0) for part in parts.groups())
    return 86_400 * days + 3600 * hours + 60 * minutes + rest
