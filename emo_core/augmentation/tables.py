"""Planned samples as a table: Parquet that jobs read back exactly, CSV for people, and a schema that explains both."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from emo_core.augmentation.samples import Sample
from emo_core.errors import BadInput

COLUMNS = {  # name: (type, unit or range, meaning)
    "id": ("string", "", "the sample; it follows from its parents, λ and seed"),
    "emotion": ("string", "", "the minority emotion that it was made for, a dominant one of clip_i"),
    "clip_i": ("string", "", "its parent of that emotion, a training clip"),
    "clip_j": ("string", "", "the neighbour, a training clip"),
    "lam": ("double", "0…1", "λ, the share of clip_i (equations 1 and 2)"),
    "seed": ("uint64", "", "from which the neighbour and λ were drawn"),
    "distance": ("double", "", "between the parents' features, in the metric of the settings"),
    "text_of": ("string", "", "the parent whose transcript it has: clip_i where λ ≥ 0.5, else clip_j"),
}
TARGET = "target_"  # followed by an emotion: its share
_EMOTIONS = b"emotions"  # metadata of the Parquet file: names of the shares, in order


def records(samples: Iterable[Sample], emotions: Sequence[str]) -> list[dict[str, object]]:
    """Rows of the table, with the columns of `COLUMNS` and a share for each emotion."""
    return [
        {name: getattr(sample, name) for name in COLUMNS}
        | {f"{TARGET}{emotion}": share for emotion, share in zip(emotions, sample.target, strict=True)}
        for sample in samples
    ]


def described(
    emotions: Sequence[str], further: Mapping[str, tuple[str, str, str]] | None = None
) -> list[dict[str, str]]:
    """The columns in words: name, type, unit, meaning; `further` ones, as in `COLUMNS`, at the end."""
    shares = {f"{TARGET}{name}": ("double", "0…1", f"share of {name} in its distribution") for name in emotions}
    keys = ("name", "type", "unit", "meaning")
    return [dict(zip(keys, (name, *about))) for name, about in (COLUMNS | shares | dict(further or {})).items()]


def write_parquet(path: Path, samples: Iterable[Sample], emotions: Sequence[str]) -> None:
    """Write the samples to `path`, by another name first: nobody sees half of it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"string": pa.string(), "double": pa.float64(), "uint64": pa.uint64()}
    fields = [(column["name"], kinds[column["type"]]) for column in described(emotions)]
    named = {_EMOTIONS: "\0".join(emotions).encode()}
    table = pa.Table.from_pylist(records(samples, emotions), pa.schema(fields, metadata=named))
    draft = path.with_name(f".{path.name}.draft")
    try:
        pq.write_table(table, draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def read_parquet(path: Path) -> tuple[list[Sample], tuple[str, ...]]:
    """The samples of a file of `write_parquet`, and the emotions of their shares. Raises BadInput where it is no such file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
        emotions = tuple((table.schema.metadata or {})[_EMOTIONS].decode().split("\0"))
        return [_sample(row, emotions) for row in table.to_pylist()], emotions
    except (OSError, LookupError, pa.ArrowException) as error:
        raise BadInput(f"{path.name} is no table of planned samples: {error}. Plan the augmentation again.") from error


def _sample(row: dict, emotions: Sequence[str]) -> Sample:
    target = tuple(row[f"{TARGET}{emotion}"] for emotion in emotions)
    return Sample(**{name: row[name] for name in COLUMNS if name != "text_of"}, target=target)
