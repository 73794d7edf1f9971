"""What the pages of the analysis share: their documents, the choice of resampling, figures in words."""

from collections.abc import Mapping

import streamlit as st

from emo_core import verbs
from emo_core.analysis import data
from emo_core.errors import WorkbenchError
from emo_core.store import Database, studies
from pages.parts.figures import number
from pages.parts.session import escape, fail

URL = {"bind": "query-params"}


def document(store: Database, stored: studies.StoredStudy, verb: str, **options) -> dict:
    """A verb's document for one version of a study; what is wrong with the options is said, and the page stops."""
    try:
        return _document(
            str(store.folder), stored.study_id, stored.version, verb, options, _store=store, _name=stored.study.name
        )
    except WorkbenchError as error:
        fail(error)


@st.cache_data(max_entries=48, show_spinner="Computing …")
def _document(
    folder: str, study_id: int, version: int, verb: str, options: dict, *, _store: Database, _name: str
) -> dict:
    """New votes make a new version, and numbers of studies are never given twice."""
    return verbs.run(_store, verb, {"study": _name} | options)


def need_candidate(stored: studies.StoredStudy) -> None:
    """Stop the page where there is nothing to compare the reference with."""
    if stored.study.candidate is None:
        st.info("The study has no candidate panel yet, so there is nothing to compare its reference with.")
        st.page_link("pages/studies.py", label="Duplicate the study and choose a candidate", icon=":material/tune:")
        st.stop()


def need_clips(store: Database, stored: studies.StoredStudy) -> data.StudyData:
    """The study's votes; the page stops where it keeps no clip."""
    found = data.of_study(store, stored.study.name)
    if not len(found.clips):
        st.info("The study keeps no clip.")
        st.stop()
    return found


def choose_units(votes: data.StudyData) -> str:
    """Whether intervals resample clips or speakers."""
    by = st.segmented_control(
        "Intervals resample", ["clip", "speaker"], default="clip", required=True, key="by", disabled=not votes.has_speakers,
        help="Clips of one speaker resemble each other; resampling whole speakers is the more careful choice. It needs a "
        "speaker for every clip.", **URL,
    )  # fmt: skip
    return by if votes.has_speakers else "clip"


def in_words(figure: Mapping, digits: int = 3) -> str:
    """`0.276 [0.267, 0.286]`, or `undefined`."""
    if figure["value"] is None:
        return "undefined"
    low, high = figure["interval"]
    return f"{figure['value']:.{digits}f}" + ("" if low is None else f" [{low:.{digits}f}, {high:.{digits}f}]")


def columns(figures: list[Mapping]) -> dict[str, list]:
    """Value, low, high and clips of several figures."""
    return {
        "value": [number(each["value"]) for each in figures],
        "low": [number(each["interval"][0]) for each in figures],
        "high": [number(each["interval"][1]) for each in figures],
        "clips": [each["clips"] for each in figures],
    }


def reasons(figures: Mapping[str, Mapping]) -> None:
    """Why some figures are undefined, once each."""
    said = dict.fromkeys(f"{name}: {each['undefined']}." for name, each in figures.items() if "undefined" in each)
    if said:
        st.caption("  \n".join(escape(words) for words in said))
