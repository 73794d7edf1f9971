"""One clip, whole: sound, distributions, every vote."""

import base64
from collections.abc import Callable

import numpy as np
import streamlit as st

from emo_core import audio
from emo_core.charts import clips as clip_charts
from emo_core.errors import AudioError, BadInput
from emo_core.records import EXCLUSIONS, Study
from emo_core.store import Database, browsing, marks
from pages.parts import identity, model_vote
from pages.parts.copy_link import copy_link
from pages.parts.player import player
from pages.parts.session import escape
from pages.parts.sounds import audio_url

PLAYER = "player"
DAY_S = 86_400.0  # no clip is longer


def show(
    store: Database, study: Study, clip: dict, *, step: Callable[[int], None], marked: Callable[[], None] = lambda: None
) -> None:
    """Everything known of a clip. `step` is what the buttons call where there is no player: +1 goes on, −1 back. `marked` is called
    before the clip is marked, which may take it out of the list.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(escape(clip["clip"]), anchor=False, width="content")
        copy_link("link")
    if clip["transcript"]:
        st.markdown(f"“{escape(clip['transcript'])}”")
    _mark(store, study, clip, marked)
    _sound(store, study, clip, step)
    if clip["excluded"]:
        st.info(f"The study leaves this clip out: {EXCLUSIONS[clip['excluded']]}.")
    elif clip["reference_counts"] is None:
        st.info("The study has no figures for this clip.")
    else:
        _distributions(study, clip)
    _votes(store, clip)
    _metadata(clip)


def _mark(store: Database, study: Study, clip: dict, marked: Callable[[], None]) -> None:
    """The button, and its key X, that marks the clip to be left out or takes the mark back; a reason may be added."""
    corpus, name, key = clip["corpus"], clip["name"], f"why:{clip['clip']}"
    found, by = marks.find(store, corpus, name), identity.visitor(store).name

    def turn() -> None:
        marked()
        if found:
            marks.unmark(store, corpus, name, by=by)
        else:
            marks.mark(store, corpus, name, by=by)

    def give_reason() -> None:
        marks.mark(store, corpus, name, reason=st.session_state[key], by=by)

    with st.container(horizontal=True, vertical_alignment="bottom"):
        label, icon = ("Take the mark back", ":material/undo:") if found else ("Leave out", ":material/block:")
        st.button(
            label, key="mark", icon=icon, on_click=turn, shortcut="x", type="tertiary",
            help="A mark holds for the clip in every study that goes by marks.",
        )  # fmt: skip
        if found:
            st.text_input(
                "Why (optional)",
                found.reason,
                key=key,
                max_chars=marks.LONGEST_REASON,
                on_change=give_reason,
                width=320,
            )
    if found:
        who = f" by {escape(found.marked_by)}" if found.marked_by else ""
        acts = "leaves marked clips out" if study.without_marked else "does not go by marks and keeps it"
        st.caption(f"Marked to be left out{who}, {found.happened_at:%Y-%m-%d %H:%M} UTC. This study {acts}.")


@st.cache_data(max_entries=64, show_spinner=False)
def _spectrogram(
    path: str, modified: int, start_s: float | None, end_s: float | None
) -> tuple[dict | None, list[str], float | None]:
    """Mel image for the player, what is wrong with the file, and its duration. Raises AudioError, BadInput."""
    facts = audio.inspect(path)
    if facts.frames is None:  # a format that the browser alone can read
        return None, list(facts.problems), None
    samples, rate = audio.decode(path, start_s, end_s)
    return _for_canvas(audio.mel_spectrogram(samples, rate)), list(facts.problems), len(samples) / rate


def _for_canvas(mel: audio.Mel) -> dict:
    """What the player draws: one byte a band and frame, and where the frequencies stand. Frames are centred on their time."""
    bands, frames = mel.decibels.shape
    hop = float(mel.times[1] - mel.times[0]) if frames > 1 else 0.01
    return {
        "image": base64.b64encode(audio.mel_image(mel)).decode(),
        "bands": bands,
        "frames": frames,
        "start_s": -hop / 2,
        "duration_s": frames * hop,
        "ticks": audio.frequency_ticks(mel),
    }


def _sound(store: Database, study: Study, clip: dict, step: Callable[[int], None]) -> None:
    found = browsing.clip_audio(store, clip["corpus"], clip["name"])
    mel, problems, duration = None, [], None
    if found is None:
        st.info("There is no audio for this clip here; its votes are below.", icon=":material/volume_off:")
        _step_buttons(step)
        return
    try:
        path = audio.contained(found.root, found.audio)
        modified = path.stat().st_mtime_ns if path.exists() else 0
        mel, problems, duration = _spectrogram(str(path), modified, found.start_s, found.end_s)
    except (AudioError, BadInput) as error:
        st.warning(escape(str(error)), icon=":material/volume_off:")
        _step_buttons(step)
        return
    region = player(
        clip=clip["clip"],
        url=audio_url(store, clip["corpus"], clip["name"]),
        assets="assets/wavesurfer/",
        mel=mel,
        problems=problems,
        duration_s=duration,
        region=_region(),
        autoplay=False,
        key=PLAYER,
    )
    _keep_region(region)


def _step_buttons(step: Callable[[int], None]) -> None:
    with st.container(horizontal=True):
        st.button("Previous", key="previous", icon=":material/skip_previous:", on_click=step, args=(-1,), shortcut="k")
        st.button("Next", key="next", icon=":material/skip_next:", on_click=step, args=(1,), shortcut="j")


def _region() -> tuple[float, float] | None:
    """The region in the URL, `start-end` in seconds; nonsense is none."""
    start, _, end = st.query_params.get("region", "").partition("-")
    try:
        span = float(start), float(end)
    except ValueError:
        return None
    return span if 0 <= span[0] < span[1] <= DAY_S else None


def _keep_region(region: dict | None) -> None:
    """Put the region that stands into the URL."""
    if region:
        st.query_params["region"] = f"{region['start']:.3f}-{region['end']:.3f}"
    else:
        st.query_params.pop("region", None)


def _distributions(study: Study, clip: dict) -> None:
    sides = {
        "reference": np.array(list(clip["reference_weights"].values())),
        "candidate": np.array(list(clip["candidate_weights"].values())),
    }
    sides["combined"] = sides["reference"] + sides["candidate"]
    labels = {"reference": study.reference, "candidate": study.candidate or "", "combined": "combined"}
    st.plotly_chart(
        clip_charts.distributions(study.emotions, sides, labels), key="distributions", config={"displayModeBar": False}
    )
    figures = {
        "JS divergence": (clip["js"], "bits"),
        "total variation": (clip["tv"], ""),
        "Bhattacharyya": (clip["bc"], ""),
        "H reference": (clip["entropy_reference"], "bits"),
        "H candidate": (clip["entropy_candidate"], "bits"),
        "H combined": (clip["entropy_combined"], "bits"),
    }
    text = " · ".join(
        f"{name} **{'undefined' if value is None else f'{value:.3f}'}** {unit}".strip()
        for name, (value, unit) in figures.items()
    )
    st.caption(f"{text}. Bars: Wilson 95 % intervals of the shares.")


def _votes(store: Database, clip: dict) -> None:
    rows = [
        {
            "panel": vote["panel"],
            "rater": vote["rater"] or "anonymous",
            "heard": vote["emotion"],
            "heard too": _heard_too(vote),
            **{name: vote[name] for name in ("valence", "arousal", "dominance", "confidence", "seconds", "comment")},
            "persona": vote["persona"],
            "temperature": vote["temperature"],
            "when (UTC)": vote["voted_at"],
        }
        for vote in clip["votes"]
    ]
    known = [name for name in rows[0] if any(row[name] is not None for row in rows)] if rows else []
    asked = any(vote["provenance"] and '"run"' in vote["provenance"] for vote in clip["votes"])
    with st.expander(f"Every vote ({len(rows)})", expanded=True):
        event = st.dataframe(
            [{name: row[name] for name in known} for row in rows], key=f"votes_table:{clip['clip']}", height=240,
            on_select="rerun" if asked else "ignore", selection_mode="single-row",
        )  # fmt: skip
        if asked:
            chosen = event.selection.rows
            if chosen and chosen[0] < len(clip["votes"]):
                model_vote.show(store, clip["clip"], clip["votes"][chosen[0]])
            else:
                st.caption("Choose a vote of a model to see what it was asked and what it replied.")


def _heard_too(vote: dict) -> str | None:
    """Secondary labels with their strength where it is not 1."""
    if not vote["secondary"]:
        return None
    strengths = vote["strengths"] or [1.0] * len(vote["secondary"])
    return ", ".join(
        name if strength == 1 else f"{name} ×{strength:.2g}" for name, strength in zip(vote["secondary"], strengths)
    )


def _metadata(clip: dict) -> None:
    facts = {
        "speaker": clip["speaker"],
        "session": clip["session"],
        "split": clip["split"],
        "file": clip["audio"],
        "start (s)": clip["start_s"],
        "end (s)": clip["end_s"],
        "duration (s)": clip["duration_s"],
    } | clip["metadata"]
    with st.expander("Metadata"):
        st.json({key: value for key, value in facts.items() if value is not None}, expanded=True)
