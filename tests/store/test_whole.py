"""No copy is silently empty: what was acknowledged is there, or the store says that it is not."""

import json
import os
import shutil
import signal
import subprocess
import sys

import duckdb
import pandas as pd
import pytest

from emo_core import verbs
from emo_core.errors import BadInput, StoreDamaged, StoreInUse
from emo_core.store import Database, campaigns, copying, corpora
from emo_core.store.whole import COUNT_NAME, FILE_NAME, LOG_NAME
from tests.conftest import ROOT, command, copied, environment, fill_small

VOTES = 30


def vote(store: Database, number: int) -> None:
    row = pd.DataFrame([("clip000", "human:late", f"r{number}", "sad")], columns=["clip", "panel", "rater", "label"])
    corpora.add_votes(store, "small", row)


@pytest.fixture(scope="module")
def killed_once(prepared, tmp_path_factory):
    """A store whose process was killed after `VOTES` acknowledged votes, and its file as it was copied alone before."""
    folder = copied(prepared("small", fill_small), tmp_path_factory.mktemp("killed") / "store")
    code = (
        "import os, signal\nfrom emo_core.store import Database\nfrom tests.store.test_whole import vote\nstore = Database()\n"
        f"for number in range({VOTES}): vote(store, number)\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(folder), cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    return folder


@pytest.fixture
def killed(killed_once, tmp_path):
    return shutil.copytree(killed_once, tmp_path / "store")


def late(folder) -> int:
    store = Database(folder)
    rows = store.cursor().execute("SELECT count(*) FROM votes WHERE batch_id > 1").fetchall()
    store.close()
    return rows[0][0]


def test_after_a_kill_everything_is_there(killed):
    assert copying.check(killed)["whole"]
    assert (killed / LOG_NAME).exists()  # a look changes nothing
    assert late(killed) == VOTES
    assert sorted(path.name for path in killed.iterdir()) == ["owner.lock", FILE_NAME]


@pytest.mark.parametrize("left", [(FILE_NAME,), (FILE_NAME, COUNT_NAME), (FILE_NAME, "owner.json")])
def test_a_file_without_its_log_is_refused_until_it_is_taken_as_it_is(killed, tmp_path, left):
    alone = tmp_path / "alone"
    alone.mkdir()
    for name in left:
        shutil.copy(killed / name, alone)
    for words in (("study", "list"), ("store", "check"), ("store", "copy", tmp_path / "no")):
        done = command(alone, *words)
        assert done.exit_code == 1, words
        assert "is not whole" in done.stdout + done.stderr and "store recover" in done.stdout + done.stderr
    found = json.loads(command(alone, "store", "check", "--json").stdout)
    assert found["missing"] == (VOTES if COUNT_NAME in left else None)
    done = json.loads(command(alone, "store", "recover", "--json").stdout)
    assert (done["missing"], done["votes"]) == (found["missing"], 440)
    assert late(alone) == 0


def damaged(folder, place: int) -> None:
    log = bytearray((folder / LOG_NAME).read_bytes())
    log[place if place >= 0 else len(log) + place] ^= 0xFF
    (folder / LOG_NAME).write_bytes(log)


@pytest.mark.parametrize("place", [3, 10, 40, 700, 3001, 5000, 9999, -40, -3])
def test_one_wrong_byte_in_the_log_is_told_and_the_rest_is_saved(killed, place):
    damaged(killed, place)
    before = {name: (killed / name).read_bytes() for name in (FILE_NAME, LOG_NAME)}
    with pytest.raises(StoreDamaged, match="store recover"):
        Database(killed)
    found = copying.check(killed)
    assert not found["whole"] and found["missing"] > 0
    assert before == {name: (killed / name).read_bytes() for name in before}  # neither look changed anything
    done = copying.recover(killed)
    assert 440 <= done["votes"] < 440 + VOTES
    assert late(killed) == done["votes"] - 440
    (saved,) = killed.glob("before-recovery-*")
    assert (saved / LOG_NAME).read_bytes() == before[LOG_NAME]


def test_a_cut_log_is_told(killed):
    os.truncate(killed / LOG_NAME, (killed / LOG_NAME).stat().st_size // 2)
    assert copying.check(killed)["missing"] > 0
    with pytest.raises(StoreDamaged, match="changes made after"):
        Database(killed)


def test_a_damaged_file_is_told(killed):
    with (killed / FILE_NAME).open("r+b") as file:
        file.write(b"nothing of a database" * 1000)
    assert "Put a copy in its place" in copying.check(killed)["next"]
    assert command(killed, "store", "check").exit_code == 1
    assert command(killed, "store", "recover").exit_code == 1


def test_a_settled_store_is_whole_in_its_file_alone(filled, tmp_path):
    vote(filled, 1)
    with filled.settled() as file:
        assert not filled.log_bytes()
        subprocess.run(["cp", str(file), str(tmp_path)], check=True)
    vote(filled, 2)
    subprocess.run(["cp", str(file), str(tmp_path / "later.duckdb")], check=True)
    assert late(tmp_path) == 1
    (tmp_path / "later").mkdir()
    (tmp_path / "later.duckdb").rename(tmp_path / "later" / FILE_NAME)
    with pytest.raises(StoreDamaged):
        Database(tmp_path / "later")


def test_reading_writes_nothing(filled):
    filled.close()
    before = (filled.folder / FILE_NAME).read_bytes()
    assert command(filled.folder, "study", "show", "small").exit_code == 0
    assert (filled.folder / FILE_NAME).read_bytes() == before


def test_a_copy_is_whole_or_not_there(filled, tmp_path):
    filled.listen(lambda request: verbs.answer(filled, request))
    vote(filled, 1)
    (filled.folder / "jobs" / "1").mkdir(parents=True)
    (filled.folder / "jobs" / "1" / "spec.json").write_text("{}")
    (filled.folder / "features").mkdir()
    (filled.folder / "secret").write_bytes(b"s" * 32)
    done = command(filled.folder, "store", "copy", tmp_path / "to" / "copy", "--json")  # carried out by the owner
    assert done.exit_code == 0, done.stderr
    copy = tmp_path / "to" / "copy"
    assert sorted(path.name for path in copy.iterdir()) == ["jobs", "secret", FILE_NAME]
    assert copy.stat().st_mode & 0o077 == 0
    vote(filled, 2)
    assert late(copy) == 1
    with pytest.raises(StoreInUse):  # the copying did not give up the lock
        Database(filled.folder)
    code = f"import duckdb; duckdb.connect({str(filled.folder / FILE_NAME)!r})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 1
    for taken in (copy, filled.folder / "inside", filled.folder.parent):
        with pytest.raises(BadInput):
            copying.copy(filled, taken)
    assert command(filled.folder, "store", "check").exit_code == 0  # read by the owner
    assert not list((tmp_path / "to").glob(".*"))


def test_a_command_that_is_told_to_end_closes_the_store(killed):
    code = (
        "import signal, sys, threading, os\nfrom emo_core import cli, verbs\nfrom tests.store.test_whole import vote\n"
        "def slow(store):\n    vote(store, 999)\n    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    store.cursor().execute('SELECT count(*) FROM range(10000000) AS a, range(10000) AS b').fetchall()\n"
        "verbs.VERBS['study list'] = slow\nsys.argv = ['x', 'study', 'list']\ncli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(killed), cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode not in (0, -signal.SIGTERM), done.stderr
    assert not (killed / LOG_NAME).exists() and not (killed / "owner.json").exists()
    assert late(killed) == VOTES + 1


@pytest.mark.parametrize(
    ("made", "closed"),
    [
        ("", False),
        ("INSERT INTO invites VALUES (1, 'gone', now()::TIMESTAMP, now()::TIMESTAMP)", True),
        ("INSERT INTO members VALUES (1, 1, now()::TIMESTAMP, FALSE)", True),
        ("INSERT INTO people VALUES (1, 'Ana', now()::TIMESTAMP)", True),
        (
            "INSERT INTO people VALUES (1, 'Res', now()::TIMESTAMP);"
            "INSERT INTO members VALUES (1, 1, now()::TIMESTAMP, TRUE)",
            False,
        ),
    ],
)
def test_stores_of_before_are_closed_where_somebody_was_invited(filled, made, closed):
    filled.close()
    old = duckdb.connect(filled.folder / FILE_NAME)
    old.execute("DROP TABLE file_state; DROP TABLE first_invite; DELETE FROM migrations WHERE number = 7")
    old.execute(made) if made else None
    old.close()
    store = Database(filled.folder)
    assert campaigns.was_ever_invited(store) == closed
    store.close()


def test_closed_is_closed_in_copies_and_over_older_files(filled, tmp_path):
    copying.copy(filled, tmp_path / "before")
    with filled.writing() as cursor:
        campaigns.close_to_strangers(filled, cursor)
    copying.copy(filled, tmp_path / "after")
    filled.close()
    shutil.copy(tmp_path / "before" / FILE_NAME, filled.folder / FILE_NAME)
    (tmp_path / "after" / campaigns.INVITED_FILE).unlink()
    for folder in (tmp_path / "after", filled.folder):
        store = Database(folder)
        assert campaigns.was_ever_invited(store)
        store.close()
