"""May a panel stand in for a listener?"""

import streamlit as st

from emo_core.analysis import data
from emo_core.charts import standin as charts
from pages.parts import analyses, figures
from pages.parts import standin_tables as tables
from pages.parts.session import choose_study, escape, open_store

store = open_store()
st.title("May a panel stand in for a listener?")
stored = choose_study(store)
analyses.need_candidate(stored)
votes = analyses.need_clips(store, stored)
further = [name for name in data.other_panels(store, stored.study.name) if name != stored.study.candidate]

with st.container(horizontal=True, vertical_alignment="bottom"):
    epsilon = st.number_input(
        "ε, how much worse still passes", 0.0, 0.5, 0.2, 0.01, key="epsilon", width=190, **analyses.URL,
        help="A panel costs less than a listener, so it may be a little worse. Calderon et al. advise 0.2 where listeners are "
        "experts, 0.15 where they are trained, 0.1 where they are crowd workers.",
    )  # fmt: skip
    answer = st.selectbox("The panel answers by", ["majority", "one vote"], key="answer", width=150, **analyses.URL)
    groups = st.selectbox("Also for each", ["no group", "tertile", "emotion"], key="groups", width=140, **analyses.URL)
    by = analyses.choose_units(votes)
    panels = st.multiselect("Further panels", further, key="panels", width=320) if further else []
found = analyses.document(
    store, stored, "standin", epsilon=round(epsilon, 4), answer=answer, panel=panels, by=by,
    groups=None if groups == "no group" else groups,
)  # fmt: skip

for panel in found["panels"]:
    tables.verdict(panel, epsilon)
named = [panel for panel in found["panels"] if panel["named"]["raters"]]
if named:
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Rater by rater")
        names = [panel["panel"] for panel in named]
        shown = st.selectbox("Panel", names, key="shown", label_visibility="collapsed") if len(named) > 1 else names[0]
        rows = next(panel["named"]["raters"] for panel in named if panel["panel"] == shown)
        figures.show(charts.raters(rows, epsilon), "raters", tables.by_column(rows))
        st.caption(f"{escape(shown)}. A point is a rater left out; the others are the judges. Above the dashed line the panel is "
                   "less than ε behind; green where that holds after Benjamini–Yekutieli correction at 5 %.")  # fmt: skip
    with right:
        st.subheader("How does it depend on ε?")
        figures.show(charts.sweep(named, epsilon), "sweep", tables.sweep_columns(named))
        st.caption("ω, the share of raters that the panel may replace. With many clips it only says on which side of ε the panel is: "
                   "read it with ρ and the differences.")  # fmt: skip
    with st.expander("Every rater's figures"):
        st.dataframe(rows, key="rater_rows", hide_index=True)

st.subheader("Against anonymous listeners")
labels, each = tables.anonymous(found)
figures.show(charts.differences(labels, each, epsilon), "anonymous", {"panel": labels} | analyses.columns(each))
st.caption(
    "Each vote of a clip in turn is the listener left out, all others are the judges; the mean over all choices is exact. Left of "
    f"the dashed line the panel is less than ε behind. Clips with three reference votes or more. Brackets: {found['intervals']}."
)
if found.get("groups"):
    st.subheader(f"For each {groups}")
    labels, each = tables.anonymous_groups(found)
    figures.show(charts.differences(labels, each, epsilon), "groups", {"group": labels} | analyses.columns(each))
    tables.groups(found)
if found["comparisons"]:
    st.subheader("Which panel comes closer?")
    tables.comparisons(found)
