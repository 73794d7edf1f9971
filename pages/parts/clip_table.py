"""The list of clips: one row a clip, votes as small bars, chosen by mouse or keyboard.

Rows are drawn in the browser from what one page of the list needs; filtering, sorting and paging stay with the store.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent

_HTML = """
<div class="clips">
  <ul class="legend" aria-label="Colours of the emotions"></ul>
  <div class="scroll">
    <table role="grid" aria-label="Clips" data-shares-keys><thead></thead><tbody></tbody></table>
  </div>
</div>
"""

_CLIP_TABLE = st.components.v2.component(
    "workbench_clip_table",
    html=_HTML,
    css=(_HERE / "clip_table.css").read_text(encoding="utf-8"),
    js=(_HERE / "clip_table.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Asked:
    """What the listener asked for in this run; None where they did not.

    choose   id of the clip to open
    sort     key of the column to sort by
    """

    choose: str | None
    sort: str | None


def clip_table(
    rows: Sequence[dict],
    columns: Sequence[dict],
    *,
    sort: str,
    descending: bool,
    selected: str | None,
    emotions: Sequence[str],
    colours: Sequence[str],
    key: str,
) -> None:
    """Draw one page of clips. What the listener then does with it, `asked` tells the next run.

    rows        each with "clip" (its id) and a value for every column's key
    columns     {"key", "label", "kind", "sortable", "help", "digits"}; `kind` is
                "text"    a word or sentence, cut with an ellipsis where it is long
                "number"  a float with `digits` decimals; None and NaN are shown as undefined
                "votes"   a number of votes
                "bar"     counts of votes in the order of `emotions`, drawn as shares with their n
                "flag"    whether there is audio
    sort, descending   the order that the rows are in; marked in the header, nothing is sorted here
    selected    id of the clip that is open
    colours     one `#RRGGBB` for each emotion
    """
    keys = ["clip", *(column["key"] for column in columns)]
    _CLIP_TABLE(
        key=key,
        data={
            "rows": [{name: _plain(row.get(name)) for name in keys} for row in rows],
            "columns": list(columns),
            "sort": sort,
            "descending": bool(descending),
            "selected": selected,
            "emotions": list(emotions),
            "colours": list(colours),
        },
        on_choose_change=lambda: None,
        on_sort_change=lambda: None,
    )


def asked(key: str) -> Asked:
    """What the listener did with the table to cause this run; ask before drawing, so that one run answers."""
    told = st.session_state.get(key) or {}
    return Asked(choose=told.get("choose"), sort=told.get("sort"))


def _plain(value: object) -> object:
    """A value as JSON knows it: NumPy's scalars and arrays as Python's own, NaN as None."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
