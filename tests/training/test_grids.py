"""A grid as one thing: kept whole or not at all, begun, stopped, resumed; its name stands for its runs."""

import json
import time

import pytest

from emo_core import jobs, verbs
from emo_core.errors import BadInput, UnknownName
from emo_core.jobs import processes
from emo_core.store import Database, runs
from emo_core.training import control, grids
from tests.conftest import command, copied

SMALL = {"study": "demo", "name": "g", "sources": ["human"], "fractions": [0.0], "seeds": 3, "begin": False}


@pytest.fixture
def store(demo, tmp_path):
    database = Database(copied(demo, tmp_path / "store"))
    yield database
    for run in runs.list_runs(database):
        jobs.cancel(runs.folder_of(database, run.run_id), grace_s=0)
    database.close()


def states(store: Database) -> list[str]:
    return [row["state"] for row in verbs.run(store, "train list", {"grid": "g"})]


def wait(happened, patience_s: float = 60.0) -> None:
    until = time.monotonic() + patience_s
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_grid_is_begun_stopped_and_resumed_by_its_name(store):
    verbs.run(store, "train grid", SMALL)
    assert states(store) == ["made"] * 3
    begun = verbs.run(store, "train resume", {"name": "g"})
    assert len(begun["resumed"]) == 3 and begun["runs"] == 3
    wait(lambda: "running" in states(store))
    rows = verbs.run(store, "train list", {"grid": "g"})
    assert [(row["state"], row["place"]) for row in rows] == [("running", None), ("queued", 1), ("queued", 2)]
    stopped = verbs.run(store, "train cancel", {"name": "g"})
    assert len(stopped["stopped"]) == 3 and stopped["states"] == {"cancelled": 3} and stopped["state"] == "cancelled"
    (again,) = verbs.run(store, "train resume", {"name": "g: human, seed 1"})["resumed"]
    assert again == "g: human, seed 1" and verbs.run(store, "train cancel", {"name": again})["state"] == "cancelled"


def test_a_grid_is_kept_whole_or_not_at_all(store):
    control.keep(store, control.plan_for(store, "demo", {"name": "g: human, seed 2"}))
    with pytest.raises(BadInput, match="'g: human, seed 2' already"):
        verbs.run(store, "train grid", SMALL)
    assert len(runs.list_runs(store)) == 1
    verbs.run(store, "train grid", SMALL | {"name": "h", "seeds": 1})
    for taken in ("h", "g: human, seed 2"):
        with pytest.raises(BadInput, match="already"):
            verbs.run(store, "train grid", SMALL | {"name": taken})
    with pytest.raises(BadInput, match="a grid 'h' already"):
        verbs.run(store, "train", {"study": "demo", "name": "h", "dry": True})


@pytest.mark.parametrize("empty", ["sources", "fractions"])
def test_an_empty_grid_is_refused(store, empty):
    with pytest.raises(BadInput, match="no run without a source and an augmentation"):
        verbs.run(store, "train grid", SMALL | {empty: []})


def test_names_that_are_none_list_those_that_are(store):
    verbs.run(store, "train grid", SMALL | {"seeds": 1})
    for verb in ("train cancel", "train resume"):
        with pytest.raises(UnknownName, match="g: human, seed 0"):
            verbs.run(store, verb, {"name": "nobody"})
    with pytest.raises(UnknownName, match=r"no grid 'nobody'\. Known: g\."):
        verbs.run(store, "train list", {"grid": "nobody"})


def test_commands_take_a_grid_by_its_name(demo, tmp_path):
    folder = copied(demo, tmp_path / "store")
    store = Database(folder)
    verbs.run(store, "train grid", SMALL | {"seeds": 2})
    control.keep(store, control.plan_for(store, "demo", {"name": "alone"}))
    store.close()
    rows = json.loads(command(folder, "trainings", "--grid", "g", "--json").stdout)
    assert [row["grid"] for row in rows] == ["g", "g"]
    assert len(json.loads(command(folder, "trainings", "--json").stdout)) == 3
    told = json.loads(command(folder, "train-cancel", "g", "--json").stdout)
    assert told["stopped"] == [] and told["states"] == {"made": 2}
    told = json.loads(command(folder, "train", "demo", "--dry", "--json").stdout)
    assert told["forecast"]["steps"]["at_most"] == 250 and told["kept"] is False
    told = json.loads(command(folder, "grid", "demo", "--seeds", 1, "--dry", "--json").stdout)
    assert told["forecast"]["runs"] == 6
    assert command(folder, "train-resume", "nobody").exit_code == 2


def test_what_an_earlier_attempt_said_is_not_the_present_ones(store):
    verbs.run(store, "train grid", SMALL | {"seeds": 1})
    run = runs.find_run(store, "g: human, seed 0")
    folder = runs.folder_of(store, run.run_id)
    card = processes.card() | {"executor": "local", "asked_at": 9.0, "started_at": 10.0}
    jobs.files.write_json(folder / jobs.files.PROCESS, card)
    for at, left_s in ((5.0, None), (11.0, 60.0)):
        line = {
            "at": at,
            "done": 40,
            "total": 100,
            "note": "epoch 4",
            "figures": {"samples_per_s": 9.0, "steps_per_s": 1.0},
        }
        jobs.files.append_line(folder / jobs.files.PROGRESS, jobs.files.as_line(line))
        now = control.describe(store, run)
        assert (now["left_s"], now["note"]) == (left_s, "epoch 4" if left_s else "")
    jobs.files.append_line(
        folder / jobs.files.ATTEMPTS,
        jobs.files.as_line({"state": "failed", "reason": "", "started_at": 1.0, "ended_at": 8.0}),
    )
    assert control.describe(store, run)["took_s"] > 7
    (folder / jobs.files.PROCESS).unlink()


def run_as(state: str, **more) -> dict:
    usual = {"best_js": None, "place": None, "took_s": 2.0, "source": "human", "augmentation": None, "seed": 0}
    return usual | {"state": state, "study": "s", "backbone": "probe"} | more


def test_a_summary_counts_and_averages_what_is_done():
    told = [run_as("done", best_js=0.2), run_as("done", best_js=0.4, seed=1), run_as("running", best_js=0.1),
            run_as("queued", place=4, took_s=None), run_as("failed", augmentation={"fraction": 0.3})]  # fmt: skip
    found = grids.summary("g", told)
    assert (found["runs"], found["done"], found["state"], found["place"]) == (5, 2, "running", 4)
    assert (found["best_js"], found["mean_js"], found["took_s"]) == (0.2, pytest.approx(0.3), 8.0)
    assert (found["fractions"], found["seeds"]) == ([0.0, 0.3], 2)
    assert grids.summary("g", [run_as("done")] * 2)["state"] == "done"
    assert grids.summary("g", [run_as("done"), run_as("failed")])["state"] == "failed"
