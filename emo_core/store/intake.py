"""Votes on their way in: staged in a temporary table, checked row by row, and only then let into the store.

A row that breaks a rule refuses the whole import, unless the caller chose to leave bad rows out; then each is in the
report. Rows count from 1 below the header.
"""

import csv
import json
import math
import mmap
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from emo_core import vocabulary
from emo_core.errors import BadTable
from emo_core.records import GRADES, Skipped, VotesFile
from emo_core.spelling import EDGES, folded
from emo_core.store import columns, repeats
from emo_core.store.database import column_names, one_row, query, quoted
from emo_core.tables import set_aside, shares, to_be_said

if TYPE_CHECKING:  # a table library takes 0.3 s to load, which the first page need not wait for
    import pandas as pd

Cursor = duckdb.DuckDBPyConnection

_TEXT = ("clip", "panel", "rater", "label", "comment", "persona", "voted_at", "provenance")
_NUMBERS = ("valence", "arousal", "dominance", "confidence", "seconds")
_READERS = {
    ".csv": "read_csv", ".tsv": "read_csv", ".txt": "read_csv",
    ".parquet": "read_parquet",
    ".jsonl": "read_json", ".ndjson": "read_json", ".json": "read_json",
}  # fmt: skip
_LONGEST_LINE = 2_000_000  # bytes: what DuckDB takes
_REPEATS = "unnest(range(CASE WHEN problem IS NULL THEN CAST(times AS INTEGER) ELSE 1 END))"
CLIP_FIELDS = ("transcript", "speaker", "session", "partition", "audio", "start_s", "end_s", "duration_s")
_TIMES = ("start_s", "end_s", "duration_s")
# Columns that are staged only where the source has one of them: over twenty million rows they would not fit in memory.
WIDE = {
    "secondary_ids": "UTINYINT[]", "secondary_strengths": "FLOAT[]", "valence": "FLOAT", "arousal": "FLOAT",
    "dominance": "FLOAT", "confidence": "FLOAT", "seconds": "FLOAT", "comment": "VARCHAR",
}  # fmt: skip
NONE_HEARD = "none heard"  # stands for the label of a graded answer without emotion that is to be left out
CLIP_ALONE = "no panel and no vote"  # what stage_votes.sql says of a row that only names a clip
_OUR_COLUMNS = {"clip", "panel", "rater", "label", "kept", "reason"}  # in these a table shows that we exported it
ROW_NUMBER = "row number"  # stands for a column of clip ids where a table has none


@dataclass(frozen=True)
class Staged:
    """Rows that were left out, each with its reason, and facts worth knowing about the others."""

    skipped: list[Skipped]
    notes: list[str]
    repeated: int = 0  # votes that stand in an earlier row already


def stage(
    cursor: Cursor,
    votes: "VotesFile | pd.DataFrame",
    *,
    labels: Mapping[str, str] | None = None,
    skip_bad_rows: bool = False,
    source: str | None = None,
    spans: bool = False,
) -> Staged:
    """Fill the temporary tables `incoming` (one row a vote, in the order given) and `incoming_fields` (what each clip's
    rows say of it). `labels` adds to what a file's own mapping says of labels; `source` is the name of the source that an
    importer read the votes from; `spans`: the corpus names its clips by their start and end.

    Raises BadTable where the file cannot be read or a row breaks a rule and `skip_bad_rows` is off.
    """
    notes = fill(cursor, votes, labels=labels, spans=spans)
    is_read = source is not None and not isinstance(votes, VotesFile)
    cursor.execute("SET VARIABLE is_read = $1", [is_read])
    name = votes.path.name if isinstance(votes, VotesFile) else source or "the table"
    skipped = refuse_or_skip(cursor, name, skip_bad_rows)
    left_out = leave_labels_out(cursor)
    repeated, said = repeats.count_once(cursor)
    return Staged(skipped, [*left_out, *notes, *said], repeated)


def fill(
    cursor: Cursor,
    votes: "VotesFile | pd.DataFrame",
    *,
    labels: Mapping[str, str] | None = None,
    spans: bool = False,
) -> list[str]:
    """The first half of `stage`: the temporary tables (and the view `incoming_votes`, which has every column) with every
    row, those that break a rule with their `problem`; and
    notes on graded answers. Raises BadTable where the file cannot be read.
    """
    is_file = isinstance(votes, VotesFile)
    name = votes.path.name if is_file else "the table"
    for statement in macros():
        cursor.execute(statement)
    labels = (votes.labels if is_file else {}) | {NONE_HEARD: ""} | dict(labels or {})
    _stage_labels(cursor, labels)
    notes = []
    cursor.execute("SET VARIABLE unknown_columns = []::VARCHAR[]")
    cursor.execute("CREATE OR REPLACE TEMP TABLE rows_apart (row BIGINT, told UBIGINT)")
    try:
        if is_file:
            notes = _stage_file(cursor, votes, labels, by_span=spans)
        else:
            _stage_frame(cursor, votes)
        _show_whole(cursor)
    except duckdb.Error as error:
        raise as_bad_table(name, error) from error
    return [*_leave_clips_alone(cursor), *notes] if is_file and votes.panel_column else notes


def _leave_clips_alone(cursor: Cursor) -> list[str]:
    """Rows that name a clip and nothing else, as our exports have them: the clip stays (in `incoming_fields`), no vote comes."""
    (rows,) = one_row(cursor, "SELECT count(*) FROM incoming WHERE problem = $1", [CLIP_ALONE])
    if rows:
        cursor.execute("DELETE FROM incoming WHERE problem = $1", [CLIP_ALONE])
    return [f"{rows:,} rows name a clip and no vote; the clip was taken."] if rows else []


def _stage_labels(cursor: Cursor, extra: Mapping[str, str]) -> None:
    """`incoming_labels`: every spelling that is understood, lower case, with its emotion's number; NULL: to be left out."""
    meaning = vocabulary.spellings() | {
        folded(word): vocabulary.emotion(name) if name else "" for word, name in extra.items()
    }
    import pandas as pd

    cursor.register("labels", pd.DataFrame({"spelling": meaning.keys(), "name": meaning.values()}))
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE incoming_labels AS SELECT spelling, emotion_id, labels.name = '' AS left_out "
        "FROM labels LEFT JOIN emotions USING (name)"
    )
    cursor.unregister("labels")
    cursor.execute(
        "SET VARIABLE label_numbers = (SELECT map(list(spelling), list(coalesce(emotion_id, 0))) FROM incoming_labels)"
    )


def _stage_frame(cursor: Cursor, votes: "pd.DataFrame") -> None:
    columns = {name: quoted(name) if name in votes else "NULL" for name in (*_TEXT, "times", "temperature")}
    columns["times"] = columns["times"] if "times" in votes else "1"
    columns |= {name: f"given_number({quoted(name)})" if name in votes else "NULL" for name in _NUMBERS}
    if "secondary" in votes:
        columns["secondary"] = 'listed("secondary")'
        columns["strengths"] = 'listed("strengths")' if "strengths" in votes else "NULL"
    if "voted_at" in votes:  # as text, so that frames and files take one way: with an offset it is brought to UTC
        votes = votes.assign(voted_at=votes["voted_at"].astype("string"))
    cursor.register("source", votes)
    try:
        cursor.execute(_staging("source", columns))
    finally:
        cursor.unregister("source")


def _stage_file(cursor: Cursor, votes: VotesFile, labels: Mapping[str, str], *, by_span: bool) -> list[str]:
    """Fill `incoming` and `incoming_fields` from a file, and say what is worth knowing of it."""
    source = opened(cursor, votes.path, header=votes.header)
    check_columns(cursor, votes, source)
    look = columns.described(cursor, source, path=str(votes.path), header=votes.header, rows=0)
    unknown = set_aside.siblings(look, votes)
    whole = _check_shares(cursor, source, votes, unknown)
    open_ = to_be_said.questions(look, votes)
    if open_:
        raise BadTable(f"{votes.path.name}: {' '.join(open_)} Nothing was written.")
    notes = set_aside.as_notes(set_aside.set_aside(look, votes))
    apart = set_aside.conditions(look, votes) if votes.rater else ()
    if apart:
        cells = ", ".join(f"cleaned({quoted(name)})" for name in apart)
        cursor.execute(
            f'INSERT INTO rows_apart SELECT "row number", hash({cells}) FROM {source}'  # noqa: S608
        )
    notes += set_aside.taken_in_doubt(look, votes) + _notes_on_spelling(cursor, source, votes)
    source, clip, spans = _with_spans(cursor, source, votes, by_span)
    notes += spans
    fields = {field: getattr(votes, field) for field in CLIP_FIELDS}
    fields["audio"] = fields["audio"] or (votes.clip if clip == '"span name"' else None)
    staged = {
        field: quoted(getattr(votes, field)) if getattr(votes, field) else "NULL"
        for field in ("label", "rater", "comment", "persona", "temperature", "voted_at")
    }
    staged |= {
        field: f"given_number({quoted(getattr(votes, field))})" if getattr(votes, field) else "NULL"
        for field in _NUMBERS
    }
    staged["clip"] = clip
    staged["panel"] = quoted(votes.panel_column) if votes.panel_column else _literal(votes.panel)
    staged |= {"times": "1", "provenance": "NULL"}
    if votes.label and votes.votes_per_row is not None:
        given = votes.votes_per_row
        staged["times"] = str(given) if isinstance(given, int) else f"cleaned({quoted(given)})"
    if votes.secondary:
        strengths = f"listed({quoted(votes.strengths)})" if votes.strengths else "NULL"
        staged |= {"secondary": f"listed({quoted(votes.secondary)})", "strengths": strengths}
    if votes.counts:
        if whole:
            cursor.execute(_counted(source, votes, unknown, whole))
            source, staged["problem"] = "counted", "share_problem"
        source = _unpivoted(source, votes.counts + unknown)
        staged |= {"label": "each_column", "times": "each_value"}
    elif votes.raters or votes.clips:
        source = (
            f"(SELECT * FROM {_unpivoted(source, votes.raters + votes.clips)} WHERE cleaned(each_value) IS NOT NULL)"  # noqa: S608
        )
        staged |= {"label": "each_value", "clip" if votes.clips else "rater": "each_column"}
    elif votes.graded:
        cursor.execute(_graded(source, votes, unknown, clip, staged["rater"]))
        source = "graded"
        staged |= {
            "label": "heard_most",
            "secondary": "heard_too",
            "strengths": "strengths",
            "problem": "grade_problem",
        }
    if unknown:
        cursor.execute("SET VARIABLE unknown_columns = $1", [list(set_aside.unexplained(look, votes))])
        _stage_labels(cursor, dict.fromkeys(unknown, "") | labels)
    cursor.execute(_staging(source, staged))
    if votes.counts:
        cursor.execute(query("mark_repeated_clips"))
    _stage_fields(cursor, source, staged["clip"], fields)
    return [*notes, *(_notes_on_graded(cursor, votes, unknown) if votes.graded else [])]


def _check_shares(cursor: Cursor, source: str, votes: VotesFile, unknown: tuple[str, ...]) -> float | None:
    """What the rows of shares sum to where `votes_per_row` says how many votes they are. Raises BadTable where columns of
    emotions hold shares and nobody said how many raters there were.
    """
    reason, whole = shares_in(cursor, source, votes, unknown)
    if whole and votes.votes_per_row is None:
        raise BadTable(f"{votes.path.name}: {reason} {set_aside.next_for_shares(reason)} Nothing was written.")
    if votes.votes_per_row is not None and votes.counts and not whole:
        raise BadTable(
            f"{votes.path.name}: --votes-per-row turns shares into counts, but the rows of {', '.join(votes.counts)} sum "
            "neither to 1 nor to 100. Leave it out where they are counts; name every column of the shares otherwise."
        )
    return whole


def shares_in(
    cursor: Cursor, source: str, votes: VotesFile, unknown: tuple[str, ...] = ()
) -> tuple[str | None, float | None]:
    """Why the columns of emotions seem to hold shares, and what their rows sum to (1 or 100); None, None where they do not.
    Several rows a clip by named raters are an answer each, however their grades sum.
    """
    names = votes.counts + votes.graded + unknown
    if not names:
        return None, None
    cells = ", ".join(
        f"TRY_CAST(with_point(regexp_replace(cleaned({quoted(name)}), '\\s*%$', '')) AS DOUBLE)" for name in names
    )
    signs = " OR ".join(f"regexp_matches(cleaned({quoted(name)}), '^[0-9.,]+\\s*%$')" for name in names)
    looked_at = f"SELECT {cells}, coalesce({signs}, false) FROM {source} LIMIT {columns.LOOKED_AT}"  # noqa: S608
    rows = cursor.execute(looked_at).fetchnumpy()
    *values, signed = rows.values()
    if any(signed):
        return "The cells are percentages, which do not say how many raters there were.", shares.PERCENT
    if votes.graded and votes.rater:
        per_clip = f"SELECT count(DISTINCT cleaned({quoted(votes.clip)})), count(*) FROM {source}"  # noqa: S608
        clips, answers = one_row(cursor, per_clip)
        if clips < answers:
            return None, None
    import numpy as np

    matrix = np.stack([np.ma.filled(np.ma.asarray(value, dtype=float), np.nan) for value in values], axis=1)
    return shares.looks_like_shares(matrix), shares.total(matrix)


def _counted(source: str, votes: VotesFile, unknown: tuple[str, ...], whole: float) -> str:
    """The table `counted`: shares turned into whole counts, with `share_problem` where they are not whole."""
    names = votes.counts + unknown
    given = votes.votes_per_row
    cells = ", ".join(f"regexp_replace(cleaned({quoted(name)}), '\\s*%$', '')" for name in names)
    return query("counts_of_shares").format(
        source=source,
        replaced=", ".join(f"CAST(whole[{place}] AS VARCHAR) AS {quoted(name)}" for place, name in enumerate(names, 1)),
        cells=cells,
        names=", ".join(_literal(name) for name in names),
        votes=str(given) if isinstance(given, int) else f"TRY_CAST(given_number({quoted(given)}) AS DOUBLE)",
        sum=whole,
    )


def _with_spans(cursor: Cursor, source: str, votes: VotesFile, by_span: bool) -> tuple[str, str, list[str]]:
    """The source, the clip of each row, and a note: rows of one file with several starts and ends are several clips."""
    clip = quoted(votes.clip) if votes.clip else "NULL"
    if not votes.clip or not votes.start_s or not (votes.end_s or votes.duration_s) or votes.clip == ROW_NUMBER:
        return source, clip, []
    start = f"TRY_CAST(given_number({quoted(votes.start_s)}) AS DOUBLE)"
    end = f"TRY_CAST(given_number({quoted(votes.end_s or votes.duration_s)}) AS DOUBLE)"
    end = end if votes.end_s else f"({start} + {end})"
    files, example = one_row(cursor, query("files_with_spans").format(source=source, clip=clip, start=start, end=end))
    if not files and not by_span:
        return source, clip, []
    name = f"span_name(cleaned({clip}), {start}, {end})"
    note = f"{files:,} clips of {votes.clip} have several starts and ends (first: {example}); each span is a clip of its own."
    return f'(SELECT *, {name} AS "span name" FROM {source})', '"span name"', [note] if files else []  # noqa: S608


def _notes_on_spelling(cursor: Cursor, source: str, votes: VotesFile) -> list[str]:
    """Names that differ in spaces and invisible marks at their ends, or in how letters are encoded, are one; names that
    differ in case stay several.
    """
    kinds = {"clips": votes.clip, "raters": votes.rater, "panels": votes.panel_column}
    named = {what: column for what, column in kinds.items() if column and column != ROW_NUMBER}
    if not named:
        return []
    asked = query("names_merged").format(
        source=source,
        kinds=", ".join(map(_literal, named)),
        columns=", ".join(f"CAST({quoted(column)} AS VARCHAR)" for column in named.values()),
    )
    found = {what: counts for what, *counts in cursor.execute(asked).fetchall()}
    notes = []
    for what in named:
        merged, example, alike, pair = found.get(what, (0, None, 0, None))
        if merged:
            notes.append(
                f"{merged:,} {what} are written in several ways that look alike (first: {example}), with spaces or "
                "invisible marks at their ends; each is one."
            )
        if alike:
            first, last = pair.values() if isinstance(pair, dict) else pair
            notes.append(
                f"{alike:,} names of {what} differ in case alone (first: {first}, {last}); they count as different {what}."
            )
    return notes


def check_columns(cursor: Cursor, votes: VotesFile, source: str) -> None:
    """Every column that the description names is there. Raises BadTable."""
    found = column_names(cursor, source)
    single = (
        "clip",
        "label",
        "rater",
        "comment",
        "persona",
        "temperature",
        "voted_at",
        "secondary",
        "strengths",
        *_NUMBERS,
    )
    for column in (
        *(getattr(votes, field) for field in single + CLIP_FIELDS),
        votes.panel_column,
        *votes.counts,
        *votes.raters,
        *votes.graded,
        *votes.clips,
        *votes.ignore,
        votes.votes_per_row if isinstance(votes.votes_per_row, str) else None,
    ):
        if column and column not in found:
            raise BadTable(
                f"{votes.path.name} has no column {column!r}; it has {', '.join(map(repr, found[1:]))}. Name one of these."
            )


def _graded(source: str, votes: VotesFile, unknown: tuple[str, ...], clip: str, rater: str) -> str:
    """Answers with the emotion heard most, the others heard, and their strength beside it."""
    words = GRADES | {folded(word): grade for word, grade in votes.grades.items()}
    for word, grade in words.items():
        if not math.isfinite(grade) or grade < 0:
            raise BadTable(
                f"The grade {word!r} means {grade!r}, but a grade is a number, 0 or more. Correct the scale."
            )
    meant = {folded(label): meaning for label, meaning in votes.labels.items()}
    left_out = [name for name in unknown if not meant.get(folded(name))]
    left_out += [name for name in votes.graded if meant.get(folded(name)) == ""]
    return query("graded_votes").format(
        source=source,
        grades=", ".join(f"{_literal(word)}: {float(grade)}::DOUBLE" for word, grade in words.items()),
        names=", ".join(_literal(name) for name in votes.graded + unknown),
        cells=", ".join(
            [f"cleaned({quoted(name)})" for name in votes.graded]
            + [f"coalesce(cleaned({quoted(name)}), '0')" for name in unknown]
        ),
        left_out=", ".join(_literal(name) for name in left_out) or "NULL",
        unit=f"concat_ws('|', {clip}, {rater})",
        if_none=_literal(vocabulary.emotion(votes.none_counts_as) if votes.none_counts_as else NONE_HEARD),
    )


def _notes_on_graded(cursor: Cursor, votes: VotesFile, unknown: tuple[str, ...]) -> list[str]:
    """How many answers heard nothing, something that is left aside, or several emotions equally."""
    none, tied, aside = one_row(
        cursor,
        "SELECT count(*) FILTER (heard_none), count(*) FILTER (tied), count(*) FILTER (heard_aside) FROM graded "
        "WHERE grade_problem IS NULL",
    )
    what = f"count as {votes.none_counts_as}" if votes.none_counts_as else "are left out"
    unheard = f"{aside:,} answers hear an emotion that is left out ({', '.join(unknown)}); it counts nowhere."
    said = {
        f"{none:,} answers hear none of the emotions; they {what}.": none,
        f"{tied:,} answers hear two or more emotions equally: a hash of clip, rater and emotion says which is the label, the "
        "others are secondary labels. A study with secondary weight 1 counts each emotion by its strength.": tied,
        unheard: aside if unknown else 0,
    }
    return [note for note, answers in said.items() if answers]


def leave_labels_out(cursor: Cursor) -> list[str]:
    """Take out votes whose label the mapping leaves out, unless they rate something, and say how many."""
    rows = cursor.execute(
        "SELECT label, count(*), coalesce(list_contains(getvariable('unknown_columns'), label), false) FROM incoming "
        "WHERE left_out AND problem IS NULL GROUP BY ALL ORDER BY 2 DESC, 1"
    ).fetchall()
    if rows:
        cursor.execute("DELETE FROM incoming WHERE left_out")
        if not one_row(cursor, "SELECT count(*) FROM incoming")[0]:
            raise BadTable("The mapping leaves every vote out. Map at least one label to an emotion.")
    why = {True: ": it is not an emotion that is known", False: ", as the mapping says"}
    return [
        f"{count:,} votes for {label!r} were left out{why[unknown]}."
        for label, count, unknown in rows
        if label != NONE_HEARD  # `_notes_on_graded` says it
    ]


def macros() -> list[str]:
    """Statements that give a connection what staging uses."""
    return [query("in_utc"), *query("staging_macros").format(edges=EDGES).split(";\n")]


def opened(cursor: Cursor, path: Path, *, header: bool = True) -> str:
    """The FROM item that reads a file's rows with their number: every column as text, nothing guessed."""
    if not path.is_file():
        raise BadTable(f"There is no file {path}. Check the path.")
    if path.stat().st_size == 0:
        raise BadTable(f"{path.name} is empty (0 bytes). Export it again.")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise BadTable(f"{path.name} is none of {', '.join(_READERS)}. Save it as one of these.")
    options = ""
    if reader == "read_csv":
        _refuse_long_lines(path, header=header)
        options = _csv_options(path, header=header)
    elif reader == "read_json" and path.suffix.lower() != ".json":
        options = ", format='newline_delimited'"
    elif reader == "read_parquet":
        file = _literal(str(path))
        return f'(SELECT file_row_number + 1 AS "row number", * EXCLUDE (file_row_number) FROM read_parquet({file}, file_row_number=true))'  # noqa: S608
    file = _literal(str(path))
    unguarded = _unguarded(path) if header else ""
    return f'(SELECT row_number() OVER () AS "row number", *{unguarded} FROM {reader}({file}{options}))'  # noqa: S608


def _refuse_long_lines(path: Path, *, header: bool) -> None:
    """DuckDB refuses lines of more than 2 MB, except the last one where that is longer than its buffer of 32 MB: it then
    loses the row without a word. So all of them are refused here: of each 2 MB, only the last line end is looked for.

    Raises BadTable with the number of the row.
    """
    begins, size = 0, path.stat().st_size
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        while begins + _LONGEST_LINE < size:
            ends = text.rfind(b"\n", begins, begins + _LONGEST_LINE + 1)
            if ends < 0:
                before = text[:begins].split(b'"')[::2]  # line ends inside quotes end no row
                row = sum(part.count(b"\n") for part in before) + (0 if header else 1)
                where = f"row {row:,}" if row else "its header"
                raise BadTable(
                    f"{path.name}: {where} has a line of more than {_LONGEST_LINE:,} bytes; nothing was written. Look for a "
                    "missing line end or quote there, or shorten its text."
                )
            begins = ends + 1


def _unguarded(path: Path) -> str:
    """SQL that takes the apostrophe off again which our exports put before what looks like a formula. The schema beside the
    file says whether they did, and in which columns; where it was left behind, the columns of our votes say so.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            there = next(csv.reader(file), [])
        names = there if set(there) >= _OUR_COLUMNS else []
        said = json.loads(path.with_name(path.name + ".schema.json").read_text(encoding="utf-8"))
        guarded = said.get("formulas") == "apostrophe"
        names = [str(column["name"]) for column in said["columns"] if column["type"] == "text"] if guarded else []
    except FileNotFoundError:
        pass
    except (OSError, ValueError, LookupError, TypeError, AttributeError, csv.Error):
        return ""
    cells = (
        rf"CASE WHEN regexp_matches({quoted(name)}, '^''+\s*[=+@\t\r-]') THEN substr({quoted(name)}, 2) "
        f"ELSE {quoted(name)} END AS {quoted(name)}"
        for name in names
        if name in there
    )
    listed = ", ".join(cells)
    return f" REPLACE ({listed})" if listed else ""


def _csv_options(path: Path, *, header: bool) -> str:
    """How to read a CSV file, from its header line: nothing is guessed from its rows, so a late odd row is an error, not
    another dialect. The delimiter is the one of comma, semicolon, tab and bar that stands most often there.
    """
    with path.open("rb") as file:
        if b"\x00" in file.read(4096):
            raise BadTable(f"{path.name} has zero bytes: it is UTF-16, or no text. Save it as UTF-8.")
        file.seek(0)
        first = file.readline(1 << 20).decode("utf-8-sig", errors="replace")
    if not first.strip("\r\n").replace("\t", "").isprintable():
        odd = "characters that cannot be printed, or old line ends (CR alone)"
        raise BadTable(f"The header of {path.name} has {odd}. Save it as UTF-8 text.")
    delimiter = max(",;\t|", key=first.count)
    names = next(csv.reader([first], delimiter=delimiter), [])
    # pandas writes its index below an empty name
    names = [name if header and name.strip() else f"column{place}" for place, name in enumerate(names, 1)]
    folded = [name.strip().casefold() for name in names]
    doubled = {name for name, key in zip(names, folded) if folded.count(key) > 1}
    if doubled or not names:
        what = (
            f"names the column {min(doubled)!r} twice (case and spaces do not tell names apart)"
            if doubled
            else "is empty"
        )
        raise BadTable(f"The header of {path.name} {what}. Give each column a name of its own.")
    columns = ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in names)
    return (
        f", auto_detect=false, header={'true' if header else 'false'}, columns={{{columns}}}, delim={_literal(delimiter)}, "
        "quote='\"', escape='\"', nullstr='', strict_mode=true"
    )


def _unpivoted(source: str, columns: tuple[str, ...]) -> str:
    """One row for each clip and column of counts or of a rater, in the order of the columns."""
    names = ", ".join(_literal(name) for name in columns)
    values = ", ".join(f"CAST({quoted(name)} AS VARCHAR)" for name in columns)
    return f"(SELECT *, unnest([{names}]) AS each_column, unnest([{values}]) AS each_value FROM {source})"  # noqa: S608


def _staging(source: str, columns: dict[str, str]) -> str:
    """The statement that fills `incoming`: cleaned text, the emotion that each label means, one row a vote."""
    numbered = '"row number"' if source != "source" else "row_number() OVER ()"
    # One row a vote already? Then its row is its place, and nothing need be unfolded or counted on one core.
    plain = columns["times"] == "1" and "each_column" not in columns.values()
    order = "ORDER BY row, rater" if columns["label"] == "each_value" else ""
    repeat, position = ("0", "row") if plain else (_REPEATS, f"row_number() OVER ({order})")
    missing = {"secondary": "NULL", "strengths": "NULL", "problem": "CAST(NULL AS VARCHAR)"}
    secondary = _secondary(columns) if columns.get("secondary", "NULL") != "NULL" else _NO_SECONDARY
    wide = ", ".join([*WIDE, ""]) if _is_wide(columns) else ""
    return query("stage_votes").format(
        source=source, row=numbered, repeat=repeat, position=position, wide=wide, **missing | columns, **secondary
    )


def _is_wide(columns: Mapping[str, str]) -> bool:
    return any(columns.get(name, "NULL") != "NULL" for name in ("secondary", "comment", *_NUMBERS))


def _show_whole(cursor: Cursor) -> None:
    """The view `incoming_votes`: the staged rows with every column that a vote can have, NULL where the source has none."""
    there = column_names(cursor, "incoming")
    missing = "".join(f", CAST(NULL AS {kind}) AS {name}" for name, kind in WIDE.items() if name not in there)
    cursor.execute(f"CREATE OR REPLACE TEMP VIEW incoming_votes AS SELECT incoming.*{missing} FROM incoming")  # noqa: S608


_NO_SECONDARY = {
    "secondary_ids": "CAST(NULL AS UTINYINT[])",
    "secondary_strengths": "CAST(NULL AS FLOAT[])",
    "unknown_secondary": "CAST(NULL AS VARCHAR)",
    "wrong_strengths": "false",
}


def _secondary(columns: dict[str, str]) -> dict[str, str]:
    """SQL for a vote's further labels: their numbers, strengths, the first unknown one, whether strengths are wrong."""
    if columns["strengths"] == "NULL":
        paired, strengths, wrong = "CAST(NULL AS DOUBLE[])", "CAST(NULL AS FLOAT[])", "false"
    else:
        paired = "list_transform(rows.strengths, lambda x: TRY_CAST(x AS DOUBLE))"
        strengths = f"list_transform({_beside(paired)}, lambda pair: CAST(pair[2] AS FLOAT))"
        wrong = (
            "rows.strengths IS NOT NULL AND (len(rows.strengths) <> len(rows.secondary) OR "
            f"len(list_filter({paired}, lambda x: x IS NULL OR NOT (x > 0 AND x <= 1))) > 0)"
        )
    return {
        "secondary_ids": f"nullif(list_transform({_beside(paired)}, lambda pair: CAST(pair[1] AS UTINYINT)), [])",
        "secondary_strengths": f"nullif({strengths}, [])",
        "unknown_secondary": "list_filter(rows.secondary, lambda x: getvariable('label_numbers')[folded(x)] IS NULL)[1]",
        "wrong_strengths": f"coalesce({wrong}, false)",
    }


def _beside(paired: str) -> str:
    return f"beside(incoming_labels.emotion_id, meant(rows.secondary), {paired})"


def _stage_fields(cursor: Cursor, source: str, clip: str, fields: dict[str, str | None]) -> None:
    """What the rows say of their clip: the first value that is not empty, and whether they contradict each other."""
    parts = [
        f'first({"given_number" if field in _TIMES else "cleaned"}({quoted(column)}) ORDER BY "row number") '
        f"FILTER ({quoted(column)} IS NOT NULL) "
        f"AS {field}, count(DISTINCT {quoted(column)}) > 1 AS {field}_differs"
        for field, column in fields.items()
        if column
    ]
    name = f"cleaned({clip})"
    rows = 'min("row number") AS first_row, max("row number") AS last_row, count(*) AS rows'
    columns = ", ".join([f"{name} AS clip", rows, *parts])
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE incoming_fields AS "  # noqa: S608
        f"SELECT {columns} FROM {source} WHERE {name} IS NOT NULL GROUP BY {name}"
    )


def refuse_or_skip(cursor: Cursor, name: str, skip_bad_rows: bool) -> list[Skipped]:
    """Refuse the staged rows that have a `problem`, or take them out and list them.

    `name` is the file's; votes that an importer read stand in no table of ours, so their clip and rater say where they are.

    Raises BadTable where there are such rows and `skip_bad_rows` is off, or where no vote is left.
    """
    if _is_read(cursor):
        return _refuse_or_skip_read(cursor, name, skip_bad_rows)
    bad = one_row(cursor, "SELECT count(DISTINCT row) FROM incoming WHERE problem IS NOT NULL")[0]
    if bad and not skip_bad_rows:
        raise BadTable(_refusal(cursor, name, bad))
    rows = cursor.execute(
        "SELECT DISTINCT row, problem FROM incoming WHERE problem IS NOT NULL ORDER BY row"
    ).fetchall()
    if rows:
        leave_out(cursor)
    if not one_row(cursor, "SELECT count(*) FROM incoming")[0]:
        raise BadTable(f"{name} has no votes{' left' if bad else ''}. Check that it is the right file.")
    return [Skipped(f"{name} row {row}", problem) for row, problem in rows]


def _is_read(cursor: Cursor) -> bool:
    """Whether the staged votes come from an importer, not from the rows of a table."""
    return one_row(cursor, "SELECT getvariable('is_read')")[0] is True


_PLACE = "concat('clip ', coalesce(clip, 'without a name'), ', rater ' || rater)"


def _refuse_or_skip_read(cursor: Cursor, name: str, skip_bad_rows: bool) -> list[Skipped]:
    kinds = cursor.execute(query("problems_read")).fetchall()
    if kinds and not skip_bad_rows:
        shown = ", ".join(f"{problem} ({count:,}×, first: {place})" for problem, count, place in kinds[:10])
        more = f" and {len(kinds) - 10:,} other kinds" if len(kinds) > 10 else ""
        unknown = [
            match[1] for problem, _, _ in kinds if (match := re.match(r"unknown (?:secondary )?label '(.*)'", problem))
        ]
        known = (
            f" Known labels: {', '.join(vocabulary.names())}, and their usual synonyms and codes." if unknown else ""
        )
        step = f"Say what they mean with --map {_in_shell(unknown[0])}=EMOTION" if unknown else "Correct the source"
        raise BadTable(
            f"{name}: {sum(count for _, count, _ in kinds):,} votes break a rule, nothing was written: {shown}{more}.{known} "
            f"{step}, or leave such votes out with --skip-bad-rows."
        )
    rows = cursor.execute(
        f"SELECT DISTINCT row, {_PLACE}, problem FROM incoming WHERE problem IS NOT NULL ORDER BY row"  # noqa: S608
    ).fetchall()
    if rows:
        leave_out(cursor)
    if not one_row(cursor, "SELECT count(*) FROM incoming")[0]:
        raise BadTable(f"{name} has no votes{' left' if rows else ''}. Check that it is the right source.")
    return [Skipped(place, problem) for _, place, problem in rows]


def _in_shell(label: str) -> str:
    return label if re.fullmatch(r"[\w.-]+", label) else f'"{label}"'


def leave_out(cursor: Cursor) -> None:
    """Take out the whole row wherever a part of it breaks a rule, and clips that stand in no other row."""
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE left_out AS SELECT DISTINCT row, clip FROM incoming WHERE problem IS NOT NULL"
    )
    cursor.execute("DELETE FROM incoming WHERE row IN (SELECT row FROM left_out)")
    if one_row(cursor, "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'incoming_fields'")[0]:
        cursor.execute(
            "DELETE FROM incoming_fields WHERE clip IN (SELECT clip FROM left_out) AND clip NOT IN (SELECT clip FROM incoming)"
        )


def _refusal(cursor: Cursor, name: str, bad: int) -> str:
    rows = cursor.execute(
        "SELECT DISTINCT row, problem FROM incoming WHERE problem IS NOT NULL ORDER BY row LIMIT 5"
    ).fetchall()
    kinds = cursor.execute(
        "SELECT problem, count(*) FROM incoming WHERE problem IS NOT NULL GROUP BY ALL ORDER BY 2 DESC, 1 LIMIT 10"
    ).fetchall()
    shown = "; ".join(f"row {row}: {problem}" for row, problem in rows)
    sums = ", ".join(f"{problem} ({count:,}×)" for problem, count in kinds) if bad > len(rows) else ""
    known = ""
    if any("unknown label" in problem for problem, _ in kinds):
        names = ", ".join(vocabulary.names())
        known = f" Known labels: {names}, and their usual synonyms and codes; --map LABEL=EMOTION adds one."
    return (
        f"{name}: {bad:,} row{'s break' if bad > 1 else ' breaks'} a rule, nothing was written. {shown}"
        f"{f'; in all: {sums}' if sums else ''} (rows count from 1 below the header).{known} "
        "Correct the file, or leave such rows out with --skip-bad-rows."
    )


def as_bad_table(name: str, error: duckdb.Error) -> BadTable:
    """DuckDB's account of an unreadable file, as a sentence of ours."""
    text = str(error)
    line = re.search(r"on Line: (\d+)", text)
    where = f" near line {int(line.group(1)):,}" if line else ""
    if "not utf-8" in text or "Invalid unicode" in text or "Invalid string encoding" in text:
        return BadTable(
            f"{name} is not UTF-8{where}. Convert it, for example: iconv -f latin1 -t utf-8 {name} > fixed.csv."
        )
    columns = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    if columns:
        expected, got = columns.groups()
        row = f" (row {int(line.group(1)) - 1:,})" if line else ""
        return BadTable(f"{name}{where}{row} has {got} columns where the header has {expected}. Correct that line.")
    return BadTable(f"{name} cannot be read as a table{where}: {text.splitlines()[0]} Check the file and its ending.")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
