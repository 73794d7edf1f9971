"""A disk that takes no more, told in words."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emo_core.errors import JobError

_RULES = {
    errno.ENOSPC: "The disk is full",
    errno.EDQUOT: "The quota of disk space is used up",
    errno.EFBIG: "A file grew beyond what this system allows a process",
}


class DiskFull(JobError):
    """There is no space for what was to be written; the message says how much is free, and where."""


def why_not_written(error: OSError, folder: Path) -> str | None:
    """A sentence for an error that says that the disk of `folder` takes no more; None for any other error."""
    if error.errno not in _RULES:
        return None
    what = f" while {Path(error.filename).name} was written" if isinstance(error.filename, str) else ""
    free_mb = shutil.disk_usage(folder).free / 1e6
    return (
        f"{_RULES[error.errno]}{what}: {free_mb:,.1f} MB are free where {folder} lies. Free some space, then resume or begin "
        "again; what was finished before is kept."
    )


@contextmanager
def told_when_full(folder: Path) -> Iterator[None]:
    """What the disk of `folder` refuses inside is raised as DiskFull."""
    try:
        yield
    except OSError as error:
        if told := why_not_written(error, folder):
            raise DiskFull(told) from error
        raise
