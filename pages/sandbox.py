"""What if …?"""

import streamlit as st

from emo_core.analysis import sandbox
from emo_core.charts import ambiguity as strata_charts
from emo_core.charts import sandbox as charts
from emo_core.store import answers
from pages.parts import analyses, figures
from pages.parts import sandbox_tables as tables
from pages.parts.session import choose_study, open_store

store = open_store()
st.title("What if …?")
stored = choose_study(store)
study = stored.study
analyses.need_candidate(stored)
votes = analyses.need_clips(store, stored)
raters = answers.panel_raters(store, study.name)
longest = int(votes.candidate.sum(axis=1).max())

with st.container(horizontal=True, vertical_alignment="bottom"):
    used = st.number_input(
        "Candidate votes a clip", 0, longest, 0, key="n", width=180, **analyses.URL,
        help="0: all of them. The mean over all subsets of that many is exact.",
    )  # fmt: skip
    weight = st.number_input(
        "One candidate vote counts", 0.05, 20.0, 1.0, 0.05, key="weight", width=190, **analyses.URL,
        help="Human votes, in the combined distribution.",
    )  # fmt: skip
    smoothing = st.number_input(
        "Smoothing (votes an emotion)", 0.0, 20.0, 0.0, 0.1, key="smoothing", width=210, **analyses.URL
    )
    by = analyses.choose_units(votes)
    emotions = st.multiselect("Emotions", study.emotions, study.emotions, key=f"emotions:{stored.study_id}", width=420)
    without = tables.choose_without(raters, stored.study_id)
choices = {
    "votes": int(used) or None, "weight": weight, "smoothing": smoothing, "without": without,
    "emotions": [name for name in study.emotions if name in emotions] if len(emotions) < len(study.emotions) else None,
}  # fmt: skip
before, after = (
    analyses.document(store, stored, "sandbox", by=by, before=False, **each)["changed"] for each in ({}, choices)
)

tables.figures_table(before, after)
if not after["clips"]:
    st.info("No clip has votes on both sides any more.")
    st.stop()
left, middle, right = st.columns([4, 3, 3], gap="large")
with left:
    st.subheader("By number of votes")
    figures.show(charts.curves(before["curve"], after["curve"]), "curves", tables.curve_columns(before, after))
with middle:
    st.subheader("By ambiguity")
    panels = {"as it is": [row["js"] for row in before["strata"]], "changed": [row["js"] for row in after["strata"]]}
    names = [row["name"] for row in after["strata"]]
    figures.show(strata_charts.by_stratum(names, panels), "strata", tables.strata_columns(before, after))
    st.caption("Tertiles of reference entropy, made anew from the changed votes.")
with right:
    st.subheader("Do they help?")
    tables.complement(before, after)

st.subheader("Who adds spread, who adds bias?")
kinds = tables.kinds_there(raters)
if not kinds:
    st.info("The candidate's raters are anonymous: votes cannot be tied to personas, temperatures or people.")
    st.stop()
kind = st.segmented_control("Broken down by", kinds, default=kinds[0], required=True, key="kind", **analyses.URL)
parts = len(set(tables.names_of(raters, kind)))
if parts > sandbox.MOST_PARTS:
    st.info(f"The candidate has {parts:,} of them; up to {sandbox.MOST_PARTS} can be told apart in one figure.")
    st.stop()
broken = analyses.document(store, stored, "breakdown", kind=kind, by=by, emotions=choices["emotions"], without=without)
left, right = st.columns([5, 7], gap="large")
with left:
    figures.show(charts.breakdown(broken["parts"], kind), "breakdown", tables.part_columns(broken["parts"]))
with right:
    tables.parts(broken)
