"""The heart of the app in a real browser: find a clip, hear it, loop a part, go on, pass the view on."""

import re

import pytest

from tests.browser.conftest import picture, settled

ROW = ".clips tbody tr[data-clip]"
pytestmark = pytest.mark.browser


def rows(page) -> list[str]:
    return page.locator(ROW).evaluate_all("rows => rows.map(row => row.dataset.clip)")


def ready(page, clip: str):
    """The player, once the sound of that clip is there."""
    page.wait_for_selector(f'.player[data-clip="{clip}"][data-ready="true"]')
    return page.locator(".player")


def state(page, name: str) -> str:
    return page.locator(".player").get_attribute(f"data-{name}")


def until(page, holds) -> None:
    """Wait until `holds` of the play time, in seconds (the player lives in a shadow tree, which scripts do not see)."""
    for _ in range(400):
        if holds(float(state(page, "time"))):
            return
        page.wait_for_timeout(25)
    raise AssertionError(f"the play time stayed at {state(page, 'time')} s")


def open_browse(page, server, query: str = "") -> None:
    page.goto(f"{server.url}/browse{query}")
    page.wait_for_selector(ROW)
    settled(page)


def test_open_sort_choose_play_loop_next_and_pass_the_link_on(demo_server, page, browser):
    open_browse(page, demo_server)
    by_divergence = rows(page)
    page.locator(".clips th button", has_text="H ref").click()
    page.wait_for_url(re.compile(r"sort=reference\+entropy"))
    page.wait_for_selector(f'{ROW}:first-child:not([data-clip="{by_divergence[0]}"])')
    by_entropy = rows(page)
    assert by_entropy != by_divergence

    page.locator(ROW).nth(2).click()
    player = ready(page, by_entropy[2])
    page.keyboard.press("Space")
    page.wait_for_selector('.player[data-playing="true"]')
    until(page, lambda time: time > 0.2)
    page.keyboard.press("Space")
    page.wait_for_selector('.player[data-playing="false"]')

    wave = player.locator(".wave").bounding_box()
    page.mouse.move(wave["x"] + wave["width"] * 0.2, wave["y"] + 30)
    page.mouse.down()
    page.mouse.move(wave["x"] + wave["width"] * 0.5, wave["y"] + 30, steps=8)
    page.mouse.up()
    page.wait_for_url(re.compile(r"region="))
    start, end = (float(value) for value in state(page, "region").split("-"))
    assert 0 < start < end
    page.keyboard.press("Space")
    until(page, lambda time: time > end - 0.15)
    until(page, lambda time: start - 0.05 <= time < (start + end) / 2)  # it came round
    page.keyboard.press("Space")
    picture(page, "browse-region")

    page.keyboard.press("KeyJ")
    ready(page, by_entropy[3])
    settled(page)
    assert f"clip={by_entropy[3]}" in page.url and "region=" not in page.url
    page.keyboard.press("KeyK")
    ready(page, by_entropy[2])
    page.keyboard.press("KeyJ")
    page.keyboard.press("KeyJ")
    ready(page, by_entropy[4])
    page.keyboard.press("Home")
    page.keyboard.press("KeyI")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("KeyO")
    page.wait_for_url(re.compile(r"region="))
    settled(page)

    page.get_by_role("button", name="Copy link").click()
    page.get_by_text("copied").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.url
    other = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    other.goto(link)
    ready(other, by_entropy[4])
    settled(other)
    assert rows(other) == by_entropy
    assert other.locator(".player").get_attribute("data-region") == state(page, "region")
    assert other.locator(f'{ROW}[aria-selected="true"]').get_attribute("data-clip") == by_entropy[4]
    other.context.close()


def test_going_on_crosses_pages_of_the_list_and_stops_at_its_end(demo_server, page):
    open_browse(page, demo_server)
    last = rows(page)[-1]
    page.locator(ROW).last.click()
    ready(page, last)
    page.keyboard.press("KeyJ")
    page.wait_for_url(re.compile("page=2"))
    settled(page)
    first_of_two = rows(page)[0]
    ready(page, first_of_two)
    page.keyboard.press("KeyK")
    ready(page, last)
    settled(page)
    assert "page=2" not in page.url
    open_browse(page, demo_server, "?page=10")
    end = rows(page)[-1]
    page.locator(ROW).last.click()
    ready(page, end)
    page.keyboard.press("KeyJ")
    settled(page)
    assert f"clip={end}" in page.url


@pytest.mark.parametrize("gap_ms", [0, 40, 150])
def test_no_key_is_lost_however_fast(demo_server, page, gap_ms):
    open_browse(page, demo_server)
    names = rows(page)
    page.locator(ROW).first.click()
    ready(page, names[0])
    for key in ["KeyJ"] * 7 + ["KeyK"] * 2 + ["KeyJ"] * 3:
        page.keyboard.press(key)
        page.wait_for_timeout(gap_ms)
    ready(page, names[8])
    settled(page)
    assert f"clip={names[8]}" in page.url


def test_keys_are_only_keys_outside_of_text_fields(demo_server, page):
    open_browse(page, demo_server)
    page.locator(ROW).first.click()
    first = rows(page)[0]
    ready(page, first)
    page.get_by_label("Find").fill("")
    page.get_by_label("Find").press_sequentially("jkl ")
    assert state(page, "playing") == "false"
    assert state(page, "clip") == first


def test_filters_narrow_the_list_and_stand_in_the_url(demo_server, page):
    open_browse(page, demo_server, "?reference=sad&candidate=sad")
    assert re.search(r"of \d+ that fit, of the study's 200", page.locator("main").inner_text())
    assert 0 < len(rows(page)) <= 20
    page.get_by_label("Find").fill("demo_01")
    page.get_by_label("Find").press("Enter")
    page.wait_for_url(re.compile("text=demo_01"))
    page.wait_for_selector(f'{ROW}:first-child[data-clip^="demo_01"]')
    assert all(name.startswith("demo_01") for name in rows(page))
    page.get_by_label("Find").fill("no such words")
    page.get_by_label("Find").press("Enter")
    page.get_by_text("No clip fits these filters").wait_for()


NONSENSE = (
    "?page=99", "?page=-1", "?page=x", "?page=²", "?page=99999999999999999999", "?clip=nobody", "?region=5-1&clip=demo_01_01",
    "?region=0-inf&clip=demo_01_01", "?region=0.1-1e308&clip=demo_01_01", "?region=nan-nan&clip=demo_01_01", "?study=none",
)  # fmt: skip


@pytest.mark.parametrize("query", NONSENSE)
def test_nonsense_in_a_link_breaks_no_page(demo_server, page, query):
    open_browse(page, demo_server, query)
    assert len(rows(page)) == 20
    assert page.locator('[data-testid="stException"]').count() == 0


def test_light_dark_and_narrow(demo_server, browser):
    for name, options in {
        "light": {"viewport": {"width": 1280, "height": 1500}},
        "dark": {"viewport": {"width": 1280, "height": 1500}, "color_scheme": "dark"},
        "narrow": {"viewport": {"width": 390, "height": 1500}},
    }.items():
        page = browser.new_context(**options).new_page()
        page.set_default_timeout(20_000)
        open_browse(page, demo_server, "?clip=demo_02_08")
        ready(page, "demo_02_08")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        picture(page, f"browse-{name}")
        page.context.close()
