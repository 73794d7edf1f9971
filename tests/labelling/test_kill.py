"""The server is killed again and again while raters answer: no acknowledged answer is lost, none is stored twice."""

import json
import random
import signal
import subprocess
import sys
import time

from emo_core.labelling.desk import Desk
from emo_core.store import Database
from tests.conftest import EMOTIONS, ROOT, environment
from tests.labelling.conftest import Browser, fill, open_desk, rows, votes_of

KILLS = 10
# Takes the messages of browsers, one a line, and answers each with one line once it is on disk.
SERVER = """
import json, sys
from emo_core.labelling.desk import Desk
from emo_core.store import Database
sys.stdin.readline()
desk = Desk(Database(wait_s=10), int(sys.argv[1]))
print("ready", flush=True)
for line in sys.stdin:
    message = json.loads(line)
    print(json.dumps(desk.sync(message.pop("person"), **message)), flush=True)
"""


class Server:
    """That process, and a way to kill it while it works. It opens the store only when it is told to."""

    def __init__(self, folder, number: int):
        command = [sys.executable, "-c", SERVER, str(number)]
        self.process = subprocess.Popen(
            command, env=environment(folder), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def open(self) -> "Server":
        print("open", file=self.process.stdin, flush=True)
        assert self.process.stdout.readline() == "ready\n"
        return self

    def send(self, person: str, session: str, events, *, have, want: int) -> None:
        message = {"person": person, "session": session, "events": events, "have": have, "want": want}
        print(json.dumps(message), file=self.process.stdin, flush=True)

    def sync(self, *message, **more) -> dict:
        self.send(*message, **more)
        return json.loads(self.process.stdout.readline())

    def kill(self, after_s: float) -> list[dict]:
        """Kill it; what it had said until then."""
        time.sleep(after_s)
        self.process.send_signal(signal.SIGKILL)
        said = self.process.communicate()[0].splitlines(keepends=True)
        return [json.loads(line) for line in said if line.endswith("\n")]


def test_killed_servers_store_every_answer_once_and_remember_who_has_what(store):
    fill(store, 80)
    number = open_desk(store, "Ana", "Bo", overlap=1).number
    store.close()
    rng = random.Random(0)
    server = Server(store.folder, number).open()
    browsers = [Browser(server, "Ana"), Browser(server, "Bo")]
    said = {}
    for _ in range(KILLS):
        successor = Server(store.folder, number)  # loads its modules meanwhile
        for _ in range(rng.randint(0, 3)):
            for browser in browsers:
                browser.sync(4 - len(browser.have))
                say(browser, rng, said)
        unheard = [browser for browser in browsers if rng.random() < 0.8]
        for browser in unheard:
            say(browser, rng, said)
            server.send(browser.person, browser.session, browser.pending, have=browser.have, want=4)
        heard = server.kill(rng.choice([0, 0.002, 0.005, 0.01, 0.02, 0.05]))
        for browser, answer in zip(unheard, heard):
            if rng.random() < 0.5:  # else its word was lost on the way
                browser.take(answer)
        server = successor.open()
        for browser in browsers:
            browser.desk = server
            browser.sync(0)  # refuses nothing: what was handed out before still is
            assert not browser.pending
        assert not set(browsers[0].have) & set(browsers[1].have)
    while sum([len(browser.sync(4)["clips"] or browser.have) for browser in browsers]):
        for browser in browsers:
            say(browser, rng, said)
    server.kill(0)

    again = Database(store.folder)
    try:
        desk = Desk(again, number)
        assert votes_of(again) == sorted(
            (person, desk.item(item).clip, label) for (person, item), label in said.items()
        )
        assert len(said) == len({item for _, item in said}) == 80
        sent = [(browser.person, seq) for browser in browsers for seq in range(1, browser.seq + 1)]
        stored = rows(again, "SELECT name, seq FROM answers JOIN people USING (person_id) ORDER BY ALL")
        assert stored == sent
        assert rows(again, "SELECT count(*) FROM reservations") == [(0,)]
    finally:
        again.close()


def say(browser: Browser, rng: random.Random, said: dict) -> None:
    """Answer the first one or two clips."""
    for turn in browser.have[: rng.randint(1, 2)]:
        label = rng.choice(EMOTIONS)
        said[browser.person, turn[0]] = label
        browser.answer(turn, label)
