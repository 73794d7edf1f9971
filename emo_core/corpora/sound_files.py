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

    Returns a table with columns key (the path below the folder; that without its ending; and the bare name where it
    stands in one folder only), audio (the path below the folder) and duration_s (NaN where the header cannot be read).
    Where names without ending lead to several formats, the first of `SUFFIXES` is taken.
    """
    root = audio_root(folder)
    files, notes = _files(root)
    stems = {file: file.rsplit(".", 1)[0] for file in files}
    folders: dict[str, set[str]] = {}
    for stem in stems.values():
        folders.setdefault(stem.rsplit("/", 1)[-1], set()).add(stem)
    doubled = sorted(name for name, places in folders.items() if len(places) > 1)
    if doubled:
        notes.append(
            f"{len(doubled):,} audio file names stand in several folders (first: {doubled[0]}); clips find these by their "
            "path below the audio root only."
        )
    bare = [(stem.rsplit("/", 1)[-1], file) for file, stem in stems.items()]
    keys = [(file, file) for file in files] + [(stem, file) for file, stem in stems.items()]
    keys += [(name, file) for name, file in bare if len(folders[name]) == 1]
    table = pd.DataFrame(keys, columns=["key", "audio"]).drop_duplicates("key")
    seconds = {file: duration(root / file) for file in files}
    return table.assign(duration_s=table["audio"].map(seconds).astype(float)).reset_index(drop=True), notes


def _files(root: Path) -> tuple[list[str], list[str]]:
    """Paths below the root, best formats first; links that lead out of it are left out."""
    found, outside, unnamed = [], 0, 0
    for path in root.rglob("*"):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            name = path.relative_to(root).as_posix()
            if not path.resolve().is_relative_to(root):
                outside += 1
            elif not name.isprintable():  # bytes that are not UTF-8, control characters
                unnamed += 1
            else:
                found.append(name)
    notes = [f"{outside:,} links lead out of the audio root and were left out."] if outside else []
    if unnamed:
        notes.append(f"{unnamed:,} audio files have names that are not UTF-8 text and were left out.")
    return sorted(found, key=lambda file: (SUFFIXES.index(Path(file).suffix.lower()), file)), notes


def duration(path: Path) -> float:
    """Seconds that the header states, NaN where it cannot be read (Browse then says what is wrong with the file)."""
    try:
        return soundfile.info(path).duration
    except (soundfile.LibsndfileError, OSError):
        return float("nan")
