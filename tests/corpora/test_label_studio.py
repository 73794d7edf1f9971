"""Label Studio: annotations, predictions, parts of clips, and where the sound lies."""

import json

import pytest

from emo_core.corpora import label_studio
from emo_core.corpora.questions import SECOND_ALONE
from emo_core.errors import BadInput, BadTable
from emo_core.store import corpora
from tests.corpora.fixtures_label_studio import ROWS, TASKS, build, build_min, choice, rating
from tests.corpora.fixtures_sound import write_sound


def votes_of(reading, *columns: str) -> list[tuple]:
    votes = reading.votes.reindex(columns=["clip", "panel", "rater", "label", *columns]).astype(object)
    return list(votes.where(votes.notna(), None).itertuples(index=False, name=None))


def read_results(folder, *results: list, data: dict | None = None):
    """What is read of one task with an annotation for each list of results."""
    annotations = [{"completed_by": number, "result": result} for number, result in enumerate(results, 1)]
    return label_studio.read(build(folder, [{"id": 1, "data": data or {"audio": "a.wav"}, "annotations": annotations}]))


def test_annotations_and_predictions_become_votes(tmp_path):
    reading = label_studio.read(build(tmp_path))
    assert votes_of(reading, "secondary", "valence", "confidence") == [
        ("1", "human", "7", "Happy", "Surprised", 4.0, None),
        ("1", "human", "a@b.org", "Sad", None, None, None),
        ("1", "model:net 1", "net 1", "Neutral", None, None, 0.75),
        ("2#0.5-1.25", "human", "7", "Angry", None, None, None),
    ]
    assert reading.votes["voted_at"][0] == "2024-01-31 13:45:00.500000+00:00"
    assert reading.votes["seconds"].dropna().tolist() == [4.25, 2.0]


def test_clips_say_what_the_tasks_say(tmp_path):
    clips = label_studio.read(build(tmp_path)).clips.set_index("clip")
    assert clips.loc["1", "transcript"] == "Come in." and clips.loc["1", "speaker"] == "s1"
    assert clips.loc["1", "metadata"] == {"audio": "/data/upload/3/0a1b2c3d-one.wav", "room": 4}
    assert clips.loc["2#0.5-1.25", ["start_s", "end_s"]].tolist() == [0.5, 1.25]


def test_what_was_not_taken_is_counted_and_listed(tmp_path):
    reading = label_studio.read(build(tmp_path))
    assert [(skip.where, skip.reason) for skip in reading.skipped] == [
        ("task 1, annotation 3", "the annotator skipped the task (cancelled)")
    ]
    assert "1 unfinished annotations (drafts) were left out." in reading.notes
    assert "1 results of the type taxonomy for the question words were not understood and left out." in reading.notes
    assert "2 clips have no vote." in reading.notes  # the third task, and the whole of the second


def test_sound_is_found_below_the_audio_folder_by_any_of_its_addresses(tmp_path):
    for name in ("one.wav", "sub/two.wav", "deep/er/three.flac"):
        write_sound(tmp_path / "sound" / name)
    reading = label_studio.read(build(tmp_path / "export"), audio=tmp_path / "sound")
    assert reading.clips.set_index("clip")["audio"].to_dict() == {
        "1": "one.wav", "2": "sub/two.wav", "3": "deep/er/three.flac", "2#0.5-1.25": "sub/two.wav",
    }  # fmt: skip
    assert label_studio.read(build(tmp_path / "export")).audio_root is None


@pytest.mark.parametrize(
    "address", ["../secret.wav", "/etc/passwd", "file:///etc/x.wav", "..\\..\\secret.wav", 7, None]
)
def test_addresses_that_lead_out_lead_to_nothing(tmp_path, address):
    write_sound(tmp_path / "secret.wav")
    write_sound(tmp_path / "sound" / "a.wav")
    tasks = [{"id": 1, "data": {"audio": address}, "annotations": [{"result": [choice("Sad")]}]}]
    reading = label_studio.read(build(tmp_path / "export", tasks), audio=tmp_path / "sound")
    assert reading.clips["audio"].isna().all() and len(reading.votes) == 1


def test_json_min_is_read(tmp_path):
    reading = label_studio.read(build_min(tmp_path))
    assert votes_of(reading, "secondary", "valence") == [
        ("1", "human", "7", "Happy", None, 4.0),
        ("1", "human", "8", "Sad", "Fearful", None),
    ]
    (clip,) = reading.clips.to_dict("records")
    assert clip["speaker"] == "s1" and clip["metadata"] == {"audio": "/data/upload/3/one.wav"}


def test_json_min_whose_parts_are_labelled(tmp_path):
    rows = [
        ROWS[0]
        | {"emotion": [{"start": 0, "end": 2, "labels": ["Happy"]}, {"start": 2, "end": 3.5, "labels": ["Sad"]}]}
    ]
    reading = label_studio.read(build(tmp_path, rows))
    assert votes_of(reading) == [
        ("1#0-2", "human", "7", "Happy"), ("1#2-3.5", "human", "7", "Sad"), ("1", "human", "7", None),
    ]  # fmt: skip


def test_two_questions_about_emotions_have_panels_of_their_own(tmp_path):
    reading = read_results(
        tmp_path,
        [choice("Happy", question="emotion_voice"), choice("Sad", question="emotion_face"), rating(2)],
        [choice("Fear", question="emotion_face"), choice("Yes", question="noisy")],
    )
    assert votes_of(reading, "valence") == [
        ("1", "human:emotion_voice", "1", "Happy", 2.0),
        ("1", "human:emotion_face", "1", "Sad", None),
        ("1", "human:emotion_face", "2", "Fear", None),
    ]
    assert "The question noisy is not about emotions; its answers were left out." in reading.notes


def test_a_second_emotion_is_a_secondary_label(tmp_path):
    reading = read_results(tmp_path, [choice("Happy"), choice("Calm", "Sad", question="second emotion")])
    assert votes_of(reading, "secondary") == [("1", "human", "1", "Happy", "Calm;Sad")]


def test_a_second_emotion_without_a_first_is_counted(tmp_path):
    alone = [choice("Angry", question="second_emotion"), rating(2)]
    reading = read_results(tmp_path, [choice("Happy")], alone)
    assert [vote[2:] for vote in votes_of(reading, "valence")] == [("1", "Happy", None), ("2", None, 2.0)]
    assert f"1 {SECOND_ALONE}." in reading.notes
    with pytest.raises(BadInput):  # it is never taken for the first
        read_results(tmp_path, [choice("Angry", question="second_emotion")])


def test_json_min_with_sorted_keys(tmp_path):
    rows = [
        {"annotator": n, "audio": "a.wav", "heard": label, "id": 1, "lead_time": 2, "speaker": "s1"}
        for n, label in enumerate(("Happy", "Sad"))
    ]
    file = tmp_path / "min.json"
    file.write_text(json.dumps(rows))
    reading = label_studio.read(file)
    assert [vote[2:] for vote in votes_of(reading)] == [("0", "Happy"), ("1", "Sad")]
    assert reading.clips["speaker"].tolist() == ["s1"]
    file.write_text(json.dumps([row | {"acted_emotion": "Angry"} for row in rows]))
    with pytest.raises(BadInput, match="acted_emotion, heard"):
        label_studio.read(file)


def test_ratings_alone_and_comments_are_kept(tmp_path):
    note = {"from_name": "comment", "type": "textarea", "value": {"text": ["too", "quiet"]}}
    number = {"from_name": "arousal", "type": "number", "value": {"number": 3.5}}
    reading = read_results(tmp_path, [number, note])
    assert votes_of(reading, "arousal", "comment") == [("1", "human", "1", None, 3.5, "too quiet")]


def test_an_annotation_that_answers_nothing_is_listed(tmp_path):
    reading = read_results(tmp_path, [], [choice("Happy")])
    assert [skip.where for skip in reading.skipped] == ["task 1, annotation 1"]


AGAIN = "annotations stand in an earlier copy of their task already; each counts once."


def test_the_same_task_twice_is_one_clip_with_its_votes_once(tmp_path):
    reading = label_studio.read(build(tmp_path, [TASKS[1], TASKS[1]]))
    assert reading.clips["clip"].tolist() == ["2", "2#0.5-1.25"] and len(reading.votes) == 1
    assert f"1 {AGAIN}" in reading.notes
    reading = label_studio.read(build(tmp_path / "min", [*ROWS, ROWS[0]]))
    assert len(reading.votes) == 2 and f"1 {AGAIN}" in reading.notes


def test_equal_annotations_of_nobody_in_particular_are_several_votes(tmp_path):
    task = {
        "id": 1,
        "data": {"audio": "a.wav"},
        "annotations": [{"result": [choice("Sad")]}] * 3,
        "predictions": [{"model_version": "m", "result": [choice("Sad")]}] * 2,
    }
    assert votes_of(label_studio.read(build(tmp_path, [task, task]))) == [
        *[("1", "human", None, "Sad")] * 3,
        *[("1", "model:m", None, "Sad")] * 2,
    ]


@pytest.mark.parametrize(
    "written", ['{"a": 1}', "[]", "[3]", '[{"id": 1, "data": {}}]', '[{"id": 1, "data": {}, "annotations": []}]']
)
def test_what_is_no_export_is_refused(tmp_path, written):
    (tmp_path / "x.json").write_text(written)
    with pytest.raises(BadInput):
        label_studio.read(tmp_path / "x.json")


@pytest.mark.parametrize("written", [b"[" * 5000, b"\xff\xfe[", b'[{"id": 1,', b"", b'{"\x00'])
def test_what_cannot_be_decoded_is_refused(tmp_path, written):
    (tmp_path / "x.json").write_bytes(written)
    with pytest.raises(BadTable):
        label_studio.read(tmp_path / "x.json")


def test_a_byte_order_mark_and_other_line_ends_do_not_matter(tmp_path):
    path = build(tmp_path)
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(TASKS, indent=1).replace("\n", "\r\n").encode())
    assert label_studio.recognises(path) and len(label_studio.read(path).votes) == 4


def test_it_goes_into_a_store(store, tmp_path):
    report = corpora.add_corpus(store, "ls", label_studio.read(build(tmp_path / "e")))
    assert report.panels == {"human": 3, "model:net 1": 1} and report.raters == 3 and report.clips == 4
