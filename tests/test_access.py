"""Signed words: read back as they were, and by nobody else's hand."""

import stat

from hypothesis import given
from hypothesis import strategies as st

from emo_core import access


def test_words_come_back_and_keep_to_their_purpose(tmp_path):
    signed = access.sign(tmp_path, "label", {"campaign": 3, "name": "Zoë; <b>"})
    assert access.read(tmp_path, "label", signed) == {"campaign": 3, "name": "Zoë; <b>"}
    assert access.read(tmp_path, "enter", signed) is None
    other = tmp_path / "other"
    other.mkdir()
    assert access.read(other, "label", signed) is None


def test_the_secret_is_the_owners_alone(tmp_path):
    access.sign(tmp_path, "label", {})
    assert stat.S_IMODE((tmp_path / access.SECRET_FILE).stat().st_mode) == 0o600


def test_a_changed_word_does_not_hold(tmp_path):
    signed = access.sign(tmp_path, "visitor", {"name": "Ana", "role": "rater"})
    body, mark = signed.split(".")
    forged = access.sign(tmp_path, "label", {"name": "Ana", "role": "researcher"}).split(".")[0]
    for bad in (f"{forged}.{mark}", f"{body}.{mark[:-1]}A", body, f"{signed}.", "", None, 7, "é.é"):
        assert access.read(tmp_path, "visitor", bad) is None


@given(st.text())
def test_nonsense_is_never_believed(tmp_path_factory, text):
    assert access.read(tmp_path_factory.getbasetemp(), "label", text) is None
