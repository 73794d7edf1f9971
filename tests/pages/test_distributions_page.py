"""The page Distributions: what it says is what the document says; without a run it says how to make one."""

import pytest

from emo_core import verbs
from emo_core.store import readings
from tests.model_readings import plant_run, plausible_rows
from tests.pages.test_pages import draw, said

WORDS = ("angry", "happy", "neutral", "sad")


@pytest.fixture
def read(filled):
    rows = plausible_rows(readings.heard(filled, "small"), WORDS)
    plant_run(filled, "small", "local", rows)
    return filled


def test_an_empty_store_says_what_to_do(store, monkeypatch):
    assert "There is no study yet" in said(draw(monkeypatch, store, "distributions"))


def test_without_a_run_it_says_how_to_make_one(filled, monkeypatch):
    app = draw(monkeypatch, filled, "distributions")
    assert "No model has been asked" in said(app) and "panel plan" in app.code[0].value and not app.error


def test_it_says_what_the_document_says(read, monkeypatch):
    found = verbs.run(read, "distributions", {"study": "small"})
    app = draw(monkeypatch, read, "distributions")
    assert not app.error and not app.warning
    group = next(group for group in found["views"]["text_and_tokens"] if group["normalisation"] == "softmax")
    table = app.dataframe[0].value
    kl = group["rows"][0]["kl"]
    assert table["KL (bits) ↓"][0] == f"{kl['value']:.3f} [{kl['interval'][0]:.3f}, {kl['interval'][1]:.3f}]"
    assert table["source"].tolist()[-2:] == [
        "published: text, LTU-AS on IEMOCAP",
        "published: token-level, LTU-AS on IEMOCAP",
    ]
    assert f"n = {group['clips']:,} clips" in said(app)
    every = app.dataframe[-1].value
    assert every["clips"].tolist() == [row["clips"] for row in found["sources"]]
    assert any("5 × no meaning" in words for words in every["left out"])


def test_the_address_holds_the_choices(read, monkeypatch):
    app = draw(monkeypatch, read, "distributions", temperature="2.5", way="paper", clip="clip007")
    assert app.number_input(key="temperature").value == 2.5
    assert "n = 35 clips" in said(app)  # less those with a negative logit, among which are the three invalid replies
    assert app.selectbox[-1].value == "clip007"


def test_replies_are_shown_as_they_came(read, monkeypatch):
    app = draw(monkeypatch, read, "distributions", clip="clip000")
    assert app.code[0].value == "I hear **much** <b>anger</b>."
    assert "no valid reply" in said(app) and "no meaning" in said(app)


def test_a_clip_that_is_not_there_is_said(read, monkeypatch):
    app = draw(monkeypatch, read, "distributions", clip="nobody")
    assert "no clip nobody" in said(app) and app.selectbox[-1].value == "clip000"
