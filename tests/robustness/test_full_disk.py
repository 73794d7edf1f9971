"""A disk that takes no more: told with what to do, nothing torn is taken for whole, and the run goes on once there is space."""

import errno
import os
import sys

import pytest
import torch

from emo_core import jobs
from emo_core.jobs import disk, files
from emo_core.jobs.worker import Reporter
from emo_core.training.evaluate import load_predictor
from emo_core.training.loop import PREDICTOR, train
from tests.jobs.conftest import ended
from tests.robustness.works import PROBE
from tests.training.conftest import data

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def refuse(*_, **__):
    raise FULL


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on the size of files is told as an error on Linux")
def test_a_training_that_may_not_write_its_checkpoint_says_so_and_goes_on_later(tmp_path):
    folder = jobs.make(tmp_path / "jobs", jobs.Spec("test", "full disk", "tests.robustness.works"))
    files.write_json(folder / "settings.json", {"most_bytes": 50_000})
    jobs.start(folder)
    status = ended(folder)
    assert status.state == "failed" and "MB are free where" in status.reason and "then resume" in status.reason
    assert not [path.name for path in folder.iterdir() if "checkpoint" in path.name or "reserved" in path.name]
    found, whole = train(data(6, 2), PROBE, folder), train(data(6, 2), PROBE, tmp_path / "whole")
    assert found.history == whole.history
    expected = whole.learner.state()
    assert all(torch.equal(value, expected[name]) for name, value in found.learner.state().items())


def test_a_predictor_that_cannot_be_written_leaves_nothing_and_is_written_later(tmp_path, monkeypatch):
    from emo_core.training import evaluate

    monkeypatch.setattr(evaluate, "save", refuse)
    with pytest.raises(OSError, match="No space left"):
        train(data(4, 2), PROBE, tmp_path)
    assert not list(tmp_path.glob("*predictor*"))
    monkeypatch.undo()
    made = train(data(4, 2), PROBE, tmp_path)
    assert load_predictor(tmp_path / PREDICTOR).card["notes"]["history"] == made.history


def test_how_a_job_ended_is_written_on_a_full_disk(tmp_path, monkeypatch):
    fill, path = files._fill, tmp_path / files.STATUS

    def only_in_place(where, data, mode):
        assert mode != "r+b" or len(data) == where.stat().st_size
        return refuse() if mode == "wb" else fill(where, data, mode)

    files.reserve(path)
    monkeypatch.setattr(files, "_fill", only_in_place)
    files.write_json(path, {"state": "failed"})
    assert files.read_json(path) == {"state": "failed"}
    with pytest.raises(OSError, match="No space left"):
        files.write_json(path, {"state": "done"})
    assert files.read_json(path) == {"state": "failed"} and [each.name for each in tmp_path.iterdir()] == [files.STATUS]


def test_a_job_is_not_begun_on_a_full_disk(tmp_path, monkeypatch):
    folder = jobs.make(tmp_path / "jobs", jobs.Spec("test", "full disk", "tests.robustness.works"))
    monkeypatch.setattr(files, "_fill", refuse)
    with pytest.raises(disk.DiskFull, match=r"The disk is full: .* Free some space"):
        jobs.start(folder)
    with pytest.raises(disk.DiskFull):
        jobs.make(tmp_path / "jobs", jobs.Spec("test", "full disk", "tests.robustness.works"))
    monkeypatch.undo()
    with pytest.raises(disk.DiskFull):
        jobs.make(tmp_path / "jobs", jobs.Spec("test", "full disk", "tests.robustness.works"), refuse)
    assert jobs.status(folder).state == "made" and [each.name for each in (tmp_path / "jobs").iterdir()] == ["1"]


def test_reports_that_cannot_be_written_stop_no_work_and_are_counted(tmp_path, monkeypatch, capfd):
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[: len(data) // 2]))
    with pytest.raises(OSError, match="No space left"):
        files.append_line(tmp_path / "lines", '{"half": "a line"}')
    reporter = Reporter(tmp_path)
    reporter.report(1, 2)
    monkeypatch.undo()
    reporter._written_at = 0.0
    reporter.report(2, 2)
    reporter.close()
    assert "[1 reports of progress could not be written]" in capfd.readouterr().out
    assert [line["done"] for line in files.read_lines(tmp_path / files.PROGRESS)[0]] == [2]
    assert disk.why_not_written(PermissionError(errno.EACCES, "no"), tmp_path) is None
