"""For which clips?"""

import streamlit as st

from emo_core.analysis import data
from emo_core.charts import ambiguity as charts
from emo_core.errors import BadInput
from pages.parts import ambiguity_tables as tables
from pages.parts import analyses, figures
from pages.parts.session import choose_study, escape, open_store

store = open_store()
st.title("For which clips?")
stored = choose_study(store)
votes = analyses.need_clips(store, stored)
further = [name for name in data.other_panels(store, stored.study.name) if name != stored.study.candidate]

with st.container(horizontal=True, vertical_alignment="bottom"):
    method = st.selectbox(
        "Strata", ["equal counts", "equal range", "edges"], key="method", width=160, **analyses.URL,
        help="“Tertiles of entropy range” can be read as equal numbers of clips or as equal parts of the range.",
    )  # fmt: skip
    if method == "edges":
        typed = st.text_input("Edges (bits)", "0.5, 1.0", key="edges", width=140, **analyses.URL)
    else:
        k = st.number_input("How many", 2, 10, 3, key="k", width=120, **analyses.URL)
    by = analyses.choose_units(votes)
    panels = st.multiselect("Further panels", further, key="panels", width=360) if further else []
try:
    edges = tables.numbers(typed) if method == "edges" else None
except BadInput as error:
    st.error(escape(str(error)))
    st.stop()
found = analyses.document(
    store, stored, "ambiguity", k=3 if edges else int(k), method=method, edges=edges, panel=panels, by=by
)
names = [row["name"] for row in found["strata"]]

tables.collapsed(found)
left, right = st.columns(2, gap="large")
with left:
    st.subheader("How ambiguous are the clips?")
    sizes = [row["clips"] for row in found["strata"]]
    figure = charts.entropy_histogram(votes.entropy, found["edges"], names, sizes)
    figures.show(figure, "entropy", {"clip": votes.clips, "entropy_reference": votes.entropy})
    st.caption(tables.ties(found))
with right:
    st.subheader("How close do panels come?")
    if not found["panels"]:
        st.info("The study has no candidate panel; choose a further panel above where there is one.")
    else:
        figures.show(charts.by_stratum(names, found["panels"]), "strata", tables.panel_columns(names, found["panels"]))
        st.caption(f"Each panel against the reference, in each stratum of its entropy. Brackets: {found['intervals']}.")
tables.strata(found, stored.study.name)

st.subheader("Which kinds of ambiguity?")
left, right = st.columns([5, 7], gap="large")
with left:
    rows = [row for row in found["kinds"] if row["kind"] or row["clips"]]
    numbers = {"kind": [row["kind"] for row in rows], "clips": [row["clips"] for row in rows]}
    figures.show(charts.kinds(rows), "kinds", numbers)
with right:
    tables.kinds(found, stored.study.name)
if stored.study.candidate is None:
    st.stop()

left, right = st.columns(2, gap="large")
with left:
    st.subheader("Is the candidate as uncertain as listeners?")
    part = found["entropy"]
    if part is None:
        st.caption("Entropies are compared at equal numbers of votes; some clip has fewer than two on a side.")
    else:
        each = [row["entropy_difference"] for row in found["strata"]]
        figure = charts.differences(names, each, title="candidate less reference entropy (bits)")
        figures.show(figure, "entropy_difference", {"stratum": names} | analyses.columns(each))
        st.caption(tables.calibration(part))
with right:
    st.subheader("Where do candidate votes help?")
    part = found["complement"]
    if part is None:
        st.caption("It needs clips with four reference votes or more.")
    else:
        each = [row["gain"] for row in part["strata"]]
        labels = [f"{row['name']}<br>{row['share']:.0%} of clips" for row in part["strata"]]
        figure = charts.differences(labels, each, title="nearer to held-out listeners by (bits)", clips=False)
        figures.show(figure, "complement", {"stratum": names} | analyses.columns(each))
        st.caption(tables.complement(part))
st.subheader("How many listeners is a panel?")
tables.effective(found)
