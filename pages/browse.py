"""Where do listeners disagree?

The view stands whole in the URL: study, filters and sort are bound widgets; page, clip and region are plain parameters.
"""

import streamlit as st

from emo_core.errors import WorkbenchError
from emo_core.store import browsing
from pages.parts import clip_view, filters
from pages.parts.clip_table import asked, clip_table
from pages.parts.player import told
from pages.parts.session import choose_study, fail, open_store

PAGE_SIZE = 20
TABLE = "clips"

store = open_store()
st.title("Where do listeners disagree?")
stored = choose_study(store)
study = stored.study
view = st.query_params
wish = asked(TABLE)
if wish.sort:
    filters.sort_by(wish.sort, study)
chosen, sort, descending = filters.choose(store, study)


def position() -> int:
    """The page asked for, from 1; nonsense in the URL is page 1."""
    asked_for = view.get("page", "")
    return max(1, int(asked_for)) if asked_for.isascii() and asked_for.isdigit() and len(asked_for) < 8 else 1


def turn_to(clip: str | None, page: int) -> None:
    """Show another clip or page; a region belongs to one clip only."""
    view.pop("region", None)
    if page > 1:
        view["page"] = str(page)
    else:
        view.pop("page", None)
    if clip:
        view["clip"] = clip


def rows_of(page: int) -> browsing.Page:
    """One page of the list."""
    return browsing.browse(
        store,
        study.name,
        chosen=chosen,
        sort=sort,
        descending=descending,
        limit=PAGE_SIZE,
        offset=(page - 1) * PAGE_SIZE,
    )


def step(clips: int) -> None:
    """Go on (+) or back (−) from the clip on show, in the order of the list, over its pages; stop at its ends."""
    found = rows_of(position())
    names = [row["clip"] for row in found.rows]
    gone = st.session_state.get("marked", {})
    if view.get("clip") not in names and gone.get("clip") == view.get("clip"):
        # a mark took the clip out of the list: the next one has its place
        place = max(0, min(gone["place"] + clips - (clips > 0), found.total - 1))
        page = place // PAGE_SIZE + 1
        rows = rows_of(page).rows
        return turn_to(rows[place % PAGE_SIZE]["clip"] if rows else None, page)
    if view.get("clip") not in names:
        return turn_to(names[0] if names else None, position())
    place = (position() - 1) * PAGE_SIZE + names.index(view["clip"]) + clips
    place = min(max(place, 0), found.total - 1)
    page = place // PAGE_SIZE + 1
    return turn_to(rows_of(page).rows[place % PAGE_SIZE]["clip"], page)


def before_mark() -> None:
    """Remember where the clip on show stood in the list."""
    names = [row["clip"] for row in rows_of(position()).rows]
    if view.get("clip") in names:
        place = (position() - 1) * PAGE_SIZE + names.index(view["clip"])
        st.session_state["marked"] = {"clip": view["clip"], "place": place}


def follow() -> None:
    """Go where keys lead, from the clip that was last drawn: a quick second key still carries the address of the clip
    before the first, and a run that the next key interrupts has moved on without drawing.
    """
    wanted, drawn = told(clip_view.PLAYER), st.session_state.get("drawn")
    if not wanted or not drawn:
        return
    turn_to(drawn["clip"], drawn["page"])
    st.session_state["reached"] = {"player": wanted["player"], "total": wanted["total"]}
    step(wanted["total"] - (drawn["total"] if drawn["player"] == wanted["player"] else 0))


if wish.sort:
    turn_to(None, 1)
if wish.choose:
    turn_to(wish.choose, position())
try:
    follow()
    page = rows_of(position())
except WorkbenchError as error:
    fail(error)
pages = max(1, -(-page.total // PAGE_SIZE))
if position() > pages:
    turn_to(None, 1)
    page = rows_of(1)

clip = view.get("clip")
listing, detail = st.columns([11, 12], gap="medium") if clip else (st.container(), None)
with listing:
    if not page.total:
        st.info("No clip fits these filters. Loosen one of them.")
    else:
        first = (position() - 1) * PAGE_SIZE + 1
        st.caption(
            f"Clips {first:,}–{first + len(page.rows) - 1:,} of {page.total:,} that fit, {filters.scope(store, study, chosen.show)}."
        )
        clip_table(
            **filters.table(page.rows, study, narrow=bool(clip)),
            sort=sort,
            descending=descending,
            selected=clip,
            key=TABLE,
        )
        if pages > 1:
            filters.pager(position(), pages, lambda number: turn_to(None, number))
if detail:
    with detail:
        try:
            found = browsing.clip_detail(store, study.name, clip)
        except WorkbenchError as error:
            fail(error)
        clip_view.show(store, study, found, step=step, marked=before_mark)
    reached = st.session_state.get("reached", {"player": None, "total": 0})
    st.session_state["drawn"] = reached | {"clip": clip, "page": position()}
