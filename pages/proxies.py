"""What does a model hear? Plan a panel of model votes, try it, run it, and see how close it comes."""

import streamlit as st

from emo_core import jobs
from emo_core.annotators import control
from emo_core.errors import WorkbenchError
from emo_core.store import runs
from pages.parts import plan_form, run_buttons, run_view
from pages.parts.session import choose_study, escape, fail, open_store

EVERY_S = 2
store = open_store()
st.title("What does a model hear?")
stored = choose_study(store)
name = stored.study.name
found = [run for run in control.of_models(store) if name in (run.study, run.companion)]
base = found[-1].study if found and found[-1].companion == name else name


def choose_run() -> runs.Run:
    """The run that the URL names, else the newest."""
    names = [run.name for run in found][::-1]
    asked = st.query_params.get("run")
    if asked is not None and asked not in names:
        st.warning(f"The study has no run {escape(asked)}; another one is shown.")
    st.session_state["run_choice"] = asked if asked in names else names[0]
    st.selectbox("Run", names, key="run_choice", width=420, on_change=show_chosen_run)
    show_chosen_run()
    return next(run for run in found if run.name == st.session_state["run_choice"])


def show_chosen_run() -> None:
    """The URL rules, so that a choice goes there first."""
    st.query_params["run"] = st.session_state["run_choice"]


@st.fragment(run_every=EVERY_S)
def show_live(run: runs.Run, state: str) -> None:
    """What changes while the job goes on; the whole page is drawn again when it ends."""
    control.collect(store, run.name)
    now = control.status(store, run.name)
    if now["state"] != state:
        st.rerun()
    show(now)


def show(now: dict) -> None:
    """How far it is, and how close."""
    run_view.progress(now)
    companion = now["in_store"]["companion"]
    if companion and now["question"] == "label":
        run_view.agreement(store, companion)
    elif now["question"] == "distribution" and now["settled"]:
        st.page_link(
            "pages/distributions.py",
            label="What do models say?",
            icon=":material/scatter_plot:",
            query_params={"study": now["study"]},
        )


refused = st.session_state.pop(run_buttons.REFUSED, None)
if refused:
    st.error(escape(refused))
if not found:
    st.info(
        "No model has been asked about this study yet. A plan says who is asked, how often and as whom; nothing is sent before you "
        "start it, and a trial of five clips shows what comes back."
    )
with st.expander("New plan", icon=":material/add:", expanded=not found, key=f"new:{len(found)}"):
    if base != name:
        st.caption(f"Plans are made for a study of listeners: choose **{escape(base)}** above.")
    elif chosen := plan_form.choose(store, stored):
        drafted, how = chosen
        run_view.overview(drafted)
        if st.button("Keep this plan", type="primary", key="keep"):
            try:
                made = control.keep(store, drafted, **how)
            except WorkbenchError as error:
                fail(error)
            st.query_params["run"] = made.name
            st.rerun()
if found:
    run = choose_run()
    try:
        control.collect(store, run.name)
        now = control.status(store, run.name)
    except WorkbenchError as error:
        fail(error)
    run_buttons.show(store, run, now)
    if now["state"] in jobs.ALIVE:
        show_live(run, now["state"])
    else:
        show(now)
    with st.expander("Replies as they came", expanded=now["ended"] == "trial"):
        run_view.replies(store, run.name)
    with st.expander("The plan"):
        st.json(run.settings)
