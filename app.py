"""The frame of the workbench: `streamlit run app.py`.

Streamlit reads this file twice. As the server starts it is imported, and gives the ASGI application with our routes; the
store is opened here, so that a second app on the same store does not start. For each visitor it is run as a script, and
draws the page that the visitor is on.
"""

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

ROOT = Path(__file__).parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from emo_core.errors import WorkbenchError  # noqa: E402
from pages.parts import collecting, doorstep, ending, identity  # noqa: E402
from pages.parts.hosts import OwnHosts  # noqa: E402
from pages.parts.routes import ROUTES  # noqa: E402
from pages.parts.session import open_store  # noqa: E402

# Streamlit leaves six rems above a page; a list of clips has better use for them.
STYLE = """<style>
[data-testid="stMainBlockContainer"] { padding: 4.2rem 2.5rem 3rem; }
[data-testid="stButtonGroup"] button[data-selected="true"] p { color: light-dark(#005E94, #8CC8F2); }
@media (max-width: 640px) { [data-testid="stMainBlockContainer"] { padding: 4rem 1rem 2rem; } }
</style>"""
# A picture of ours: an icon by name would be fetched from a public host.
FAVICON = ROOT / "pages" / "parts" / "favicon.svg"
# Sections of the menu: {section: {file: (title, name in the menu, icon)}}
PAGES = {
    "": {
        "overview": ("What is here?", "Overview", ":material/home:"),
        "browse": ("Where do listeners disagree?", "Browse", ":material/hearing:"),
        "export": ("Take the distributions with you", "Export", ":material/download:"),
    },
    "Corpus": {
        "corpora": ("Bring your corpus", "Corpora", ":material/upload:"),
        "studies": ("Which votes count?", "Studies", ":material/tune:"),
        "health": ("What is wrong with the corpus?", "Health", ":material/healing:"),
    },
    "Label": {
        "label": ("What do you hear?", "Label", ":material/headphones:"),
        "my_answers": ("What have I answered?", "My answers", ":material/history:"),
        "campaigns": ("Who listens to what?", "Campaigns", ":material/campaign:"),
        "raters": ("How do the raters do?", "Raters", ":material/monitoring:"),
    },
    "Analyse": {
        "compare": ("How close do the two panels come?", "Compare", ":material/balance:"),
        "agreement": ("How far do the raters agree?", "Agreement", ":material/groups:"),
        "saturation": ("Where do more votes stop helping?", "Saturation", ":material/show_chart:"),
        "ambiguity": ("For which clips?", "Ambiguity", ":material/blur_on:"),
        "standin": ("May a panel stand in for a listener?", "Stand-in", ":material/swap_horiz:"),
        "advisor": ("Where would one more vote help most?", "Advisor", ":material/add_task:"),
        "sandbox": ("What if …?", "Sandbox", ":material/experiment:"),
    },
    "Models": {
        "proxies": ("What does a model hear?", "Proxies", ":material/smart_toy:"),
        "augment": ("Which emotions are too rare to learn?", "Augment", ":material/call_merge:"),
        "train": ("Train on these votes", "Train", ":material/model_training:"),
        "results": ("Does training on these votes help?", "Results", ":material/leaderboard:"),
        "jobs": ("What is running?", "Jobs", ":material/work_history:"),
        "distributions": (
            "What do models say, and what do their logits say?",
            "Distributions",
            ":material/scatter_plot:",
        ),
    },
}
FOR_RATERS = ("label", "my_answers")


def keep_small() -> None:
    """Have glibc give freed memory back: by itself it keeps some for each thread, 30 MB of 278 after a walk through the
    pages with CREMA-D. Other systems' allocators are left alone.
    """
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(-8, 1)  # M_ARENA_MAX
        libc.mallopt(-1, 100_000)  # M_TRIM_THRESHOLD, bytes


def own_store() -> None:
    """Open the store, or say why not and end the process."""
    try:
        open_store(wait_s=5)
    except WorkbenchError as error:
        print(f"\nThe Ambiguity Workbench did not start. {error}\n", file=sys.stderr, flush=True)
        os._exit(1)  # the server has begun; an exception would only be logged and leave an empty page behind
    ending.close_on_signals(open_store())
    collecting.begin(open_store())
    identity.say_how_to_enter(open_store())


def draw() -> None:
    """The frame around every page. Who may see a page is decided here: for a rater the others do not exist."""
    st.set_page_config(page_title="Ambiguity Workbench", page_icon=FAVICON, layout="wide")
    st.html(STYLE)
    me = identity.visitor(open_store())
    if me.role == "nobody":
        return doorstep.show(me)
    seen = PAGES if me.is_researcher else {"": {name: PAGES["Label"][name] for name in FOR_RATERS}}
    first = next(iter(next(iter(seen.values()))))
    pages = {
        section: [
            st.Page(ROOT / "pages" / f"{name}.py", title=title, icon=icon, url_path=name, default=name == first)
            for name, (_, title, icon) in listed.items()
        ]
        for section, listed in seen.items()
    }
    return st.navigation(pages, position="top").run()


if get_script_run_ctx(suppress_warning=True) is None:
    keep_small()
    own_store()
    # Until the first visitor reaches st.navigation, Streamlit would serve the folder pages/ without this frame around it:
    # a link to a page, opened right after a restart, must find the frame too.
    PagesManager.uses_pages_directory = False
    in_front = [Middleware(OwnHosts), Middleware(identity.ResearcherCookie)]
    # `streamlit run` looks for `app = st.App` in the source.
    app = st.App(ROOT / "app.py", routes=ROUTES, middleware=in_front, lifespan=ending.closing)
else:
    draw()
