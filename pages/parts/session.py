"""What every page begins with: the store, and the study that is looked at."""

import atexit
import os
import re
import threading
from pathlib import Path

import streamlit as st

from emo_core.errors import WorkbenchError
from emo_core.records import Study
from emo_core.store import DEFAULT_FOLDER, Database, answering, corpora, ownership, studies
from pages.parts.votes_words import as_of

_open: dict[Path, Database] = {}
_opening = threading.Lock()


def open_store(*, wait_s: float = 0.0) -> Database:
    """The store of this process, opened once; other processes' requests are answered from then on.

    Raises StoreInUse where another process owns it for longer than `wait_s` seconds.
    """
    folder = Path(os.environ.get("EMO_STORE") or DEFAULT_FOLDER).resolve()
    with _opening:
        if folder not in _open:
            owner = ownership.card(folder)
            # A command will be done soon; another app will not.
            store = Database(folder, wait_s=0 if owner and owner["port"] else wait_s)
            store.listen(lambda request: _carry_out(store, request))
            answering.settle_statistics(store)  # of answers that a killed server took
            atexit.register(store.close)
            _open[folder] = store
        return _open[folder]


def _carry_out(store: Database, request: dict) -> dict:
    """Answer another process. Every verb with its importers is loaded when the first one asks."""
    from emo_core import verbs

    return verbs.answer(store, request)


def choose_study(store: Database) -> studies.StoredStudy:
    """The picker on top of every page that shows a study; the choice stands in the URL. Stops the page where there is
    none, saying what to do.
    """
    found = {stored.study.name: stored for stored in studies.list_studies(store)}
    if not found:
        st.info("There is no study yet. A study says which clips, emotions and panels are compared.")
        st.page_link("pages/overview.py", label="Go to Overview to add a corpus and a study", icon=":material/home:")
        st.stop()
    asked = st.query_params.get("study")
    if asked is not None and asked not in found:
        st.warning(f"There is no study {escape(asked)} in this store; another one is shown.")
    # The URL rules, then what this visitor looked at last: a menu link carries no study, the view must not jump.
    name = next(name for name in (asked, st.session_state.get("study"), *found) if name in found)
    _remember(name)
    st.session_state["study_choice"] = name
    with st.container(horizontal=True, vertical_alignment="center"):
        st.selectbox(
            "Study", list(found), key="study_choice", width=320, label_visibility="collapsed", on_change=_choose
        )
        caption(store, found[name])
    return found[name]


def _choose() -> None:
    """Another study: what belongs to a clip of the one before leaves the URL."""
    for part in ("clip", "page", "region"):
        st.query_params.pop(part, None)
    _remember(st.session_state["study_choice"])


def _remember(name: str) -> None:
    """The study stands in the session, and always in the URL: without it a link would mean another one elsewhere."""
    st.session_state["study"] = name
    if st.query_params.get("study") != name:
        st.query_params["study"] = name


def caption(store: Database, stored: studies.StoredStudy) -> None:
    """The study's choices in one line, which votes it rests on, and whether its corpus is simulated."""
    study = stored.study
    simulated = {corpus["name"] for corpus in corpora.list_corpora(store) if corpus["simulated"]}
    merges = "".join(f", {source} → {target}" for source, target in study.merges.items())
    facts = [
        f"corpus **{escape(', '.join(study.corpora))}**",
        f"reference **{escape(study.reference)}**",
        f"candidate **{escape(study.candidate)}**" if study.candidate else "no candidate panel",
        f"{', '.join(study.emotions)}{merges}",
        study.rule.replace("_", " "),
        *([f"secondary labels weigh {study.secondary_weight:g}"] if study.secondary_weight else []),
        *([f"without {escape(', '.join(study.left_out))}"] if study.left_out else []),
        *_clips_left_out(study),
        f"split by {study.split}, seed {study.seed}" if study.split != "corpus" else "the corpus's own split",
        as_of(store, stored),
    ]
    if simulated & set(study.corpora):
        st.badge("simulated corpus", icon=":material/science:", color="orange")
    st.caption(" · ".join(facts))


def _clips_left_out(study: Study) -> list[str]:
    """What the study says of clips themselves."""
    bounds = {"at least": study.min_seconds, "at most": study.max_seconds}
    return [
        *([f"without {len(study.without_clips):,} clips by name"] if study.without_clips else []),
        *(f"clips of {words} {bound:g} s" for words, bound in bounds.items() if bound is not None),
        *([f"without {', '.join(study.without_problems)}".replace("_", " ")] if study.without_problems else []),
        *([] if study.without_marked else ["marks do not count"]),
    ]


def escape(text: str | None) -> str:
    """Text that users typed, so that Markdown shows it as it is."""
    apart = re.sub(
        r"(?i)https?(?=:)|www(?=\.)|@", "\u2060\\g<0>\u2060", str(text)
    )  # nothing typed becomes a link by itself
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]()<>#+-.!|~$:&" else letter for letter in apart)


def fail(error: WorkbenchError) -> None:
    """Show an error of ours as a sentence and stop the page."""
    st.error(escape(str(error)))
    st.stop()
