"""Verbs that look for what is wrong with a corpus."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from emo_core.audio import contained
from emo_core.audio.health import PROBLEMS, SoundHealth, examine_many, stamp_of
from emo_core.errors import BadInput
from emo_core.store import Database
from emo_core.store import health as stored

MEANINGS = PROBLEMS | stored.TABLE_PROBLEMS
_KEPT_AT_ONCE = 200  # clips: an interrupted look loses so many at most
_COLUMNS = ("content_hash", "duration_s", "sample_rate", "channels", "peak_dbfs", "rms_dbfs", "problem")


def health(store: Database, corpus: str, examine: bool = True) -> dict:
    """What is wrong with a corpus: every kind of problem with its clips. With `examine` off, sound that was not looked at
    yet stays so.
    """
    if examine:
        examine_sound(store, corpus)
    return stored.report(store, corpus, MEANINGS)


def examine_sound(
    store: Database,
    corpus: str,
    *,
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> int:
    """Look at the sound of every clip whose file is new or has changed, and keep what was found; returns how many.

    progress(done, all) is called on the way; where `stop` says True, what was found so far is kept. Raises UnknownName.
    """
    root, clips = stored.clips_with_audio(store, corpus)
    known = stored.stamps(store, corpus)
    stamp_of = {number: _stamp(root, audio, start, end) for number, audio, start, end in clips}
    stale = [row for row in clips if row[0] not in known or known[row[0]] != stamp_of[row[0]]]
    examined, done = _examined(root, stale, stop), 0
    while part := list(islice(examined, _KEPT_AT_ONCE)):
        stored.keep_sound(store, [_row(number, found, stamp_of[number]) for number, found in part])
        done += len(part)
        if progress:
            progress(done, len(stale))
    return done


def _examined(
    root: Path | None, clips: list[tuple], stop: Callable[[], bool] | None
) -> Iterator[tuple[int, SoundHealth]]:
    return examine_many(root, clips, stop=stop) if clips else iter(())


def _stamp(root: Path | None, audio: str, start_s: float | None, end_s: float | None) -> str | None:
    """The stamp of a clip's file; None where the file is not there."""
    try:
        return stamp_of(contained(root, audio).stat(), start_s, end_s)
    except (OSError, BadInput, TypeError):
        return None


def _row(number: int, found: SoundHealth, stamp: str | None) -> dict:
    return {
        "clip_id": number,
        "file_stamp": stamp,
        "codes": list(found.codes),
        **{name: getattr(found, name) for name in _COLUMNS},
    }
