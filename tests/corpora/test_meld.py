"""MELD: three tables, clips that are films, characters of another encoding."""

import pytest

from emo_core.corpora import meld
from emo_core.errors import BadInput, BadTable
from emo_core.store import corpora
from tests.corpora.fixtures_meld import HEADER, ROWS, build
from tests.corpora.fixtures_sound import write_sound


def by_clip(reading):
    return reading.clips.set_index("clip")


def test_each_utterance_is_a_clip_with_one_vote(tmp_path):
    reading = meld.read(build(tmp_path))
    assert dict(zip(reading.votes["clip"], reading.votes["label"])) == {
        "train/dia0_utt0": "neutral", "train/dia0_utt1": "surprise", "dev/dia0_utt0": "sadness", "test/dia0_utt0": "joy",
    }  # fmt: skip
    assert set(reading.votes["panel"]) == {"consensus"} and "rater" not in reading.votes
    first = by_clip(reading).loc["train/dia0_utt0"]
    assert (first["speaker"], first["session"], first["partition"]) == ("Chandler", "train/dia0", "train")
    assert first["transcript"] == "also I was the point person, you know?"
    assert first["metadata"]["starttime"] == "00:16:16,059" and first["metadata"]["sentiment"] == "neutral"


def test_sound_is_found_by_partition_and_films_are_counted(tmp_path):
    reading = meld.read(build(tmp_path))
    assert by_clip(reading)["audio"].dropna().to_dict() == {"train/dia0_utt0": "train_splits/dia0_utt0.wav"}
    (note,) = [note for note in reading.notes if "mp4" in note]
    assert note.startswith("1 clips") and "ffmpeg -i" in note


def test_a_sound_beside_the_film_or_in_another_folder_is_taken(tmp_path):
    build(tmp_path / "meld")
    write_sound(tmp_path / "meld" / "dev_splits_complete" / "dia0_utt0.wav")
    reading = meld.read(tmp_path / "meld")
    assert by_clip(reading).loc["dev/dia0_utt0", "audio"] == "dev_splits_complete/dia0_utt0.wav"
    assert not any("mp4" in note for note in reading.notes)
    write_sound(tmp_path / "flac" / "output_repeated_splits_test" / "dia0_utt0.flac")
    reading = meld.read(tmp_path / "meld", audio=tmp_path / "flac")
    assert by_clip(reading)["audio"].dropna().to_dict() == {
        "test/dia0_utt0": "output_repeated_splits_test/dia0_utt0.flac"
    }


def test_without_a_folder_of_the_partition_one_table_alone_takes_the_sound(tmp_path):
    build(tmp_path)
    write_sound(tmp_path / "sound" / "dia0_utt0.wav")
    assert by_clip(meld.read(tmp_path, audio=tmp_path / "sound"))["audio"].isna().all()  # whose dialogue 0 is it?
    reading = meld.read(tmp_path / "test_sent_emo.csv", audio=tmp_path / "sound")
    assert by_clip(reading)["audio"].to_dict() == {"test/dia0_utt0": "dia0_utt0.wav"}


def test_characters_that_were_decoded_wrongly_are_kept_and_counted(tmp_path):
    reading = meld.read(build(tmp_path))
    assert by_clip(reading).loc["train/dia0_utt1", "transcript"] == "You must\x92ve had your hands full."
    assert any(note.startswith("1 utterances hold characters") for note in reading.notes)


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("utf-8-sig", "Why do all you’re"), ("cp1252", "Why do all you’re"), ("latin-1", "Why \x81do")],
)
def test_other_encodings_are_read(tmp_path, encoding, expected):
    build(tmp_path)
    written = "\r\n".join([HEADER, *ROWS["test"]]) + "\r\n"
    if encoding == "latin-1":
        written = written.replace("do all you’re", "\x81do all youre")
    (tmp_path / "test_sent_emo.csv").write_bytes(written.encode(encoding))
    reading = meld.read(tmp_path)
    assert by_clip(reading).loc["test/dia0_utt0", "transcript"].startswith(expected)
    assert any("test_sent_emo.csv" in note for note in reading.notes) == (encoding != "utf-8-sig")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (ROWS["dev"][0], "stands in an earlier row"),
        (ROWS["dev"][0].replace(",0,0,4", ",x,0,4"), "the dialogue 'x'"),
        (ROWS["dev"][0].replace(",0,0,4", ",0,1.5,4"), "the utterance '1.5'"),
        (ROWS["dev"][0].replace("sadness", "").replace(",0,0,4", ",0,1,4"), "no emotion"),
    ],
)
def test_rows_that_cannot_be_taken_are_listed(tmp_path, row, reason):
    build(tmp_path)
    (tmp_path / "dev_sent_emo.csv").write_text("\n".join([HEADER, ROWS["dev"][0], row]) + "\n")
    ((where, said),) = [(skip.where, skip.reason) for skip in meld.read(tmp_path).skipped]
    assert where == "dev_sent_emo.csv row 2" and reason in said


def test_the_tables_may_lie_deeper(tmp_path):
    build(tmp_path / "data" / "MELD")
    assert meld.recognises(tmp_path) and len(meld.read(tmp_path).clips) == 4


def test_what_is_missing_or_cut_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"no train_sent_emo\.csv"):
        meld.read(tmp_path)
    build(tmp_path)
    (tmp_path / "dev_sent_emo.csv").write_text(HEADER.replace("Emotion", "Mood") + "\n")
    with pytest.raises(BadTable, match="no column 'Emotion'"):
        meld.read(tmp_path)
    (tmp_path / "dev_sent_emo.csv").write_text("\n".join([HEADER, ROWS["dev"][0][:40]]) + "\n")
    with pytest.raises(BadTable, match="row 1 has 7 columns"):
        meld.read(tmp_path)


def test_it_goes_into_a_store(store, tmp_path):
    report = corpora.add_corpus(store, "meld", meld.read(build(tmp_path / "m")))
    assert report.emotions == {"happy": 1, "neutral": 1, "sad": 1, "surprise": 1} and report.clips == 4
