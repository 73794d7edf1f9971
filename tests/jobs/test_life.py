"""Jobs as real processes: they end in every way, are killed in every way, and are told truthfully."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from emo_core import jobs
from emo_core.errors import BadInput, JobError, UnknownName
from emo_core.jobs import control, files, processes
from tests.conftest import ROOT
from tests.jobs.conftest import ended, family, gone, make, until

KEY = "AIza/Test+Key_0123456789"


@pytest.mark.parametrize(
    ("what", "state", "rc", "words"),
    [
        ("count", "done", 0, ""),
        ("refuse", "failed", 1, "A grid needs a seed; it has none. Add one."),
        ("starve", "failed", 1, "memory was not enough"),
        ("unknown", "failed", 1, "KeyError: 'unknown'"),
        ("crash", "failed", -11, "killed by signal 11 (SIGSEGV)"),
        ("late_crash", "done", -11, ""),
    ],
)
def test_how_work_ends(root, what, state, rc, words):
    folder = make(root, what)
    jobs.start(folder)
    status = ended(folder)
    assert (status.state, status.rc) == (state, rc)
    assert words in status.reason
    if state == "failed" and rc == 1:
        assert "Traceback" in files.last_lines(folder)


def test_a_job_outlives_its_starter(root):
    folder = make(root, "count", steps=50, every_s=0.02)
    code = (
        "import os, signal, sys; from pathlib import Path; from emo_core import jobs;"
        "jobs.start(Path(sys.argv[1])); os.killpg(0, signal.SIGKILL)"
    )
    starter = subprocess.run([sys.executable, "-c", code, str(folder)], cwd=ROOT, start_new_session=True)
    assert starter.returncode == -signal.SIGKILL
    assert jobs.status(folder).state in jobs.ALIVE
    status = ended(folder)
    assert status.state == "done"
    assert (status.progress.done, status.progress.total) == (50, 50)
    assert files.read_json(folder / files.RESULT) == {"counted": 50, "from": 0}


def test_the_work_is_killed(root):
    folder = make(root, "orphan")
    jobs.start(folder)
    work, child = family(folder)
    os.kill(work, signal.SIGKILL)
    status = ended(folder)
    assert (status.state, status.rc) == ("failed", -9)
    assert "killed by signal 9 (SIGKILL), often the system's answer to too little memory" in status.reason
    until(lambda: gone(child))


@pytest.mark.parametrize("both", [False, True])
def test_the_supervisor_is_killed_and_the_work_does_not_live_on(root, both):
    folder = make(root, "orphan")
    supervisor = jobs.start(folder).pid
    work, child = family(folder)
    for pid in (supervisor, work) if both else (supervisor,):
        os.kill(pid, signal.SIGKILL)
    until(lambda: gone(work))
    status = jobs.status(folder)
    assert status.state == "lost" and "its processes are gone" in status.reason
    assert not gone(child)
    assert jobs.cancel(folder).state == "cancelled"
    until(lambda: gone(child))


def test_a_deaf_family_is_killed_after_the_grace(root):
    folder = make(root, "deaf_tree")
    jobs.start(folder)
    pids = family(folder)
    assert len(pids) == 3 and not any(map(gone, pids))
    status = jobs.cancel(folder, grace_s=0.3)
    assert status.state == "cancelled" and "did not end within the grace" in status.reason
    assert all(map(gone, pids))


@pytest.mark.parametrize("whom", ["work", "supervisor"])
def test_a_stopped_process_hears_the_request_too(root, whom):
    folder = make(root, "count", steps=10_000)
    jobs.start(folder)
    card = until(lambda: (card := files.read_json(folder / files.PROCESS))["started_at"] and card)
    until(lambda: jobs.status(folder).progress.done)
    os.kill(card["work_pid"] if whom == "work" else card["pid"], signal.SIGSTOP)
    status = jobs.cancel(folder)
    assert status.state == "cancelled" and "killed" not in status.reason


def test_a_supervisor_that_does_not_answer_is_replaced(root, monkeypatch):
    folder = make(root, "orphan")
    supervisor = jobs.start(folder).pid
    pids = family(folder)
    monkeypatch.setattr(processes, "wake", lambda found: None)
    monkeypatch.setattr(control, "FORCE_S", 0.3)
    os.kill(supervisor, signal.SIGSTOP)
    assert jobs.cancel(folder, grace_s=0).state == "cancelled"
    assert all(map(gone, [supervisor, *pids]))


def test_a_signal_of_the_system_ends_a_job_in_order(root):
    folder = make(root, "count", steps=10_000)
    supervisor = jobs.start(folder).pid
    until(lambda: jobs.status(folder).progress.done)
    os.kill(supervisor, signal.SIGTERM)
    status = ended(folder)
    assert status.state == "cancelled"
    assert "SIGTERM" in status.reason and "can be resumed" in status.reason


def test_resume_goes_on_where_it_stopped(root):
    folder = make(root, "count", steps=60, every_s=0.02)
    jobs.start(folder)
    until(lambda: jobs.status(folder).progress.done)
    with pytest.raises(JobError, match="stop it before"):
        jobs.start(folder)
    first = jobs.cancel(folder)
    assert first.state == "cancelled" and 0 < first.progress.done < 60
    assert jobs.start(folder).state in jobs.ALIVE
    status = ended(folder)
    assert (status.state, status.attempt) == ("done", 2)
    begun = files.read_json(folder / files.RESULT)["from"]
    assert 0 < begun < 60
    attempts, _ = files.read_lines(folder / files.ATTEMPTS)
    assert [attempt["state"] for attempt in attempts] == ["cancelled"]
    with pytest.raises(JobError, match="nothing to resume"):
        jobs.start(folder)
    assert jobs.cancel(folder) == status


def test_a_slow_stop_spares_the_attempt_after_it(root, monkeypatch):
    """Who stops looks now and then whether it has ended; meanwhile it may have ended and been resumed."""
    folder = make(root, "count", steps=40, every_s=0.02)
    jobs.start(folder)
    until(lambda: jobs.status(folder).progress.done)
    look = control._ends_within

    def late(*args):
        until(lambda: jobs.status(folder).state == "cancelled")
        control._file_away(folder)  # the first thing that a resume does
        return look(*args)

    monkeypatch.setattr(control, "_ends_within", late)
    status = jobs.cancel(folder, grace_s=0)
    assert (status.state, status.attempt) == ("made", 2)


def test_what_a_lost_job_left_behind_is_gone_before_it_is_resumed(root):
    folder = make(root, "orphan")
    supervisor = jobs.start(folder).pid
    _, child = family(folder)
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: jobs.status(folder).state == "lost")
    (folder / "pids.json").unlink()
    jobs.start(folder)
    assert gone(child)
    assert files.read_lines(folder / files.ATTEMPTS)[0][0]["state"] == "lost"
    family(folder)
    assert jobs.cancel(folder, grace_s=0).state == "cancelled"


def test_of_two_starts_at_once_one_is_refused(root):
    folder = make(root, "count", steps=100)
    outcomes = []

    def start() -> None:
        try:
            outcomes.append(jobs.start(folder).state)
        except JobError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([outcome for outcome in outcomes if outcome in jobs.ALIVE]) == 1
    assert all("Job 1 is" in outcome for outcome in outcomes if outcome not in jobs.ALIVE)
    second = subprocess.run(
        [sys.executable, "-c", "import sys; from pathlib import Path; from emo_core.jobs import supervisor;"
         "supervisor.LOCK_PATIENCE_S = 0; supervisor.supervise(Path(sys.argv[1]))", str(folder)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert "has a supervisor already" in second.stderr
    assert ended(folder).state == "done"


def test_a_pid_that_another_process_got_is_not_ours(root):
    folder = make(root, "count")
    stranger = psutil.Process(os.getppid())
    card = processes.card() | {"executor": "local", "asked_at": 1.0, "started_at": 2.0}
    files.write_json(folder / files.PROCESS, card | {"pid": stranger.pid, "create_time": stranger.create_time() - 60})
    assert jobs.status(folder).state == "lost"
    assert jobs.cancel(folder).state == "cancelled"
    assert stranger.is_running()


def test_another_machine_is_not_judged_by_our_pids(root):
    folder = make(root, "count")
    card = processes.card() | {"executor": "local", "asked_at": 1.0, "started_at": 2.0, "host": "elsewhere"}
    files.write_json(folder / files.PROCESS, card)
    assert jobs.status(folder).state == "running"
    with pytest.raises(JobError, match="Job 1 is running"):
        jobs.start(folder)
    long_ago = time.time() - 3600
    os.utime(folder / files.PROCESS, (long_ago, long_ago))
    assert jobs.status(folder).state == "lost"


def test_what_is_missing_is_said_and_nothing_is_run(root):
    folder = make(root, "count", needs=jobs.Needs(disk_mb=10**9, memory_mb=10**9))
    jobs.start(folder)
    status = ended(folder)
    assert status.state == "failed" and status.started_at is None
    assert "MB free, the work needs 1,000,000,000 MB" in status.reason and "MB of memory" in status.reason
    assert not (folder / "place.txt").exists()
    assert jobs.preflight(folder, jobs.Needs(disk_mb=1, memory_mb=1)) == []


def test_a_key_is_in_no_file(root):
    folder = make(root, "spill")
    jobs.start(folder, {"GEMINI_API_KEY": KEY})
    status = ended(folder)
    assert status.state == "failed"
    assert status.reason == "ConnectionError: 401 for •••"
    log = (folder / files.LOG).read_text()
    assert log.count("•••") >= 5 and "child •••" in log
    for path in (path for path in root.rglob("*") if path.is_file()):
        text = path.read_text()
        assert KEY not in text and KEY.replace("/", "%2F") not in text, path


def test_jobs_get_numbers_and_are_listed(root):
    folders = [make(root, "count") for _ in range(3)]
    assert [folder.name for folder in folders] == ["1", "2", "3"]
    (folders[1] / files.SPEC).write_text("{")
    listed = jobs.list_jobs(root)
    assert [job.spec.number for job in listed] == [3, 2, 1]
    assert "no readable spec.json" in listed[1].status.reason
    assert {job.status.state for job in listed} == {"made", "lost"}
    assert jobs.cancel(folders[0]).state == "cancelled"
    with pytest.raises(BadInput, match="There is a job 2 already"):
        jobs.make(root, jobs.Spec("test", "t", "tests.jobs.works", number=2))
    with pytest.raises(UnknownName, match="no job '9'"):
        jobs.find(root, 9)
    with pytest.raises(UnknownName, match="resource"):
        jobs.Spec("test", "t", "tests.jobs.works", "tape")
    with pytest.raises(BadInput, match="Python module"):
        jobs.Spec("test", "t", "rm -rf")


def test_the_command_line_shows_stops_and_resumes(store):
    from emo_core import verbs

    folder = make(store.folder / "jobs", "count", steps=10_000, every_s=0.05)
    with pytest.raises(UnknownName):
        verbs.run(store, "jobs resume", {"number": 4})
    assert verbs.run(store, "jobs resume", {"number": 1})["state"] in jobs.ALIVE
    until(lambda: jobs.status(folder).progress.done)
    following = subprocess.Popen(
        [sys.executable, "-m", "emo_core", "--store", str(store.folder), "jobs", "log", "1", "--follow"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    first = following.stdout.readline()  # while this process owns the store
    assert verbs.run(store, "jobs cancel", {"number": 1})["state"] == "cancelled"
    shown = verbs.run(store, "jobs show", {"number": 1})
    assert shown["state"] == "cancelled" and shown["figures"]["loss"] > 0 and shown["attempts"] == []
    assert [row["number"] for row in verbs.run(store, "jobs list", {})] == [1]
    (folder / "settings.json").write_text(json.dumps({"what": "unknown"}))
    printed = first + following.stdout.read()  # to its end: it follows until the job has ended
    following.wait()
    assert printed == (folder / files.LOG).read_text() and first == "step 1\n"
    verbs.run(store, "jobs resume", {"number": 1})
    ended(folder)
    assert "KeyError" in verbs.run(store, "jobs log", {"number": 1})["log"]
    assert verbs.run(store, "jobs show", {"number": 1})["attempts"][0]["state"] == "cancelled"
