"""From a plan to a panel in a real browser, with a server of models beside it, and the app killed in between."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SCREENSHOTS, serving
from tests.conftest import copied
from tests.servers.gemini import Server as Models

pytestmark = pytest.mark.browser
KEY = "AIza-planted-key-0123456789"


def choose(page: Page, label: str, value: str) -> None:
    field = page.get_by_label(label, exact=True).last
    field.fill(value)
    field.press("Enter")


def test_plan_trial_run_panel(demo, tmp_path, page):
    folder = copied(demo, tmp_path / "store")
    with (
        Models.start(tmp_path / "models", delay=0.3, faults={"wrong-label": 0.1, "429": 0.02}) as models,
        serving(folder, GEMINI_API_KEY=KEY) as server,
    ):
        page.goto(f"{server.url}/proxies?study=demo")
        expect(page.get_by_text("No model has been asked about this study yet")).to_be_visible()
        choose(page, "Votes a clip", "1")
        page.get_by_role("button", name="Limits, order, server").click()
        choose(page, "Another address", models.url)
        choose(page, "Tokens to think", "0")
        page.keyboard.press("Escape")
        expect(page.get_by_text("Calls", exact=True)).to_be_visible()
        page.get_by_role("button", name="Keep this plan").click()
        page.get_by_role("button", name="Try 5 clips").click()
        expect(page.get_by_text("The trial is over")).to_be_visible(timeout=60_000)
        expect(page.get_by_text("5 of 200")).to_be_visible()

        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_text("running")).to_be_visible(timeout=30_000)
        server.kill()
        server.start()
        page.goto(f"{server.url}/proxies?study=demo")
        expect(page.get_by_text("200 of 200")).to_be_visible(timeout=90_000)
        expect(page.get_by_text("Which persona, at which temperature?")).to_be_visible()
        expect(page.get_by_text("JS to the listeners")).to_be_visible()
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / "proxies.png", full_page=True)
        assert len({line["seed"] for line in models.log()}) >= 200

        page.get_by_role("link", name="Browse its votes").click()
        expect(page.get_by_role("heading", name="Where do listeners disagree?")).to_be_visible()
        page.goto(f"{page.url}&clip=demo_01_05")
        table = page.get_by_test_id("stDataFrame").last
        expect(table).to_be_visible()
        table.scroll_into_view_if_needed()
        page.wait_for_timeout(500)  # the canvas of the table is drawn after it is there
        box = table.bounding_box()
        page.mouse.click(box["x"] + 15, box["y"] + 35 * 4 + 18)  # three people's votes stand above the model's
        expect(page.get_by_text("Select only from:")).to_be_visible()
        expect(page.get_by_text("The reply")).to_be_visible()
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and KEY.encode() in file.read_bytes()]
