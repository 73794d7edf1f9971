"""What a run can be told: trial, go on, stop, another cap."""

import streamlit as st

from emo_core import jobs
from emo_core.annotators import control
from emo_core.errors import WorkbenchError
from emo_core.store import Database, runs
from pages.parts import background, keys

REFUSED = "refused"  # why the last wish was not done, in the session


def begin(store: Database, run: runs.Run, trial: bool) -> None:
    """Start the job, or go on with it."""
    try:
        control.begin(store, run.name, trial=trial, env=keys.of_user())
    except WorkbenchError as error:
        st.session_state[REFUSED] = str(error)


def stop(store: Database, run: runs.Run) -> None:
    """Ask now, and see to it in the background."""
    folder = runs.folder_of(store, run.run_id)
    attempt = jobs.status(folder).attempt  # what is resumed meanwhile goes on
    jobs.ask_to_stop(folder)
    background.begin(("cancel", folder), lambda task: jobs.cancel(folder, attempt=attempt))


def amend(store: Database, run: runs.Run, **changes: float | None) -> None:
    """Change cap or rule."""
    try:
        control.amend(store, run.name, **changes)
    except WorkbenchError as error:
        st.session_state[REFUSED] = str(error)


def keep_cap(store: Database, run: runs.Run) -> None:
    """The cap that was typed; an emptied field is none."""
    amend(store, run, cap=st.session_state[f"cap:{run.run_id}"])


def go_on_without_rule(store: Database, run: runs.Run) -> None:
    """Lift the rule, and go on."""
    amend(store, run, stop_gain=0.0)
    begin(store, run, False)


def show(store: Database, run: runs.Run, now: dict) -> None:
    """Trial, run, stop: each where it can be done."""
    going = now["state"] in jobs.ALIVE
    with st.container(horizontal=True, vertical_alignment="center" if going else "bottom"):
        if going:
            st.button(
                "Stop",
                icon=":material/stop_circle:",
                key="stop",
                on_click=stop,
                args=(store, run),
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
                    args=(store, run, True),
                )
            show_start(store, run, now)


def show_start(store: Database, run: runs.Run, now: dict) -> None:
    """What begins the run or goes on with it, and its cap."""
    play = {"type": "primary", "icon": ":material/play_arrow:"}
    if now["ended"] == "saturated":
        st.button("Go on without the rule", key="run", on_click=go_on_without_rule, args=(store, run), **play)
    else:
        label = "Go on" if now["settled"] else "Run all"
        st.button(label, key="run", on_click=begin, args=(store, run, False), **play)
    if now["provider"] != "local":
        key = f"cap:{run.run_id}"
        st.session_state.setdefault(key, now["cap"])  # a field with a value of its own could not be emptied
        st.number_input(
            "Cap (USD)", 0.0, value=None, key=key, width=140, placeholder="none", on_change=keep_cap, args=(store, run)
        )
