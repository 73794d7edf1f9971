"""Files that came through the browser, kept with the store so that a corpus's source can be read again."""

import hashlib
import re
from pathlib import Path

FOLDER = "uploads"
_DIGITS = 12


def keep(store_folder: Path, name: str, content: bytes) -> Path:
    """Write an uploaded file to `uploads/<start of its SHA-256>-<name>` below the store's folder, and say where.

    The same bytes under the same name are one file. Of the name, letters, digits, dots, hyphens and underscores stay.
    """
    digest = hashlib.sha256(content).hexdigest()[:_DIGITS]
    place = store_folder / FOLDER / f"{digest}-{safe_name(name)}"
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(f"{place.name}.draft")
        draft.write_bytes(content)
        draft.replace(place)
    return place


def safe_name(name: str) -> str:
    """A file's name that any system takes: no folders, nothing special, at most 60 characters with its ending.

    >>> safe_name("../my votes (2).csv"), safe_name("…")
    ('my_votes_2_.csv', 'file')
    """
    plain = re.sub(r"[^\w.-]+", "_", name.replace("\\", "/").rsplit("/", 1)[-1]).strip("._- ")
    stem, dot, ending = plain.rpartition(".")
    return (f"{stem[:45]}.{ending[:10]}" if dot else plain[:56]) or "file"


def given_name(path: Path) -> str:
    """What a file is called: an upload by the name that it came with.

    >>> given_name(Path("store/uploads/0123456789ab-votes.csv")), given_name(Path("elsewhere/votes.csv"))
    ('votes.csv', 'votes.csv')
    """
    kept = re.fullmatch(rf"[0-9a-f]{{{_DIGITS}}}-(.+)", path.name)
    return kept.group(1) if kept and path.parent.name == FOLDER else path.name
