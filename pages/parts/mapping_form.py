"""What the columns of a table mean: begun with a guess or a saved mapping, corrected by people."""

import re

import streamlit as st

from emo_core import verbs, vocabulary
from emo_core.errors import WorkbenchError
from emo_core.records import GRADES, SHAPES
from emo_core.spelling import folded
from emo_core.store import Database
from emo_core.store.intake import ROW_NUMBER
from pages.parts.session import escape

SHAPE_NAMES = {
    "votes": "One row a vote",
    "raters": "A column a rater",
    "counts": "Columns of counts",
    "clips": "A column a clip",
    "graded": "Graded answers",
}
_SINGLE = {
    "clip": ("Clip", "Names the clip: an id, or its sound file."),
    "label": ("Label", "What was heard."),
    "rater": ("Rater", "Without it raters are anonymous."),
    "transcript": ("Transcript", None),
    "speaker": ("Speaker", None),
    "session": ("Session", "Recording session or dialogue."),
    "partition": ("Partition", "The corpus's own parts: train, test …"),
    "audio": ("Sound file", "Path below the audio folder, where the clip's name is not it."),
    "start_s": ("Start", "Seconds in the sound file."),
    "end_s": ("End", "Seconds in the sound file."),
    "duration_s": ("Length", "Seconds. With a start it says the end."),
    "secondary": ("Further labels", "Separated by semicolons or commas."),
    "strengths": ("Their weights", "Above 0 and at most 1, one for each further label."),
    "confidence": ("Confidence", "0 to 1."),
    "seconds": ("Seconds taken", "How long the answer took."),
    "comment": ("Comment", None),
    "voted_at": ("When", "2024-01-31 13:45:00, with an offset or in UTC."),
    "valence": ("Valence", None),
    "arousal": ("Arousal", None),
    "dominance": ("Dominance", None),
    "panel_column": ("Panel, a column", "Names the panel of each row, instead of one panel for all."),
    "persona": ("Persona", "Of a model's vote."),
    "temperature": ("Temperature", "Of a model's vote."),
}
_LISTS = {
    "raters": ("Raters' columns", "Each holds one rater's label."),
    "counts": ("Columns of counts", "Each is called by an emotion and holds how many raters chose it."),
    "clips": ("Clips' columns", "Each is called by a clip and holds the label that the row's rater gave it."),
    "graded": ("Emotions' columns", "Each is called by an emotion and holds how strongly it was heard."),
}
IF_NONE_ASKED = "neutral, or nothing where a column is neutral"
_ABOUT_CLIPS = ("transcript", "speaker", "session", "partition", "audio", "start_s", "end_s", "duration_s")
_ABOUT_ANSWERS = ("confidence", "seconds", "comment", "voted_at", "valence", "arousal", "dominance")
_ABOUT_PANELS = ("panel_column", "persona", "temperature")
_BY_SHAPE = {"label": "votes", "raters": "raters", "counts": "counts", "clips": "clips", "graded": "graded"}
_PANELS = (
    "Raters whose votes belong together. Human and synthetic never mix: human, human:voice, self-report, "
    "synthetic:model/run, model:run."
)


def describe(store: Database, seen: dict) -> dict | None:
    """Draw the form for a table as `corpus look` describes it, and return the fields of `VotesFile` that it says, without
    labels; None where something that is needed is still open (it says what).
    """
    key, names = seen["key"], [column["name"] for column in seen["columns"]]
    _begin(key, seen["guess"], names)
    _saved(store, key, names)
    shape = st.segmented_control(
        "Shape of the table", list(SHAPES), format_func=SHAPE_NAMES.get, key=f"{key}:shape", required=True,
        persist_state="session",
    )  # fmt: skip
    why = seen["why"] if _BY_SHAPE.get(_shape_field(seen["guess"])) == shape or shape is None else ""
    st.caption(escape(f"{_sentence(SHAPES[shape])} {why}" if shape else why))
    if shape is None:
        return None
    fields = _main_columns(key, names, shape)
    if shape == "graded":
        fields |= _scale(seen, key, fields["graded"])
    fields |= _more_columns(seen, key, names, shape)
    needed = "label" if shape == "votes" else shape
    asked = (("clip", "names the clips"), (needed, "holds the votes"))
    open_ = [label for field, label in asked if field in fields and not fields[field]]
    if open_:
        st.info(f"Choose the column that {' and the one that '.join(open_)}.")
        return None
    return {name: value for name, value in fields.items() if value not in (None, [], {})} | {"path": seen["path"]}


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _shape_field(fields: dict) -> str | None:
    return next((field for field in _BY_SHAPE if fields.get(field)), None)


def _begin(key: str, fields: dict, names: list[str]) -> None:
    """Give every widget its first value; what people chose before stays."""
    if f"{key}:filled" not in st.session_state:
        _fill(key, fields, names)


def _fill(key: str, fields: dict, names: list[str]) -> None:
    """Set the widgets to a description. Columns that the table lacks stay open."""
    state, known = st.session_state, {*names, ROW_NUMBER}
    field = _shape_field(fields)
    state[f"{key}:shape"] = _BY_SHAPE.get(field)
    for name in _SINGLE:
        state[f"{key}:{name}"] = fields.get(name) if fields.get(name) in known else None
    for name in _LISTS:
        usual = fields.get(name) or (fields.get(field) if field in ("counts", "graded") and name != "raters" else [])
        state[f"{key}:{name}"] = [column for column in usual or [] if column in known]
    state[f"{key}:panel"] = fields.get("panel", "human")
    state[f"{key}:labels"] = {folded(label): meant for label, meant in fields.get("labels", {}).items()}
    state[f"{key}:grades"] = {folded(word): worth for word, worth in fields.get("grades", {}).items()}
    state[f"{key}:filled"] = state.get(f"{key}:filled", 0) + 1
    for number in [name for name in state if str(name).startswith(f"{key}:grade:")]:
        del state[number]
    state[f"{key}:if_none"] = fields.get("if_none")
    state[f"{key}:ignore"] = [name for name in fields.get("ignore", []) if name in known]
    state[f"{key}:votes_per_row"] = str(fields.get("votes_per_row") or "")


def _saved(store: Database, key: str, names: list[str]) -> None:
    """Begin with a mapping that was saved for another table."""
    known = {row["name"]: row["mapping"] for row in verbs.run(store, "corpus mappings", {})}
    if known:
        st.selectbox(
            "Begin with a saved mapping", list(known), index=None, key=f"{key}:saved", placeholder="none: the guess",
            on_change=_apply, args=(key, known, names), width=320, persist_state="session",
        )  # fmt: skip
    lacking = st.session_state.get(f"{key}:lacking")
    if lacking:
        st.warning(f"The mapping names columns that this table lacks: {escape(', '.join(lacking))}. Choose others.")


def _apply(key: str, known: dict[str, dict], names: list[str]) -> None:
    fields = known.get(st.session_state[f"{key}:saved"])
    if fields is None:
        return
    _fill(key, fields, names)
    single = [fields[name] for name in _SINGLE if fields.get(name)]
    lists = [name for field in _LISTS for name in fields.get(field, [])]
    st.session_state[f"{key}:lacking"] = [name for name in single + lists if name not in {*names, ROW_NUMBER}]


def _pick(key: str, field: str, names: list[str]) -> str | None:
    label, help_ = _SINGLE[field]
    options = [*names, ROW_NUMBER] if field == "clip" else names
    return st.selectbox(
        label, options, index=None, key=f"{key}:{field}", placeholder="none", help=help_, persist_state="session",
        format_func=lambda name: "none: each row is a clip" if name == ROW_NUMBER and name not in names else name,
    )  # fmt: skip


def _main_columns(key: str, names: list[str], shape: str) -> dict:
    """The columns without which there are no votes, and whose votes they are."""
    fields: dict = {}
    single = {"votes": ("clip", "label", "rater"), "graded": ("clip", "rater"), "clips": ("rater",)}.get(
        shape, ("clip",)
    )
    with st.grid(4, min_column_width=190):
        for field in single:
            fields[field] = _pick(key, field, names)
        fields["panel"] = st.text_input("Panel", key=f"{key}:panel", help=_PANELS, persist_state="session").strip()
    if shape in _LISTS:
        label, help_ = _LISTS[shape]
        fields[shape] = st.multiselect(label, names, key=f"{key}:{shape}", help=help_, persist_state="session")
    fields["ignore"] = st.multiselect(
        "Left aside",
        [name for name in names if name not in fields.get(shape, [])],
        key=f"{key}:ignore",
        help="Columns that are not emotions, segments or numbers of votes: nothing is asked about them.",
        persist_state="session",
    )
    if shape == "counts" or (shape == "votes" and not fields["rater"]):
        given = st.text_input(
            "Votes of each row",
            key=f"{key}:votes_per_row",
            placeholder="none: counts, or one vote a row",
            help="A number, or the column that holds it. Shares become whole counts.",
            persist_state="session",
        ).strip()
        fields["votes_per_row"] = given or None
    return fields


def _more_columns(seen: dict, key: str, names: list[str], shape: str) -> dict:
    """Columns that may stay out. Ratings and the like belong to one answer, so tables with a row a clip have none."""
    answers = (
        ("secondary", "strengths", *_ABOUT_ANSWERS) if shape == "votes" else _ABOUT_ANSWERS if shape == "graded" else ()
    )
    groups = {"The clip": _ABOUT_CLIPS, "The answer": answers, "The panel": _ABOUT_PANELS}
    used = sum(st.session_state.get(f"{key}:{field}") is not None for fields in groups.values() for field in fields)
    found: dict = {}
    with st.expander(f"More columns ({used} used)" if used else "More columns", key=f"{key}:more"):
        for title, fields in groups.items():
            if fields:
                st.caption(title)
                with st.grid(4, min_column_width=190):
                    found |= {field: _pick(key, field, names) for field in fields}
        st.toggle(
            "The first row names the columns", seen["header"], key=f"{key}:names", on_change=_set_header, args=(seen,)
        )
    return found | ({} if seen["header"] else {"header": False})


def _set_header(seen: dict) -> None:
    st.session_state[seen["header_key"]] = st.session_state[f"{seen['key']}:names"]


def _scale(seen: dict, key: str, columns: list[str]) -> dict:
    """What the words of a graded table are worth, and what an answer without emotion counts as."""
    words = {folded(word): word for word in _words(seen, columns)}
    own = st.session_state[f"{key}:grades"]
    worth: dict[str, float | None] = {}
    grid = st.grid(6, min_column_width=130)
    for low, word in words.items():
        worth[low] = grid.number_input(
            escape(word), 0.0, value=_number(own.get(low, GRADES.get(low))), step=1.0, format="%g", placeholder="worth?",
            key=f"{key}:grade:{low}", persist_state="session", help="Strength of this word; 0: not heard.",
        )  # fmt: skip
    with grid.cell(column_span=2):
        if_none = st.selectbox(
            "An answer without emotion counts as", [None, *vocabulary.names(), ""], key=f"{key}:if_none", persist_state="session",
            format_func=lambda name: IF_NONE_ASKED if name is None else name or "nothing: leave it out",
        )  # fmt: skip
    unknown = [words[low] for low, value in worth.items() if value is None]
    if unknown:
        st.warning(f"Say what these words are worth, from 0 for not heard: {escape(', '.join(unknown))}.")
    changed = {low: value for low, value in worth.items() if value is not None and GRADES.get(low) != value}
    own = {low: value for low, value in own.items() if low not in worth} | changed
    st.session_state[f"{key}:grades"] = own
    return {"grades": own, "if_none": if_none}


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _words(seen: dict, columns: list[str]) -> list[str]:
    """The words of the graded columns, weakest first as far as that is known; numbers mean themselves."""
    values = [value for column in seen["columns"] if column["name"] in columns for value, _ in column["values"]]
    words = {folded(value): value for value in values if not re.match(r"[0-9.]+ *([-:=–]|$)", value)}
    amounts = {folded(value): value for value in values} if not words else {}
    if len(amounts) > 2 and "0" not in amounts and "1" in amounts:  # 1 may mean not heard
        words = {word: value for word, value in amounts.items() if value.isdigit() and int(value) <= 10}
    return sorted(list(words.values())[:24], key=lambda word: GRADES.get(folded(word), 99))


def save_mapping(store: Database, fields: dict) -> None:
    """Offer to keep a description for other tables."""
    with st.popover("Save this mapping", icon=":material/bookmark_add:", type="tertiary"):
        name = st.text_input("Name of the mapping", key="mapping_name", help="One of that name before is replaced.")
        if st.button("Save", key="save_mapping", disabled=not name.strip()):
            try:
                verbs.run(store, "corpus map", {"file": fields, "save": name})
                st.success(f"Saved. Choose {escape(name)} when you bring another table.")
            except WorkbenchError as error:
                st.error(escape(str(error)))
