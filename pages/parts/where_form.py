"""Where a job runs: on this machine, or on Slurm and with what it is told."""

import streamlit as st

from emo_core.pairs import read_pairs

_NAMES = {"local": "here", "slurm": "on Slurm"}


def choose(form: str) -> str | None:
    """What Slurm is told, as words; None for a job on this machine. `form` begins the widgets' keys."""
    executor = st.segmented_control(
        "Runs", list(_NAMES), format_func=_NAMES.get, default="local", required=True, key=f"{form}:executor"
    )
    if executor == "local":
        return None
    return st.text_input(
        "For Slurm", "partition=gpu gres=gpu:1 time=240", key=f"{form}:slurm", help="KEY=VALUE, apart by spaces; time in minutes.",
    )  # fmt: skip


def arguments(told: str | None) -> dict:
    """Arguments of a verb that begins jobs. Raises BadInput for words that are no KEY=VALUE."""
    return {} if told is None else {"executor": "slurm", "slurm": read_pairs(told.split())}
