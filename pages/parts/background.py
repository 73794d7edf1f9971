"""Work that goes on while pages come and go: one thread a task, in the server's process, found again by its key."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from emo_core.errors import WorkbenchError

_tasks: dict[Hashable, "Task"] = {}
_lock = threading.Lock()


@dataclass
class Task:
    """How far some work is. `total` is 0 until it is known; `error` is a sentence; `result` what the work returned."""

    done: int = 0
    total: int = 0
    now: str = ""
    error: str | None = None
    result: object = None
    finished: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)

    def report(self, done: int, total: int, now: str = "") -> None:
        """For the work to say how far it is."""
        self.done, self.total, self.now = done, total, now

    def stop(self) -> None:
        """Ask the work to end."""
        self._stop.set()

    def stopping(self) -> bool:
        """For the work to ask whether to end."""
        return self._stop.is_set()


def begin(key: Hashable, work: Callable[[Task], object]) -> Task:
    """Begin the work, unless it is going on already. `work(task)` runs in a thread; what it raises becomes `task.error`."""
    with _lock:
        if (task := _tasks.get(key)) and not task.finished:
            return task
        task = _tasks[key] = Task()

    def run() -> None:
        try:
            task.result = work(task)
        except WorkbenchError as error:
            task.error = str(error)
        except OSError as error:
            task.error = f"The operating system refused: {error}. Check the path and the space on its disk."
        except Exception as error:
            task.error = f"It failed inside the workbench: {type(error).__name__}: {error}. Please report it."
            raise
        finally:
            task.finished = True

    threading.Thread(target=run, daemon=True, name=f"task {key}").start()
    return task


def find(key: Hashable) -> Task | None:
    """The task of that key, going on or finished; None where there was none, or it was forgotten."""
    return _tasks.get(key)


def forget(key: Hashable) -> None:
    """Let go of a finished task, once the page has said how it ended."""
    with _lock:
        if key in _tasks and _tasks[key].finished:
            del _tasks[key]
