"""Get CREMA-D from its publishers: one button, progress that survives leaving the page, then the corpus is in the store.

The download runs in a thread of the app and takes the corpus in at its end; pages only look at how far it is. What has
arrived stays on disk, so a stopped or broken download goes on where it was, also after the app was closed.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from emo_core import verbs
from emo_core.corpora.crema_d import LICENCE
from emo_core.errors import WorkbenchError
from emo_core.store import Database
from emo_core.verbs.corpora import download_folder
from pages.parts.import_report import DONE
from pages.parts.session import escape
from pages.parts.table_source import typed_path

NAME = "crema-d"
EVERY_S = 1.0
_ABOUT = (
    "7,442 clips of 91 actors who say twelve sentences in six emotions. Some ten people voted on each from the voice alone, "
    "from the face alone, and from both (Cao et al. 2014)."
)


@dataclass
class Download:
    """A download with the import at its end. `share` is 0…1; `problem` or `document` say how it ended."""

    folder: str
    said: str = "Connecting …"
    share: float = 0.0
    problem: str = ""
    document: dict | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def progress(self, there: int, total: int | None, files: int, of_files: int, latest: str) -> None:
        """Note how far it is; the arguments are those of `corpora.downloads.Progress`."""
        if total is None:
            self.said, self.share = f"The votes and the list of sounds: {there / 1e6:,.0f} MB", 0.0
        elif files == of_files:
            self.said, self.share = "Everything is there; taking it in …", 1.0
        else:
            self.said = f"{there / 1e6:,.0f} of {total / 1e6:,.0f} MB, {files:,} of {of_files:,} sounds"
            self.share = min(1.0, there / total) if total else 0.0


_downloads: dict[str, Download] = {}  # one for each store's folder, whoever looks at it
_starting = threading.Lock()


def start(store: str, folder: str, work: Callable[[Download], dict]) -> Download:
    """Begin a download in a thread of its own, or return the one that is at work for that store."""
    with _starting:
        known = _downloads.get(store)
        if known is None or not known.thread.is_alive():
            known = _downloads[store] = Download(folder)
            known.thread = threading.Thread(target=_carry_out, args=(known, work), name="download", daemon=True)
            known.thread.start()
        return known


def _carry_out(download: Download, work: Callable[[Download], dict]) -> None:
    try:
        download.document = work(download)
    except WorkbenchError as error:
        download.problem = str(error)


def bring(store: Database) -> None:
    """Draw the card: the form, or the download that is at work."""
    key = str(store.folder)
    download = _downloads.get(key)
    if download and download.document:
        st.session_state[DONE] = _downloads.pop(key).document
        st.rerun()
    with st.container(border=True):
        st.subheader("CREMA-D", anchor=False)
        st.write(_ABOUT)
        st.caption(
            f"{LICENCE}. About 700 MB from GitHub; a stopped download goes on where it was. Nothing is sent there."
        )
        if download and download.thread.is_alive():
            _watch(download)
        else:
            if download:
                (st.info if download.stopping.is_set() else st.error)(escape(download.problem))
            _ask(store, key, download)


def _ask(store: Database, key: str, download: Download | None) -> None:
    usual = download.folder if download else str(download_folder(store.folder, NAME))
    left, right = st.columns([2, 1])
    folder = left.text_input("Folder for it", usual, key="crema_d_folder", persist_state="session")
    name = right.text_input("Name of the corpus", NAME, key="crema_d_name", persist_state="session")
    folder = typed_path(folder) or usual
    st.button(
        "Go on with the download" if _is_begun(folder) else "Get CREMA-D", type="primary", icon=":material/cloud_download:",
        key="get_crema_d", disabled=not name.strip(), on_click=_start, args=(store, key, folder, name.strip()),
    )  # fmt: skip


def _is_begun(folder: str) -> bool:
    with suppress(OSError, ValueError):
        return Path(folder, ".download").is_dir()
    return False


def _start(store: Database, key: str, folder: str, name: str) -> None:
    def work(download: Download) -> dict:
        watched = {"progress": download.progress, "stop": download.stopping.is_set}
        return verbs.run(store, "corpus get", {"corpus": NAME, "to": folder, "name": name} | watched)

    start(key, folder, work)


@st.fragment(run_every=EVERY_S)
def _watch(download: Download) -> None:
    """How far it is, looked at every second; the page follows when it has ended."""
    if not download.thread.is_alive():
        st.rerun()
    stopping = download.stopping.is_set()
    st.progress(download.share, "Stopping …" if stopping else download.said)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Stop", on_click=download.stopping.set, key="stop_crema_d", disabled=stopping, icon=":material/stop:")
        st.caption(f"Into {escape(download.folder)}. It goes on while you look at other pages.")
