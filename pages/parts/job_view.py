"""How jobs look: words for their states, a table of all, one of them from near."""

import pandas as pd
import streamlit as st

from emo_core.jobs import Job, Progress, last_lines
from pages.parts.session import escape

STATES = {
    "made": "○ not started", "queued": "… queued", "running": "▶ running", "stopping": "⏸ stopping", "done": "✓ done",
    "failed": "✕ failed", "cancelled": "⊘ cancelled", "lost": "? lost",
}  # fmt: skip
LOG_LINES = 200


def table(jobs: list[Job]) -> None:
    """One row a job, in the order given."""
    st.dataframe(
        pd.DataFrame([_row(job) for job in jobs]), hide_index=True, key="jobs",
        column_config={
            "progress": st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100),
            "started": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm", timezone=st.context.timezone),
        },
    )  # fmt: skip


def _row(job: Job) -> dict:
    status, progress = job.status, job.status.progress
    return {
        "number": job.spec.number, "kind": job.spec.kind, "title": job.spec.title, "state": STATES[status.state],
        "progress": None if progress.at is None else 100 * share(progress),
        "rate": rate(progress.rate), "time left": duration(progress.left_s),
        "started": pd.to_datetime(status.started_at, unit="s", utc=True), "took": duration(status.took_s),
    }  # fmt: skip


def near(job: Job) -> None:
    """A job's state with its reason, its figures and the end of its log."""
    status, progress = job.status, job.status.progress
    tries = f" · attempt {status.attempt}" if status.attempt > 1 else ""
    st.markdown(f"**{STATES[status.state]}** · {escape(job.spec.kind)}{tries}")
    if status.reason:
        show = {"failed": st.error, "lost": st.warning}.get(status.state, st.info)
        show(escape(status.reason))
    if progress.at is not None:
        st.progress(share(progress), escape(progress.note) if progress.note else "")
        figures = {
            "done": f"{progress.done:,.10g}" + (f" of {progress.total:,.10g}" if progress.total else ""),
            "rate": rate(progress.rate), "time left": duration(progress.left_s), "took": duration(status.took_s),
        } | {name: _figure(value) for name, value in progress.figures.items()}  # fmt: skip
        with st.container(horizontal=True):
            for name, value in figures.items():
                if value:
                    st.metric(escape(name.replace("_", " ")), value, width="content")
    log = last_lines(job.folder, LOG_LINES)
    if log:
        with st.container(height=420 if log.count("\n") > 12 else "content", autoscroll=True, key="log"):
            st.code(log, language=None, wrap_lines=True)
        st.caption(f"The last {LOG_LINES} lines at most.")
    else:
        st.caption("It has printed nothing yet.")


def share(progress: Progress) -> float:
    """The part that is done, 0 to 1; 0 where the whole is not known."""
    return min(max(progress.done / progress.total, 0.0), 1.0) if progress.total else 0.0


def rate(steps_a_second: float | None) -> str:
    """Steps a second, or a minute where they are slow; empty where it is not known.

    >>> rate(12.34), rate(0.05), rate(None)
    ('12.3 / s', '3 / min', '')
    """
    if steps_a_second is None:
        return ""
    return f"{steps_a_second:.3g} / s" if steps_a_second >= 1 else f"{60 * steps_a_second:.3g} / min"


def duration(seconds: float | None) -> str:
    """Two units of time; empty where it is not known.

    >>> duration(7.6), duration(187), duration(3 * 3600 + 300), duration(2 * 86400)
    ('8 s', '3 min 07 s', '3 h 05 min', '2 d 00 h')
    """
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min {rest:02} s"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours:02} h" if days else f"{hours} h {minutes:02} min"


def _figure(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, (int, float)) else str(value)
