"""The page Proxies without a browser: no study, no run, runs of every state; the votes table of Browse."""

import json

import pandas as pd
import pytest

from emo_core import jobs, verbs
from emo_core.annotators import control
from emo_core.store import Database, browsing, runs
from tests.conftest import copied
from tests.pages.test_pages import draw, said

PLAN = {"study": "demo", "model": "gemini-2.5-flash", "votes": 3, "thinking": 0, "cap": 2.0}


def answer(store: Database, run: runs.Run, clips: int, *, settled: bool = True) -> None:
    """What the job of a run would have written for its first clips: a vote for each draw, one refused."""
    drafted = control.draft(store, run.settings)
    folder = runs.folder_of(store, run.run_id)
    plan, cells = drafted.plan, drafted.plan.cells()
    with (folder / "calls.jsonl").open("w") as file:
        for number, clip in enumerate(drafted.clips.names[:clips]):
            row = plan.row(clip)
            for draw in range(plan.votes):
                cell, refused = cells[row[draw]], number == draw == 0
                label = plan.emotions[(number + draw) % 6]
                outcome = {"draw": draw, "settled": True, "outcome": "refused" if refused else "vote"}
                outcome |= {"label": None if refused else label, "reply": "<b>no</b>" if refused else plan.words[label]}
                sent = {"event": "sent", "call": number * 3 + draw + 1, "clip": clip, "draws": [draw], "attempt": 0}
                line = sent | {
                    "event": "answered", "persona": cell.persona, "temperature": cell.temperature, "outcomes": [outcome],
                    "seed": 1, "model": "gemini-2.5-flash-001", "prompt": "0" * 12, "latency_s": 0.5, "usd": 0.0001,
                    "tokens": {"text": 180, "audio": 50, "output": 1, "thought": 0}, "at": "2026-11-21T12:00:00.000+00:00",
                }  # fmt: skip
                file.write(json.dumps(sent) + "\n" + json.dumps(line) + "\n")
    jobs.files.write_json(folder / jobs.files.RESULT, {"ended": "complete" if settled else "trial"})
    ended = {"state": "done", "rc": 0, "reason": "", "ended_at": 2.0, "asked_at": 0.0, "started_at": 1.0}
    jobs.files.write_json(folder / jobs.files.STATUS, ended)


@pytest.fixture(scope="module")
def asked(demo, tmp_path_factory):
    """The demo corpus with a run that is over, one after its trial, and one that was never started."""
    store = Database(copied(demo, tmp_path_factory.mktemp("asked") / "store"))
    for name in ("whole", "tried", "new"):
        control.keep(store, control.draft(store, PLAN | {"name": name}))
    answer(store, runs.find_run(store, "whole"), 200)
    answer(store, runs.find_run(store, "tried"), 5, settled=False)
    for name in ("whole", "tried"):
        control.collect(store, name)
    yield store
    store.close()


def test_an_empty_store_says_what_to_do(store, monkeypatch):
    assert "There is no study yet" in said(draw(monkeypatch, store, "proxies"))


def test_without_a_run_the_plan_is_open_and_priced(demo, tmp_path, monkeypatch):
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    store = Database(copied(demo, tmp_path / "store"))
    app = draw(monkeypatch, store, "proxies")
    words = said(app)
    assert "No model has been asked about this study yet" in words and "There is no cap" in words
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics["Clips"] == "200" and metrics["Calls"] == "2,000" and metrics["Cost"].endswith("USD")
    app.button("keep").click().run()
    assert not app.exception and not app.error
    assert [run.name for run in runs.list_runs(store)] == ["gemini-2.5-flash-1"]
    assert "not started" in said(app)
    app.button("run").click().run()
    assert "There is no key for Gemini" in app.error[0].value
    assert jobs.status(runs.folder_of(store, 1)).state == "made"
    store.close()


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("plan:gemini:model", " ", "No model is named"),
        ("plan:name", "a/b", "has no slash"),
        ("plan:name", "whole", "already"),
        ("plan:prompt:label", "Say {feeling}.", "no field"),
    ],
)
def test_a_wrong_choice_is_told(asked, monkeypatch, key, value, why):
    app = draw(monkeypatch, asked, "proxies")
    field = next(field for field in [*app.text_input, *app.text_area] if field.key == key)
    field.set_value(value).run()
    if why == "already":
        app.button("keep").click().run()
    assert not app.exception
    assert why in said(app) + " ".join(error.value for error in app.error)


def test_a_whole_run_shows_how_close_it_comes(asked, monkeypatch):
    app = draw(monkeypatch, asked, "proxies", run="whole")
    words, metrics = said(app), {metric.label: metric.value for metric in app.metric}
    assert metrics["Draws settled"] == "600 of 600" and metrics["Votes"] == "599"
    assert "1 × the model or its safety rules refused" in words.replace("\\", "")
    assert "over n = 200 clips" in words.replace("\\", "")
    assert metrics["Paid"] == "0.0600 USD of 2.00 USD"
    assert not [button for button in app.button if button.key in ("run", "trial", "stop")]


def test_a_trial_offers_to_go_on(asked, monkeypatch):
    app = draw(monkeypatch, asked, "proxies", run="tried")
    assert "The trial is over" in said(app)
    assert [button.label for button in app.button if button.key in ("run", "trial")] == ["Go on"]


def test_an_unknown_run_is_told(asked, monkeypatch):
    assert "The study has no run" in said(draw(monkeypatch, asked, "proxies", run="<b>gone</b>"))


def test_votes_of_a_run_stand_in_browse_with_what_they_were_asked(asked, monkeypatch):
    assert not draw(monkeypatch, asked, "browse", study="demo + whole", clip="demo_01_05").exception
    detail = browsing.clip_detail(asked, "demo + whole", "demo_01_05")
    vote = next(vote for vote in detail["votes"] if vote["panel"].startswith("synthetic"))
    facts = json.loads(vote["provenance"])
    name, prompt = control.asked(asked, facts["run"], "demo_01_05", vote["persona"], vote["temperature"])
    assert name == "whole" and detail["transcript"] in prompt
    assert {"reply", "prompt", "seed", "model", "tokens", "usd", "latency_s", "draw", "attempt"} <= facts.keys()


def test_one_run_after_another_can_be_chosen(asked, monkeypatch):
    app = draw(monkeypatch, asked, "proxies", study="demo")
    for name in ("whole", "tried", "new", "whole"):
        app.selectbox("run_choice").set_value(name).run()
        assert app.selectbox("run_choice").value == name and app.query_params["run"] in (name, [name])


def test_a_cap_is_changed_lifted_and_never_taken_for_none(asked, monkeypatch):
    app = draw(monkeypatch, asked, "proxies", study="demo", run="tried")
    (cap,) = (field for field in app.number_input if field.label == "Cap (USD)" and field.key.startswith("cap:"))
    assert cap.value == 2.0
    cap.set_value(0.0).run()
    assert "A cap is an amount of USD above 0" in app.error[0].value
    assert runs.find_run(asked, "tried").settings["cap"] == 2.0
    for typed, kept in ((3.0, 3.0), (None, None), (2.0, 2.0)):
        next(field for field in app.number_input if field.key == cap.key).set_value(typed).run()
        assert not app.error and runs.find_run(asked, "tried").settings["cap"] == kept


def test_an_export_says_how_a_models_votes_came_about(asked, tmp_path):
    to = tmp_path / "votes.csv"
    wanted = {"study": "demo + whole", "to": str(to), "what": "votes", "columns": ["clip", "rater", "provenance"]}
    verbs.run(asked, "export", wanted)
    table = pd.read_csv(to).dropna(subset="provenance")
    table = table[table["provenance"].str.contains('"run"')]
    facts = json.loads(table["provenance"].iloc[0])
    assert len(table) == 599 and facts["model"] == "gemini-2.5-flash-001" and "reply" in facts
    assert table["rater"].str.match(r"(both|cues|how|tone|words) @ [\d.]+$").all()
