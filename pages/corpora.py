"""Bring your corpus: a table of votes, a corpus in a format that is known, or CREMA-D from its publishers."""

import streamlit as st

from emo_core.errors import WorkbenchError
from pages.parts import crema_d_card, import_report, known_corpus, label_table, mapping_form, table_import, table_source
from pages.parts.session import escape, open_store

store = open_store()
st.title("Bring your corpus")


def bring_table() -> None:
    """Table → what its columns and labels mean → where it goes → what would be kept → import."""
    seen = table_source.choose_table(store)
    if seen is None:
        return
    st.subheader("What its columns mean", anchor=False)
    fields = mapping_form.describe(store, seen)
    if fields is None:
        return
    fields["labels"] = label_table.meanings(store, seen, fields)
    st.subheader("Where it goes", anchor=False)
    target = table_import.choose_target(store, seen)
    st.subheader("What would be kept", anchor=False)
    table_import.preview_and_import(store, seen, fields, target)


def go_on() -> None:
    """Leave the account of an import for the next one."""
    st.session_state.pop(import_report.DONE)
    table_source.open_table(None)
    st.session_state["path"] = ""


with st.container(width=1120):
    if import_report.is_there(store, st.session_state.get(import_report.DONE)):
        import_report.show_imported(store, st.session_state[import_report.DONE], "imported")
        st.button("Bring another", on_click=go_on, icon=":material/add:", type="tertiary")
        st.stop()
    ways = {
        table_source.TABLE: bring_table,
        table_source.CORPUS: lambda: known_corpus.bring(store),
        table_source.CREMA_D: lambda: crema_d_card.bring(store),
    }
    way = st.segmented_control(
        "What do you have?",
        list(ways),
        default=table_source.TABLE,
        required=True,
        key=table_source.WAY,
        bind="query-params",
    )
    try:
        ways[way]()
    except WorkbenchError as error:
        st.error(escape(str(error)))
