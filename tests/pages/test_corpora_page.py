"""Bring your corpus, without a browser: from an unfamiliar file to a study, and what is said where it cannot be taken."""

import json
import re
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from emo_core import verbs, vocabulary
from emo_core.errors import DownloadError
from emo_core.store import corpora, studies
from pages.parts import crema_d_card, table_import, table_source
from tests.pages.test_pages import draw, said

LONG = "file,annotator,emotion,text\na,r1,angry,one\na,r2,sad,one\nb,r1,happy,two\nb,r2,sad,two\n"
GRADED = "clip,who,happy,sad\na,r1,None,A little\na,r2,Extremely,None\nb,r1,None,None\nb,r2,stark,None\n"


def bring(monkeypatch, store, path: Path | str, **query: str) -> AppTest:
    return draw(monkeypatch, store, "corpora", table=str(path), **query)


def write(folder: Path, text: str, name: str = "votes.csv") -> Path:
    (folder / name).write_text(text)
    return folder / name


def widget(app: AppTest, kind: str, label: str):
    return next(found for found in app.get(kind) if found.label == label)


def choose(app: AppTest, kind: str, label: str, value) -> AppTest:
    widget(app, kind, label).set_value(value)
    app.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def press(app: AppTest, label: str) -> AppTest:
    widget(app, "button", label).click()
    app.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def means(app: AppTest, row: int, emotion: str) -> AppTest:
    """Choose an emotion in the table of labels."""
    editor = app.data_editor[0]
    app.session_state[editor.key] = {"edited_rows": {row: {"means": emotion}}, "added_rows": [], "deleted_rows": []}
    return app.run()


def test_a_newcomer_sees_what_a_table_may_look_like(store, monkeypatch):
    app = draw(monkeypatch, store, "corpora")
    assert [title.value for title in app.title] == ["Bring your corpus"]
    assert "It has one of these shapes" in said(app)
    assert len(app.table) == 5 and not app.error


def test_an_upload_becomes_a_study_with_three_clicks(store, monkeypatch):
    app = draw(monkeypatch, store, "corpora")
    app.file_uploader[0].upload("my votes.csv", LONG.encode())
    app.run()
    assert not app.exception and "4 rows · 4 columns" in said(app)
    press(app, "Import")
    assert "my_votes is in the store" in said(app) and "4 votes" in said(app)
    (corpus,) = corpora.list_corpora(store)
    kept = Path(corpus["source"])
    assert kept.parent == store.folder / "uploads" and kept.read_text() == LONG
    assert [panel["raters"] for panel in corpora.list_panels(store, "my_votes")] == [2]
    widget(app, "button", "Create the suggested study and browse").click()
    app.run()
    assert [stored.study.emotions for stored in studies.list_studies(store)] == [("anger", "happy", "sad")]
    assert [title.value for title in app.title] == ["Where do listeners disagree?"]


def test_unknown_labels_come_first_and_are_explained(store, tmp_path, monkeypatch):
    path = write(tmp_path, LONG + "c,r1,zorn,three\nc,r2,zorn,three\nc,r3,blah,three\n")
    app = bring(monkeypatch, store, path)
    assert app.data_editor[0].value["label"].tolist()[:2] == ["zorn", "blah"]
    assert "3 rows break a rule" in said(app) and "unknown label 'zorn' (2×)" in said(app)
    assert widget(app, "button", "Import").disabled
    means(app, 0, "anger")
    means(app, 1, "leave out")
    assert "break a rule" not in said(app) and "1 votes for 'blah' were left out" in said(app)
    press(app, "Import")
    assert corpora.panel_emotions(store, "votes")[0]["emotions"] == ["anger", "happy", "sad"]
    assert "1 votes for 'blah' were left out" in said(app)


def test_rows_that_break_a_rule_are_left_out_only_when_asked(store, tmp_path, monkeypatch):
    app = bring(monkeypatch, store, write(tmp_path, LONG + "c,r1,,three\n"))
    assert "1 row breaks a rule" in said(app) and "no label (1×)" in said(app)
    choose(app, "checkbox", "Leave 1 row out; the report will list what was left out", True)
    press(app, "Import")
    assert "1 left out:" in said(app)
    assert corpora.import_reports(store, "votes")[0]["skipped"] == [{"where": "votes.csv row 5", "reason": "no label"}]


def test_an_emotion_of_the_labs_own_explains_a_label(store, tmp_path, monkeypatch):
    monkeypatch.setattr(vocabulary, "_colours", dict(vocabulary._colours))
    monkeypatch.setattr(vocabulary, "_meanings", dict(vocabulary._meanings))
    app = bring(monkeypatch, store, write(tmp_path, LONG + "c,r1,nostalgic,three\n"))
    widget(app, "text_input", "Name").set_value("Nostalgia")
    widget(app, "text_input", "Further spellings").set_value("nostalgic")
    press(app, "Add it to the vocabulary")
    assert "break" not in said(app)
    press(app, "Import")
    assert "nostalgia" in corpora.panel_emotions(store, "votes")[0]["emotions"]


def test_graded_words_have_their_worth_and_unknown_ones_are_asked_for(store, tmp_path, monkeypatch):
    app = bring(monkeypatch, store, write(tmp_path, GRADED))
    worth = {found.label.replace("\\", ""): found.value for found in app.number_input}
    assert worth == {"None": 0, "A little": 1, "Extremely": 3, "stark": None}
    assert "Say what these words are worth" in said(app) and "the grade 'stark' for happy" in said(app)
    choose(app, "number_input", "stark", 3.0)
    choose(app, "selectbox", "An answer without emotion counts as", "")
    assert "break a rule" not in said(app) and "1 answers hear none of the emotions; they are left out" in said(app)
    press(app, "Import")
    assert corpora.list_panels(store, "votes")[0]["votes"] == 3


def test_another_shape_asks_for_its_own_columns(store, tmp_path, monkeypatch):
    app = bring(monkeypatch, store, write(tmp_path, "clip,who,x,y\na,r1,1,2\nb,r1,0,4\n"))
    assert "Nothing here looks like emotions" in said(app)
    choose(app, "button_group", "Shape of the table", "counts")
    assert "Choose the column that holds the votes" in said(app)
    choose(app, "multiselect", "Columns of counts", ["x", "y"])
    means(app, 0, "sad")
    means(app, 1, "anger")
    press(app, "Import")
    assert corpora.panel_emotions(store, "votes")[0]["votes"] == 7


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("v.csv", b"", "is empty"),
        ("v.csv", bytes(range(256)) * 20, "zero bytes"),
        ("v.xlsx", b"PK", "is none of .csv"),
        ("<b>v</b>.csv", b"", "<b>v</b>.csv is empty"),
    ],
)
def test_a_wrong_file_is_said_and_its_path_stays(store, tmp_path, monkeypatch, name, content, words):
    (tmp_path / "folder").mkdir()
    path = tmp_path / "folder" / name.replace("/", "⁄")
    path.write_bytes(content)
    app = bring(monkeypatch, store, path)
    assert words.replace("/", "⁄") in said(app)
    assert widget(app, "text_input", "or give its path on this machine").value == str(path)


def test_a_path_that_leads_nowhere_is_said(store, monkeypatch):
    app = draw(monkeypatch, store, "corpora")
    choose(app, "text_input", "or give its path on this machine", "'/nowhere/votes.csv' ")
    assert "There is no file /nowhere/votes.csv" in said(app)
    choose(app, "text_input", "or give its path on this machine", "~nobody-of-this-name/v.csv")
    assert "cannot be a path" in said(app)


def test_hostile_names_and_cells_are_only_text(store, tmp_path, monkeypatch):
    evil = "[x](http://evil.test)<img src=x>**b**"
    text = f'"{evil}",label\na,sad\nb,"{evil}"\n'
    app = bring(monkeypatch, store, write(tmp_path, text, "**v** $a$.csv"))
    choose(app, "selectbox", "Clip", evil)
    shown = "\n".join(str(found.value) for found in [*app.markdown, *app.warning, *app.caption, *app.subheader])
    assert not re.search(r"(?<!\\)(<img|\]\(|\*\*b|\*\*v|\$a)|http:", shown)
    assert "unknown label" in said(app)


def test_the_same_table_again_and_a_newer_one(store, tmp_path, monkeypatch):
    path = write(tmp_path, LONG)
    press(bring(monkeypatch, store, path), "Import")
    again = bring(monkeypatch, store, path)
    assert "This table made the corpus votes" in said(again)
    assert "New: nothing. Votes: 4 there already." in said(again)
    newer = write(tmp_path, LONG.replace("a,r1,angry", "a,r1,happy") + "c,r1,sad,three\n", "votes2.csv")
    app = bring(monkeypatch, store, newer)
    choose(app, "text_input", "Name of the corpus", "votes")
    assert "There is a corpus votes already" in said(app) and widget(app, "button", "Import").disabled
    choose(app, "button_group", "Take it in as", "update")
    told = "New: 2 votes and 1 clip. Votes: 3 there already, 1 in place of an earlier answer."
    assert told in said(app)
    press(app, "Import")
    assert told in said(app)
    assert corpora.list_corpora(store)[0]["clips"] == 3


def test_more_votes_for_a_corpus_are_a_panel_of_it(filled, tmp_path, monkeypatch):
    path = write(tmp_path, "clip,answer\nclip000,sad\nclip001,angry\nnowhere,sad\n", "model.csv")
    app = bring(monkeypatch, filled, path)
    choose(app, "button_group", "Take it in as", "votes")
    choose(app, "text_input", "Panel", "model:mine")
    assert "there is no clip 'nowhere' in the corpus" in said(app)
    choose(app, "checkbox", "Leave 1 row out; the report will list what was left out", True)
    press(app, "Import")
    panels = {panel["name"]: panel["votes"] for panel in corpora.list_panels(filled, "small")}
    assert panels["model:mine"] == 2
    assert "Browse small" in [link.label.replace("\\", "") for link in app.page_link]


def test_a_mapping_is_saved_and_used_for_another_table(store, tmp_path, monkeypatch):
    app = bring(monkeypatch, store, write(tmp_path, LONG + "c,r1,zorn,three\n"))
    means(app, 0, "anger")
    choose(app, "text_input", "Name of the mapping", "ours")
    press(app, "Save")
    assert "Saved" in "\n".join(found.value for found in app.success)
    other = write(tmp_path, "file,emotion,comment\nd,zorn,x\n", "other.csv")
    app = bring(monkeypatch, store, other)
    choose(app, "selectbox", "Begin with a saved mapping", "ours")
    assert "names columns that this table lacks: annotator, text" in said(app)
    assert "break" not in said(app)
    press(app, "Import")
    assert corpora.panel_emotions(store, "other")[0]["emotions"] == ["anger"]


def test_a_table_without_header_can_be_said_to_have_one(store, tmp_path, monkeypatch):
    app = bring(monkeypatch, store, write(tmp_path, "i1,w1,sad\ni1,w2,joy\ni2,w1,sad\n"))
    assert "3 rows · 3 columns" in said(app)
    assert widget(app, "selectbox", "Clip").value == "column1"
    choose(app, "toggle", "The first row names the columns", True)
    assert "2 rows · 3 columns" in said(app)
    assert widget(app, "selectbox", "Clip").options == ["i1", "w1", "sad", "none: each row is a clip"]


def test_a_large_table_is_counted_when_asked(store, tmp_path, monkeypatch):
    monkeypatch.setattr(table_import, "LARGE", 3)
    app = bring(monkeypatch, store, write(tmp_path, LONG))
    assert "counting its 4 rows" in said(app)
    assert not [found for found in app.button if found.label == "Import"]
    press(app, "Count what would be kept")
    press(app, "Import")
    assert corpora.list_corpora(store)[0]["clips"] == 2


def test_a_failing_import_keeps_what_was_typed(store, tmp_path, monkeypatch):
    app = bring(monkeypatch, store, write(tmp_path, LONG))
    choose(app, "text_input", "Name of the corpus", "x" * 101)
    press(app, "Import")
    assert "cannot name a corpus" in said(app)
    assert widget(app, "text_input", "Name of the corpus").value == "x" * 101
    choose(app, "text_input", "Folder of the sound files", "/nowhere")
    assert "no audio folder /nowhere" in said(app) and corpora.list_corpora(store) == []


def test_the_wizard_ends_at_the_next_table(store, tmp_path, monkeypatch):
    app = press(bring(monkeypatch, store, write(tmp_path, LONG)), "Import")
    press(app, "Bring another")
    assert "It has one of these shapes" in said(app)


def test_paths_are_taken_as_people_paste_them():
    assert table_source.typed_path(' "/data/my votes.csv" ') == "/data/my votes.csv"
    assert table_source.typed_path("file:///data/v.csv") == "/data/v.csv"


def test_a_corpus_in_a_known_format(store, tmp_path, monkeypatch):
    from tests.corpora.fixtures_crema import build

    folder = build(tmp_path / "CREMA-D")
    app = draw(monkeypatch, store, "corpora", way=table_source.CORPUS)
    assert app.dataframe[0].value["format"].tolist()[0] == "CREMA-D"
    choose(app, "text_input", "Folder or file", str(folder))
    assert widget(app, "selectbox", "Format").value == "crema-d"
    press(app, "Import")
    assert "CREMA-D is in the store" in said(app)
    assert verbs.run(store, "corpus list", {})[0]["format"] == "crema-d"
    again = draw(monkeypatch, store, "corpora", way=table_source.CORPUS, path=str(folder))
    choose(again, "checkbox", "There is a corpus CREMA\\-D already. Take this for a newer version of it", True)
    press(again, "Import")
    assert "New: nothing. Votes: 14 there already." in said(again)


def test_a_folder_that_is_nothing_known_lists_what_to_give(store, tmp_path, monkeypatch):
    (tmp_path / "stuff").mkdir()
    app = draw(monkeypatch, store, "corpora", way=table_source.CORPUS, path=str(tmp_path / "stuff"))
    assert "stuff is not recognised" in said(app)
    assert len(app.dataframe) == 1
    assert "There is no file or folder" in said(
        draw(monkeypatch, store, "corpora", way=table_source.CORPUS, path="/nowhere")
    )


def test_a_table_among_the_known_formats_leads_to_its_columns(store, tmp_path, monkeypatch):
    path = write(tmp_path, LONG)
    app = draw(monkeypatch, store, "corpora", way=table_source.CORPUS, path=str(path))
    press(app, "Say what its columns mean")
    assert "4 rows · 4 columns" in said(app)


def test_a_refused_format_says_why_and_takes_an_explanation(store, tmp_path, monkeypatch):
    answers = [("a.wav", "zorn", 1), ("a.wav", "sad", 2), ("b.wav", "happy", 1)]
    rows = [
        {"id": number, "audio": audio, "emotion": label, "annotator": rater, "annotation_id": number}
        for number, (audio, label, rater) in enumerate(answers)
    ]
    path = write(tmp_path, json.dumps(rows), "export.json")
    app = draw(monkeypatch, store, "corpora", way=table_source.CORPUS, path=str(path))
    press(app, "Import")
    assert "unknown label 'zorn'" in said(app) and corpora.list_corpora(store) == []
    assert app.data_editor[0].value["label"].tolist() == ["zorn"]
    means(app, 0, "anger")
    press(app, "Import")
    assert "export is in the store" in said(app)
    assert corpora.panel_emotions(store, "export")[0]["emotions"] == ["anger", "happy", "sad"]


@pytest.fixture
def publishers(monkeypatch):
    """CREMA-D's publishers: the test says when the files have arrived, or what goes wrong."""
    from emo_core.corpora import crema_d_download
    from tests.corpora.fixtures_crema import build

    arrived, began = threading.Event(), threading.Event()
    trouble: list[str] = []

    def get(folder, *, progress, stop) -> Path:
        progress(3_000_000, 6_000_000, 10, 20, "a.wav")
        began.set()
        while not arrived.wait(0.01):
            if stop():
                raise DownloadError("The download was stopped.")
        if trouble:
            raise DownloadError(trouble.pop())
        return build(Path(folder))

    monkeypatch.setattr(crema_d_download, "get_crema_d", get)
    yield SimpleNamespace(arrived=arrived, began=began, trouble=trouble)
    for download in crema_d_card._downloads.values():
        download.stopping.set()
        download.thread.join()
    crema_d_card._downloads.clear()


def wait_for_the_end(store) -> None:
    crema_d_card._downloads[str(store.folder)].thread.join(timeout=20)


def test_crema_d_comes_with_one_click_and_goes_on_while_pages_change(store, monkeypatch, publishers):
    app = draw(monkeypatch, store, "corpora", way=table_source.CREMA_D)
    assert "Open Database License" in said(app) and "700 MB" in said(app)
    assert widget(app, "text_input", "Folder for it").value == str(store.folder / "downloads" / "crema-d")
    press(app, "Get CREMA-D")
    assert publishers.began.wait(20)
    other = draw(monkeypatch, store, "corpora", way=table_source.CREMA_D)
    assert [(bar.value, bar.text) for bar in other.progress] == [(50, "3 of 6 MB, 10 of 20 sounds")]
    publishers.arrived.set()
    wait_for_the_end(store)
    assert [corpus["clips"] for corpus in corpora.list_corpora(store)] == [2]
    assert "crema-d is in the store" in said(other.run())
    assert "Get CREMA-D" in [button.label for button in app.run().button]


def test_a_download_can_be_stopped_fails_in_words_and_goes_on(store, monkeypatch, publishers):
    app = draw(monkeypatch, store, "corpora", way=table_source.CREMA_D)
    press(app, "Get CREMA-D")
    press(app, "Stop")
    wait_for_the_end(store)
    assert "The download was stopped." in said(app.run()) and not app.error
    (store.folder / "downloads" / "crema-d" / ".download").mkdir(parents=True)
    publishers.trouble.append("a.wav could not be fetched.")
    publishers.arrived.set()
    press(app, "Get CREMA-D")
    wait_for_the_end(store)
    app.run()
    assert [error.value for error in app.error] == ["a\\.wav could not be fetched\\."]
    press(app, "Go on with the download")
    wait_for_the_end(store)
    assert "crema-d is in the store" in said(app.run())


def test_a_name_that_another_corpus_has_is_refused_before_anything_is_fetched(filled, monkeypatch, publishers):
    app = draw(monkeypatch, filled, "corpora", way=table_source.CREMA_D)
    choose(app, "text_input", "Name of the corpus", "small")
    press(app, "Get CREMA-D")
    wait_for_the_end(filled)
    assert "There is a corpus 'small' already, and it is no crema-d" in said(app.run())
    assert not publishers.began.is_set()
