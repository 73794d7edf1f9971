"""Work for the tests: what it does stands in `settings.json` of the job's folder."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from emo_core.errors import BadInput
from emo_core.jobs.worker import Reporter, Stopped, carry_out


def count(folder: Path, reporter: Reporter, steps: int = 3, every_s: float = 0.01) -> None:
    """Count to `steps`, from where an earlier attempt stopped."""
    place = folder / "place.txt"
    begin = int(place.read_text()) if place.exists() else 0
    for step in range(begin, steps):
        if reporter.stopping:
            raise Stopped
        time.sleep(every_s)
        place.write_text(str(step + 1))
        print("step", step + 1)
        reporter.report(step + 1, steps, "counting", loss=1 / (step + 1))
    reporter.finish({"counted": steps, "from": begin})


def deaf_tree(folder: Path, reporter: Reporter) -> None:
    """A family of processes that ignore the request to end, one of them in a session of its own without the mark."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    code = (
        "import signal,subprocess,sys,time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'], env={}, start_new_session=True);"
        "print(p.pid, flush=True); time.sleep(300)"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pids = [os.getpid(), child.pid, int(child.stdout.readline())]
    (folder / "pids.json").write_text(json.dumps(pids))
    time.sleep(300)


def orphan(folder: Path, reporter: Reporter) -> None:
    """Begin a process that would outlive the work, then go on for long."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    (folder / "pids.json").write_text(json.dumps([os.getpid(), child.pid]))
    time.sleep(300)


def spill(folder: Path, reporter: Reporter) -> None:
    """Say the key wherever work can say something, in C and in a child too."""
    key = os.environ["GEMINI_API_KEY"]
    print("printed", key, "https://example.org/?key=" + key.replace("/", "%2F"))
    os.write(2, key[:9].encode())
    time.sleep(0.1)
    os.write(2, key[9:].encode())
    subprocess.run([sys.executable, "-c", "import os; print('child', os.environ['GEMINI_API_KEY'])"], check=True)
    reporter.report(1, 2, f"asking with {key}")
    reporter.finish({"url": key})
    raise ConnectionError(f"401 for {key}")


def refuse(folder: Path, reporter: Reporter) -> None:
    raise BadInput("A grid needs a seed; it has none. Add one.")


def starve(folder: Path, reporter: Reporter) -> None:
    raise MemoryError


def crash(folder: Path, reporter: Reporter) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def late_crash(folder: Path, reporter: Reporter) -> None:
    """Finish, then die while the interpreter is taken down, as native libraries do."""
    import atexit

    reporter.finish({"kept": True})
    atexit.register(os.kill, os.getpid(), signal.SIGSEGV)


def work(folder: Path, reporter: Reporter) -> None:
    settings = json.loads((folder / "settings.json").read_text())
    globals()[settings.pop("what")](folder, reporter, **settings)


if __name__ == "__main__":
    carry_out(work)
