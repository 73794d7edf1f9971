"""Jobs on a cluster: the same supervisor, inside a Slurm job that submitit submits.

Slurm queues, counts GPUs and ends; the files in the job's folder, which the nodes must share, tell the rest. The
environment, with its keys, goes to Slurm as that of the `sbatch` process and into no file of ours.
"""

import functools
import shutil
import subprocess
import sys
import time
from pathlib import Path

from emo_core.errors import JobError
from emo_core.jobs import processes
from emo_core.jobs.secrets import scrub
from emo_core.jobs.spec import ROOT

COMMANDS = ("sbatch", "srun", "squeue", "scancel")
WAITING = ("PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SUSPENDED", "RESV_DEL_HOLD")
GOING = ("RUNNING", "COMPLETING", "SIGNALING", "STAGE_OUT", "STOPPED", "RESIZING")
UNTOLD = ("COMPLETED", "UNKNOWN")
ASK_EVERY_S = 3.0  # a word of Slurm is used for so long: pages ask every two seconds, for each job


def check() -> None:
    """Raise JobError where Slurm's commands are not on this machine."""
    missing = [command for command in COMMANDS if shutil.which(command) is None]
    if missing:
        raise JobError(
            f"Slurm is not on this machine: {', '.join(missing)} not found. Start the job on a login node of the cluster, or "
            "make it with the executor 'local'."
        )


def submit(folder: Path, environment: dict[str, str]) -> None:
    """Hand the job to Slurm. Raises JobError with Slurm's word where it is refused."""
    command = [sys.executable, "-m", "emo_core.jobs.slurm_submission", str(folder)]
    # The mark is for the work: with it, Slurm's own script would count as a part of the job.
    environment = {name: value for name, value in environment.items() if name != processes.MARK}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if ended.returncode:
        lines = [line for line in scrub(ended.stderr).splitlines() if line.strip()]
        word = next((line for line in lines if "error:" in line), lines[-1] if lines else "no reason given")
        raise JobError(
            f"Slurm did not take job {folder.name}: {word.strip()}. Correct its Slurm settings and start again."
        )


def state(slurm_id: str, going: str) -> tuple[str, str]:
    """(state, a sentence) of a job whose files do not say how it ended.

    `going` is what the job's files say, and is told where Slurm cannot be asked.
    """
    word = _word(slurm_id, int(time.monotonic() / ASK_EVERY_S))
    if word is None:
        return going, f"Slurm cannot be asked about its job {slurm_id} here; this is what was known last."
    if word in WAITING and going == "queued":
        return "queued", f"Slurm job {slurm_id}: {word}."
    if word in GOING or word in WAITING:
        return "running", f"Slurm job {slurm_id}: {word}."
    if word in UNTOLD:
        return "lost", f"Slurm job {slurm_id}: {word}, without a word of how the work ended. It can be resumed."
    ended = "cancelled" if word == "CANCELLED" else "failed"
    return ended, f"Slurm ended its job {slurm_id}: {word}. It can be resumed."


@functools.lru_cache(maxsize=256)
def _word(slurm_id: str, moment: int) -> str | None:
    """Slurm's word for the state of a job, such as TIMEOUT; UNKNOWN where it has forgotten it, None where it is silent."""
    queue = _ask("squeue", "--noheader", "--jobs", slurm_id, "--states", "all", "--format", "%T")
    if queue is not None and queue.stdout.strip():
        return queue.stdout.split()[0]
    kept = _ask("sacct", "--noheader", "--allocations", "--parsable2", "--jobs", slurm_id, "--format", "State")
    if kept is not None and kept.stdout.strip():
        return kept.stdout.split()[0]
    return "UNKNOWN" if queue is not None and "Invalid job id" in queue.stderr else None


def _ask(*command: str) -> subprocess.CompletedProcess | None:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None


def cancel(slurm_id: str) -> None:
    """Have Slurm end the job. Raises JobError where Slurm is not here."""
    check()
    _ask("scancel", slurm_id)
    _word.cache_clear()


def tell(slurm_id: str) -> None:
    """Send SIGTERM to the processes of a running job: a shared disk may show the request to stop a minute late."""
    check()
    _ask("scancel", "--signal=TERM", slurm_id)
