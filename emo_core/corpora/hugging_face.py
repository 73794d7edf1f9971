"""Data sets of Hugging Face `datasets` on disk, read with pyarrow alone.

    dataset_dict.json, train/, test/ …                         `DatasetDict.save_to_disk`: one folder a split
    state.json, dataset_info.json, data-00000-of-00001.arrow   `Dataset.save_to_disk`: streams of Arrow batches
    README.md, data/train-00000-of-00001.parquet               a repository of the hub, and what our exports write

Columns of our own exports are taken as they are (`own_export`), those of others as `hugging_face_columns` makes them out. The
split's name is the partition. Sound that lies inside the files is left there: an importer only reads.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from emo_core.corpora import hugging_face_columns, own_export, questions, sources
from emo_core.corpora.collecting import Collection, Sounds
from emo_core.corpora.formats import Format
from emo_core.errors import BadInput
from emo_core.records import Reading

_GIVE = "the folder that save_to_disk wrote, or the one that holds README.md and data/*.parquet"
_SHARD = re.compile(r"(?P<split>.+?)-[0-9]{5}-of-(?P<shards>[0-9]{5})")


def read(path: Path | str, *, audio: Path | str | None = None) -> Reading:
    """Read every split. Sound files are looked for below the folder, or below `audio`.

    Raises BadInput where no file of data is there or its columns cannot be made out, BadTable where one is damaged.
    """
    root = sources.folder(path, _GIVE)
    found, card = Collection(), _card(root)
    parts = [Part(split, file, card) for split, file in _files(root, found)]
    if not parts:
        raise BadInput(f"{root} has no data-*.arrow and no *.parquet. Give {_GIVE}.")
    sounds = Sounds(audio if audio is not None else root)
    licence = sources.text(card.get("license")) or ""
    if all(own_export.is_ours(part.table.column_names) for part in parts):
        tables = own_export.tables([(part.file, part.table) for part in parts], sounds, found)
        said = {"licence": licence} | own_export.facts_beside(root / "schema.json")
        return found.reading(FORMAT.name, root, sounds, frames=tables, **said)
    hugging_face_columns.collect(root, parts, sounds, found)
    for (column, number), times in sum((part.unnamed for part in parts), Counter()).items():
        what = "mean no label" if number == -1 else "have no name among the classes, so no label"
        found.count(f"values of {column} are {number}; they {what}", times)
    return found.reading(FORMAT.name, root, sounds, licence=licence)


class Part:
    """One file of data.

    split     None where the data set is not split
    file      its name, for reports
    columns   the names of all its columns
    table     its columns, without bytes of sounds and pictures: of a sound there is its path
    sound     the columns that hold sound
    classes   {column: names that its numbers stand for}
    """

    def __init__(self, split: str | None, file: Path, card: dict):
        self.split, self.file = split, file.name
        self.columns: list[str] = []
        self.table = sources.read_arrow(file, self._wanted)
        self.sound = [column.name for column in self.table.schema if _is_sound(column)]
        for name in self.sound:  # a stream holds the bytes beside the path
            paths = pc.struct_field(self.table[name], "path")
            self.table = self.table.set_column(self.table.column_names.index(name), name, paths)
        features = _features(file, self.table, card)
        _check_card(self.file, features, _of_card(card))
        self.classes = {
            name: names for name in self.table.column_names if (names := _classes(name, features.get(name)))
        }
        self.unnamed: Counter = Counter()  # (column, number) of classes without a name, as far as rows were read

    def _wanted(self, schema: pa.Schema) -> list[str]:
        self.columns = schema.names
        return list(chain.from_iterable(map(_loaded, schema)))

    def rows(self) -> Iterator[dict[str, Any]]:
        """Rows as dicts: numbers of classes by their names."""
        for cells in self.table.to_pylist():
            for name, names in self.classes.items():
                cells[name] = self._class_name(name, cells[name], names)
            yield cells

    def _class_name(self, column: str, value: Any, names: list[str]) -> Any:
        """The name of a class, or of each in a list; a number without one (-1 for none) stands for no label, and is counted."""
        if isinstance(value, list):
            return [self._class_name(column, each, names) for each in value]
        if isinstance(value, int) and not isinstance(value, bool):
            if 0 <= value < len(names) and names[value]:
                return names[value]
            self.unnamed[column, value] += 1
            return None
        return value


def _loaded(column: pa.Field) -> list[str]:
    """What of a column is loaded: not the bytes of sounds and pictures, nor lists of samples or features."""
    kind = column.type
    if _is_sound(column):
        return [f"{column.name}.path"]
    if len(hugging_face_columns.emotion_fields(kind)) > 1:
        return [column.name]
    inner = kind.value_type if pa.types.is_list(kind) or pa.types.is_large_list(kind) else kind
    samples = inner is not kind and pa.types.is_floating(inner)
    is_left = samples or pa.types.is_nested(inner) or pa.types.is_binary(inner) or pa.types.is_large_binary(inner)
    return [] if is_left and not questions.rating_name(column.name) else [column.name]


def _is_sound(column: pa.Field) -> bool:
    return pa.types.is_struct(column.type) and column.type.get_field_index("path") >= 0


def _features(file: Path, table: pa.Table, card: dict) -> dict[str, Any]:
    """What `datasets` says of the columns: in the table itself, in dataset_info.json beside it, or in the card."""
    inside = (table.schema.metadata or {}).get(b"huggingface")
    beside = file.parent / "dataset_info.json"
    if inside:
        said = sources.as_dict(sources.parse_json(inside.decode("utf-8", "replace"), f"the schema of {file.name}"))
        return sources.as_dict(sources.as_dict(said.get("info")).get("features"))
    if beside.is_file():
        return sources.as_dict(sources.as_dict(sources.read_json(beside)).get("features"))
    return _of_card(card)


def _check_card(file: str, features: dict[str, Any], of_card: dict[str, Any]) -> None:
    """Raises BadInput where the data and the card number the same classes differently."""
    for name in features.keys() & of_card.keys():
        here, there = _classes(name, features[name]), _classes(name, of_card[name])
        if here and there and here != there:
            raise BadInput(
                f"{file} says that the classes of {name!r} are {', '.join(here)}; README.md says {', '.join(there)}. "
                "Correct the one that is wrong, or remove these names from the head of README.md."
            )


def _of_card(card: dict) -> dict[str, Any]:
    """The features that the head of README.md describes. Raises BadInput where its configurations contradict each other."""
    said = card.get("dataset_info")
    features: dict[str, Any] = {}
    for configuration in said if isinstance(said, list) else [said]:
        for feature in sources.as_list(sources.as_dict(configuration).get("features")):
            name = sources.text(sources.as_dict(feature).get("name"))
            known = features.setdefault(name, feature)
            if known != feature and _classes(name, known) != _classes(name, feature):
                raise BadInput(
                    f"README.md names the classes of {name!r} differently in its configurations. Leave the one there whose "
                    "files lie here."
                )
    return features


def _classes(column: str | None, feature: Any) -> list[str]:
    """Names of the classes of a feature, or of the elements of its list, in the order of their numbers; empty where it has none.

    Raises BadInput where names have no numbers, or numbers from 0 on have no names.
    """
    if isinstance(feature, list) and feature:
        feature = feature[0]
    feature = sources.as_dict(feature)
    inner = feature.get("feature") or feature.get("list") or feature.get("sequence")
    for said in (feature, sources.as_dict(feature.get("dtype")), sources.as_dict(inner)):
        said = said | sources.as_dict(said.get("dtype"))
        names = said.get("names") or sources.as_dict(said.get("class_label")).get("names")
        if names:
            names = _by_number(column, names) if isinstance(names, dict) else sources.as_list(names)
            return [sources.text(name) or "" for name in names]
    return []


def _by_number(column: str | None, names: dict) -> list:
    """`{'0': …, '1': …, '10': …}` as a list. The order of the lines says nothing: YAML writers sort keys as text."""
    numbers = {sources.number(number): name for number, name in names.items()}
    if set(numbers) != set(range(len(names))):
        raise BadInput(
            f"The classes of {column!r} are numbered {', '.join(map(str, names))}, not 0 … {len(names) - 1}: it cannot be told "
            "which number means which name. Correct the names of the classes in README.md or dataset_info.json."
        )
    return [numbers[number] for number in range(len(names))]


def _card(root: Path) -> dict:
    """The head of README.md: licence and features, where it has one."""
    card = root / "README.md"
    parts = re.split(r"^---\s*$", sources.read_text(card), maxsplit=2, flags=re.MULTILINE) if card.is_file() else []
    return sources.as_dict(sources.read_yaml(parts[1], card.name)) if len(parts) == 3 and not parts[0].strip() else {}


def _files(root: Path, found: Collection) -> Iterator[tuple[str | None, Path]]:
    """The files of data with their splits, in order; what is missing of them is listed, and so are copies: files of the
    same bytes, and Parquet files beside what `save_to_disk` wrote.
    """
    files = list(_all_files(root, found))
    sizes = Counter(file.stat().st_size for _, file in files)
    seen: dict[tuple[str | None, str], str] = {}
    for split, file in files:
        content = _digest(file) if sizes[file.stat().st_size] > 1 else file.name
        where = file.relative_to(root).as_posix()
        if (split, content) in seen:
            found.skip(where, f"it holds the same bytes as {seen[split, content]}")
        elif file.suffix != files[0][1].suffix:
            found.skip(where, "the data set lies here as Arrow files too, and these were read")
        else:
            seen[split, content] = where
            yield split, file


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _all_files(root: Path, found: Collection) -> Iterator[tuple[str | None, Path]]:
    for split, folder in _splits(root, found):
        said = sources.as_dict(sources.read_json(folder / "state.json")) if (folder / "state.json").is_file() else {}
        for file in _shards(folder.glob("data-*.arrow"), found):
            yield split or sources.text(said.get("_split")), file
    for file in _shards(chain(root.glob("data/*.parquet"), root.glob("*-of-*.parquet")), found):
        shard = _SHARD.match(file.stem)
        yield shard["split"] if shard else file.stem.split("-")[0], file


def _splits(root: Path, found: Collection) -> Iterator[tuple[str | None, Path]]:
    """The folder of each split of a DatasetDict, or the folder itself."""
    if not (root / "dataset_dict.json").is_file():
        yield None, root
        return
    for name in sources.as_list(sources.as_dict(sources.read_json(root / "dataset_dict.json")).get("splits")):
        split = sources.text(name) or ""
        if re.fullmatch(r"\w[\w. -]{0,60}", split) and (root / split).is_dir():
            yield split, root / split
        else:
            found.skip(f"dataset_dict.json: {name!r}", "the split has no folder of its own here")


def _shards(files: Iterable[Path], found: Collection) -> list[Path]:
    """Files that are there, in order; where a name says of how many they are, it is listed that some are missing."""
    there = sorted(file for file in files if file.is_file())
    shards = [(shard["split"], int(shard["shards"])) for file in there if (shard := _SHARD.match(file.stem))]
    for (split, number), present in Counter(shards).items():
        if present != number:
            found.skip(f"{there[0].parent.name}/{split}-*", f"{present} of its {number} files are there")
    return there


def recognises(path: Path | str) -> bool:
    """Whether the folder has the files of `save_to_disk`, or Parquet files in `data/` or in shards."""
    try:
        root = Path(path)
        if not root.is_dir() or (root / "db.yaml").exists():
            return False
        saved = (root / "dataset_dict.json").is_file() or all(
            (root / name).is_file() for name in ("state.json", "dataset_info.json")
        )
        return saved or any(root.glob("data/*.parquet")) or any(root.glob("*-of-*.parquet"))
    except (OSError, ValueError):
        return False


FORMAT = Format("hf", "Hugging Face datasets", _GIVE, read, recognises)
