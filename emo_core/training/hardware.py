"""What this machine has to train on: processor, memory, and the GPU as NVIDIA's management library (NVML) tells it.

Light: neither torch nor a driver is needed. What nobody answers is None, never a guess.
"""

import os
import platform
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

_BFLOAT16_SINCE = 8  # compute capability: Ampere and later compute in bfloat16 themselves
_PROCESSORS = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Gpu:
    """A GPU at this moment. None: the card does not say.

    total_mb, used_mb    its memory, and what all processes hold of it, MB (10⁶ bytes)
    percent      of the last fraction of a second in which it computed, 0 … 100
    bfloat16     whether it computes in that format itself
    energy_j     joules since its driver was loaded, of the whole card, whoever used it
    """

    name: str
    total_mb: float | None = None
    used_mb: float | None = None
    percent: float | None = None
    bfloat16: bool = False
    energy_j: float | None = None


def gpu(uuid: str | None = None) -> Gpu | None:
    """The GPU that a job here would train on: that of `uuid` (as `GPU-…`), else the first one that CUDA_VISIBLE_DEVICES names, else
    the first. None where there is no GPU, no driver, or none may be seen.
    """
    nvml = _nvml()
    handle = _handle(uuid) or _handle(None) if nvml else None
    if handle is None:
        return None
    memory = _asked(nvml.nvmlDeviceGetMemoryInfo, handle)
    rates = _asked(nvml.nvmlDeviceGetUtilizationRates, handle)
    capability = _asked(nvml.nvmlDeviceGetCudaComputeCapability, handle)
    energy_mj = _asked(nvml.nvmlDeviceGetTotalEnergyConsumption, handle)
    return Gpu(
        name=_asked(nvml.nvmlDeviceGetName, handle) or "NVIDIA GPU",
        total_mb=memory and memory.total / 1e6, used_mb=memory and memory.used / 1e6, percent=rates and float(rates.gpu),
        bfloat16=capability is not None and capability[0] >= _BFLOAT16_SINCE,
        energy_j=None if energy_mj is None else energy_mj / 1e3,
    )  # fmt: skip


def gpu_count() -> int:
    """GPUs that a job here may see; 0 where there is no GPU or no driver."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return len([name for name in visible.split(",") if name.strip()])
    nvml = _nvml()
    return _asked(nvml.nvmlDeviceGetCount) or 0 if nvml else 0


@cache
def _nvml():
    """NVML, ready to be asked; None where it is not there."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    return pynvml


def _handle(uuid: str | None):
    """How NVML calls the GPU; None where there is no such one."""
    nvml = _nvml()
    chosen = uuid or os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0].strip()
    if chosen.isdecimal():
        return _asked(nvml.nvmlDeviceGetHandleByIndex, int(chosen))
    return _asked(nvml.nvmlDeviceGetHandleByUUID, chosen) if chosen.startswith(("GPU-", "MIG-")) else None


def _asked(question: Callable, *given):
    """NVML's answer; None where this card has none."""
    try:
        return question(*given)
    except _nvml().NVMLError:
        return None


def processor() -> str:
    """Model of the processor and the cores that this process may use."""
    name = platform.processor() or platform.machine()
    with suppress(OSError):
        lines = _PROCESSORS.read_text(errors="replace").splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {cores} core{'' if cores == 1 else 's'}"


def memory_mb() -> tuple[float, float]:
    """(total, free at this moment) of the machine's memory, MB (10⁶ bytes)."""
    found = psutil.virtual_memory()
    return found.total / 1e6, found.available / 1e6
