"""A form of many questions in a real browser: what is asked is in sight, and nothing is sent before its comment."""

import pytest

from tests.browser.conftest import picture, serving
from tests.browser.test_labelling import a_browser, answers, begin, saved
from tests.conftest import command, copied

SCALES = ("--scale", "valence", "--scale", "arousal", "--scale", "dominance")
LONG = ("--question", "graded", *SCALES, "--confidence", 5, "--comment", "--overlap", 8)
QUESTIONS = 10
INSIDE = """(lines) => {
  const root = lines.getRootNode();
  const free = [root.querySelector('.stage').getBoundingClientRect().bottom,
                root.querySelector('.foot').getBoundingClientRect().top];
  const box = ({ top, bottom }) => [top, bottom];
  return { free, active: box(root.querySelector('[data-active=true]').getBoundingClientRect()),
    height: innerHeight, send: box(root.querySelector('.foot .send').getBoundingClientRect()),
    play: box(root.querySelector('.stage [data-act=play]').getBoundingClientRect()),
    wide: root.querySelector('.labeller').scrollWidth <= root.querySelector('.labeller').clientWidth,
    all: [...root.querySelectorAll('fieldset')].map((field) => box(field.getBoundingClientRect())) };
}"""


@pytest.fixture(scope="module")
def server(demo, tmp_path_factory):
    with serving(copied(demo, tmp_path_factory.mktemp("long") / "store")) as running:
        for kind, words in (("long", LONG), ("short", ("--overlap", 8))):
            made = command(running.folder, "campaign", "add", kind, "--study", "demo", *words)
            assert made.exit_code == 0, made.stderr
        yield running


def boxes(page) -> dict:
    return page.locator(".labeller").evaluate(INSIDE)


def sees_the_active_question(page) -> dict:
    """Between player and Send, which are in the window too."""
    found = boxes(page)
    (top, bottom), (above, below) = found["free"], found["active"]
    assert top <= above and below <= bottom, found
    assert found["play"][0] >= 0 and found["send"][1] <= found["height"] and found["wide"], found
    return found


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("size", [(1440, 900), (1280, 720), (390, 844)])
def test_the_question_that_keys_answer_is_in_sight(browser, server, size, look):
    with a_browser(browser, color_scheme=look) as context:
        page = context.new_page()
        page.set_viewport_size({"width": size[0], "height": size[1]})
        begin(page, server.url, "long", f"{look} {size[0]}")
        found = sees_the_active_question(page)
        if size == (1440, 900):
            assert len(found["all"]) == QUESTIONS
            (top, bottom) = found["free"]
            assert all(top <= above and below <= bottom for above, below in found["all"]), found
        for place in range(QUESTIONS):
            page.keyboard.press("2")
            sees_the_active_question(page)
            if place in (0, QUESTIONS - 1):
                picture(page, f"long-form-{size[0]}-{look}-{place}")
        for _ in range(QUESTIONS):
            page.keyboard.press("ArrowUp")
            sees_the_active_question(page)


def test_nothing_is_sent_before_its_comment(browser, server):
    with a_browser(browser) as context:
        page = context.new_page()
        begin(page, server.url, "long", "Cleo")
        item = page.locator(".labeller").get_attribute("data-item")
        for _ in range(QUESTIONS):
            page.keyboard.press("2")
        assert page.locator(".labeller").get_attribute("data-item") == item
        page.keyboard.press("/")
        page.keyboard.type("hm 2")
        page.keyboard.press("Escape")
        assert page.locator(".labeller").get_attribute("data-item") == item
        page.keyboard.press("/")
        page.keyboard.press("Control+Enter")
        page.locator(f".labeller:not([data-item='{item}'])").wait_for()
        saved(page)
        (given,) = (row for row in answers(server, "long") if row["rater"] == "Cleo" and row["kind"] == "answer")
        assert given["answer"]["comment"] == "hm 2"
        begin(page, server.url, "short", "Cleo")
        item = page.locator(".labeller").get_attribute("data-item")
        page.keyboard.press("2")  # one question and no comment: the key is the answer
        page.locator(f".labeller:not([data-item='{item}'])").wait_for()
