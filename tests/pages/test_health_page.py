"""The Health page and its verb: what is wrong is listed, opens in Browse, and is examined once."""

import time

import numpy as np
import pytest
import soundfile

from emo_core import verbs
from emo_core.store import browsing
from emo_core.verbs.corpora import add_votes_corpus
from emo_core.verbs.health import MEANINGS, examine_sound
from tests.conftest import SHARED
from tests.pages.test_pages import draw, said


@pytest.fixture
def odd(store, tmp_path):
    """Ten clips: silence, clipping, twins, an empty file, a lost file, one without audio, one very long."""
    root = tmp_path / "wavs"
    root.mkdir()
    rng = np.random.default_rng(1)
    for name in "abcdefgh":
        soundfile.write(root / f"{name}.wav", rng.normal(0, 0.1, int(8000 * rng.uniform(0.9, 1.1))), 8000)
    soundfile.write(root / "a.wav", np.zeros(8000), 8000)
    soundfile.write(root / "b.wav", np.ones(8000), 8000)
    soundfile.write(root / "h.wav", rng.normal(0, 0.1, 8000 * 60), 8000)
    (root / "d.wav").write_bytes((root / "c.wav").read_bytes())
    table = tmp_path / "v.csv"
    table.write_text(
        "clip,who,label,text\n"
        + "".join(f"{name},r{i % 2},{'sad' if i % 2 else 'joy'},t\n" for i, name in enumerate("abcdefghij"))
    )
    fields = {"path": str(table), "clip": "clip", "rater": "who", "label": "label", "transcript": "text"}
    add_votes_corpus(store, "odd", fields, audio=str(root))
    (root / "e.wav").write_bytes(b"")
    (root / "f.wav").unlink()
    verbs.run(store, "study add", {"name": "s", "corpus": "odd", "reference": "human", "emotions": "sad,happy"})
    return store


def problems(document: dict) -> dict[str, list[str]]:
    return {row["code"]: row["first"] for row in document["problems"] if row["clips"]}


def test_every_problem_names_its_clips(odd):
    found = verbs.run(odd, "health", {"corpus": "odd"})
    assert problems(found) == {
        "missing": ["f"], "unreadable": ["e"], "silent": ["a"], "clipped": ["b"], "no_audio": ["i", "j"],
        "same_audio": ["c", "d"], "odd_duration": ["h"],
    }  # fmt: skip
    assert found["same_audio"] == [["c", "d"]] and found["examined"] == found["with_audio"] == 8
    assert {row["rater"] for row in found["one_label_raters"]} == {"r0", "r1"}
    assert [row["code"] for row in found["problems"]] == list(MEANINGS)


def test_a_file_is_examined_again_only_where_it_changed(odd, tmp_path):
    assert examine_sound(odd, "odd") == 8
    assert examine_sound(odd, "odd") == 0
    soundfile.write(tmp_path / "wavs" / "a.wav", np.full(9000, 0.1), 8000)
    examine_sound(odd, "odd")
    assert "silent" not in problems(verbs.run(odd, "health", {"corpus": "odd", "examine": False}))


def test_a_stopped_look_keeps_what_it_found(odd):
    answers = iter([False] * 3)
    examine_sound(odd, "odd", stop=lambda: next(answers, True))
    examined = verbs.run(odd, "health", {"corpus": "odd", "examine": False})["examined"]
    assert examined < 8
    examine_sound(odd, "odd")
    assert verbs.run(odd, "health", {"corpus": "odd", "examine": False})["examined"] == 8


def test_a_problem_opens_in_browse(odd, monkeypatch):
    verbs.run(odd, "health", {"corpus": "odd"})
    twins = browsing.browse(odd, "s", chosen=browsing.Filter(problem="same_audio"))
    assert {row["clip"] for row in twins.rows} == {"c", "d"}
    words = MEANINGS["silent"]
    app = draw(monkeypatch, odd, "browse", study="s", problem=words)
    assert "Clips 1–1 of 1 that fit" in said(app)


def test_the_page_listens_in_the_background_and_says_what_it_found(odd, monkeypatch):
    app = draw(monkeypatch, odd, "health")
    assert "the sound of 0 was examined" in said(app)
    app.button(key="listen").click().run()
    deadline = time.monotonic() + 30
    while "examined. " not in said(app) or "the sound of 0 was" in said(app):
        assert time.monotonic() < deadline, said(app)
        app.run()
    assert "digital silence" in said(app) and "the sound of 8 was examined" in said(app)
    assert not app.exception


def test_an_empty_store_has_nothing_to_examine(store, monkeypatch):
    assert "The store is empty" in said(draw(monkeypatch, store, "health"))


@pytest.mark.skipif(not (SHARED / "crema-d-quirks").is_dir(), reason="no ../shared/data/crema-d-quirks on this machine")
def test_real_quirks_are_found(store, tmp_path):
    folder = SHARED / "crema-d-quirks"
    table = tmp_path / "v.csv"
    table.write_text("clip,label\n" + "".join(f"{path.stem},sad\n" for path in sorted(folder.glob("*.wav"))))
    add_votes_corpus(store, "q", {"path": str(table), "clip": "clip", "label": "label"}, audio=str(folder))
    found = problems(verbs.run(store, "health", {"corpus": "q"}))
    assert found["silent"] == ["1076_MTI_SAD_XX"] and found["clipped"] == ["1050_IEO_ANG_HI"]
    assert found["same_audio"] == ["1017_IWW_ANG_XX", "1017_IWW_FEA_XX"]
    assert found["unreadable"] == ["lfs_pointer_1001_DFA_ANG_XX"]
