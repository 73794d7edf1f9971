"""What labels mean: those that the vocabulary does not know come first, and people say which emotion they are."""

import hashlib
import json

import pandas as pd
import streamlit as st

from emo_core import verbs, vocabulary
from emo_core.errors import WorkbenchError
from emo_core.spelling import folded
from emo_core.store import Database
from emo_core.store.looking import MOST_LABELS
from pages.parts.session import escape
from pages.parts.table_source import stamp

UNKNOWN, LEAVE_OUT = "unknown", "leave out"


def meanings(store: Database, seen: dict, fields: dict) -> dict[str, str]:
    """Draw the labels of a described table with what they mean, and return what `VotesFile.labels` must say: {label:
    emotion, or "" to leave its votes out}. Raises WorkbenchError where the table cannot be read as described.
    """
    given: dict[str, str] = st.session_state[f"{seen['key']}:labels"]
    columns = {name: value for name, value in fields.items() if name not in ("labels", "grades", "panel", "if_none")}
    columns |= {"grades": fields["grades"]} if fields.get("grades") else {}
    known = json.dumps(columns), stamp(fields["path"]), len(vocabulary.spellings())
    rows = _mapped(*known, labels="{}", _store=store)["labels"]
    rows = sorted(rows, key=lambda row: row["emotion"] is not None)
    editor = _editor_key(seen["key"], rows)
    _take_edits(editor, rows, given)
    open_ = [row for row in rows if row["emotion"] is None and _key(row) not in given]
    what = "columns" if rows and rows[0]["kind"] == "column" else "labels"
    with st.expander(_title(rows, open_, given, what), expanded=bool(open_), key=f"{seen['key']}:labels_open"):
        if open_:
            votes = sum(row["count"] for row in open_)
            st.markdown(f"**Say what the unknown {what} mean** ({votes:,} rows): double-click a cell under *means*.")
        if len(rows) >= MOST_LABELS:
            st.caption(f"There are more; the {MOST_LABELS:,} commonest are listed. Is this the right column?")
        _draw(editor, rows, given, what)
        with st.container(horizontal=True):
            if open_:
                st.button("Leave all unknown ones out", on_click=_leave_out, args=(seen["key"], open_), type="tertiary")
            _add_emotion(store)
    _say_what_is_open(_mapped(*known, labels=json.dumps(given, sort_keys=True), _store=store))
    return dict(given)


def _say_what_is_open(mapped: dict) -> None:
    """What must be said before an import, and the columns that it leaves aside, with why."""
    for question in mapped["open"]:
        st.warning(escape(question), icon=":material/help:")
    aside = mapped["set_aside"]
    if aside:
        with st.expander(f"{len(aside):,} columns left aside", expanded=False):
            st.markdown("\n".join(f"- **{escape(name)}** {escape(why)}" for name, why in aside.items()))


def _title(rows: list[dict], open_: list[dict], given: dict[str, str], what: str) -> str:
    left_out = sum(given.get(_key(row)) == "" for row in rows)
    if not open_ and not left_out:
        return f"{len(rows):,} {what}, all understood"
    counts = {"unknown": len(open_), "left out": left_out, "understood": len(rows) - len(open_) - left_out}
    return f"{len(rows):,} {what}: " + ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)


@st.cache_data(max_entries=32, show_spinner="Counting labels …")
def _mapped(columns: str, stamp: tuple | None, spellings: int, labels: str, _store: Database) -> dict:
    return verbs.run(_store, "corpus map", {"file": json.loads(columns) | {"labels": json.loads(labels)}})


def _key(row: dict) -> str:
    return folded(row["label"])


def _editor_key(key: str, rows: list[dict]) -> str:
    """The table's key; with other labels, or a description begun anew, it is another table."""
    state = [st.session_state[f"{key}:filled"], *(row["label"] for row in rows)]
    return f"{key}:meanings:{hashlib.sha1(json.dumps(state).encode()).hexdigest()[:10]}"


def _take_edits(editor: str, rows: list[dict], given: dict[str, str]) -> None:
    """What people chose in the table, before it is drawn again: everything on the page then speaks of the same."""
    edited = st.session_state.get(editor, {}).get("edited_rows", {})
    for place, change in edited.items():
        row, chosen = rows[int(place)], change.get("means")
        given.pop(_key(row), None)
        if chosen not in (None, UNKNOWN, row["emotion"]):
            given[_key(row)] = "" if chosen == LEAVE_OUT else chosen


def _draw(editor: str, rows: list[dict], given: dict[str, str], what: str) -> None:
    """The table. Its rows keep their places while it is edited."""
    means = [given.get(_key(row), row["emotion"]) for row in rows]
    frame = pd.DataFrame(
        {
            "label": [row["label"] for row in rows],
            "rows": [row["count"] for row in rows],
            "means": [UNKNOWN if emotion is None else emotion or LEAVE_OUT for emotion in means],
        }
    )
    st.data_editor(
        frame, key=editor, hide_index=True, disabled=["label", "rows"], width=640, height=min(38 + 35 * len(rows), 320),
        column_config={
            "label": st.column_config.TextColumn(what.removesuffix("s")),
            "rows": st.column_config.NumberColumn("rows", format="localized", width="small"),
            "means": st.column_config.SelectboxColumn("means", options=[UNKNOWN, *vocabulary.names(), LEAVE_OUT], required=True),
        },
    )  # fmt: skip


def _leave_out(key: str, rows: list[dict]) -> None:
    st.session_state[f"{key}:labels"] |= {_key(row): "" for row in rows}
    st.session_state[f"{key}:filled"] += 1


def _add_emotion(store: Database) -> None:
    """A name of the lab's own, for labels that mean none of the others."""
    popover = st.popover("An emotion of our own", icon=":material/add:", type="tertiary")
    with popover.form("own_emotion", border=False, clear_on_submit=True):
        name = st.text_input("Name", key="own_emotion_name")
        synonyms = st.text_input("Further spellings", key="own_emotion_synonyms", help="Separated by spaces.")
        if st.form_submit_button("Add it to the vocabulary"):
            try:
                verbs.run(store, "vocabulary add", {"name": name, "synonyms": synonyms})
            except WorkbenchError as error:
                st.error(escape(str(error)))
            else:
                st.rerun()
