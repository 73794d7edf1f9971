"""Train a model on these votes: choose, start, watch."""

import streamlit as st

from emo_core import jobs
from emo_core.training import attempts, control
from pages.parts import train_form, train_grid, train_table, train_view, train_wishes
from pages.parts.session import choose_study, escape, open_store

EVERY_S = 2
store = open_store()
st.title("Train on these votes")
stored = choose_study(store)
found = {run.name: run for run in control.of_study(store, stored.study.name)}


def look() -> list[dict]:
    """Every training of the study at this moment."""
    ahead = attempts.places(store.folder / "jobs")
    return [control.describe(store, run, ahead) for run in found.values()]


TOLD = look()
STATES = {run["name"]: run["state"] for run in TOLD}
entries = train_table.entries(TOLD)
starting = any(train_wishes.starting(name) for _, name in entries)
alive = starting or any(state in jobs.ALIVE for state in STATES.values())


@st.fragment(run_every=EVERY_S if alive else None)
def show_table() -> None:
    """Every training; the page is drawn anew where one changed its state."""
    told = look()
    if {run["name"]: run["state"] for run in told} != STATES:
        st.rerun()
    train_table.show(train_table.entries(told))


@st.fragment(run_every=EVERY_S if alive else None)
def show_grid_runs(name: str) -> None:
    """The runs of a grid."""
    told = train_table.entries(look())[train_table.GRID, name]
    train_table.frame([train_table.run_row(run) for run in told], "grid_runs")


@st.fragment(run_every=EVERY_S if alive else None)
def show_run(name: str) -> None:
    """How a run goes, and its curves."""
    train_view.near(store, found[name])


def asked_for() -> tuple[str, str]:
    """The run or grid that the URL names, else the newest; a run of a grid stands for its grid."""
    grid, run = st.query_params.get("grid"), st.query_params.get("run")
    of_run = next((key for key, runs in entries.items() if run in [each["name"] for each in runs]), None)
    wrong = grid if grid and (train_table.GRID, grid) not in entries else run if run and not of_run else None
    if wrong and wrong not in {
        word for each in control.of_study(store) for word in (each.name, each.settings.get("grid"))
    }:
        st.warning(
            f"There is no training {escape(wrong)}; another one is shown."
        )  # not where only the study was changed
    return (train_table.GRID, grid) if (train_table.GRID, grid) in entries else of_run or next(iter(entries))


def choose() -> tuple[str, str]:
    """A run or a grid; the URL keeps it."""
    kind, name = st.session_state["training"] = asked_for()
    if st.query_params.get(kind) != name:  # a copied link shall mean this one later too
        st.query_params[kind] = name
    st.selectbox("Training", list(entries), key="training", width=420, format_func=label, on_change=remember)
    return st.session_state["training"]


def label(entry: tuple[str, str]) -> str:
    kind, name = entry
    return f"{name} ({len(entries[entry])} runs)" if kind == train_table.GRID else name


def remember() -> None:
    """The URL rules, so that a choice goes there first."""
    for name in (train_table.RUN, train_table.GRID):
        st.query_params.pop(name, None)
    kind, name = st.session_state["training"]
    st.query_params[kind] = name


if "train:open" in st.session_state:
    st.session_state["train:form"] = st.session_state.pop("train:open")
form = st.expander("New training", icon=":material/add:", expanded=not found, key="train:form", on_change="rerun")
with form:
    train_form.show(store, stored, told=form.open)
if not found:
    st.info(
        "Nothing has been trained on this study yet. The probe takes a minute on a CPU and fills the whole of Table 2."
    )
    st.stop()
show_table()
kind, name = choose()
train_wishes.tell(name)
chosen = name
if kind == train_table.GRID:
    runs = entries[kind, name]
    train_grid.show(store, name, runs, found[runs[0]["name"]])
    show_grid_runs(name)
    chosen = train_grid.choose(runs)
    train_wishes.tell(chosen)
now = next(run for run in TOLD if run["name"] == chosen)
train_view.buttons(store, found[chosen], now)
train_view.reason(now)
show_run(chosen)
with st.expander("Its settings"):
    st.json(found[chosen].settings)
