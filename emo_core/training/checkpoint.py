"""Where a run stands, in one file that is replaced whole: after a crash it holds this state or the one before.

Everything random is seeded anew for each micro-batch (see `loop`), so no state of a generator has to be kept: a resumed run draws
what the uninterrupted one would have drawn.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

from emo_core.errors import BadInput
from emo_core.training.data import Data
from emo_core.training.settings import TrainSettings

FILE = "checkpoint.pt"
_NOT_LEARNT = ("cache", "device")  # settings that may change between two attempts


@dataclass
class Progress:
    """How far a run is.

    epoch, step     epochs done, and steps done of the present one
    losses, heard   sum of the losses of the present epoch's clips, and their number
    best_js         smallest validation JS so far, bits; `best_epoch` counts from 1, 0: none yet
    history         for each epoch done: epoch, loss, val_js
    """

    epoch: int = 0
    step: int = 0
    losses: float = 0.0
    heard: int = 0
    best_js: float = float("inf")
    best_epoch: int = 0
    history: list[dict] = field(default_factory=list)

    def is_over(self, settings: TrainSettings) -> bool:
        """Whether all epochs are done, or validation has not improved for `patience` of them."""
        return self.epoch >= settings.epochs or self.epoch - self.best_epoch >= settings.patience


def fingerprint(settings: TrainSettings, data: Data, version: str, keys: Mapping[str, str]) -> str:
    """32 hexadecimal digits that follow from all that a run learns from: settings, items, targets, backbone, and `keys`, which tell
    the items' sounds apart.
    """
    document = {name: value for name, value in settings.as_document().items() if name not in _NOT_LEARNT}
    items = [[item.id, keys[item.id], item.transcript] for part in (data.train, data.validation) for item in part.items]
    digest = hashlib.blake2b(json.dumps([document, data.emotions, version, items]).encode(), digest_size=16)
    for part in (data.train, data.validation):
        digest.update(part.targets.tobytes())
    return digest.hexdigest()


def save(folder: Path, mark: str, progress: Progress, states: dict) -> None:
    """Replace the checkpoint in `folder`; `states` are dictionaries of tensors and plain values. Raises OSError for a full disk."""
    draft = folder / f".{FILE}.new"  # one process writes; what a kill left half written is written over
    try:
        with draft.open("wb") as file:
            torch.save({"fingerprint": mark, "progress": asdict(progress)} | states, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / FILE)
    except RuntimeError as error:
        if isinstance(
            error.__context__, OSError
        ):  # torch's writer says of a full disk only that a position is not as expected
            raise error.__context__ from error
        raise
    finally:
        draft.unlink(missing_ok=True)


def load(folder: Path, mark: str) -> tuple[Progress, dict] | None:
    """The checkpoint in `folder`, None where there is none.

    Raises BadInput where it belongs to a run with other settings, data or backbone.
    """
    path = folder / FILE
    if not path.exists():
        return None
    states = torch.load(path, map_location="cpu", weights_only=True)
    if states.pop("fingerprint") != mark:
        raise BadInput(
            f"The checkpoint in {folder} is of a run with other settings, clips or backbone: go on with those, or begin a new run."
        )
    return Progress(**states.pop("progress")), states
