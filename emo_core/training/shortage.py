"""A device's memory that is not enough, told with what to make smaller."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from accelerate.utils.memory import should_reduce_batch_size

from emo_core.errors import WorkbenchError
from emo_core.training.settings import TrainSettings

# What accelerate's list leaves out; the last is oneDNN's word on a CPU.
_NO_MEMORY = ("CUBLAS_STATUS_ALLOC_FAILED", "Cannot allocate memory", "could not create a primitive")


class OutOfMemory(WorkbenchError):
    """The device's memory was not enough; the message says what to make smaller."""


@contextmanager
def told_when_memory_ends(settings: TrainSettings) -> Iterator[None]:
    """What memory refuses inside, on a GPU or in the machine, is raised as OutOfMemory. `settings`, resolved, are the run's."""
    try:
        yield
    except (RuntimeError, MemoryError, OSError) as error:
        if not _is_shortage(error):
            raise
        raise OutOfMemory(_advice(settings, "The GPU's memory" if _is_of_gpu(error) else "Memory")) from error


def _is_shortage(error: Exception) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return should_reduce_batch_size(error) or any(words in str(error) for words in _NO_MEMORY)


def _is_of_gpu(error: Exception) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "CUDA" in str(error) or "CUBLAS" in str(error)


def _advice(settings: TrainSettings, what: str) -> str:
    """A run keeps its settings, as a checkpoint belongs to them: smaller ones are another run's."""
    smaller = []
    if settings.micro_batch > 1:
        smaller.append(f"a smaller micro-batch than {settings.micro_batch}")
    if not settings.is_probe:
        smaller += [] if settings.checkpointing else ["checkpointing"]
        smaller += [] if settings.qlora or settings.backbone == "tiny" else ["qlora (on a GPU)"]
    smaller = smaller or ["shorter clips or a smaller backbone"]
    return (
        f"{what} was not enough. Duplicate the run with {' or '.join(smaller)}: a run itself keeps its settings. Or end other programs "
        "and resume it: it goes on from its last checkpoint."
    )
