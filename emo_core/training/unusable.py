"""Which clips a training cannot use, and why: told before it starts, all at once, from headers and from what is known of their sound.

Light: no sample is decoded but of files that an earlier look found damaged. What only decoding shows, the job's own look finds.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from emo_core import audio
from emo_core.annotators.clips import Clip
from emo_core.audio.health import PROBLEMS, stamp_of
from emo_core.errors import AudioError, BadInput
from emo_core.training.data import DAMAGE, LENGTHS, check_length

REASONS = PROBLEMS | LENGTHS
NAMED = 5  # in a message
_FATAL = {"missing", "outside_root", "unreadable", "wrong_span", "browser_only", *DAMAGE}


@dataclass(frozen=True)
class Look:
    """What the page Health kept of a clip's sound: the stamp of its file then, seconds (None: unreadable), keys of `PROBLEMS`."""

    stamp: str | None
    seconds: float | None
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Fault:
    """A clip that cannot be used. `code`: a key of `REASONS`; `problem`: a sentence."""

    clip: str
    code: str
    problem: str


def faults(
    clips: Iterable[Clip], longest_s: float, looks: Mapping[tuple[str, str], Look] | None = None
) -> tuple[Fault, ...]:
    """The clips that a model which takes `longest_s` seconds cannot use, as far as headers tell and `looks`, by corpus and name."""
    known = looks or {}
    found = (_fault(clip, longest_s, known.get((clip.corpus, clip.name))) for clip in clips)
    return tuple(fault for fault in found if fault)


def _fault(clip: Clip, longest_s: float, look: Look | None) -> Fault | None:
    """Its fault; None where it can be used."""
    try:
        file = Path(clip.root, clip.audio).stat()
        stamp = stamp_of(file, clip.start_s, clip.end_s)
    except (OSError, ValueError):
        stamp = None
    known = look is not None and stamp is not None and look.stamp == stamp
    sound = known and not _FATAL & set(look.codes) and look.seconds is not None
    seconds, code, problem = (look.seconds, "", "") if sound else _looked_at(clip, stamp, known)
    if not code:
        try:
            check_length(seconds, longest_s)
        except AudioError as error:
            code, problem = error.code, str(error)
    return Fault(clip.clip, code, problem) if code else None


@lru_cache(maxsize=200_000)
def _looked_at(clip: Clip, stamp: str | None, closely: bool) -> tuple[float, str, str]:
    """Seconds, then code and problem, empty where there is none; once for each state (`stamp`) of the file."""
    try:
        if closely:  # damaged when it was last examined: decoded, since what counts as damage may have changed
            found = audio.inspect(clip.path, clip.start_s, clip.end_s)
            for code, sentence in zip(found.codes, found.problems):
                if code in _FATAL:
                    return 0.0, code, sentence
            return found.duration_s, "", ""
        return audio.glance(clip.path, clip.start_s, clip.end_s), "", ""
    except (AudioError, BadInput, OSError, ValueError) as error:
        code = "outside_root" if isinstance(error, BadInput) else getattr(error, "code", "unreadable")
        return 0.0, code, str(error)


def counts(found: Iterable[Fault]) -> dict[str, int]:
    """How many clips for each reason, in words."""
    tally = Counter(REASONS.get(fault.code, fault.code) for fault in found)
    return dict(tally.most_common())


def sentence(found: Sequence[Fault]) -> str:
    """How many clips cannot be used, the first of them, and what to do."""
    first = "; ".join(f"{fault.clip}: {fault.problem.rstrip('.')}" for fault in found[:NAMED])
    more = f"; and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
    number = "1 clip" if len(found) == 1 else f"{len(found):,} clips"
    return (
        f"The sound of {number} cannot be used. {first}{more}. Leave them out of this training "
        "(`--skip-unusable`, or the box on the page Train), or out of the study (`study add --without-clip`)."
    )
