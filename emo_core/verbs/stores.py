"""Verbs of the store as a whole."""

from pathlib import Path

from emo_core.store import Database, copying


def copy(store: Database, to: str) -> dict:
    """Copy the store into a new folder, whole or not at all."""
    return copying.copy(store, Path(to))


def check(store: Database) -> dict:
    """Whether everything in the open store can be read."""
    return copying.check_open(store)
