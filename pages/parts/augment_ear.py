"""The ear test: one sample after the other is heard, and kept or rejected, by mouse or by keys."""

from pathlib import Path

import streamlit as st

from emo_core.analysis.augmentation import Planned
from emo_core.augmentation import listening
from emo_core.augmentation.listening import Verdicts
from emo_core.augmentation.samples import Sample
from emo_core.store import Database
from pages.parts import augment_sample
from pages.parts.augment_keys import keys

_NEXT = "hear_next"


@st.fragment
def show(store: Database, planned: Planned) -> None:
    """The sample whose turn it is, what stands, and the buttons. Only this part is drawn again at a verdict."""
    path = listening.path_of(store.folder, planned.side.study_id)
    verdicts = listening.read(path)
    samples = {sample.id: sample for sample in planned.offered.rows()}
    waiting = [name for name in listening.in_order(samples, planned.settings.seed) if name not in verdicts.standing]
    _counts(planned, verdicts)
    asked = st.session_state.get(_NEXT)
    sample = samples.get(asked if asked in waiting else next(iter(waiting), None))
    _buttons(path, sample, verdicts.last_of(samples))
    if sample:
        keys()
        augment_sample.show(planned, sample)
    elif samples:
        st.success("Every sample of this plan was heard.")
    else:
        st.info("There is no sample to hear with these settings.")
    _rejected(path, [samples[name] for name in verdicts.standing if name in samples and name in verdicts.rejected])


def _counts(planned: Planned, verdicts: Verdicts) -> None:
    """How many were heard and rejected, and whether the figures above know of it."""
    told = verdicts.share(planned.offered.ids)
    words = f"**{told['heard']:,} of {told['samples']:,}** heard, **{told['rejected']:,}** rejected"
    if told["heard"]:
        low, high = told["interval"]
        words += f": {told['share_rejected']:.0%} [{low:.0%}, {high:.0%}] of those heard (Wilson 95 %)"
    elsewhere = len(verdicts.rejected - set(planned.offered.ids))
    words += f". {elsewhere:,} further rejected samples belong to other settings." if elsewhere else "."
    st.markdown(
        f"{words} Reject what no one could take for speech of these emotions. Training and the folder below leave rejected samples "
        "out, and nothing takes their place.",
        help="They come in an order that the seed shuffles, so that those heard so far stand for all. A verdict is kept with the "
        "study, and holds wherever the same parents are mixed with the same λ and seed.",
    )  # fmt: skip
    if verdicts.rejected != planned.verdicts.rejected and st.button(
        "Count the rejections in all figures", icon=":material/refresh:", key="count_in"
    ):
        st.rerun()


def _buttons(path: Path, sample: Sample | None, last: str | None) -> None:
    """Keep, reject, undo, by mouse and by key. last: the sample of this plan that was judged last."""

    def judge(verdict: str) -> None:
        st.session_state.pop(_NEXT, None)
        # A second key that comes before the next sample is drawn must not overturn the first one's verdict.
        if sample.id not in listening.read(path).standing:
            listening.judge(path, sample, verdict)

    def undo() -> None:
        st.session_state[_NEXT] = last
        listening.take_back(path, last)

    of_sample = {"on_click": judge, "disabled": sample is None}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Keep, next", key="keep_sample", icon=":material/skip_next:", shortcut="j", args=("kept",), **of_sample
        )
        st.button("Reject", key="reject_sample", icon=":material/block:", shortcut="x", args=("rejected",), **of_sample)
        st.button("Undo", key="undo_sample", icon=":material/undo:", shortcut="u", on_click=undo, disabled=last is None)
        st.toggle("Play the mixture at once", key="play_at_once")


def _rejected(path: Path, samples: list[Sample]) -> None:
    """What was rejected in this plan, each to be taken back."""
    if not samples:
        return

    def take_back() -> None:
        st.session_state[_NEXT] = st.session_state["to_take_back"]
        listening.take_back(path, st.session_state["to_take_back"])

    with st.expander(f"{len(samples):,} rejected", icon=":material/block:"):
        st.dataframe(
            [
                {"sample": each.id, "made for": each.emotion, "parent i": each.clip_i, "parent j": each.clip_j, "λ": each.lam}
                for each in samples
            ],
            key="rejected_samples", hide_index=True, column_config={"λ": st.column_config.NumberColumn(format="%.2f")},
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.selectbox("Rejected sample", [each.id for each in samples], key="to_take_back", width=280)
            st.button("Hear it again", key="take_back", icon=":material/replay:", on_click=take_back)
