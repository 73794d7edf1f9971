"""The same source again changes nothing; a newer one adds what is new and says what differs."""

import pandas as pd
import pytest

from emo_core.errors import BadInput
from emo_core.records import Reading, Study, VotesFile
from emo_core.store import browsing, corpora, studies
from emo_core.verbs.corpora import add_known_corpus, add_votes, add_votes_corpus

TABLE = "clip,who,label,text\na,r1,sad,one\na,r2,happy,one\nb,r1,angry,two\n"
FIELDS = {"clip": "clip", "rater": "who", "label": "label", "transcript": "text"}


def take(store, path, text: str | None = None, **more) -> dict:
    if text is not None:
        path.write_text(text)
    return add_votes_corpus(store, "c", FIELDS | {"path": str(path)}, **more)


def difference(report: dict) -> tuple[int, ...]:
    return tuple(report[name] for name in ("votes", "clips_added", "unchanged", "corrected", "gone"))


def votes_of(store) -> list[tuple]:
    return (
        store.cursor()
        .execute(
            "SELECT clips.name, raters.name, emotions.name FROM current_votes JOIN clips USING (clip_id) "
            "JOIN emotions USING (emotion_id) LEFT JOIN raters USING (rater_id) ORDER BY ALL"
        )
        .fetchall()
    )


def test_the_same_table_again_changes_nothing(store, tmp_path):
    assert difference(take(store, tmp_path / "v.csv", TABLE)) == (3, 2, 0, 0, 0)
    before = votes_of(store)
    assert difference(take(store, tmp_path / "v.csv")) == (0, 0, 3, 0, 0)
    assert votes_of(store) == before


def test_a_newer_table_adds_corrects_and_reports(store, tmp_path):
    take(store, tmp_path / "v.csv", TABLE)
    studies.add_study(store, Study("s", "c", "human", None, ("anger", "happy", "sad"), rule="drop_outside"))
    newer = "clip,who,label,text\na,r1,happy,ONE\nb,r1,angry,two\nb,r3,sad,two\nc,r1,sad,three\n"
    report = take(store, tmp_path / "v.csv", newer)
    assert difference(report) == (3, 1, 1, 1, 1)  # r2's vote on a is gone from the table, and stays in the store
    assert "1 clips were there and say something new." in report["notes"]
    assert votes_of(store) == [
        ("a", "r1", "happy"), ("a", "r2", "happy"), ("b", "r1", "anger"), ("b", "r3", "sad"), ("c", "r1", "sad"),
    ]  # fmt: skip
    rows = {row["clip"]: row for row in browsing.browse(store, "s").rows}
    assert rows["a"]["reference_counts"] == {"anger": 0, "happy": 2, "sad": 0} and rows["a"]["transcript"] == "ONE"
    assert rows["b"]["n_reference"] == 2 and set(rows) == {"a", "b", "c"}
    assert difference(take(store, tmp_path / "v.csv", newer)) == (0, 0, 4, 0, 1)


def test_equal_votes_of_anonymous_raters_are_counted_not_merged(store, tmp_path):
    counts = {"path": str(tmp_path / "n.csv"), "clip": "clip", "counts": ["sad", "happy"]}
    (tmp_path / "n.csv").write_text("clip,sad,happy\na,3,1\n")
    add_votes_corpus(store, "c", counts)
    (tmp_path / "n.csv").write_text("clip,sad,happy\na,5,1\n")
    assert difference(add_votes_corpus(store, "c", counts)) == (2, 0, 4, 0, 0)
    assert len(votes_of(store)) == 6


def test_another_source_of_that_name_is_refused_unless_it_is_said_to_be_newer(store, tmp_path):
    take(store, tmp_path / "v.csv", TABLE)
    with pytest.raises(BadInput, match=r"There is a corpus 'c' already.*--update"):
        take(store, tmp_path / "w.csv", TABLE + "d,r1,sad,four\n")
    assert difference(take(store, tmp_path / "w.csv", update=True)) == (1, 1, 3, 0, 0)
    other = Reading("crema-d", "elsewhere", pd.DataFrame({"clip": ["a"]}), pd.DataFrame())
    with pytest.raises(BadInput, match=r"already \(votes, from"):
        corpora.add_corpus(store, "c", other, update=True)


def test_a_refused_update_leaves_the_corpus_as_it_was(store, tmp_path):
    take(store, tmp_path / "v.csv", TABLE)
    before = votes_of(store)
    with pytest.raises(BadInput, match="unknown label"):
        take(store, tmp_path / "v.csv", TABLE + "e,r1,blorp,five\n")
    assert votes_of(store) == before and corpora.list_corpora(store)[0]["clips"] == 2


def test_a_file_of_votes_twice_counts_once_and_another_file_counts_again(store, tmp_path):
    take(store, tmp_path / "v.csv", TABLE)
    path = tmp_path / "m.csv"
    path.write_text("clip,label\na,sad\na,sad\nb,sad\n")
    file = {"path": str(path), "clip": "clip", "label": "label", "panel": "model:m"}
    assert add_votes(store, "c", file)["votes"] == 3
    assert difference(add_votes(store, "c", file)) == (0, 0, 3, 0, 0)
    (tmp_path / "more.csv").write_text("clip,label\na,sad\n")
    assert add_votes(store, "c", file | {"path": str(tmp_path / "more.csv")})["votes"] == 1
    # importing the corpus again is not troubled by votes that came another way
    assert difference(take(store, tmp_path / "v.csv")) == (0, 0, 3, 0, 0)


def test_audio_that_comes_later_is_found(store, tmp_path):
    import numpy as np
    import soundfile

    wavs = tmp_path / "wavs"
    wavs.mkdir()
    take(store, tmp_path / "v.csv", TABLE, audio=str(wavs))
    soundfile.write(wavs / "b.wav", np.zeros(800), 8000)
    report = take(store, tmp_path / "v.csv", audio=str(wavs))
    assert report["clips_with_audio"] == 1 and report["unchanged"] == 3


def test_the_real_corpus_twice(store, real_crema):
    first = add_known_corpus(store, "crema-d", str(real_crema), "crema-d")
    second = add_known_corpus(store, "auto", str(real_crema), "crema-d")
    assert difference(second) == (0, 0, first["votes"], 0, 0)
    assert votes_of(store) and not [note for note in second["notes"] if "say something new" in note]


def test_a_description_is_kept_with_what_it_says(store, tmp_path):
    from emo_core.store import mappings

    described = VotesFile(tmp_path / "v.csv", "clip", label="label", labels={"blau": "sad"}, header=False)
    mappings.save_mapping(store, "ours", described)
    assert mappings.find_mapping(store, "ours") == {
        "clip": "clip", "label": "label", "labels": {"blau": "sad"}, "header": False,
    }  # fmt: skip
    (tmp_path / "v.csv").write_text(TABLE)
    mappings.save_mapping(store, "ours", VotesFile(tmp_path / "x.csv", "clip", label="label", rater="who"))
    report = add_votes_corpus(store, "c", {"path": str(tmp_path / "v.csv")}, mapping="ours")
    assert report["raters"] == 2
