"""Keys of model providers: from the environment, or from Streamlit's secrets; handed to jobs and shown nowhere."""

import os

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from emo_core.jobs.secrets import KEYS


def of_user() -> dict[str, str]:
    """The keys that `.streamlit/secrets.toml` holds, for the environment of a job."""
    try:
        return {name: str(st.secrets[name]) for name in KEYS if name in st.secrets}
    except StreamlitSecretNotFoundError:
        return {}


def is_known(names: tuple[str, ...]) -> bool:
    """Whether one of these keys is there."""
    return any(os.environ.get(name) for name in names) or any(name in of_user() for name in names)
