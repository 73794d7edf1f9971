"""IEMOCAP: every evaluator's line is kept, speakers are who takes the turn, and each treatment of labels is counted."""

import pytest

from emo_core.corpora import iemocap
from emo_core.errors import BadInput
from emo_core.records import Study
from emo_core.store import answers, corpora, studies
from tests.corpora.fixtures_iemocap import FIRST, WORDS, build


@pytest.fixture
def reading(tmp_path):
    return iemocap.read(build(tmp_path / "iemocap"))


def votes_of(reading, clip: str) -> list[tuple]:
    rows = reading.votes[reading.votes["clip"] == clip]
    columns = ["panel", "rater", "label", "secondary", "valence", "arousal", "dominance", "comment"]
    return [tuple(None if value != value else value for value in row) for row in rows[columns].itertuples(index=False)]


def test_every_line_of_an_evaluator_is_kept(reading):
    assert votes_of(reading, "Ses01F_impro01_F000") == [
        ("human", "E2", "neutral", None, None, None, None, None),
        ("human", "E3", "neutral", None, 3.0, 2.0, 2.0, None),
        ("human", "E4", "neutral", None, 2.0, 3.0, 3.0, "hard to tell"),
        ("self-report", "F1", "neutral", None, 3.0, 2.0, 1.0, None),
    ]
    assert votes_of(reading, "Ses01F_impro01_M001")[:2] == [
        ("human", "E2", "anger", "frustrated", None, None, None, None),
        ("human", "E3", "anger", None, 1.0, 4.0, None, "loud"),
    ]
    assert votes_of(reading, "Ses02M_script01_1_M003")[2][2:] == ("other", None, None, None, None, "resigned")
    assert reading.rating_scale == (1.0, 5.0) and not reading.skipped
    assert "1 ratings are missing or outside 1 to 5." in reading.notes


def test_clips_say_who_speaks_what_when(reading):
    clips = reading.clips.set_index("clip")
    assert clips["speaker"].to_dict() == {
        "Ses01F_impro01_F000": "Ses01F", "Ses01F_impro01_M001": "Ses01M", "Ses01F_impro01_F002": "Ses01F",
        "Ses02M_script01_1_M003": "Ses02M",
    }  # fmt: skip
    first = clips.loc["Ses01F_impro01_M001"]
    assert (first["session"], first["transcript"]) == ("Session1", "Where is the form?")
    assert first["audio"] == "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_M001.wav"
    assert first["metadata"] == {
        "dialogue": "Ses01F_impro01", "kind": "improvised", "consensus": "ang", "dialog_start_s": 10.01, "dialog_end_s": 11.3925,
        "mean_valence": 1.5, "mean_activation": 4.0, "mean_dominance": 4.5,
    }  # fmt: skip
    assert first[["start_s", "end_s"]].isna().all()


def test_without_sentences_the_dialogue_is_cut_where_it_is_played(reading):
    cut = reading.clips.set_index("clip").loc["Ses02M_script01_1_M003"]
    assert (cut["audio"], cut["start_s"], cut["end_s"]) == ("Session2/dialog/wav/Ses02M_script01_1.wav", 1.0, 2.5)
    missing = reading.clips.set_index("clip").loc["Ses01F_impro01_F002"]
    assert missing["audio"] != missing["audio"]


def test_a_lab_sees_its_own_number_for_every_treatment(reading):
    table = reading.tables["Clips whose evaluator votes all fall inside anger, happiness, sadness, neutral"]
    counted = {(row["lines with several labels"], row["excited → happy"]): row["clips"] for row in table}
    first, every, none = iemocap.TREATMENTS
    # neutral always; anger where the first label decides; the excited one where excited counts as happy
    assert counted == {
        (first, "no"): 2, (first, "yes"): 3, (every, "no"): 1, (every, "yes"): 2, (none, "no"): 1, (none, "yes"): 1,
    }  # fmt: skip
    assert [row["clips with exactly three evaluators"] for row in table] == [2, 3, 1, 2, 1, 1]
    assert {row["consensus"]: row["clips"] for row in reading.tables["Consensus labels"]} == {
        "neu": 1, "ang": 1, "exc": 1, "xxx": 1,
    }  # fmt: skip
    assert any("4,370" in note and "4,373" in note for note in reading.notes)
    assert any(
        "Session1: 3, Session2: 1. Published: Session1: 1,819, Session2: 1,811." in note for note in reading.notes
    )


def test_the_tables_rows_are_studies(reading, store):
    corpora.add_corpus(store, "i", reading)
    kept = {}
    for weight in (0.0, 0.5):
        for merges in ({}, {"excited": "happy"}):
            study = Study(
                f"{weight}{len(merges)}",
                "i",
                "human",
                None,
                ("anger", "happy", "neutral", "sad"),
                merges,
                secondary_weight=weight,
            )
            studies.add_study(store, study)
            kept[weight, len(merges)] = len(studies.study_counts(store, study.name).clips)
    assert kept == {(0.0, 0): 2, (0.0, 1): 3, (0.5, 0): 1, (0.5, 1): 2}
    found = answers.panel_answers(store, "0.01")
    assert set(found.raters) == {"E2", "E3", "E4"} and (found.valence == 1.0).sum() == 1


def test_the_folder_above_is_taken_too_and_anything_else_is_refused(tmp_path):
    build(tmp_path / "above" / "IEMOCAP_full_release")
    assert len(iemocap.read(tmp_path / "above").clips) == 4
    assert iemocap.recognises(tmp_path / "above")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match=r"no Session\*/dialog/EmoEvaluation"):
        iemocap.read(tmp_path / "empty")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[6.2901 - 8.2357]\tSes01F_impro01_F000", "the header is not"),
        ("[8.2 - 6.1]\tSes01F_impro01_F009\tneu\t[1, 1, 1]", "the header is not"),
        ("[1.0 - 2.0]\tSes01F_impro01_F000\tneu\t[1, 1, 1]", "stands in an earlier line already"),
        ("C-E9:\t;\t()", "it names no emotion"),
        ("A-E9:\tval x;\t()", "it rates nothing"),
        ("C-E9 Anger", "it is not an evaluation"),
        ("hello", "neither an utterance nor an evaluation"),
    ],
)
def test_odd_lines_are_listed_and_the_rest_is_kept(tmp_path, line, reason):
    root = build(tmp_path / "i")
    file = root / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    file.write_text(FIRST + line + "\n")
    reading = iemocap.read(root)
    (skipped,) = reading.skipped
    assert skipped.where == f"Ses01F_impro01.txt line {FIRST.count(chr(10)) + 1}" and reason in skipped.reason
    assert len(reading.clips) == 4


def test_an_evaluators_second_answer_is_kept_and_the_same_one_counts_once(store, tmp_path, reading):
    root = build(tmp_path / "i")
    file = root / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    file.write_text(FIRST + "C-E3:\tAnger;\t()\nC-E3:\tHappiness;\t()\nA-E3:\tval 3; act 3; dom 3;\t()\n")
    again = iemocap.read(root)
    assert len(again.votes) == len(reading.votes) + 1 and not again.skipped
    assert any(note.startswith("1 lines repeat what the evaluator said") for note in again.notes)
    report = corpora.add_corpus(store, "i", again)
    assert "1 times a named rater voted more than once on a clip; every vote counts." in report.notes


@pytest.mark.parametrize(
    "written",
    [
        FIRST.replace("\n", "\r\n").encode(),
        FIRST.replace("\n", "\r").encode(),
        b"\xef\xbb\xbf" + FIRST.encode(),
        FIRST.rstrip().encode(),
    ],
    ids=["CRLF", "CR", "BOM", "no last line end"],
)
def test_how_lines_end_and_begin_changes_nothing(tmp_path, reading, written):
    root = build(tmp_path / "i")
    (root / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt").write_bytes(written)
    again = iemocap.read(root)
    assert again.votes.equals(reading.votes) and not again.skipped


def test_white_space_without_end_is_a_damaged_line(tmp_path):
    root = build(tmp_path / "i")
    file = root / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    file.write_text(f"{FIRST}C-E9:\t{' ' * 50_000}\tx\n")
    (skipped,) = iemocap.read(root).skipped
    assert "it is not an evaluation" in skipped.reason


def test_an_empty_file_and_a_folder_with_a_files_name_are_passed_over(tmp_path, reading):
    root = build(tmp_path / "i")
    (root / "Session1/dialog/EmoEvaluation/Ses01F_impro02.txt").write_bytes(b"")
    (root / "Session1/dialog/EmoEvaluation/Ses01F_impro03.txt").mkdir()
    assert iemocap.read(root).votes.equals(reading.votes)


def test_files_that_are_not_utf8_are_counted_once(tmp_path):
    root = build(tmp_path / "i")
    for folder in ("EmoEvaluation", "transcriptions"):
        file = root / "Session1/dialog" / folder / "Ses01F_impro01.txt"
        file.write_bytes(file.read_bytes().replace(b"loud", b"\xe9mu").replace(b"form", b"caf\xe9"))
    reading = iemocap.read(root)
    assert "ému" in votes_of(reading, "Ses01F_impro01_M001")[1]
    assert reading.clips.set_index("clip").loc["Ses01F_impro01_M001", "transcript"] == "Where is the café?"
    assert [note for note in reading.notes if "Latin-1" in note] == [
        "1 files in transcriptions/ are not UTF-8 and were read as Latin-1.",
        "1 files in EmoEvaluation/ are not UTF-8 and were read as Latin-1.",
    ]


def test_lines_of_a_transcription_that_say_nothing_of_an_utterance_are_listed(tmp_path):
    root = build(tmp_path / "i")
    again = "Ses01F_impro01_F000 [006.2901-008.2357]: Something else.\n"
    (root / "Session1/dialog/transcriptions/Ses01F_impro01.txt").write_text(f"{WORDS}M: hello\n\n{again}")
    reading = iemocap.read(root)
    assert [(skip.where, skip.reason) for skip in reading.skipped] == [
        ("transcriptions/Ses01F_impro01.txt line 4", "it is not utterance [start-end]: text"),
        ("transcriptions/Ses01F_impro01.txt line 6", "Ses01F_impro01_F000 stands in an earlier line already"),
    ]
    assert reading.clips.set_index("clip").loc["Ses01F_impro01_F000", "transcript"] == "Excuse me."


@pytest.mark.parametrize("kind", ["transcriptions", "EmoEvaluation"])
def test_a_link_that_leads_out_of_the_folder_is_not_read(tmp_path, kind):
    root, outside = build(tmp_path / "i"), tmp_path / "outside.txt"
    file = root / "Session1/dialog" / kind / "Ses01F_impro01.txt"
    file.rename(outside)
    file.symlink_to(outside)
    reading = iemocap.read(root)
    assert "transcript" not in reading.clips and len(reading.clips) == (4 if kind == "transcriptions" else 1)


def test_sessions_that_no_release_has_are_held_against_nothing(tmp_path):
    root = build(tmp_path / "i", sessions=1)
    (root / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt").write_text(FIRST.replace("Ses01", "Ses07"))
    assert "Utterances: Session7: 3." in iemocap.read(root).notes


def test_both_panels_reach_the_store(reading, store):
    corpora.add_corpus(store, "i", reading)
    panels = {panel["name"]: (panel["kind"], panel["raters"]) for panel in corpora.list_panels(store, "i")}
    assert panels == {"human": ("human", 5), "self-report": ("self-report", 2)}


def test_evaluations_below_a_broken_header_belong_to_nobody(tmp_path):
    root = build(tmp_path / "i")
    file = root / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    file.write_text(FIRST.replace("\tSes01F_impro01_M001\t", " "))
    reading = iemocap.read(root)
    assert {skip.reason for skip in reading.skipped[1:]} == {"it belongs to no utterance"} and len(reading.skipped) == 6
    assert len(reading.clips) == 3


def test_an_unknown_label_stays_as_written_and_the_store_asks_what_it_means(tmp_path, store):
    root = build(tmp_path / "i")
    file = root / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    file.write_text(FIRST.replace("Frustration", "Zeal").replace("\n", "\r\n"), encoding="latin-1")
    with pytest.raises(BadInput, match="unknown secondary label 'Zeal'"):
        corpora.add_corpus(store, "i", iemocap.read(root))
    assert corpora.list_corpora(store) == []
