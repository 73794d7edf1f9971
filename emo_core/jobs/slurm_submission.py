"""The process that submits a job to Slurm: `python -m emo_core.jobs.slurm_submission FOLDER`.

submitit hands its own environment on and is imported here only: no server loads it, and no server's environment changes.
"""

import os
import sys
import time
from pathlib import Path

from submitit import SlurmExecutor

from emo_core.jobs import files, processes
from emo_core.jobs.spec import read_spec
from emo_core.jobs.supervisor import supervise


def submit(folder: Path) -> None:
    """Submit the supervisor of the job in `folder`, and keep Slurm's number for it in `process.json`."""
    spec = read_spec(folder)
    executor = SlurmExecutor(folder=folder / "slurm")
    executor.update_parameters(
        **{"job_name": f"emo-{spec.number}", "additional_parameters": {"export": "ALL"}} | spec.slurm
    )
    job = executor.submit(supervise, folder)
    card = processes.card() | {"executor": "slurm", "asked_at": time.time(), "started_at": None, "slurm_id": job.job_id}
    files.create_json(folder / files.PROCESS, card)  # unless the supervisor stands already, and says more


if __name__ == "__main__":
    os.environ.pop("SLURM_JOB_ID", None)  # submitted from within a Slurm job, it is still one of its own
    submit(Path(sys.argv[1]))
