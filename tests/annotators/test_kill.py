"""A run of model votes in a world that falls over: the job, the process that owns the store, and the server of models are
killed at random moments, and the finished panel is that of an undisturbed run, draw by draw.

EMO_KILLS and EMO_DRAWS make it longer: 30 and 1000 for the full trial.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from emo_core import jobs, verbs
from emo_core.annotators import control
from emo_core.store import Database
from tests.conftest import ROOT, environment
from tests.servers.gemini import Server

KILLS, DRAWS = int(os.environ.get("EMO_KILLS", "4")), int(os.environ.get("EMO_DRAWS", "200"))
FAULTS = {"429": 0.02, "500": 0.01, "cut": 0.01, "garbage": 0.01, "wrong-label": 0.05, "safety": 0.02, "empty": 0.01}
KEY = "AIza-planted-key-0123456789"


def made_store(folder: Path, url: str) -> Database:
    store = Database(folder)
    verbs.run(store, "demo", {})
    settings = {"name": "r", "study": "demo", "model": "gemini-2.5-flash", "votes": DRAWS // 200, "base_url": url}
    drafted = control.draft(store, settings | {"thinking": 0, "concurrency": 4, "timeout_s": 5.0, "seed": 7})
    control.keep(store, drafted)
    return store


def drawn(store: Database) -> list[tuple]:
    """Every vote of the run, by clip and draw."""
    rows = store.cursor().execute(
        "SELECT clips.name, CAST(provenance ->> 'draw' AS INTEGER), emotions.name, raters.name, provenance ->> 'attempt' "
        "FROM current_votes JOIN clips USING (clip_id) JOIN emotions USING (emotion_id) JOIN raters USING (rater_id) "
        "WHERE provenance ->> 'run' IS NOT NULL ORDER BY ALL"
    )
    return rows.fetchall()


def owner(folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.annotators.owner", str(folder), "r"],
        cwd=ROOT,
        env=environment(folder) | {"GEMINI_API_KEY": KEY},
    )


def kill_something(chance: random.Random, folder: Path, owning: subprocess.Popen, server: Server) -> subprocess.Popen:
    """Kill the owner, the server, or a process of the job; the owner that holds the store from then on."""
    what = chance.choice(("owner", "server", "job", "job"))
    if what == "owner":
        owning.kill()
        owning.wait()
        return owner(folder)
    if what == "server":
        server.kill()
        time.sleep(chance.random())
        server.restart()
        return owning
    with suppress(psutil.NoSuchProcess, FileNotFoundError, TypeError):
        supervisor = psutil.Process(jobs.files.read_json(folder / "jobs" / "1" / jobs.files.PROCESS)["pid"])
        chance.choice([supervisor, *supervisor.children(recursive=True)]).send_signal(signal.SIGKILL)
    return owning


@pytest.mark.timeout(1200)
def test_a_run_that_is_killed_again_and_again_equals_an_undisturbed_one(tmp_path, monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    with Server.start(tmp_path / "calm server", faults=FAULTS, delay=0.02) as server:
        calm = made_store(tmp_path / "calm", server.url)
        control.begin(calm, "r")
        while control.status(calm, "r")["state"] in jobs.ALIVE:
            time.sleep(0.2)
        control.collect(calm, "r")
        expected, whole = drawn(calm), control.status(calm, "r")
        calm.close()
    assert whole["missing"] == 0 and len(expected) > 0.9 * DRAWS

    chance = random.Random(os.environ.get("EMO_KILL_SEED", "1"))
    folder = tmp_path / "rough"
    with Server.start(tmp_path / "rough server", faults=FAULTS, delay=0.02 * max(1, KILLS // 6)) as server:
        store = made_store(folder, server.url)
        store.close()
        owning = owner(folder)
        kills = 0
        while owning.poll() is None:
            time.sleep(chance.uniform(0.3, 2.5))
            if kills < KILLS and owning.poll() is None:
                owning = kill_something(chance, folder, owning, server)
                kills += 1
        assert owning.returncode == 0
        seen = server.log()
    store = Database(folder)
    found, account = drawn(store), control.status(store, "r")
    store.close()
    assert found == expected
    assert account["not_voted"] == whole["not_voted"] and account["missing"] == 0

    calls = account["calls"]
    requests = [line for line in seen if "generateContent" in line["path"]]
    assert len(requests) <= calls["sent"] == calls["answered"] + sum(calls["failed"].values()) + calls["unknown"]
    asked = [
        json.loads(line) for line in (folder / "jobs" / "1" / "calls.jsonl").read_text().splitlines() if line.strip()
    ]
    seeds = {line["seed"] for line in asked if line["event"] == "answered"}
    assert {
        line["seed"] for line in requests if "seed" in line
    } <= seeds  # what the server saw, the account knows the end of
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and KEY.encode() in file.read_bytes()]
    print(f"{kills} kills, {DRAWS} draws, {calls}")
