"""What raters are told before they listen: the researcher's text, and clips that stand for something."""

import streamlit as st

from emo_core.audio import as_wav, contained
from emo_core.errors import WorkbenchError
from emo_core.labelling.campaign import Campaign
from emo_core.store import Database, browsing
from pages.parts.session import escape


def show(store: Database, campaign: Campaign) -> None:
    """The guidelines, folded away under their heading; nothing where there are none."""
    if not campaign.guidelines and not campaign.examples:
        return
    with st.expander("Guidelines", icon=":material/menu_book:"):
        if campaign.guidelines:
            st.markdown(campaign.guidelines)
        for clip, meaning in campaign.examples.items():
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(escape(meaning), width=220)
                _play(store, campaign, clip)


def _play(store: Database, campaign: Campaign, clip: str) -> None:
    """A player without the clip's name, which may tell what was intended."""
    corpus, own = campaign.corpus, clip
    try:
        if campaign.study:
            detail = browsing.clip_detail(store, campaign.study, clip)
            corpus, own = detail["corpus"], detail["name"]
        found = browsing.clip_audio(store, corpus, own)
        st.audio(as_wav(contained(found.root, found.audio), found.start_s, found.end_s), width=420)
    except WorkbenchError as error:
        st.caption(escape(str(error)))
