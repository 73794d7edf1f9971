"""The app in a real browser: start to painted page, a rerun, a clip to play, memory; against a bare Streamlit page.

    python -m benchmarks.app [--crema-d FOLDER] [--runs 5]

Starts `streamlit run` on a fresh process for each run, on CREMA-D where a folder is given and on the demo corpus
otherwise, and on a page that holds one title. Prints medians as a Markdown table.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
BARE = "import streamlit as st\nst.title('bare')\nst.button('again', key='again')\n"
FLAGS = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A Streamlit server, and when its process began."""

    def __init__(self, script: Path, folder: Path, *, port: int | None = None):
        self.port = port or free_port()
        self.began = time.perf_counter()
        words = [
            "run",
            str(script),
            "--server.port",
            str(self.port),
            "--server.headless",
            "true",
            "--server.fileWatcherType",
            "none",
        ]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", *words], cwd=script.parent, env=os.environ | {"EMO_STORE": str(folder)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def open(self, page, path: str, painted: str) -> float:
        """Seconds from the start of the process until the page shows `painted`."""
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=0.2).close()
                break
            except OSError:
                time.sleep(0.02)
        page.goto(f"http://127.0.0.1:{self.port}{path}")
        page.wait_for_selector(painted)
        return time.perf_counter() - self.began

    def megabytes(self) -> float:
        return psutil.Process(self.process.pid).memory_info().rss / 1e6

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def timed(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def bare_run(browser, folder: Path) -> dict[str, float]:
    script = folder / "bare.py"
    script.write_text(BARE)
    server, page = Server(script, folder), browser.new_page()
    try:
        times = {"start → painted page": server.open(page, "/", "h1")}
        times["memory, MB"] = server.megabytes()
        return times
    finally:
        page.close()
        server.stop()


def our_run(browser, folder: Path, study: str) -> dict[str, float]:
    server, page = Server(ROOT / "app.py", folder), browser.new_page(viewport={"width": 1280, "height": 900})
    row = ".clips tbody tr[data-clip]"
    try:
        times = {"start → painted page": server.open(page, "/", "h1")}
        times["start → painted page (Browse, first visit)"] = times["start → painted page"] + timed(
            lambda: (
                page.goto(f"http://127.0.0.1:{server.port}/browse?study={study}&audio=with+audio"),
                page.wait_for_selector(row),
            )
        )
        page.wait_for_timeout(500)
        first = page.locator(row).first.get_attribute("data-clip")
        times["header clicked → list sorted anew"] = timed(
            lambda: (
                page.locator(".clips th button", has_text="H cand").click(),
                page.wait_for_selector(f'{row}:first-child:not([data-clip="{first}"])'),
            )
        )
        page.wait_for_timeout(500)
        names = page.locator(row).evaluate_all("rows => rows.map(row => row.dataset.clip)")
        page.locator(row).first.click()
        page.wait_for_selector(f'.player[data-clip="{names[0]}"][data-ready="true"]')
        page.wait_for_timeout(500)

        def next_clip(name: str) -> None:
            page.keyboard.press("KeyJ")
            page.wait_for_selector(f'.player[data-clip="{name}"][data-ready="true"]')

        times["key J → next clip ready to play"] = statistics.median(
            timed(lambda name=name: next_clip(name)) for name in names[1:8]
        )
        page.goto(f"http://127.0.0.1:{server.port}/compare?study={study}")
        times["Compare, first visit"] = timed(lambda: page.get_by_text("Are the same clips ambiguous?").wait_for())
        page.wait_for_timeout(1000)
        times["memory, MB"] = server.megabytes()
        return times
    finally:
        page.close()
        server.stop()


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crema-d", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        study = fill(folder / "store", given.crema_d)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        pairs = [(bare_run(browser, folder), our_run(browser, folder / "store", study)) for _ in range(given.runs)]
        browser.close()
    print(f"median of {given.runs} runs; study {study}\n\n| | ours | bare Streamlit page | ratio |\n|---|---|---|---|")
    for key in pairs[0][1]:
        ours = statistics.median(run[key] for _, run in pairs)
        bare = statistics.median(run[key] for run, _ in pairs) if key in pairs[0][0] else None
        unit = "" if "MB" in key else " s"
        print(
            f"| {key} | {ours:.3g}{unit} | {f'{bare:.3g}{unit}' if bare else '–'} | {f'{ours / bare:.2f}' if bare else '–'} |"
        )


def fill(folder: Path, crema_d: Path | None) -> str:
    """A store with CREMA-D or the demo corpus; the name of its study."""
    from emo_core import verbs
    from emo_core.store import Database
    from emo_core.verbs.studies import add_study

    store = Database(folder)
    if crema_d:
        verbs.run(store, "corpus add", {"format": "crema-d", "path": str(crema_d), "name": "crema-d"})
        add_study(
            store, "voice", "crema-d", "human:voice", "A,D,F,H,N,S", candidate="human:audiovisual", rule="drop_outside"
        )
    else:
        verbs.run(store, "demo", {})
    store.close()
    return "voice" if crema_d else "demo"


if __name__ == "__main__":
    main()
