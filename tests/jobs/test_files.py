"""Files of a job: whole records only, whatever was cut off."""

import json
import time

import numpy as np
import pytest

from emo_core import jobs
from emo_core.jobs import files, secrets
from emo_core.jobs.state import progress
from emo_core.jobs.supervisor import verdict
from emo_core.jobs.worker import Reporter


def test_a_half_written_line_is_left_for_later(tmp_path):
    path = tmp_path / "p.jsonl"
    assert files.read_lines(path) == ([], 0)
    path.write_bytes(b'{"done": 1}\n{"done": 2}\n{"do')
    found, offset = files.read_lines(path)
    assert found == [{"done": 1}, {"done": 2}]
    assert files.read_lines(path, offset) == ([], offset)
    with path.open("ab") as file:
        file.write(b'ne": 3}\n')
    assert files.read_lines(path, offset) == ([{"done": 3}], path.stat().st_size)


def test_a_torn_line_spoils_no_other(tmp_path):
    path = tmp_path / "p.jsonl"
    path.write_bytes(b'{"done": 1}\n{"do')
    files.append_line(path, '{"done": 5}')
    assert files.read_lines(path)[0] == [{"done": 1}, {"done": 5}]


def test_the_log_is_read_on_in_whole_letters(tmp_path):
    log = tmp_path / files.LOG
    assert files.tail(tmp_path) == ("", 0)
    log.write_bytes("a é".encode()[:-1])
    text, offset = files.tail(tmp_path)
    assert (text, offset) == ("a ", 2)
    log.write_bytes("a é\n".encode())
    assert files.tail(tmp_path, offset) == ("é\n", 5)


def test_reports_are_throttled_and_the_last_one_is_written(tmp_path):
    reporter = Reporter(tmp_path)
    for step in range(500):
        reporter.report(step + 1, 500, loss=np.float32(0.5), classes=np.arange(2))
    reporter.close()
    lines, _ = files.read_lines(tmp_path / files.PROGRESS)
    assert len(lines) < 100
    assert lines[-1]["done"] == 500 and lines[-1]["figures"] == {"loss": 0.5, "classes": [0, 1]}


def test_a_held_back_report_is_written_without_another_one(tmp_path):
    from tests.jobs.conftest import until

    reporter = Reporter(tmp_path)
    reporter.report(0, 2, "loading")
    reporter.report(0, 2, "a long epoch")
    until(lambda: len(files.read_lines(tmp_path / files.PROGRESS)[0]) > 1)
    assert [line["note"] for line in files.read_lines(tmp_path / files.PROGRESS)[0]] == ["loading", "a long epoch"]


def test_the_rate_is_that_of_this_attempt(tmp_path):
    begun = time.time() - 1020
    for at, done in [(0, 0), (10, 50), (1000, 50), (1010, 70), (1020, 90)]:
        line = {"at": begun + at, "done": done, "total": 100, "note": "", "figures": {}}
        files.append_line(tmp_path / files.PROGRESS, json.dumps(line))
    now = progress(tmp_path, begun + 999)
    assert (now.rate, now.left_s) == (pytest.approx(2.0), pytest.approx(5.0))
    assert progress(tmp_path, None).rate is None
    assert progress(tmp_path, begun + 2000).rate is None


def test_work_from_which_nothing_comes_is_slow(tmp_path):
    begun = time.time() - 100
    for at, done in [(0, 0), (20, 40)]:
        line = {"at": begun + at, "done": done, "total": 100, "note": "", "figures": {}}
        files.append_line(tmp_path / files.PROGRESS, json.dumps(line))
    assert 0.3 < progress(tmp_path, begun).rate <= 0.4


def test_a_document_is_written_once(tmp_path):
    assert files.create_json(tmp_path / "a", {"n": 1})
    assert not files.create_json(tmp_path / "a", {"n": 2})
    assert files.read_json(tmp_path / "a") == {"n": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize(
    ("rc", "outcome", "stopped", "state", "reason"),
    [
        (0, None, None, "done", ""),
        (-11, {"state": "done", "reason": ""}, "asked", "done", ""),
        (0, {"state": "cancelled", "reason": ""}, "Asked.", "cancelled", "Asked."),
        (1, {"state": "failed", "reason": "disk full"}, "Asked.", "cancelled", "Asked. disk full"),
        (1, {"state": "failed", "reason": "disk full"}, None, "failed", "disk full"),
        (-9, None, "Asked.", "cancelled", "Asked."),
        (3, None, None, "failed", "exit status 3"),
        (-9, None, None, "failed", "too little memory"),
    ],
)
def test_the_verdict(rc, outcome, stopped, state, reason):
    told = verdict(rc, outcome, stopped)
    assert told[:2] == (state, rc)
    assert reason in told[2] and bool(reason) == bool(told[2])


def test_keys_are_hidden_in_all_their_forms(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_abc/def+ghi")
    monkeypatch.setenv("OPENAI_API_KEY", "hf_abc/def+ghi-longer")
    monkeypatch.setenv("GEMINI_API_KEY", "short")
    text = "hf_abc/def+ghi-longer hf_abc/def+ghi hf_abc%2fdef%2Bghi hf_abc%2Fdef+ghi short"
    assert secrets.scrub(text) == "••• ••• ••• ••• short"


def test_a_damaged_job_does_not_hide_the_others(tmp_path):
    for number in range(3):
        jobs.make(tmp_path, jobs.Spec("test", f"job {number}", "tests.jobs.works"))
    (tmp_path / "2" / "status.json").write_text("")
    newest, damaged, oldest = jobs.list_jobs(tmp_path)
    assert newest.status.state == oldest.status.state == "made"
    assert damaged.status.state == "lost" and "is damaged" in damaged.status.reason
