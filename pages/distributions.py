"""What do models say, and what do their logits say?"""

import streamlit as st

from emo_core.charts import distributions as charts
from pages.parts import analyses, figures
from pages.parts import distribution_tables as tables
from pages.parts import distribution_words as words
from pages.parts.session import choose_study, escape, open_store

VIEWS = {
    "text_and_tokens": ("Do logits come closer than text?", ("kl", "bd", "r2", "js"),
        "Percentages that the model wrote, and the logits of the emotion words while it wrote them."),
    "prompts": ("Does the prompt matter?", ("kl", "bd", "r2", "js"),
        "The same logits after the prompt that asks for percentages and after the one that asks for one emotion."),
    "dominant": ("Do they find the dominant emotion?", ("accuracy", "macro_f1"),
        "The likeliest emotion against the listeners' majority. A tie on either side is shared equally among its winners, so that one "
        "who names one of two tied emotions counts half."),
    "steps": ("All tokens, or emotion words only?", ("kl", "bd", "r2", "js"),
        "Logits averaged over every token of the reply, and over those that write an emotion word."),
}  # fmt: skip

store = open_store()
st.title("What do models say, and what do their logits say?")
stored = choose_study(store)
name = stored.study.name
marks = tables.fingerprint(store, stored)
if not marks:
    st.info(
        "No model has been asked for distributions on this study yet; trained models are compared on the page Results. "
        "On the page Proxies plan a run with the question "
        "*distribution*; a model on this machine or cluster gives its logits too, a remote one its text. Or in a terminal:"
    )
    st.code(
        f'python -m emo_core panel plan "{name}" --question distribution --provider local --model FOLDER',
        language="bash",
    )
    st.stop()
state = tables.state_of(store, stored, marks)
clips, has_speakers = tables.heard(state, _store=store, _name=name)
if not clips:
    st.info("No clip of the study has reference votes that count.")
    st.stop()

known = [run for run, _ in marks]
with st.container(horizontal=True, vertical_alignment="bottom"):
    chosen = st.multiselect("Runs", known, default=known, key="runs", width=360, **analyses.URL)
    way = st.segmented_control(
        "Logits become shares by", list(words.WAYS), default="softmax", required=True, key="way",
        help="The paper divides by the sum, φ = z / Σz. That has no meaning where a logit is negative, and such clips are left out. "
        "Logits have no zero point: adding a number to all of them changes φ, but neither the model nor the softmax.", **analyses.URL,
    )  # fmt: skip
    temperature = st.number_input(
        "T of the softmax", 0.05, 50.0, 1.0, 0.1, key="temperature", width=120, disabled=way == "paper", **analyses.URL,
        help="Below 1 sharper, above 1 flatter; 1 is the model's own.",
    )  # fmt: skip
    subtokens = st.selectbox("Subtokens of a word", ["averaged", "first"], key="subtokens", width=140, **analyses.URL)
    by = st.segmented_control(
        "Intervals resample",
        ["clip", "speaker"],
        default="clip",
        required=True,
        key="by",
        disabled=not has_speakers,
        **analyses.URL,
    )
if not chosen:
    st.info("Choose a run or more.")
    st.stop()
temperature = round(temperature, 4)
found = tables.document(
    store, stored, marks, run=chosen, temperature=temperature, subtokens=subtokens, by=by if has_speakers else "clip"
)
several = len(chosen) > 1
st.caption(words.runs_in_words(found["runs"]))
uniform = found["sources"][-1]


def show_view(view: str) -> None:
    """One question: figure, table, words."""
    title, names, meaning = VIEWS[view]
    st.subheader(title)
    mine = [group for group in found["views"][view] if group["normalisation"] == way]
    groups = [
        group for group in mine if group["rows"] and (len(group["rows"]) > 1 or view in ("text_and_tokens", "dominant"))
    ]
    rows = [row for group in groups for row in group["rows"]]
    if not rows:
        hint = " Divided by their sum the logits leave no clip to compare; the softmax may." if mine else ""
        st.info(f"Nothing to compare here.{hint if way == 'paper' else ''}")
        return tables.apart(mine, chosen, several=several)
    for group in groups:
        told = words.verdict(group) if "js" in names else None
        if told:
            st.markdown(told)
    labels = [words.label(row, several=several) for row in rows]
    figures.show(charts.side_by_side(labels, rows, names, uniform), view, tables.as_columns(rows, names))
    tables.view_table(groups, names, found["published"], view, several=several)
    tables.apart(mine, chosen, several=several)
    st.caption(
        f"{meaning} The sources of one run are compared on the clips that all of them have. Dotted: one who always answers "
        "the uniform distribution."
    )


for view in VIEWS:
    show_view(view)

st.subheader("Every source on its own clips")
tables.sources_table(found["sources"])
st.caption(
    f"n = {found['clips']:,} clips with reference votes of **{escape(found['reference'])}**, whether or not the study's candidate "
    "answered. KL(listeners ‖ model) and the Bhattacharyya distance are infinite where the model leaves out what a listener heard, so "
    f"before these two each emotion of a model gets {found['smoothing']:.0%} more. With few votes a clip every model looks far off. "
    f"Brackets: {found['intervals']}."
)
st.caption(words.published_in_words(found["published"]))

st.subheader("One clip")
clip = tables.choose_clip(clips)
one = tables.clip_document(state, clip, tuple(chosen), temperature, _store=store, _name=name)
tables.show_clip(one, subtokens, several=several)
