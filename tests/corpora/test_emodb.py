"""EmoDB: the letters of its names are German."""

import pytest

from emo_core.corpora import emodb, formats
from emo_core.errors import BadInput
from tests.corpora.fixtures_acted import build_emodb, build_ravdess
from tests.corpora.fixtures_sound import write_sound


def test_a_name_says_speaker_sentence_and_emotion(tmp_path):
    reading = emodb.read(build_emodb(tmp_path))
    assert dict(zip(reading.votes["clip"], reading.votes["label"])) == {
        "03a01Fa": "happy", "03a01Wa": "anger", "08b02Tb": "sad", "16a07Ac": "fear",
    }  # fmt: skip
    assert set(reading.votes["panel"]) == {"intended"}
    sad = reading.clips.set_index("clip").loc["08b02Tb"]
    assert (sad["speaker"], sad["audio"]) == ("08", "wav/08b02Tb.wav")
    assert sad["transcript"].startswith("Sie haben es gerade hochgetragen")
    assert sad["metadata"] == {"sentence": "b02", "version": "b", "sex": "female", "age": 34}


def test_names_that_do_not_fit_are_listed(tmp_path):
    build_emodb(tmp_path)
    write_sound(tmp_path / "wav" / "03a01Xa.wav")
    write_sound(tmp_path / "wav" / "noise.wav")
    write_sound(tmp_path / "copy" / "03a01Fa.wav")
    reading = emodb.read(tmp_path)
    reasons = {skip.where: skip.reason for skip in reading.skipped}
    assert len(reading.clips) == 4 and len(reasons) == 3
    assert "X is none of the emotions" in reasons["wav/03a01Xa.wav"] and "such as 03a01Fa" in reasons["wav/noise.wav"]
    assert any("another folder" in reason for reason in reasons.values())


def test_a_speaker_whom_the_publication_does_not_name_has_no_age(tmp_path):
    write_sound(tmp_path / "99a03Na.wav")
    (clip,) = emodb.read(tmp_path).clips.to_dict("records")
    assert (
        clip["speaker"] == "99" and clip["metadata"] == {"sentence": "a03", "version": "a"} and "transcript" not in clip
    )


def test_the_database_of_audb_is_not_taken_for_a_folder_of_sounds(tmp_path):
    build_emodb(tmp_path)
    assert emodb.recognises(tmp_path)
    (tmp_path / "db.yaml").write_text("name: emodb")
    assert not emodb.recognises(tmp_path) and formats.find_format("audformat").recognises(tmp_path)


def test_a_folder_without_such_names_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"Actor_01/03-01-01-01-01-01-01\.wav: its name is not speaker"):
        emodb.read(build_ravdess(tmp_path))
