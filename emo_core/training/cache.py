"""What frozen parts make of a waveform, kept on disk: computed once for all epochs, seeds and runs.

An entry is found by the samples themselves, so that a changed file or another mixture is another entry; the folder says what made
it: `<maker>/<first two digits>/<hash>.safetensors`. Files appear whole or not at all; one that cannot be read is made again.
"""

import hashlib
import os
import re
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from emo_core.errors import BadInput


def key_of(waveform: np.ndarray) -> str:
    """32 hexadecimal digits that follow from the samples."""
    return hashlib.blake2b(np.ascontiguousarray(waveform, dtype=np.float32).tobytes(), digest_size=16).hexdigest()


class Cache:
    """Tensors by key, of one maker: a name with everything in it that changes what is made, such as versions and precision."""

    def __init__(self, root: Path, maker: str):
        if not re.fullmatch(r"[\w.+-]+", maker):
            raise BadInput(f"A maker's name names a folder: letters, digits and .+-_ only; got {maker!r}.")
        self.folder = Path(root) / maker

    def path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.safetensors"

    def get(self, key: str) -> torch.Tensor | None:
        """The tensor, on the CPU; None where there is none that can be read."""
        try:
            return load(self.path(key).read_bytes())["value"]
        except (FileNotFoundError, SafetensorError, KeyError):
            return None

    def put(self, key: str, value: torch.Tensor) -> None:
        """Keep a tensor; a reader sees all of it or nothing."""
        path = self.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{key}.{os.getpid()}")
        try:
            draft.write_bytes(save({"value": value.detach().cpu().contiguous()}))
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    def forget(self) -> None:
        """Nothing is held in memory."""


class Memory:
    """The same for as long as the process lives, for predictions outside a run."""

    def __init__(self):
        self._kept: dict[str, torch.Tensor] = {}

    def get(self, key: str) -> torch.Tensor | None:
        return self._kept.get(key)

    def put(self, key: str, value: torch.Tensor) -> None:
        self._kept[key] = value.detach().cpu()

    def forget(self) -> None:
        """Let go of all."""
        self._kept.clear()
