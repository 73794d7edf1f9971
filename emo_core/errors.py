"""Everything that can go wrong and is our user's to mend.

WorkbenchError
├── BadInput            what was given breaks a rule (exit status 2)
│   ├── UnknownName     a name that is not among the known ones
│   └── BadTable        a file of votes or clips that cannot be taken
├── StoreError          the store cannot do what was asked (exit status 1)
│   ├── StoreInUse      another process owns the store
│   └── StoreDamaged    something that was acknowledged is missing or unreadable
├── JobError            a job cannot do what was asked
├── AudioError          a sound file that cannot be played
└── DownloadError       a file that could not be fetched

Every message names the rule, the offending value and the next step. The core raises; pages and the command line translate.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class WorkbenchError(Exception):
    """Root of all errors that are told to the user in one sentence."""

    exit_status = 1


class BadInput(WorkbenchError):
    """What was given breaks a rule; nothing was written."""

    exit_status = 2


class UnknownName(BadInput):
    """A name that is not among the known ones, which the message lists."""

    def __init__(self, kind: str, name: object, known: Iterable[object]):
        known = [str(k) for k in known]
        near = get_close_matches(str(name), known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        listed = ", ".join(known[:40]) + (f", … ({len(known)} in all)" if len(known) > 40 else "")
        super().__init__(f"There is no {kind} {str(name)!r}.{hint} Known: {listed or 'none yet'}.")


class BadTable(BadInput):
    """A file of votes or clips that cannot be taken; the message gives the row, the value and the rule."""


class StoreError(WorkbenchError):
    """The store cannot do what was asked."""


class StoreInUse(StoreError):
    """Another process owns the store. Attribute `pid` is that process, or None where it is not known."""

    def __init__(self, message: str, pid: int | None = None):
        super().__init__(message)
        self.pid = pid


class StoreDamaged(StoreError):
    """Something that was acknowledged is missing or unreadable; the message says what can be saved, and how."""


class JobError(WorkbenchError):
    """A job cannot do what was asked; the message says in which state it is and what can be done."""


class AudioError(WorkbenchError):
    """A sound file that cannot be played; the message says what is wrong with the file.

    Attribute `code` is the kind of fault, a key of `audio.health.PROBLEMS`.
    """

    def __init__(self, message: str, code: str = "unreadable"):
        super().__init__(message)
        self.code = code


class DownloadError(WorkbenchError):
    """A file that could not be fetched; the message names the file and the reason. What was fetched before it stays."""
