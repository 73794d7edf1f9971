"""The pages of the analysis: what they say is what the documents say; nothing to compare is told, not shown."""

import pytest
import streamlit as st

from emo_core import verbs
from emo_core.analysis import data
from emo_core.store import Database
from tests.conftest import copied
from tests.pages.test_pages import draw, said

PAGES = ("saturation", "ambiguity", "standin", "advisor", "sandbox")


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_store_says_what_to_do(store, monkeypatch, page):
    app = draw(monkeypatch, store, page)
    assert "There is no study yet" in said(app) and not app.error


@pytest.mark.parametrize("page", PAGES)
def test_without_a_candidate(filled, monkeypatch, page):
    choices = {
        "name": "alone",
        "corpus": "small",
        "reference": "human",
        "emotions": "anger,sad",
        "rule": "drop_outside",
    }
    verbs.run(filled, "study add", choices)
    app = draw(monkeypatch, filled, page, study="alone")
    assert not app.error
    if page in ("saturation", "standin", "sandbox"):
        assert "no candidate panel yet" in said(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_study_that_keeps_nothing(filled, monkeypatch, page):
    choices = {"corpus": "small", "reference": "human", "candidate": "synthetic:sim/1", "emotions": "anger,sad"}
    verbs.run(filled, "study add", {"name": "none", "min_votes": 50} | choices)
    assert "keeps no clip" in said(draw(monkeypatch, filled, page, study="none"))


def test_saturation_says_what_the_document_says(filled, monkeypatch):
    found = verbs.run(filled, "saturation", {"study": "small"})
    app = draw(monkeypatch, filled, "saturation")
    words = said(app)
    low, high = found["saturation_interval"]
    assert f"{found['saturation_point']:,} [{low:.0f}, {high:.0f}] votes" in words and found["saturation_rule"] in words
    floor = found["noise_floor"]
    assert f"{floor['js_mean'][floor['n'][-1] - 1]:.3f}" in words and f"n = {floor['clips']:,} clips" in words
    assert f"{found['corrected']['js_jackknife']['value']:.3f}" in words
    assert not app.error and not app.exception


def test_saturation_options_stand_in_the_address(filled, monkeypatch):
    app = draw(monkeypatch, filled, "saturation", order="collected")
    assert "is recorded on no clip (0 of 40 have it)" in app.error[0].value.replace("\\", "")
    with filled.writing() as cursor:
        cursor.execute("UPDATE votes SET voted_at = TIMESTAMP '2024-01-01' + to_seconds(vote_id)")
    data._kept.clear()
    st.cache_data.clear()
    app = draw(monkeypatch, filled, "saturation", order="collected")
    assert any("First n votes: over the 40 clips" in caption.value for caption in app.caption)
    app = draw(monkeypatch, filled, "saturation", most="3", groups="tertile", measure="BC")
    assert app.number_input(key="most").value == 3
    assert "at least 3 votes" in said(app) and "For each tertile" in said(app)
    found = verbs.run(filled, "saturation", {"study": "small", "most": 3, "groups": "tertile"})
    table = next(frame.value for frame in app.dataframe if "group" in frame.value)
    assert table["clips"].tolist() == [group["clips"] for group in found["groups"]]


def test_ambiguity_says_what_the_document_says(filled, monkeypatch):
    found = verbs.run(filled, "ambiguity", {"study": "small"})
    app = draw(monkeypatch, filled, "ambiguity")
    table = next(frame.value for frame in app.dataframe if "stratum" in frame.value)
    assert table["clips"].tolist() == [row["clips"] for row in found["strata"]]
    assert table["JS divergence"][0].startswith(f"{found['strata'][0]['js']['value']:.3f}")
    for row in found["kinds"][:-1]:
        assert f"{row['kind']}** · {row['clips']:,} clips" in said(app)


def test_wrong_edges_are_said_on_the_page(filled, monkeypatch):
    app = draw(monkeypatch, filled, "ambiguity", method="edges", edges="a,b")
    assert "numbers of bits" in said(app) and not app.exception
    app = draw(monkeypatch, filled, "ambiguity", method="edges", edges="1,0.5")
    assert "rising" in said(app)


def test_a_collapsed_panel_is_named_so(store, monkeypatch, tmp_path):
    from emo_core.verbs.corpora import add_votes_corpus

    rows = ["clip,label,panel"]
    for clip in range(40):
        rows += [f"{clip},{name},human" for name in ("sad", "happy", "sad", "anger")] + [f"{clip},sad,model:one"] * 6
    (tmp_path / "v.csv").write_text("\n".join(rows) + "\n")
    add_votes_corpus(
        store, "c", {"path": str(tmp_path / "v.csv"), "clip": "clip", "label": "label", "panel_column": "panel"}
    )
    choices = {"corpus": "c", "reference": "human", "candidate": "model:one", "emotions": "anger,happy,sad"}
    verbs.run(store, "study add", {"name": "s"} | choices)
    assert "model:one has collapsed" in said(draw(monkeypatch, store, "ambiguity"))


def test_standin_says_what_the_document_says(filled, monkeypatch):
    found = verbs.run(filled, "standin", {"study": "small", "groups": "tertile"})
    app = draw(monkeypatch, filled, "standin", groups="tertile")
    named = found["panels"][0]["named"]
    assert f"ω = {named['omega']:.2f} over {named['tested']} raters" in said(app)
    assert f"ρ = {named['rho']:.3f}" in said(app) and "For each tertile" in said(app)


def test_the_advisor_spends_what_it_is_given(filled, monkeypatch):
    found = verbs.run(filled, "advise", {"study": "small", "budget": 12.0})
    app = draw(monkeypatch, filled, "advisor", budget="12")
    assert f"{found['votes']:,} votes on {found['clips_to_label']:,} clips" in said(app)
    assert f"{found['gain']:.3f} bits" in said(app)
    assert app.dataframe[0].value["clip"].tolist() == [row["clip"] for row in found["plan"]]


def test_the_sandbox_follows_within_a_rerun(filled, monkeypatch):
    app = draw(monkeypatch, filled, "sandbox")
    before = app.dataframe[0].value
    assert (before["as it is"] == before["changed"]).all()
    app.number_input(key="n").set_value(2).run()
    after = app.dataframe[0].value
    found = verbs.run(filled, "sandbox", {"study": "small", "votes": 2})["changed"]
    assert after["changed"][0].startswith(f"{found['figures']['js']['value']:.3f}") and not app.exception
    assert after["as it is"].tolist() == before["as it is"].tolist()


@pytest.fixture(scope="module")
def crema(crema_av, tmp_path_factory):
    store = Database(copied(crema_av, tmp_path_factory.mktemp("crema") / "store"))
    yield store
    store.close()


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("saturation", "same 3,764 clips"),
        ("ambiguity", "0.9864, 1.4488 bits"),
        ("standin", "human:audiovisual passes at ε = 0.2"),
        ("advisor", "mean over 3,764 clips"),
        ("sandbox", "raters are anonymous"),
    ],
)
def test_pages_on_real_votes(crema, monkeypatch, page, words):
    app = draw(monkeypatch, crema, page)
    assert words in said(app).replace("**", "") and not app.error and not app.warning
