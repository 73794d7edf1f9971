"""A corpus that lies on this machine in a format that is known: its path, what it was recognised as, its import."""

import re
from pathlib import Path

import pandas as pd
import streamlit as st

from emo_core import verbs, vocabulary
from emo_core.corpora import formats
from emo_core.errors import BadInput, BadTable, WorkbenchError
from emo_core.store import Database, corpora
from pages.parts.import_report import DONE
from pages.parts.label_table import LEAVE_OUT
from pages.parts.session import escape
from pages.parts.table_source import ENDINGS, TABLE, WAY, open_table, typed_path

_PROBLEM = "known_problem"


def bring(store: Database) -> None:
    """Draw the form. Raises WorkbenchError where the path leads nowhere; what was typed stays."""
    given = st.text_input(
        "Folder or file", key="path", bind="query-params", placeholder="/data/CREMA-D", help="On this machine."
    )
    if not typed_path(given):
        _list_formats("Read as they are:")
        return
    place = _existing(typed_path(given))
    found = formats.recognise(place)
    titles = {known.name: known.title for known in formats.all_formats()}
    if found:
        st.caption(f":material/check: Recognised as **{escape(found.title)}**, by names and first bytes.")
    elif not _offer_table(place):
        st.warning(
            f"{escape(place.name)} is not recognised as any of the known formats. Is it one level too high or too low?"
        )
        _list_formats("What to give:")
    key = f"known:{place}:{found.name if found else ''}"
    with st.grid(4, min_column_width=220):
        name = st.selectbox(
            "Format" if found else "It is one of them all the same", list(titles), format_func=titles.get, key=f"{key}:format",
            index=list(titles).index(found.name) if found else None, placeholder="not recognised",
        )  # fmt: skip
        choices = _choices(key, place) if name else {}
    if name:
        _import(store, key, place, name, choices)


def _existing(path: str) -> Path:
    """Raises BadInput where nothing is there."""
    try:
        place = Path(path).expanduser().resolve()
        there = place.exists()
    except (OSError, RuntimeError, ValueError) as error:
        raise BadInput(f"{path!r} cannot be a path: {error}. Check how it is spelled.") from error
    if not there:
        raise BadInput(f"There is no file or folder {place}. Check the path.")
    return place


def _list_formats(title: str) -> None:
    st.caption(title)
    st.dataframe(
        [{"format": known.title, "give": known.give} for known in formats.all_formats()], hide_index=True, key="formats",
        height="content", column_config={"format": st.column_config.TextColumn(width="medium")},
    )  # fmt: skip


def _offer_table(place: Path) -> bool:
    """A file of rows can be described; True where this is one."""
    if not (place.is_file() and place.suffix.lower().lstrip(".") in ENDINGS):
        return False
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(f"{escape(place.name)} is none of the known formats, but it may be a table of votes.", width="stretch")
        st.button("Say what its columns mean", on_click=_as_table, args=(place,), type="primary")
    return True


def _as_table(place: Path) -> None:
    st.session_state[WAY] = TABLE
    open_table(str(place))


def _choices(key: str, place: Path) -> dict[str, str | None]:
    name = st.text_input("Name of the corpus", place.stem if place.is_file() else place.name, key=f"{key}:name")
    audio = st.text_input(
        "Folder of the sound files", key=f"{key}:sounds", placeholder="optional", help="Where they lie elsewhere."
    )
    licence = st.text_input(
        "Licence note", key=f"{key}:licence", placeholder="optional", help="Instead of the format's own."
    )
    return {"name": name.strip(), "audio": typed_path(audio) or None, "licence": licence}


def _import(store: Database, key: str, place: Path, format_: str, choices: dict) -> None:
    """The button; after a refusal also what may be done about it."""
    known = {corpus["name"]: corpus for corpus in corpora.list_corpora(store)}
    taken = known.get(choices["name"])
    update = False
    if taken:
        update = st.checkbox(
            f"There is a corpus {escape(choices['name'])} already. Take this for a newer version of it",
            key=f"{key}:update",
        )
    problem = st.session_state.get(_PROBLEM, {})
    refused = problem.get("key") == key
    if refused:
        st.error(escape(problem["message"]))
    more = _after_refusal(key, problem["message"]) if refused and problem["rows"] else {}
    ready = choices["name"] and (update or not taken)
    if not st.button("Import", type="primary", icon=":material/check:", key="import_known", disabled=not ready):
        return
    st.session_state.pop(_PROBLEM, None)
    try:
        with st.spinner("Importing …"):
            asked = {"format": format_, "path": str(place), "update": update} | choices | more
            st.session_state[DONE] = verbs.run(store, "corpus add", asked)
    except WorkbenchError as error:
        st.session_state[_PROBLEM] = {"key": key, "message": str(error), "rows": isinstance(error, BadTable)}
    st.rerun()


def _after_refusal(key: str, message: str) -> dict:
    """Leave bad rows out, or say what unknown labels mean."""
    unknown = list(dict.fromkeys(re.findall(r"unknown (?:secondary )?label '(.+?)'", message)))
    labels = {}
    if unknown:
        st.caption("What these labels mean (--map):")
        table = st.data_editor(
            pd.DataFrame({"label": unknown, "means": pd.Series([None] * len(unknown), dtype="object")}), hide_index=True,
            num_rows="dynamic", key=f"{key}:means:{hash(message)}", width=460,
            column_config={"means": st.column_config.SelectboxColumn(options=[*vocabulary.names(), LEAVE_OUT])},
        )  # fmt: skip
        rows = zip(table["label"], table["means"])
        labels = {label: "" if means == LEAVE_OUT else means for label, means in rows if label and means}
    skip = st.checkbox("Leave rows that break a rule out (--skip-bad-rows); the report lists them", key=f"{key}:skip")
    return {"labels": labels, "skip_bad_rows": skip}
