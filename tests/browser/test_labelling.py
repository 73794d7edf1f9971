"""Labelling in a real browser against a real server and store: nothing is lost, nothing twice, nothing on the wrong clip."""

import itertools
import json
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from emo_core import access
from emo_core.store import Database, campaigns
from tests.browser.conftest import picture, serving
from tests.conftest import command, copied

EMOTIONS = ("anger", "disgust", "fear", "happy", "neutral", "sad")
WATCH = """
window.shown = []; window.playing = [];
document.addEventListener('workbench:shown', (event) => window.shown.push(event.detail));
document.addEventListener('workbench:playing', (event) => window.playing.push(event.detail));
"""


# Campaigns on the demo study: one like each of them is opened by `campaign add` with these words.
KINDS = {
    "plain": ("--overlap", 8),
    "everything": (
        "--question", "several", "--scale", "valence", "--scale", "arousal", "--confidence", 5, "--comment", "--practice", 1,
        "--transcript",
    ),
    "paused": ("--practice", 2, "--batch", 3, "--hear-first", "--overlap", 2),
    "once": ("--overlap", 1),
}  # fmt: skip
NUMBERS = itertools.count(1)


def opened(folder: Path, kind: str) -> str:
    """Open a campaign of that kind; its name, which no other has."""
    name = f"{kind}-{next(NUMBERS)}"
    made = command(folder, "campaign", "add", name, "--study", "demo", *KINDS[kind])
    assert made.exit_code == 0, made.stderr
    return name


def invite_to(folder: Path, campaign: str) -> str:
    """The path of an invite."""
    return json.loads(command(folder, "campaign", "invite", campaign, "--json").stdout)["path"]


@pytest.fixture(scope="module")
def server(demo, tmp_path_factory):
    """The app on the demo corpus, shared: each test opens a campaign of its own, for raters of its own."""
    with serving(copied(demo, tmp_path_factory.mktemp("labelling") / "store")) as running:
        yield running


@pytest.fixture(scope="module")
def inviting(demo, tmp_path_factory):
    """The same, on a store with invites, where strangers see nothing."""
    with serving(copied(demo, tmp_path_factory.mktemp("inviting") / "store")) as running:
        yield running


@pytest.fixture
def own_server(demo, tmp_path):
    """The same, for a test alone."""
    with serving(copied(demo, tmp_path / "store")) as running:
        yield running


@contextmanager
def a_browser(browser, **options):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
    context.set_default_timeout(20_000)
    context.add_init_script(WATCH)
    try:
        yield context
    finally:
        context.close()


class Client(requests.Session):
    """Plain requests to a server; redirects are looked at, not followed."""

    def __init__(self, base: str):
        super().__init__()
        self.base = base

    def request(self, method, path, **options):
        return super().request(method, self.base + path, **{**options, "allow_redirects": False, "timeout": 20})


def begin(page, url: str, campaign: str, name: str = "Ana") -> None:
    """Open the labelling page, say a name where it is asked for, wait for the first clip."""
    page.goto(f"{url}/label?campaign={campaign}")
    field = page.get_by_role("textbox", name="Your name as a rater")
    field.or_(page.locator(".labeller")).first.wait_for()
    if field.count():
        field.fill(name)
        field.press("Enter")
    page.wait_for_selector('.labeller[data-ready="true"]')


def saved(page, timeout: int = 20_000) -> None:
    page.locator('.sign[data-state="saved"]').wait_for(timeout=timeout)


@contextmanager
def on_disk(server):
    """The store as a crash now would leave it: what is on disk is what was promised. The server runs on."""
    with tempfile.TemporaryDirectory() as folder:
        # The log first: a checkpoint in between would move its rows into the file.
        for path in sorted(server.folder.glob("workbench.duckdb*"), reverse=True):
            shutil.copy(path, folder)
        store = Database(folder)
        try:
            yield store
        finally:
            store.close()


def answers(server, campaign: str) -> list[dict]:
    """Standing events of a campaign that are on disk."""
    with on_disk(server) as store:
        number = campaigns.find_campaign(store, campaign)["campaign_id"]
        rows = store.cursor().execute(
            "SELECT people.name, item, turn, kind, content, vote_id, seq FROM standing_answers JOIN people USING (person_id) "
            "WHERE campaign_id = ? ORDER BY answer_id",
            [number],
        )
        names = ("rater", "item", "turn", "kind", "content", "vote_id", "seq")
        found = [dict(zip(names, row)) for row in rows.fetchall()]
        votes = store.cursor().execute("SELECT count(*), count(DISTINCT vote_id) FROM votes").fetchall()
        assert votes[0][0] == votes[0][1]
    return [row | {"answer": json.loads(row["content"]).get("answer")} for row in found]


def heard(rows: list[dict]) -> dict[str, str]:
    return {f"{row['item']}/{row['turn']}": row["answer"]["emotion"] for row in rows if row["kind"] == "answer"}


def test_fast_keys_all_answer_the_clip_that_was_on_screen(browser, server):
    campaign = opened(server.folder, "plain")
    with a_browser(browser) as context:
        page = context.new_page()
        begin(page, server.url, campaign)
        pressed = []
        for gap in (0, 50, 100):
            for place in range(10):
                pressed.append(EMOTIONS[(place + gap) % 6])
                page.keyboard.press(str((place + gap) % 6 + 1))
                if gap:
                    page.wait_for_timeout(gap)
            saved(page)
            page.wait_for_timeout(300)  # the next clips come
        shown = page.evaluate("window.shown")
        picture(page, "label")
    assert heard(answers(server, campaign)) == dict(zip(shown, pressed))


def test_keys_held_down_or_meant_for_others_are_no_answers(browser, server):
    campaign = opened(server.folder, "plain")
    with a_browser(browser) as context:
        page = context.new_page()
        begin(page, server.url, campaign)
        page.evaluate(
            """() => { const press = (more) => document.body.dispatchEvent(new KeyboardEvent('keydown',
                { code: 'Digit1', key: '&', bubbles: true, composed: true, ...more }));
            press({ repeat: true }); press({ ctrlKey: true }); press({ isComposing: true }); press({ metaKey: true }); press({}) }"""
        )
        saved(page)
        page.locator(".count", has_text="1 done").wait_for()
    assert list(heard(answers(server, campaign)).values()) == ["anger"]  # on a French keyboard the key of 1 says &


def test_a_killed_server_loses_nothing(browser, own_server):
    server = own_server
    campaign = opened(server.folder, "plain")
    with a_browser(browser) as context:
        page = context.new_page()
        begin(page, server.url, campaign)
        pressed = []
        for _ in range(3):
            for place in range(8):
                pressed.append(EMOTIONS[place % 6])
                page.keyboard.press(str(place % 6 + 1))
                page.wait_for_timeout(40)
                if place == 3:
                    server.kill()
            assert page.locator(".sign").get_attribute("data-state") == "offline"
            assert not page.evaluate("document.getElementById('root').inert")  # the page still takes mouse and touch
            server.start()
            saved(page)
            page.wait_for_timeout(500)
        shown = page.evaluate("window.shown")
    server.kill()
    rows = answers(server, campaign)
    assert heard(rows) == dict(zip(shown, pressed))
    assert len({row["vote_id"] for row in rows}) == len(rows) == 24


def test_answers_given_offline_arrive_when_the_network_is_back(browser, server):
    campaign = opened(server.folder, "plain")
    with a_browser(browser) as context:
        page = context.new_page()
        begin(page, server.url, campaign)
        page.wait_for_timeout(1000)  # sounds of the next clips arrive
        context.set_offline(True)
        for place in range(6):
            page.keyboard.press(str(place + 1))
            page.wait_for_timeout(60)
        page.locator(".sign", has_text="6 kept here").wait_for()
        assert page.evaluate("window.playing").count(page.evaluate("window.shown").pop())  # clips go on playing
        context.set_offline(False)
        saved(page)
        shown = page.evaluate("window.shown")
    assert heard(answers(server, campaign)) == dict(zip(shown, EMOTIONS))


def test_a_closed_page_leaves_its_answers_to_the_next_one(browser, server):
    campaign = opened(server.folder, "plain")
    with a_browser(browser) as context:
        page = context.new_page()
        begin(page, server.url, campaign)
        context.set_offline(True)
        for place in range(4):
            page.keyboard.press(str(place + 1))
        page.locator(".sign", has_text="4 kept here").wait_for()
        shown = page.evaluate("window.shown")
        page.close()
        context.set_offline(False)
        page = context.new_page()
        begin(page, server.url, campaign)
        saved(page)
        assert page.evaluate("window.shown")[0] not in shown[:4]  # it is not asked for what it answered
    assert heard(answers(server, campaign)) == dict(zip(shown, EMOTIONS[:4]))


def test_a_reload_keeps_a_half_filled_answer_and_a_second_tab_is_told(browser, server):
    campaign = opened(server.folder, "everything")
    with a_browser(browser) as context:
        page = context.new_page()
        begin(page, server.url, campaign)
        page.keyboard.press("2")
        page.keyboard.press("4")
        chosen = "[data-question=emotion] [aria-checked=true]"
        assert page.locator(chosen).get_attribute("data-value") == "disgust"
        item = page.locator(".labeller").get_attribute("data-item")
        page.reload()
        page.wait_for_selector('.labeller[data-ready="true"]')
        assert page.locator(".labeller").get_attribute("data-item") == item
        assert page.locator(chosen).get_attribute("data-value") == "disgust"
        assert page.locator("[data-question=secondary] [aria-pressed=true]").get_attribute("data-value") == "happy"
        second = context.new_page()
        begin(second, server.url, campaign)
        for tab in (page, second):
            tab.locator(".complaint", has_text="Another tab").wait_for()


def test_raters_at_once_never_share_a_last_slot(browser, server):
    campaign = opened(server.folder, "once")
    with a_browser(browser) as one, a_browser(browser) as two, a_browser(browser) as three:
        pages = [context.new_page() for context in (one, two, three)]
        for page, name in zip(pages, ("Ana", "Ben", "Cho")):
            begin(page, server.url, campaign, name)
        for place in range(20):
            for page in pages:
                page.keyboard.press(str(place % 6 + 1))
        for page in pages:
            saved(page)
    rows = answers(server, campaign)
    assert len(rows) == 60
    assert len({row["item"] for row in rows}) == 60
    assert {row["rater"] for row in rows} == {"Ana", "Ben", "Cho"}


def test_a_whole_session_by_keyboard_alone(browser, server):
    campaign = opened(server.folder, "everything")
    with a_browser(browser) as context:
        page = context.new_page()
        begin(page, server.url, campaign)
        press = page.keyboard.press
        assert page.locator(".role").inner_text() == "Practice"
        for key in ("3", "Enter", "7", "5", "4", "Enter"):  # fear, no other, valence, arousal, confidence, send
            press(key)
        page.locator(".labeller[data-state=feedback]").wait_for()
        picture(page, "label_practice")
        press("Enter")
        page.locator(".labeller[data-state=clip]").wait_for()
        for key in ("1", "2", "6", "Enter", "9", "1", "5"):  # anger; disgust and sad beside it
            press(key)
        press("Slash")
        page.keyboard.type("she laughs; 1 2 3")
        press("Enter")  # leaves the comment and sends
        page.locator(".count", has_text="1 done").wait_for()
        press("Backspace")  # back, and correct
        page.locator(".role", has_text="earlier answer").wait_for()
        picture(page, "label_back")
        press("4")
        press("Enter")
        page.wait_for_function("window.shown.length === 5")
        press("KeyB")  # bad audio, which needs nothing else
        press("Enter")
        press("KeyX")
        press("Digit2")
        press("KeyP")
        saved(page)
        shown = page.evaluate("window.shown")
    rows = {f"{row['item']}/{row['turn']}": row for row in answers(server, campaign)}
    practice, corrected, flagged, *again, skipped, postponed = shown[:7]
    assert again == [corrected, flagged]
    assert rows[practice]["vote_id"] is None
    answer = rows[corrected]["answer"]
    assert (answer["emotion"], answer["secondary"]) == ("happy", ["disgust", "sad"])
    assert (answer["valence"], answer["arousal"], answer["confidence"]) == (9, 1, 5)
    assert answer["comment"] == "she laughs; 1 2 3"
    assert rows[corrected]["vote_id"] is not None
    assert (rows[flagged]["answer"]["flags"], rows[flagged]["vote_id"]) == (["bad_audio"], None)
    assert rows[skipped]["kind"] == "skip"
    assert json.loads(rows[skipped]["content"])["reason"] == "distressing"
    assert rows[postponed]["kind"] == "postpone"


def test_practice_pauses_hearing_first_and_closing(browser, server):
    campaign = opened(server.folder, "paused")
    with a_browser(browser) as context:
        page = context.new_page()
        thrown = []
        page.on("pageerror", lambda error: thrown.append(str(error)))
        begin(page, server.url, campaign)
        page.keyboard.press("l")  # a loop is heard to its end too
        for _ in range(2):
            page.keyboard.press("1")
            page.locator(".complaint", has_text="Listen to the end first").wait_for()
            page.locator(".guard").wait_for(state="hidden")
            page.keyboard.press("Numpad1")
            page.locator(".labeller[data-state=feedback]").wait_for()
            page.keyboard.press("Enter")
        for place in range(3):
            page.locator(".labeller[data-state=clip]").wait_for()
            page.locator(".guard").wait_for(state="hidden")
            page.keyboard.press(str(place + 2))
        page.locator(".labeller[data-state=pause]").wait_for()
        picture(page, "label_pause")
        page.keyboard.press("Backspace")  # the last answer can be corrected from the pause
        page.locator(".role", has_text="earlier answer").wait_for()
        page.locator(".guard").wait_for(state="hidden")
        page.keyboard.press("6")
        page.locator(".labeller[data-state=clip]").wait_for()
        saved(page)
        assert command(server.folder, "campaign", "close", campaign).exit_code == 0
        page.locator(".guard").wait_for(state="hidden")
        page.keyboard.press("5")
        page.locator(".big", has_text="This campaign is closed").wait_for()
        page.locator(".refused", has_text="1 answer was not taken").wait_for()
        saved(page)
        page.reload()
        page.locator(".refused", has_text="1 answer was not taken").wait_for()  # until the rater has seen to it
        with page.expect_download() as download:
            page.get_by_role("button", name="Save as a file").click()
        (kept,) = json.loads(Path(download.value.path()).read_text())
        assert kept["content"]["answer"]["emotion"] == "neutral" and "closed on" in kept["why"]
        page.get_by_role("button", name="Discard").click()
        page.locator(".refused").wait_for(state="hidden")
        assert not thrown
    labelled = [row["answer"]["emotion"] for row in answers(server, campaign) if row["vote_id"]]
    assert sorted(labelled) == sorted(["disgust", "fear", "sad"])


def test_a_rater_by_touch_sees_only_their_own_labelling(browser, inviting):
    server, campaign = inviting, opened(inviting.folder, "plain")
    path = invite_to(server.folder, campaign)
    with a_browser(browser, has_touch=True, is_mobile=True) as context:
        page = context.new_page()
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(f"{server.url}/browse")
        page.get_by_role("heading", name="Who are you?").wait_for()  # from the first invite on, a stranger sees nothing
        page.goto(f"{server.url}/{path}")
        page.get_by_label("Your name").fill("Rita <b>")
        page.get_by_role("button", name="Begin").tap()
        page.wait_for_selector('.labeller[data-ready="true"]')
        for name in ("happy", "sad", "can't tell"):
            page.locator(".desk button", has_text=name).first.tap()
            page.wait_for_timeout(200)
        saved(page)
        picture(page, "label_touch")
        for hidden in ("browse", "campaigns", "raters", "export", "overview", "saturation"):
            page.goto(f"{server.url}/{hidden}")
            page.wait_for_selector('.labeller[data-ready="true"]')  # there is no such page for a rater
        page.goto(f"{server.url}/my_answers")
        page.get_by_role("heading", name="What have I answered?").wait_for()
        page.get_by_text("Clips done").wait_for()
        picture(page, "my_answers")
    rows = answers(server, campaign)
    assert [row["kind"] for row in rows] == ["answer"] * 3
    assert [row["answer"].get("emotion") for row in rows] == ["happy", "sad", None]


def number_of(server, campaign: str) -> int:
    with on_disk(server) as store:
        return campaigns.find_campaign(store, campaign)["campaign_id"]


def test_routes_answer_to_signed_words_alone(inviting):
    server, campaign = inviting, opened(inviting.folder, "plain")
    path, number = invite_to(server.folder, campaign), number_of(server, campaign)
    client = Client(server.url)
    assert client.get("/audio", params={"corpus": "demo", "clip": "demo000"}).status_code == 403
    assert client.get("/audio", params={"clip": "eyJ9.AAAA"}).status_code == 403
    assert client.get("/people/enter", params={"key": "eyJ9.AAAA"}).status_code == 403
    assert client.get("/people/me", params={"key": access.sign(server.folder, "enter", {})}).status_code == 403
    assert client.get("/invite/guess").status_code == 404
    assert client.post("/label/sync", data=b"[]").status_code == 400
    assert client.post("/label/sync", json={"ticket": "a.b", "session": "s", "events": []}).status_code == 403
    joined = client.post(f"/{path}", data={"name": "Rita"})
    assert joined.status_code == 303
    assert "HttpOnly" in joined.headers["set-cookie"]
    assert client.post(f"/{path}", data={"name": "Eve"}, headers={"Origin": "http://evil.example"}).status_code == 403
    stranger = Client(server.url)
    taken = stranger.post(f"/{path}", data={"name": "Rita"})
    assert taken.status_code == 422  # somebody else's name is not for the taking
    assert "Rita already" in taken.text
    ticket = access.sign(server.folder, "label", {"campaign": number, "name": "Rita"})
    first = client.post("/label/sync", json={"ticket": ticket, "session": "s", "events": [], "want": 3}).json()
    mine = [clip["item"] for clip in first["clips"]]
    assert len(mine) == 3
    sound = client.get("/label/sound?" + urlencode({"ticket": ticket, "item": mine[0], "turn": 0}))
    assert sound.status_code == 200
    assert float(sound.headers["x-gain"]) > 0
    others = next(item for item in range(200) if item not in mine)
    assert client.get("/label/sound?" + urlencode({"ticket": ticket, "item": others, "turn": 0})).status_code == 403
    for bad in ("-1", "99999", "../../etc/passwd", ""):
        assert client.get("/label/sound?" + urlencode({"ticket": ticket, "item": bad, "turn": 0})).status_code in (
            403,
            404,
        )
    event = {"seq": 1, "kind": "answer", "item": others, "turn": 0, "content": {"answer": {"emotion": "sad"}}}
    refused = client.post("/label/sync", json={"ticket": ticket, "session": "s", "events": [event]}).json()
    assert "not handed out" in refused["refused"][0]["why"]
    # Blind: neither names of clips (which often tell the intended emotion) nor speakers nor votes travel to a rater.
    whole = json.dumps(first) + str(dict(sound.headers))
    assert "demo" not in whole
    assert "speaker" not in whole
    assert not any(emotion in whole for emotion in EMOTIONS)


def test_the_first_invite_closes_the_workbench_to_all_but_those_who_were_there(browser, own_server):
    server, campaign = own_server, opened(own_server.folder, "plain")
    with a_browser(browser) as here, a_browser(browser) as elsewhere:
        page = here.new_page()
        page.goto(f"{server.url}/campaigns")
        page.get_by_role("heading", name="Who listens to what?").wait_for()
        assert invite_to(server.folder, campaign)  # carried out by the running server
        page.goto(f"{server.url}/browse")
        page.get_by_role("heading", name="Where do listeners disagree?").wait_for()
        stranger = elsewhere.new_page()
        stranger.goto(f"{server.url}/browse")
        stranger.get_by_role("heading", name="Who are you?").wait_for()
        link = json.loads(command(server.folder, "campaign", "researcher-link", "--json").stdout)["path"]
        stranger.goto(f"{server.url}/{link}")
        stranger.get_by_role("link", name="Browse").first.wait_for()


def test_a_proxy_says_who_is_there(browser, demo, tmp_path):
    folder = copied(demo, tmp_path / "store")
    campaign = opened(folder, "plain")
    path = invite_to(folder, campaign)
    settings = {
        "STREAMLIT_SERVER_TRUSTED_USER_HEADERS": '{"X-Forwarded-Email": "email"}',
        "EMO_RESEARCHERS": "boss@lab.example, other@lab.example",
    }
    with serving(folder, **settings) as server:
        with a_browser(browser) as context:
            page = context.new_page()
            page.goto(f"{server.url}/browse")
            page.get_by_text("did not say who you are").wait_for()
        with a_browser(browser, extra_http_headers={"X-Forwarded-Email": "Boss@lab.example"}) as context:
            page = context.new_page()
            page.goto(f"{server.url}/browse")
            page.get_by_role("heading", name="Where do listeners disagree?").wait_for()
        with a_browser(browser, extra_http_headers={"X-Forwarded-Email": "rita@lab.example"}) as context:
            page = context.new_page()
            page.goto(f"{server.url}/browse")
            page.get_by_text("You are in no campaign").wait_for()
            page.goto(f"{server.url}/{path}")
            page.wait_for_selector('.labeller[data-ready="true"]')
            page.keyboard.press("1")
            saved(page)
        rows = answers(server, campaign)
    assert [row["rater"] for row in rows] == ["rita@lab.example"]


def test_a_rater_goes_on_in_another_browser_by_their_own_link(inviting):
    server, path = inviting, invite_to(inviting.folder, opened(inviting.folder, "plain"))
    one, two = Client(server.url), Client(server.url)
    one.post(f"/{path}", data={"name": "Rosa"})
    key = access.sign(server.folder, "me", {"name": "Rosa"})
    two.get("/people/me", params={"key": key})
    assert access.read(server.folder, "visitor", two.cookies["workbench"]) == {"name": "Rosa", "role": "rater"}


@pytest.mark.parametrize("kind", ["plain", "everything"])
def test_axe_finds_nothing_serious(browser, server, kind):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    with a_browser(browser) as context:
        page = context.new_page()
        begin(page, server.url, opened(server.folder, kind))
        page.wait_for_timeout(500)
        found = axe.run(page, context=".stApp").response["violations"]
        mine = [
            (rule["id"], rule["impact"], node["target"], node["html"][:200])
            for rule in found
            if rule["impact"] in ("serious", "critical")
            for node in rule["nodes"]
        ]
    assert not mine
