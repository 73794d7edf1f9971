"""The ear test: which samples were heard, and which a listener rejected.

What is heard is an event, a line of `<store>/augmentation/<study>.jsonl`, appended by one write; nothing in it is ever changed. An
undone verdict is another event. The verdicts that stand follow from all events, whatever the settings that made the samples: the
name of a sample holds its parents, λ and seed.
"""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from emo_core.augmentation.samples import Sample
from emo_core.errors import UnknownName
from emo_core.jobs import files
from emo_core.science import wilson_interval
from emo_core.seeding import number_from

FOLDER = "augmentation"
VERDICTS = ("kept", "rejected")
_UNDONE = "undone"


@dataclass(frozen=True)
class Verdicts:
    """What stands: for each sample that was heard "kept" or "rejected", the latest verdict last."""

    standing: Mapping[str, str]

    def of(self, wanted: str) -> frozenset[str]:
        """Names of the samples with this verdict."""
        return frozenset(name for name, verdict in self.standing.items() if verdict == wanted)

    @property
    def rejected(self) -> frozenset[str]:
        """Names of the rejected samples."""
        return self.of("rejected")

    def last_of(self, samples: Collection[str]) -> str | None:
        """Which of these samples was judged last; None where no verdict on any of them stands."""
        return next((name for name in reversed(self.standing) if name in samples), None)

    def share(self, samples: Collection[str]) -> dict[str, object]:
        """How many of these samples were heard and rejected, and the share rejected with its Wilson 95 % interval.

        The samples to be heard come in a seeded order, so that those heard so far are a random part of all.
        """
        verdicts = [self.standing[name] for name in samples if name in self.standing]
        heard, rejected = len(verdicts), verdicts.count("rejected")
        low, high = (float(end) for end in wilson_interval(rejected, heard))
        told = {"samples": len(samples), "heard": heard, "kept": heard - rejected, "rejected": rejected}
        if not heard:
            return told | {"share_rejected": None, "interval": [None, None], "undefined": "no sample was heard yet"}
        return told | {"share_rejected": rejected / heard, "interval": [low, high]}


def path_of(store: Path, study_id: int) -> Path:
    """Where the events of a study are kept. Numbers of studies are never given twice."""
    return store / FOLDER / f"{study_id}.jsonl"


def read(path: Path) -> Verdicts:
    """The verdicts that stand; none where nothing was heard."""
    standing: dict[str, str] = {}
    for event in files.read_lines(path)[0]:
        standing.pop(event["sample"], None)  # the latest verdict stands last
        if event["verdict"] in VERDICTS:
            standing[event["sample"]] = event["verdict"]
    return Verdicts(standing)


def judge(path: Path, sample: Sample, verdict: str) -> None:
    """Note a verdict on a sample, with its parents and λ. Raises UnknownName for another verdict than those of `VERDICTS`."""
    if verdict not in VERDICTS:
        raise UnknownName("verdict on a sample", verdict, VERDICTS)
    made_of = {"clip_i": sample.clip_i, "clip_j": sample.clip_j, "lam": sample.lam, "seed": sample.seed}
    _note(path, sample.id, verdict, made_of)


def take_back(path: Path, sample: str) -> None:
    """Take the standing verdict on a sample back: it waits to be heard again. Without one nothing is noted."""
    if sample in read(path).standing:
        _note(path, sample, _UNDONE, {})


def _note(path: Path, sample: str, verdict: str, about: Mapping[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    files.append_line(path, files.as_line({"at": time.time(), "sample": sample, "verdict": verdict} | dict(about)))


def in_order(samples: Collection[str], seed: int) -> list[str]:
    """The samples in the seeded order in which they are heard; it does not depend on how they are given."""
    return sorted(samples, key=lambda name: number_from(seed, "hear", name))
