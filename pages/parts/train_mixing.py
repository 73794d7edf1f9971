"""How DiME-Aug mixes in a new training: as chosen on the page Augment, else in the paper's reading."""

from dataclasses import asdict

import streamlit as st

from emo_core.augmentation.settings import GRID, Settings
from emo_core.records import Study
from pages.parts.session import escape

_KEY = "train:mixing"
_USUAL = asdict(Settings())


def offer(study: Study, source: str, votes: int, settings: Settings) -> None:
    """On the page Augment: the way to a training on just these samples, those that were rejected left out."""
    if st.button("Train with these samples", icon=":material/model_training:", key="train_with"):
        st.session_state.update({
            "train:open": True, "train:several": "one run", "train:source": source, "train:votes": votes,
            "train:augment": settings.fraction, _KEY: _differing(settings) | {"seed": settings.seed},
        })  # fmt: skip
        st.switch_page("pages/train.py", query_params={"study": study.name})


def fractions() -> list[float]:
    """What a training may add: nothing, the paper's grid, and what was chosen elsewhere."""
    return sorted({0.0, *GRID, st.session_state.get("train:augment", 0.0)})


def chosen() -> dict:
    """Settings of DiME-Aug that are not the usual ones, with what they are and a way back."""
    mixing = st.session_state.get(_KEY, {})
    if mixing:
        with st.container(horizontal=True, vertical_alignment="center"):
            told = ", ".join(f"{name.replace('_', ' ')} {value}".replace("_", " ") for name, value in mixing.items())
            st.caption(f"Mixed with {escape(told)}.", width="content")
            st.button("As usual", key="train:usual", type="tertiary", on_click=lambda: st.session_state.pop(_KEY, None))
    return dict(mixing)


def fill_in(augmentation: dict | None, seed: int) -> None:
    """Put the choices of a run, whose seed is given, into the form."""
    settings = Settings(**(augmentation or {}))
    own = {"seed": settings.seed} if augmentation and settings.seed != seed else {}
    st.session_state[_KEY] = _differing(settings) | own


def _differing(settings: Settings) -> dict:
    return {
        name: value
        for name, value in asdict(settings).items()
        if value != _USUAL[name] and name not in ("fraction", "seed")
    }
