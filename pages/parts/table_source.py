"""The table of votes that is being brought: uploaded, or named by its path. The path stands in the URL: a reload loses nothing."""

import hashlib
from contextlib import suppress
from pathlib import Path

import streamlit as st

from emo_core import verbs, vocabulary
from emo_core.corpora import uploads
from emo_core.errors import WorkbenchError
from emo_core.store import Database
from pages.parts.mapping_form import SHAPE_NAMES
from pages.parts.session import escape

WAY = "way"  # the widget that says how a corpus is brought; its words stand in the URL
TABLE, CORPUS, CREMA_D = "A table of votes", "A corpus on this machine", "Get CREMA-D"
_TABLE = "bring_table"
_EXAMPLES = {
    "votes": [{"clip": "a.wav", "rater": "anna", "label": "angry"}, {"clip": "a.wav", "rater": "ben", "label": "sad"}],
    "raters": [{"clip": "a.wav", "anna": "angry", "ben": "sad"}, {"clip": "b.wav", "anna": "happy", "ben": "happy"}],
    "counts": [{"clip": "a.wav", "angry": "3", "sad": "1"}, {"clip": "b.wav", "angry": "0", "sad": "4"}],
    "clips": [
        {"rater": "anna", "a.wav": "angry", "b.wav": "happy"},
        {"rater": "ben", "a.wav": "sad", "b.wav": "happy"},
    ],
    "graded": [
        {"clip": "a.wav", "angry": "a little", "sad": "very"},
        {"clip": "b.wav", "angry": "not at all", "sad": "weak"},
    ],
}
ENDINGS = ["csv", "tsv", "txt", "parquet", "jsonl", "ndjson", "json"]


def choose_table(store: Database) -> dict | None:
    """The table that was chosen, as `corpus look` describes it, with `key` for the widgets that belong to it; None, after
    asking for one, where there is none yet or it cannot be read.
    """
    path = st.query_params.get("table") or st.session_state.get(_TABLE)
    if not path:
        _ask(store)
        return None
    try:
        key = f"table:{hashlib.sha1(path.encode()).hexdigest()[:10]}"
        header = st.session_state.get(f"{key}:header")
        seen = _looked(path, stamp(path), header, len(vocabulary.spellings()), store)
    except WorkbenchError as error:
        _ask(store, path, str(error).replace(Path(path).name, uploads.given_name(Path(path))))
        return None
    open_table(path)
    _show(seen)
    return seen | {"key": key if header is None else f"{key}:{header}", "header_key": f"{key}:header"}


def open_table(path: str | None) -> None:
    """Show this table, or none, from the next run on."""
    if path is None:
        st.query_params.pop("table", None)
        st.session_state.pop(_TABLE, None)
        st.session_state["bring_path"] = ""
    elif st.query_params.get("table") != path or st.session_state.get(_TABLE) != path:
        st.query_params["table"] = st.session_state[_TABLE] = path


def stamp(path: str) -> tuple[int, int] | None:
    """Size and time of a file: what is kept in memory of it holds as long as they do."""
    with suppress(OSError, RuntimeError, ValueError):
        found = Path(path).expanduser().stat()
        return found.st_size, found.st_mtime_ns
    return None


@st.cache_data(max_entries=8, show_spinner="Reading the table …")
def _looked(path: str, stamp: tuple | None, header: bool | None, spellings: int, _store: Database) -> dict:
    return verbs.run(_store, "corpus look", {"path": path, "header": header})


def _ask(store: Database, path: str = "", problem: str = "") -> None:
    """Ask for a table; a path that could not be read stays in its field, with the reason."""
    if path:
        st.session_state.setdefault("bring_path", path)
    problem = st.session_state.pop("bring_problem", problem)
    if problem:
        st.error(escape(problem))
    left, right = st.columns(2, gap="large")
    turn = st.session_state.setdefault("bring_turn", 0)  # a taken upload leaves an empty field, and its memory, behind
    with left:
        st.file_uploader(
            "Upload a table", ENDINGS, key=f"upload:{turn}", on_change=_take_upload, args=(store, f"upload:{turn}"),
            help="CSV, TSV, Parquet or JSON lines in UTF-8. It stays on this machine: the store keeps a copy.",
        )  # fmt: skip
    with right:
        st.text_input(
            "or give its path on this machine", key="bring_path", on_change=_take_path, placeholder="/data/votes.csv",
            help="Best for large files: nothing is copied.", persist_state="session",
        )  # fmt: skip
    _show_shapes()
    if path and Path(path).is_dir():
        st.button("Bring that folder as a corpus", on_click=_as_corpus, args=(path,), icon=":material/folder:")


def _show_shapes() -> None:
    """The five shapes that a table may have, each in two rows."""
    st.caption("It has one of these shapes, whatever its columns are called. You say next what they mean.")
    with st.grid(5, min_column_width=200, gap="medium"):
        for shape, rows in _EXAMPLES.items():
            with st.container(gap="xsmall"):
                st.markdown(f"**{SHAPE_NAMES[shape]}**")
                st.table(rows, border="horizontal", hide_index=True)


def _take_upload(store: Database, key: str) -> None:
    upload = st.session_state[key]
    if upload is not None:
        try:
            open_table(str(uploads.keep(store.folder, upload.name, upload.getvalue())))
        except OSError as error:
            st.session_state["bring_problem"] = (
                f"The upload could not be kept: {error}. Check the disk, or give its path."
            )
        st.session_state["bring_turn"] += 1
        st.session_state.pop("bring_path", None)


def _take_path() -> None:
    path = typed_path(st.session_state["bring_path"])
    open_table(path or None)


def typed_path(text: str) -> str:
    """A path as people paste it: quotation marks and file:// around it go."""
    return text.strip().strip("\"'").removeprefix("file://").strip()


def _as_corpus(path: str) -> None:
    open_table(None)
    st.session_state[WAY] = CORPUS
    st.session_state["path"] = path


def _show(seen: dict) -> None:
    """What the table is called, how large it is, and how it begins."""
    path = Path(seen["path"])
    name = uploads.given_name(path)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(escape(name), anchor=False, width="content")
        st.markdown(f"{seen['rows']:,} rows · {len(seen['columns'])} columns", width="stretch")
        st.button("Another table", on_click=open_table, args=(None,), icon=":material/swap_horiz:", type="tertiary")
    st.dataframe(
        seen["first"], height=214, hide_index=True, placeholder="", key="first_rows", alt="The first rows of the table"
    )
    if seen["looked_at"] < seen["rows"]:
        st.caption(
            f"What the columns hold was looked up in the first {seen['looked_at']:,} rows. The import reads all of them."
        )
