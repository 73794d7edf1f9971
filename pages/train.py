"""Train a model on these votes: choose, start, watch."""

import pandas as pd
import streamlit as st

from emo_core import jobs
from emo_core.charts import results as charts
from emo_core.errors import WorkbenchError
from emo_core.store import runs
from emo_core.training import control
from pages.parts import background, figures, job_view, train_form
from pages.parts.session import choose_study, escape, fail, open_store

EVERY_S = 2
store = open_store()
st.title("Train on these votes")
stored = choose_study(store)
name = stored.study.name
found = control.of_study(store, name)
STATES = {run.name: control.status(store, run.name)["state"] for run in found}
alive = any(state in jobs.ALIVE for state in STATES.values())


def stop(run: runs.Run) -> None:
    """Ask now, and see to it in the background."""
    folder = runs.folder_of(store, run.run_id)
    attempt = jobs.status(folder).attempt
    jobs.ask_to_stop(folder)
    background.begin(("cancel", folder), lambda task: jobs.cancel(folder, attempt=attempt))


def resume(run: runs.Run) -> None:
    """Go on from the last checkpoint."""
    try:
        control.begin(store, run.name)
    except WorkbenchError as error:
        st.session_state["refused"] = str(error)


def choose_run() -> runs.Run:
    """The run that the URL names, else the newest."""
    names = [run.name for run in found][::-1]
    asked = st.query_params.get("run")
    st.session_state["train_run"] = asked if asked in names else names[0]
    st.selectbox("Run", names, key="train_run", width=420, on_change=remember)
    remember()
    return next(run for run in found if run.name == st.session_state["train_run"])


def remember() -> None:
    """The URL rules, so that a choice goes there first."""
    st.query_params["run"] = st.session_state["train_run"]


def row_of(now: dict) -> dict:
    """One training in a line."""
    return {
        "run": now["name"], "learns from": now["source"], "augmentation": (now["augmentation"] or {}).get("fraction", 0.0),
        "model": now["backbone"].rstrip("/").split("/")[-1], "seed": now["seed"], "state": job_view.STATES[now["state"]],
        "now": now["note"] if now["state"] in jobs.ALIVE else "",
        "validation JS (bits)": now["best_js"] or now["figures"].get("val_js"), "took": job_view.duration(now["seconds"]),
    }  # fmt: skip


@st.fragment(run_every=EVERY_S if alive else None)
def show_table() -> None:
    """Every training of the study; the page is drawn anew where one changed its state."""
    rows = [control.status(store, run.name) for run in found]
    if {row["name"]: row["state"] for row in rows} != STATES:
        st.rerun()
    shown = [row_of(row) for row in reversed(rows)]
    st.dataframe(
        pd.DataFrame(shown), hide_index=True, key="trainings",
        column_config={
            "augmentation": st.column_config.NumberColumn(format="percent"),
            "validation JS (bits)": st.column_config.NumberColumn(format="%.4f"),
        },
    )  # fmt: skip


@st.fragment(run_every=EVERY_S if alive else None)
def show_curves(run: runs.Run) -> None:
    """Loss and validation JS so far, and what the machine does."""
    folder, now = runs.folder_of(store, run.run_id), control.status(store, run.name)
    lines = [line["figures"] for line in jobs.read_lines(folder / "progress.jsonl")[0]]
    epochs = list({row["epoch"]: row for row in lines if row.get("epoch") and "val_js" in row}.values())
    whole = (jobs.files.read_json(folder / jobs.files.RESULT) or {}).get("history")
    epochs = whole or epochs  # quick epochs are not all reported while they go
    if epochs:
        card = {"run": run.name, "history": epochs, "best_epoch": now["best_epoch"], "best_js": now["best_js"]}
        columns = {key: [row.get(key) for row in epochs] for key in ("epoch", "loss", "val_js", "learning_rate")}
        figures.show(charts.learning([card]), f"training:{run.run_id}", columns)
    else:
        st.caption("No epoch is over yet.")
    facts = {"samples a second": now["figures"].get("samples_per_s"), "memory (MB)": now["figures"].get("memory_mb")}
    told = [f"{label} {value:,.3g}" for label, value in facts.items() if value]
    st.caption(" · ".join([job_view.STATES[now["state"]], escape(now["note"]), *told]))


with st.expander(
    "New training", icon=":material/add:", expanded=not found or st.session_state.pop("train:open", False)
):
    arguments = train_form.choose(store, stored)
    if arguments and st.button("Start", type="primary", icon=":material/play_arrow:", key="start"):
        try:
            made = train_form.begin(store, arguments)
        except WorkbenchError as error:
            fail(error)
        st.query_params["run"] = made[0]
        st.rerun()
refused = st.session_state.pop("refused", None)
if refused:
    st.error(escape(refused))
if not found:
    st.info(
        "Nothing has been trained on this study yet. The probe takes a minute on a CPU and fills the whole of Table 2."
    )
    st.stop()
show_table()
run = choose_run()
now = control.status(store, run.name)
with st.container(horizontal=True):
    if now["state"] in ("queued", "running"):
        st.button("Stop", icon=":material/stop_circle:", key="stop", on_click=stop, args=(run,))
    if now["state"] in ("made", "failed", "cancelled", "lost"):
        st.button("Resume", icon=":material/play_arrow:", key="resume", on_click=resume, args=(run,))
    st.button(
        "Duplicate", icon=":material/content_copy:", key="duplicate", on_click=train_form.fill_in, args=(run.settings,)
    )
    st.page_link(
        "pages/jobs.py", label="Its job", icon=":material/work_history:", query_params={"job": str(run.run_id)}
    )
    st.page_link(
        "pages/results.py", label="Results", icon=":material/leaderboard:", query_params={"study": now["study"]}
    )
if now["reason"] and now["state"] != "made":
    st.warning(escape(now["reason"]))
show_curves(run)
with st.expander("Its settings"):
    st.json(run.settings)
