"""The page of jobs without a browser: none, one in each state, stop and resume."""

import json
import time

import pytest

from emo_core import jobs
from emo_core.jobs import files, processes
from tests.pages.test_pages import draw, said

MINE = processes.card() | {"executor": "local", "asked_at": 1000.0, "started_at": None}
WORKING = MINE | {"started_at": 1001.0}
STATES = {
    "made": ({}, "not started"),
    "queued": ({files.PROCESS: MINE}, "queued"),
    "running": ({files.PROCESS: WORKING}, "running"),
    "stopping": ({files.PROCESS: WORKING, files.STOP: {"grace_s": 1}}, "stopping"),
    "done": ({files.STATUS: {"state": "done", "reason": ""}}, "done"),
    "failed": ({files.STATUS: {"state": "failed", "reason": "A *grid* needs a seed."}}, "A *grid* needs a seed."),
    "cancelled": ({files.STATUS: {"state": "cancelled", "reason": "It was stopped on request."}}, "stopped on request"),
    "lost": ({files.PROCESS: WORKING | {"boot": "before"}}, "the machine was restarted"),
    "elsewhere": ({files.PROCESS: WORKING | {"host": "node7"}}, "runs on node7"),
}  # fmt: skip


def add(store, title: str, written: dict) -> int:
    """A job with such files; its number."""
    folder = jobs.make(store.folder / "jobs", jobs.Spec("training", title, "tests.jobs.works"))
    for name, document in written.items():
        files.write_json(folder / name, document)
    line = {"at": 1002.0, "done": 3, "total": 12, "note": "epoch [1](x)", "figures": {"loss": 0.25}}
    files.append_line(folder / files.PROGRESS, json.dumps(line))
    (folder / files.LOG).write_text("  1%\r 25%\n<b>loss</b> 0.25\n")
    return int(folder.name)


def test_without_jobs_the_page_says_what_jobs_are(store, monkeypatch):
    assert "goes on when this tab is closed" in said(draw(monkeypatch, store, "jobs"))


@pytest.mark.parametrize("state", STATES)
def test_a_job_in_each_state(store, monkeypatch, state):
    written, words = STATES[state]
    number = add(store, "a <b>title</b> [x](y)", written)
    app = draw(monkeypatch, store, "jobs")
    assert words in said(app)
    assert app.code[0].value == " 25%\n<b>loss</b> 0.25"
    metrics = {metric.label: metric.value for metric in app.metric}
    assert (metrics["done"], metrics["loss"]) == ("3 of 12", "0.25")
    assert app.dataframe[0].value["progress"].tolist() == [25.0]
    keys = {button.key for button in app.button}
    assert ("stop" in keys) == (state in ("queued", "running", "elsewhere"))
    assert ("resume" in keys) == (state in ("made", "failed", "cancelled", "lost"))
    assert app.query_params["job"] == str(number)


def test_the_address_chooses_the_job(store, monkeypatch):
    for state in ("done", "failed"):
        add(store, state, STATES[state][0])
    app = draw(monkeypatch, store, "jobs", job="1")
    assert "needs a seed" not in said(app)
    assert app.selectbox[0].value == 1
    app = draw(monkeypatch, store, "jobs", job="77")
    assert "no job 77" in said(app) and "needs a seed" in said(app)


def test_stop_and_resume_from_the_page(store, monkeypatch):
    folder = jobs.make(store.folder / "jobs", jobs.Spec("training", "long", "tests.jobs.works"))
    (folder / "settings.json").write_text(json.dumps({"what": "count", "steps": 60, "every_s": 0.02}))
    jobs.start(folder)
    app = draw(monkeypatch, store, "jobs")
    app.button("stop").click().run()
    assert jobs.status(folder).state in jobs.ALIVE  # asked first
    app.button("sure_stop").click().run()
    wait_for_end(folder)
    assert jobs.status(folder).state == "cancelled"
    app.run()
    app.button("resume").click().run()
    assert not app.exception and not app.error, [error.value for error in app.error]
    wait_for_end(folder)
    assert jobs.status(folder).state == "done"


def test_a_refusal_to_resume_is_a_sentence(store, monkeypatch):
    add(store, "broken", STATES["failed"][0])
    app = draw(monkeypatch, store, "jobs")
    files.write_json(store.folder / "jobs" / "1" / files.STATUS, {"state": "done", "reason": ""})  # meanwhile
    app.button("resume").click().run()
    assert "there is nothing to resume" in said(app)


def wait_for_end(folder) -> None:
    deadline = time.monotonic() + 20
    while jobs.status(folder).state in jobs.ALIVE and time.monotonic() < deadline:
        time.sleep(0.05)
