"""Augment's ear test by keys alone, and a training that outlives its visitor, in a real browser over a real server."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from emo_core.augmentation import feature_sets, listening, study_side
from emo_core.augmentation.settings import Settings
from emo_core.store import Database
from tests.browser.conftest import PATIENCE_MS, picture, serving, settled
from tests.conftest import command, copied

pytestmark = pytest.mark.browser
# What players did, kept: a sound of two seconds may be over before a busy machine looks.
LISTEN = """() => {
  window.heard = [];
  const players = () => [...document.querySelectorAll('.st-key-ear_sounds audio')];
  for (const what of ['play', 'pause'])
    document.addEventListener(what, (event) => window.heard.push(what + players().indexOf(event.target)), true);
}"""
HEARD = "(what) => window.heard.includes(what)"


def with_features(folder):
    """Plant the features of the demo's training side, so that no job has to hear it; the path of the verdicts."""
    store = Database(folder)
    side = study_side.training_side(store, "demo")
    values = np.random.default_rng(0).standard_normal((len(side.clips), 8)).astype(np.float32)
    key = feature_sets.set_key(side.clips, feature_sets.version(Settings()))
    feature_sets.write(store.folder / feature_sets.CACHE, key, feature_sets.FeatureSet(values, {}))
    path = listening.path_of(store.folder, side.study_id)
    store.close()
    return path


def ready(page: Page) -> None:
    """Wait until keys are listened to, and the page is drawn to its end."""
    page.locator(".keys[data-ready=true]").wait_for()
    settled(page)


def test_a_sample_is_heard_and_rejected_by_keys_and_comes_back(demo, tmp_path, page: Page):
    folder = copied(demo, tmp_path / "store")
    verdicts = with_features(folder)
    with serving(folder) as server:
        page.goto(f"{server.url}/augment?study=demo")
        ready(page)
        expect(page.locator(".st-key-ear_sounds audio")).to_have_count(3)
        page.evaluate(LISTEN)
        for place, key in enumerate("123"):
            page.keyboard.press(key)
            page.wait_for_function(HEARD, arg=f"play{place}")
        page.wait_for_function(HEARD, arg="pause1")  # for the third began
        page.keyboard.press("3")
        page.wait_for_function(HEARD, arg="pause2")
        picture(page, "ear_test")

        page.keyboard.press("j")
        expect(page.get_by_text("1 of 27 heard, 0 rejected")).to_be_visible()
        ready(page)
        page.keyboard.press("x")
        expect(page.get_by_text("2 of 27 heard, 1 rejected")).to_be_visible()
        (rejected,) = listening.read(verdicts).rejected

        page.reload()
        expect(page.get_by_text("2 of 27 heard, 1 rejected")).to_be_visible()
        expect(page.get_by_text(rejected)).to_have_count(0)
        ready(page)
        page.keyboard.press("u")
        expect(page.get_by_text("heard, 0 rejected")).to_be_visible()
        expect(page.get_by_text(rejected)).to_be_visible()  # its turn again
        assert listening.read(verdicts).standing.keys() & {rejected} == set()

        page.get_by_role("button", name="Train with these samples").click()
        page.wait_for_url(re.compile(r"/train\?.*study=demo"))
        expect(page.get_by_text("Mixed with seed 0.")).to_be_visible()


def state_of(page: Page, training: str):
    """The row of a training in the table, whose canvas holds it as a table for screen readers."""
    return page.get_by_test_id("stDataFrame").first.locator("tr").filter(has_text=training)


def open_training(context, url: str) -> Page:
    """A page that comes to the trainings of the study `few`, as a visitor does."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{url}/train?study=few")
    return page


def test_a_training_is_started_left_alone_stopped_and_resumed(demo, tmp_path, context, page: Page):
    folder = copied(demo, tmp_path / "store")
    made = command(folder, "study", "add", "few", "--corpus", "demo", "--reference", "human", "--candidate",
                   "synthetic:simulated/demo", "--emotions", "anger,disgust,fear,happy,neutral,sad", "--min-votes", 9)  # fmt: skip
    assert made.exit_code == 0, made.stderr
    with serving(folder, OMP_NUM_THREADS="1") as server:
        page.goto(f"{server.url}/train?study=few")
        page.get_by_role("button", name="Start", exact=True).click()
        expect(state_of(page, "probe human 1")).to_contain_text("✓ done")
        expect(page.locator("[class*=st-key-figure-training] .js-plotly-plot")).to_be_visible()
        picture(page, "trained")
        page.get_by_role("link", name="Results").last.click()
        expect(page.get_by_text("As Table 2 of paper 1")).to_be_visible()
        expect(page.get_by_test_id("stDataFrame").filter(has_text="JS ↓ human")).to_contain_text("★")
        page.get_by_role("link", name="Listen to it in Browse").click()
        expect(page.locator(".player")).to_be_visible()

        page.goto(f"{server.url}/train?study=few")
        page.get_by_text("New training").click()
        page.get_by_label("Model", exact=True).click()
        page.get_by_role("option", name="tiny").click()
        page.get_by_role("button", name="Start", exact=True).click()
        page.get_by_role("button", name="Stop", exact=True).wait_for()
        page.close()

        later = open_training(context, server.url)
        expect(state_of(later, "tiny human 1")).to_contain_text("▶ running")
        later.get_by_role("button", name="Stop", exact=True).click()
        expect(state_of(later, "tiny human 1")).to_contain_text("⊘ cancelled")
        later.get_by_role("button", name="Resume", exact=True).click()
        expect(state_of(later, "tiny human 1")).to_contain_text("✓ done", timeout=3 * PATIENCE_MS)
        expect(later.get_by_role("link", name="Results").last).to_be_visible()
        later.close()
