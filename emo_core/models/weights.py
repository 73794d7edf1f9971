"""Where the files of a model lie on this machine, whether they are whole, and which they are. Nothing is ever downloaded."""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from emo_core.errors import BadInput

SIZES_GB = {"Qwen/Qwen2-Audio-7B-Instruct": 16.8, "Qwen/Qwen2-Audio-7B": 16.8}
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_NEEDED = (  # one of each row must be there
    ("config.json",),
    ("tokenizer.json", "vocab.json"),
    ("preprocessor_config.json", "processor_config.json"),
)
_SAMPLES, _SAMPLE_BYTES = 64, 4096


def find_weights(name: str | Path) -> Path:
    """The folder that holds the model `name`: a folder, or an id of the Hugging Face hub that lies in the local cache.

    The cache is the one that `HF_HUB_CACHE` or `HF_HOME` names, by default ~/.cache/huggingface. An id stands for what its
    branch `main` pointed to when it was fetched.

    Raises BadInput where the folder or the cached model is absent or not whole, saying what is missing and what to do.
    """
    folder = Path(name).expanduser()
    if not folder.is_dir():
        folder = _snapshot(str(name))
    if missing := missing_files(folder):
        raise BadInput(f"The weights in {folder} are not whole: {', '.join(missing)}. {_advice(str(name))}")
    return folder


def missing_files(folder: Path) -> list[str]:
    """What keeps `folder` from being loaded: files that are not there, or shorter than they say they are; empty when whole."""
    missing = [" or ".join(names) for names in _NEEDED if not any((folder / name).exists() for name in names)]
    missing = [f"{names} is missing" for names in missing]
    for name in _weight_names(folder):
        file = folder / name
        if not file.exists():
            missing.append(f"{name} is missing")
        elif not _is_whole(file):
            missing.append(f"{name} breaks off")
    return missing


def version(folder: Path) -> str:
    """A short hash, 12 hexadecimal digits, that tells models apart: what votes and caches are kept under.

    It covers the configuration, tokenizer and template files, the name, size and table of contents of every weight file with 64
    evenly spread samples of its numbers (two fine-tunings of one model have files of equal names and sizes), and the revision
    where the folder is a snapshot of the hub.
    """
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        if file.suffix in (".json", ".jinja") or file.name == "merges.txt":
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    for name in sorted(_weight_names(folder)):
        digest.update(f"{name}\0{(folder / name).stat().st_size}\0".encode())
        for block in _samples(folder / name):
            digest.update(block)
    if folder.parent.name == "snapshots":
        digest.update(folder.name.encode())
    return digest.hexdigest()[:12]


def _snapshot(name: str) -> Path:
    """The cached snapshot of a hub id."""
    if not _HUB_NAME.fullmatch(name):
        raise BadInput(
            f"There is no folder {name!r}, and it is no name on the Hugging Face hub, which reads owner/model. "
            "Name a folder that holds the model's files, or one like Qwen/Qwen2-Audio-7B-Instruct."
        )
    repository = _cache() / f"models--{name.replace('/', '--')}"
    pointer = repository / "refs" / "main"
    folder = repository / "snapshots" / pointer.read_text().strip() if pointer.is_file() else repository
    if not pointer.is_file() or not folder.is_dir():
        raise BadInput(f"The model {name} is not on this machine: nothing of it is in {_cache()}. {_advice(name)}")
    return folder


def _cache() -> Path:
    home = Path(os.environ.get("HF_HOME") or "~/.cache/huggingface").expanduser()
    return Path(os.environ.get("HF_HUB_CACHE") or home / "hub").expanduser()


def _advice(name: str) -> str:
    if not _HUB_NAME.fullmatch(name) or Path(name).is_dir():
        return "Copy them again, or name another folder."
    size = f" (about {SIZES_GB[name]:g} GB)" if name in SIZES_GB else ""
    return f"Fetch it with `hf download {name}`{size}, or name a folder that holds its files."


def _weight_names(folder: Path) -> list[str]:
    """Names of the weight files, as the index lists them where there is one."""
    index = folder / "model.safetensors.index.json"
    if not index.exists():
        return ["model.safetensors"]
    return sorted(set(json.loads(index.read_text())["weight_map"].values()))


def _is_whole(file: Path) -> bool:
    """Whether a safetensors file is as long as its table of contents says.

    The format: 8 bytes with the length of the table, the table as JSON, the numbers.
    """
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        if length <= 0 or 8 + length > file.stat().st_size:
            return False
        table = json.loads(opened.read(length))
    ends = [entry["data_offsets"][1] for key, entry in table.items() if key != "__metadata__"]
    return file.stat().st_size >= 8 + length + max(ends, default=0)


def _samples(file: Path) -> Iterator[bytes]:
    """The table of contents, then blocks spread evenly over the file."""
    size = file.stat().st_size
    with file.open("rb") as opened:
        yield opened.read(int.from_bytes(opened.read(8), "little"))
        for i in range(_SAMPLES):
            opened.seek(size * i // _SAMPLES)
            yield opened.read(_SAMPLE_BYTES)
