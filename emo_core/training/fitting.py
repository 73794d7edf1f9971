"""Whether a run's memory fits what this machine trains it with, and what to switch on where it does not."""

import importlib.util
import math
from collections.abc import Sequence
from dataclasses import dataclass

from emo_core.errors import BadInput
from emo_core.jobs import spec
from emo_core.training import hardware, memory
from emo_core.training.plan import TrainPlan
from emo_core.training.settings import TrainSettings
from emo_core.training.table import Table

TOKENS_A_SECOND = 25  # of audio


@dataclass(frozen=True)
class Memory:
    """What a run needs of a device, in MB (10⁶ bytes).

    device      the GPU's name, or words for this machine's memory
    total_mb, free_mb    None where the device does not say
    savings     where it needs more than there is: what to switch on, as documents of `memory.Saving` with `enough`
    """

    needed_mb: int
    device: str
    on_gpu: bool
    total_mb: int | None
    free_mb: int | None
    savings: tuple[dict, ...] = ()

    @property
    def enough(self) -> bool | None:
        """Whether it fits; None where nobody knows."""
        return None if self.total_mb is None else self.needed_mb <= self.total_mb


def resource(settings: TrainSettings) -> str:
    """What its job waits for, a key of `jobs.spec.RESOURCES`."""
    return "gpu" if settings.backbone not in memory.LIGHT_MB and spec.has_gpu() else "cpu"


def check_processes(settings: TrainSettings, executor: str) -> None:
    """Raises BadInput where this machine has fewer GPUs than the run wants processes; without any they share the processor."""
    gpus = hardware.gpu_count() if executor == "local" and settings.device != "cpu" else 0
    if 0 < gpus < settings.processes:
        raise BadInput(
            f"{settings.processes} processes want a GPU each, and this machine shows {gpus}. Set processes to {gpus} at most."
        )


def memory_of(plan: TrainPlan, found: Table, *, executor: str = "local") -> Memory:
    """Memory of a plan on what this machine trains it with; on a cluster nobody knows here."""
    own = plan.settings
    light = own.backbone in memory.LIGHT_MB
    gpu = None if light or own.device == "cpu" or executor == "slurm" else hardware.gpu()
    if own.qlora and executor == "local":
        _check_four_bits(gpu)
    halves = own.precision == "bfloat16" or (
        own.precision == "auto" and (executor == "slurm" or bool(gpu and gpu.bfloat16))
    )
    config, dtype = None, "bfloat16" if halves else "float32"
    if not light:
        from emo_core.models import weights

        config = weights.find_weights(own.backbone)
    tokens = longest_tokens(own, found, plan.emotions)
    needed = memory.estimate_memory_mb(own, config, dtype, tokens=tokens)
    device, total, free = _device(gpu, executor, unseen=not light and own.device != "cpu")
    less = () if light or total is None or needed <= total else memory.savings(
        own, config, dtype, tokens=tokens, four_bits=gpu is not None
    )  # fmt: skip
    told = tuple(
        {"changes": each.changes, "needed_mb": each.needed_mb, "enough": each.needed_mb <= total} for each in less
    )
    return Memory(needed, device, gpu is not None, total, free, told)


def _check_four_bits(gpu: hardware.Gpu | None) -> None:
    """Raises BadInput where 4 bits cannot be had on this machine, before a job finds out."""
    if gpu is None and not spec.has_gpu():
        raise BadInput("Weights in 4 bits (qlora) need a CUDA GPU, and this machine shows none. Switch them off.")
    if importlib.util.find_spec("bitsandbytes") is None:
        raise BadInput(
            "Weights in 4 bits (qlora) need bitsandbytes, which is not installed: `pip install bitsandbytes`, or switch them off."
        )


def _device(gpu: hardware.Gpu | None, executor: str, *, unseen: bool) -> tuple[str, int | None, int | None]:
    """(name, total, free) of the memory that a run takes."""
    if executor == "slurm":
        return "the cluster's machine", None, None
    if gpu:
        free = None if gpu.total_mb is None or gpu.used_mb is None else int(gpu.total_mb - gpu.used_mb)
        return gpu.name, gpu.total_mb and int(gpu.total_mb), free
    if unseen and spec.has_gpu():
        return "the GPU of this machine, which does not say how much memory it has", None, None
    total, free = hardware.memory_mb()
    return "this machine" + ("" if spec.has_gpu() else " (no NVIDIA GPU)"), int(total), int(free)


def longest_tokens(settings: TrainSettings, found: Table, emotions: Sequence[str]) -> int:
    """Tokens of the longest clip with its prompt, at most: 25 a second of sound, and of text one for every three letters."""
    sound = 30.0 if settings.stock else max((clip.seconds for clip in found.clips), default=settings.longest_s)
    said = max((len(clip.transcript or "") for clip in found.clips), default=0)
    letters = len(settings.prompt) + len(", ".join(emotions)) + said
    return math.ceil(TOKENS_A_SECOND * min(sound, settings.longest_s)) + math.ceil(letters / 3)
