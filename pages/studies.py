"""Which votes count? Studies side by side, and how to make one."""

import streamlit as st

from emo_core import verbs
from emo_core.errors import WorkbenchError
from emo_core.records import Study
from emo_core.store import corpora, studies
from emo_core.verbs.corpora import suggest_study
from pages.parts import study_form, study_table
from pages.parts.session import escape, open_store

MOST_COMPARED = 8
store = open_store()
st.title("Which votes count?")
if refused := st.session_state.pop("not_removed", None):
    st.error(escape(refused))
st.write(
    "A study fixes what a preprocessing script usually hides: the emotions, what is merged, which clips are left out and "
    "why, whose votes count, and the split. Duplicate one, change one choice, and see what it does."
)


def remove(name: str) -> None:
    try:
        verbs.run(store, "study remove", {"name": name})
    except WorkbenchError as error:
        st.session_state["not_removed"] = str(error)
        return
    if st.session_state.get("study") == name:
        st.session_state.pop("study")


def duplicate(study: Study) -> None:
    study_form.fill_in(study)
    st.toast(f"The form below holds the choices of {escape(study.name)}.", icon=":material/arrow_downward:")


def say_made(made: dict) -> None:
    st.success(
        f"{escape(made['study'])} keeps {made['clips']:,} clips and leaves {sum(made['excluded'].values()):,} out: "
        f"{made['train']:,} to train, {made['test']:,} to test."
    )
    link = {"study": made["study"]}
    st.page_link("pages/browse.py", label="Browse its clips", icon=":material/hearing:", query_params=link)
    leaked = made["leakage"]
    if leaked["speakers"]:
        st.caption(
            f":material/warning: {leaked['speakers']:,} speakers stand on both sides of the split, with "
            f"{leaked['speaker_clips']:,} test clips. Split by speaker where a model must not know the voices."
        )


def in_short(study: Study) -> str:
    facts = [
        escape(", ".join(study.corpora)),
        f"{escape(study.reference)} | {escape(study.candidate or 'no candidate')}",
        f"{len(study.emotions)} emotions",
        study.rule.replace("_", " "),
    ]
    return f"**{escape(study.name)}** · " + " · ".join(facts)


def show(stored: studies.StoredStudy) -> None:
    name = stored.study.name
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(in_short(stored.study), width="stretch")
        for page, label in (("browse", "Browse"), ("compare", "Compare")):
            st.page_link(f"pages/{page}.py", label=label, query_params={"study": name})
        st.button("Duplicate", key=f"duplicate:{name}", on_click=duplicate, args=(stored.study,), type="tertiary")
        with st.popover("Remove", key=f"asking:{name}", type="tertiary"):
            st.write("The study goes, its votes stay.")
            st.button("Remove the study", key=f"remove:{name}", on_click=remove, args=(name,))


if made := st.session_state.pop("made", None):
    say_made(made)
found = studies.list_studies(store)
for stored in found:
    show(stored)
if found:
    st.subheader("Side by side")
    by_name = {stored.study.name: stored for stored in found}
    chosen = st.multiselect(
        "Studies",
        by_name,
        default=list(by_name)[-MOST_COMPARED:],
        key=f"compared:{len(found)}",
        label_visibility="collapsed",
    )
    if chosen:
        study_table.side_by_side(store, [by_name[name] for name in chosen])

st.subheader("New study")
names = [corpus["name"] for corpus in corpora.list_corpora(store)]
if not names:
    st.info("A study needs a corpus. Add one first.")
    st.page_link("pages/overview.py", label="Go to Overview", icon=":material/home:")
    st.stop()
study = study_form.choose(store, names, suggest_study(store, names[-1]))
can_be_made = study is not None and study_form.preview(store, study)
if st.button("Create the study", type="primary", key="create_study", disabled=not can_be_made):
    try:
        stored = studies.add_study(store, study)
    except WorkbenchError as error:
        st.error(escape(str(error)))
    else:
        st.session_state["study"] = study.name
        st.session_state["made"] = verbs.run(store, "study show", {"name": stored.study.name})
        st.rerun()
