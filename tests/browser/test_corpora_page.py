"""Bring your corpus, as a new user with a file and a browser does."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import picture, serving, settled
from tests.conftest import command

pytestmark = pytest.mark.browser

GRADED = (
    "clip,who,happy,sad,note\na,r1,None,A little,\na,r2,Extremely,None,x\nb,r1,A little,A little,\nb,r2,None,None,\n"
)
LABELS = "file,annotator,emotion\na,r1,angry\na,r2,zorn\nb,r1,happy\nb,r2,zorn\nc,r1,sad\nc,r2,<b>ärger</b>\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The app, at first on an empty store; shared, so each test that imports has a corpus of its own."""
    with serving(tmp_path_factory.mktemp("corpora") / "store") as server:
        yield server


def upload(page, server, content: str | bytes, name: str = "votes.csv") -> None:
    page.goto(f"{server.url}/corpora")
    content = content.encode() if isinstance(content, str) else content
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})


def choose_meaning(page, row: int, emotion: str) -> None:
    """Double-click a cell under `means`, and choose from the list that opens."""
    grid = page.locator('[data-testid="stDataFrame"]', has=page.locator("canvas")).nth(1)
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box()
    page.mouse.dblclick(box["x"] + box["width"] - 60, box["y"] + 35 * row + 17)
    page.get_by_role("option", name=emotion, exact=True).click()
    settled(page)


def listed(server) -> dict[str, dict]:
    return {corpus["name"]: corpus for corpus in json.loads(command(server.folder, "corpus", "list", "--json").stdout)}


def test_from_an_unfamiliar_file_to_browse_in_three_clicks(server, page):
    upload(page, server, GRADED, "my answers.csv")
    page.get_by_text("4 rows · 5 columns").wait_for()
    page.get_by_text("hold words of strength").wait_for()
    page.wait_for_url(re.compile(r"table=.*my_answers\.csv"))
    settled(page)
    picture(page, "corpora-graded")
    page.reload()  # the address holds the table
    page.get_by_text("4 rows · 5 columns").wait_for()
    page.get_by_role("button", name="Import").click()
    page.get_by_text("my_answers is in the store").wait_for()
    picture(page, "corpora-imported")
    page.get_by_role("button", name="Create the suggested study and browse").click()
    page.wait_for_url(re.compile(r"/browse\?.*study=my_answers"))
    page.wait_for_selector(".clips tbody tr[data-clip]")
    assert page.locator(".clips tbody tr[data-clip]").count() == 2
    panel = listed(server)["my_answers"]["panels"][0]
    assert (panel["votes"], panel["raters"], set(panel["emotions"])) == (4, 2, {"happy", "neutral", "sad"})


def test_unknown_labels_are_explained_or_left_out(server, page):
    upload(page, server, LABELS, "labels.csv")
    page.get_by_text("5 labels: 2 unknown, 3 understood").wait_for()
    page.get_by_text("3 rows break a rule").wait_for()
    settled(page)
    assert page.get_by_role("button", name="Import").is_disabled()
    assert page.locator("main b", has_text="ärger").count() == 0
    choose_meaning(page, 1, "anger")
    page.get_by_text("5 labels: 1 unknown, 4 understood").wait_for()
    picture(page, "corpora-labels")
    page.get_by_role("button", name="Leave all unknown ones out").click()
    page.get_by_text("5 labels: 1 left out, 4 understood").wait_for()
    settled(page)  # until then the button before stands beside the new one
    page.get_by_role("button", name="Import").click()
    page.get_by_text("labels is in the store").wait_for()
    panel = listed(server)["labels"]["panels"][0]
    assert (panel["votes"], set(panel["emotions"])) == (5, {"anger", "happy", "sad"})


def test_a_wrong_file_is_said_and_the_next_one_is_taken(server, page):
    before = listed(server)
    upload(page, server, bytes(range(256)) * 40, "picture.csv")
    page.get_by_text("has zero bytes").wait_for()
    expect(page.get_by_role("textbox", name="or give its path on this machine")).to_have_value(
        re.compile("picture.csv")
    )
    picture(page, "corpora-wrong")
    settled(page)  # until then the path of the file before may be written over what is typed
    page.get_by_role("textbox", name="or give its path on this machine").fill("/nowhere/votes.csv")
    page.keyboard.press("Enter")
    page.get_by_text("There is no file /nowhere/votes.csv").wait_for()
    settled(page)
    page.locator("input[type=file]").set_input_files(
        {"name": "v.csv", "mimeType": "text/csv", "buffer": LABELS.encode()}
    )
    page.get_by_text("6 rows · 3 columns").wait_for()
    assert page.locator('[data-testid="stException"]').count() == 0
    assert listed(server) == before


@pytest.fixture
def own_server(tmp_path):
    """The app on an empty store, for a test alone."""
    with serving(tmp_path / "store") as server:
        yield server


def test_a_newer_version_says_what_differs(own_server, page):
    server = own_server
    good = LABELS.replace("zorn", "angry").replace("<b>ärger</b>", "sad")
    upload(page, server, good)
    page.get_by_role("button", name="Import").click()
    page.get_by_text("votes is in the store").wait_for()
    page.get_by_role("button", name="Bring another").click()
    page.get_by_text("It has one of these shapes").wait_for()
    settled(page)
    newer = good.replace("c,r1,sad", "c,r1,happy") + "d,r1,sad\n"
    page.locator("input[type=file]").set_input_files(
        {"name": "votes.csv", "mimeType": "text/csv", "buffer": newer.encode()}
    )
    page.get_by_text("There is a corpus votes already").wait_for()
    assert page.get_by_role("button", name="Import").is_disabled()
    page.get_by_text("A newer version of a corpus").click()
    told = "New: 2 votes and 1 clip. Votes: 5 there already, 1 in place of an earlier answer."
    page.get_by_text(told).wait_for()
    settled(page)
    picture(page, "corpora-update")
    page.get_by_role("button", name="Import").click()
    page.get_by_text("votes is in the store").wait_for()
    settled(page)
    assert page.get_by_text(told).count() == 1
    corpus = listed(server)["votes"]
    assert (corpus["clips"], corpus["panels"][0]["votes"]) == (4, 7)


def test_it_fits_a_phone(server, page):
    page.set_viewport_size({"width": 390, "height": 844})
    upload(page, server, GRADED)
    page.get_by_text("What would be kept").wait_for()
    settled(page)
    wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= 390
    picture(page, "corpora-phone")
