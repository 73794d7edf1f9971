"""Who listens to what?"""

import pandas as pd
import streamlit as st

from emo_core import verbs
from emo_core.errors import WorkbenchError
from emo_core.labelling import event_table, making
from emo_core.labelling.campaign import ORDERS, QUESTIONS
from emo_core.store import campaigns
from pages.parts import campaign_form
from pages.parts.session import escape, fail, open_store

store = open_store()
st.title("Who listens to what?")
found = {campaign["name"]: campaign for campaign in campaigns.list_campaigns(store)}


def carry_out(verb: str, **arguments) -> None:
    """A verb of the command line, its error as a sentence."""
    try:
        st.session_state["done"] = verbs.run(store, verb, arguments)
    except WorkbenchError as error:
        fail(error)


def share(row: dict) -> float:
    """Slots that have an answer, in per cent."""
    slots = row["clips"] * row["settings"]["overlap"]
    return 100 * row["filled"] / slots if slots else 0.0


def state_of(row: dict) -> str:
    """`open` or `closed`, and why its votes do not count."""
    uncounted = "pilot" if row["settings"].get("pilot") else "set aside" if row["set_aside"] is not None else ""
    return ", ".join(word for word in ("closed" if row["closed_at"] else "open", uncounted) if word)


def set_aside(name: str, aside: bool) -> None:
    """Set the campaign that is shown aside, or bring it back."""
    if aside:
        carry_out("campaign set-aside", name=name, reason=st.session_state["aside_reason"])
    else:
        carry_out("campaign bring-back", name=name)


if found:
    rows = [
        {"campaign": row["name"], "study": row["study"] or row["settings"]["corpus"], "panel": row["panel"], "clips": row["clips"],
         "raters a clip": row["settings"]["overlap"], "raters": row["raters"], "answers": row["filled"], "filled": share(row),
         "made": row["made_at"], "state": state_of(row)}
        for row in found.values()
    ]  # fmt: skip
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, key="campaigns",
        column_config={
            "filled": st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100),
            "made": st.column_config.DatetimeColumn(format="YYYY-MM-DD"),
        },
    )  # fmt: skip
    asked = st.query_params.get("campaign")
    names = list(found)
    name = st.selectbox("Campaign", names, index=names.index(asked) if asked in names else len(names) - 1, width=360)
    st.query_params["campaign"] = name
    chosen, settings = found[name], found[name]["settings"]
    form = settings["form"]
    scales = f", {', '.join(form['scales'])} on {form['points']} points" if form["scales"] else ""
    st.caption(
        f"{chosen['clips']:,} clips, {settings['overlap']} raters each; {QUESTIONS[form['question']]}{scales}; "
        f"{ORDERS[settings['order']]}; "
        f"{chosen['gold']:,} gold, {chosen['practice']:,} practice clips, {settings['repeats']:.0%} repeats. Votes go to the panel "
        f"**{escape(chosen['panel'])}**."
    )
    if settings.get("pilot"):
        st.info("A pilot: its answers count in no study. Watch them on the page Raters, or save every event.")
    elif chosen["set_aside"] is not None:
        st.warning(f"Set aside, its votes count in no study: {escape(chosen['set_aside'])}")
    elif chosen["answers"]:
        st.caption(
            f"To study these votes, make a study whose reference or candidate panel is **{escape(chosen['panel'])}**."
        )
    with st.container(horizontal=True):
        if st.button("Label", icon=":material/headphones:", type="primary"):
            st.switch_page("pages/label.py", query_params={"campaign": name})
        if st.button("Raters", icon=":material/monitoring:"):
            st.switch_page("pages/raters.py", query_params={"campaign": name})
        shut = chosen["closed_at"] is not None
        st.button(
            "Open again" if shut else "Close", icon=":material/lock_open:" if shut else ":material/lock:", key="shut",
            on_click=carry_out, args=("campaign reopen" if shut else "campaign close",), kwargs={"name": name},
            help="A closed campaign hands out no clips and takes no answers: what arrives later is refused, and its rater "
            "is told.",
        )  # fmt: skip
        st.download_button(
            "Every event (CSV)", lambda: event_table.csv_text(event_table.rows(store, chosen)), f"{name}-events.csv", "text/csv",
            icon=":material/download:", on_click="ignore", disabled=not chosen["answers"],
        )  # fmt: skip
        if not settings.get("pilot") and chosen["answers"] and chosen["set_aside"] is None:
            st.button("Make a study", icon=":material/tune:", key="to_study", on_click=campaign_form.begin_study,
                      args=(store, chosen), help="The form on the page Studies begins with these votes.")  # fmt: skip
        if not settings.get("pilot") and chosen["set_aside"] is None:
            with st.popover("Set aside", icon=":material/block:", key="asking_aside"):
                st.write("No vote is deleted: nothing of this campaign counts in any study until you bring it back.")
                reason = st.text_input("Why?", key="aside_reason")
                st.button("Set the campaign aside", key="aside", on_click=set_aside, args=(name, True),
                          disabled=not reason.strip())  # fmt: skip
        elif not settings.get("pilot"):
            st.button("Bring it back", icon=":material/undo:", key="aside", on_click=set_aside, args=(name, False))
    if st.session_state.pop("study_begun", False):
        st.switch_page("pages/studies.py")
    with st.expander("Invite raters", icon=":material/person_add:"):
        st.write(
            "Whoever opens the link may join, says a name once, and sees the labelling page and their own answers only. From the "
            "first invite on, this browser stays the researcher's; others need the link that the server prints when it starts."
        )
        base = st.context.url.rsplit("/", 1)[0] if st.context.url else ""
        for token in campaigns.invites(store, chosen["campaign_id"]):
            st.code(f"{base}/invite/{token}", language=None)
        with st.container(horizontal=True):
            st.button(
                "Make a link", on_click=campaigns.make_invite, args=(store, chosen["campaign_id"]), key="make_invite"
            )
            st.button(
                "Withdraw all", on_click=campaigns.withdraw_invites, args=(store, chosen["campaign_id"]), key="withdraw",
                disabled=not campaigns.invites(store, chosen["campaign_id"]),
            )  # fmt: skip
    with st.expander("All settings"):
        st.json(settings)
else:
    st.info("There is no campaign yet. A campaign says who listens to which clips, and what is asked about them.")

with st.expander("New campaign", icon=":material/add:", expanded=not found):
    wanted, joins = campaign_form.choose(store)
    label = "Make the campaign, and join the panel" if joins else "Make the campaign"
    if wanted and st.button(label, type="primary", key="make"):
        try:
            made = making.make(store, wanted, join=joins)
        except WorkbenchError as error:
            fail(error)
        st.query_params["campaign"] = made.name
        st.rerun()
