"""How close do the two panels come?"""

import streamlit as st

from emo_core import science, verbs
from emo_core.charts import panels
from emo_core.store import studies
from pages.parts import figures
from pages.parts.session import choose_study, open_store

store = open_store()
st.title("How close do the two panels come?")
stored = choose_study(store)
study = stored.study


@st.cache_data(max_entries=8, show_spinner=False)
def counted(folder: str, study_id: int, version: int) -> studies.StudyCounts:
    """Counts of one version of a study; new votes make a new version, and numbers of studies are never given twice."""
    return studies.study_counts(store, study.name)


@st.cache_data(max_entries=32, show_spinner="Comparing …")
def compared(folder: str, study_id: int, version: int, by: str) -> dict:
    """Figures of one version of a study."""
    return verbs.run(store, "study show", {"name": study.name, "by": by})


state = (str(store.folder), stored.study_id, stored.version)
counts = counted(*state)
with_speakers = all(speaker is not None for speaker in counts.speakers)
by = st.segmented_control(
    "Intervals resample", ["clip", "speaker"], default="clip", required=True, key="by", bind="query-params", disabled=not with_speakers,
    help="Clips of one speaker resemble each other; resampling whole speakers is the more careful choice. It needs a "
    "speaker for every clip.",
)  # fmt: skip
by = by if with_speakers else "clip"
document = compared(*state, by)
if not document["clips"]:
    st.info("The study keeps no clip.")
    figures.exclusions(document)
    st.stop()

st.subheader("Agreement and ambiguity")
figures.agreement_table(document)
figures.exclusions(document)
if study.candidate is None:
    st.info("The study has no candidate panel yet, so there is nothing to compare it with.")
    st.stop()

options = {"seed": study.seed, "clusters": counts.speakers if by == "speaker" else None}
weights = counts.reference_weights, counts.candidate_weights
p, q = (science.normalise(side) for side in weights)
left, right = st.columns(2)
with left:
    st.subheader("How far apart are they?")
    low, high = document["js_mean_interval"]
    js = science.jensen_shannon_divergence(p, q)
    figure = panels.divergence_histogram(js, document["js_mean"], figures.number(low), figures.number(high))
    figures.show(figure, "js", {"clip": counts.clips, "js_divergence": js})
    figures.divergence_note(document)
with right:
    st.subheader("Which emotions do they hear?")
    shares, votes = figures.marginal_shares(*weights, **options)
    figures.show(
        panels.marginals(study.emotions, shares, votes), "marginals", figures.marginal_columns(study.emotions, shares)
    )
    st.caption(f"Share of all votes; bars are 95 % bootstrap intervals over {by}s.")
left, right = st.columns(2)
with left:
    st.subheader("Where do majorities part?")
    table = science.majority_table(*weights)
    whole = science.majority_table(*weights, shared=False)
    figure = panels.majority_confusion(study.emotions, table, whole)
    figures.browse_on_click(figure, study.name)
    figures.files(figure, "majorities", {"reference": study.emotions} | dict(zip(study.emotions, table.T)))
    match = science.majority_match(*weights, **options)
    st.caption(
        f"n = {match.n:,} clips; both majorities are the same on {figures.as_words(match)} of them. A tie is shared equally "
        "among its winners. Click a cell to browse its clips."
    )
with right:
    st.subheader("Are the same clips ambiguous?")
    entropies = science.entropy(p), science.entropy(q)
    figure = panels.entropies(*entropies, len(study.emotions), seed=study.seed)
    columns = {"clip": counts.clips, "entropy_reference": entropies[0], "entropy_candidate": entropies[1]}
    figures.show(figure, "entropies", columns)
    related = science.correlation(*entropies, **options)
    surer = science.mean_figure(entropies[1] - entropies[0], **options)
    st.caption(
        f"n = {related.n:,} clips; Pearson's r {figures.as_words(related)}; candidate less reference entropy "
        f"{figures.as_words(surer)} bits on average. Below the dotted line the candidate panel is more certain. Points are "
        "jittered by 1 %."
    )
