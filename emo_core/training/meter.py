"""What a run took, over all its attempts: seconds of work, and energy where the machine has a counter for it.

The account stands in `meter.json` in the run's folder and grows every few seconds, so that a killed attempt counts too, but for
those. A counter is of a whole card or processor: what others did there meanwhile is in it.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from emo_core.jobs import files
from emo_core.training import hardware

FILE = "meter.json"
EVERY_S = 5.0  # Linux's counter begins again after 262 kJ on many processors: 40 minutes at 100 W
J_A_KWH = 3.6e6
_POWERCAP = Path("/sys/class/powercap")


@dataclass(frozen=True)
class Counter:
    """A counter of energy. `read` gives joules since some moment, None where it does not answer; where it begins again after
    `range_j`, that is told, else it never does.
    """

    name: str
    read: Callable[[], float | None]
    range_j: float | None = None


def counters(gpus: Sequence[str | None]) -> list[Counter]:
    """Those of this machine that a run uses: of the GPUs that it trains on, by uuid, and the processors' where Linux lets them be read."""
    names = ["GPU"] if len(gpus) == 1 else [f"GPU {number}" for number in range(1, len(gpus) + 1)]
    return [Counter(name, partial(_joules, uuid)) for name, uuid in zip(names, gpus)] + processor_counters()


def _joules(uuid: str | None) -> float | None:
    return getattr(hardware.gpu(uuid), "energy_j", None)


def processor_counters(root: Path = _POWERCAP) -> list[Counter]:
    """Running Average Power Limit, a counter a socket; none where the files may not be read, as often only root may."""
    found = []
    for folder in sorted(root.glob("intel-rapl:*")):
        if folder.name.count(":") > 1 or not _text(folder / "name").startswith("package"):
            continue  # a part of a socket is in the socket's own counter
        reading = _microjoules(folder / "energy_uj")
        if reading() is not None:
            found.append(
                Counter(f"processor {len(found) + 1}", reading, _microjoules(folder / "max_energy_range_uj")())
            )
    return found


def _microjoules(path: Path) -> Callable[[], float | None]:
    def read() -> float | None:
        text = _text(path)
        return int(text) / 1e6 if text.isdecimal() else None

    return read


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


class Meter:
    """The account of a run, from this attempt on.

    seconds     of work so far, all attempts
    attempts    with this one
    energy_j    by counter; None for one that did not answer all the while
    """

    def __init__(self, folder: Path, counters: Sequence[Counter]):
        self._path, self._counters = folder / FILE, list(counters)
        before = files.read_json(self._path) or {"seconds": 0.0, "attempts": 0, "energy_j": None}
        self.seconds, self.attempts = before["seconds"], before["attempts"] + 1
        kept = before["energy_j"] if before["attempts"] else {counter.name: 0.0 for counter in self._counters}
        names = {counter.name for counter in self._counters} | set(kept)
        # What only some of the attempts had is not known for the run.
        self.energy_j = {name: kept.get(name) if self._has(name) else None for name in names}
        self._at, self._readings = time.monotonic(), self._read()
        self._keep()

    def look(self, *, now: bool = False) -> None:
        """Go on with the account; cheap, as it is written every few seconds only, or `now`."""
        if not now and time.monotonic() - self._at < EVERY_S:
            return
        at, readings = time.monotonic(), self._read()
        self.seconds += at - self._at
        for counter in self._counters:
            used = _used(self._readings[counter.name], readings[counter.name], counter.range_j)
            so_far = self.energy_j[counter.name]
            self.energy_j[counter.name] = None if used is None or so_far is None else so_far + used
        self._at, self._readings = at, readings
        self._keep()

    def energy_kwh(self) -> float | None:
        """Of all counters that are known throughout; None where there is none."""
        known = [joules for joules in self.energy_j.values() if joules is not None]
        return sum(known) / J_A_KWH if known else None

    def energy_of(self) -> list[str]:
        """Names of the counters in `energy_kwh`."""
        return sorted(name for name, joules in self.energy_j.items() if joules is not None)

    def _has(self, name: str) -> bool:
        return any(counter.name == name for counter in self._counters)

    def _read(self) -> dict[str, float | None]:
        return {counter.name: counter.read() for counter in self._counters}

    def _keep(self) -> None:
        account = {"seconds": self.seconds, "attempts": self.attempts, "energy_j": self.energy_j}
        files.write_json(self._path, account)


def _used(before: float | None, after: float | None, range_j: float | None) -> float | None:
    """Joules between two readings; None where one is missing or the counter was set back."""
    if before is None or after is None:
        return None
    if after >= before:
        return after - before
    return None if range_j is None else after - before + range_j
