"""A trained model hears a folder of sounds: asked for here, done by a job, shown here when it is done."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from emo_core import jobs
from emo_core.errors import WorkbenchError
from emo_core.publishing import tables
from emo_core.store import Database
from emo_core.training import predict_jobs
from emo_core.training.predict_jobs import Prediction
from pages.parts import job_view
from pages.parts.session import escape

EVERY_S = 1
ROWS = 20  # shown; the file has all


def show(store: Database, names: Sequence[str]) -> None:
    """The form, and what was predicted before. `names`: the runs that are done."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Trained run", names, key="predict:run", width=260)
        st.text_input(
            "Folder of sounds", key="predict:folder", width=420, placeholder="~/sounds",
            help="A folder on the machine that the workbench runs on, with all below it. Sounds are read, never changed or copied.",
        )  # fmt: skip
        st.button("Predict", icon=":material/graphic_eq:", key="predict", on_click=_begin, args=(store, name))
    if refused := st.session_state.pop("predict:refused", None):
        st.error(escape(refused))
    found = {each.job.spec.number: each for each in predict_jobs.of_runs(store, set(names))}
    if not found:
        st.caption("No folder was heard yet. A job does it, which goes on when this page is closed.")
        return
    chosen = st.selectbox(
        "Predictions", list(found), key="predict:job", width=420, format_func=lambda number: _label(found[number])
    )
    _watch(chosen, store, found[chosen].job.status.state in jobs.ALIVE)


def _begin(store: Database, name: str) -> None:
    try:
        number = predict_jobs.begin(store, name, st.session_state["predict:folder"])
        st.session_state["predict:job"] = number
    except WorkbenchError as error:
        st.session_state["predict:refused"] = str(error)


def _label(found: Prediction) -> str:
    return f"{found.job.spec.number}: {found.asked['run']} on {found.asked['sounds']}"


def _watch(number: int, store: Database, alive: bool) -> None:
    """How far a prediction is, drawn again by itself until it ends; then its table."""

    @st.fragment(run_every=EVERY_S if alive else None)
    def draw() -> None:
        job = jobs.find(store.folder / "jobs", number)
        if alive and job.status.state not in jobs.ALIVE:
            st.rerun()
        _show(Prediction(job, jobs.files.read_json(job.folder / predict_jobs.REQUEST)))

    draw()


def _show(found: Prediction) -> None:
    job, progress = found.job, found.job.status.progress
    if job.status.state in jobs.ALIVE:
        words = f"{job_view.STATES[job.status.state]}: {progress.done:,.0f} of {progress.total:,.0f} sounds"
        st.progress(job_view.share(progress), words)
    elif found.table is None:
        st.error(f"{job_view.STATES[job.status.state]}. {escape(job.status.reason)}")
    else:
        _table(found)
    st.page_link(
        "pages/jobs.py", label="Its job", icon=":material/work_history:", query_params={"job": str(job.spec.number)}
    )


def _table(found: Prediction) -> None:
    """First rows, how many sounds failed and why, and the whole table to take along."""
    told, table = found.result, pd.read_csv(found.table, nrows=ROWS)
    table = table.assign(file=table["file"].map(tables.unguarded), problem=table["problem"].fillna(""))
    st.markdown(
        f"**{told['predicted']:,} of {told['sounds']:,} sounds** have a predicted distribution"
        + (f"; {told['failed']:,} could not be heard: " if told["failed"] else ".")
        + "; ".join(f"{count:,} × {escape(why)}" for why, count in told["problems"].items())
    )
    emotions = {name: st.column_config.NumberColumn(format="percent") for name in told["emotions"]}
    st.dataframe(table, key="table:predicted", hide_index=True, column_config=emotions)
    if told["sounds"] > len(table):
        st.caption(f"The first {len(table):,} of {told['sounds']:,} rows; the file has all.")
    st.download_button(
        "Predictions of the folder (CSV)", found.table.read_bytes, f"{found.asked['run']}-folder-{found.job.spec.number}.csv", "text/csv",
        key="predicted.csv", type="tertiary", on_click="ignore",
        help="A row a sound: file, seconds, a share for each emotion, and why there is none",
    )  # fmt: skip
