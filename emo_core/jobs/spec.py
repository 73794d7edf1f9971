"""What a job is: the work, what it needs, and where it runs."""

import json
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

import psutil

from emo_core.errors import BadInput, JobError, UnknownName
from emo_core.jobs import disk, files

ROOT = Path(__file__).parents[2]  # where `python -m` finds emo_core
GRACE_S = 10.0  # from the request to stop to the kill, where the request does not say
RESOURCES = {"gpu": 1, "cpu": 1, "network": 4}  # how many jobs of each run at a time, see `jobs.turns`
EXECUTORS = ("local", "slurm")
SLURM_SETTINGS = (
    "account", "comment", "constraint", "cpus_per_task", "exclude", "gpus_per_node", "gres", "mem", "nodelist", "partition", "qos",
    "setup", "time",
)  # fmt: skip


@dataclass(frozen=True)
class Needs:
    """What must be there when the work begins.

    disk_mb: free space on the disk of the job's folder, megabytes.
    memory_mb: free memory, megabytes.
    gpu: whether an NVIDIA GPU must be there.
    """

    disk_mb: int = 0
    memory_mb: int = 0
    gpu: bool = False


@dataclass(frozen=True)
class Spec:
    """A job, written once, before its first attempt.

    kind: the family of work, one word, such as `training`.
    title: what users call it.
    module: what is run, `python -m MODULE FOLDER`; see `worker.carry_out`.
    resource: what it waits for, a key of RESOURCES. On Slurm, Slurm decides.
    executor: one of EXECUTORS.
    slurm: settings for sbatch, of SLURM_SETTINGS; time in minutes, setup a list of shell lines.
    made_at: seconds since 1970; 0 has `make` say now.
    number: names the folder; 0 has `make` give the next free one.
    """

    kind: str
    title: str
    module: str
    resource: str = "cpu"
    executor: str = "local"
    needs: Needs = Needs()
    slurm: dict = field(default_factory=dict)
    made_at: float = 0.0
    number: int = 0

    def __post_init__(self):
        if self.resource not in RESOURCES:
            raise UnknownName("resource", self.resource, RESOURCES)
        if self.executor not in EXECUTORS:
            raise UnknownName("executor", self.executor, EXECUTORS)
        for name in self.slurm:
            if name not in SLURM_SETTINGS:
                raise UnknownName("Slurm setting", name, SLURM_SETTINGS)
        if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", self.module):
            raise BadInput(f"A job runs a Python module, such as emo_core.training.run; {self.module!r} is none.")


def make(root: Path, spec: Spec, fill: Callable[[Path], None] = lambda folder: None) -> Path:
    """Write the job's folder below `root` and return it. Nothing is started.

    `fill` writes what the work reads into the folder, under a name that does not last: the job appears whole or not at all.
    Raises BadInput where the number is taken, DiskFull.
    """
    root.mkdir(parents=True, exist_ok=True)
    with disk.told_when_full(root):
        return _make(root, spec, fill)


def _make(root: Path, spec: Spec, fill: Callable[[Path], None]) -> Path:
    draft = Path(tempfile.mkdtemp(prefix=".new-", dir=root))  # appears under its number at once and complete
    draft.chmod(0o755)
    try:
        fill(draft)
        while True:
            made = replace(spec, number=spec.number or _next_number(root), made_at=spec.made_at or time.time())
            files.write_json(draft / files.SPEC, asdict(made))
            try:
                return draft.rename(root / str(made.number))
            except OSError:
                if not (root / str(made.number)).exists():
                    raise
                if spec.number:
                    raise BadInput(f"There is a job {spec.number} already. Give another number, or 0.") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def numbers(root: Path) -> list[int]:
    """Numbers of the jobs below `root`, ascending."""
    found = root.iterdir() if root.is_dir() else ()
    return sorted(int(folder.name) for folder in found if folder.name.isdecimal())


def _next_number(root: Path) -> int:
    return max(numbers(root), default=0) + 1


def read_spec(folder: Path) -> Spec:
    """The spec of the job in `folder`. Raises JobError where it cannot be read."""
    try:
        document = files.read_json(folder / files.SPEC)
        known = {part.name for part in fields(Spec)}
        kept = {key: value for key, value in (document or {}).items() if key in known}
        return Spec(**kept | {"needs": Needs(**kept.get("needs", {}))})
    except (json.JSONDecodeError, TypeError, BadInput) as error:
        raise JobError(
            f"The folder {folder.name} of jobs holds no readable {files.SPEC} ({error}). Move the folder away, or restore the file."
        ) from None


def preflight(folder: Path, needs: Needs) -> list[str]:
    """What is missing on this machine for the work in `folder`, one sentence each; empty where nothing is."""
    missing = []
    disk_mb = shutil.disk_usage(folder).free // 1_000_000
    if disk_mb < needs.disk_mb:
        missing.append(
            f"The disk of the store has {disk_mb:,} MB free, the work needs {needs.disk_mb:,} MB: free some space."
        )
    memory_mb = psutil.virtual_memory().available // 1_000_000
    if memory_mb < needs.memory_mb:
        missing.append(
            f"{memory_mb:,} MB of memory are free, the work needs {needs.memory_mb:,} MB: close other programs, or choose "
            "smaller settings."
        )
    if needs.gpu and not has_gpu():
        missing.append(
            "The work needs an NVIDIA GPU and this machine shows none: run it on another machine or on Slurm."
        )
    return missing


def has_gpu() -> bool:
    """Whether this machine shows an NVIDIA GPU."""
    return Path("/dev/nvidia0").exists() or shutil.which("nvidia-smi") is not None
