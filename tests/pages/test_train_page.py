"""The page Train without a browser: no study, no run, a run that is over, wrong choices."""

import pytest

from emo_core import jobs
from emo_core.store import Database, runs
from emo_core.training import control
from tests.conftest import copied
from tests.pages.test_pages import draw, said


@pytest.fixture(scope="module")
def planned(demo, tmp_path_factory):
    """The demo with a training that failed in its third epoch, and one that was never started."""
    store = Database(copied(demo, tmp_path_factory.mktemp("planned") / "store"))
    for name in ("broken", "new"):
        control.keep(store, control.plan_for(store, "demo", {"name": name}))
    folder = runs.folder_of(store, 1)
    for epoch in (1, 2):
        figures = {"epoch": epoch, "loss": 0.4 / epoch, "val_js": 0.5 / epoch, "learning_rate": 1e-3}
        line = {"at": float(epoch), "done": epoch, "total": 50, "note": f"epoch {epoch}", "figures": figures}
        jobs.files.append_line(folder / jobs.files.PROGRESS, jobs.files.as_line(line))
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
    assert "Clip <b>x</b> lasts 40 s." in app.warning[0].value.replace("\\", "")
    assert [button.label for button in app.button if button.key in ("resume", "stop")] == ["Resume"]
    app.selectbox("train_run").set_value("new").run()
    assert app.selectbox("train_run").value == "new" and "No epoch is over yet" in said(app)


def test_a_run_is_duplicated_to_change_one_choice(planned, monkeypatch):
    settings = {
        "source": "combined",
        "augmentation": {"fraction": 0.2},
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
