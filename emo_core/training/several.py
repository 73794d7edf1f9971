"""Several processes for one training on one machine: torchrun begins them, and they end together."""

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emo_core.errors import WorkbenchError
from emo_core.jobs import processes

_SAID_OF_PEERS = re.compile("gloo|nccl|connection (reset|closed|refused)|broken pipe", re.IGNORECASE)


class AnotherEnded(WorkbenchError):
    """Another process of the run is gone."""


def spread(plan: Path, module: str) -> None:
    """Become torchrun with as many processes of `module` as the plan asks for, unless it is one, or this is one of them already."""
    if _is_one_of_several():
        processes.die_with(os.getppid())
        return
    count = json.loads(plan.read_text(encoding="utf-8"))["settings"].get("processes", 1)
    if count == 1:
        return
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // count)))
    if sys.platform == "linux":  # they speak to each other on this machine alone
        for exchange in ("GLOO", "NCCL"):
            os.environ.setdefault(f"{exchange}_SOCKET_IFNAME", "lo")
    launcher = ["torch.distributed.run", "--standalone", f"--nproc-per-node={count}", "-m", module]
    os.execv(sys.executable, [sys.executable, "-m", *launcher, *sys.argv[1:]])


def _is_one_of_several() -> bool:
    return "RANK" in os.environ


@contextmanager
def told_when_another_ends() -> Iterator[None]:
    """What the exchange with a process that is gone raises comes out as AnotherEnded."""
    try:
        yield
    except RuntimeError as error:
        if _is_one_of_several() and _SAID_OF_PEERS.search(str(error)):
            raise AnotherEnded(
                "Another process of this run ended, often for want of memory; the log says by which signal. It can be resumed from its "
                "last checkpoint."
            ) from error
        raise
