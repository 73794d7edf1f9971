"""The votes of a corpus as the workbench itself exports them: one row a vote, columns named as in `records`.

A clip's own columns are repeated in each of its rows. Tables may hold millions of rows, so they are taken column by column.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from emo_core.corpora.collecting import Collection, Sounds
from emo_core.corpora.sources import number, text
from emo_core.errors import BadTable

_TEXT = ("clip", "panel", "rater", "label", "secondary", "strengths", "comment", "persona", "voted_at")
_NUMBERS = ("valence", "arousal", "dominance", "confidence", "seconds", "temperature")
_CLIP_TEXT = ("transcript", "speaker", "session", "partition", "audio")
_CLIP_NUMBERS = ("start_s", "end_s", "duration_s")
COLUMNS: tuple[str, ...] = (*_TEXT, *_NUMBERS, *_CLIP_TEXT, *_CLIP_NUMBERS)


def facts_beside(schema: Path) -> dict[str, Any]:
    """What the schema beside an export of ours says of its corpora, as fields of `Reading`; empty where it is none."""
    try:
        said = json.loads(schema.read_text(encoding="utf-8"))
        made_of = said["corpora"] if said["made_by"] == "Ambiguity Workbench" else []
        licences = dict.fromkeys(each["licence"] for each in made_of if each["licence"])
        scales = {(each["rating_low"], each["rating_high"]) for each in made_of}
        simulated = any(each["simulated"] is True for each in made_of)
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return {}
    found = {"simulated": simulated, "licence": "; ".join(filter(None, map(text, licences)))}
    low, high = scales.pop() if len(scales) == 1 else (None, None)
    return found | ({"rating_scale": (low, high)} if number(low) is not None and number(high) is not None else {})


def is_ours(names: Iterable[str]) -> bool:
    """Whether a table has the columns of our exports: clip, panel, and a label or a rating."""
    names = set(names)
    return {"clip", "panel"} <= names and bool(names & {"label", "valence", "arousal", "dominance"})


def tables(parts: list[tuple[str, pa.Table]], sounds: Sounds, found: Collection) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Clips and votes of all files. A row with neither panel nor answer is a clip without votes; rows without clip, panel or
    answer, or with an impossible span, are left out.

    Raises BadTable where a column cannot be what its name says.
    """
    rows = pd.concat([_rows(name, table) for name, table in parts], ignore_index=True)
    answered = rows.reindex(columns=["label", "valence", "arousal", "dominance"]).notna().any(axis=1)
    start = rows["start_s"].fillna(0.0) if "start_s" in rows else pd.Series(0.0, rows.index)
    end = rows["end_s"].fillna(float("inf")) if "end_s" in rows else pd.Series(float("inf"), rows.index)
    alone = rows["panel"].isna() & ~answered
    reasons = {
        "it has no clip": rows["clip"].isna(),
        "it has no panel": rows["panel"].isna() & ~alone,
        "it has neither a label nor a rating": ~answered & ~alone,
        "its start and end are not seconds with 0 ≤ start < end": ~((start >= 0) & (start < end)),
    }
    wrong = pd.Series(False, rows.index)
    for reason, holds in reasons.items():
        for where in rows["where"][holds & ~wrong]:
            found.skip(where, reason)
        wrong |= holds
    kept = rows[~wrong]
    votes = kept.loc[~alone, [name for name in (*_TEXT, *_NUMBERS) if name in kept]].reset_index(drop=True)
    return _clips(kept, sounds), votes.assign(**({} if "label" in votes else {"label": None}))


def _rows(file: str, table: pa.Table) -> pd.DataFrame:
    """The columns that we know, as text and numbers, and where each row stands."""
    columns = {}
    for name in COLUMNS:
        if name in table.column_names:
            as_kind = _number if name in (*_NUMBERS, *_CLIP_NUMBERS) else _text
            try:
                columns[name] = as_kind(table[name].combine_chunks()).to_pandas()
            except (pa.ArrowException, ValueError, OverflowError) as error:
                raise BadTable(
                    f"{file}: the column {name!r} ({table.schema.field(name).type}) cannot be what its name says: {error}. "
                    "Rename it, or export the votes again."
                ) from error
    where = [f"{file} row {row}" for row in range(1, table.num_rows + 1)]
    return pd.DataFrame(columns | {"where": where}).astype(
        {name: "str" for name in (*_TEXT, *_CLIP_TEXT) if name in columns}
    )


def _text(column: pa.Array) -> pa.Array:
    """Text without spaces at its ends, null where none is left; a list of texts is joined by semicolons."""
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        joined = [";".join(filter(None, map(text, each))) if each else None for each in column.to_pylist()]
        column = pa.array(joined, pa.string())
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    column = pc.utf8_trim_whitespace(pc.replace_substring(column.cast(pa.string()), "\x00", ""))
    return pc.if_else(pc.equal(column, ""), None, column)


def _number(column: pa.Array) -> pa.Array:
    """Finite numbers, null for others."""
    column = column.cast(pa.float64())
    return pc.if_else(pc.is_finite(column), column, None)


def _clips(rows: pd.DataFrame, sounds: Sounds) -> pd.DataFrame:
    """One row a clip, in the order of first appearance, with the first value of each field that is not empty."""
    fields = [name for name in (*_CLIP_TEXT, *_CLIP_NUMBERS) if name in rows]
    clips = (
        rows.groupby("clip", sort=False)[fields].first().reset_index() if fields else rows[["clip"]].drop_duplicates()
    )
    addresses = clips["audio"] if "audio" in clips else pd.Series(None, clips.index, dtype=object)
    places = [sounds.find(address, clip, clip=clip) for address, clip in zip(addresses, clips["clip"])]
    seconds = pd.Series([place.get("duration_s") for place in places], dtype="float64", index=clips.index)
    clips["audio"] = pd.Series([place.get("audio") for place in places], dtype="str", index=clips.index)
    if "duration_s" in clips:  # what the table says, unless the file is there and cannot be read
        seconds = seconds.fillna(clips["duration_s"].mask(clips["audio"].isin(sounds.unreadable)))
    clips["duration_s"] = seconds
    return clips.reset_index(drop=True)
