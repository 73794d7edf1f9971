"""Text files of a corpus, line by line, however they are encoded and their lines end."""

import codecs
import re
from pathlib import Path

from emo_core.corpora import sources
from emo_core.corpora.collecting import Collection


def lines(file: Path, found: Collection) -> list[str]:
    """The lines of a file without their ends; one that is not UTF-8 is read as Latin-1, and counted.

    Raises BadTable where the file cannot be read.
    """
    raw = sources.read_bytes(file).removeprefix(codecs.BOM_UTF8)
    try:
        written = raw.decode("utf-8")
    except UnicodeDecodeError:
        written = raw.decode("latin-1")
        found.count(f"files in {file.parent.name}/ are not UTF-8 and were read as Latin-1")
    return re.split(r"\r\n|\r|\n", written)


def is_inside(file: Path, folder: Path) -> bool:
    """Whether a file is there, and no link that leads out of the folder (which is resolved already)."""
    return sources.is_there(file) and file.resolve().is_relative_to(folder)
