"""Every page on an empty, a demo-like and a real store, without a browser: it draws, and says what it must."""

import pytest
from streamlit.testing.v1 import AppTest

from emo_core import verbs
from emo_core.errors import BadInput
from emo_core.store import Database
from emo_core.verbs.corpora import add_known_corpus, add_votes_corpus
from pages.parts import session
from tests.conftest import ROOT, simulated_votes

PAGES = ("overview", "browse", "compare", "agreement", "studies", "health", "export")


def draw(monkeypatch, store: Database, page: str, **query: str) -> AppTest:
    """The page as a visitor's first run of the app."""
    monkeypatch.setenv("EMO_STORE", str(store.folder))
    monkeypatch.setitem(session._open, store.folder, store)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params.update(query)
    app.run()
    if page != "overview":
        app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def said(app: AppTest) -> str:
    parts = [*app.title, *app.caption, *app.info, *app.markdown, *app.error, *app.warning, *app.subheader]
    return "\n".join(str(part.value) for part in parts).replace("\\", "")


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_store_says_what_to_do(store, monkeypatch, page):
    app = draw(monkeypatch, store, page)
    told = {"overview": "The store is empty", "health": "The store is empty", "studies": "needs a corpus"}
    words = told.get(page, "There is no study yet")
    assert words in said(app)
    assert not app.error


@pytest.mark.parametrize("page", PAGES)
def test_pages_on_a_filled_store(filled, monkeypatch, page):
    app = draw(monkeypatch, filled, page)
    assert not app.error and not app.warning
    assert "small" in said(app) or page in ("browse", "export", "health")


def test_compare_shows_what_the_command_line_says(filled, monkeypatch):
    shown = verbs.run(filled, "study show", {"name": "small"})
    app = draw(monkeypatch, filled, "compare")
    table = app.dataframe[0].value
    assert table["votes"].tolist() == [200, 240, 440]
    low, high = shown["reference"]["krippendorff_alpha_interval"]
    assert table["Krippendorff's α"][0] == f"{shown['reference']['krippendorff_alpha']:.3f} [{low:.3f}, {high:.3f}]"
    assert f"{shown['js_mean']:.3f}" in said(app) and "n = 40 clips" in said(app)


def test_compare_without_a_candidate_says_so(filled, monkeypatch):
    verbs.run(
        filled,
        "study add",
        {"name": "alone", "corpus": "small", "reference": "human", "emotions": "anger,sad", "rule": "drop_outside"},
    )
    app = draw(monkeypatch, filled, "compare", study="alone")
    assert "no candidate panel yet" in said(app)


def test_a_study_that_keeps_nothing_breaks_no_page(store, monkeypatch, tmp_path):
    votes = tmp_path / "v.csv"
    votes.write_text("clip,label\na,sad\nb,angry\nc,happy\n")
    add_votes_corpus(store, "c", {"path": str(votes), "clip": "clip", "label": "label"})
    verbs.run(
        store, "study add", {"name": "s", "corpus": "c", "reference": "human", "emotions": "sad,angry", "min_votes": 5}
    )
    for page in ("browse", "compare", "export"):
        assert not draw(monkeypatch, store, page).error
    assert "too few reference votes" in said(draw(monkeypatch, store, "compare"))


def test_resampling_speakers_needs_speakers(store, monkeypatch, tmp_path):
    simulated_votes(10).to_csv(tmp_path / "v.csv", index=False)
    file = {
        "path": str(tmp_path / "v.csv"),
        "clip": "clip",
        "rater": "rater",
        "label": "label",
        "panel_column": "panel",
    }
    add_votes_corpus(store, "c", file)
    verbs.run(store, "study add", {
        "name": "s", "corpus": "c", "reference": "human", "candidate": "synthetic:sim/1", "emotions": "A,H,N,S",
    })  # fmt: skip
    assert "bootstrap over clips" in said(draw(monkeypatch, store, "compare", study="s", by="speaker"))
    with pytest.raises(BadInput, match="10 clips of the study have no speaker"):
        verbs.run(store, "study show", {"name": "s", "by": "speaker"})


def test_typed_text_is_neither_markup_nor_link():
    shown = session.escape("[l](http://evil.test) www.evil.test <b>x</b> **y** a@b.test")
    plain = shown.replace("\\", "")
    assert "http:" not in plain and "www." not in plain and "a@b" not in plain
    assert "\\[l\\]\\(" in shown and "\\<b\\>" in shown and "\\*\\*y" in shown


def test_a_clip_that_the_study_leaves_out_says_why(filled, monkeypatch):
    verbs.run(filled, "study add", {
        "name": "strict", "corpus": "small", "reference": "human", "candidate": "synthetic:sim/1", "emotions": "anger,sad",
    })  # fmt: skip
    kept = {row["clip"] for row in verbs.run(filled, "browse", {"study": "strict", "limit": 100})}
    left_out = next(f"clip{i:03}" for i in range(40) if f"clip{i:03}" not in kept)
    app = draw(monkeypatch, filled, "browse", study="strict", clip=left_out)
    assert "leaves this clip out: a reference vote falls outside" in said(app)


def test_export_counts_rows_and_columns_before_the_button(filled, monkeypatch):
    app = draw(monkeypatch, filled, "export")
    assert "**40 rows**" in said(app) and "× **25 columns**" in said(app)


@pytest.fixture(scope="module")
def real_store(real_crema, tmp_path_factory):
    store = Database(tmp_path_factory.mktemp("real"))
    add_known_corpus(store, "crema-d", str(real_crema), "crema-d")
    for name, emotions in (("six", "A,D,F,H,N,S"), ("four", "A,H,S,N")):
        verbs.run(store, "study add", {
            "name": name, "corpus": "crema-d", "reference": "human:voice", "candidate": "human:audiovisual", "emotions": emotions,
        })  # fmt: skip
    yield store
    store.close()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("study", ["six", "four"])
def test_pages_on_real_votes(real_store, monkeypatch, page, study):
    assert not draw(monkeypatch, real_store, page, study=study).error


def test_the_real_figures_stand_on_the_compare_page(real_store, monkeypatch):
    words = said(draw(monkeypatch, real_store, "compare", study="six"))
    assert "Mean 0.272" in words and "0.749" in words
    four = draw(monkeypatch, real_store, "compare", study="four")
    assert "2,940 × a reference vote falls outside" in said(four)
    assert four.dataframe[0].value["votes"][0] == 7506


def test_the_real_list_says_how_many_clips_have_audio(real_store, monkeypatch):
    assert "413 with audio" in said(draw(monkeypatch, real_store, "overview"))
    app = draw(monkeypatch, real_store, "browse", study="six", audio="with audio")
    assert "of 413 that fit, of the study's 3,764" in said(app)


def test_without_a_candidate_the_list_begins_with_the_most_ambiguous(filled, monkeypatch):
    verbs.run(filled, "study add", {
        "name": "alone", "corpus": "small", "reference": "human", "emotions": "A,H,N,S", "rule": "drop_outside",
    })  # fmt: skip
    app = draw(monkeypatch, filled, "browse", study="small")
    next(box for box in app.selectbox if box.label == "Sort by").set_value("tv").run()
    app.selectbox(key="study_choice").set_value("alone").run()
    assert not app.exception
    sort = next(box for box in app.selectbox if box.label == "Sort by")
    assert sort.value == "entropy_reference" and "JS divergence" not in sort.options
    assert not draw(monkeypatch, filled, "browse", study="alone", sort="JS divergence").exception
