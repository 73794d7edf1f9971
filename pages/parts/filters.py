"""Browse's filters, sort and table: what is asked of the store, and how its rows are shown."""

from collections.abc import Callable

import streamlit as st

from emo_core import vocabulary
from emo_core.records import EXCLUSIONS, Study
from emo_core.science.ambiguity import KINDS
from emo_core.store import Database, browsing, exporting
from emo_core.verbs.health import MEANINGS

SORT_NAMES = {
    "js": "JS divergence",
    "tv": "total variation",
    "bc": "Bhattacharyya coefficient",
    "entropy_reference": "reference entropy",
    "entropy_candidate": "candidate entropy",
    "entropy_combined": "combined entropy",
    "n_reference": "reference votes",
    "n_candidate": "candidate votes",
    "clip": "clip",
    "speaker": "speaker",
}
# As the address and the picker write them, and as the store does.
SHOWN = {"kept": "kept", "left out": "left out", "kept and left out": "all"} | {
    f"left out: {words}": reason for reason, words in EXCLUSIONS.items()
}
PROBLEMS = {meaning: code for code, meaning in MEANINGS.items()}
MOST_BITS = 8.0  # the entropy of 256 emotions
_PLAIN = {"clip", "excluded", "has_audio", "speaker", "transcript"}
LARGEST, SMALLEST = "largest first", "smallest first"
_URL = {"bind": "query-params"}


def choose(store: Database, study: Study) -> tuple[browsing.Filter, str, bool]:
    """The filter, sort key and direction that the page's widgets say."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input("Find", placeholder="clip or words", key="text", width=180, type="search", **_URL)
        reference = st.selectbox("Reference heard", ["any", *study.emotions], key="reference", width=140, **_URL)
        candidate = st.selectbox("Candidate heard", ["any", *study.emotions], key="candidate", width=140, **_URL)
        audio = st.selectbox("Audio", ["any", "with audio", "without"], key="audio", width=125, **_URL)
        with st.popover(_more_label(), icon=":material/filter_alt:"):
            speaker = st.selectbox("Speaker", ["any", *browsing.speakers(store, study.name)], key="speaker", **_URL)
            votes = st.number_input("Reference votes, at least", min_value=1, value=1, step=1, key="votes", **_URL)
            split = st.selectbox("Split", ["any", "train", "test"], key="split", **_URL)
            show = st.selectbox("Clips of the study", list(SHOWN), key="show", **_URL)
            kind = st.selectbox("Kind of ambiguity", ["any", *KINDS], key="kind", **_URL)
            above, up_to = _entropy_bounds()
            problem = st.selectbox("Problem", ["any", *PROBLEMS], key="problem", **_URL)
        keys = sort_keys(study)
        sort = st.selectbox("Sort by", keys, format_func=SORT_NAMES.get, key="sort", width=190, **_URL)
        order = st.selectbox("Order", [LARGEST, SMALLEST], key="order", width=140, **_URL)
    chosen = browsing.Filter(
        text=text or None,
        speaker=_unless_any(speaker),
        reference=_unless_any(reference),
        candidate=_unless_any(candidate),
        min_votes=int(votes) if votes > 1 else None,
        split=_unless_any(split),
        audio={"any": None, "with audio": True, "without": False}[audio],
        show=SHOWN[show],
        kind=_unless_any(kind),
        entropy_above=above,
        entropy_up_to=up_to,
        problem=PROBLEMS.get(problem),
    )
    return chosen, sort, order == LARGEST


def _entropy_bounds() -> tuple[float | None, float | None]:
    """Bounds of the reference entropy; None where they leave nobody out."""
    options = {"min_value": 0.0, "max_value": MOST_BITS, "step": 0.1, "format": "%.6f"} | _URL
    above = st.number_input("Reference entropy above (bits)", value=None, key="above", **options)
    up_to = st.number_input("Reference entropy up to (bits)", value=None, key="up_to", **options)
    return above, up_to


def sort_keys(study: Study) -> list[str]:
    """What the list can be sorted by, the usual one first: without a candidate there is no divergence."""
    alone = {"js", "tv", "bc", "entropy_candidate", "entropy_combined", "n_candidate"}
    return [key for key in SORT_NAMES if study.candidate or key not in alone]


def _more_label() -> str:
    """How many of the filters inside are set, since they do not show."""
    defaults = {
        "speaker": "any", "votes": 1, "split": "any", "show": "kept", "kind": "any", "above": None, "up_to": None,
        "problem": "any",
    }  # fmt: skip
    used = sum(
        st.session_state.get(name, st.query_params.get(name, default)) != default for name, default in defaults.items()
    )
    return f"More filters ({used} set)" if used else "More filters"


def _unless_any(value: str) -> str | None:
    return None if value == "any" else value


def sort_by(key: str, study: Study) -> None:
    """Sort by a column; by the same column again, the other way round. To be called before the widgets are drawn."""
    state = st.session_state
    again = state.get("sort", sort_keys(study)[0]) == key and state.get("order", LARGEST) == LARGEST
    state["sort"], state["order"] = key, SMALLEST if again else LARGEST


def scope(store: Database, study: Study, show: str) -> str:
    """Out of what the clips that fit were found."""
    if show == "kept":
        return f"of the study's {exporting.export_rows(store, study.name):,}"
    return "of those that the study leaves out" if show != "all" else "of all clips of its corpora"


def table(rows: list[dict], study: Study, *, narrow: bool) -> dict:
    """What the clip table is given: rows, columns, emotions and their colours. `narrow` leaves room for a clip."""
    columns = [
        {"key": "clip", "label": "Clip", "kind": "text", "sortable": True},
        {"key": "has_audio", "label": "Audio", "kind": "flag"},
        {"key": "speaker", "label": "Speaker", "kind": "text", "sortable": True},
        {"key": "transcript", "label": "Transcript", "kind": "text"},
        {"key": "reference", "label": "Reference", "kind": "bar", "help": study.reference},
        {"key": "candidate", "label": "Candidate", "kind": "bar", "help": study.candidate or "no candidate panel"},
        {
            "key": "js",
            "label": "JS",
            "kind": "number",
            "sortable": True,
            "digits": 3,
            "help": "Jensen–Shannon divergence, bits",
        },
        {
            "key": "entropy_reference",
            "label": "H ref",
            "kind": "number",
            "sortable": True,
            "digits": 2,
            "help": "reference entropy, bits",
        },
        {
            "key": "entropy_candidate",
            "label": "H cand",
            "kind": "number",
            "sortable": True,
            "digits": 2,
            "help": "candidate entropy, bits",
        },
        {
            "key": "tv",
            "label": "TV",
            "kind": "number",
            "sortable": True,
            "digits": 3,
            "help": "total variation distance",
        },
    ]
    if any(row["excluded"] for row in rows):
        columns.insert(1, {"key": "excluded", "label": "Left out", "kind": "text"})
    if all(row["excluded"] for row in rows):  # the study has no figures for them
        columns = [column for column in columns if column["key"] in _PLAIN]
    dropped = {"speaker", "transcript", "entropy_reference", "entropy_candidate", "tv"} if narrow else set()
    if study.candidate is None:
        dropped = dropped - {"entropy_reference"} | {"candidate", "js", "entropy_candidate", "tv"}
    return {
        "rows": [
            row
            | {"excluded": EXCLUSIONS.get(row["excluded"], "")}
            | {
                "reference": list(row["reference_weights"].values()),
                "candidate": list(row["candidate_weights"].values()),
            }
            for row in rows
        ],
        "columns": [
            {"sortable": False, "help": "", "digits": 0} | column for column in columns if column["key"] not in dropped
        ],
        "emotions": list(study.emotions),
        "colours": vocabulary.colours(study.emotions),
    }


def pager(number: int, pages: int, turn: Callable[[int], None]) -> None:
    """Page numbers below the table."""
    key = f"pager:{number}:{pages}"  # another page is another widget, since the URL and not the widget holds the page
    st.pagination(pages, default=number, key=key, on_change=lambda: turn(st.session_state[key]))
