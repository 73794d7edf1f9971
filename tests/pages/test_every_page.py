"""Every page and every verb that only reads, on stores in which each kind of thing meets every other: none breaks."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from emo_core import jobs, verbs
from emo_core.annotators import control as panels
from emo_core.augmentation import feature_sets, study_side
from emo_core.augmentation.settings import Settings
from emo_core.errors import StoreError, WorkbenchError
from emo_core.jobs.worker import Reporter
from emo_core.labelling.office import office
from emo_core.store import Database, campaigns, corpora, readings, runs, studies
from emo_core.training import control
from emo_core.training.run import work
from tests.conftest import EMOTIONS, ROOT, copied, fill_small
from tests.labelling.conftest import corpus_with_sound
from tests.model_readings import plant_readings, plausible_rows
from tests.pages.test_labelling_pages import as_visitor
from tests.pages.test_pages import draw
from tests.trained_runs import heard_shares, near, plant_training

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py") if path.stem != "overview")
# Verbs that need nothing but a study, and those that need nothing.
OF_A_STUDY = (
    "agreement", "saturation", "ambiguity", "standin", "distributions", "advise", "sandbox", "results", "browse",
)  # fmt: skip
LISTS = (
    "corpus formats", "corpus list", "corpus mappings", "vocabulary list", "study list", "campaign list", "panel list",
    "train list", "jobs list",
)  # fmt: skip


def train_probe(store: Database) -> None:
    """A short training of the probe on the demo, carried out here and taken in."""
    choices = {"name": "probe", "settings": {"epochs": 2, "patience": 2}}
    run = control.keep(store, control.plan_for(store, "demo", choices))
    folder = runs.folder_of(store, run.run_id)
    reporter = Reporter(folder)
    work(folder, reporter)
    reporter.close()
    end(folder)
    control.collect(store, "probe")


def end(folder) -> None:
    """What the supervisor of a job that is done leaves."""
    ended = {"state": "done", "rc": 0, "reason": "", "ended_at": 2.0, "asked_at": 0.0, "started_at": 1.0}
    jobs.files.write_json(folder / jobs.files.STATUS, ended)


def one_of_each(store: Database) -> None:
    """Panels of people and of models, runs of each kind, features and an augmentation, a campaign with an invite and answers, a
    corpus without audio, studies without candidate, of one clip, of one vote.
    """
    fill_small(store)  # without audio
    reading = corpus_with_sound(store.folder.parent / "sound")
    corpora.add_corpus(store, "loud", reading)
    choices = {"corpus": "loud", "emotions": ",".join(EMOTIONS), "rule": "drop_outside", "reference": "human"}
    verbs.run(store, "study add", {"name": "loud", "candidate": "synthetic:sim/1"} | choices)
    verbs.run(store, "study add", {"name": "alone"} | choices)
    for name, rows in (
        ("one clip", ["a,sad,human", "a,happy,human", "a,sad,model:x"]),
        ("one vote", ["a,sad,human", "b,happy,other"]),
    ):
        path = store.folder.parent / f"{name}.csv"
        path.write_text("\n".join(["clip,label,panel", *rows]) + "\n")
        file = {"path": str(path), "clip": "clip", "label": "label", "panel_column": "panel"}
        verbs.run(store, "corpus add votes", {"name": name, "file": file})
        chosen = {"name": name, "corpus": name, "reference": "human", "emotions": "sad,happy"}
        verbs.run(store, "study add", chosen | ({"candidate": "model:x"} if name == "one clip" else {}))
    heard = readings.heard(store, "loud")
    cells = {("label", f"{who} @ 1"): [([0.1, 0.2, 0.3, 0.4], None)] * 12 for who in ("a", "b")}
    said = plausible_rows(heard, ("angry", "happy", "neutral", "sad"))
    for name, question, rows in (("asked", "distribution", said), ("panel", "label", cells)):
        plan = {"study": "loud", "name": name, "model": "gemini-2.5-flash", "question": question, "cap": 2.0}
        run = panels.keep(store, panels.draft(store, plan))
        plant_readings(store, heard, run.run_id, rows)
    shares = heard_shares(store, "loud")
    for name, far in (("trained", 0.1), ("trained too", 0.6)):
        plant_training(store, "loud", name, near(shares, far), settings={"loss": "js" if far < 0.5 else "kl"})
        end(runs.folder_of(store, runs.find_run(store, name).run_id))
    plant_training(store, "loud", "not done", None)
    side = study_side.training_side(store, "loud")
    values = np.random.default_rng(0).standard_normal((len(side.clips), 8)).astype(np.float32)
    key = feature_sets.set_key(side.clips, feature_sets.version(Settings()))
    feature_sets.write(store.folder / feature_sets.CACHE, key, feature_sets.FeatureSet(values, {}))
    verbs.run(store, "campaign add", {"name": "round", "study": "loud", "overlap": 2, "guidelines": None})
    verbs.run(store, "campaign invite", {"name": "round"})
    number = campaigns.list_campaigns(store)[0]["campaign_id"]
    desk = office(store).desk(number)
    campaigns.join(store, number, "Ben", sees_votes=False)
    clips = desk.sync("Ben", "s", [], want=3)["clips"]
    events = [
        {"seq": place + 1, "kind": "answer", "item": clip["item"], "turn": 0, "seconds": 2.5,
         "content": {"answer": {"emotion": "sad"}}}
        for place, clip in enumerate(clips)
    ]  # fmt: skip
    assert desk.sync("Ben", "s", events)["acked"]


@pytest.fixture(scope="module", params=["empty", "trained on the demo", "one of each"])
def full(request, prepared, demo, tmp_path_factory):
    stores = {
        "empty": lambda: prepared("empty", lambda empty: None),
        "trained on the demo": lambda: demo,
        "one of each": lambda: prepared("one-of-each", one_of_each),
    }
    folder = copied(stores[request.param](), tmp_path_factory.mktemp("full") / "store")
    store = Database(folder)
    if request.param == "trained on the demo":
        train_probe(store)
    yield store
    store.close()


def test_every_page_opens_on_every_study(full, monkeypatch):
    as_visitor(monkeypatch, full, "Res", "researcher")
    for study in [stored.study.name for stored in studies.list_studies(full)] or [None]:
        app = draw(monkeypatch, full, "overview", **({"study": study} if study else {}))
        for page in PAGES:
            open_page(app, page, study)


def open_page(app: AppTest, page: str, study: str | None) -> None:
    if study:
        app.session_state["study"] = study
    app.switch_page(f"pages/{page}.py").run()
    told = [f"{each.message}\n{''.join(each.stack_trace)}" for each in app.exception]
    assert not told, f"{page} of {study}: {told[0]}"


def test_every_verb_that_reads_answers_or_says_why_not(full):
    for verb in LISTS:
        json.dumps(verbs.run(full, verb, {}))
    found = [stored.study.name for stored in studies.list_studies(full)]
    asked = [(verb, {"study": name}) for name in found for verb in OF_A_STUDY]
    asked += [("study show", {"name": name}) for name in found] + [("study compare", {"names": found})]
    asked += [("corpus show", {"name": each["name"]}) for each in corpora.list_corpora(full)]
    asked += [("campaign show", {"name": each["name"]}) for each in campaigns.list_campaigns(full)]
    asked += [("jobs show", {"number": int(path.name)}) for path in full.folder.glob("jobs/[0-9]*")]
    for verb, arguments in asked:
        arguments |= {"budget": 5.0} if verb == "advise" else {}
        try:
            json.dumps(verbs.run(full, verb, arguments), allow_nan=False)
        except WorkbenchError as error:  # a study may lack what a verb needs; nothing may break
            assert not isinstance(error, StoreError), f"{verb} {arguments}: {error}"


def test_trained_models_are_not_among_those_that_were_asked(prepared, tmp_path, monkeypatch):
    store = Database(copied(prepared("one-of-each", one_of_each), tmp_path / "store"))
    try:
        found = verbs.run(store, "distributions", {"study": "loud"})
        assert [run["run"] for run in found["runs"]] == ["asked", "panel"]
        with pytest.raises(WorkbenchError, match=r"is of a trained model.*results loud"):
            verbs.run(store, "distributions", {"study": "loud", "run": ["trained"]})
        assert {row["state"] for row in verbs.run(store, "results", {"study": "loud"})["runs"]}
        as_visitor(monkeypatch, store, "Res", "researcher")
        app = draw(monkeypatch, store, "distributions", study="loud", runs="trained")
        assert app.multiselect(key="runs").options == ["asked", "panel"] and not app.error
    finally:
        store.close()
