"""What the training's own process sees of its device while it learns."""

import time

import psutil
import torch

from emo_core.training import hardware

EVERY_S = 0.5  # as often as progress is written


class Watch:
    """Figures of the device, looked at twice a second at most."""

    def __init__(self, device: torch.device):
        self._device, self._uuid = device, uuid_of(device)
        self._at, self._gpu = float("-inf"), {}

    def figures(self) -> dict[str, float]:
        """memory_mb    the most that this process has held so far on a GPU, or holds now where there is none
        gpu_percent, gpu_memory_mb, gpu_total_mb    how busy the GPU is, what all processes hold of its memory, and how much it
                     has; each only where the card says so

        Memory in MB, 10⁶ bytes.
        """
        if self._device.type != "cuda":
            return {"memory_mb": psutil.Process().memory_info().rss / 1e6}
        if time.monotonic() - self._at >= EVERY_S:
            self._at, self._gpu = time.monotonic(), gpu_figures(hardware.gpu(self._uuid))
        return {"memory_mb": torch.cuda.max_memory_reserved(self._device) / 1e6} | self._gpu


def gpu_figures(found: hardware.Gpu | None) -> dict[str, float]:
    """What is known of a GPU, by the names of `Watch.figures`."""
    if found is None:
        return {}
    told = {"gpu_percent": found.percent, "gpu_memory_mb": found.used_mb, "gpu_total_mb": found.total_mb}
    return {name: value for name, value in told.items() if value is not None}


def uuid_of(device: torch.device) -> str | None:
    """How NVML calls torch's GPU, whose numbers may be others; None for the processor."""
    if device.type != "cuda":
        return None
    found = getattr(torch.cuda.get_device_properties(device), "uuid", None)
    return found and f"GPU-{found}"
