"""MSP-Podcast: primary and secondary labels and ratings of every worker, in each form that the labels have had."""

import pytest

from emo_core.corpora import msp_podcast
from emo_core.errors import BadInput, WorkbenchError
from emo_core.records import Study
from emo_core.store import corpora, studies
from tests.corpora.fixtures_msp import BLOCKS, build, rename_as_before
from tests.corpora.mutations import mutate
from tests.corpora.test_contract import check

VOTES = [
    ("MSP-PODCAST_0001_0008", "WORKER00000325", "neutral", "concerned", None, 3.0, 4.0, 4.0),
    ("MSP-PODCAST_0001_0008", "WORKER00000027", "sad", "disappointed;neutral", None, 2.0, 3.0, 3.0),
    ("MSP-PODCAST_0001_0019", "WORKER00000325", "happy", "excited", None, 6.0, 6.0, 5.0),
    ("MSP-PODCAST_0001_0019", "WORKER00000099", "other", None, "proud", 4.0, 5.0, 3.0),
    ("MSP-PODCAST_0002_0003", "WORKER00000027", "anger", "annoyed", None, 6.0, 2.0, 6.0),
]
FORMS = ("labels.txt", "labels_detailed.json", "workers.json", "1.6", "1.8", "2.0")


def votes_of(reading) -> list[tuple]:
    columns = ["clip", "rater", "label", "secondary", "comment", "arousal", "valence", "dominance"]
    rows = reading.votes[columns].itertuples(index=False)
    return [tuple(None if value != value else value for value in row) for row in rows]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_holds_the_same_votes(tmp_path, form):
    reading = msp_podcast.read(build(tmp_path / "msp", labels=form))
    assert votes_of(reading) == VOTES and set(reading.votes["panel"]) == {"human"}
    assert not reading.skipped and reading.rating_scale == (1.0, 7.0)
    read = {"labels.txt": "labels.txt"}.get(form, f"labels_detailed.{'json' if 'json' in form else 'csv'}")
    assert f"Workers' answers were read from {read}." in reading.notes


def test_clips_say_what_the_other_files_say(tmp_path):
    clips = msp_podcast.read(build(tmp_path / "msp")).clips.set_index("clip")
    first = clips.loc["MSP-PODCAST_0001_0008"]
    assert (first["speaker"], first["partition"], first["transcript"]) == ("127", "Test1", "well I think so")
    assert first["audio"] == "MSP-PODCAST_0001_0008.wav"
    assert first["metadata"] == {
        "consensus": "N", "mean_arousal": 2.8, "mean_valence": 3.6, "mean_dominance": 3.4, "gender": "Male",
    }  # fmt: skip
    assert clips["partition"].tolist() == ["Test1", "Train", "Development"]
    assert clips["speaker"].isna().tolist() == [False, True, False]  # Unknown is nobody's name


def test_without_the_consensus_file_partitions_and_speakers_are_found_too(tmp_path):
    clips = msp_podcast.read(build(tmp_path / "msp", consensus=False)).clips.set_index("clip")
    assert clips["partition"].dropna().tolist() == ["Test1", "Train"]
    assert clips.loc["MSP-PODCAST_0001_0008", "speaker"] == "127"
    assert clips.loc["MSP-PODCAST_0001_0019", "metadata"]["consensus"] == "X"


def test_names_of_the_releases_to_1_9_are_known(tmp_path):
    root = rename_as_before(build(tmp_path / "msp"))
    assert msp_podcast.recognises(root)
    reading = msp_podcast.read(root)
    assert votes_of(reading) == VOTES and "Workers' answers were read from Labels.txt." in reading.notes
    assert reading.clips["partition"].tolist() == ["Test1", "Train", "Development"]


def test_speaker_ids_say_the_gender_too(tmp_path):
    reading = msp_podcast.read(build(tmp_path / "msp", consensus=False))
    assert [details.get("gender") for details in reading.clips["metadata"]] == ["Male", None, None]
    assert not any("name no clip" in note for note in reading.notes)


def test_the_consensus_alone_votes_once_and_says_so(tmp_path):
    reading = msp_podcast.read(build(tmp_path / "msp", labels=""))
    rows = reading.votes[["clip", "panel", "label"]].to_numpy().tolist()
    assert rows == [["MSP-PODCAST_0001_0008", "consensus", "neutral"], ["MSP-PODCAST_0002_0003", "consensus", "anger"]]
    assert "1 clips have no agreement (X), so no vote." in reading.notes
    assert any("holds no ambiguity" in note for note in reading.notes)


def test_the_way_into_a_study(tmp_path, store):
    corpora.add_corpus(store, "m", msp_podcast.read(build(tmp_path / "msp")))
    study = Study(
        "s", "m", "human", None, ("anger", "happy", "neutral", "sad"), {"excited": "happy"}, rule="drop_outside",
        split="corpus", secondary_weight=1.0,
    )  # fmt: skip
    studies.add_study(store, study)
    counts = studies.study_counts(store, "s")
    assert counts.is_test.tolist() == [True, False, False]
    # neutral shares nothing (concerned is outside); sad and neutral half and half; happy keeps excited; anger alone
    assert counts.reference_weights.tolist() == [[0, 0, 1.5, 0.5], [0, 1, 0, 0], [1, 0, 0, 0]]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("WORKER00000001; ; ; A:x; V:9; D:;", "names no emotion and rates nothing"),
        ("../../x.wav; N;", "neither a clip"),
        ("nonsense", "neither a clip"),
        ("WORKER00000001; Sad; Sad; A:1; V:2; D:3; A:7;", "it rates a scale twice"),
        ("WORKER00000001; Sad; Happy; Angry; A:1; V:2; D:3;", "it is not worker; primary label; secondary labels"),
        (f"WORKER00000001; Sad; Sad; A:1; V:2; D:{' ' * 50_000}; x", "its ratings do not stand at its end"),
    ],
)
def test_odd_lines_are_listed_and_the_rest_is_kept(tmp_path, line, reason):
    root = build(tmp_path / "msp")
    (root / "Labels/labels.txt").write_text(BLOCKS + line + "\n")
    reading = msp_podcast.read(root)
    (skipped,) = reading.skipped
    assert reason in skipped.reason and skipped.where == f"labels.txt line {BLOCKS.count(chr(10)) + 1}"
    assert votes_of(reading) == VOTES


def test_a_workers_second_answer_is_kept_and_the_same_one_counts_once(store, tmp_path):
    root = build(tmp_path / "msp")
    again = "WORKER00000027; Angry; Angry,Annoyed; A:6; V:2; D:6;\nWORKER00000027; Sad; Sad; A:6; V:2; D:6;\n"
    (root / "Labels/labels.txt").write_text(BLOCKS + again)
    report = corpora.add_corpus(store, "m", msp_podcast.read(root))
    assert (report.votes, report.repeated, report.skipped) == (len(VOTES) + 1, 1, ())
    assert "1 times a named rater voted more than once on a clip; every vote counts." in report.notes


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("Other-proud, of it; Happy,Other-proud, of it,Sad", ("other", "happy;sad", "proud, of it")),
        ("Other-so: so; Other-so: so", ("other", None, "so: so")),
        ("Other-a; b; Sad,Other-a; b", ("other", "sad", "a; b")),
        ("Other-a; b; ", ("other", None, "a; b")),
        ("Sad; Sad,Other-x; y", ("sad", "other", "x; y")),
        ("Other (bored stiff); ", ("other", None, "bored stiff")),
        ("Other; Zeal", ("other", "Zeal", None)),
        ("Sad; Other,Zeal", ("sad", "other;Zeal", None)),
        ("Sad; Zeal,Happy", ("sad", "Zeal;happy", None)),
    ],
)
def test_free_text_is_a_comment_whatever_it_holds(tmp_path, fields, expected):
    root = build(tmp_path / "msp")
    (root / "Labels/labels.txt").write_text(f"{BLOCKS}WORKER00000001; {fields}; A:1; V:2; D:3;\n")
    reading = msp_podcast.read(root)
    assert votes_of(reading)[-1] == (VOTES[-1][0], "WORKER00000001", *expected, 1.0, 2.0, 3.0) and not reading.skipped


def test_where_secondary_labels_were_guessed_to_begin_is_counted(tmp_path):
    root = build(tmp_path / "msp")
    (root / "Labels/labels.txt").write_text(f"{BLOCKS}WORKER00000001; Other-a; b; Sad; A:1; V:2; D:3;\n")
    assert any(note.startswith("1 answers hold semicolons in free text") for note in msp_podcast.read(root).notes)


def test_no_agreement_is_nobodys_label(tmp_path):
    root = build(tmp_path / "msp")
    (root / "Labels/labels.txt").write_text(f"{BLOCKS}WORKER00000001; X; ; A:1; V:2; D:3;\n")
    reading = msp_podcast.read(root)
    assert votes_of(reading)[-1][2:] == (None, None, None, 1.0, 2.0, 3.0)
    assert "1 answers name no emotion and only rate." in reading.notes


def test_a_clip_that_stands_twice_in_json_keeps_all_its_answers(tmp_path):
    root = build(tmp_path / "msp", labels="labels_detailed.json")
    file = root / "Labels/labels_detailed.json"
    again = '"MSP-PODCAST_0001_0008.wav": {"WORKER5": {"EmoClass_Major": "Sad"}}'
    file.write_text(f"{file.read_text()[:-1]}, {again}}}")
    reading = msp_podcast.read(root)
    assert len(reading.votes) == len(VOTES) + 1 and not reading.skipped
    file.write_text(
        file.read_text().replace('"EmoClass_Major": "Sad"}', '"EmoClass_Major": "Sad", "EmoClass_Major": "Happy"}')
    )
    (skipped,) = msp_podcast.read(root).skipped
    assert "EmoClass_Major" in skipped.where and "stands 2 times" in skipped.reason


@pytest.mark.parametrize(("cut", "noted"), [(0, False), (1, True)])
def test_files_of_answers_that_do_not_agree_are_noted(tmp_path, cut, noted):
    root, other = build(tmp_path / "msp"), build(tmp_path / "other", labels="2.0")
    rows = (other / "Labels/labels_detailed.csv").read_text().splitlines()
    (root / "Labels/labels_detailed.csv").write_text("\n".join(rows[: len(rows) - cut]))
    notes = msp_podcast.read(root).notes
    assert "Workers' answers were read from labels.txt. Not read: labels_detailed.csv." in notes
    assert any("(labels.txt: 5, labels_detailed.csv: 4)" in note for note in notes) == noted


def test_transcripts_that_are_not_utf8_are_counted_once(tmp_path):
    root = build(tmp_path / "msp")
    for name in ("0001_0008", "0001_0019"):
        (root / f"Transcripts/MSP-PODCAST_{name}.txt").write_bytes(b"caf\xe9")
    reading = msp_podcast.read(root)
    assert reading.clips["transcript"].tolist()[:2] == ["café", "café"]
    assert [note for note in reading.notes if "Latin-1" in note] == [
        "2 files in Transcripts/ are not UTF-8 and were read as Latin-1."
    ]


def test_links_that_lead_out_of_the_folder_are_not_read(tmp_path):
    root, outside = build(tmp_path / "msp", labels="2.0"), tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    (root / "Transcripts/MSP-PODCAST_0001_0019.txt").symlink_to(outside / "secret.txt")
    (root / "Transcripts/MSP-PODCAST_0002_0003.txt").symlink_to("MSP-PODCAST_0001_0008.txt")
    (outside / "labels.txt").write_text(BLOCKS)
    (root / "Labels/labels.txt").symlink_to(outside / "labels.txt")
    (root / "Audios/MSP-PODCAST_0002_0003.wav").symlink_to("../../outside/x.wav")
    (root / "Audios/MSP-PODCAST_0001_0008.wav").rename(outside / "x.wav")
    reading = msp_podcast.read(root)
    assert [None if text != text else text for text in reading.clips["transcript"]] == [
        "well I think so", None, "well I think so",
    ]  # fmt: skip
    assert "Workers' answers were read from labels_detailed.csv." in reading.notes
    assert reading.clips["audio"].isna().all()


@pytest.mark.parametrize("form", ["1.6", "2.0", "labels_detailed.json", ""])
def test_damage_in_forms_that_the_contract_does_not_try(tmp_path, form):
    root = build(tmp_path / "msp", labels=form)
    outcomes = set()
    for seed in range(200):
        restore = mutate(root, seed)
        try:
            check(msp_podcast.read(root), "msp-podcast")
            outcomes.add("read")
        except WorkbenchError as error:
            outcomes.add("refused")
            assert str(error).strip()
        finally:
            restore()
    assert outcomes == {"read", "refused"}


def test_the_panel_reaches_the_store(tmp_path, store):
    corpora.add_corpus(store, "m", msp_podcast.read(build(tmp_path / "msp")))
    (panel,) = corpora.list_panels(store, "m")
    assert (panel["name"], panel["votes"], panel["raters"]) == ("human", 5, 3)


def test_a_folder_without_labels_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"has none of labels\.txt"):
        msp_podcast.read(tmp_path)
    assert not msp_podcast.recognises(tmp_path)
