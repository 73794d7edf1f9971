"""Clips that a study leaves out by name, mark, duration or problem of their sound: counted by reason, and followed."""

import pandas as pd
import pytest

from emo_core import verbs
from emo_core.errors import BadInput, UnknownName
from emo_core.records import Reading, Study
from emo_core.store import browsing, corpora, health, marks, studies
from tests.conftest import command

TWO = ("anger", "happy")


@pytest.fixture
def corpus(store):
    """Six clips of 1 to 5 seconds, and one whose duration nobody knows; all heard as anger but the fourth."""
    for name in ("c", "d"):
        clips = pd.DataFrame({"clip": list("abcdef"), "duration_s": [1.0, 2.0, 3.0, 4.0, 5.0, None]})
        votes = pd.DataFrame(
            {"clip": list("abcdef"), "panel": "human", "label": ["anger"] * 3 + ["happy"] + ["anger"] * 2}
        )
        corpora.add_corpus(store, name, Reading(format="test", source=name, clips=clips, votes=votes))
    return store


def add(store, name="s", corpora=("c",), **choices):
    return studies.add_study(store, Study(name, corpora, "human", None, TWO, **choices))


def kept(store, name="s"):
    return "".join(sorted(row["clip"] for row in browsing.browse(store, name, limit=100).rows))


def looked(store, clip, seconds, *codes):
    number = studies.find_study(store.cursor(), "s").places[0].corpus_id
    (found,) = (
        store.cursor().execute("SELECT clip_id FROM clips WHERE name = ? AND corpus_id = ?", [clip, number]).fetchone()
    )
    row = dict.fromkeys(("file_stamp", "content_hash", "sample_rate", "channels", "peak_dbfs", "rms_dbfs", "problem"))
    health.keep_sound(store, [row | {"clip_id": found, "duration_s": seconds, "codes": list(codes)}])


def test_every_clip_left_out_is_counted_under_the_first_reason_that_holds(corpus):
    choices = {"without_clips": ("a", "b"), "min_seconds": 2.5, "max_seconds": 4.0}
    study = Study("s", ("c",), "human", None, TWO, **choices)
    preview = studies.preview_study(corpus, study)
    add(corpus, **choices)
    assert kept(corpus) == "cd"
    excluded = {"named": 2, "too_long": 1, "unknown_duration": 1}
    assert studies.exclusions(corpus, "s") == preview["excluded"] == excluded
    page = browsing.browse(corpus, "s", chosen=browsing.Filter(show="too_long"))
    assert [(row["clip"], row["excluded"]) for row in page.rows] == [("e", "too_long")]
    add(corpus, "all")
    sides = [
        {row["clip"]: row["split"] for row in browsing.browse(corpus, name, limit=9).rows} for name in ("s", "all")
    ]
    assert sides[0].items() <= sides[1].items()  # no clip moves to the other side


def test_a_look_at_the_sound_changes_what_a_study_with_bounds_keeps(corpus):
    add(corpus, min_seconds=2.5, without_problems=("clipped",))
    assert kept(corpus) == "cde"
    looked(corpus, "f", 3.0)
    looked(corpus, "c", 3.0, "clipped")
    assert kept(corpus) == "def" and studies.exclusions(corpus, "s") == {"too_short": 2, "sound_problem": 1}


def test_marks_are_events_that_studies_follow_unless_told_otherwise(corpus):
    add(corpus)
    add(corpus, "deaf", without_marked=False)
    before = verbs.run(corpus, "study show", {"name": "deaf"})
    assert marks.mark(corpus, "c", "b", reason="two voices", by="Ada") == ["s"]
    assert (kept(corpus), kept(corpus, "deaf")) == ("acdef", "abcdef")
    assert studies.exclusions(corpus, "s") == {"marked": 1}
    assert verbs.run(corpus, "study show", {"name": "deaf"}) == before
    assert [(m.clip, m.reason, m.marked_by) for m in marks.marked(corpus, "c")] == [("b", "two voices", "Ada")]
    add(corpus, "both", corpora=("c", "d"))  # the mark belongs to the clip of one corpus
    assert "c/b" not in kept(corpus, "both") and "d/b" in kept(corpus, "both")
    assert marks.unmark(corpus, "c", "b") == ["s", "both"]
    assert kept(corpus) == "abcdef" and marks.marked(corpus, "c") == []
    with pytest.raises(BadInput, match="not marked"):
        marks.unmark(corpus, "c", "b")
    assert corpus.cursor().execute("SELECT count(*) FROM clip_marks").fetchone() == (2,)


def test_a_study_made_before_marks_goes_by_none(corpus):
    add(corpus)
    with corpus.writing() as cursor:
        cursor.execute("UPDATE studies SET settings = json_merge_patch(settings, '{\"without_marked\": null}')")
    assert marks.mark(corpus, "c", "b") == [] and kept(corpus) == "abcdef"


def test_names_are_those_of_the_study_and_unknown_ones_are_refused(corpus):
    add(corpus, corpora=("c", "d"), without_clips=("c/a",))
    assert "c/a" not in kept(corpus) and "d/a" in kept(corpus)
    with pytest.raises(BadInput, match=r"7 of the 8 clips .*'n0', 'n1', 'n2', 'n3', 'n4' …"):
        add(corpus, "t", without_clips=("a", *(f"n{i}" for i in range(7))))
    with pytest.raises(BadInput, match="named corpus/clip"):
        add(corpus, "t", corpora=("c", "d"), without_clips=("a",))
    with pytest.raises(UnknownName):
        add(corpus, "t", without_problems=("moonlight",))
    with pytest.raises(BadInput, match="at least 4 s and at most 2 s"):
        add(corpus, "t", min_seconds=4, max_seconds=2)


def test_the_command_line_takes_names_files_bounds_and_marks(corpus, tmp_path):
    listed = tmp_path / "out.csv"
    listed.write_text("clip,why\na,noise\n")
    folder = corpus.folder
    corpus.close()
    base = ("study", "add", "s", "--corpus", "c", "--reference", "human", "--emotions", "anger,happy")
    words = ("--without-clip", "b", "--without-clips", listed, "--max-seconds", 4, "--json")
    assert command(folder, "corpus", "mark", "c", "c", "--reason", "laughter").exit_code == 0
    made = command(folder, *base, *words)
    assert made.exit_code == 0, made.output
    assert '"excluded": {"named": 2, "marked": 1, "too_long": 1, "unknown_duration": 1}' in made.output
    assert "laughter" in command(folder, "corpus", "marks", "c").output
