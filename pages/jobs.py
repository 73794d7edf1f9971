"""What is running?"""

from pathlib import Path

import streamlit as st

from emo_core import jobs
from emo_core.errors import WorkbenchError
from pages.parts import background, job_view, keys
from pages.parts.session import escape, open_store

ROOT = open_store().folder / "jobs"
EVERY_S = 2  # between two looks, while something is alive
st.title("What is running?")
found = jobs.list_jobs(ROOT)
if not found:
    st.info(
        "Nothing has been started yet. A job is long work, such as a model that listens to clips or a training. It goes on when "
        "this tab is closed and when the server is restarted; here it is watched, stopped and resumed."
    )
    st.stop()
STATES = {job.spec.number: job.status.state for job in found}
alive = set(STATES.values()) & set(jobs.ALIVE)


def drawn_anew() -> list[jobs.Job]:
    """The jobs now; the whole page is drawn again where one came or changed its state."""
    now = jobs.list_jobs(ROOT)
    if {job.spec.number: job.status.state for job in now} != STATES:
        st.rerun()
    return now


@st.fragment(run_every=EVERY_S if alive else None)
def show_table() -> None:
    job_view.table(drawn_anew())


@st.fragment(run_every=EVERY_S if alive else None)
def show_chosen(number: int) -> None:
    job_view.near(jobs.find(ROOT, number))


def stop(folder: Path) -> None:
    """Ask now, and see to it in the background: the grace may be long."""
    st.session_state.pop("sure", None)
    attempt = jobs.status(folder).attempt  # what is resumed meanwhile goes on
    jobs.ask_to_stop(folder)
    background.begin(("cancel", folder), lambda task: jobs.cancel(folder, attempt=attempt))


def resume(folder: Path) -> None:
    background.forget(("cancel", folder))
    try:
        jobs.start(folder, keys.of_user())
    except WorkbenchError as error:
        st.session_state["refused"] = str(error)


def choose_job() -> jobs.Job:
    """The job that the URL names, else the newest."""
    titles = {job.spec.number: job.spec.title for job in found}
    asked = st.query_params.get("job")
    if asked is not None and asked not in map(str, titles):
        st.warning(f"There is no job {escape(asked)} in this store; another one is shown.")
    st.session_state["job_choice"] = next((number for number in titles if str(number) == asked), next(iter(titles)))
    st.selectbox(
        "Job",
        list(titles),
        key="job_choice",
        format_func=lambda n: f"{n}: {titles[n]}",
        width=420,
        on_change=show_chosen_job,
    )
    show_chosen_job()
    return next(job for job in found if job.spec.number == st.session_state["job_choice"])


def show_chosen_job() -> None:
    """The URL rules, so that a choice goes there first."""
    st.query_params["job"] = str(st.session_state["job_choice"])


def show_buttons(job: jobs.Job) -> None:
    """Stop, asked for twice, and resume, each where it can be done; the log as a file."""
    number, state = job.spec.number, job.status.state
    with st.container(horizontal=True):
        if state in ("queued", "running") and st.button("Stop", icon=":material/stop_circle:", key="stop"):
            st.session_state["sure"] = number
        if state in ("made", "failed", "cancelled", "lost"):
            label = "Start" if state == "made" else "Resume"
            st.button(label, icon=":material/play_arrow:", key="resume", on_click=resume, args=(job.folder,))
        st.download_button(
            "Log", lambda: (job.folder / "log.txt").read_bytes(), f"job-{number}-log.txt", "text/plain", icon=":material/download:",
            on_click="ignore", disabled=not jobs.log_size(job.folder),
        )  # fmt: skip
    if st.session_state.get("sure") == number and state in ("queued", "running"):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.write("Stop this job? What it has saved is kept, and it can be resumed.")
            st.button("Stop it", type="primary", key="sure_stop", on_click=stop, args=(job.folder,))
            st.button("Let it go on", key="let", on_click=st.session_state.pop, args=("sure", None))


show_table()
chosen = choose_job()
show_buttons(chosen)
task = background.find(("cancel", chosen.folder))
for problem in (st.session_state.pop("refused", None), task.error if task else None):
    if problem:
        st.error(escape(problem))
show_chosen(chosen.spec.number)
