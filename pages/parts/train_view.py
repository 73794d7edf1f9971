"""One training from near: its buttons, what the machine does, its curves."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from emo_core import jobs
from emo_core.charts import results as charts
from emo_core.store import Database, runs
from emo_core.training import control
from emo_core.training.plan import EPOCHS
from emo_core.training.told import mixtures
from pages.parts import figures, train_form, train_table, train_wishes
from pages.parts.job_view import duration
from pages.parts.session import escape

STOPPABLE, RESUMABLE = ("queued", "running"), ("made", "failed", "cancelled", "lost")
KEPT = ("epoch", "loss", "val_js")


def buttons(store: Database, run: runs.Run, now: Mapping) -> None:
    """What can be done with it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if now["state"] in STOPPABLE:
            st.button(
                "Stop", icon=":material/stop_circle:", key="stop", on_click=train_wishes.stop, args=(store, run.name)
            )
        if now["state"] in RESUMABLE:
            label = "Start" if now["state"] == "made" else "Resume"
            st.button(
                label, icon=":material/play_arrow:", key="resume", on_click=train_wishes.resume, args=(store, run.name),
                disabled=train_wishes.starting(now["grid"] or run.name),
            )  # fmt: skip
        st.button(
            "Duplicate", icon=":material/content_copy:", key="duplicate", on_click=train_form.fill_in, args=(run.settings,),
            help="Its choices in the form above, to change one of them.",
        )  # fmt: skip
        st.page_link(
            "pages/jobs.py", label="Its job", icon=":material/work_history:", query_params={"job": str(run.run_id)}
        )
        if now["state"] == "done":
            results_link(now["study"], [run.name])


def results_link(study: str, names: Sequence[str]) -> None:
    """To Results; of one run with its card."""
    query = {"study": study} | ({"run": names[0]} if len(names) == 1 else {})
    st.page_link("pages/results.py", label="Results", icon=":material/leaderboard:", query_params=query)


def reason(now: Mapping) -> None:
    """Why it is not done, where there is something to say."""
    if now["state"] == "queued":
        place = f"place {now['place']} in the queue" if now["place"] else "it waits for its turn"
        st.info(f"Queued: {place}. It begins when the runs before it have ended.")
    elif now["reason"] and now["state"] != "made":
        show = {"failed": st.error, "lost": st.warning}.get(now["state"], st.info)
        show(escape(now["reason"]))


def near(store: Database, run: runs.Run) -> None:
    """How it goes, and its curves."""
    folder, now = runs.folder_of(store, run.run_id), control.describe(store, run)
    if now["state"] in jobs.ALIVE:
        machine(now)
    else:
        st.caption(ended(now))
    history = epochs(folder)
    if len(history) == 1:
        st.caption(f"Epoch 1 is over: loss {history[0]['loss']:.4f}, validation JS {history[0]['val_js']:.4f} bits.")
    elif history:
        card = {"run": run.name, "history": history, "best_epoch": now["best_epoch"], "best_js": now["best_js"]}
        columns = {key: [row.get(key) for row in history] for key in KEPT}
        figures.show(charts.learning([card]), f"training:{run.run_id}", columns)
    else:
        st.caption("No epoch is over yet.")


def epochs(folder: Path) -> list[dict]:
    """Every epoch so far: from the result where the run is done. A killed attempt may have told some that the next told again."""
    whole = (jobs.files.read_json(folder / jobs.files.RESULT) or {}).get("history")
    return whole or list({row["epoch"]: row for row in jobs.read_lines(folder / EPOCHS)[0]}.values())


def machine(now: Mapping) -> None:
    """What is going on, how fast, and what it takes of the machine."""
    told = now["figures"]
    shown = {} if now["state"] == "queued" else {"now": activity(now)}
    shown |= {"time left, at most": duration(now["left_s"]), "so far": duration(now["took_s"])}
    if told.get("samples_per_s"):
        shown["clips a second"] = f"{told['samples_per_s']:,.{1 if told['samples_per_s'] < 10 else 0}f}"
    with st.container(horizontal=True, gap="medium"):
        for label, value in (shown | device(told)).items():
            if value:
                st.metric(label, value, width="content")
    if told.get("memory_mb") and not on_gpu(told):
        st.caption("No GPU takes part: memory is that of the process.")


def activity(now: Mapping) -> str:
    """What it does at this moment.

    >>> activity({"note": "hearing the clips; effective batch 64 = …", "done": 3, "total": 12, "figures": {}})
    'hearing the clips, 25 %'
    >>> activity({"note": "epoch 3 of at most 50", "done": 3, "total": 12, "figures": {"samples_per_s": 9.0}})
    'epoch 3 of at most 50'
    """
    if not now["note"]:
        return "loading the libraries"
    if "samples_per_s" in now["figures"] or not now["total"]:
        return escape(now["note"])
    return f"{escape(now['note'].partition(';')[0])}, {now['done'] / now['total']:.0%}".replace("%", " %")


def device(told: Mapping) -> dict[str, str]:
    """Load and memory of the GPU, or the memory of the process where there is none.

    >>> device({"memory_mb": 634.2})
    {'memory': '634 MB'}
    >>> device({"memory_mb": 9.1e3, "gpu_percent": 93.0, "gpu_memory_mb": 9.6e3, "gpu_total_mb": 1.5e5})
    {'GPU busy': '93 %', 'GPU memory': '9,600 of 150,000 MB'}
    """
    if not on_gpu(told):
        return {"memory": f"{told['memory_mb']:,.0f} MB"} if told.get("memory_mb") else {}
    found = {"GPU busy": f"{told['gpu_percent']:.0f} %"} if "gpu_percent" in told else {}
    if "gpu_memory_mb" in told:
        whole = f" of {told['gpu_total_mb']:,.0f}" if "gpu_total_mb" in told else ""
        found["GPU memory"] = f"{told['gpu_memory_mb']:,.0f}{whole} MB"
    return found


def on_gpu(told: Mapping) -> bool:
    return any(name in told for name in ("gpu_percent", "gpu_memory_mb"))


def ended(now: Mapping) -> str:
    """A run that does not go on, in a line."""
    parts = [f"**{train_table.state(now)}**"]
    if now["best_js"] is not None:
        parts.append(f"best epoch {now['best_epoch']} of {now['epochs']}, validation JS {now['best_js']:.4f} bits")
    elif now["note"]:
        parts.append(escape(now["note"].partition(";")[0]))
    if now["took_s"] is not None:
        parts.append(f"took {duration(now['took_s'])}")
    if told := mixtures(now):
        parts.append(escape(told))
    return " · ".join(parts)
