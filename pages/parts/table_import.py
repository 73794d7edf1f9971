"""Where a described table goes, what would be kept of it, and its import."""

import json
from pathlib import Path

import streamlit as st

from emo_core import verbs, vocabulary
from emo_core.corpora import uploads
from emo_core.store import Database, corpora
from pages.parts import import_report, mapping_form
from pages.parts.session import escape
from pages.parts.table_source import stamp, typed_path

LARGE = 300_000  # rows above which the preview waits for a click: five million take 12 s
TARGETS = {"new": "A new corpus", "update": "A newer version of a corpus", "votes": "More votes for a corpus"}


def choose_target(store: Database, seen: dict) -> dict:
    """Draw what the table is taken in as, and return it: target, name, audio, licence; `corpus` is the one that is there
    already, and `problem` says why it cannot be taken in so.
    """
    key, known = seen["key"], {corpus["name"]: corpus for corpus in corpora.list_corpora(store)}
    names = {"update": [name for name, corpus in known.items() if corpus["format"] == "votes"], "votes": list(known)}
    target = "new"
    if known:
        options = [name for name in TARGETS if name == "new" or names[name]]
        target = st.segmented_control(
            "Take it in as", options, format_func=TARGETS.get, default="new", required=True, key=f"{key}:target",
            persist_state="session",
        )  # fmt: skip
    found = {"target": target, "audio": None, "licence": "", "problem": ""}
    with st.grid(3, min_column_width=240):
        if target == "new":
            usual = Path(uploads.given_name(Path(seen["path"]))).stem
            name = st.text_input("Name of the corpus", usual, key=f"{key}:name", persist_state="session").strip()
        else:
            name = st.selectbox("Corpus", names[target], key=f"{key}:{target}", persist_state="session")
        if target != "votes":
            found["audio"] = _folder(key)
        if target == "new":
            found["licence"] = st.text_input(
                "Licence note", key=f"{key}:licence", placeholder="optional", persist_state="session"
            )
    return found | {"name": name} | (_of_that_name(known, name, seen["path"]) if target == "new" else {"corpus": name})


def _folder(key: str) -> str | None:
    folder = st.text_input(
        "Folder of the sound files", key=f"{key}:sounds", placeholder="optional", persist_state="session",
        help="On this machine. A clip finds its file by its path below the folder, or by its name.",
    )  # fmt: skip
    return typed_path(folder) or None


def _of_that_name(known: dict[str, dict], name: str, path: str) -> dict:
    """A new corpus's name may be taken: by this very table, then it is brought up to date, or by another source."""
    if not name:
        return {"corpus": "", "problem": "Give the corpus a name."}
    if name not in known:
        return {"corpus": ""}
    if known[name]["source"] == path:
        st.caption(f"This table made the corpus {escape(name)}. Imported again, it adds what is new in it.")
        return {"corpus": name, "target": "update"}
    return {
        "corpus": "",
        "problem": f"There is a corpus {name} already. Choose another name, or take the table in as a newer version of it, "
        "or as more votes for its clips.",
    }


def preview_and_import(store: Database, seen: dict, fields: dict, target: dict) -> None:
    """Draw what an import would keep, and the button that makes it. Raises WorkbenchError where nothing can be read."""
    asked = {"file": fields, "audio": target["audio"], "target": target["target"], "corpus": target["corpus"]}
    batch = corpora.last_batch(store, target["corpus"]) if target["corpus"] else 0
    files = (stamp(seen["path"]), stamp(target["audio"] or ""))
    state = (str(store.folder), json.dumps(asked), files, len(vocabulary.spellings()), batch)
    if seen["rows"] > LARGE and st.session_state.get("previewed") != state:
        st.caption(f"The table is large; counting its {seen['rows']:,} rows takes some seconds.")
        st.button("Count what would be kept", on_click=lambda: st.session_state.update(previewed=state), key="count")
        return
    found = _previewed(*state, store)
    import_report.show_preview(found, target=target["target"])
    ready = import_report.show_bad_rows(found, seen["key"])
    problem = target["problem"] or ("" if found["clips"] else "Nothing is left to import.")
    if problem:
        st.warning(escape(problem))
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Import", type="primary", icon=":material/check:", key="import_table", disabled=bool(problem) or not ready
        )
        mapping_form.save_mapping(store, fields)
    if pressed:
        with st.spinner("Importing …"):
            document = _import(store, fields, target, skip_bad_rows=found["bad_rows"] > 0)
        st.session_state[import_report.DONE] = document
        st.rerun()


@st.cache_data(max_entries=16, show_spinner="Reading the whole table …")
def _previewed(folder: str, asked: str, files: tuple, spellings: int, batch: int, _store: Database) -> dict:
    """Kept as long as the store, the description, the files, the vocabulary and the corpus's votes are the same."""
    return verbs.run(_store, "corpus preview", json.loads(asked))


def _import(store: Database, fields: dict, target: dict, *, skip_bad_rows: bool) -> dict:
    common = {"file": fields, "skip_bad_rows": skip_bad_rows}
    if target["target"] == "votes":
        return verbs.run(store, "votes add", common | {"corpus": target["corpus"]})
    return verbs.run(
        store,
        "corpus add votes",
        common
        | {
            "name": target["name"],
            "audio": target["audio"],
            "licence": target["licence"],
            "update": target["target"] == "update",
        },
    )
