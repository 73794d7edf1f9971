"""Stop and resume of a run or a grid, seen to in the background so that the page goes on."""

import streamlit as st

from emo_core import jobs
from emo_core.errors import WorkbenchError
from emo_core.store import Database, runs
from emo_core.training import grids
from pages.parts import background, train_form
from pages.parts.session import escape


def stop(store: Database, name: str) -> None:
    """Ask now, and see to it in the background: what does not hear is killed after the grace."""
    try:
        asked = grids.ask_to_stop(store, name)
    except WorkbenchError as error:
        st.session_state["refused"] = str(error)
        return
    folders = [(runs.folder_of(store, run.run_id), attempt) for run, attempt in asked]

    def see_to_it(task: background.Task) -> None:
        for folder, attempt in folders:
            jobs.cancel(folder, attempt=attempt)

    background.begin(("cancel", name), see_to_it)


def resume(store: Database, name: str) -> None:
    """Go on from the last checkpoints."""
    background.forget(("cancel", name))
    train_form.begin_grid(store, name)


def starting(name: str) -> bool:
    """Whether runs of it are just being started."""
    task = background.find(("begin", name))
    return task is not None and not task.finished


def tell(name: str) -> None:
    """What is under way in the background, and what was refused there or here."""
    begun = background.find(("begin", name))
    if begun and not begun.finished:
        st.caption(f":material/hourglass_top: Starting: {begun.done} of {begun.total or '…'}.")
    for task in (begun, background.find(("cancel", name))):
        if task and task.finished and task.error:
            st.error(escape(task.error))
    if refused := st.session_state.pop("refused", None):
        st.error(escape(refused))
