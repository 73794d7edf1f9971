"""One sample of the ear test: parent i, mixture and parent j side by side, with waveforms, players and distributions."""

import io
from dataclasses import dataclass

import numpy as np
import soundfile
import streamlit as st

from emo_core.analysis.augmentation import Planned
from emo_core.augmentation.mixing import SAMPLE_RATE, mixture
from emo_core.augmentation.samples import Sample
from emo_core.charts import augmentation as charts
from emo_core.charts import distributions as clip_charts
from emo_core.errors import WorkbenchError
from pages.parts.augment_keys import SOUNDS
from pages.parts.session import escape

_POINTS = 400  # of a waveform's outline: about the pixels of a column
_LONGEST = 160  # characters of a transcript below a sound; the whole stands in the help beside it
_BARE = {"displayModeBar": False, "staticPlot": True}


@dataclass(frozen=True)
class Heard:
    """A sound to be shown: its title, what it is in a line, its transcript, its samples at 16 kHz."""

    title: str
    about: str
    transcript: str
    samples: np.ndarray


def show(planned: Planned, sample: Sample) -> None:
    """What the sample is made of, its sounds, its distributions; a parent that cannot be heard is said."""
    st.markdown(
        f"Made for **{escape(sample.emotion)}** with λ = **{sample.lam:.2f}**. :gray[{escape(sample.id)}]",
        help=f"λ is the share of parent i. Its features and those of parent j lie {sample.distance:.3g} apart: "
        f"{planned.settings.metric} distance of standardised features, the nearer the more alike.",
    )
    try:
        sounds = _sounds(planned, sample)
    except WorkbenchError as error:
        st.warning(
            f"It cannot be heard: {escape(str(error))} Keep it or reject it to go on.", icon=":material/volume_off:"
        )
        return
    _draw_sounds(sounds)
    _draw_distributions(planned, sample)


def _sounds(planned: Planned, sample: Sample) -> list[Heard]:
    """Parent i, mixture, parent j. Raises AudioError, BadInput where a parent cannot be heard."""
    clips = {clip.clip: (clip, speaker) for clip, speaker in zip(planned.side.clips, planned.side.speakers)}
    (i, speaker_i), (j, speaker_j) = clips[sample.clip_i], clips[sample.clip_j]
    x_i, x_j = i.samples(), j.samples()
    mixed = mixture(x_i, x_j, sample.lam, planned.settings)
    chosen = f"has the transcript of parent {'i' if sample.text_of == sample.clip_i else 'j'}"
    over = " · turned down to fit full scale" if mixed.over else ""
    return [
        Heard(f"Parent i, {sample.lam:.0%}", _about(i.clip, speaker_i), i.transcript or "", x_i),
        Heard("Mixture", chosen + over, clips[sample.text_of][0].transcript or "", mixed.samples),
        Heard(f"Parent j, {1 - sample.lam:.0%}", _about(j.clip, speaker_j), j.transcript or "", x_j),
    ]


def _about(clip: str, speaker: str | None) -> str:
    return clip if speaker is None else f"{clip} · speaker {speaker}"


def _draw_sounds(sounds: list[Heard]) -> None:
    """Three columns with axes alike."""
    axes = {
        "longest_s": max(len(heard.samples) for heard in sounds) / SAMPLE_RATE,
        "most": max(float(np.abs(heard.samples).max()) for heard in sounds) or 1.0,
    }
    at_once = st.session_state.get("play_at_once", False)
    with st.container(key=SOUNDS):
        for place, (column, heard) in enumerate(zip(st.columns(3), sounds)):
            with column:
                _draw_sound(heard, place, axes, autoplay=at_once and place == 1)


def _draw_sound(heard: Heard, place: int, axes: dict[str, float], *, autoplay: bool) -> None:
    """Waveform, player, and what it is."""
    seconds = len(heard.samples) / SAMPLE_RATE
    st.markdown(f"**{heard.title}** :gray[{seconds:.1f} s]")
    low, high = outline(heard.samples)
    figure = charts.waveform(low, high, seconds, **axes)
    st.plotly_chart(
        figure, key=f"wave:{place}", config=_BARE, alt=f"Waveform of {heard.title.lower()}, {seconds:.1f} s"
    )
    st.audio(_wav(heard.samples), format="audio/wav", autoplay=autoplay, alt=heard.title)
    short = heard.transcript if len(heard.transcript) <= _LONGEST else heard.transcript[: _LONGEST - 1] + "…"
    words = f"“{escape(short)}”" if short else "no transcript"
    st.caption(
        f"{escape(heard.about)}  \n{words}", help=escape(heard.transcript) if short != heard.transcript else None
    )


def _draw_distributions(planned: Planned, sample: Sample) -> None:
    """What listeners heard in the parents, and what the mixture is to teach."""
    rows = [planned.training.names.index(name) for name in (sample.clip_i, sample.clip_j)]
    i, j = planned.training.distributions[rows]
    figure = clip_charts.one_clip(
        planned.side.emotions, ("parent i", "mixture", "parent j"), np.array([i, sample.target, j])
    )
    st.plotly_chart(
        figure, key="sample_distributions", config={"displayModeBar": False}, alt="Distributions of parents and mixture"
    )


def outline(samples: np.ndarray, points: int = _POINTS) -> tuple[np.ndarray, np.ndarray]:
    """The least and the greatest sample of each of at most `points` equal parts of a sound."""
    parts = np.array_split(samples, min(points, len(samples)))
    return np.array([part.min() for part in parts]), np.array([part.max() for part in parts])


def _wav(samples: np.ndarray) -> bytes:
    """16-bit WAV at 16 kHz."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return buffer.getvalue()
