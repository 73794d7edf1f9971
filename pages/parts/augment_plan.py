"""The training side and its plan, computed once for each state of votes, sounds, settings and verdicts."""

import streamlit as st

from emo_core.analysis import augmentation
from emo_core.analysis.augmentation import Planned
from emo_core.augmentation import feature_sets, listening, study_side
from emo_core.augmentation.feature_sets import FeatureSet
from emo_core.augmentation.settings import Settings
from emo_core.augmentation.study_side import TrainingSide
from emo_core.errors import WorkbenchError
from emo_core.store import Database, studies
from pages.parts.session import escape, fail

_KEPT = 12


def need_side(store: Database, stored: studies.StoredStudy, votes: int) -> TrainingSide:
    """The study's training side with so many of the candidate's votes; the page stops where nothing on it can be heard."""
    try:
        return study_side.training_side(store, stored.study.name, votes=votes)
    except WorkbenchError as error:
        st.info(escape(str(error)))
        st.page_link("pages/studies.py", label="Duplicate the study, or choose another", icon=":material/tune:")
        st.page_link("pages/health.py", label="Look at the corpus's sounds", icon=":material/healing:")
        st.stop()


def need_plan(
    store: Database, side: TrainingSide, found: FeatureSet, source: str, settings: Settings
) -> tuple[Planned, dict]:
    """The plan with the rejections that stand now, and its document; what rules it out is said, and the page stops."""
    rejected = tuple(sorted(listening.read(listening.path_of(store.folder, side.study_id)).rejected))
    key = feature_sets.set_key(side.clips, feature_sets.version(settings))
    state = (str(store.folder), side.study_id, side.version, side.votes, key, source, rejected)
    try:
        return _plan(state, settings, _side=side, _found=found)
    except WorkbenchError as error:
        fail(error)


@st.cache_resource(max_entries=_KEPT, show_spinner="Planning …")
def _plan(state: tuple, settings: Settings, *, _side: TrainingSide, _found: FeatureSet) -> tuple[Planned, dict]:
    """New votes make a new version of the study, and new sounds another key of features."""
    *_, source, rejected = state
    verdicts = listening.Verdicts(dict.fromkeys(rejected, "rejected"))
    planned = augmentation.plan_side(_side, _found.values, settings, source=source, verdicts=verdicts)
    return planned, augmentation.augmentation(planned)
