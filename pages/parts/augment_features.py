"""Features of the training clips: there, being computed, or to be computed by a job."""

import streamlit as st

from emo_core import jobs
from emo_core.augmentation import feature_sets
from emo_core.augmentation.feature_sets import FeatureSet
from emo_core.augmentation.settings import Settings
from emo_core.augmentation.study_side import TrainingSide
from emo_core.errors import WorkbenchError
from emo_core.store import Database
from pages.parts import job_view
from pages.parts.import_report import counted
from pages.parts.session import escape, fail

EVERY_S = 1


def need(store: Database, side: TrainingSide, settings: Settings) -> FeatureSet:
    """The features; where they are not there yet, their job is shown or offered, and the page stops."""
    try:
        found = feature_sets.of_side(store.folder, side, settings)
        key = feature_sets.set_key(side.clips, feature_sets.version(settings))
    except WorkbenchError as error:
        fail(error)
    if found is not None:
        _say_unusable(found)
        return found
    job = feature_sets.find_job(store.folder, key)
    if job and job.status.state in jobs.ALIVE:
        _watch(job)
    else:
        _offer(store, side, settings, job)
    st.stop()


def _say_unusable(found: FeatureSet) -> None:
    if found.unusable:
        name, reason = next(iter(found.unusable.items()))
        st.warning(
            f"Left out, since no features come out of their sound: {counted(len(found.unusable), 'clip')}, among them {escape(name)}: "
            f"{escape(reason)}"
        )


@st.fragment(run_every=EVERY_S)
def _watch(job: jobs.Job) -> None:
    """How far the job is; the whole page is drawn again when it ends."""
    now = jobs.status(job.folder)
    if now.state not in jobs.ALIVE:
        st.rerun()
    progress = now.progress
    st.progress(
        job_view.share(progress),
        f"Features of the training clips: {now.state}, {progress.done:,.0f} of {progress.total:,.0f}",
    )
    st.page_link(
        "pages/jobs.py", label="Its job", icon=":material/work_history:", query_params={"job": str(job.spec.number)}
    )


def _offer(store: Database, side: TrainingSide, settings: Settings, job: jobs.Job | None) -> None:
    """The button that begins it, and how an earlier attempt ended."""
    if job and job.status.state != "done":
        st.warning(f"The features are not there: their job is {job.status.state}. {escape(job.status.reason)}")
    st.info(
        f"To find neighbours, each of the {len(side.clips):,} training clips is heard once by a job. What it computes is kept: "
        "other settings, fractions and distributions then need no further job."
    )

    def begin() -> None:
        try:
            feature_sets.begin(store.folder, side, settings)
        except WorkbenchError as error:
            st.session_state["features_refused"] = str(error)

    st.button("Compute features", type="primary", icon=":material/play_arrow:", key="compute", on_click=begin)
    if refused := st.session_state.pop("features_refused", None):
        st.error(escape(refused))
