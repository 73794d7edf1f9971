"""The page Train without a browser: no study, no run, a run that is over, wrong choices."""

import json

import pytest

from emo_core import jobs, verbs
from emo_core.jobs import processes
from emo_core.store import Database, runs
from emo_core.training import control
from emo_core.training.plan import EPOCHS
from tests.conftest import copied
from tests.pages.test_pages import draw, said


@pytest.fixture(scope="module")
def planned(demo, tmp_path_factory):
    """The demo with a training that failed in its third epoch, and one that was never started."""
    store = Database(copied(demo, tmp_path_factory.mktemp("planned") / "store"))
    for name in ("broken", "new"):
        control.keep(store, control.plan_for(store, "demo", {"name": name}))
    folder = runs.folder_of(store, 1)
    for epoch in (1, 2, 2):  # the second was told again after a kill
        row = {"epoch": epoch, "loss": 0.4 / epoch, "val_js": 0.5 / epoch}
        jobs.files.append_line(folder / EPOCHS, jobs.files.as_line(row))
    ended = {
        "state": "failed",
        "rc": 1,
        "reason": "Clip <b>x</b> lasts 40 s.",
        "ended_at": 3.0,
        "asked_at": 0.0,
        "started_at": 1.0,
    }
    jobs.files.write_json(folder / jobs.files.STATUS, ended)
    yield store
    store.close()


def test_an_empty_store_says_what_to_do(store, monkeypatch):
    assert "There is no study yet" in said(draw(monkeypatch, store, "train"))


def test_what_would_be_learnt_from_is_said_before_anything_starts(demo, tmp_path, monkeypatch):
    store = Database(copied(demo, tmp_path / "store"))
    app = draw(monkeypatch, store, "train")
    words = said(app)
    assert "Nothing has been trained on this study yet" in words
    assert "160 clips to learn from" in words and "40 to test on" in words
    assert "Effective batch 32 = micro-batch 32 × accumulation 1 × processes 1" in words
    next(each for each in app.button_group if each.key == "train:executor").set_value("slurm").run()
    assert "the cluster's machine" in said(app)
    app.text_input("train:slurm").set_value("partition").run()
    assert "'partition' is no KEY=VALUE" in said(app) and app.button("start").disabled
    app.text_input("train:slurm").set_value("partition=gpu").run()
    assert not app.button("start").disabled
    app.selectbox("train:kind").set_value("other").run()
    assert "hf download" in said(app) and not app.exception
    assert runs.list_runs(store) == []
    store.close()


def test_a_grid_counts_its_runs(planned, monkeypatch):
    app = draw(monkeypatch, planned, "train")
    next(each for each in app.button_group if each.key == "train:several").set_value("a grid").run()
    assert not app.exception
    assert "18 runs" in said(app)


def test_a_failed_training_says_why_and_can_be_resumed(planned, monkeypatch):
    app = draw(monkeypatch, planned, "train", run="broken")
    assert "Clip <b>x</b> lasts 40 s." in app.error[0].value.replace("\\", "")
    assert [button.label for button in app.button if button.key in ("resume", "stop")] == ["Resume"]
    assert json.loads(app.get("plotly_chart")[0].proto.spec)["data"][0]["x"] == [1, 2]
    app.selectbox("training").set_value(("run", "new")).run()
    assert app.query_params["run"] == "new" and "No epoch is over yet" in said(app)


def test_a_run_is_duplicated_to_change_one_choice(planned, monkeypatch):
    settings = {
        "source": "combined",
        "augmentation": {"fraction": 0.2, "neighbour_class": "same", "seed": 5},
        "settings": {"seed": 5, "loss": "kl", "epochs": 7},
    }
    control.keep(planned, control.plan_for(planned, "demo", {"name": "third", **settings}))
    app = draw(monkeypatch, planned, "train", run="third")
    app.button("duplicate").click().run()
    assert not app.exception
    values = {field.key: field.value for field in [*app.number_input, *app.selectbox, *app.select_slider]}
    assert (values["train:seed"], values["train:loss"], values["train:epochs"], values["train:augment"]) == (
        5,
        "kl",
        7,
        0.2,
    )
    assert "Mixed with neighbour class same." in said(app)
    app.button("start").click().run()
    started = control.of_study(planned)[-1]
    jobs.cancel(runs.folder_of(planned, started.run_id))
    assert not app.exception and control.describe(planned, started)["augmentation"]["neighbour_class"] == "same"


@pytest.fixture
def gridded(demo, tmp_path):
    """The demo with a grid of three runs: one failed, one that waits, one never started; and a run for itself."""
    store = Database(copied(demo, tmp_path / "store"))
    choices = {"study": "demo", "name": "g", "sources": ["human"], "fractions": [0.0], "seeds": 3, "begin": False}
    numbers = verbs.run(store, "train grid", choices)["jobs"]
    ended = {"state": "failed", "rc": 1, "reason": "No.", "ended_at": 9.0, "asked_at": 0.0, "started_at": 2.0}
    jobs.files.write_json(runs.folder_of(store, numbers[0]) / jobs.files.STATUS, ended)
    card = processes.card() | {"executor": "local", "asked_at": 1.0, "started_at": None}
    jobs.files.write_json(runs.folder_of(store, numbers[1]) / jobs.files.PROCESS, card)
    control.keep(store, control.plan_for(store, "demo", {"name": "alone"}))
    yield store
    store.close()


def buttons(app) -> list[str]:
    return [button.label for button in app.button if button.key not in ("start", "duplicate")]


def test_a_grid_is_one_row_and_opens_its_runs(gridded, monkeypatch):
    app = draw(monkeypatch, gridded, "train", grid="g")
    whole, own = (each.value for each in app.dataframe)
    assert whole["training"].tolist() == ["alone", "g"] and own["training"].str.startswith("g: human, seed").all()
    assert whole["state"][1] == "… 0 of 3 done, 1 queued, 1 not started, 1 failed" and whole["took"][1] == "7 s"
    assert own["state"].tolist() == ["✕ failed", "… queued, place 1", "○ not started"]
    assert buttons(app) == ["Stop the grid (1)", "Resume the grid (2)", "Duplicate the grid", "Resume"]
    app.selectbox("grid_run").set_value("g: human, seed 1").run()
    assert "place 1 in the queue" in said(app) and buttons(app)[-1] == "Stop"
    assert (app.query_params["grid"], app.query_params["run"]) == ("g", "g: human, seed 1")


def test_the_url_keeps_what_is_chosen(gridded, monkeypatch):
    app = draw(monkeypatch, gridded, "train", run="g: human, seed 2")
    assert app.selectbox("training").value == ("grid", "g") and app.selectbox("grid_run").value == "g: human, seed 2"
    app.selectbox("training").set_value(("run", "alone")).run()
    assert app.query_params["run"] == "alone" and "grid" not in app.query_params
    assert "no training nobody" in said(draw(monkeypatch, gridded, "train", run="nobody"))


def test_a_grid_is_duplicated_with_its_choices(gridded, monkeypatch):
    app = draw(monkeypatch, gridded, "train", grid="g")
    app.button("duplicate_grid").click().run()
    assert not app.exception
    assert "**3 runs**: 1 source × 1 augmentation × 3 seeds" in said(app)
    assert "at most 750" in said(app) and "wait for one another on the processor" in said(app)


def test_wrong_choices_are_told_and_nothing_is_lost(demo, tmp_path, monkeypatch):
    store = Database(copied(demo, tmp_path / "store"))
    control.keep(store, control.plan_for(store, "demo", {"name": "taken"}))
    app = draw(monkeypatch, store, "train")
    app.session_state["train:open"] = True
    app.run()
    assert "at most 250" in said(app) and "about 1,000 MB" in said(app) and "A rough figure" in said(app)
    wrong = [
        (app.text_input, "train:name", "taken", "", "There is a run 'taken' already"),
        (app.text_input, "train:name", "a/b", "", "has no slash"),
        (app.number_input, "train:batch", 0, None, "batch lies from 1"),
        (app.number_input, "train:rate", 5.0, None, "learning_rate lies from"),
        (app.number_input, "train:rate", 0.0, None, "learning_rate lies from"),
    ]
    for field, key, value, right, words in wrong:
        field(key).set_value(value).run()
        assert words in app.warning[0].value.replace("\\", "") and app.button("start").disabled and not app.exception
        field(key).set_value(right).run()
        assert not app.warning and not app.button("start").disabled
    app.selectbox("train:kind").set_value("other").run()
    app.text_input("train:backbone").set_value("/no/such/model").run()
    assert "no folder '/no/such/model'" in app.warning[0].value.replace("\\", "")
    app.selectbox("train:kind").set_value("probe").run()
    control_of(app, "train:several").set_value("a grid").run()
    control_of(app, "train:sources").set_value([]).run()
    assert "no run without a source" in app.warning[0].value and not app.exception
    assert len(runs.list_runs(store)) == 1
    store.close()


def control_of(app, key: str):
    """A segmented control or pills."""
    return next(each for each in app.button_group if each.key == key)


def test_what_a_gpu_does_is_shown_while_it_runs(gridded, monkeypatch):
    folder = runs.folder_of(gridded, runs.find_run(gridded, "alone").run_id)
    card = processes.card() | {"executor": "local", "asked_at": 1.0, "started_at": 2.0}
    jobs.files.write_json(folder / jobs.files.PROCESS, card)
    figures = {"samples_per_s": 41.0, "steps_per_s": 2.0, "memory_mb": 9e3, "gpu_percent": 93.0, "gpu_memory_mb": 9.6e3,
               "gpu_total_mb": 1.5e5}  # fmt: skip
    line = {"at": 3.0, "done": 10, "total": 250, "note": "epoch 2 of at most 50", "figures": figures}
    jobs.files.append_line(folder / jobs.files.PROGRESS, jobs.files.as_line(line))
    app = draw(monkeypatch, gridded, "train", run="alone")
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown.pop("so far")
    assert shown == {
        "now": "epoch 2 of at most 50", "time left, at most": "2 min 00 s", "clips a second": "41", "GPU busy": "93 %",
        "GPU memory": "9,600 of 150,000 MB",
    }  # fmt: skip
    assert "No GPU takes part" not in said(app)


def test_a_study_without_sound_says_that_nothing_can_be_heard(filled, monkeypatch):
    app = draw(monkeypatch, filled, "train")
    assert "no clip with sound (40 without)" in app.warning[0].value.replace("\\", "") and app.button("start").disabled
