"""Several processes for one run, as a job: torchrun begins them, the first speaks for all, and each may say what failed."""

import json
import signal

import numpy as np
import pytest

from emo_core import jobs
from emo_core.errors import BadInput
from emo_core.jobs import files
from emo_core.jobs.worker import STOP_SIGNALS, carry_out
from emo_core.records import Study
from emo_core.store import Database, runs, studies
from emo_core.training import account_rows, control, hardware
from tests.conftest import copied
from tests.jobs.conftest import until
from tests.rounding import float32_bound

QUICK = {"backbone": "tiny", "epochs": 2, "batch": 8}
EMOTIONS = ("anger", "disgust", "fear", "happy", "neutral", "sad")


@pytest.fixture(scope="module")
def store(demo, tmp_path_factory):
    """The demo with a study of its 33 clips that nine people or more heard."""
    store = Database(copied(demo, tmp_path_factory.mktemp("several") / "store"))
    studies.add_study(store, Study("few", ("demo",), "human", None, EMOTIONS, rule="drop_outside", min_votes=9))
    yield store
    store.close()


def plan_of(store, name: str, **settings):
    return control.plan_for(store, "few", {"name": name, "settings": QUICK | settings})


def predictions(store, name: str) -> np.ndarray:
    lines = (runs.folder_of(store, runs.find_run(store, name).run_id) / account_rows.FILE).read_text().splitlines()
    return np.array([json.loads(line)["values"] for line in lines])


def test_a_job_of_two_processes_comes_out_as_one(store):
    for name, processes in (("one", 1), ("two", 2)):
        folder = runs.folder_of(store, control.keep(store, plan_of(store, name, processes=processes)).run_id)
        control.begin(store, name)
        until(lambda folder=folder: jobs.status(folder).state not in jobs.ALIVE)
        assert jobs.status(folder).state == "done", jobs.last_lines(folder)
    np.testing.assert_allclose(predictions(store, "two"), predictions(store, "one"), atol=float32_bound(2), rtol=0)
    assert "accumulation 1 × processes 2" in (folder / files.PROGRESS).read_text()
    assert control.collect(store, "two") == len(predictions(store, "two")) * account_rows.VOTES


def test_the_first_process_speaks_and_the_first_failure_is_told(tmp_path, monkeypatch):
    def carried_out(rank: str, work) -> None:
        monkeypatch.setenv("RANK", rank)
        monkeypatch.setattr("sys.argv", ["work", str(tmp_path)])
        with pytest.raises(SystemExit):
            carry_out(work)

    def says(folder, reporter):
        reporter.report(1, 2)

    def fails(folder, reporter):
        raise BadInput("clip 7 cannot be heard")

    handlers = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    carried_out("1", says)
    assert not list(tmp_path.iterdir())
    carried_out("1", fails)
    carried_out("0", says)
    assert files.read_json(tmp_path / files.OUTCOME) == {"state": "failed", "reason": "clip 7 cannot be heard"}
    assert files.read_lines(tmp_path / files.PROGRESS)[0][0]["done"] == 1
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_more_processes_than_gpus_are_refused(store, monkeypatch):
    monkeypatch.setattr(hardware, "gpu_count", lambda: 2)
    with pytest.raises(BadInput, match="4 processes want a GPU each, and this machine shows 2"):
        control.keep(store, plan_of(store, "many", processes=4, batch=16))
    with pytest.raises(BadInput, match="no multiple of micro-batch 4 × processes 4"):
        plan_of(store, "uneven", processes=4).settings.batches()
    with pytest.raises(BadInput, match="one process"):
        plan_of(store, "probes", backbone="probe", processes=2)
