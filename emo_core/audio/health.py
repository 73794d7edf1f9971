"""What is wrong with the sound of a corpus: each clip's file, or span of one, looked at once.

A clip whose file is fine has no codes and no problem. Whatever is wrong with a file is told, never raised, so that one bad
file does not hide the others. Each file is read in blocks, twice when the clip is a whole file: once for its hash, once
for its samples; the second time it comes from the operating system's memory.

Levels are in dB relative to full scale (dBFS, AES17): 0 for a sample of magnitude 1, and for the root mean square of a
square wave at full scale (a sine at full scale has −3.01).
"""

import hashlib
import math
import os
import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from emo_core.audio.files import AudioFacts, contained, inspect
from emo_core.errors import AudioError, BadInput

NEAR_SILENT_DBFS = -60.0
PROBLEMS: dict[str, str] = {
    "missing": "the audio file is not there",
    "outside_root": "the audio path is not one below the audio root",
    "unreadable": "the audio file cannot be read",
    "wrong_span": "the clip's start and end do not lie in its file",
    "browser_only": "only a browser can play the file (M4A, WebM); its sound was not examined",
    "broken_off": "the audio breaks off before its end",
    "uncertain_length": "the file does not say how long it is, or changes on the way: parts may be left out",
    "silent": "digital silence: all samples are 0",
    "near_silent": "almost silent: no sample reaches −60 dBFS",
    "clipped": "clipping: three or more samples in a row at full scale",
    "not_numbers": "samples that are not numbers",
}
_ODD = 5.0  # median absolute deviations, as in the store's view `clip_problems`
_POLL_S = 0.2  # how often `stop` is asked while a file is read


@dataclass(frozen=True)
class SoundHealth:
    """What was found in the sound of one clip. Numbers are None where the sound cannot be read.

    content_hash         BLAKE2b of the file's bytes, followed by `:first-last` in frames where the clip is a part of the
                         file. Clips with equal hashes have the same sound; the same sound in another format, or cut out of a
                         longer file, has another hash. None where nothing can be heard
    duration_s           seconds that are there
    sample_rate          Hz
    peak_dbfs, rms_dbfs  at most 0 (files of floats may go beyond); −inf for digital silence. RMS is over all channels
    leading_silence_s, trailing_silence_s
                         seconds at the ends in which no channel reaches −60 dBFS; both the whole duration where none does
    codes                keys of `PROBLEMS`
    problem              a sentence for each code; None where there is none
    """

    content_hash: str | None = None
    duration_s: float | None = None
    sample_rate: int | None = None
    channels: int | None = None
    peak_dbfs: float | None = None
    rms_dbfs: float | None = None
    leading_silence_s: float | None = None
    trailing_silence_s: float | None = None
    codes: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def silent(self) -> bool:
        """Whether every sample is 0."""
        return "silent" in self.codes

    @property
    def near_silent(self) -> bool:
        """Whether there is sound, none of which reaches −60 dBFS."""
        return "near_silent" in self.codes

    @property
    def clipped(self) -> bool:
        """Whether three or more samples in a row are at full scale."""
        return "clipped" in self.codes


def examine(path: Path | str, start_s: float | None = None, end_s: float | None = None) -> SoundHealth:
    """What is wrong with one file, or with the span of it from `start_s` to `end_s` seconds. Raises nothing for a bad file."""
    path = Path(path)
    return _examine(path, start_s, end_s, lambda: _hash(path))


def examine_many(
    root: Path | str | None,
    clips: Iterable[tuple[Hashable, str, float | None, float | None]],
    *,
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
    workers: int = 2,
) -> Iterator[tuple[Hashable, SoundHealth]]:
    """Key and findings of every clip: `clips` are (key, path below the audio root, start and end in seconds or None).

    Clips of one file come one after the other, files in the order in which they are first named; a file is hashed once,
    however many clips are cut out of it. `workers` threads read at once, which pays where the disk is slow or far: with short
    WAVs in memory one is as fast as two. `progress(clips done, clips in all)` and `stop()` are called in the calling
    thread; where `stop` says True, the iteration ends.
    """
    of_file: dict[str, list] = {}
    for key, audio, start_s, end_s in clips:
        of_file.setdefault(audio, []).append((key, start_s, end_s))
    total, done, ended = sum(map(len, of_file.values())), 0, threading.Event()
    with ThreadPoolExecutor(workers) as threads:
        try:
            jobs = (threads.submit(_examine_file, root, audio, spans, ended) for audio, spans in of_file.items())
            for found in _in_turn(jobs, 4 * workers, stop):
                for pair in found:
                    done += 1
                    yield pair
                    if progress:
                        progress(done, total)
        finally:
            ended.set()


def duration_outliers(durations: np.ndarray | Iterable[float], *, deviations: float = _ODD) -> np.ndarray:
    """Which of the durations (seconds, shape (n,)) are unusually short or long; bool, shape (n,).

    Durations differ by factors, so their logarithm is judged: |ln d − median| > `deviations` · MAD, where MAD is the median
    absolute deviation, not scaled to a normal distribution (Leys et al. 2013, "Detecting outliers: Do not use standard
    deviation around the mean, use absolute deviation around the median"; 5 MAD are 3.4 standard deviations there). Missing
    durations and those not above 0 are not judged, nor is anything where more than half of them are equal (MAD 0).

    >>> duration_outliers([2.0, 2.2, 1.9, 2.1, 60.0, float("nan")])
    array([False, False, False, False,  True, False])
    """
    durations = np.asarray(durations, dtype=float)
    judged = np.isfinite(durations) & (durations > 0)
    outliers = np.zeros(durations.shape, dtype=bool)
    if judged.any():
        length = np.log(durations[judged])
        distance = np.abs(length - np.median(length))
        outliers[judged] = (distance > deviations * np.median(distance)) & (np.median(distance) > 0)
    return outliers


def _in_turn(jobs: Iterator[Future], ahead: int, stop: Callable[[], bool] | None) -> Iterator[list]:
    """The results of jobs in their order; ends where `stop` says so. `jobs` begins one whenever it is asked for the next: at
    most `ahead` are begun and not yet taken.
    """
    begun = deque(islice(jobs, ahead))
    while begun and _finished(begun[0], stop):
        yield begun.popleft().result()
        begun.extend(islice(jobs, 1))


def _finished(job: Future, stop: Callable[[], bool] | None) -> bool:
    """Waits for a job; False where `stop` said True first."""
    while not (stop and stop()):
        if wait([job], _POLL_S if stop else None).done:
            return True
    return False


def _examine_file(
    root: Path | str | None, audio: str, spans: list, ended: threading.Event
) -> list[tuple[Hashable, SoundHealth]]:
    """Findings for all clips of one file, or those up to the moment in which `ended` is set."""
    hashes: list[str] = []

    def hash_once() -> str:
        if not hashes:
            hashes.append(_hash(path))
        return hashes[0]

    try:
        path = contained(_root(root, audio), audio)
    except (AudioError, BadInput) as error:
        return [(key, _unheard(error)) for key, _, _ in spans]
    return [(key, _examine(path, start_s, end_s, hash_once)) for key, start_s, end_s in spans if not ended.is_set()]


def _root(root: Path | str | None, audio: str) -> Path | str:
    if root is None:
        raise AudioError(f"{audio} cannot be found: the corpus has no audio root. Import it with --audio.", "missing")
    return root


def _examine(path: Path, start_s: float | None, end_s: float | None, hashed: Callable[[], str]) -> SoundHealth:
    try:
        facts = inspect(path, start_s, end_s)
        content_hash = hashed() + _span(facts, start_s, end_s)
    except (AudioError, OSError, ValueError) as error:  # ValueError: a path that no file system takes
        return _unheard(error)
    codes, problems = list(facts.codes), list(facts.problems)
    if facts.peak and _dbfs(facts.peak) < NEAR_SILENT_DBFS:
        codes.append("near_silent")
        problems.append(f"Almost silent: the peak is {_dbfs(facts.peak):.1f} dBFS.")
    return SoundHealth(
        content_hash=content_hash,
        duration_s=facts.duration_s,
        sample_rate=facts.sample_rate,
        channels=facts.channels,
        peak_dbfs=_dbfs(facts.peak),
        rms_dbfs=_dbfs(facts.rms),
        **_silence(facts),
        codes=tuple(codes),
        problem=" ".join(problems) or None,
    )


def _unheard(error: Exception) -> SoundHealth:
    """What is told of a file that cannot be read."""
    code = "outside_root" if isinstance(error, BadInput) else getattr(error, "code", "unreadable")
    return SoundHealth(codes=(code,), problem=str(error))


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=20)).hexdigest()


def stamp_of(file: os.stat_result, start_s: float | None, end_s: float | None) -> str:
    """What tells whether a clip must be looked at again: size and time of its file, and its span."""
    return f"{file.st_size}:{file.st_mtime_ns}:{start_s}:{end_s}"


def _span(facts: AudioFacts, start_s: float | None, end_s: float | None) -> str:
    """What the hash of a part of a file ends with; spans that round to the same frames are the same part."""
    if facts.frames is None:
        return "" if start_s is None and end_s is None else f":{start_s}-{end_s}s"
    return f":{facts.span[0]}-{facts.span[1]}" if facts.span else ""


def _dbfs(level: float | None) -> float | None:
    return None if level is None else 20 * math.log10(level) if level else -math.inf


def _silence(facts: AudioFacts) -> dict[str, float | None]:
    """Seconds of silence at both ends."""
    if facts.frames is None:
        return {}
    first, last = facts.loud or (facts.frames, -1)
    return {
        "leading_silence_s": first / facts.sample_rate,
        "trailing_silence_s": (facts.frames - 1 - last) / facts.sample_rate,
    }
