"""Labelling in a real browser, against `st.button` shortcuts in the same run.

    python -m benchmarks.labelling [--clips 300] [--big 100000] [--kills 20] [--offline 60]

The corpus is made of the demo's recordings, as many clips as asked for. Everything goes through Chromium, the server and the
database; what is stored is read after the server was killed. Peers were measured in another session, see the README.
"""

import argparse
import json
import statistics
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.app import FLAGS, ROOT, Server
from emo_core import access

WATCH = """
window.shown = []; window.keys = []; window.playing = []; window.talks = [];
window.addEventListener('keydown', (event) => window.keys.push([performance.now(), event.code]), true);
document.addEventListener('workbench:shown', (event) => window.shown.push(event.detail));
document.addEventListener('workbench:playing', (event) => window.playing.push([performance.now(), event.detail]));
const talk = window.fetch;
window.fetch = async (...words) => {
  const start = performance.now();
  const answer = await talk(...words);
  if (String(words[0]).includes('label/sync')) window.talks.push(performance.now() - start);
  return answer;
};
document.addEventListener('playing', (event) => window.playing.push([performance.now(), event.target.src]), true);
"""
# The same task with Streamlit's own means: a button with a shortcut for each emotion, the next clip's sound in st.audio.
BUTTONS = """
import sys, pathlib, streamlit as st
files = sorted(pathlib.Path({audio!r}).glob('*.wav'))
state = st.session_state.setdefault('answers', [])
def answer(emotion): state.append((len(state), emotion))
st.audio(files[len(state) % len(files)], autoplay=True)
for place, emotion in enumerate(['anger', 'disgust', 'fear', 'happy', 'neutral', 'sad']):
    st.button(emotion, shortcut=str(place + 1), on_click=answer, args=(emotion,))
st.markdown(f'count {{len(state)}}')
"""
EMOTIONS = ("anger", "disgust", "fear", "happy", "neutral", "sad")


def fill(folder: Path, clips: int) -> Path:
    """A store with a corpus of so many clips over the demo's recordings, and campaigns on it; where the recordings lie."""
    import pandas as pd

    from emo_core import verbs
    from emo_core.labelling import making
    from emo_core.labelling.campaign import Campaign, Form
    from emo_core.records import Reading
    from emo_core.store import Database, corpora

    store = Database(folder)
    verbs.run(store, "demo", {})
    demo = next(row for row in corpora.list_corpora(store) if row["name"] == "demo")
    (root,) = store.cursor().execute("SELECT audio_root FROM corpora WHERE name = ?", [demo["name"]]).fetchone()
    files = [row[0] for row in store.cursor().execute("SELECT audio FROM clips ORDER BY clip_id").fetchall()]
    names = [f"clip{place:06}" for place in range(clips)]
    frame = pd.DataFrame({"clip": names, "audio": [files[place % len(files)] for place in range(clips)]})
    votes = pd.DataFrame({"clip": names, "panel": "human", "rater": "first", "label": "neutral"})
    corpora.add_corpus(
        store, "many", Reading(format="benchmark", source="made", clips=frame, votes=votes, audio_root=Path(root))
    )
    for name, overlap in (("plain", 20), ("crowd", 2), ("kills", 20), ("away", 20)):
        making.make(store, Campaign(name, "", Form(emotions=EMOTIONS), corpus="many", overlap=overlap))
    store.close()
    return Path(root)


def stored(server: Server, folder: Path, campaign: str) -> list[tuple]:
    """(rater, item/turn, emotion) of every answer on disk, after the server was killed."""
    from emo_core.store import Database, campaigns

    server.process.kill()
    server.process.wait()
    store = Database(folder, wait_s=10)
    number = campaigns.find_campaign(store, campaign)["campaign_id"]
    rows = (
        store.cursor()
        .execute(
            "SELECT people.name, item, turn, content FROM answers JOIN people USING (person_id) WHERE campaign_id = ? AND kind = 'answer'",
            [number],
        )
        .fetchall()
    )
    store.close()
    return [(name, f"{item}/{turn}", json.loads(content)["answer"]["emotion"]) for name, item, turn, content in rows]


@contextmanager
def a_page(browser, server: Server, campaign: str, name: str):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(WATCH)
    page = context.new_page()
    began = time.perf_counter()
    server.open(page, f"/label?campaign={campaign}", ".labeller, input")
    field = page.get_by_role("textbox", name="Your name as a rater")
    if field.count():
        field.fill(name)
        field.press("Enter")
    page.wait_for_function("window.playing.length > 0")
    page.first_playing = time.perf_counter() - began
    try:
        yield page
    finally:
        context.close()


def press(page, keys: int, gap_ms: float, start: int = 0) -> list[str]:
    said = []
    for place in range(start, start + keys):
        said.append(EMOTIONS[place % 6])
        page.keyboard.press(str(place % 6 + 1))
        if gap_ms:
            page.wait_for_timeout(gap_ms)
    return said


def saved(page) -> None:
    page.locator('.sign[data-state="saved"]').wait_for(timeout=60_000)


def latencies(page) -> list[float]:
    """Milliseconds from each key to the sound that plays next."""
    keys, playing = page.evaluate("[window.keys, window.playing]")
    keys = [moment for moment, code in keys if code.startswith("Digit")]
    found = []
    for moment, later in zip(keys, [*keys[1:], float("inf")]):
        found += [at - moment for at, _ in playing if moment < at < later][:1]
    return found


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def one_rater(browser, folder: Path) -> dict[str, str]:
    """Cold start, latencies over 100 keys, bursts."""
    found, server = {}, Server(ROOT / "app.py", folder)
    with a_page(browser, server, "plain", "Ana"):
        pass  # Ana is a rater now; from here on she is back with her browser's cookie
    server.stop()
    server = Server(ROOT / "app.py", folder)
    context = browser.new_context()
    context.add_init_script(WATCH)
    value = access.sign(folder, "visitor", {"name": "Ana", "role": "researcher"})
    context.add_cookies([{"name": "workbench", "value": value, "url": f"http://127.0.0.1:{server.port}"}])
    page = context.new_page()
    server.open(page, "/label?campaign=plain", '.labeller[data-ready="true"]')
    found["process start → first clip playable"] = f"{time.perf_counter() - server.began:.2f} s"
    page.wait_for_timeout(1500)
    page.evaluate("window.talks.length = 0")
    press(page, 100, 400)
    saved(page)
    times, talks = latencies(page), page.evaluate("window.talks")
    found["key → next clip playing, median / p95 / worst"] = (
        f"{statistics.median(times):.0f} / {quantile(times, 0.95):.0f} / {max(times):.0f} ms ({len(times)} of 100 keys)"
    )
    found["acknowledged commit, median / p95"] = f"{statistics.median(talks):.0f} / {quantile(talks, 0.95):.0f} ms"
    said: list[str] = []
    before = page.evaluate("window.shown.length") - 1
    for gap in (0, 50, 100):
        said += press(page, 10, gap)
        saved(page)
        page.wait_for_timeout(400)
    shown = page.evaluate("window.shown")[before:]
    context.close()
    on_disk = {(turn, emotion) for name, turn, emotion in stored(server, folder, "plain") if name == "Ana"}
    right = [place for place, pair in enumerate(zip(shown, said)) if pair in on_disk]
    for place, gap in enumerate((0, 50, 100)):
        count = sum(10 * place <= index < 10 * place + 10 for index in right)
        found[f"10 keys at {gap} ms: on the right clip"] = f"{count} of 10"
    return found


def button_rater(browser, folder: Path, audio: Path) -> dict[str, str]:
    script = folder / "buttons.py"
    script.write_text(BUTTONS.format(audio=str(audio)))
    server, page = Server(script, folder), browser.new_page()
    page.add_init_script(WATCH)
    server.open(page, "/", "audio")
    page.wait_for_timeout(1500)
    press(page, 60, 600)
    times = latencies(page)
    found = {
        "key → next clip playing, median / p95 / worst": f"{statistics.median(times):.0f} / {quantile(times, 0.95):.0f} / "
        f"{max(times):.0f} ms ({len(times)} of 60 keys)"
        if times
        else "the sound never played",
    }
    for gap in (0, 50, 100):
        page.wait_for_timeout(1500)
        before = int(page.get_by_text("count ").inner_text().split()[1])
        press(page, 10, gap)
        page.wait_for_timeout(2500)
        after = int(page.get_by_text("count ").inner_text().split()[1])
        found[f"10 keys at {gap} ms: on the right clip"] = f"{after - before} of 10 arrived"
    page.close()
    server.stop()
    return found


def crowd(browser, folder: Path, raters: int = 8, keys: int = 40) -> str:
    """Raters at once, a browser each, all keys of a round pressed one after another through all browsers."""
    server = Server(ROOT / "app.py", folder)
    with ExitStack() as stack:
        pages = [stack.enter_context(a_page(browser, server, "crowd", f"rater {place}")) for place in range(raters)]
        said = [[] for _ in pages]
        for place in range(keys):
            for words, page in zip(said, pages):
                words += press(page, 1, 0, start=place)
        for page in pages:
            saved(page)
        shown = [page.evaluate("window.shown") for page in pages]
        rows = stored(server, folder, "crowd")
    wanted = [(f"rater {r}", turn, word) for r in range(raters) for turn, word in zip(shown[r], said[r])]
    lost, twice = len(set(wanted) - set(rows)), len(rows) - len(set(rows))
    slots: dict[str, int] = {}
    for _, turn, _ in rows:
        slots[turn] = slots.get(turn, 0) + 1
    over = sum(number > 2 for number in slots.values())
    return (
        f"{len(rows)} of {len(wanted)} stored, {lost} lost, {twice} twice, {over} clips with more than their 2 answers"
    )


def kills(browser, folder: Path, times: int) -> str:
    """kill -9 in the middle of a burst, again and again; the page goes on."""
    server = Server(ROOT / "app.py", folder)
    port, said = server.port, []
    with a_page(browser, server, "kills", "Kim") as page:
        for _ in range(times):
            said += press(page, 5, 30, start=len(said))
            server.process.kill()
            server.process.wait()
            said += press(page, 4, 30, start=len(said))
            server = Server(ROOT / "app.py", folder, port=port)
            saved(page)
            page.wait_for_timeout(600)
        shown = page.evaluate("window.shown")
        rows = [(turn, word) for _, turn, word in stored(server, folder, "kills")]
    wanted = list(zip(shown, said))
    return f"{times} times: {_account(rows, wanted)}"


def _account(rows: list[tuple], wanted: list[tuple]) -> str:
    lost, twice = len(set(wanted) - set(rows)), len(rows) - len(set(rows))
    return f"{len(rows)} of {len(wanted)} stored, {lost} lost, {twice} twice"


def away(browser, folder: Path, seconds: float) -> str:
    """A minute without a network."""
    server = Server(ROOT / "app.py", folder)
    with a_page(browser, server, "away", "Wim") as page:
        page.wait_for_timeout(2000)
        page.context.set_offline(True)
        said = press(page, 10, 1000 * seconds / 10)
        kept = page.locator(".sign").inner_text()
        page.context.set_offline(False)
        saved(page)
        shown = page.evaluate("window.shown")
        rows = [(turn, word) for _, turn, word in stored(server, folder, "away")]
    wanted = list(zip(shown, said))
    return f"“{kept}”, then {_account(rows, wanted)}"


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=300)
    parser.add_argument("--big", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--offline", type=float, default=60.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        audio = fill(folder / "small", given.clips)
        columns = {f"{given.clips:,} clips": one_rater(browser, folder / "small")}
        if given.big:
            fill(folder / "big", given.big)
            columns[f"{given.big:,} clips"] = one_rater(browser, folder / "big")
        columns["`st.button` shortcuts"] = button_rater(browser, folder, audio)
        print("| | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
        for row in next(iter(columns.values())):
            print(f"| {row} | " + " | ".join(found.get(row, "–") for found in columns.values()) + " |")
        print(f"\n- 8 raters × 40 keys at once: {crowd(browser, folder / 'small')}")
        print(f"- kill -9 in a burst: {kills(browser, folder / 'small', given.kills)}")
        print(f"- {given.offline:.0f} s offline: {away(browser, folder / 'small', given.offline)}")
        browser.close()


if __name__ == "__main__":
    main()
