"""Hugging Face data sets: as `datasets` saves them, as the hub holds them, as our exports write them."""

import json

import pandas as pd
import pyarrow as pa
import pytest

from emo_core.corpora import hugging_face
from emo_core.errors import BadInput, BadTable
from emo_core.store import corpora
from tests.corpora.fixtures_hugging_face import build, build_parquet, save, table
from tests.corpora.fixtures_sound import write_sound


def votes_of(reading, *columns: str) -> list[tuple]:
    votes = reading.votes.reindex(columns=["clip", "panel", "label", *columns]).astype(object)
    return list(votes.where(votes.notna(), None).itertuples(index=False, name=None))


def read_columns(folder, **columns):
    """What is read of a Parquet file with these columns."""
    return hugging_face.read(build_parquet(folder, pa.table(columns)))


@pytest.fixture
def library():
    """`datasets`, quiet and offline."""
    import datasets

    datasets.disable_progress_bars()
    return datasets


def test_what_the_library_saved_is_read(tmp_path, library):
    features = library.Features(
        {
            "id": library.Value("string"),
            "annotator": library.Value("int64"),
            "emotion": library.ClassLabel(names=["anger", "happy", "sad"]),
            "text": library.Value("string"),
        }
    )
    rows = {"id": ["a", "a", "b"], "annotator": [1, 2, 1], "emotion": [0, 2, -1], "text": ["Hm.", "Hm.", "Oh."]}
    library.Dataset.from_dict(rows, features=features).save_to_disk(str(tmp_path / "one"))
    reading = hugging_face.read(tmp_path / "one")
    assert votes_of(reading, "rater") == [("a", "human", "anger", "1"), ("a", "human", "sad", "2")]
    assert reading.clips["clip"].tolist() == ["a", "b"] and reading.clips["transcript"].tolist() == ["Hm.", "Oh."]
    assert "1 clips have no vote." in reading.notes and "partition" not in reading.clips


def test_a_dict_of_splits_that_the_library_saved_is_read(tmp_path, library):
    names = library.ClassLabel(names=["anger", "happy", "sad"])
    features = library.Features({"file": library.Value("string"), "labels": library.List(names)})
    parts = {
        "train": library.Dataset.from_dict({"file": ["x.wav"], "labels": [[0, 0, 2]]}, features=features),
        "test": library.Dataset.from_dict({"file": ["y.wav"], "labels": [[1]]}, features=features),
    }
    library.DatasetDict(parts).save_to_disk(str(tmp_path / "d"))
    write_sound(tmp_path / "sound" / "y.wav")
    reading = hugging_face.read(tmp_path / "d", audio=tmp_path / "sound")
    assert votes_of(reading) == [
        ("x.wav", "human", "anger"), ("x.wav", "human", "anger"), ("x.wav", "human", "sad"), ("y.wav", "human", "happy"),
    ]  # fmt: skip
    assert reading.clips["partition"].tolist() == ["train", "test"]
    assert reading.clips["audio"].tolist()[1] == "y.wav"


def test_what_the_library_wrote_as_parquet_is_read_by_its_class_names(tmp_path, library):
    features = library.Features({"id": library.Value("int64"), "label": library.ClassLabel(names=["sad", "happy"])})
    data = library.Dataset.from_dict({"id": [7, 8], "label": [1, 0]}, features=features)
    (tmp_path / "data").mkdir()
    data.to_parquet(str(tmp_path / "data" / "validation-00000-of-00001.parquet"))
    reading = hugging_face.read(tmp_path)
    assert votes_of(reading) == [("7", "consensus", "happy"), ("8", "consensus", "sad")]
    assert set(reading.clips["partition"]) == {"validation"}


OWN = {
    "clip": ["c1", "c1", "c2", "c2"],
    "panel": ["human", "synthetic:net/1", "human", "human"],
    "rater": ["7", None, "8", "8"],
    "label": ["happy", "sad", None, "fear"],
    "secondary": ["surprise;sad", None, None, None],
    "strengths": ["1;0.5", None, None, None],
    "valence": [4.0, None, 2.0, None],
    "arousal": [None, None, 3.5, None],
    "dominance": [None] * 4,
    "confidence": [0.5, None, None, None],
    "comment": ["loud", None, None, None],
    "persona": [None, "tone", None, None],
    "temperature": [None, 0.7, None, None],
    "voted_at": ["2024-01-31 13:45:00", None, None, None],
    "transcript": ["Come in.", "COME IN", None, "Go."],
    "speaker": ["s1", "s1", "s2", "s2"],
    "session": ["1", "1", None, None],
    "partition": ["train", "train", None, None],
    "audio": ["a/c1.wav", "a/c1.wav", None, None],
    "start_s": [0.5, 0.5, None, None],
    "end_s": [1.0, 1.0, None, None],
    "duration_s": [3.0, 3.0, None, None],
}


def own_table() -> pa.Table:
    numbers = {"valence", "arousal", "dominance", "confidence", "temperature", "start_s", "end_s", "duration_s"}
    return pa.table(
        {name: pa.array(cells, pa.float64() if name in numbers else pa.string()) for name, cells in OWN.items()}
    )


def test_our_own_export_keeps_everything(tmp_path):
    write_sound(build_parquet(tmp_path, own_table()) / "a" / "c1.wav")
    reading = hugging_face.read(tmp_path)
    votes = reading.votes.astype(object).where(reading.votes.notna(), None)
    assert {name: votes[name].tolist() for name in votes} == {name: OWN[name] for name in votes}
    assert set(votes) == set(list(OWN)[:14])
    first, second = reading.clips.astype(object).where(reading.clips.notna(), None).to_dict("records")
    assert first == {
        "clip": "c1", "transcript": "Come in.", "speaker": "s1", "session": "1", "partition": "train", "audio": "a/c1.wav",
        "start_s": 0.5, "end_s": 1.0, "duration_s": 0.01,
    }  # fmt: skip
    assert (second["transcript"], second["partition"], second["audio"]) == ("Go.", None, None)
    assert reading.licence == "cc-by-4.0"


def test_our_own_export_goes_into_a_store(store, tmp_path):
    report = corpora.add_corpus(store, "back", hugging_face.read(build_parquet(tmp_path / "e", own_table())))
    assert report.panels == {"human": 3, "synthetic:net/1": 1} and report.raters == 3
    assert report.emotions == {"fear": 1, "happy": 1, "sad": 1}


def test_our_columns_may_have_other_types(tmp_path):
    times = pa.array([pd.Timestamp("2024-01-31 13:45", tz="UTC")] * 2, pa.timestamp("us", "UTC"))
    reading = read_columns(
        tmp_path,
        clip=pa.array([1, 2]), panel=pa.array(["human", "human"]).dictionary_encode(), rater=pa.array([3, 4]),
        label=["happy", "sad"], secondary=[["sad", None, "fear"], []], valence=pa.array(["4", "nan"]), voted_at=times,
    )  # fmt: skip
    assert votes_of(reading, "rater", "secondary", "valence") == [
        ("1", "human", "happy", "3", "sad;fear", 4.0), ("2", "human", "sad", "4", None, None),
    ]  # fmt: skip
    assert reading.votes["voted_at"][0].startswith("2024-01-31 13:45:00")
    with pytest.raises(BadTable, match="the column 'valence'"):
        read_columns(tmp_path, clip=["a"], panel=["human"], label=["happy"], valence=["high"])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"clip": None}, "it has no clip"),
        ({"panel": " "}, "it has no panel"),
        ({"label": None}, "neither a label nor a rating"),
        ({"end_s": 0.5}, "its start and end"),
    ],
)
def test_rows_of_ours_that_say_nothing_are_listed(tmp_path, change, reason):
    good = {"clip": "c", "panel": "human", "label": "happy", "start_s": 1.0, "end_s": 2.0}
    rows = [good, good | change]
    reading = hugging_face.read(build_parquet(tmp_path, pa.Table.from_pylist(rows)))
    ((where, said),) = [(skip.where, skip.reason) for skip in reading.skipped]
    assert where == "train-00000-of-00001.parquet row 2" and reason in said and len(reading.votes) == 1


def test_columns_of_counts_are_votes_of_anonymous_raters(tmp_path):
    reading = read_columns(tmp_path, name=["a", "b"], angry=[3, 0], happy=[1, 0], sad=[0, 2], gender=["f", "m"])
    assert votes_of(reading, "times") == [
        ("a", "human", "angry", 3),
        ("a", "human", "happy", 1),
        ("b", "human", "sad", 2),
    ]
    assert reading.clips["metadata"].tolist() == [{"gender": "f"}, {"gender": "m"}]


def test_counts_may_be_the_fields_of_one_column(tmp_path):
    reading = read_columns(tmp_path, id=["a"], tally=[{"anger": 2, "joy": 0, "n": 2}], emotion=["anger"])
    assert votes_of(reading, "times") == [
        ("a", "consensus", "anger", 1),
        ("a", "human", "anger", 2),
        ("a", "human", "n", 2),
    ]


def test_shares_are_no_votes(tmp_path):
    with pytest.raises(BadInput, match="angry, happy: Each row sums to 1: these look like shares"):
        read_columns(tmp_path, id=["a"], angry=[0.75], happy=[0.25])
    reading = read_columns(tmp_path, id=["a"], angry=[0.75], happy=[0.25], emotion=["angry"])
    assert votes_of(reading) == [("a", "consensus", "angry")]


def test_raters_may_be_a_list_beside_the_labels(tmp_path):
    reading = read_columns(
        tmp_path, id=["a"], labels=[["sad", None, "happy"]], annotators=[["x", "y", "z"]], valence=[[1.0, 2.0, None]]
    )
    assert votes_of(reading, "rater", "valence") == [
        ("a", "human", "sad", "x", 1.0), ("a", "human", None, "y", 2.0), ("a", "human", "happy", "z", None),
    ]  # fmt: skip


def test_lists_of_ratings_that_are_longer_than_the_labels_are_votes_of_their_own(tmp_path):
    reading = read_columns(tmp_path, id=["a"], emotion=["sad"], valence=[[1.0, 2.0]])
    assert votes_of(reading, "valence") == [
        ("a", "consensus", "sad", None),
        ("a", "human", None, 1),
        ("a", "human", None, 2),
    ]


def test_a_list_beside_one_rater_is_that_raters(tmp_path):
    reading = read_columns(tmp_path, id=["a"], labels=[["sad", "fear"]], worker_id=[12])
    assert votes_of(reading, "rater", "secondary") == [("a", "human", "sad", "12", "fear")]


def test_two_questions_have_panels_of_their_own_and_intended_is_told_apart(tmp_path):
    reading = read_columns(
        tmp_path,
        id=["a"],
        felt_emotion=["sad"],
        heard_emotion=["fear"],
        intended_emotion=["joy"],
        second_emotion=["calm"],
    )
    assert votes_of(reading, "secondary") == [
        ("a", "consensus:felt_emotion", "sad", "calm"), ("a", "consensus:heard_emotion", "fear", None),
        ("a", "intended", "joy", None),
    ]  # fmt: skip


def test_a_column_may_name_the_panel(tmp_path):
    reading = read_columns(tmp_path, id=["a", "a"], panel=["human:voice", "model:net"], annotation=["sad", "fear"])
    assert [panel for _, panel, _ in votes_of(reading)] == ["human:voice", "model:net"]


def test_sound_inside_the_files_is_left_there_unless_it_lies_outside_too(tmp_path):
    reading = hugging_face.read(build(tmp_path))
    audio = reading.clips.set_index("clip")["audio"]
    assert audio.dropna().to_dict() == {"train/c1": "clips/c1.wav", "test/c1": "clips/c1.wav"}
    assert any(note.startswith("2 clips have their sound inside") for note in reading.notes)
    assert any("begins with its split" in note for note in reading.notes)


def test_a_card_may_say_what_the_classes_mean(tmp_path):
    card = (
        "---\nlicense: mit\ndataset_info:\n  features:\n  - name: label\n    dtype:\n      class_label:\n"
        "        names:\n          '0': happy\n          '1': sad\n---\n"
    )
    reading = hugging_face.read(build_parquet(tmp_path, pa.table({"id": ["a"], "label": [1]}), card=card))
    assert votes_of(reading) == [("a", "consensus", "sad")] and reading.licence == "mit"


def test_missing_shards_and_splits_are_listed(tmp_path):
    build(tmp_path)
    (tmp_path / "test" / "data-00000-of-00001.arrow").rename(tmp_path / "test" / "data-00000-of-00003.arrow")
    (tmp_path / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test", "dev", "../test", 3]}))
    reading = hugging_face.read(tmp_path)
    assert [(skip.where, skip.reason) for skip in reading.skipped] == [
        ("test/data-*", "1 of its 3 files are there"),
        ("dataset_dict.json: 'dev'", "the split has no folder of its own here"),
        ("dataset_dict.json: '../test'", "the split has no folder of its own here"),
        ("dataset_dict.json: 3", "the split has no folder of its own here"),
    ]
    assert len(reading.votes) == 6


@pytest.mark.parametrize(
    ("columns", "missing"),
    [
        ({"id": ["a"], "gender": ["female"], "topic": ["weather"]}, "which column holds the votes"),
        ({"emotion": ["sad"], "height": [1.7]}, "which column names the clip"),
        ({"id": ["a"], "vector": [[0.5, 0.25]]}, "which column holds the votes"),
    ],
)
def test_columns_that_cannot_be_made_out_are_listed(tmp_path, columns, missing):
    with pytest.raises(BadInput, match=missing) as error:
        read_columns(tmp_path, **columns)
    assert "corpus map FILE" in str(error.value) and all(repr(name) in str(error.value) for name in columns)


def test_damaged_files_are_refused(tmp_path):
    save(table(), tmp_path)
    file = tmp_path / "data-00000-of-00001.arrow"
    file.write_bytes(file.read_bytes()[:300])
    with pytest.raises(BadTable, match=r"data-00000-of-00001\.arrow cannot be read"):
        hugging_face.read(tmp_path)
    (tmp_path / "data-00000-of-00001.arrow").unlink()
    with pytest.raises(BadInput, match=r"no data-\*\.arrow"):
        hugging_face.read(tmp_path)


def test_a_second_label_never_becomes_the_first(tmp_path):
    reading = read_columns(
        tmp_path, id=["a", "b"], annotator=["x", "x"], emotion=["sad", None], second_emotion=["fear", "fear"]
    )
    assert votes_of(reading, "secondary") == [("a", "human", "sad", "fear")]
    assert any("a second emotion but no first one" in note for note in reading.notes)


@pytest.mark.parametrize("names", [{"0": "anger", "2": "sad"}, {"1": "anger", "2": "sad"}, {"a": "anger"}])
def test_classes_with_gaps_in_their_numbers_are_refused(tmp_path, names):
    with pytest.raises(BadInput, match="numbered"):
        read_card(tmp_path, [names])


def test_a_card_that_contradicts_itself_or_the_data_is_refused(tmp_path):
    with pytest.raises(BadInput, match="differently in its configurations"):
        read_card(tmp_path / "configurations", [{"0": "anger", "1": "sad"}, {"0": "sad", "1": "anger"}])
    with pytest.raises(BadInput, match=r"README\.md says sad, anger"):
        said = {"features": [{"name": "emotion", "dtype": {"class_label": {"names": ["sad", "anger"]}}}]}
        card = f"---\ndataset_info: {json.dumps(said)}\n---\n"
        hugging_face.read(build_parquet(tmp_path / "data", card=card))


def read_card(folder, configurations: list[dict]):
    """What is read of numbers of classes that the card alone names, in each of its configurations."""
    said = [{"features": [{"name": "emotion", "dtype": {"class_label": {"names": names}}}]} for names in configurations]
    data = pa.table({"id": ["a", "b"], "emotion": [0, 1]})
    return hugging_face.read(build_parquet(folder, data, card=f"---\ndataset_info: {json.dumps(said)}\n---\n"))
