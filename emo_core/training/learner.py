"""What learns, as the loop sees it: hears items once, makes batches of them, and has a module with weights.

Two kinds: `probe.Probe` and `tuning.TunedBackbone`.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import nn

from emo_core.training.cache import Cache, Memory
from emo_core.training.data import Item, Mix
from emo_core.training.settings import TrainSettings


@dataclass(frozen=True)
class Heard:
    """What is known of an item once it was heard: the key of its entry in the cache, and its length in tokens."""

    key: str
    length: int


class Learner(ABC):
    """What both kinds share, and what each must bring.

    module              takes what `batch` makes, gives log-probabilities (clips, emotions)
    heard               by the item's id; another process may have done the hearing
    evaluated_at_once   clips, at most, in a batch of an evaluation
    """

    evaluated_at_once: ClassVar[int]
    module: nn.Module
    version: str  # of what it hears with: another version, another learner

    def __init__(self, settings: TrainSettings, emotions: Sequence[str], device: torch.device, cache: Cache | Memory):
        self.settings, self.emotions, self.device, self.cache = settings, tuple(emotions), device, cache
        self.heard: dict[str, Heard] = {}
        self._mix: Mix | None = None

    @abstractmethod
    def hear(self, items: Sequence[Item], mix: Mix | None = None) -> dict[str, Heard]:
        """Decode, check and encode items together, unless the cache holds them.

        Raises AudioError, naming the item, for what cannot be heard whole.
        """

    @abstractmethod
    def fit(self, items: Sequence[Item]) -> None:
        """Learn what is computed rather than trained, from the training items, all heard."""

    @abstractmethod
    def batch(self, items: Sequence[Item]) -> dict:
        """The arguments of `module` for items, all heard."""

    def forget(self) -> None:
        """Let go of all items heard, and of what is kept of them in memory."""
        self.heard.clear()
        self.cache.forget()

    def trainable(self) -> dict[str, nn.Parameter]:
        """By name, what the optimizer moves."""
        return {name: value for name, value in self.module.named_parameters() if value.requires_grad}

    def state(self) -> dict[str, torch.Tensor]:
        """Copies, on the CPU, of all that training makes of the module."""
        return {name: value.detach().cpu().clone() for name, value in self._own().items()}

    def load_state(self, state: dict[str, torch.Tensor]) -> None:
        """Take over what `state` gave."""
        with torch.no_grad():
            for name, value in self._own().items():
                value.copy_(state[name])

    def _kept(self, item: Item) -> torch.Tensor:
        """The cache's entry of an item; made again where someone emptied the cache meanwhile."""
        key = self.heard[item.id].key
        found = self.cache.get(key)
        if found is None:
            self.hear([item], self._mix)
            found = self.cache.get(key)
        return found

    def _own(self) -> dict[str, torch.Tensor]:
        return self.trainable()


def open_learner(
    settings: TrainSettings, emotions: Sequence[str], device: torch.device, cache_root: Path | None
) -> Learner:
    """The learner that `settings.backbone` names, its new weights from the seed; without a root the cache is in memory.

    Raises BadInput where a backbone is not on this machine.
    """
    if settings.is_probe:
        from emo_core.training.probe import Probe

        return Probe(settings, emotions, device, cache_root)
    from emo_core.training.tuning import TunedBackbone

    return TunedBackbone(settings, emotions, device, cache_root)


def open_cache(root: Path | None, maker: str) -> Cache | Memory:
    """Where a learner keeps what frozen parts make of sounds: below `root`, where later runs find it, or in memory without one.

    maker    names what made it with everything that changes it, such as versions and number format; it becomes a folder

    Raises BadInput for a maker that names no folder.
    """
    return Memory() if root is None else Cache(root, maker)
