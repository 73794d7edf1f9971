"""The frame of the workbench: `streamlit run app.py`.

Streamlit reads this file twice. As the server starts it is imported, and gives the ASGI application with our routes; the
store is opened here, so that a second app on the same store does not start. For each visitor it is run as a script, and
draws the page that the visitor is on.
"""

import os
import sys
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT)) if str(ROOT) not in sys.path else None

from emo_core.errors import WorkbenchError  # noqa: E402
from pages.parts.routes import ROUTES  # noqa: E402
from pages.parts.session import open_store  # noqa: E402

PAGES = {
    "overview": ("What is here?", "Overview", ":material/home:"),
    "browse": ("Where do listeners disagree?", "Browse", ":material/hearing:"),
    "compare": ("How close do the two panels come?", "Compare", ":material/balance:"),
    "studies": ("Which votes count?", "Studies", ":material/tune:"),
    "export": ("Take the distributions with you", "Export", ":material/download:"),
}


def start() -> st.App:
    """Open the store and build the application, or say why not and end the process."""
    try:
        open_store(wait_s=5)
    except WorkbenchError as error:
        print(f"\nThe Ambiguity Workbench did not start. {error}\n", file=sys.stderr, flush=True)
        os._exit(1)  # the server has begun; an exception would only be logged and leave an empty page behind
    return st.App(ROOT / "app.py", routes=ROUTES)


def draw() -> None:
    """The frame around every page."""
    st.set_page_config(page_title="Ambiguity Workbench", page_icon=":material/graphic_eq:", layout="wide")
    pages = [
        st.Page(ROOT / "pages" / f"{name}.py", title=title, icon=icon, url_path=name, default=name == "overview")
        for name, (_, title, icon) in PAGES.items()
    ]
    st.navigation(pages, position="top").run()


if get_script_run_ctx(suppress_warning=True) is None:
    app = start()
else:
    draw()
