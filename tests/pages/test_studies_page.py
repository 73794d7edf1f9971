"""The Studies page: the form says what a study would keep, a duplicate differs in one choice, the table says what it does."""

from dataclasses import replace

import pytest

from emo_core import verbs
from emo_core.store import browsing, marks, studies
from tests.pages.test_pages import draw, said


def widget(app, kind: str, label: str):
    return next(found for found in getattr(app, kind) if found.label == label)


def test_the_form_says_what_the_study_would_keep_and_makes_it(filled, monkeypatch):
    app = draw(monkeypatch, filled, "studies")
    assert "Keeps **40 clips**; none left out" in said(app)
    widget(app, "multiselect", "Emotions").set_value(["anger", "sad"]).run()
    kept = studies.preview_study(filled, _study(app, filled))
    assert 0 < kept["clips"] < 40 and f"Keeps **{kept['clips']} clips**" in said(app)
    widget(app, "text_input", "Name").set_value("two").run()
    app.button(key="create_study").click().run()
    assert not app.exception and not app.error
    shown = verbs.run(filled, "study show", {"name": "two"})
    assert shown["clips"] == kept["clips"] and shown["excluded"] == kept["excluded"]
    assert f"two keeps {kept['clips']} clips" in said_success(app)


def said_success(app) -> str:
    return "\n".join(str(part.value) for part in app.success).replace("\\", "")


def _study(app, store):
    base = studies.list_studies(store)[0].study
    return replace(base, name="x", emotions=("anger", "sad"), rule=widget(app, "radio", "Clips that are kept").value)


def test_a_duplicate_begins_with_the_same_choices(filled, monkeypatch):
    verbs.run(filled, "study add", {
        "name": "odd", "corpus": "small", "reference": "human", "emotions": "anger,sad,happy", "merge": ["neutral=sad"],
        "rule": "drop_outside", "min_votes": 2, "left_out": ["rater3"], "seed": 7,
        "without_clips": ["clip001"], "without_marked": False, "max_seconds": 9.0, "without_problems": ["clipped"],
    })  # fmt: skip
    app = draw(monkeypatch, filled, "studies")
    app.button(key="duplicate:odd").click().run()
    app.button(key="create_study").click().run()
    assert not app.exception and not app.error
    original, copy = (studies.find_study(filled.cursor(), name).study for name in ("odd", "odd copy"))
    assert replace(copy, name="odd") == original
    assert verbs.run(filled, "study show", {"name": "odd"})["left_out"] == ["rater3"]


def test_a_usual_set_of_classes_fills_the_list(filled, monkeypatch):
    app = draw(monkeypatch, filled, "studies")
    widget(app, "selectbox", "Classes").set_value("Ekman's six").run()
    assert widget(app, "multiselect", "Emotions").value == ["anger", "happy", "sad"]
    assert "neutral → sad" in widget(app, "multiselect", "Merge what is left").options
    assert not app.exception


def test_contradictions_disable_the_button_and_say_why(filled, monkeypatch):
    app = draw(monkeypatch, filled, "studies")
    widget(app, "multiselect", "Emotions").set_value(["anger"]).run()
    assert "at least two emotions" in said(app)
    assert app.button(key="create_study").disabled


def test_studies_stand_side_by_side(filled, monkeypatch):
    verbs.run(filled, "study add", {
        "name": "strict", "corpus": "small", "reference": "human", "candidate": "synthetic:sim/1", "emotions": "anger,sad,happy",
    })  # fmt: skip
    app = draw(monkeypatch, filled, "studies")
    table = app.dataframe[0].value.set_index("")
    assert list(table.columns) == ["small", "strict"]
    strict = verbs.run(filled, "study compare", {"names": ["strict"]})[0]
    assert table.loc["clips kept", "strict"] == str(strict["clips"])
    assert table.loc["rule"].tolist() == ["drop outside", "all inside"]
    assert table.loc["votes for neutral", "strict"] == "–"
    assert "corpora" not in table.index  # the same for both


@pytest.mark.parametrize("show", ["left out", "kept and left out"])
def test_clips_left_out_are_browsable_with_their_reason(filled, monkeypatch, show):
    verbs.run(filled, "study add", {
        "name": "strict", "corpus": "small", "reference": "human", "candidate": "synthetic:sim/1", "emotions": "anger,sad",
    })  # fmt: skip
    excluded = sum(verbs.run(filled, "study show", {"name": "strict"})["excluded"].values())
    app = draw(monkeypatch, filled, "browse", study="strict", show=show)
    assert f"of {excluded if show == 'left out' else 40} that fit" in said(app)


def test_removing_a_study_from_the_page_keeps_the_votes(filled, monkeypatch):
    app = draw(monkeypatch, filled, "studies")
    app.button(key="remove:small").click().run()
    assert studies.list_studies(filled) == [] and not app.exception
    assert filled.cursor().execute("SELECT count(*) FROM votes").fetchall() == [(440,)]


def test_a_mark_set_in_browse_leaves_the_clip_out_and_the_form_says_so(filled, monkeypatch):
    first = browsing.browse(filled, "small", limit=3).rows
    app = draw(monkeypatch, filled, "browse", study="small", clip=first[0]["clip"])
    app.button(key="mark").click().run()
    assert not app.exception and studies.exclusions(filled, "small") == {"marked": 1}
    assert "Marked to be left out" in said(app) and "marked in Browse to be left out" in said(app)
    widget(app, "text_input", "Why (optional)").set_value("two voices").run()
    assert marks.find(filled, "small", first[0]["clip"]).reason == "two voices"
    form = draw(monkeypatch, filled, "studies")
    assert "Keeps **39 clips**; 1 left out: 1 × marked in Browse to be left out" in said(form)
    widget(form, "text_area", "named here").set_value(first[1]["clip"]).run()
    assert "Keeps **38 clips**" in said(form)
    widget(form, "text_area", "named here").set_value("moon").run()
    assert "'moon'" in said(form) and form.button(key="create_study").disabled
    app.button(key="mark").click().run()
    assert studies.exclusions(filled, "small") == {}
