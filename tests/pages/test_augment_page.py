"""The page Augment: what it says on an empty store, before features, with planted ones; the ear test; the folder."""

import time

import numpy as np
import pytest

from emo_core import jobs, verbs
from emo_core.augmentation import dataset, feature_sets, listening, study_side
from emo_core.augmentation.settings import Settings
from emo_core.records import Study
from emo_core.store import Database, corpora, studies
from tests.conftest import EMOTIONS, copied, simulated_reading
from tests.pages.test_pages import draw, said


@pytest.fixture
def heard(demo, tmp_path):
    """The demo store with planted features, in which clips of one name ending are alike."""
    store = Database(copied(demo, tmp_path / "store"))
    side = study_side.training_side(store, "demo")
    values = np.random.default_rng(0).standard_normal((len(side.clips), 8)).astype(np.float32)
    values[4] = np.nan
    found = feature_sets.FeatureSet(values, {side.clips[4].clip: "<b>broken</b>"})
    key = feature_sets.set_key(side.clips, feature_sets.version(Settings()))
    feature_sets.write(store.folder / feature_sets.CACHE, key, found)
    yield store
    store.close()


def verdicts(store):
    return listening.read(listening.path_of(store.folder, study_side.training_side(store, "demo").study_id))


def test_an_empty_store_says_what_to_do(store, monkeypatch):
    assert "There is no study yet" in said(draw(monkeypatch, store, "augment"))


def test_a_study_without_sound_says_so(filled, monkeypatch):
    app = draw(monkeypatch, filled, "augment")
    assert "only sound can be mixed" in said(app) and not app.error


def test_a_split_that_leaves_no_training_clip_is_said(store, monkeypatch):
    reading = simulated_reading()
    reading.clips["speaker"] = "the only one"
    corpora.add_corpus(store, "small", reading)
    studies.add_study(store, Study("small", "small", "human", None, EMOTIONS, rule="drop_outside", split="speaker"))
    app = draw(monkeypatch, store, "augment")
    assert "split by speaker puts all 40 clips on the test side" in said(app) and not app.error


def test_without_features_it_offers_their_job(demo, tmp_path, monkeypatch):
    store = Database(copied(demo, tmp_path / "store"))
    started = []
    monkeypatch.setattr(jobs, "start", lambda folder, **_: started.append(folder))
    try:
        app = draw(monkeypatch, store, "augment")
        assert "160 training clips is heard once" in said(app) and not app.error
        app.button("compute").click().run()
        assert [job.spec.kind for job in jobs.list_jobs(store.folder / "jobs")] == ["features"]
        app.button("compute").click().run()  # the same job, not another
        assert started == [store.folder / "jobs" / "1"] * 2
    finally:
        store.close()


def test_it_says_what_the_document_says(heard, monkeypatch):
    found = verbs.run(heard, "augment", {"study": "demo", "fraction": 0.2, "source": "combined"})
    app = draw(monkeypatch, heard, "augment", fraction="0.2", source="combined")
    assert not app.error and app.number_input(key="fraction").value == 0.2
    words = said(app)
    clips = found["clips"]["augmented_from"]
    assert found["clips"]["left_out"]["held out for validation in a training with seed 0"] == 160 - 1 - clips > 0
    assert found["asked"] == round(0.2 * clips)
    told = f"**{found['samples']} samples** from {clips} training clips; {found['asked']} were asked for"
    assert told in words
    assert (
        "no features come out of their sound: 1 clip, among them" in words
        and "1 × its sound gives no features" in words
    )
    even = found["balance"]["evenness"]
    assert f"{100 * even['filled']:.0f} by the emotion" in words and f"**{100 * even['after']:.0f}** by the" in words
    assert f"{found['dominance']['otherwise']} of {found['samples']} samples are dominated by another" in words
    grid, short = (next(each.value for each in app.dataframe if name in each.value) for name in ("made", "how many"))
    assert grid["made"].tolist() == [row["samples"] for row in found["grid"]]
    assert short["how many"].tolist() == [row["count"] for row in found["not_made"]]


def test_samples_are_kept_rejected_and_taken_back(heard, monkeypatch):
    app = draw(monkeypatch, heard, "augment")
    offered = verbs.run(heard, "augment", {"study": "demo"})["samples"]
    app.button("reject_sample").click().run()
    app.button("keep_sample").click().run()
    app.button("reject_sample").click().run()
    assert list(verdicts(heard).standing.values()) == ["rejected", "kept", "rejected"]
    assert f"**3 of {offered}** heard, **2** rejected: 67% [21%, 94%]" in said(app)
    last = list(verdicts(heard).standing)[-1]
    app.button("undo_sample").click().run()
    assert last in said(app) and len(verdicts(heard).rejected) == 1  # it is heard again
    assert f"**{offered - 1} samples** from" in said(app)
    (short,) = [table.value for table in app.dataframe if "why" in table.value]
    assert "a listener rejected them; none took their place" in short["why"].tolist()
    assert verbs.run(heard, "augment", {"study": "demo"})["samples"] == offered - 1
    assert not app.exception


def test_another_fraction_keeps_the_verdicts(heard, monkeypatch):
    app = draw(monkeypatch, heard, "augment", fraction="0.1")
    app.button("reject_sample").click().run()
    rejected = verdicts(heard).rejected
    app = draw(monkeypatch, heard, "augment", fraction="0.2")
    assert "heard, **1** rejected" in said(app)
    assert not rejected & set(_names(heard, app))


def test_one_rejection_among_others_can_be_taken_back(heard, monkeypatch):
    app = draw(monkeypatch, heard, "augment")
    for _ in range(3):
        app.button("reject_sample").click().run()
    first, *others = verdicts(heard).standing
    assert app.selectbox("to_take_back").options == [first, *others]
    app.selectbox("to_take_back").select(first).run()
    app.button("take_back").click().run()
    assert set(verdicts(heard).rejected) == set(others) and first in said(app)


def test_undo_leaves_verdicts_of_other_settings_alone(heard, monkeypatch):
    draw(monkeypatch, heard, "augment", seed="1").button("reject_sample").click().run()
    app = draw(monkeypatch, heard, "augment", seed="2")
    assert app.button("undo_sample").disabled and "1 further rejected samples belong to other settings" in said(app)


def _names(store, app) -> list[str]:
    """The samples that the page would write: by writing them."""
    app.button("write_samples").click().run()
    folder = store.folder / "datasets" / "demo-human-20-seed0"
    deadline = time.monotonic() + 30
    while not folder.is_dir() and time.monotonic() < deadline:
        time.sleep(0.05)
    found = dataset.read(folder)
    assert found.schema["simulated"] is True and found.schema["study"] == "demo"
    return [sample.id for sample in found.samples]


@pytest.mark.parametrize("name", ["../elsewhere", "/elsewhere", "a/b", ".hidden", ""])
def test_a_folder_lies_in_the_store_and_nowhere_else(heard, monkeypatch, name):
    app = draw(monkeypatch, heard, "augment")
    field = next(field for field in app.text_input if field.label == "Name of the folder")
    field.set_value(name).run()
    app.button("write_samples").click().run()
    assert "begins with a letter or digit" in app.error[0].value
    assert not any((heard.folder / "datasets").glob("*"))


def test_nobody_elses_folder_is_written_over(heard, monkeypatch):
    theirs = heard.folder / "datasets" / "mine" / "notes.txt"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("keep")
    app = draw(monkeypatch, heard, "augment")
    next(field for field in app.text_input if field.label == "Name of the folder").set_value("mine").run()
    app.button("write_samples").click().run()
    deadline = time.monotonic() + 20
    while not app.error and time.monotonic() < deadline:
        time.sleep(0.1)
        app.run()
    assert "is not empty" in app.error[0].value and [path.name for path in theirs.parent.iterdir()] == ["notes.txt"]
