"""How do the raters do?"""

import pandas as pd
import streamlit as st

from emo_core import verbs
from emo_core.charts import labelling as charts
from emo_core.errors import WorkbenchError
from emo_core.labelling import monitor
from emo_core.labelling.history import as_time
from emo_core.store import campaigns
from pages.parts import conflicts, figures, identity, monitor_tables
from pages.parts.session import escape, fail, open_store

store = open_store()
st.title("How do the raters do?")
known = [campaign["name"] for campaign in campaigns.list_campaigns(store)]
if not known:
    st.info("There is no campaign yet.")
    st.page_link("pages/campaigns.py", label="Make one on the page Campaigns", icon=":material/campaign:")
    st.stop()
asked = st.query_params.get("campaign")
with st.container(horizontal=True, vertical_alignment="center"):
    name = st.selectbox(
        "Campaign",
        known,
        index=known.index(asked) if asked in known else len(known) - 1,
        width=320,
        label_visibility="collapsed",
    )
    st.button("Look again", icon=":material/refresh:", key="again")
st.query_params["campaign"] = name
try:
    found = monitor.monitor(store, name)
except WorkbenchError as error:
    fail(error)

filled, agreement, left, flagged = st.columns(4)
share = found["filled"] / found["slots"] if found["slots"] else 0
filled.metric(
    "Slots filled", f"{share:.0%}", help=f"{found['filled']:,} of {found['clips']:,} clips × {found['overlap']} raters."
)
alpha = found["agreement"]["krippendorff_alpha"]
agreement.metric(
    "Krippendorff's alpha", "–" if alpha["value"] is None else f"{alpha['value']:.2f}",
    help=monitor_tables.interval(alpha) or alpha.get("reason") or "",
)  # fmt: skip
left.metric(
    "Time to go",
    "–" if found["hours_left"] is None else as_time(found["hours_left"]),
    help="At the pace of those who label now.",
)
flagged.metric(
    "Flagged",
    f"{found['flagged']:,}",
    help=", ".join(f"{flag.replace('_', ' ')} {n}" for flag, n in found["flags"].items()),
)
st.caption(
    f"{found['answers']:,} answers of {len(found['raters'])} raters in the panel **{escape(found['panel'])}**, "
    f"{found['skipped']:,} skipped. "
    f"Alpha: {monitor_tables.interval(alpha) or escape(alpha.get('reason') or '')}, among the campaign's own raters on "
    f"{found['agreement']['clips']:,} clips with two answers or more."
)
if found["pilot"]:
    st.info("A pilot: these answers count in no study.")
elif found["not_counted"] is not None:
    st.warning(f"Set aside, these votes count in no study: {escape(found['not_counted'])}")
if found["known_panel"]:
    st.caption(
        f"The votes of **{escape(found['known_panel'])}** stand beside these in each rater's agreement with the others and in the "
        "clips that raters disagree on."
    )
if not found["raters"]:
    st.info("Nobody has joined yet.")
    st.stop()

left, right = st.columns(2, gap="large")
with left:
    st.subheader("Does each agree with the others?")
    figures.show(charts.rater_strip(found["raters"]), "rater_strip", monitor_tables.flat(found["raters"]))
with right:
    st.subheader("When did they label?")
    if found["timeline"]["answers"]:
        figures.show(charts.pace(found["timeline"]), "pace", found["timeline"])
    else:
        st.info("No answer yet.")

st.subheader("Rater by rater")
picked = st.dataframe(
    pd.DataFrame(monitor_tables.rows(found["raters"])), key=f"raters:{name}", hide_index=True,
    on_select="rerun", selection_mode="single-row",
    column_config=monitor_tables.COLUMNS,
)  # fmt: skip
st.caption(monitor_tables.LEGEND)
if picked.selection.rows:
    chosen = found["raters"][picked.selection.rows[0]]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if chosen["retired"] is None:
            reason = st.text_input(f"Why set {escape(chosen['rater'])}'s votes aside?", key="reason", width=360)
            act, words = "campaign retire", {"reason": reason}
            label = "Retire the rater"
        else:
            act, words, label = "campaign restore", {}, "Bring the votes back"
        if st.button(label, key="retire", disabled=chosen["retired"] is None and not reason.strip()):
            try:
                verbs.run(store, act, {"name": name, "rater": chosen["rater"], **words})
            except WorkbenchError as error:
                fail(error)
            st.rerun()
    st.caption(
        "No vote is deleted. Retired votes count nowhere, their slots are free again, and the rater gets no clips."
    )

st.subheader("Where do they disagree?")
conflicts.show(store, name, found["conflicts"], identity.visitor(store).name)
