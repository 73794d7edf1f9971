"""What is wrong with the corpus?"""

import streamlit as st

from emo_core import verbs
from emo_core.store import corpora, studies
from emo_core.verbs.health import examine_sound
from pages.parts import background
from pages.parts.session import escape, open_store

store = open_store()
st.title("What is wrong with the corpus?")
names = [corpus["name"] for corpus in corpora.list_corpora(store)]
if not names:
    st.info("The store is empty. A corpus can be looked at once it is here.")
    st.page_link("pages/overview.py", label="Go to Overview", icon=":material/home:")
    st.stop()
name = st.selectbox("Corpus", names, key="corpus", bind="query-params", width=320, label_visibility="collapsed")
KEY = ("sound", str(store.folder), name)
of_corpus = [stored.study.name for stored in studies.list_studies(store) if name in stored.study.corpora]


@st.fragment(run_every=0.5)
def progress() -> None:
    """How far the look at the sound is; the whole page is drawn anew when it ends."""
    task = background.find(KEY)
    if task.finished:
        st.rerun()
    share = task.done / task.total if task.total else 0.0
    st.progress(share, f"Listening: {task.done:,} of {task.total:,} clips" if task.total else "Listening …")
    st.button("Stop", key="stop", on_click=task.stop, help="What was found so far is kept.")


def listen() -> None:
    background.begin(KEY, lambda task: examine_sound(store, name, progress=task.report, stop=task.stopping))


def show_problems(found: dict) -> None:
    """One row a kind of problem, those that no clip has together below."""
    there = [problem for problem in found["problems"] if problem["clips"]]
    for problem in there:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            first = ", ".join(problem["first"][:3]) + (" …" if problem["clips"] > 3 else "")
            st.markdown(f"**{problem['clips']:,}** {problem['meaning']}  \n:gray[{escape(first)}]", width="stretch")
            if of_corpus:
                st.page_link(
                    "pages/browse.py", label="Browse", icon=":material/hearing:",
                    query_params={"study": of_corpus[0], "show": "kept and left out", "problem": problem["meaning"]},
                )  # fmt: skip
    fine = [problem["meaning"] for problem in found["problems"] if not problem["clips"]]
    if fine:
        part = found["examined"] < found["with_audio"]
        none = "No clip found so far with (most of this is known only once all sound is examined)"
        st.caption(f"{none if part else 'No clip with'}: {'; '.join(fine)}.")


def show_raters(found: dict) -> None:
    st.subheader("Votes and raters")
    if found["votes_without_clips"]:
        st.write(f"**{found['votes_without_clips']:,}** rows of votes were left out: their clip is not in the corpus.")
    if found["one_label_raters"]:
        st.write(f"**{len(found['one_label_raters']):,}** raters with three votes or more gave one label only.")
        st.dataframe(found["one_label_raters"], key="one_label")
    if not found["votes_without_clips"] and not found["one_label_raters"]:
        st.caption("Every row of votes found its clip, and no rater with three votes or more gave one label only.")


task = background.find(KEY)
found = verbs.run(store, "health", {"corpus": name, "examine": False})
st.caption(
    f"{found['clips']:,} clips, {found['with_audio']:,} with audio; the sound of {found['examined']:,} was examined. "
    "Files that have changed since are examined again."
)
if task and not task.finished:
    progress()
else:
    if task:
        said = st.error if task.error else st.success
        said(escape(task.error) if task.error else f"Examined the sound of {task.result:,} clips.")
        background.forget(KEY)
    st.button(
        "Examine the sound", key="listen", on_click=listen, icon=":material/graphic_eq:", disabled=not found["with_audio"],
        type="primary" if found["examined"] < found["with_audio"] else "secondary",
    )  # fmt: skip
show_problems(found)
if found["same_audio"]:
    st.subheader("The same sound under different ids")
    st.dataframe([{"clips": ", ".join(group), "n": len(group)} for group in found["same_audio"]], key="same")
show_raters(found)
if not of_corpus:
    st.caption("The lists open in Browse once the corpus has a study.")
