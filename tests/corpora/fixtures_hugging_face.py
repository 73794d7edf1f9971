"""Data sets on disk in the shape of `datasets`, made with pyarrow."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.corpora.fixtures_sound import write_sound

NAMES = ["anger", "happy", "sad"]
FEATURES = {
    "id": {"dtype": "string", "_type": "Value"},
    "audio": {"_type": "Audio"},
    "annotator": {"dtype": "int64", "_type": "Value"},
    "emotion": {"names": NAMES, "_type": "ClassLabel"},
    "valence": {"dtype": "float64", "_type": "Value"},
}
SOUND = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
CARD = "---\nlicense: cc-by-4.0\n---\n# Votes\n"


def table(rows: list[dict] | None = None) -> pa.Table:
    """Three votes on two clips: ids of classes, sound inside."""
    rows = rows or [
        {"id": "c1", "audio": {"bytes": b"RIFF", "path": "c1.wav"}, "annotator": 3, "emotion": 0, "valence": 1.5},
        {"id": "c1", "audio": {"bytes": b"RIFF", "path": "c1.wav"}, "annotator": 4, "emotion": 2, "valence": None},
        {"id": "c2", "audio": {"bytes": b"RIFF", "path": "c2.wav"}, "annotator": 3, "emotion": 1, "valence": 4.0},
    ]
    schema = pa.schema(
        [
            ("id", pa.string()),
            ("audio", SOUND),
            ("annotator", pa.int64()),
            ("emotion", pa.int64()),
            ("valence", pa.float64()),
        ]
    )
    said = json.dumps({"info": {"features": FEATURES}})
    return pa.Table.from_pylist(rows, schema=schema.with_metadata({"huggingface": said}))


def save(data: pa.Table, folder: Path) -> None:
    """As `Dataset.save_to_disk` does."""
    folder.mkdir(parents=True, exist_ok=True)
    with pa.ipc.new_stream(str(folder / "data-00000-of-00001.arrow"), data.schema) as stream:
        stream.write_table(data)
    (folder / "dataset_info.json").write_text(json.dumps({"features": FEATURES, "license": ""}))
    files = [{"filename": "data-00000-of-00001.arrow"}]
    (folder / "state.json").write_text(json.dumps({"_data_files": files, "_fingerprint": "0", "_split": "train"}))


def build(folder: Path) -> Path:
    """A DatasetDict of two splits, with one sound file beside it."""
    for split in ("train", "test"):
        save(table(), folder / split)
    (folder / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test"]}))
    write_sound(folder / "clips" / "c1.wav")
    return folder


def build_parquet(folder: Path, data: pa.Table | None = None, *, split: str = "train", card: str = CARD) -> Path:
    """A repository: README.md and data/<split>-00000-of-00001.parquet."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(card, encoding="utf-8")
    pq.write_table(data if data is not None else table(), folder / "data" / f"{split}-00000-of-00001.parquet")
    return folder
