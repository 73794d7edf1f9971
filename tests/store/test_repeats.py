"""The same vote again, in one source or in several: a named rater's counts once, a file of anonymous ones is noticed."""

import pandas as pd
import pytest

from emo_core.records import Reading
from emo_core.store import corpora
from emo_core.verbs.corpora import add_votes, add_votes_corpus, preview

FIELDS = {"clip": "clip", "rater": "who", "label": "label"}
ONCE = "votes stand in an earlier row already (same clip, panel, rater, answer and time); each counts once."
STORED = "votes are in the corpus already (same clip, panel, rater, answer and time); each counts once."
SEVERAL = "times a named rater voted more than once on a clip"


def write(path, *rows: str, head: str = "clip,who,label"):
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def told(report: dict) -> tuple:
    return report["votes"], report["unchanged"], report["repeated"]


@pytest.fixture
def corpus(store, tmp_path):
    add_votes_corpus(
        store, "c", FIELDS | {"path": str(write(tmp_path / "c.csv", "a,r1,sad", "a,r2,sad", "b,r1,happy"))}
    )
    return store


def test_equal_rows_of_a_named_rater_count_once_and_different_ones_with_a_note(store, tmp_path):
    path = write(tmp_path / "v.csv", "a,r1,sad", "a,r1,sadness", "a,r1,happy", "a,,sad", "a,,sad")
    report = add_votes_corpus(store, "c", FIELDS | {"path": str(path)})
    assert told(report) == (4, 0, 1) and list(report["notes"]) == [
        f"1 {ONCE}",
        f"1 {SEVERAL}; every vote counts.",
    ]
    assert told(add_votes_corpus(store, "c", FIELDS | {"path": str(path)})) == (0, 4, 1)


def test_equal_answers_at_other_times_are_different_answers(store, tmp_path):
    rows = ("a,r1,sad,2024-01-01 10:00:00", "a,r1,sad,2024-01-02 10:00:00", "a,r1,sad,2024-01-02T10:00:00Z")
    path = write(tmp_path / "v.csv", *rows, head="clip,who,label,at")
    report = add_votes_corpus(store, "c", FIELDS | {"path": str(path), "voted_at": "at"})
    assert told(report) == (2, 0, 1)


def test_every_draw_of_a_model_counts(store):
    votes = pd.DataFrame([("a", "model:m", "sad", "calm person", 0.7)] * 3 + [("a", "model:m", "sad", None, None)] * 2,
                         columns=["clip", "panel", "label", "persona", "temperature"])  # fmt: skip
    reading = Reading("test", "a test", pd.DataFrame({"clip": ["a"]}), votes)
    assert corpora.add_corpus(store, "c", reading).votes == 5


def test_what_a_named_rater_said_in_another_file_counts_once(corpus, tmp_path):
    more = write(tmp_path / "more.csv", "a,r1,sad", "a,r2,happy", "b,r2,happy")
    file = FIELDS | {"path": str(more)}
    before = preview(corpus, file, target="votes", corpus="c")
    report = add_votes(corpus, "c", file)
    assert told(report) == told(before) == (2, 1, 0)
    assert report["notes"][0] == f"1 {STORED}" and report["notes"][1].startswith(f"1 {SEVERAL}: an earlier answer")
    assert set(report["notes"]) <= set(before["notes"])
    assert told(add_votes(corpus, "c", file)) == (0, 3, 0)


def test_a_file_of_anonymous_votes_under_another_name_is_noticed(corpus, tmp_path):
    model = {"clip": "clip", "label": "label", "panel": "model:m"}
    paths = [write(tmp_path / f"{name}.csv", "a,sad", "b,sad", head="clip,label") for name in ("one", "two")]
    write(tmp_path / "three.csv", "a,happy", "b,sad", head="clip,label")
    assert add_votes(corpus, "c", model | {"path": str(paths[0])})["notes"] == ()
    again = model | {"path": str(paths[1])}
    for report in (preview(corpus, again, target="votes", corpus="c"), add_votes(corpus, "c", again)):
        assert report["votes"] == 2
        assert any("2 of the 2 new votes" in note and "one.csv" in note for note in report["notes"])
    assert add_votes(corpus, "c", model | {"path": str(tmp_path / "three.csv")})["notes"] == ()
