"""What a new training would take, in words, before anything starts."""

from collections.abc import Mapping

import streamlit as st

from pages.parts.job_view import duration
from pages.parts.session import escape

RESOURCES = {"cpu": "the processor", "gpu": "the GPU"}
SWITCHES = {
    "micro_batch": "Clips through the model at a time",
    "checkpointing": "Less memory, a third more work",
    "qlora": "Language model in 4 bits",
}


def show(found: Mapping) -> None:
    """Clips, then steps, memory and time, from the document of the verb `train` or `train grid`."""
    told = found["forecast"]
    st.caption(_clips(found["sides"], found["batches"], told["steps"]))
    parts = {"Steps": steps(told), "Memory": memory(told["memory"]), "Time": time(told)}
    for column, (label, (value, basis)) in zip(st.columns(3), parts.items()):
        with column, st.container(gap="small"):
            st.markdown(f"{label}: **{value}**")
            st.caption(basis)
    _shortage(told["memory"])


def _clips(sides: Mapping, batches: str, steps: Mapping) -> str:
    held = f"{steps['validation']:,} of them" if "validation" in steps else "a tenth of them"
    gone = []
    if sides["without"]:
        gone.append(f"{sides['without']:,} training clips have no vote of this source")
    if sides["silent"]:
        gone.append(f"{sides['silent']:,} clips have no sound here")
    fewer = ""
    if sides["fewer"]:
        fewer = f" {sides['fewer']:,} clips have fewer candidate votes than asked for: all of theirs count."
    mixed = ""
    if steps["mixtures"]:
        asked = f", of {steps['asked']:,} asked for" if steps["mixtures"] < steps["asked"] else ""
        mixed = f" DiME-Aug adds at most {steps['mixtures']:,} mixtures{asked}."
    return (
        f"{sides['train']:,} clips to learn from, {held} held out for early stopping; {sides['test']:,} to test on, always against "
        f"the listeners.{mixed}{fewer} {batches[0].upper()}{batches[1:]}."
        + (f" Left out: {'; '.join(gone)}." if gone else "")
    )


def steps(told: Mapping) -> tuple[str, str]:
    """Steps in all, and how they come about."""
    found = told["steps"]
    value = f"at most {found['at_most']:,}"
    if told["runs"] == 1:
        epochs = found["at_most"] // found["an_epoch"]
        return value, f"{found['an_epoch']:,} an epoch, {epochs} epochs; early stopping may spare some."
    low, high = found["an_epoch"]
    an_epoch = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    return value, f"In {told['runs']} runs together, {an_epoch} an epoch; early stopping may spare some."


def memory(found: Mapping) -> tuple[str, str]:
    """Megabytes needed, and what there is."""
    value = f"about {found['needed_mb']:,} MB"
    where = escape(found["device"])
    if found["total_mb"] is None:
        return value, f"On {where}."
    free = ""
    if found["enough"] and found["free_mb"] is not None and found["free_mb"] < found["needed_mb"]:
        free = f" Only {found['free_mb']:,} MB are free at this moment: close other programs first."
    return value, f"Of the {found['total_mb']:,} MB of {where}.{free}"


def time(told: Mapping) -> tuple[str, str]:
    """How long, and from where that is known."""
    found, turns = told["time"], ""
    if told["in_turn"]:
        turns = f" The runs wait for one another on {RESOURCES[told['resource']]}."
    if found is None:
        return "not known yet", f"This backbone was never trained here: told after the first epoch.{turns}"
    value = f"{'at most' if found['measured'] else 'roughly'} {duration(found['seconds'])}"
    if not found["measured"]:
        return value, f"A rough figure: no such run is done here yet.{turns}"
    other = f", with another {' and '.join(found['differs'])}".replace("_", " ") if found["differs"] else ""
    return value, f"As run “{escape(found['run'])}” took{other}: {found['step_s']:.2g} s a step.{turns}"


def _shortage(found: Mapping) -> None:
    """Where the memory is not enough: what to switch on, and what is needed then."""
    if found["enough"] is not False:
        return
    ways = [
        {"switch on": _switches(each["changes"]), "needs (MB)": each["needed_mb"], "fits": "✓ yes" if each["enough"] else "✕ no"}
        for each in found["savings"]
    ]  # fmt: skip
    fits = any(each["enough"] for each in found["savings"])
    st.warning(
        f"This needs about {found['needed_mb']:,} MB, and {escape(found['device'])} has {found['total_mb']:,} MB: it would run out of "
        "memory. "
        + (
            "One of these would fit; they stand under *Settings of the training*."
            if fits
            else "Nothing that can be switched on makes it fit: train on a machine or a cluster with more memory, or with a smaller "
            "backbone."
        )
    )
    if ways:
        st.dataframe(ways, key="savings", hide_index=True, column_config={
            "needs (MB)": st.column_config.NumberColumn(format="localized"),
        })  # fmt: skip


def _switches(changes: Mapping) -> str:
    """In the words of the form.

    >>> _switches({"checkpointing": True, "micro_batch": 1})
    'Less memory, a third more work; Clips through the model at a time: 1'
    """
    return "; ".join(SWITCHES[name] + ("" if value is True else f": {value:,}") for name, value in changes.items())
