"""Which votes count? Studies and how to make one."""

import streamlit as st

from emo_core import verbs, vocabulary
from emo_core.errors import WorkbenchError
from emo_core.records import RULES, SPLITS
from emo_core.store import corpora
from emo_core.verbs.corpora import suggest_study
from emo_core.verbs.studies import add_study
from pages.parts.session import escape, open_store

store = open_store()
st.title("Which votes count?")
st.write(
    "A study fixes what a preprocessing script usually hides: the emotions, what is merged, which clips are left out and "
    "why, which panel is the reference, and the split."
)
if made := st.session_state.pop("made", None):
    st.success(
        f"{escape(made['study'])} keeps {made['clips']:,} clips and leaves {sum(made['excluded'].values()):,} out: "
        f"{made['train']:,} to train, {made['test']:,} to test."
    )
    st.page_link(
        "pages/browse.py", label="Browse its clips", icon=":material/hearing:", query_params={"study": made["study"]}
    )
for study in verbs.run(store, "study list", {}):
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{escape(study['name'])}** · {escape(', '.join(study['corpora']))} · {escape(study['reference'])} | "
            f"{escape(study['candidate'] or 'no candidate')} · {len(study['emotions'])} emotions · "
            f"{study['rule'].replace('_', ' ')} · {study['clips']:,} clips"
        )
        st.page_link("pages/browse.py", label="Browse", query_params={"study": study["name"]})
        st.page_link("pages/compare.py", label="Compare", query_params={"study": study["name"]})

st.subheader("New study")
names = [corpus["name"] for corpus in corpora.list_corpora(store)]
if not names:
    st.info("A study needs a corpus. Add one first.")
    st.page_link("pages/overview.py", label="Go to Overview", icon=":material/home:")
    st.stop()
corpus = st.selectbox("Corpus", names, key="new_corpus", width=420)
panels = {panel["name"]: panel for panel in corpora.panel_emotions(store, corpus)}
suggested = suggest_study(store, corpus)
used = vocabulary.in_standard_order(name for panel in panels.values() for name in panel["emotions"])
left, right = st.columns(2)
with left:
    order = sorted(panels, key=lambda name: bool(suggested) and name != suggested.reference)
    reference = st.selectbox("Reference panel", order, key=f"reference:{corpus}")
    others = sorted(
        (name for name in panels if name != reference), key=lambda name: bool(suggested) and name != suggested.candidate
    )
    candidate = st.selectbox(
        "Candidate panel", [*others, None], format_func=lambda name: name or "none yet", key=f"candidate:{corpus}"
    )
    emotions = st.multiselect("Emotions", used, default=list(used), key=f"emotions:{corpus}")
    rest = [name for name in used if name not in emotions]
    merges = st.multiselect(
        "Merge what is left", [f"{source}={target}" for source in rest for target in emotions], key=f"merges:{corpus}",
        format_func=lambda pair: pair.replace("=", " → "), help="For example excited → happy. What is not merged is outside.",
    )  # fmt: skip
with right:
    rule = st.radio(
        "Clips that are kept",
        list(RULES),
        format_func=lambda name: f"{name.replace('_', ' ')}: {RULES[name]}",
        key="new_rule",
    )
    min_votes = st.number_input("Reference votes that must be left", 1, key="new_min_votes")
    split = st.radio("Split", list(SPLITS), format_func=SPLITS.get, key="new_split")
    seed = st.number_input("Seed", 0, key="new_seed")
name = st.text_input(
    "Name", f"{corpus} {len(emotions)} emotions {rule.replace('_', ' ')}", key=f"name:{corpus}:{len(emotions)}:{rule}"
)
if st.button("Create the study", type="primary", key="create_study"):
    try:
        made = add_study(
            store, name, corpus, reference, ",".join(emotions), candidate=candidate, merge=merges, rule=rule,
            min_votes=int(min_votes), split=split, seed=int(seed),
        )  # fmt: skip
    except WorkbenchError as error:
        st.error(escape(str(error)))
    else:
        st.session_state["study"] = made["study"]
        st.session_state["made"] = made
        st.rerun()
