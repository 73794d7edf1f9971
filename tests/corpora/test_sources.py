"""What importers share: values of any type, sound found by name, tables of what was come across."""

import datetime

import pytest

from emo_core.corpora import questions, sources
from emo_core.corpora.collecting import Collection, Sounds
from emo_core.errors import BadInput, BadTable
from tests.corpora.fixtures_sound import write_sound


@pytest.mark.parametrize(
    ("value", "expected"),
    [(7, "7"), (7.0, "7"), (0.5, "0.5"), ("  a b\n", "a b"), ("\x00\ufeff", None), ("\ud800x", "?x"), (True, None), ([], None),
     (float("nan"), None), (10**50, None), (1844674407370955161, "1844674407370955161"), (None, None)],
)  # fmt: skip
def test_text(value, expected):
    assert sources.text(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3.0),
        ("2.5", 2.5),
        ("nan", None),
        (float("inf"), None),
        (10**400, None),
        (True, None),
        ("", None),
        ({}, None),
        ("1e13", None),
    ],
)
def test_number(value, expected):
    assert sources.number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0 days 00:00:01.500000", 1.5), ("1 days 00:00:00", 86_400), ("01:02:03", 3723), (2.5, 2.5), ("2.5", 2.5), ("NaT", None),
     (datetime.timedelta(seconds=2), 2), ("", None), ("1:2", None)],
)  # fmt: skip
def test_seconds(value, expected):
    assert sources.seconds(value) == expected


def test_moments_and_spans():
    assert sources.moment("2024-01-31T13:45:00Z") == "2024-01-31 13:45:00.000000+00:00"
    assert sources.moment("yesterday") is None and sources.moment(3) is None
    assert sources.span("0.5", 1) == (0.5, 1.0) and sources.span(1, 1) is None and sources.span(-1, 1) is None
    assert sources.span_name("c", (0.5, None)) == "c#0.5-" and sources.span_name("c", (10.0, 12.3456)) == "c#10-12.346"


def test_a_panels_name_can_be_printed_and_is_not_too_long():
    assert sources.panel("model", "net\n1") == "model:net\ufffd1" and len(sources.panel("model", "x" * 500)) == 100
    assert sources.panel("human", None) == "human"


def test_a_table_whose_header_repeats_a_name_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("a,a\n1,2\n")
    with pytest.raises(BadTable, match="names the column 'a' twice"):
        sources.read_rows(tmp_path / "t.csv", ["a"])


def test_questions_about_emotions_are_told_from_others():
    given = {
        "Emotion": ["x", "y"],
        "mood": ["happy", "sad", "fear"],
        "secondary_emotion": ["z"],
        "noise": ["yes", "no"],
    }
    assert questions.emotion_questions(given) == (["Emotion", "mood"], ["secondary_emotion"])
    assert questions.emotion_questions({"q": ["glum"]}) == (["q"], [])
    assert questions.emotion_questions({"q": ["glum"], "r": ["yes"]}) == ([], [])
    assert not questions.asks_for_emotion("topic", ["happy", "the weather", "my dog"])
    assert not questions.asks_for_emotion("emotion", ["1", "2"])  # an intensity


@pytest.fixture
def sounds(tmp_path):
    for name in ("a/x.wav", "b/y.flac", "b/z 1.wav", "c/z 1.wav", "c/50%25.wav"):
        write_sound(tmp_path / "sound" / name)
    return Sounds(tmp_path / "sound")


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("a/x.wav", "a/x.wav"),
        ("/corpus/a/x.wav", "a/x.wav"),
        ("C:\\corpus\\a\\x.wav", "a/x.wav"),
        ("https://host:80/files/b/y.wav", "b/y.flac"),
        ("s3://bucket/b/y.mp4", "b/y.flac"),
        ("/data/upload/1/0123abcd-x.wav", "a/x.wav"),
        ("/data/local-files/?d=b%2Fz%201.wav", "b/z 1.wav"),
        ("y", "b/y.flac"),
        ("50%25.wav", "c/50%25.wav"),
        ("z 1.wav", None),  # stands in two folders
        ("../a/x.wav", "a/x.wav"),
        ("/etc/passwd", None),
        ("/" * 100_000, None),
        ("", None),
        (None, None),
        ({}, None),
    ],
)
def test_sound_is_found_by_the_end_of_its_path(sounds, address, file):
    assert sounds.find(address).get("audio") == file


def test_exact_paths_find_nothing_else(sounds):
    assert sounds.at("a/x.wav") == {"audio": "a/x.wav", "duration_s": 0.01}
    assert sounds.at("corpus/a/x.wav") == {} and sounds.at(None) == {} and Sounds(None).find("a/x.wav") == {}


def test_links_that_lead_out_of_the_folder_are_not_followed(sounds, tmp_path):
    (sounds.root / "out.wav").symlink_to(write_sound(tmp_path / "secret.wav"))
    found = Sounds(sounds.root)
    assert found.find("out.wav") == {} and any("lead out of the audio root" in note for note in found.notes)


def test_a_file_name_that_is_no_text_is_left_out_and_counted(tmp_path):
    write_sound(tmp_path / "\udce9.wav")
    write_sound(tmp_path / "a.wav")
    sounds = Sounds(tmp_path)
    assert set(sounds.files) == {"a.wav"}
    assert "1 audio files have names that are not UTF-8 text and were left out." in sounds.notes


def test_clips_that_share_their_sound_are_counted(sounds, tmp_path):
    found = Collection()
    for clip in ("k/x.wav", "l/x.wav"):
        found.add_clip(clip, **sounds.at("a/x.wav"))
        found.add_vote(clip, "human", label="sad")
    reading = found.reading("test", tmp_path, sounds)
    assert any(note.startswith("1 clips share their sound") for note in reading.notes)


def test_what_is_said_first_of_a_clip_stays_and_gaps_are_filled(tmp_path):
    found = Collection()
    found.add_clip("a", speaker=None, transcript="first")
    found.add_clip("a", speaker="s", transcript="second")
    found.add_vote("a", "human", label=None, valence=2.0, secondary=["sad", "fear"])
    reading = found.reading("test", tmp_path, Sounds(None))
    assert reading.clips.loc[0, ["speaker", "transcript"]].tolist() == ["s", "first"]
    assert reading.votes.loc[0, "secondary"] == "sad;fear" and reading.votes["label"].isna().all()


def test_without_votes_the_first_thing_left_out_says_why(tmp_path):
    found = Collection()
    found.skip("row 3", "it is empty")
    with pytest.raises(
        BadInput, match=r"no votes that can be read as test\. Left out: 1, the first of them row 3: it is empty"
    ):
        found.reading("test", tmp_path, Sounds(None))
