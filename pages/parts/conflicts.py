"""Clips that the raters hear differently, and a researcher's decision on each."""

import pandas as pd
import streamlit as st

from emo_core import vocabulary
from emo_core.audio import as_wav, contained
from emo_core.errors import WorkbenchError
from emo_core.labelling import monitor
from emo_core.store import Database, browsing
from pages.parts.session import escape, fail

SHOWN = 100


def show(store: Database, campaign: str, found: list[dict], me: str | None) -> None:
    """The clips of highest entropy; a chosen one can be heard and decided on."""
    if not found:
        st.info("No clip has two votes that differ.")
        return
    rows = [
        {"clip": row["clip"], "votes": ", ".join(f"{name} {n}" for name, n in row["votes"].items()), "entropy (bits)": row["entropy"],
         "flags": ", ".join(row["flags"]), "decided": row["adjudicated"] or ""}
        for row in found[:SHOWN]
    ]  # fmt: skip
    picked = st.dataframe(
        pd.DataFrame(rows), key="conflicts", hide_index=True, on_select="rerun", selection_mode="single-row",
        column_config={"entropy (bits)": st.column_config.NumberColumn(format="%.2f")},
    )  # fmt: skip
    st.caption(
        f"Up to {SHOWN} clips whose votes in the panel differ most. A decision is a vote in the panel "
        f"**consensus:{escape(campaign)}**: it was given by somebody who saw the others', and never mixes with theirs."
    )
    if picked.selection.rows:
        _decide(store, campaign, found[picked.selection.rows[0]], me)


def _decide(store: Database, campaign: str, row: dict, me: str | None) -> None:
    try:
        sound = browsing.clip_audio(store, row["corpus"], row["clip"])
        st.audio(as_wav(contained(sound.root, sound.audio), sound.start_s, sound.end_s), width=480)
    except WorkbenchError as error:
        st.caption(escape(str(error)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        emotion = st.selectbox(
            "It is",
            list(vocabulary.names()),
            index=None,
            key=f"decide:{row['item']}",
            width=200,
            placeholder="an emotion",
        )
        who = me or st.text_input("Decided by", key="decided_by", width=200)
        comment = st.text_input("Why", key=f"why:{row['item']}", width=320)
        if st.button("Decide", key="decide", disabled=not (emotion and who)):
            try:
                monitor.adjudicate(store, campaign, row["item"], emotion, who, comment or None)
            except WorkbenchError as error:
                fail(error)
            st.rerun()
