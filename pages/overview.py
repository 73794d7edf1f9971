"""What is here, and what to do next?"""

import streamlit as st

from emo_core import verbs
from emo_core.errors import WorkbenchError
from emo_core.store import corpora, studies
from emo_core.verbs.corpora import suggest_study
from pages.parts.import_report import show_report
from pages.parts.session import escape, fail, open_store
from pages.parts.table_source import CREMA_D, WAY

store = open_store()
st.title("What is here?")
st.write(
    "An emotion in speech is a distribution over listeners. The workbench shows where listeners disagree, and how close "
    "the votes of a model come to theirs."
)


def make_demo() -> None:
    with st.spinner("Speaking and voting: 200 simulated clips …"):
        try:
            made = verbs.run(store, "demo", {})
        except WorkbenchError as error:
            fail(error)
    st.session_state["study"] = made["studies"][0]


def save_suggested(corpus: str) -> None:
    try:
        study = studies.add_study(store, suggest_study(store, corpus)).study
        st.session_state["study"] = study.name
    except WorkbenchError as error:
        st.session_state["overview_error"] = str(error)


@st.cache_data(max_entries=64, show_spinner=False)
def panels_of(folder: str, corpus: str, last_batch: int) -> list[dict]:
    """The panels of a corpus, counted once for each state of the votes (twenty million take two seconds)."""
    return corpora.list_panels(store, corpus)


def show_corpus(corpus: dict) -> None:
    panels = panels_of(str(store.folder), corpus["name"], corpora.last_batch(store, corpus["name"]))
    with st.container(border=True):
        badge = " :orange-badge[:material/science: simulated]" if corpus["simulated"] else ""
        st.subheader(escape(corpus["name"]) + badge)
        st.caption(
            f"{corpus['clips']:,} clips, {corpus['clips_with_audio']:,} with audio · {escape(corpus['format'])} · "
            f"{escape(corpus['licence']) or 'no licence note'}"
        )
        table = [
            {key: panel[key] for key in ("name", "kind", "votes", "clips")}
            | {"raters": panel["raters"] or "anonymous", "votes a clip": round(panel["votes"] / panel["clips"], 1)}
            for panel in panels
        ]
        st.dataframe([{key: str(value) if key == "raters" else value for key, value in row.items()} for row in table])
        show_reports(corpus["name"])
        show_studies(corpus["name"])


def show_reports(name: str) -> None:
    for number, report in enumerate(corpora.import_reports(store, name)):
        left_out, notes = report["skipped"], report["notes"]
        with st.expander(
            f"Import: {report['votes']:,} votes taken, {len(left_out):,} rows left out, {len(notes)} notes"
        ):
            show_report(report, f"report:{name}:{number}")


def show_studies(name: str) -> None:
    of_corpus = [found for found in studies.list_studies(store) if name in found.study.corpora]
    for found in of_corpus:
        link = {"study": found.study.name}
        with st.container(horizontal=True):
            st.markdown(f"Study **{escape(found.study.name)}**")
            st.page_link("pages/browse.py", label="Browse clips", icon=":material/hearing:", query_params=link)
            st.page_link("pages/compare.py", label="Compare panels", icon=":material/balance:", query_params=link)
            st.page_link("pages/export.py", label="Export", icon=":material/download:", query_params=link)
    if not of_corpus and (suggested := suggest_study(store, name)):
        st.write(
            f"No study yet. Suggested: reference **{escape(suggested.reference)}**, candidate "
            f"**{escape(suggested.candidate or 'none yet')}**, {len(suggested.emotions)} emotions, votes outside dropped"
            f"{', each emotion by its strength' if suggested.secondary_weight else ''}."
        )
        st.button(
            "Create the suggested study", key=f"suggest:{name}", type="primary", on_click=save_suggested, args=(name,)
        )


if "overview_error" in st.session_state:
    st.error(escape(st.session_state.pop("overview_error")))
found = corpora.list_corpora(store)
if not found:
    st.info("The store is empty. Begin with the simulated demo corpus, or bring your own.")
with st.container(horizontal=True, vertical_alignment="center"):
    if "demo" not in {corpus["name"] for corpus in found}:
        st.button(
            "Make the demo corpus",
            type="primary" if not found else "secondary",
            icon=":material/science:",
            on_click=make_demo,
        )
    st.page_link("pages/corpora.py", label="Bring your own corpus", icon=":material/upload:")
    st.page_link("pages/corpora.py", label="Get CREMA-D", icon=":material/cloud_download:", query_params={WAY: CREMA_D})
for corpus in found:
    show_corpus(corpus)

st.caption(f"This store: {store.folder}")
