"""The ear test: both parents and the mixture side by side, one sample after the other, each kept or rejected."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import streamlit as st

from emo_core.analysis.augmentation import Planned
from emo_core.augmentation import listening
from emo_core.augmentation.listening import Verdicts
from emo_core.augmentation.mixing import SAMPLE_RATE, mixture
from emo_core.augmentation.samples import Sample
from emo_core.charts import augmentation as charts
from emo_core.charts import distributions as clip_charts
from emo_core.errors import WorkbenchError
from emo_core.store import Database
from pages.parts.session import escape

_POINTS = 400  # of a waveform's outline: about the pixels of a column
_BARE = {"displayModeBar": False, "staticPlot": True}
_NEXT = "hear_next"


@dataclass(frozen=True)
class Heard:
    """A sound to be shown: its title, what it is, its samples at 16 kHz."""

    title: str
    about: str
    samples: np.ndarray


@st.fragment
def show(store: Database, planned: Planned) -> None:
    """The sample whose turn it is, what stands, and the buttons. Only this part is drawn again at a verdict."""
    path = listening.path_of(store.folder, planned.side.study_id)
    verdicts = listening.read(path)
    order = listening.in_order(planned.offered.ids, planned.settings.seed)
    waiting = [name for name in order if name not in verdicts.standing]
    _counts(planned, verdicts)
    asked = st.session_state.get(_NEXT)
    name = asked if asked in waiting else next(iter(waiting), None)
    sample = next((row for row in planned.offered.rows() if row.id == name), None)
    _buttons(path, sample, verdicts)
    if sample:
        _draw(planned, sample)
    elif len(planned.offered):
        st.success("Every sample of this plan was heard.")
    else:
        st.info("There is no sample to hear with these settings.")


def _counts(planned: Planned, verdicts: Verdicts) -> None:
    """How many were heard and rejected, and whether the figures above know of it."""
    told = verdicts.share(planned.offered.ids)
    words = f"**{told['heard']:,} of {told['samples']:,}** heard, **{told['rejected']:,}** rejected"
    if told["heard"]:
        low, high = told["interval"]
        words += f": {told['share_rejected']:.0%} [{low:.0%}, {high:.0%}] of those heard (Wilson 95 %)"
    elsewhere = len(verdicts.rejected - set(planned.offered.ids))
    words += f". {elsewhere:,} further rejected samples belong to other settings." if elsewhere else "."
    st.markdown(f"{words} They come in a seeded order. A rejected sample leaves its place empty.")
    if verdicts.rejected != planned.verdicts.rejected and st.button(
        "Count the rejections in all figures", icon=":material/refresh:", key="count_in"
    ):
        st.rerun()


def _buttons(path: Path, sample: Sample | None, verdicts: Verdicts) -> None:
    """Keep, reject, undo, by mouse and by key."""

    def judge(verdict: str) -> None:
        st.session_state.pop(_NEXT, None)
        listening.judge(path, sample, verdict)

    def undo() -> None:
        st.session_state[_NEXT] = listening.undo(path)

    gone = sample is None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Keep, next",
            key="keep_sample",
            icon=":material/skip_next:",
            on_click=judge,
            args=("kept",),
            shortcut="j",
            disabled=gone,
        )
        st.button(
            "Reject",
            key="reject_sample",
            icon=":material/block:",
            on_click=judge,
            args=("rejected",),
            shortcut="x",
            disabled=gone,
        )
        st.button(
            "Undo",
            key="undo_sample",
            icon=":material/undo:",
            on_click=undo,
            shortcut="u",
            disabled=verdicts.last is None,
        )
        st.toggle("Play the mixture at once", key="play_at_once")


def _draw(planned: Planned, sample: Sample) -> None:
    """One sample: what it is made of, its sounds, its distributions."""
    st.markdown(
        f"Made for **{escape(sample.emotion)}** with λ = **{sample.lam:.2f}**; distance of the parents {sample.distance:.2f}. "
        f":gray[{escape(sample.id)}]"
    )
    try:
        sounds = _sounds(planned, sample)
    except WorkbenchError as error:
        st.warning(escape(str(error)), icon=":material/volume_off:")
        return
    axes = {
        "longest_s": max(len(heard.samples) for heard in sounds) / SAMPLE_RATE,
        "most": max(float(np.abs(heard.samples).max()) for heard in sounds) or 1.0,
    }
    at_once = st.session_state.get("play_at_once", False)
    for place, (column, heard) in enumerate(zip(st.columns(3), sounds)):
        with column:
            _sound(heard, place, axes, autoplay=at_once and place == 1)
    shares = planned.training.distributions
    rows = [planned.training.names.index(name) for name in (sample.clip_i, sample.clip_j)]
    figure = clip_charts.one_clip(
        planned.side.emotions,
        ("parent i", "mixture", "parent j"),
        np.array([shares[rows[0]], sample.target, shares[rows[1]]]),
    )
    st.plotly_chart(figure, key="sample_distributions", config={"displayModeBar": False})


def _sounds(planned: Planned, sample: Sample) -> list[Heard]:
    """Parent i, mixture, parent j. Raises AudioError, BadInput where a parent cannot be heard."""
    clips = {clip.clip: (clip, speaker) for clip, speaker in zip(planned.side.clips, planned.side.speakers)}
    (i, speaker_i), (j, speaker_j) = clips[sample.clip_i], clips[sample.clip_j]
    x_i, x_j = i.samples(), j.samples()
    mixed = mixture(x_i, x_j, sample.lam, planned.settings)
    words = clips[sample.text_of][0].transcript
    over = "; turned down to fit full scale" if mixed.over else ""
    return [
        Heard(f"Parent i, {sample.lam:.0%}", _about(i.clip, speaker_i, i.transcript), x_i),
        Heard(
            "Mixture",
            f"transcript of parent {'i' if sample.lam >= 0.5 else 'j'}: {words or 'none'}{over}",
            mixed.samples,
        ),
        Heard(f"Parent j, {1 - sample.lam:.0%}", _about(j.clip, speaker_j, j.transcript), x_j),
    ]


def _about(clip: str, speaker: str | None, transcript: str | None) -> str:
    return " · ".join(part for part in (clip, f"speaker {speaker}" if speaker else None, transcript) if part)


def _sound(heard: Heard, place: int, axes: dict[str, float], *, autoplay: bool) -> None:
    """One sound: waveform and player."""
    st.markdown(f"**{heard.title}**")
    low, high = outline(heard.samples)
    figure = charts.waveform(low, high, len(heard.samples) / SAMPLE_RATE, **axes)
    st.plotly_chart(figure, key=f"wave:{place}", config=_BARE)
    st.audio(_wav(heard.samples), format="audio/wav", autoplay=autoplay)
    st.caption(escape(heard.about))


def outline(samples: np.ndarray, points: int = _POINTS) -> tuple[np.ndarray, np.ndarray]:
    """The least and the greatest sample of each of at most `points` equal parts of a sound."""
    parts = np.array_split(samples, min(points, len(samples)))
    return np.array([part.min() for part in parts]), np.array([part.max() for part in parts])


def _wav(samples: np.ndarray) -> bytes:
    """16-bit WAV at 16 kHz."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return buffer.getvalue()
