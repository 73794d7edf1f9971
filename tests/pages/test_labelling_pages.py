"""The pages of labelling without a browser: an empty store, the demo, real clips; researchers, raters, strangers."""

import pytest

from emo_core import access, verbs
from emo_core.labelling import history
from emo_core.labelling.office import office
from emo_core.store import Database, answering, campaigns
from pages.parts import identity
from tests.conftest import copied
from tests.pages.test_pages import draw, said

PAGES = ("label", "my_answers", "campaigns", "raters")


@pytest.fixture(scope="module")
def labelled(demo, tmp_path_factory):
    """The demo corpus, a campaign, and two raters who answered ten clips each."""
    store = Database(copied(demo, tmp_path_factory.mktemp("labelled") / "store"))
    verbs.run(
        store, "campaign add", {"name": "round <b>1</b>", "study": "demo", "overlap": 2, "gold": 3, "guidelines": None}
    )
    number = campaigns.list_campaigns(store)[0]["campaign_id"]
    desk = office(store).desk(number)
    for rater, emotion in (("Ana", "sad"), ("Ben [x](y)", "anger")):
        campaigns.join(store, number, rater, sees_votes=False)
        clips = desk.sync(rater, "s", [], want=10)["clips"]
        events = [
            {"seq": place + 1, "kind": "answer", "item": clip["item"], "turn": 0, "seconds": 2.5,
             "content": {"answer": {"emotion": emotion}}}
            for place, clip in enumerate(clips)
        ]  # fmt: skip
        assert len(desk.sync(rater, "s", events)["acked"]) == 10
    yield store
    store.close()


def as_visitor(monkeypatch, store: Database, name: str | None, role: str) -> None:
    """A browser with such a cookie."""
    signed = access.sign(store.folder, "visitor", {"name": name, "role": role})
    monkeypatch.setattr(identity, "_cookie", lambda: signed)


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_store_says_what_to_do(store, monkeypatch, page):
    as_visitor(monkeypatch, store, "Ana", "researcher")
    words = said(draw(monkeypatch, store, page))
    told = {"my_answers": "You have labelled nothing yet"}
    assert told.get(page, "There is no campaign yet") in words


@pytest.mark.parametrize("page", PAGES)
def test_pages_on_a_campaign(labelled, monkeypatch, page):
    as_visitor(monkeypatch, labelled, "Res", "researcher")
    app = draw(monkeypatch, labelled, page)
    assert not app.error


def test_whoever_has_no_name_is_asked_once(labelled, monkeypatch):
    as_visitor(monkeypatch, labelled, None, "researcher")
    app = draw(monkeypatch, labelled, "label")
    app.text_input[0].input("Cho").run()
    assert not app.exception
    assert "You label as **Cho**" in said(app)
    assert "not blind" in said(app)


def test_a_researcher_cannot_label_as_a_blind_rater(labelled, monkeypatch):
    as_visitor(monkeypatch, labelled, "Ana", "researcher")
    app = draw(monkeypatch, labelled, "label")
    assert "without seeing votes" in said(app)
    assert not {row["name"]: row["sees_votes"] for row in answering.members(labelled, 1)}["Ana"]


def test_a_researcher_who_labels_is_marked(labelled, monkeypatch):
    as_visitor(monkeypatch, labelled, "Dee", "researcher")
    draw(monkeypatch, labelled, "label")
    members = {row["name"]: row["sees_votes"] for row in answering.members(labelled, 1)}
    assert members["Dee"] and not members["Ben [x](y)"]


def test_own_answers_are_listed_and_can_be_taken_back(labelled, monkeypatch):
    as_visitor(monkeypatch, labelled, "Ana", "rater")
    app = draw(monkeypatch, labelled, "overview")  # a rater has no overview: the first page is Label
    assert "You label as **Ana**" in said(app)
    rows = history.rows(labelled, "round <b>1</b>", "Ana", limit=50, offset=0)
    assert {row["heard"] for row in rows if row["what"] == "answer"} == {"sad"}
    before = history.own(labelled, "round <b>1</b>", "Ana")
    item = next(row["item"] for row in rows if row["what"] == "answer")
    history.retract(labelled, "round <b>1</b>", "Ana", item)
    after = history.own(labelled, "round <b>1</b>", "Ana")
    assert after["done"] == before["done"] - 1
    assert history.rows(labelled, "round <b>1</b>", "Ana", limit=1, offset=0)[0]["what"] == "retract"


def test_a_stranger_sees_nothing_once_somebody_was_invited(labelled, monkeypatch):
    monkeypatch.setattr(campaigns, "was_ever_invited", lambda store: True)
    app = draw(monkeypatch, labelled, "overview")
    assert "Who are you?" in said(app)
    assert "demo" not in said(app)


def test_a_campaign_is_made_on_the_page(labelled, monkeypatch):
    as_visitor(monkeypatch, labelled, "Res", "researcher")
    app = draw(monkeypatch, labelled, "campaigns")
    app.text_input("campaign:name").input("second").run()
    app.number_input("campaign:overlap").set_value(4).run()
    app.button("make").click().run()
    assert not app.exception and not app.error
    made = campaigns.find_campaign(labelled, "second")
    assert made["settings"]["overlap"] == 4
    assert made["clips"] == 200


def test_label_on_real_clips(store, monkeypatch, real_crema):
    verbs.run(store, "corpus add", {"format": "crema-d", "path": str(real_crema), "name": "crema"})
    verbs.run(
        store, "study add",
        {"name": "voice", "corpus": "crema", "reference": "human:voice", "emotions": "A,D,F,H,N,S", "rule": "drop_outside"},
    )  # fmt: skip
    made = verbs.run(store, "campaign add", {"name": "real", "study": "voice", "order": "gain"})
    assert made["clips"] > 0
    as_visitor(monkeypatch, store, "Ana", "researcher")
    for page in PAGES:
        assert not draw(monkeypatch, store, page).error


def test_a_new_campaign_keeps_its_votes_apart_unless_a_panel_is_chosen(demo, tmp_path, monkeypatch):
    store = Database(copied(demo, tmp_path / "store"))
    as_visitor(monkeypatch, store, "Res", "researcher")
    app = draw(monkeypatch, store, "campaigns")
    app.text_input("campaign:name").set_value("first").run()
    panel = next(box for box in app.selectbox if box.label == "Votes go to the panel")
    assert panel.value == "" and not app.warning
    app = panel.set_value("human").run()
    assert "their figures would change with each answer" in said(app)
    assert app.button("make").label == "Make the campaign, and join the panel"
    panel = next(box for box in app.selectbox if box.label == "Votes go to the panel")
    app = panel.set_value("").run()
    app.button("make").click().run()
    app.checkbox("campaign:pilot").check().run()
    app.text_input("campaign:name").set_value("trial").run()
    app.button("make").click().run()
    assert not app.exception
    made = {row["name"]: row["panel"] for row in campaigns.list_campaigns(store)}
    assert made == {"first": "human:first", "trial": "pilot:trial"}
    assert "counts in no study" in said(app) or "count in no study" in said(app)
    store.close()


def test_a_campaign_is_set_aside_and_brought_back_on_its_page(labelled, monkeypatch):
    as_visitor(monkeypatch, labelled, "Res", "researcher")
    name = campaigns.list_campaigns(labelled)[0]["name"]
    app = draw(monkeypatch, labelled, "campaigns", campaign=name)
    app.text_input("aside_reason").set_value("random keys").run()
    app.button("aside").click().run()
    assert "random keys" in said(app)
    assert campaigns.list_campaigns(labelled)[0]["set_aside"] == "random keys"
    assert "random keys" in said(draw(monkeypatch, labelled, "raters", campaign=name))
    app = draw(monkeypatch, labelled, "campaigns", campaign=name)
    app.button("aside").click().run()
    assert campaigns.list_campaigns(labelled)[0]["set_aside"] is None


def test_answers_of_a_closed_campaign_cannot_be_taken_back(labelled, monkeypatch):
    number = campaigns.list_campaigns(labelled)[0]["campaign_id"]
    campaigns.close_campaign(labelled, number, closed=True)
    try:
        as_visitor(monkeypatch, labelled, "Ana", "researcher")
        assert "closed on" in said(draw(monkeypatch, labelled, "my_answers"))
    finally:
        campaigns.close_campaign(labelled, number, closed=False)
