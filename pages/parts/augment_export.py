"""The samples as a folder in the store's folder `datasets`, written in the background."""

import re
from pathlib import Path

import streamlit as st

from emo_core.analysis.augmentation import Planned
from emo_core.audio import contained
from emo_core.errors import BadInput
from emo_core.store import Database
from emo_core.verbs import augmentation
from pages.parts import background
from pages.parts.session import escape

FOLDER = "datasets"
_EVERY_S = 1


def show(store: Database, planned: Planned) -> None:
    """A name, a button, and how far the writing is."""
    key = ("augment", store.folder, planned.side.study_id)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name of the folder", _usual(planned), key=f"dataset:{_usual(planned)}", width=360,
            help=f"It is made in the folder {FOLDER} of the store, and must be new or empty.",
        )  # fmt: skip
        if st.button("Write the samples", type="primary", key="write_samples", disabled=not len(planned.samples)):
            _begin(store, planned, name.strip(), key)
    task = background.find(key)
    going = task is not None and not task.finished
    st.fragment(_follow, run_every=_EVERY_S if going else None)(key)
    st.caption(
        "A WAV of 16 bits at 16 kHz for each sample; samples.csv and samples.parquet with parents, λ, seed, transcript and "
        "distribution; schema.json with every setting; README.md. Rejected samples are not in it, nor are the original clips."
    )


def _usual(planned: Planned) -> str:
    """A name that says what it is."""
    study = re.sub(r"[^\w-]+", "-", planned.side.study).strip("-")
    return (
        f"{study}-{planned.source}-{planned.settings.fraction:.0%}".replace("%", "") + f"-seed{planned.settings.seed}"
    )


def _begin(store: Database, planned: Planned, name: str, key: tuple) -> None:
    """Start the writing, unless the name leads elsewhere."""
    root = store.folder / FOLDER
    if not re.fullmatch(r"\w[\w .+-]*", name):
        st.error("The name of a folder has letters, digits, spaces and . + - _ and begins with a letter or digit.")
        return
    root.mkdir(exist_ok=True)
    folder = contained(root, name)
    background.forget(key)
    background.begin(key, lambda task: _write(store, planned, folder, task))


def _write(store: Database, planned: Planned, folder: Path, task: background.Task) -> dict:
    def report(done: int, total: int) -> None:
        task.report(done, total)
        if task.stopping():
            raise BadInput("The writing was stopped; nothing of it is left.")

    return augmentation.export(store, planned, folder, report)


def _follow(key: tuple) -> None:
    """How far it is, or how it ended."""
    task = background.find(key)
    if task is None:
        return
    if not task.finished:
        st.progress(task.done / task.total if task.total else 0.0, f"{task.done:,} of {task.total:,} samples")
        st.button("Stop", icon=":material/stop_circle:", key="stop_writing", on_click=task.stop)
    elif task.error:
        st.error(escape(task.error))
    else:
        done = task.result
        over = f" {done['over']:,} went beyond full scale." if done["over"] else ""
        silent = f" {done['silent']:,} have a silent parent." if done["silent"] else ""
        st.success(
            f"{done['samples']:,} samples, {done['seconds'] / 60:.1f} minutes, are in {escape(done['folder'])}.{over}{silent}"
        )
