"""Jobs on Slurm. The tests with a cluster need one that answers `sinfo`; they start none."""

import shutil
import subprocess

import pytest

from emo_core import jobs
from emo_core.errors import JobError, UnknownName
from emo_core.jobs import files, slurm
from tests.jobs.conftest import ended, family, gone, make, until

KEY = "AIzaSlurmKey0123456789"


@pytest.fixture(scope="module")
def cluster():
    if shutil.which("sinfo") is None:
        pytest.skip("no Slurm on this machine: there is no sinfo")
    try:
        asked = subprocess.run(
            ["sinfo", "--noheader", "--states", "idle,mixed,allocated"], capture_output=True, text=True, timeout=5
        )
    except subprocess.TimeoutExpired:
        pytest.skip("Slurm does not answer: sinfo waits for its controller")
    if asked.returncode or not asked.stdout.strip():
        pytest.skip(f"Slurm does not answer: {asked.stderr.strip() or 'no node is up'}")


def test_without_slurm_starting_says_what_is_missing(root, monkeypatch):
    folder = make(root, "count", executor="slurm")
    monkeypatch.setenv("PATH", str(root))
    with pytest.raises(JobError, match="sbatch, srun, squeue, scancel not found"):
        jobs.start(folder)
    assert jobs.status(folder).state == "made"


def test_an_unknown_setting_lists_the_known_ones():
    with pytest.raises(UnknownName, match="partition"):
        jobs.Spec("test", "t", "tests.jobs.works", executor="slurm", slurm={"partitoin": "gpu"})


@pytest.mark.parametrize(
    ("word", "going", "state"),
    [
        ("PENDING", "queued", "queued"), ("PENDING", "running", "running"), ("RUNNING", "queued", "running"),
        ("COMPLETING", "running", "running"), ("TIMEOUT", "running", "failed"), ("OUT_OF_MEMORY", "running", "failed"),
        ("CANCELLED", "queued", "cancelled"), ("COMPLETED", "running", "lost"), ("UNKNOWN", "running", "lost"),
        (None, "running", "running"),
    ],
)  # fmt: skip
def test_words_of_slurm(monkeypatch, word, going, state):
    monkeypatch.setattr(slurm, "_word", lambda slurm_id, moment: word)
    told, reason = slurm.state("12", going)
    assert told == state
    assert "12" in reason and (word is None or word in reason)


def test_a_job_on_slurm_runs_to_its_end(root, cluster):
    folder = make(root, "count", executor="slurm", slurm={"time": 5, "cpus_per_task": 1}, steps=20)
    assert jobs.start(folder, {"GEMINI_API_KEY": KEY}).state in jobs.ALIVE
    with pytest.raises(JobError, match="stop it before"):
        jobs.start(folder)
    status = ended(folder)
    assert status.state == "done" and files.read_json(folder / files.RESULT)["counted"] == 20
    assert files.read_json(folder / files.PROCESS)["slurm_id"]
    written = b"".join(path.read_bytes() for path in root.rglob("*") if path.is_file())
    assert KEY.encode() not in written


def test_a_deaf_job_on_slurm_is_stopped_and_one_that_waits_too(root, cluster):
    folder = make(root, "deaf_tree", executor="slurm", slurm={"time": 5})
    waiting = make(root, "count", executor="slurm", slurm={"time": 5, "setup": ["sleep 60"]})
    jobs.start(folder)
    jobs.start(waiting)
    pids = family(folder)
    assert jobs.cancel(waiting).state == "cancelled"
    status = jobs.cancel(folder, grace_s=0.3)
    assert status.state == "cancelled" and "did not end within the grace" in status.reason
    until(lambda: all(map(gone, pids)))


def test_slurm_ends_a_job_without_its_supervisor(root, cluster):
    folder = make(root, "orphan", executor="slurm", slurm={"time": 5})
    jobs.start(folder)
    pids = family(folder)
    card = files.read_json(folder / files.PROCESS)
    subprocess.run(["scancel", "--signal=KILL", "--full", card["slurm_id"]], check=True)
    status = ended(folder)
    assert status.state in ("failed", "cancelled", "lost") and card["slurm_id"] in status.reason
    until(lambda: all(map(gone, pids)))


def test_what_slurm_refuses_is_told_in_its_words(root, cluster):
    folder = make(root, "count", executor="slurm", slurm={"partition": "no-such"})
    with pytest.raises(JobError, match="invalid partition"):
        jobs.start(folder)
