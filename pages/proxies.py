"""What does a model hear? Plan a panel of model votes, try it, run it, and see how close it comes."""

import streamlit as st

from emo_core import jobs
from emo_core.annotators import control
from emo_core.errors import WorkbenchError
from emo_core.store import runs
from pages.parts import background, keys, plan_form, run_view
from pages.parts.session import choose_study, escape, fail, open_store

EVERY_S = 2
store = open_store()
st.title("What does a model hear?")
stored = choose_study(store)
name = stored.study.name
found = [run for run in control.of_models(store) if name in (run.study, run.companion)]
base = found[-1].study if found and found[-1].companion == name else name


def begin(run: runs.Run, trial: bool) -> None:
    """Start the job, or go on with it."""
    try:
        control.begin(store, run.name, trial=trial, env=keys.of_user())
    except WorkbenchError as error:
        st.session_state["refused"] = str(error)


def stop(run: runs.Run) -> None:
    """Ask now, and see to it in the background."""
    folder = runs.folder_of(store, run.run_id)
    attempt = jobs.status(folder).attempt  # what is resumed meanwhile goes on
    jobs.ask_to_stop(folder)
    background.begin(("cancel", folder), lambda task: jobs.cancel(folder, attempt=attempt))


def amend(run: runs.Run, **changes: float | None) -> None:
    """Change cap or rule."""
    try:
        control.amend(store, run.name, **changes)
    except WorkbenchError as error:
        st.session_state["refused"] = str(error)


def keep_cap(run: runs.Run) -> None:
    """The cap that was typed; an emptied field is none."""
    amend(run, cap=st.session_state[f"cap:{run.run_id}"])


def go_on_without_rule(run: runs.Run) -> None:
    """Lift the rule, and go on."""
    amend(run, stop_gain=0.0)
    begin(run, False)


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


def show_buttons(run: runs.Run, now: dict) -> None:
    """Trial, run, stop: each where it can be done."""
    going = now["state"] in jobs.ALIVE
    with st.container(horizontal=True, vertical_alignment="center" if going else "bottom"):
        if going:
            st.button(
                "Stop",
                icon=":material/stop_circle:",
                key="stop",
                on_click=stop,
                args=(run,),
                disabled=now["state"] == "stopping",
            )
            st.page_link(
                "pages/jobs.py", label="Its job", icon=":material/work_history:", query_params={"job": str(run.run_id)}
            )
        elif now["missing"]:
            if not now["settled"]:
                st.button(
                    f"Try {control.TRIAL_CLIPS} clips",
                    icon=":material/science:",
                    key="trial",
                    on_click=begin,
                    args=(run, True),
                )
            show_start(run, now)


def show_start(run: runs.Run, now: dict) -> None:
    """What begins the run or goes on with it, and its cap."""
    play = {"type": "primary", "icon": ":material/play_arrow:"}
    if now["ended"] == "saturated":
        st.button("Go on without the rule", key="run", on_click=go_on_without_rule, args=(run,), **play)
    else:
        label = "Go on" if now["settled"] else "Run all"
        st.button(label, key="run", on_click=begin, args=(run, False), **play)
    if now["provider"] != "local":
        key = f"cap:{run.run_id}"
        st.session_state.setdefault(key, now["cap"])  # a field with a value of its own could not be emptied
        st.number_input(
            "Cap (USD)", 0.0, value=None, key=key, width=140, placeholder="none", on_change=keep_cap, args=(run,)
        )


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


refused = st.session_state.pop("refused", None)
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
    show_buttons(run, now)
    if now["state"] in jobs.ALIVE:
        show_live(run, now["state"])
    else:
        show(now)
    with st.expander("Replies as they came", expanded=now["ended"] == "trial"):
        run_view.replies(store, run.name)
    with st.expander("The plan"):
        st.json(run.settings)
