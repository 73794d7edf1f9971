"""Exports hold what the store holds, harm no spreadsheet, and appear whole or not at all."""

import json
import stat
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
import yaml

from emo_core import verbs
from emo_core.corpora import label_studio
from emo_core.errors import BadInput, StoreError, UnknownName
from emo_core.records import Reading, Study
from emo_core.store import corpora, export_folders, export_rows, exporting, studies
from tests.conftest import EMOTIONS, simulated_votes

SHARES = [f"{side}_{emotion}" for side in ("reference", "candidate", "combined") for emotion in EMOTIONS]
USUAL = [
    "clip", "speaker", "transcript", "split", "n_reference", "n_candidate", *SHARES, "entropy_reference", "entropy_candidate",
    "entropy_combined", "js_divergence", "bhattacharyya_coefficient", "majority_reference", "majority_candidate",
]  # fmt: skip


def test_csv_and_parquet_say_the_same(filled, tmp_path):
    for name in ("d.csv", "d.parquet"):
        assert exporting.export(filled, "small", tmp_path / name) == 40 == exporting.export_rows(filled, "small")
    csv, parquet = pd.read_csv(tmp_path / "d.csv"), pd.read_parquet(tmp_path / "d.parquet")
    assert list(csv) == list(parquet) == USUAL
    numbers = csv.select_dtypes("number").columns
    assert np.array_equal(csv[numbers].to_numpy(), parquet[numbers].to_numpy())
    counts = studies.study_counts(filled, "small")
    pooled = counts.reference + counts.candidate
    combined = csv[[f"combined_{emotion}" for emotion in EMOTIONS]].to_numpy()
    assert np.allclose(combined, pooled / pooled.sum(axis=1, keepdims=True), atol=1e-15)
    for side in ("reference", "candidate", "combined"):
        assert np.allclose(csv[[f"{side}_{emotion}" for emotion in EMOTIONS]].sum(axis=1), 1, atol=1e-12)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@cmd", "\t=1", " =1", '=HYPERLINK("http://x")'])
def test_no_cell_acts_as_a_formula(filled, tmp_path, text):
    with filled.writing() as cursor:
        cursor.execute("UPDATE clips SET transcript = ?, speaker = ? WHERE name = 'clip003'", [text, text])
    exporting.export(filled, "small", tmp_path / "d.csv")
    row = pd.read_csv(tmp_path / "d.csv", dtype=str).set_index("clip").loc["clip003"]
    assert row["transcript"] == row["speaker"] == "'" + text
    exporting.export(filled, "small", tmp_path / "d.parquet")
    assert pd.read_parquet(tmp_path / "d.parquet").set_index("clip").loc["clip003", "transcript"] == text


def test_columns_can_be_chosen_and_the_schema_describes_them(filled, tmp_path):
    exporting.export(filled, "small", tmp_path / "d.csv", names=["js_divergence", "clip", "reference_votes_sad"])
    assert list(pd.read_csv(tmp_path / "d.csv")) == ["clip", "reference_votes_sad", "js_divergence"]
    schema = json.loads((tmp_path / "d.csv.schema.json").read_text())
    assert [column["name"] for column in schema["columns"]] == ["clip", "reference_votes_sad", "js_divergence"]
    assert all(column["meaning"] and column["type"] for column in schema["columns"])
    assert (schema["rows"], schema["study"]["name"]) == (40, "small")


def test_wrong_wishes_write_nothing(filled, tmp_path):
    with pytest.raises(BadInput, match=r"none of \.csv, \.parquet, \.jsonl"):
        exporting.export(filled, "small", tmp_path / "d.xlsx")
    with pytest.raises(UnknownName, match="no column 'x'"):
        exporting.export(filled, "small", tmp_path / "d.csv", names=["x"])
    with pytest.raises(BadInput, match="no folder"):
        exporting.export(filled, "small", tmp_path / "nowhere" / "d.csv")
    with pytest.raises(UnknownName, match="no study"):
        exporting.export(filled, "other", tmp_path / "d.csv")
    assert not list(tmp_path.glob("*.csv*"))


def test_a_quote_in_the_file_name_is_only_a_name(filled, tmp_path):
    path = tmp_path / "it's; here.csv"
    exporting.export(filled, "small", path)
    assert len(pd.read_csv(path)) == 40


def export(store, to, **wishes) -> dict:
    return verbs.run(store, "export", {"study": "small", "to": str(to)} | wishes)


def test_raters_go_by_the_same_code_in_every_export_and_the_key_stays(filled, tmp_path):
    export(filled, tmp_path / "a.csv", what="votes")
    export(filled, tmp_path / "b.parquet", what="votes")
    codes = pd.read_csv(tmp_path / "a.csv")["rater"]
    assert codes.tolist() == pd.read_parquet(tmp_path / "b.parquet")["rater"].tolist()
    assert codes.str.fullmatch("r-[0-9a-f]{16}").all() and codes.nunique() == 6
    key = filled.folder / exporting.KEY_FILE
    assert stat.S_IMODE(key.stat().st_mode) == 0o600 and len(key.read_bytes()) == 32
    assert exporting.secret_key(filled) == key.read_bytes()
    export(filled, tmp_path / "c.csv", what="votes", raters="kept")
    assert set(pd.read_csv(tmp_path / "c.csv")["rater"]) == {f"rater{i}" for i in range(6)}
    for path in tmp_path.glob("*.*"):
        assert key.read_bytes() not in path.read_bytes() and key.read_bytes().hex() not in path.read_bytes().decode(
            "latin1"
        )


def test_a_study_of_its_clips_only(filled, tmp_path):
    strict = Study("strict", "small", "human", None, ("anger", "sad"))
    studies.add_study(filled, strict)
    kept = verbs.run(filled, "study show", {"name": "strict"})["clips"]
    wish = {"study": "strict", "what": "clips", "to": str(tmp_path / "all.jsonl")}
    assert verbs.run(filled, "export", wish)["rows"] == 40
    table = pd.read_json(tmp_path / "all.jsonl", lines=True)
    assert table["kept"].sum() == kept == table["split"].notna().sum() == table["reason"].isna().sum() < 40
    left_out = verbs.run(filled, "study show", {"name": "strict"})["excluded"]
    assert table["reason"].value_counts().sum() == sum(left_out.values())
    assert table["n_reference"].dropna().eq(5).all()
    wish |= {"clips": "kept", "to": str(tmp_path / "kept.csv")}
    assert verbs.run(filled, "export", wish)["rows"] == kept
    wish |= {"what": "votes", "to": str(tmp_path / "votes.csv")}
    assert verbs.run(filled, "export", wish)["rows"] == 5 * kept


def test_several_corpora_tell_their_clips_apart(filled, tmp_path):
    corpora.add_corpus(
        filled,
        "other",
        Reading(
            "test", "a test", pd.DataFrame({"clip": [f"clip{i:03}" for i in range(3)]}), simulated_votes(3, seed=1)
        ),
    )
    studies.add_study(filled, Study("both", ("small", "other"), "human", None, EMOTIONS))
    verbs.run(filled, "export", {"study": "both", "what": "votes", "to": str(tmp_path / "v.csv")})
    table = pd.read_csv(tmp_path / "v.csv")
    assert set(table["corpus"]) == {"small", "other"} and table["clip"].nunique() == 43
    assert (table["clip"].str.partition("/")[0] == table["corpus"]).all()
    verbs.run(filled, "export", {"study": "both", "to": str(tmp_path / "d.csv")})
    assert set(pd.read_csv(tmp_path / "d.csv")["clip"]) == set(table["clip"][table["kept"]])


def test_every_clip_has_a_row_among_all_and_says_whether_it_is_kept(filled, tmp_path):
    with filled.writing() as cursor:
        cursor.execute(
            "INSERT INTO clips (clip_id, corpus_id, name) SELECT 9999, corpus_id, 'silent' FROM corpora WHERE name = 'small'"
        )
    studies.add_study(filled, Study("loose", "small", "human", "synthetic:sim/1", EMOTIONS))
    studies.add_study(filled, Study("strict", "small", "human", None, ("anger", "sad")))
    for name, kept in (("loose", 40), ("strict", verbs.run(filled, "study show", {"name": "strict"})["clips"])):
        verbs.run(filled, "export", {"study": name, "what": "votes", "to": str(tmp_path / "v.parquet")})
        table = pd.read_parquet(tmp_path / "v.parquet").set_index("clip")
        assert table["label"].notna().sum() == (40 * 11 if name == "loose" else 40 * 5)
        assert table.loc["silent", ["panel", "label"]].isna().all() and len(table.loc[["silent"]]) == 1
        assert table.loc["silent", "reason"] == "no vote of the reference panel" and not table.loc["silent", "kept"]
        assert table.index[table["kept"]].nunique() == kept and (table["reason"].isna() == table["kept"]).all()
        assert export_rows.select(filled, name, "votes", clips="kept").rows() == table["kept"].sum()


def test_csv_tells_excel_its_encoding_and_pandas_reads_it(filled, tmp_path):
    with filled.writing() as cursor:
        cursor.execute("UPDATE clips SET transcript = 'Grüße' WHERE name = 'clip003'")
    exporting.export(filled, "small", tmp_path / "d.csv")
    written = (tmp_path / "d.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbfclip,speaker,") and "Grüße".encode() in written
    assert pd.read_csv(tmp_path / "d.csv").set_index("clip").loc["clip003", "transcript"] == "Grüße"
    assert json.loads((tmp_path / "d.csv.schema.json").read_text())["encoding"] == "utf-8-sig"


def test_a_damaged_key_writes_nothing(filled, tmp_path):
    exporting.secret_key(filled)
    (filled.folder / exporting.KEY_FILE).write_bytes(b"")
    with pytest.raises(StoreError, match="0 bytes and not the 32"):
        export(filled, tmp_path / "v.csv", what="votes")
    assert not list(tmp_path.glob("*.csv*"))


def test_raters_never_share_a_code_unseen(filled, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "code_of", lambda name, key: f"r-{len(name)}")
    with pytest.raises(StoreError, match="the same code"):
        export(filled, tmp_path / "v.csv", what="votes")


@pytest.mark.parametrize(
    ("rows", "category"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (3_200, "1K<n<10K"), (10**8 - 1, "10M<n<100M"), (10**9, "n>100M")],
)
def test_the_card_names_the_size(rows, category):
    assert export_folders._size(rows) == category


def test_the_card_says_what_people_must_know(filled, tmp_path):
    verbs.run(filled, "study add", {
        "name": "without", "corpus": "small", "reference": "human", "emotions": "A,H,N,S", "left_out": ["rater1"],
    })  # fmt: skip
    verbs.run(filled, "export", {"study": "without", "what": "votes", "form": "hf", "to": str(tmp_path / "out")})
    card = (tmp_path / "out" / "README.md").read_text()
    head = yaml.safe_load(card.split("---")[1])
    assert (head["language"], head["license"], head["size_categories"]) == (["und"], "other", ["n<1K"])
    assert [part["split"] for part in head["configs"][0]["data_files"]] == ["train", "test"]
    for words in (
        "**Simulated: small.",
        "Raters go by pseudonyms",
        "`kept` tells them apart",
        "n = 200 rows",
        "seed 0",
    ):
        assert words in card
    assert "rater1" not in card and exporting.code_of("rater1", exporting.secret_key(filled)) in card


def test_a_folder_replaces_an_earlier_export_and_nothing_else(filled, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    folder.mkdir()
    assert export(filled, folder, what="clips")["rows"] == 40  # an empty folder, by its missing ending
    before = (folder / "schema.json").read_text()
    assert export(filled, folder)["rows"] == 40
    assert json.loads((folder / "schema.json").read_text())["what"] == "distributions" != json.loads(before)["what"]

    def fails(*_, **__):
        raise RuntimeError("halfway")

    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr(export_folders, "_card", fails)
        export_folders.hugging_face(filled, "small", folder, what="votes")
    assert json.loads((folder / "schema.json").read_text())["what"] == "distributions"
    (folder / "mine.txt").write_text("notes")
    with pytest.raises(BadInput, match="no earlier export"):
        export(filled, folder)
    assert (folder / "mine.txt").read_text() == "notes"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_sound_travels_in_the_folder_and_what_is_missing_is_named(store, tmp_path):
    datasets = pytest.importorskip("datasets")
    (tmp_path / "sound").mkdir()
    (tmp_path / "sound" / "a.wav").write_bytes(b"RIFF of a")
    (tmp_path / "secret.wav").write_bytes(b"no")
    clips = pd.DataFrame({"clip": ["a", "b", "c"], "audio": ["a.wav", "gone.wav", "../secret.wav"]})
    votes = pd.DataFrame({"clip": list("aabc"), "panel": "human", "label": ["sad", "anger", "sad", "sad"]})
    corpora.add_corpus(store, "c", Reading("test", "a test", clips, votes, audio_root=tmp_path / "sound"))
    studies.add_study(store, Study("small", "c", "human", None, ("anger", "sad")))
    done = export(store, tmp_path / "out", what="votes", form="hf", audio=True)
    assert done["without_sound"] == ["b", "c"]
    loaded = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert all(isinstance(loaded[side].features["audio"], datasets.Audio) for side in loaded)
    rows = [row for side in loaded for row in loaded[side].cast_column("audio", datasets.Audio(decode=False))]
    sound = {row["clip"]: row["audio"] for row in rows}
    assert sound == {"a": {"bytes": b"RIFF of a", "path": "a.wav"}, "b": None, "c": None}


def test_label_studio_gets_people_as_annotations_and_others_as_predictions(filled, tmp_path):
    done = export(filled, tmp_path / "tasks.json")
    assert (done["tasks"], done["rows"]) == (40, 440)
    tasks = json.loads((tmp_path / "tasks.json").read_text())
    assert all((len(task["annotations"]), len(task["predictions"])) == (5, 6) for task in tasks)
    view = ET.parse(done["config"]).getroot()  # written a moment ago
    assert [choice.get("value") for choice in view.iter("Choice")] == list(EMOTIONS)
    assert len(tasks[0]["data"]["raters"]) == 5 and tasks[0]["data"]["clip"] == "clip000"
    assert not any("completed_by" in each for task in tasks for each in task["annotations"])
    assert all(
        task["data"]["audio"] == "" for task in tasks
    )  # a task that lacked what the config plays would be refused
    reading = label_studio.read(tmp_path / "tasks.json")
    counts = reading.votes.groupby("panel")["label"].value_counts().to_dict()
    assert counts == simulated_votes().groupby("panel")["label"].value_counts().to_dict()
    assert json.loads((tmp_path / "tasks.json.schema.json").read_text())["not_carried"]


@pytest.mark.parametrize(
    ("wishes", "rule"),
    [
        ({"to": "x.csv", "form": "parquet"}, r"none of \.parquet"),
        ({"to": "x.csv", "audio": True}, "Only a folder"),
        ({"to": "x.json", "what": "clips"}, "Label Studio takes votes"),
        ({"to": "x.csv", "what": "words"}, "no table of 'words'"),
        ({"to": "x.csv", "raters": "real"}, "no choice 'real'"),
        ({"to": "x.csv", "clips": "some"}, "no choice 'some'"),
        ({"to": "x.zip"}, "say --as"),
        ({"to": "nowhere/x", "form": "hf"}, "no folder"),
    ],
)
def test_wishes_that_cannot_be_met(filled, tmp_path, wishes, rule):
    with pytest.raises(BadInput, match=rule):
        export(filled, tmp_path / wishes["to"], **{name: value for name, value in wishes.items() if name != "to"})
    assert [path.name for path in tmp_path.iterdir()] == ["store"]
