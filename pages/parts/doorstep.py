"""What somebody sees whom the workbench does not know."""

import streamlit as st

from pages.parts.identity import Visitor


def show(me: Visitor) -> None:
    """Say how to come in."""
    st.title("Who are you?")
    if me.way == "login":
        st.write("Please log in; your votes stand under your name.")
        st.button("Log in", on_click=st.login, type="primary")
    elif me.way == "proxy":
        st.info("The proxy in front of this workbench did not say who you are. Ask whoever runs it.")
    else:
        st.info(
            "Raters come in by the invite that they were sent. Researchers come in by the link that the server printed when it "
            "started, or that `python -m emo_core campaign researcher-link` prints."
        )
