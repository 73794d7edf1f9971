"""Which votes the figures on a page rest on, in words."""

from datetime import datetime

import streamlit as st

from emo_core.store import Database, studies
from emo_core.store.votes_as_of import votes_as_of


@st.cache_data(max_entries=64, ttl=60, show_spinner=False)
def _words(folder: str, study_id: int, version: int, _store: Database, _name: str) -> str:
    """New votes make a new version; what was given lately is looked at again after a minute."""
    found = votes_as_of(_store, _name)
    if found.at is None:
        return "no votes yet"
    lately = f", {found.lately:,} labels added in the last 24 hours" if found.lately else ""
    return f"{found.votes:,} votes as of {found.as_document()['at']}{lately}"


def as_of(store: Database, stored: studies.StoredStudy) -> str:
    """`1,224 votes as of 2026-11-30 14:02 UTC, 24 labels added in the last 24 hours`."""
    return _words(str(store.folder), stored.study_id, stored.version, store, stored.study.name)


def added_since(store: Database, study: str, moment: datetime) -> str:
    """How many votes came into the study after something was computed from it."""
    found = votes_as_of(store, study, since=moment)
    return f"Votes as of {moment:%Y-%m-%d %H:%M} UTC; {found.added or 'none':{',' if found.added else ''}} added since."
