"""A real server, a real browser: the app on a store of its own, Debian's Chromium over it."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.conftest import ROOT, copied, environment

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SCREENSHOTS = Path(__file__).parent / "screenshots"
PATIENCE_MS = 60_000  # nothing is timed here: a busy machine is no mistake
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`streamlit run app.py` on a store; `kill` and `start` as a test wishes."""

    def __init__(self, folder: Path, *, port: int | None = None, **settings: str):
        self.folder, self.port, self.settings = folder, port or free_port(), settings
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "streamlit",
            "run",
            "app.py",
            "--server.port",
            str(self.port),
            "--server.headless",
            "true",
        ]
        self.log = (self.folder.parent / f"{self.folder.name}.log").open("w")
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment(self.folder) | self.settings, stdout=self.log, stderr=self.log
        )
        for _ in range(300):
            try:
                urllib.request.urlopen(self.url + "/_stcore/health", timeout=1).read()
                # The store opens as the app is imported, just after the server answers for the first time.
                if (self.folder / "owner.json").exists():
                    return
            except OSError:
                pass
            assert self.process.poll() is None, Path(self.log.name).read_text()
            time.sleep(0.1)
        raise AssertionError("the server did not start in 30 s")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()
        self.log.close()


@contextmanager
def serving(folder: Path, *, port: int | None = None, **settings: str) -> Iterator[Server]:
    server = Server(folder, port=port, **settings)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def context(browser):
    """A browser window with nothing kept from other modules; within one, Streamlit's scripts are loaded once."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    yield context
    context.close()


@pytest.fixture
def page(context):
    """A page of 1280 × 900, whose visitor is new to every server, that fails the test where anything outside 127.0.0.1 is
    asked for, or a script throws.
    """
    context.clear_cookies()
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    outside, thrown = [], []
    page.on(
        "request",
        lambda request: (
            outside.append(request.url) if "127.0.0.1" not in request.url and request.url[:5] == "http:" else None
        ),
    )
    page.on("request", lambda request: outside.append(request.url) if request.url.startswith("https:") else None)
    page.on("pageerror", lambda error: thrown.append(str(error)))
    yield page
    page.close()
    assert not outside
    assert not thrown


def settled(page) -> None:
    """Wait until the server has run the page's script to its end."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


def picture(page, name: str) -> None:
    """Keep a screenshot for the eye; git ignores the folder."""
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


@pytest.fixture(scope="session")
def demo_server(demo, tmp_path_factory):
    """The app on the demo corpus, shared by tests that only read."""
    with serving(copied(demo, tmp_path_factory.mktemp("demo") / "store")) as server:
        yield server
