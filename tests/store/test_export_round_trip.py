"""What an export takes out comes back in: a fresh store then shows the same figures of the same study."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from emo_core import verbs
from emo_core.records import Reading, Study
from emo_core.store import Database, corpora, exporting, studies
from emo_core.verbs.corpora import add_known_corpus

NAMES = ["=1+1", "+plus", "-minus", "@at", "'quoted", "'=both", "-", "a,b", 'say "x"', "ünder"]
EMOTIONS = ("anger", "happy", "neutral", "sad")
CHOICES = Study("s", "c", "human", "synthetic:sim/1", EMOTIONS, rule="drop_outside", secondary_weight=0.5, seed=3)


def figures(store: Database, study: str) -> dict:
    """What a study shows, without when its votes came."""
    shown = verbs.run(store, "study show", {"name": study})
    return {name: value for name, value in shown.items() if name != "votes_as_of"}


def simulated(*, strengths: bool) -> Reading:
    """Votes with everything that a vote can have, on clips whose ids a spreadsheet would take for formulas. Clips have anonymous
    votes and votes outside the emotions; one clip has no vote of the candidate, one is only rated, one has nothing.
    """
    rng = np.random.default_rng(7)
    clips = [name + suffix for name in NAMES for suffix in ("", "-2", "-3")]
    rows = []
    for clip in clips:
        for panel, raters in (("human", 4), ("synthetic:sim/1", 5)):
            if (clip, panel) == ("-", "synthetic:sim/1"):
                continue
            for place in range(raters):
                label, other = rng.choice([*EMOTIONS, "fear"], size=2, p=[0.3, 0.25, 0.2, 0.2, 0.05])
                rows.append({
                    "clip": clip, "panel": panel, "rater": None if panel == "human" and place > 1 else f"=rater{place}",
                    "label": label, "secondary": other if other != label and other != "fear" else None,
                    "strengths": "0.3" if other != label and other != "fear" else None,
                    "valence": 1.1 + place, "confidence": 0.7, "seconds": 2.5 + place, "comment": "@see\nthis",
                    "voted_at": f"2024-01-31 13:45:0{place}",
                })  # fmt: skip
    rows.append({"clip": "only rated", "panel": "human", "rater": "-r", "valence": -0.25})
    votes = pd.DataFrame(rows).drop(columns=[] if strengths else ["strengths"])
    described = pd.DataFrame({
        "clip": [*clips, "only rated", "-silent"], "speaker": [f"+s{i % 5}" for i in range(len(clips) + 2)],
        "transcript": "- Come in.",
    })  # fmt: skip
    return Reading(
        "test", "a test", described, votes, simulated=True, licence="CC0: free for all", rating_scale=(-1, 6)
    )


def filled_store(store: Database, *, strengths: bool = False) -> Database:
    corpora.add_corpus(store, "c", simulated(strengths=strengths))
    studies.add_study(store, CHOICES)
    return store


def guessed_back(folder, path, study: Study) -> Database:
    """A fresh store with the table, its columns as they are guessed."""
    fresh = Database(folder)
    guess = verbs.run(fresh, "corpus look", {"path": str(path)})["guess"]
    verbs.run(fresh, "corpus add votes", {"name": study.corpora[0], "file": guess | {"path": str(path)}})
    studies.add_study(fresh, study)
    return fresh


def votes_of(store: Database) -> list[tuple]:
    """Every vote with its clip's own words, without who gave it."""
    return store.cursor().execute(
        "SELECT clips.name, speaker, transcript, emotion_id, secondary_ids, secondary_strengths, valence, confidence, seconds, "
        "comment, voted_at, rater_id IS NULL FROM votes JOIN clips USING (clip_id) ORDER BY vote_id"
    ).fetchall()  # fmt: skip


def facts_of(store: Database) -> list[tuple]:
    """What the store says of its corpora that no row says."""
    return store.cursor().execute("SELECT simulated, licence, rating_low, rating_high FROM corpora").fetchall()


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".jsonl"])
def test_a_table_of_votes_comes_back_with_the_same_figures(store, tmp_path, ending):
    filled_store(store, strengths=True)
    path = tmp_path / f"votes{ending}"
    done = verbs.run(store, "export", {"study": "s", "to": str(path), "what": "votes"})
    assert done["rows"] - 1 == len(votes_of(store)) == 30 * 9 - 5 + 1  # one clip has no vote
    fresh = guessed_back(tmp_path / "fresh", path, CHOICES)
    try:
        assert votes_of(fresh) == votes_of(store)
        shown = figures(store, "s")
        assert figures(fresh, "s") == shown
        assert shown["excluded"] == {"no_reference_votes": 2, "no_candidate_votes": 1}
        assert facts_of(fresh) == facts_of(store) == [(True, "CC0: free for all", -1, 6)]
    finally:
        fresh.close()


def test_strengths_come_back_from_parquet(store, tmp_path):
    """In one file the clips keep their order, so that the resampled intervals are the same too."""
    filled_store(store, strengths=True)
    (tmp_path / "folder" / "data").mkdir(parents=True)
    path = tmp_path / "folder" / "data" / "votes.parquet"
    verbs.run(store, "export", {"study": "s", "to": str(path), "what": "votes"})
    fresh = Database(tmp_path / "fresh")
    try:
        add_known_corpus(fresh, "hf", str(tmp_path / "folder"), "c")
        studies.add_study(fresh, CHOICES)
        assert figures(fresh, "s") == figures(store, "s")
        assert [0.3] in [[round(x, 6) for x in row[5] or []] for row in votes_of(fresh)]
    finally:
        fresh.close()


def test_a_csv_that_lost_its_schema_names_the_same_clips(store, tmp_path):
    filled_store(store)
    verbs.run(store, "export", {"study": "s", "to": str(tmp_path / "votes.csv"), "what": "votes"})
    (tmp_path / "votes.csv.schema.json").unlink()
    fresh = guessed_back(tmp_path / "fresh", tmp_path / "votes.csv", CHOICES)
    try:
        assert votes_of(fresh) == votes_of(store)
        assert figures(fresh, "s") == figures(store, "s")
    finally:
        fresh.close()


def test_label_studio_keeps_what_it_can(store, tmp_path):
    """Clips, panels, raters, labels and ratings come back, strengths and predictions' raters do not."""
    filled_store(store)
    verbs.run(store, "export", {"study": "s", "to": str(tmp_path / "tasks.json"), "raters": "kept"})
    fresh = Database(tmp_path / "fresh")
    try:
        add_known_corpus(fresh, "auto", str(tmp_path / "tasks.json"), "c")
        studies.add_study(fresh, CHOICES)
        assert figures(fresh, "s") == figures(store, "s")
        people = "SELECT DISTINCT raters.name FROM raters JOIN panels USING (panel_id) WHERE panels.name = 'human' ORDER BY 1"
        names = [one.cursor().execute(people).fetchall() for one in (store, fresh)]
        assert names[0] == names[1] == [("-r",), ("=rater0",), ("=rater1",)]
    finally:
        fresh.close()


def without_intervals(shown: dict) -> dict:
    """Figures without what depends on the order of the clips: a folder holds the test side before the training side."""
    flat = pd.json_normalize(shown).iloc[0].to_dict()
    flat["js_quartiles"] = [round(value, 12) for value in flat["js_quartiles"]]
    return {name: value for name, value in flat.items() if not name.endswith("_interval")}


def test_a_folder_of_hugging_face_loads_and_comes_back(store, tmp_path):
    datasets = pytest.importorskip("datasets")
    filled_store(store, strengths=True)
    done = verbs.run(store, "export", {"study": "s", "to": str(tmp_path / "hf"), "what": "votes", "form": "hf"})
    loaded = datasets.load_dataset(str(tmp_path / "hf"), cache_dir=str(tmp_path / "cache"))
    assert {side: len(loaded[side]) for side in loaded} == done["rows_of_splits"] and set(loaded) == {"train", "test"}
    assert not set(loaded["train"]["clip"]) & set(loaded["test"]["clip"])
    card = (tmp_path / "hf" / "README.md").read_text()
    assert "Simulated: c" in card and f"n = {done['rows']:,} rows" in card and "what the rater wrote" in card
    fresh = Database(tmp_path / "fresh")
    try:
        add_known_corpus(fresh, "hf", str(tmp_path / "hf"), "c")
        studies.add_study(fresh, CHOICES)
        ours, theirs = (without_intervals(figures(one, "s")) for one in (store, fresh))
        assert theirs.keys() == ours.keys() and ours["clips"] == 29 and facts_of(fresh) == facts_of(store)
        for name, value in ours.items():
            is_number = isinstance(value, float)
            assert theirs[name] == (pytest.approx(value, rel=1e-12, nan_ok=True) if is_number else value), name
    finally:
        fresh.close()


def test_who_is_left_out_stays_left_out_and_unnamed(store, tmp_path):
    corpora.add_corpus(store, "c", simulated(strengths=False))
    study = replace(CHOICES, left_out=("=rater1",))
    studies.add_study(store, study)
    path = tmp_path / "votes.csv"
    verbs.run(store, "export", {"study": "s", "to": str(path), "what": "votes"})
    schema = exporting.schema_path(path).read_text()
    assert "=rater" not in schema and "=rater" not in path.read_text()
    (code,) = json.loads(schema)["study"]["left_out"]
    fresh = guessed_back(tmp_path / "fresh", path, replace(study, left_out=(code,)))
    try:
        ours, theirs = (figures(one, "s") for one in (store, fresh))
        assert ours.pop("left_out") != theirs.pop("left_out") and ours == theirs
    finally:
        fresh.close()


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".jsonl"])
def test_real_votes_come_back(real_crema, tmp_path, ending):
    store = Database(tmp_path / "real")
    add_known_corpus(store, "crema-d", str(real_crema), "crema-d")
    six = ("anger", "disgust", "fear", "happy", "neutral", "sad")
    study = Study("six", "crema-d", "human:voice", "human:audiovisual", six)
    studies.add_study(store, study)
    path = tmp_path / f"votes{ending}"
    verbs.run(store, "export", {"study": "six", "to": str(path), "what": "votes"})
    fresh = guessed_back(tmp_path / "fresh", path, study)
    try:
        shown = figures(store, "six")
        assert shown["clips"] > 1000 and figures(fresh, "six") == shown
    finally:
        store.close()
        fresh.close()
