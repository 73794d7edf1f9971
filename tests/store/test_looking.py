"""A table before it is taken in: what it holds, what its labels mean, what would be kept of it. Nothing is written."""

import json

import pytest
from typer.testing import CliRunner

from emo_core import verbs
from emo_core.cli import app
from emo_core.corpora import votes_table
from emo_core.errors import BadInput, BadTable, UnknownName
from emo_core.records import VotesFile
from emo_core.store import looking, mappings, previewing
from emo_core.verbs.corpora import add_votes, add_votes_corpus, map_file
from tests.conftest import simulated_reading

TABLE = "clip,who,label\na,r1,sad\na,r2,happy\nb,r1,zorn\nb,,angry\n"
FIELDS = {"clip": "clip", "rater": "who", "label": "label"}


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "v.csv"
    path.write_text(TABLE)
    return path


def previewed(store, path, fields: dict = FIELDS, **more) -> previewing.Preview:
    audio = more.pop("audio", None)
    return previewing.preview(store, votes_table.read(VotesFile(path=path, **fields), audio=audio), **more)


def is_untouched(store) -> bool:
    tables = ("corpora", "clips", "votes", "panels", "raters", "batches")
    return all(
        store.cursor().execute(f"SELECT count(*) FROM {table}").fetchall() == [(0,)]  # noqa: S608
        for table in tables
    )


def test_a_look_counts_rows_values_and_empty_cells(store, table):
    seen = looking.look(store, table)
    assert (seen.header, seen.rows, seen.looked_at) == (True, 4, 4)
    who = seen.columns[1]
    assert (who.name, who.distinct, who.empty, who.values) == ("who", 2, 1, (("r1", 2), ("r2", 1)))
    assert seen.first[3] == {"clip": "b", "who": None, "label": "angry"}
    assert is_untouched(store)


def test_a_column_called_value_stands_in_nobodys_way(store, tmp_path):
    (tmp_path / "v.csv").write_text("clip,value\na,\nb,1\n")
    clip, _ = looking.look(store, tmp_path / "v.csv").columns
    assert clip.values == (("a", 1), ("b", 1))


def test_a_column_without_name_gets_one(store, tmp_path):
    (tmp_path / "v.csv").write_text(",clip,label\n0,a,sad\n1,a,joy\n")
    assert [column.name for column in looking.look(store, tmp_path / "v.csv").columns] == ["column1", "clip", "label"]
    report = add_votes_corpus(store, "c", {"path": str(tmp_path / "v.csv"), "clip": "clip", "label": "label"})
    assert report["votes"] == 2


@pytest.mark.parametrize(
    ("text", "header"),
    [("clip,label\na,sad\n", True), ("a,sad\nb,sad\nb,joy\n", False), ("angry,sad\n1,2\n3,4\n", True)],
)
def test_a_header_is_told_from_a_vote(store, tmp_path, text, header):
    (tmp_path / "v.csv").write_text(text)
    seen = looking.look(store, tmp_path / "v.csv")
    assert seen.header is header
    assert seen.rows == text.count("\n") - header
    assert looking.look(store, tmp_path / "v.csv", header=not header).rows == text.count("\n") - (not header)


def test_of_a_large_table_the_first_rows_are_described_and_all_counted(store, tmp_path, monkeypatch):
    monkeypatch.setattr(looking, "LOOKED_AT", 10)
    (tmp_path / "v.csv").write_text("clip,label\n" + "a,sad\n" * 10 + "b,joy\n" * 15)
    seen = looking.look(store, tmp_path / "v.csv")
    assert (seen.rows, seen.looked_at) == (25, 10)
    assert seen.columns[1].values == (("sad", 10),)
    counts = looking.label_counts(store, VotesFile(tmp_path / "v.csv", "clip", label="label"))
    assert [(row["label"], row["count"]) for row in counts] == [("joy", 15), ("sad", 10)]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("v.csv", b"", "is empty"),
        ("v.csv", b"clip,label\n", "a header and no rows"),
        ("v.csv", bytes(range(256)) * 20, "zero bytes"),
        ("v.xlsx", b"PK", "is none of .csv"),
        ("v.parquet", b"PAR1 no", "cannot be read as a table"),
        ("v.csv", b"clip,label\na,sad\nb,sad,sad\n", "has 3 columns"),
    ],
)
def test_what_is_no_table_is_refused_in_words(store, tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadTable, match=said):
        looking.look(store, tmp_path / name)


@pytest.mark.parametrize("path", ["~nobody-of-this-name/v.csv", "a\x00b.csv"])
def test_what_is_no_path_is_refused_in_words(store, path):
    with pytest.raises(BadInput, match="cannot be a path"):
        verbs.run(store, "corpus look", {"path": path})
    with pytest.raises(BadInput, match="cannot be a path"):
        verbs.run(store, "corpus add", {"format": "crema-d", "path": path, "name": "c"})


def test_labels_are_counted_with_what_they_mean(store, table):
    described = VotesFile(table, **FIELDS, labels={"Happy": ""})
    assert looking.label_counts(store, described) == [
        {"label": "angry", "count": 1, "kind": "label", "emotion": "anger"},
        {"label": "happy", "count": 1, "kind": "label", "emotion": ""},
        {"label": "sad", "count": 1, "kind": "label", "emotion": "sad"},
        {"label": "zorn", "count": 1, "kind": "label", "emotion": None},
    ]


def test_labels_of_raters_columns_and_of_further_labels_are_counted_together(store, tmp_path):
    (tmp_path / "v.csv").write_text("clip,r1,r2,more\na,sad,joy,\nb,sad,,\n")
    counts = looking.label_counts(store, VotesFile(tmp_path / "v.csv", "clip", raters=("r1", "r2")))
    assert [(row["label"], row["count"]) for row in counts] == [("sad", 2), ("joy", 1)]
    (tmp_path / "w.csv").write_text("clip,label,more\na,sad,joy;zorn\n")
    counts = looking.label_counts(store, VotesFile(tmp_path / "w.csv", "clip", label="label", secondary="more"))
    assert [row["label"] for row in counts if row["emotion"] is None] == ["zorn"]


def test_a_preview_counts_what_an_import_with_the_same_choice_takes(store, table):
    found = previewed(store, table)
    assert is_untouched(store)
    assert found.bad_rows == 1 and found.reasons == {"unknown label 'zorn'": 1}
    assert [skipped.where for skipped in found.report.skipped] == ["v.csv row 3"]
    report = add_votes_corpus(store, "c", FIELDS | {"path": str(table)}, skip_bad_rows=True)
    for name in ("clips", "votes", "raters", "panels", "emotions", "clips_added"):
        assert report[name] == getattr(found.report, name), name


def test_a_preview_of_nothing_but_bad_rows_says_which(store, tmp_path):
    (tmp_path / "v.csv").write_text("clip,who,label\n" + "a,r,zorn\n" * 600 + "b,r,wut\n")
    found = previewed(store, tmp_path / "v.csv")
    assert (found.bad_rows, found.report.votes, found.report.clips) == (601, 0, 0)
    assert found.reasons == {"unknown label 'zorn'": 600, "unknown label 'wut'": 1}
    assert len(found.report.skipped) == previewing.SHOWN


def test_a_preview_says_what_the_mapping_leaves_out_and_how_grades_are_taken(store, table, tmp_path):
    assert previewed(store, table, FIELDS | {"labels": {"zorn": ""}}).report.notes == (
        "1 votes for 'zorn' were left out, as the mapping says.",
    )
    (tmp_path / "g.csv").write_text("clip,happy,sad\na,0,0\nb,2,2\nc,stark,0\n")
    found = previewed(store, tmp_path / "g.csv", {"clip": "clip", "graded": ("happy", "sad")})
    assert found.reasons == {"the grade 'stark' for happy is not on the scale": 1}
    assert found.report.emotions["neutral"] == 1 and len(found.report.notes) == 2
    with pytest.raises(BadTable, match="leaves every vote out"):
        previewed(store, table, FIELDS | {"labels": dict.fromkeys(("sad", "happy", "angry", "zorn"), "")})


def test_a_preview_looks_for_the_sound_files(store, table, tmp_path):
    import numpy as np
    import soundfile

    (tmp_path / "wavs").mkdir()
    soundfile.write(tmp_path / "wavs" / "a.wav", np.zeros(800), 8000)
    found = previewed(store, table, audio=tmp_path / "wavs")
    assert found.report.clips_with_audio == 1
    assert "1 clips have no audio file under the audio root (first: b)." in found.report.notes
    with pytest.raises(BadInput, match="no audio folder"):
        previewed(store, table, audio=tmp_path / "nowhere")


def test_a_preview_of_a_newer_version_says_what_differs_as_the_import_does(store, tmp_path):
    path = tmp_path / "v.csv"
    path.write_text("clip,who,label\na,r1,sad\na,r2,happy\nb,r1,angry\n")
    fields = FIELDS | {"path": str(path)}
    add_votes_corpus(store, "c", fields)
    path.write_text("clip,who,label\na,r1,happy\nb,r1,angry\nb,r3,sad\nc,r1,sad\n")
    found = previewed(store, path, target="update", corpus="c").report
    told = (found.votes, found.clips_added, found.unchanged, found.corrected, found.gone)
    assert told == (3, 1, 1, 1, 1)
    report = add_votes_corpus(store, "c", fields)
    assert told == tuple(report[name] for name in ("votes", "clips_added", "unchanged", "corrected", "gone"))


def test_a_preview_of_more_votes_names_unknown_clips_and_votes_that_would_count_twice(store, tmp_path):
    path = tmp_path / "v.csv"
    path.write_text("clip,who,label\na,r1,sad\nb,r1,happy\n")
    add_votes_corpus(store, "c", FIELDS | {"path": str(path)})
    more = tmp_path / "more.csv"
    more.write_text("clip,who,label\na,r1,sad\nb,r9,sad\nz,r1,sad\n")
    found = previewed(store, more, target="votes", corpus="c")
    assert found.reasons == {"there is no clip 'z' in the corpus": 1}
    assert (found.report.votes, found.report.unchanged) == (1, 1)
    assert found.report.notes == (
        "1 votes are in the corpus already (same clip, panel, rater, answer and time); each counts once.",
        "The panel human has 2 votes from elsewhere already; new ones come on top.",
    )
    model = previewed(store, more, FIELDS | {"panel": "model:m"}, target="votes", corpus="c")
    assert model.report.notes == ()
    add_votes(store, "c", FIELDS | {"path": str(more)}, skip_bad_rows=True)
    again = previewed(store, more, target="votes", corpus="c")
    assert (again.report.votes, again.report.unchanged) == (0, 2)
    with pytest.raises(UnknownName, match="no corpus 'nowhere'"):
        previewed(store, more, target="votes", corpus="nowhere")


def test_a_reading_of_any_format_can_be_previewed(store):
    found = previewing.preview(store, simulated_reading(10))
    assert (found.report.clips, found.report.votes, found.bad_rows) == (10, 110, 0)
    assert is_untouched(store)


def test_the_verb_gives_the_same_as_a_document(store, table):
    document = verbs.run(store, "corpus preview", {"file": FIELDS | {"path": str(table)}})
    assert document["votes"] == 3 and document["reasons"] == {"unknown label 'zorn'": 1}


def test_a_saved_mapping_describes_another_table(store, table, tmp_path):
    shown = map_file(store, FIELDS | {"path": str(table), "labels": {"zorn": "anger"}}, save="ours")
    assert shown["unknown"] == [] and shown["saved"] == "ours"
    (tmp_path / "w.csv").write_text(TABLE)
    report = add_votes_corpus(store, "c", {"path": str(tmp_path / "w.csv")}, mapping="ours")
    assert report["emotions"] == {"anger": 2, "happy": 1, "sad": 1}
    assert [row["name"] for row in mappings.list_mappings(store)] == ["ours"]


def test_a_mapping_keeps_what_differs_from_the_defaults(tmp_path):
    graded = VotesFile(tmp_path / "x.csv", "clip", graded=("sad", "joy"), grades={"stark": 3}, if_none="")
    assert mappings.settings_of(graded) == {
        "clip": "clip", "graded": ("sad", "joy"), "grades": {"stark": 3}, "if_none": "",
    }  # fmt: skip


def test_mappings_are_replaced_by_name_and_unknown_ones_listed(store, table):
    mappings.save_mapping(store, "ours", VotesFile(table, **FIELDS))
    mappings.save_mapping(store, "ours", VotesFile(table, "clip", label="label"))
    assert mappings.find_mapping(store, "ours") == {"clip": "clip", "label": "label"}
    with pytest.raises(UnknownName, match=r"no mapping 'our'. Did you mean 'ours'"):
        mappings.find_mapping(store, "our")
    with pytest.raises(BadInput, match="cannot name a mapping"):
        mappings.save_mapping(store, " ", VotesFile(table, **FIELDS))


def test_the_command_line_previews_without_writing(table, tmp_path):
    store, words = tmp_path / "store", ["--clip", "clip", "--rater", "who", "--label", "label", "--json"]

    def said(*more: str) -> dict:
        done = CliRunner().invoke(app, ["--store", str(store), *more, *words])
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)

    dry = said("corpus", "add", "votes", str(table), "--name", "c", "--dry-run")
    assert (dry["votes"], dry["bad_rows"], dry["reasons"]) == (3, 1, {"unknown label 'zorn'": 1})
    assert said("corpus", "add", "votes", str(table), "--name", "c", "--map", "zorn=anger")["votes"] == 4
    again = said("corpus", "add", "votes", str(table), "--name", "c", "--update", "--map", "zorn=anger", "--dry-run")
    assert (again["votes"], again["unchanged"]) == (0, 4)
    more = said("votes", "add", str(table), "--corpus", "c", "--map", "zorn=", "--panel", "model:m", "--dry-run")
    assert (more["votes"], more["panels"]) == (3, {"model:m": 3})
