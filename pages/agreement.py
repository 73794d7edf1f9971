"""How far do the raters agree?"""

import numpy as np
import pandas as pd
import streamlit as st

from emo_core import verbs
from emo_core.charts import raters as rater_charts
from pages.parts import agreement_tables as tables
from pages.parts import figures
from pages.parts.session import choose_study, escape, open_store

store = open_store()
st.title("How far do the raters agree?")
stored = choose_study(store)
study = stored.study


@st.cache_data(max_entries=16, show_spinner="Comparing raters …")
def measured(folder: str, study_id: int, version: int, side: str, by: str) -> dict:
    """One version of a study; new votes make a new version."""
    return verbs.run(store, "agreement", {"study": study.name, "side": side, "by": by})


with st.container(horizontal=True, vertical_alignment="bottom"):
    side = st.segmented_control(
        "Panel", ["reference", "candidate"], default="reference", required=True, key="side", bind="query-params",
        disabled=study.candidate is None, format_func=lambda name: name,
    )  # fmt: skip
    by = st.segmented_control(
        "Intervals resample", ["clip", "speaker"], default="clip", required=True, key="by", bind="query-params",
        disabled=not tables.all_speakers(store, study.name),
    )  # fmt: skip
side = side if study.candidate else "reference"
by = by if tables.all_speakers(store, study.name) else "clip"
found = measured(str(store.folder), stored.study_id, stored.version, side, by)
if not found["clips"]:
    st.info("The study keeps no clip.")
    st.stop()

st.caption(
    f"Panel **{escape(found['panel'])}**: {found['votes']:,} votes on {found['clips_with_a_vote']:,} of {found['clips']:,} "
    f"clips; **{found['clips_with_two_votes']:,} clips with two votes or more** enter the coefficients "
    f"({found['votes_a_clip']['least']}–{found['votes_a_clip']['most']} votes a clip). Brackets: {found['intervals']}."
)
left, right = st.columns([11, 12], gap="large")
with left:
    st.subheader("Over all emotions")
    tables.coefficients(found)
with right:
    st.subheader("Emotion by emotion")
    name = st.segmented_control(
        "Coefficient", list(tables.NAMES), default="krippendorff_alpha", required=True, format_func=tables.NAMES.get,
        label_visibility="collapsed", key="coefficient",
    )  # fmt: skip
    emotions, columns = tables.by_emotion(found, name)
    figure = rater_charts.emotion_agreement(
        emotions, columns["value"], columns["low"], columns["high"], columns["votes"], name=tables.NAMES[name]
    )
    figures.show(figure, "emotions", {"emotion": emotions} | columns)
    chance = "" if name == "percent_agreement" else " 0 is what chance gives."
    st.caption(f"Each emotion against all others.{chance}")
if found["ratings"]:
    st.subheader("On scales")
    tables.scales(found)

st.subheader("Rater by rater")
if not found["raters"]:
    st.info("The raters of this panel are anonymous: votes cannot be tied to people.")
    st.stop()
tables.who_is_left_out(found)
rows = found["raters"]
left, right = st.columns([11, 12], gap="large")
with left:
    value = tables.columns_of(rows)
    figure = rater_charts.rater_scatter(
        value["rater"], value["shared_clips"], value["agreement"], value["low"], value["high"], value["expected"]
    )
    figures.show(figure, "raters", value)
with right:
    pairs = found["pairs"]
    kappa, clips = (np.array(pairs[key], dtype=float) for key in ("cohen_kappa", "clips"))
    figure = rater_charts.kappa_map(pairs["raters"], kappa, clips)
    figures.show(figure, "pairs", pd.DataFrame(kappa, columns=pairs["raters"]).assign(rater=pairs["raters"]))
    tables.pairs_note(pairs)
tables.raters(rows)

st.subheader("What does a rater say when the panel hears …?")
who = st.selectbox(
    "Rater", list(found["dawid_skene"]["confusions"]), key="who", width=320, label_visibility="collapsed"
)
left, right = st.columns([11, 12], gap="large")
with left:
    confusion = np.array(found["dawid_skene"]["confusions"][who], dtype=float)
    figure = rater_charts.rater_confusion(study.emotions, confusion)
    figures.show(figure, "confusion", {"panel hears": study.emotions} | dict(zip(study.emotions, confusion.T)))
with right:
    tables.model_note(found["dawid_skene"])
