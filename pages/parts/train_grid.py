"""A grid from near: its buttons and its runs."""

from collections.abc import Mapping, Sequence

import streamlit as st

from emo_core import jobs
from emo_core.store import Database, runs
from emo_core.training import grids
from pages.parts import train_form, train_table, train_view, train_wishes
from pages.parts.train_form import plural


def show(store: Database, name: str, told: Sequence[Mapping], first: runs.Run) -> None:
    """What it is and what can be done with all of it; `first` is one of its runs."""
    found = grids.summary(name, told)
    sources, fractions, seeds = len(found["sources"]), len(found["fractions"]), found["seeds"]
    st.caption(
        f"{found['runs']} runs: {sources} {plural(sources, 'source')} × {fractions} {plural(fractions, 'augmentation')} × {seeds} "
        f"{plural(seeds, 'seed')} · {train_table.model(found['backbone'])}"
    )
    alive = sum(found["states"].get(state, 0) for state in train_view.STOPPABLE)
    left = sum(found["states"].get(state, 0) for state in train_view.RESUMABLE)
    with st.container(horizontal=True, vertical_alignment="center"):
        if alive:
            st.button(
                f"Stop the grid ({alive})", icon=":material/stop_circle:", key="stop_grid", on_click=train_wishes.stop,
                args=(store, name), help="Every run of it that is running or waits; what they have learnt is kept.",
            )  # fmt: skip
        if left:
            st.button(
                f"Resume the grid ({left})", icon=":material/play_arrow:", key="resume_grid", on_click=train_wishes.resume,
                args=(store, name), help="Every run of it that is not done.", disabled=train_wishes.starting(name),
            )  # fmt: skip
        st.button(
            "Duplicate the grid", icon=":material/content_copy:", key="duplicate_grid", on_click=train_form.fill_in_grid,
            args=(found, first.settings), help="Its choices in the form above, to change one of them.",
        )  # fmt: skip
        if found["done"]:
            train_view.results_link(found["study"], [])


def choose(told: Sequence[Mapping]) -> str:
    """The run of the grid that the URL names, else one that goes on, else the first."""
    names = [run["name"] for run in told]
    asked = st.query_params.get("run")
    going = [run["name"] for run in told if run["state"] in jobs.ALIVE and run["state"] != "queued"]
    st.session_state["grid_run"] = asked if asked in names else (going or names)[0]
    st.selectbox("Run of the grid", names, key="grid_run", width=420, on_change=_remember)
    return st.session_state["grid_run"]


def _remember() -> None:
    """The URL rules, so that a choice goes there first."""
    st.query_params["run"] = st.session_state["grid_run"]
