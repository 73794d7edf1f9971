"""audformat: databases that its own library wrote, and headers of ours for what that cannot write."""

import pickle
from pathlib import Path

import audformat
import pandas as pd
import pytest

from emo_core.corpora import audformat_db
from emo_core.corpora.questions import SECOND_ALONE
from emo_core.errors import BadInput, BadTable
from emo_core.store import corpora
from tests.corpora.fixtures_audformat import HEADER, build
from tests.corpora.fixtures_sound import write_sound


def votes_of(reading) -> list[tuple]:
    votes = reading.votes.reindex(columns=["clip", "panel", "rater", "label", "valence"]).astype(object)
    return list(votes.where(votes.notna(), None).itertuples(index=False, name=None))


def of_the_library(folder: Path, storage: str) -> Path:
    """The fixture's database, built and saved by audformat."""
    database = audformat.Database("mini", source="made for tests", usage="research", license="CC0-1.0")
    for name, scheme in {
        "emotion": audformat.Scheme(labels=["anger", "happiness", "neutral"]),
        "code": audformat.Scheme(labels={"A": "fear", "W": {"description": "anger"}}),
        "valence": audformat.Scheme("float", minimum=1, maximum=5),
        "speaker": audformat.Scheme(
            "int", labels={3: {"gender": "male", "age": 31}, 8: {"gender": "female", "age": 34}}
        ),
        "duration": audformat.Scheme("time"),
    }.items():
        database.schemes[name] = scheme
    for name, kind in {"anna": "human", "net": "machine", "gold": "vote"}.items():
        database.raters[name] = audformat.Rater(kind)
    database.splits["test"] = audformat.Split("test")
    whole = audformat.filewise_index(["a/x.wav", "a/y.wav"])
    database["files"] = audformat.Table(whole)
    fill(database["files"], "speaker", "speaker", None, [3, 8])
    fill(database["files"], "duration", "duration", None, pd.to_timedelta([1.5, 2], unit="s"))
    database["emotion"] = audformat.Table(whole, split_id="test")
    fill(database["emotion"], "anna", "emotion", "anna", ["anger", None])
    fill(database["emotion"], "net", "emotion", "net", ["neutral", "happiness"])
    fill(database["emotion"], "gold", "emotion", "gold", ["anger", "happiness"])
    fill(database["emotion"], "valence", "valence", "anna", [1.5, 4])
    parts = audformat.segmented_index(["a/x.wav", "a/y.wav"], starts=["0.5s", "0s"], ends=["1s", pd.NaT])
    database["segments"] = audformat.Table(parts)
    fill(database["segments"], "code", "code", None, ["A", "W"])
    folder.mkdir()
    database.save(folder, storage_format=storage)
    write_sound(folder / "a" / "x.wav")
    return folder


def fill(table: audformat.Table, column: str, scheme: str, rater: str | None, values) -> None:
    table[column] = audformat.Column(scheme_id=scheme, rater_id=rater)
    table[column].set(values)


EXPECTED = [
    ("a/x.wav", "human", "anna", "anger", 1.5),
    ("a/x.wav", "model:net", "net", "neutral", None),
    ("a/x.wav", "consensus:gold", None, "anger", None),
    ("a/y.wav", "human", "anna", None, 4.0),
    ("a/y.wav", "model:net", "net", "happiness", None),
    ("a/y.wav", "consensus:gold", None, "happiness", None),
    ("a/x.wav#0.5-1", "consensus", None, "fear", None),
    ("a/y.wav", "consensus", None, "anger", None),
]


@pytest.mark.parametrize("storage", ["csv", "parquet"])
def test_what_the_library_wrote_is_read(tmp_path, storage):
    reading = audformat_db.read(of_the_library(tmp_path / "db", storage))
    # The library orders tables by name: emotion, files, segments.
    assert sorted(votes_of(reading), key=str) == sorted(EXPECTED, key=str)
    clips = reading.clips.set_index("clip")
    assert clips["audio"].dropna().to_dict() == {"a/x.wav": "a/x.wav", "a/x.wav#0.5-1": "a/x.wav"}
    assert clips.loc["a/x.wav#0.5-1", ["start_s", "end_s"]].tolist() == [0.5, 1.0]
    assert clips.loc["a/y.wav", "duration_s"] == 2
    assert clips.loc["a/y.wav", "speaker"] == "8" and clips.loc["a/y.wav", "metadata"] == {
        "gender": "female",
        "age": 34,
    }
    assert clips.loc["a/x.wav", "partition"] == "test"
    assert (reading.licence, reading.rating_scale, reading.skipped) == ("CC0-1.0", (1.0, 5.0), ())


def test_the_length_in_a_sound_files_header_is_surer_than_a_column(tmp_path):
    clips = audformat_db.read(build(tmp_path)).clips.set_index("clip")
    assert clips.loc[["a/x.wav", "a/y.wav"], "duration_s"].tolist() == [0.01, 2]


def test_pickles_are_never_opened(tmp_path):
    folder = of_the_library(tmp_path / "db", "pkl")
    (folder / "db.emotion.pkl").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(BadInput, match=r"db\.emotion\.pkl: a pickle runs what is in it"):
        audformat_db.read(folder)
    assert not Trap.sprung


class Trap:
    """Notices when it is unpickled."""

    sprung = False

    def __reduce__(self):
        return setattr, (Trap, "sprung", True)


def test_a_table_without_a_file_is_listed_and_the_others_are_read(tmp_path):
    build(tmp_path)
    (tmp_path / "db.segments.csv").unlink()
    reading = audformat_db.read(tmp_path)
    assert [(skip.where, skip.reason) for skip in reading.skipped] == [("db.segments", "the table has no file")]
    assert len(reading.votes) == 6


@pytest.mark.parametrize(
    ("kind", "panel", "rater"),
    [("human", "human", "gold"), ("vote", "consensus:gold", None), ("ground truth", "consensus:gold", None),
     ("other", "other:gold", "gold"), ("machine", "model:gold", "gold")],
)  # fmt: skip
def test_the_type_of_a_rater_says_the_panel(tmp_path, kind, panel, rater):
    build(tmp_path)
    (tmp_path / "db.yaml").write_text(HEADER.replace("{type: vote}", f"{{type: {kind}}}"))
    assert ("a/x.wav", panel, rater, "anger", None) in votes_of(audformat_db.read(tmp_path))


def test_a_table_of_desired_emotions_is_what_was_intended(tmp_path):
    build(tmp_path)
    header = HEADER.replace("  segments:\n", "  emotion.categories.desired:\n")
    (tmp_path / "db.yaml").write_text(header)
    (tmp_path / "db.segments.csv").rename(tmp_path / "db.emotion.categories.desired.csv")
    assert ("a/y.wav", "intended", None, "anger", None) in votes_of(audformat_db.read(tmp_path))


def test_answers_in_several_tables_count_once_and_contradictions_are_kept_or_listed(tmp_path):
    build(tmp_path)
    again = "  again:\n    type: filewise\n    columns:\n      anna: {scheme_id: emotion, rater_id: anna}\n"
    again += "      net: {scheme_id: emotion, rater_id: net}\n      gold: {scheme_id: emotion, rater_id: gold}\n"
    (tmp_path / "db.yaml").write_text(HEADER + again)
    (tmp_path / "db.again.csv").write_text("file,anna,net,gold\na/x.wav,anger,anger,neutral\n")
    reading = audformat_db.read(tmp_path)
    assert votes_of(reading) == [*EXPECTED, ("a/x.wav", "model:net", "net", "anger", None)]
    assert any(note.startswith("1 answers stand in several tables") for note in reading.notes)
    ((where, said),) = [(skip.where, skip.reason) for skip in reading.skipped]
    assert where == "db.again row 1" and "db.emotion row 1 says otherwise" in said


def test_label_and_rating_of_a_rater_in_two_tables_are_one_answer(tmp_path):
    build(tmp_path)
    lines = "  rated:\n    type: filewise\n    columns:\n      valence: {scheme_id: valence, rater_id: gold}\n"
    (tmp_path / "db.yaml").write_text(HEADER + lines)
    (tmp_path / "db.rated.csv").write_text("file,valence\na/x.wav,2.5\n")
    votes = audformat_db.read(tmp_path).votes
    assert len(votes) == len(EXPECTED)
    assert votes[votes["panel"] == "consensus:gold"]["valence"].dropna().tolist() == [2.5]


@pytest.mark.parametrize("times", [("0 days 00:00:02", "0 days 00:00:01"), ("", "0 days 00:00:00"), ("-1", "2")])
def test_an_impossible_part_of_a_file_is_listed(tmp_path, times):
    build(tmp_path)
    (tmp_path / "db.segments.csv").write_text(f"file,start,end,code\na/x.wav,{times[0]},{times[1]},A\n")
    reading = audformat_db.read(tmp_path)
    assert [skip.where for skip in reading.skipped] == ["db.segments row 1"] and len(reading.votes) == 6


def test_confidences_stand_beside_the_label(tmp_path):
    build(tmp_path)
    column = "      code.confidence: {}\n"
    (tmp_path / "db.yaml").write_text(HEADER + column)
    (tmp_path / "db.segments.csv").write_text("file,start,end,code,code.confidence\na/y.wav,,,W,0.9\na/x.wav,,,A,7\n")
    votes = audformat_db.read(tmp_path).votes
    assert votes["confidence"].dropna().to_dict() == {6: 0.9}


def test_labels_and_speakers_may_stand_in_a_misc_table(tmp_path):
    build(tmp_path)
    inline = "    labels:\n      3: {gender: male, age: 31}\n      8: {gender: female, age: 34}\n"
    (tmp_path / "db.yaml").write_text(HEADER.replace(inline, "    labels: people\n"))
    (tmp_path / "db.people.csv").write_text("person,gender\n3,male\n8,female\n")
    clips = audformat_db.read(tmp_path).clips.set_index("clip")
    assert clips.loc["a/x.wav", "metadata"] == {"gender": "male"}


def test_media_elsewhere_are_found_by_the_end_of_their_path(tmp_path):
    folder = build(tmp_path / "db")
    write_sound(tmp_path / "media" / "copy" / "a" / "y.flac")
    clips = audformat_db.read(folder, audio=tmp_path / "media").clips.set_index("clip")
    assert clips["audio"].dropna().to_dict() == {"a/y.wav": "copy/a/y.flac"}


@pytest.mark.parametrize(
    "header",
    [
        "tables: {emotion: [",
        "a: &a {x: 1}\nb: {<<: *a}",
        "!!python/object/apply:os.system ['true']",
        "source: 2024-13-45",
        "- " * 200_000,
        "\x00",
    ],
)
def test_a_header_that_is_no_plain_yaml_is_refused(tmp_path, header):
    build(tmp_path)
    (tmp_path / "db.yaml").write_text(header)
    with pytest.raises(BadTable, match=r"db\.yaml cannot be read as YAML"):
        audformat_db.read(tmp_path)


def test_a_folder_without_header_or_votes_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"has no db\.yaml"):
        audformat_db.read(tmp_path)
    (tmp_path / "db.yaml").write_text("name: empty\ntables: {../../x: {columns: {a: {}}}}\n")
    with pytest.raises(BadInput, match="the table's name cannot be a file's"):
        audformat_db.read(tmp_path)


def test_it_goes_into_a_store(store, tmp_path):
    report = corpora.add_corpus(store, "mini", audformat_db.read(build(tmp_path / "db")))
    assert report.panels == {"human": 2, "model:net": 2, "consensus:gold": 2, "consensus": 2}
    assert corpora.list_corpora(store)[0]["rating_high"] == 5


SECOND = """schemes:
  emotion: {dtype: str, labels: LABELS}
raters: {anna: {type: human}}
tables:
  votes:
    type: filewise
    columns:
      emotion: {scheme_id: emotion, rater_id: anna}
      second_emotion: {scheme_id: emotion, rater_id: anna}
"""


def test_a_second_emotion_is_a_secondary_label_and_never_the_first(tmp_path):
    (tmp_path / "db.yaml").write_text(SECOND.replace("LABELS", "[anger, sad, fear]"))
    (tmp_path / "db.votes.csv").write_text("file,emotion,second_emotion\na.wav,anger,fear\nb.wav,,sad\nc.wav,sad,\n")
    reading = audformat_db.read(tmp_path)
    assert [vote[:4] for vote in votes_of(reading)] == [
        ("a.wav", "human", "anna", "anger"),
        ("c.wav", "human", "anna", "sad"),
    ]
    assert reading.votes["secondary"].dropna().tolist() == ["fear"]
    assert f"1 {SECOND_ALONE}." in reading.notes


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_misc_table_of_labels_is_read_in_either_form(tmp_path, form):
    (tmp_path / "db.yaml").write_text(SECOND.replace("LABELS", "names"))
    (tmp_path / "db.votes.csv").write_text("file,emotion,second_emotion\na.wav,1,\n")
    names = pd.DataFrame({"code": ["1", "2"], "meaning": ["anger", "sad"]})
    if form == "csv":
        names.to_csv(tmp_path / "db.names.csv", index=False)
    else:
        names.to_parquet(tmp_path / "db.names.parquet", index=False)
    assert [vote[3] for vote in votes_of(audformat_db.read(tmp_path))] == ["anger"]
