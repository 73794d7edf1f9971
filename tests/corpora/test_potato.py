"""Potato: the forms of several versions, and what their values mean."""

import json

import pytest

from emo_core.corpora import potato
from emo_core.corpora.questions import SECOND_ALONE
from emo_core.errors import BadInput, BadTable
from emo_core.store import corpora
from tests.corpora.fixtures_potato import LINES, STATE, build
from tests.corpora.fixtures_sound import write_sound


def votes_of(reading, *columns: str) -> list[tuple]:
    votes = reading.votes.reindex(columns=["clip", "panel", "rater", "label", *columns]).astype(object)
    return list(votes.where(votes.notna(), None).itertuples(index=False, name=None))


def read_lines(folder, *lines, user: str = "ann"):
    """What is read of one user's lines: dicts, or text as it stands."""
    (folder / user).mkdir(parents=True, exist_ok=True)
    written = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    (folder / user / "annotated_instances.jsonl").write_text(written)
    return potato.read(folder)


def line(name: str, **schemes) -> dict:
    return {
        "id": name,
        "displayed_text": "",
        "label_annotations": schemes,
        "span_annotations": {},
        "behavioral_data": {},
    }


def test_users_of_old_and_new_versions_are_read(tmp_path):
    reading = potato.read(build(tmp_path))
    assert votes_of(reading, "secondary", "valence", "comment") == [
        ("c1", "human", "ann@lab", "happy", None, 4.0, None),
        ("c2", "human", "ann@lab", "sad", "fear", None, None),
        ("c1", "human", "bob", "neutral", None, None, None),
        ("c1", "human", "7", "anger", None, 2.0, None),
        ("c2", "human", "7", "happy", None, None, "loud"),
    ]
    assert reading.votes["seconds"].dropna().tolist() == [65.0, 9.0, 1.5]
    assert "The scheme audio quality is not about emotions; its answers were left out." in reading.notes
    assert any(note.startswith("1 answers choose several labels") for note in reading.notes)


def test_what_was_shown_is_the_transcript_or_leads_to_the_sound(tmp_path):
    write_sound(tmp_path / "sound" / "clips" / "c1.wav")
    write_sound(tmp_path / "sound" / "c2.flac")
    reading = potato.read(build(tmp_path / "project"), audio=tmp_path / "sound")
    clips = reading.clips.set_index("clip")
    assert clips["audio"].to_dict() == {"c1": "clips/c1.wav", "c2": "c2.flac"}
    assert clips["transcript"].dropna().to_dict() == {"c1": "Come in."}


def test_a_single_file_is_read_and_the_folder_names_the_user(tmp_path):
    build(tmp_path)
    file = tmp_path / "annotation_output" / "bob" / "annotated_instances.jsonl"
    assert potato.recognises(file) and votes_of(potato.read(file)) == [("c1", "human", "bob", "neutral")]


def test_the_exported_form_is_read_and_machines_are_models(tmp_path):
    lines = [
        {"instance_id": "c1", "user_id": 7, "labels": {"emotion": {"happy": True, "sad": False}}, "spans": {}},
        {
            "instance_id": "c1",
            "user_id": "net",
            "annotator_origin": {"kind": "llm"},
            "labels": {"emotion": {"sad": "sad"}},
        },
        {"instance_id": "c2", "user_id": 7, "emotion": "fear"},
    ]
    (tmp_path / "annotations.jsonl").write_text("\n".join(json.dumps(each) for each in lines))
    assert votes_of(potato.read(tmp_path)) == votes_of(potato.read(tmp_path / "annotations.jsonl"))
    assert votes_of(potato.read(tmp_path)) == [
        ("c1", "human", "7", "happy"), ("c1", "model:net", "net", "sad"), ("c2", "human", "7", "fear"),
    ]  # fmt: skip


def test_values_that_differ_between_answers_are_strengths(tmp_path):
    reading = read_lines(
        tmp_path,
        line("a", emotion={"happy": "1", "sad": "4", "fear": "0"}),
        line("b", emotion={"happy": "3", "sad": "0"}),
        line("c", emotion={"happy": "0"}),
    )
    assert votes_of(reading, "secondary", "strengths") == [
        ("a", "human", "ann", "sad", "happy", "0.25"), ("b", "human", "ann", "happy", None, None),
    ]  # fmt: skip
    assert [skip.where for skip in reading.skipped] == ["ann/annotated_instances.jsonl line 3"]


def test_equal_strengths_stand_in_an_order_that_stays(tmp_path):
    lines = [line(f"c{number}", emotion={"happy": 2, "sad": 2}) for number in range(40)] + [
        line("x", emotion={"happy": 1})
    ]
    first = votes_of(read_lines(tmp_path, *lines), "strengths")
    assert first == votes_of(potato.read(tmp_path), "strengths")
    assert {label for _, _, _, label, share in first if share == "1"} == {"happy", "sad"}


def test_values_that_never_differ_are_keys_of_options(tmp_path):
    reading = read_lines(tmp_path, line("a", emotion={"happy": "1", "calm": "0"}), line("b", emotion={"happy": "1"}))
    assert votes_of(reading, "secondary") == [
        ("a", "human", "ann", "happy", "calm"),
        ("b", "human", "ann", "happy", None),
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [({"3": "3"}, 3), ({"scale_3": "3"}, 3), ({"4": "true"}, 4), ({"slider": "45"}, 45), ({"-2": "-2"}, -2), ({"good": "1"}, None),
     ({"1": "1", "5": "5"}, None), ("2", 2)],
)  # fmt: skip
def test_points_of_a_scale(tmp_path, value, expected):
    reading = read_lines(tmp_path, line("a", emotion={"sad": "true"}, arousal=value))
    assert votes_of(reading, "arousal") == [("a", "human", "ann", "sad", expected)]
    assert any("are not numbers" in note or "several points" in note for note in reading.notes) == (expected is None)


def test_schemes_about_two_emotions_have_panels_of_their_own(tmp_path):
    reading = read_lines(
        tmp_path, line("a", felt_emotion={"sad": "true"}, heard_emotion={"fear": "true"}, valence={"2": "2"})
    )
    assert votes_of(reading, "valence") == [
        ("a", "human:felt_emotion", "ann", "sad", 2.0), ("a", "human:heard_emotion", "ann", "fear", None),
    ]  # fmt: skip


def test_a_second_emotion_without_a_first_is_counted(tmp_path):
    both = line("a", emotion={"sad": "true"}, second_emotion={"fear": "true"})
    alone = line("b", second_emotion={"fear": "true"}, valence={"3": "3"})
    reading = read_lines(tmp_path, both, alone)
    assert votes_of(reading, "secondary", "valence") == [
        ("a", "human", "ann", "sad", "fear", None),
        ("b", "human", "ann", None, None, 3.0),
    ]
    assert f"1 {SECOND_ALONE}." in reading.notes


def test_the_last_answer_of_a_user_counts(tmp_path):
    reading = read_lines(tmp_path, line("a", emotion={"sad": "true"}), line("a", emotion={"fear": "true"}))
    assert votes_of(reading) == [("a", "human", "ann", "fear")]
    ((where, said),) = [(skip.where, skip.reason) for skip in reading.skipped]
    assert where.endswith("line 1") and "ann answers it again" in said


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ('{"id": "b", "label_annota', "cannot be read as JSON"),
        ("[1, 2]", "it has no id"),
        ({"id": "b"}, "no label_annotations"),
        ({"id": "b", "label_annotations": [1]}, "answers no scheme"),
        (line("b", quality={"good": "true"}), "answers no scheme"),
        (line("b", emotion={"happy": "false", "sad": None}), "answers no scheme"),
    ],
)
def test_lines_that_say_nothing_are_listed(tmp_path, odd, reason):
    reading = read_lines(tmp_path, line("a", emotion={"sad": "true"}), odd)
    ((where, said),) = [(skip.where, skip.reason) for skip in reading.skipped]
    assert where == "ann/annotated_instances.jsonl line 2" and reason in said and len(reading.clips) == 1


def test_a_state_without_answers_leaves_the_lines_to_speak(tmp_path):
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / "user_state.json").write_text('{"user_id": "ann", "instance_id_ordering": []}')
    assert len(read_lines(tmp_path, line("a", emotion={"sad": "true"})).votes) == 1


def test_a_damaged_state_and_a_folder_without_annotations_are_refused(tmp_path):
    with pytest.raises(BadInput, match=r"no annotated_instances\.jsonl"):
        potato.read(tmp_path)
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / "user_state.json").write_text(json.dumps(STATE)[:-9])
    with pytest.raises(BadTable, match=r"ann/user_state\.json cannot be read as JSON"):
        potato.read(tmp_path)


def test_it_goes_into_a_store(store, tmp_path):
    report = corpora.add_corpus(store, "potato", potato.read(build(tmp_path / "p")))
    assert (
        report.panels == {"human": 5}
        and report.raters == 3
        and report.clips == len({each["id"] for each in LINES["ann@lab"]})
    )
