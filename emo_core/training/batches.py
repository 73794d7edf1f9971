"""In which order clips are heard: random, but clips of like length together, so that little padding is computed.

The order of an epoch follows from the seed and the epoch alone, so that a resumed run meets the clips that it would have met, and
any number of processes shares the same steps.

Clips are shuffled, sorted by length inside megabatches of 512, cut into micro-batches, and the micro-batches are shuffled again.
Padded over true tokens at effective batch 64: 2.5 in random batches, 1.25 or less like this.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emo_core.seeding import number_from
from emo_core.training.settings import Batches

MEGABATCH = 512  # clips


@dataclass(frozen=True)
class Step:
    """What one step of the optimizer learns from: micro-batches of indices into the examples."""

    micro_batches: tuple[tuple[int, ...], ...]

    @property
    def size(self) -> int:
        return sum(map(len, self.micro_batches))

    def share(self, process: int, processes: int) -> list[tuple[int, tuple[int, ...], float]]:
        """What one process hears: (number within the step, indices, weight of the loss).

        A process that is left without a micro-batch hears the first with weight zero: all must take part in the exchange of
        gradients.
        """
        own = [(i, rows, 1.0) for i, rows in enumerate(self.micro_batches) if i % processes == process]
        return own or [(0, self.micro_batches[0], 0.0)]


def steps_of(lengths: Sequence[int], batches: Batches, *, seed: int, epoch: int, buckets: bool = True) -> list[Step]:
    """The steps of an epoch; every clip is in exactly one. The last step, and one micro-batch a megabatch, may be smaller.

    lengths    tokens of each clip
    buckets    False: random micro-batches, as a plain loader makes them
    """
    rng = np.random.default_rng(number_from("order", seed, epoch))
    order = rng.permutation(len(lengths))
    megabatch = max(MEGABATCH // batches.micro_batch, 1) * batches.micro_batch
    micro: list[tuple[int, ...]] = []
    for start in range(0, len(order), megabatch):
        chosen = order[start : start + megabatch]
        if buckets:
            chosen = chosen[np.argsort(np.asarray(lengths)[chosen], kind="stable")]
        micro += _cut(chosen, batches.micro_batch)
    micro = [micro[i] for i in rng.permutation(len(micro))]
    a_step = batches.accumulation * batches.processes
    return [Step(tuple(micro[start : start + a_step])) for start in range(0, len(micro), a_step)]


def in_order_of_length(lengths: Sequence[int], size: int) -> list[tuple[int, ...]]:
    """All clips for evaluation, the shortest first: nothing random."""
    return _cut(np.argsort(np.asarray(lengths), kind="stable"), size)


def _cut(indices: np.ndarray, size: int) -> list[tuple[int, ...]]:
    return [tuple(map(int, indices[start : start + size])) for start in range(0, len(indices), size)]
