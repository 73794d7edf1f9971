"""What have I answered? A rater's own history, and what is still to do."""

import pandas as pd
import streamlit as st

from emo_core.errors import BadInput
from emo_core.labelling import history
from emo_core.store import campaigns
from pages.parts import identity
from pages.parts.session import escape, fail, open_store

PAGE_SIZE = 50
store = open_store()
me = identity.visitor(store)
st.title("What have I answered?")
mine = campaigns.memberships(store, me.name) if me.name else []
if not mine:
    st.info("You have labelled nothing yet.")
    st.page_link("pages/label.py", label="Go to Label", icon=":material/headphones:")
    st.stop()
asked = st.query_params.get("campaign")
name = st.selectbox("Campaign", mine, index=mine.index(asked) if asked in mine else 0, width=360)
st.query_params["campaign"] = name
found = history.own(store, name, me.name)

done, left, pace, hours = st.columns(4)
done.metric(
    "Clips done", f"{found['done']:,}", help=f"{found['skipped']:,} of them skipped; {found['postponed']:,} postponed."
)
left.metric("Clips to go", f"{found['left']:,}")
pace.metric("Clips an hour", "–" if found["clips_per_hour"] is None else f"{found['clips_per_hour']:,.0f}",
            help="Over your last 50 answers; pauses of more than two minutes do not count.")  # fmt: skip
hours.metric("Time to go", "–" if found["hours_left"] is None else history.as_time(found["hours_left"]))

page = (
    st.pagination(max(1, -(-found["answers"] // PAGE_SIZE)), key="answers_page") if found["answers"] > PAGE_SIZE else 1
)
taken = st.session_state.setdefault("taken_back", 0)  # a new list has no row chosen
rows = history.rows(store, name, me.name, limit=PAGE_SIZE, offset=((page or 1) - 1) * PAGE_SIZE)
if not rows:
    st.info("No answer yet in this campaign.")
    st.stop()
picked = st.dataframe(
    pd.DataFrame(rows).drop(columns="item"), key=f"own_answers:{page}:{taken}", hide_index=True,
    on_select="rerun", selection_mode="single-row",
    column_config={"seconds": st.column_config.NumberColumn(format="%.1f")},
)  # fmt: skip
undo = "Choose an answer or a skip to take it back: it counts no longer, and the clip comes to you again."
st.caption(f"Times are UTC. {escape(found['over']) if found['over'] else undo}")
if picked.selection.rows:
    chosen = rows[picked.selection.rows[0]]
    words = f"Take back {chosen['clip']}" + (f" ({chosen['heard']})" if chosen["heard"] else "")
    if chosen["what"] in ("answer", "skip") and st.button(
        escape(words), icon=":material/undo:", disabled=found["over"] is not None
    ):
        try:
            history.retract(store, name, me.name, chosen["item"])
        except BadInput as error:  # it was closed a moment ago
            fail(error)
        st.session_state["taken_back"] += 1
        st.rerun()
if me.way == "laptop" and not me.is_researcher:
    with st.expander("Go on in another browser"):
        st.write("This link is yours alone: whoever has it labels as you.")
        st.code(f"{st.context.url.rsplit('/', 1)[0]}/{identity.personal_path(store, me.name)}", language=None)
st.caption(f"You label as **{escape(me.name)}**.")
