"""What do you hear?"""

import streamlit as st

from emo_core import access
from emo_core.errors import BadInput
from emo_core.labelling.campaign import from_document
from emo_core.records import checked_name
from emo_core.store import campaigns
from pages.parts import guidelines, identity
from pages.parts.labeller import labeller
from pages.parts.labelling_routes import ticket
from pages.parts.session import escape, fail, open_store

store = open_store()
me = identity.visitor(store)
# Narrow and quiet. The only dialog that could open here says that the server is away; the component closes it.
st.html(
    "<style>[data-testid='stMainBlockContainer'] { max-width: 860px; margin: 0 auto; } [data-testid='stDialog'] { display: none; }"
    "</style>"
)


def keep_name() -> None:
    """Take the name that was typed, or say what is wrong with it and ask again."""
    try:
        st.session_state["my_name"] = checked_name("rater", st.session_state["typed_name"])
    except BadInput as error:
        st.session_state["my_name"], st.session_state["name_problem"] = None, str(error)


def accept_invite() -> None:
    """Who is logged in joins by the invite in the address."""
    number = campaigns.invited_to(store, st.query_params.get("invite", ""))
    if number is not None and identity.way() != "laptop" and me.name:
        campaigns.join(store, number, me.name, sees_votes=me.is_researcher)
    st.query_params.pop("invite", None)


if not me.name:
    st.title("What do you hear?")
    if problem := st.session_state.pop("name_problem", None):
        st.error(escape(problem))
    st.text_input(
        "Your name as a rater", key="typed_name", max_chars=100, on_change=keep_name, width=360,
        help="Asked once; this browser keeps it. Your votes stand under it.",
    )  # fmt: skip
    st.stop()
try:
    if "invite" in st.query_params:
        accept_invite()
    known = {c["name"]: c for c in campaigns.list_campaigns(store)}
    mine = [name for name in (known if me.is_researcher else campaigns.memberships(store, me.name)) if name in known]
    if me.is_researcher:
        mine.sort(key=lambda name: (known[name]["closed_at"] is not None, -known[name]["campaign_id"]))
except BadInput as error:
    fail(error)
if not mine:
    st.title("What do you hear?")
    if me.is_researcher:
        st.info("There is no campaign yet. A campaign says who listens to which clips, and what is asked about them.")
        st.page_link("pages/campaigns.py", label="Make one on the page Campaigns", icon=":material/campaign:")
    else:
        st.info("You are in no campaign. Open the invite that you were sent.")
    st.stop()

asked = st.query_params.get("campaign")
name = asked if asked in mine else mine[0]
heading, text = st.columns([3, 2], vertical_alignment="center")
if len(mine) > 1:
    name = heading.selectbox("Campaign", mine, index=mine.index(name), label_visibility="collapsed")
else:
    heading.subheader(escape(name), anchor=False)
st.query_params["campaign"] = name
found = known[name]
campaign = from_document(found["settings"])
try:
    campaigns.join(store, found["campaign_id"], me.name, sees_votes=me.is_researcher)
except BadInput as error:
    if found["closed_at"] is not None:
        st.info(escape(str(error)))
        st.stop()
    st.error(escape(str(error)))
    if me.way == "laptop" and me.is_researcher:
        st.text_input("Another name", key="typed_name", max_chars=100, on_change=keep_name, width=360)
    st.stop()
blindness = " You can see votes elsewhere, so your answers are marked as not blind." if me.is_researcher else ""
text.markdown(f":small[You label as **{escape(me.name)}**.{blindness}]")
guidelines.show(store, campaign)
remember = me.way == "laptop" and me.is_researcher and identity.remembered(store).get("name") != me.name
labeller(
    campaign,
    ticket=ticket(store, found["campaign_id"], me.name),
    scope=f"{found['campaign_id']}:{me.name}",
    remember=access.sign(store.folder, "remember", {"name": me.name}) if remember else None,
    key=f"labeller-{found['campaign_id']}-{me.name}",
)
