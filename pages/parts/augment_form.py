"""The choices of an augmentation, each in the URL."""

import streamlit as st

from emo_core.augmentation.settings import CHOICES, Settings
from emo_core.augmentation.study_side import SOURCES
from emo_core.errors import WorkbenchError
from emo_core.records import Study
from pages.parts.analyses import URL
from pages.parts.session import fail

_USUAL = Settings()
_VOTES = "How many of each clip's candidate votes to use, drawn at random from a seed; 0 uses all."
_LABELS = {
    "neighbour_class": "The neighbour may be of", "metric": "Distance", "lam": "λ is drawn", "minority": "Filled are emotions",
    "ties": "Clips with several dominant emotions", "length": "As long as the", "loudness": "Loudness", "over": "Beyond full scale",
}  # fmt: skip


def choose(study: Study) -> tuple[str, int, Settings]:
    """The source of the distributions, how many of the candidate's votes count (0: all), and the settings; what contradicts itself
    is said, and the page stops.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source, votes = _source(study)
        fraction = st.number_input(
            "Fraction of samples to add", 0.0, 1.0, _USUAL.fraction, 0.1, key="fraction", width=210, **URL,
            help="Of the training clips. The paper tries 0.1 to 0.5 and does not say which it chose.",
        )  # fmt: skip
        features = st.segmented_control(
            "Neighbours by", list(CHOICES["features"]), default="mfcc", required=True, key="features",
            help=_told(CHOICES["features"]), **URL,
        )  # fmt: skip
        backbone = ""
        if features == "tower":
            backbone = st.text_input("Backbone", key="backbone", width=320, help="A folder or a hub id.", **URL).strip()
    further = _further()
    if features == "tower" and not backbone:
        st.info(
            "Name the backbone whose audio tower is to be used: a folder with its files, or an id such as Qwen/Qwen2-Audio-7B."
        )
        st.stop()
    try:
        return source, votes, Settings(fraction=round(fraction, 4), features=features, backbone=backbone, **further)
    except WorkbenchError as error:
        fail(error)


def _source(study: Study) -> tuple[str, int]:
    """Whose distributions are mixed."""
    sources = list(SOURCES) if study.candidate else ["human"]
    source = st.segmented_control(
        "Distributions", sources, default="human", required=True, key="source", help=_told(SOURCES), **URL
    )
    if source == "human":
        return source, 0
    votes = st.number_input("Candidate votes a clip", 0, 10_000, 0, key="votes", width=180, help=_VOTES, **URL)
    return source, int(votes)


def _told(choices: dict[str, str]) -> str:
    return "  \n".join(f"**{name.replace('_', ' ')}**: {words}" for name, words in choices.items())


def _further() -> dict[str, object]:
    """The other settings, whose defaults are the paper's reading."""
    chosen: dict[str, object] = {}
    with st.expander("How parents are found and mixed", icon=":material/tune:"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen["neighbours"] = int(
                st.number_input(
                    "k nearest neighbours",
                    1,
                    100,
                    _USUAL.neighbours,
                    key="k",
                    width=170,
                    help="Ours: 1. The paper takes “its nearest neighbor” by K-nearest neighbors and prints no k.",
                    **URL,
                )
            )
            for name, label in _LABELS.items():
                chosen[name] = st.selectbox(
                    label, list(CHOICES[name]), index=list(CHOICES[name]).index(getattr(_USUAL, name)), key=name, width=230,
                    format_func=lambda choice: choice.replace("_", " "), help=_told(CHOICES[name]), **URL,
                )  # fmt: skip
            if chosen["lam"] == "beta":
                chosen["alpha"] = st.number_input(
                    "α of Beta(α, α)", 0.01, 100.0, _USUAL.alpha, key="alpha", width=150, **URL
                )
            chosen["seed"] = int(st.number_input("Seed", 0, 2**31 - 1, _USUAL.seed, key="seed", width=150, **URL))
            chosen["across_speakers"] = st.checkbox("Parents may be two speakers", True, key="across", **URL)
        st.caption(
            "Loudness *as is* is the paper's equation 1. What it does not print is ours: k = 1, λ drawn evenly from 0 to 1, "
            "features, distance, minority, ties and length. Each choice says what it does."
        )
    return chosen
