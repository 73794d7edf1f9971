"""Which audio files lie under a folder, and under which names votes may mean them."""

from pathlib import Path

import pandas as pd
import soundfile

from emo_core.errors import BadInput

# Best first: where one clip lies there in two formats, the first is taken.
SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".webm", ".aif", ".aiff")


def audio_root(folder: Path | str) -> Path:
    """The folder, resolved. Raises BadInput where it is not there."""
    root = Path(folder).expanduser().resolve()
    if not root.is_dir():
        raise BadInput(f"There is no audio folder {root}. Check the path.")
    return root


def find_audio(folder: Path | str) -> tuple[pd.DataFrame, list[str]]:
    """All audio files under a folder, and notes on those left out.

    Returns a table with columns key (the path below the folder without its ending, and the bare name where it is the
    only one), audio (the path below the folder) and duration_s (NaN where the header cannot be read).
    """
    root = audio_root(folder)
    files, notes = _files(root)
    rows = [(audio.rsplit(".", 1)[0], audio) for audio in files]
    bare = pd.DataFrame([(path.rsplit("/", 1)[-1], audio) for path, audio in rows], columns=["key", "audio"])
    doubled = bare["key"].duplicated(keep=False)
    if doubled.any():
        notes.append(
            f"{bare['key'][doubled].nunique():,} audio file names stand in several folders (first: "
            f"{bare['key'][doubled].iloc[0]}); clips find these by their path below the audio root only."
        )
    table = pd.concat([pd.DataFrame(rows, columns=["key", "audio"]), bare[~doubled]]).drop_duplicates("key")
    seconds = {audio: duration(root / audio) for audio in files}
    return table.assign(duration_s=table["audio"].map(seconds).astype(float)).reset_index(drop=True), notes


def _files(root: Path) -> tuple[list[str], list[str]]:
    """Paths below the root, one a clip (the best format), sorted; links that lead out of it are left out."""
    best: dict[str, str] = {}
    outside = 0
    for suffix in SUFFIXES:
        for path in sorted(root.rglob("*")):
            if path.suffix.lower() != suffix or not path.is_file():
                continue
            if not path.resolve().is_relative_to(root):
                outside += 1
                continue
            relative = path.relative_to(root).as_posix()
            best.setdefault(relative.rsplit(".", 1)[0], relative)
    notes = [f"{outside:,} links lead out of the audio root and were left out."] if outside else []
    return sorted(best.values()), notes


def duration(path: Path) -> float:
    """Seconds that the header states, NaN where it cannot be read (Browse then says what is wrong with the file)."""
    try:
        return soundfile.info(path).duration
    except (soundfile.LibsndfileError, OSError):
        return float("nan")
