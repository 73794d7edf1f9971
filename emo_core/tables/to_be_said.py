"""What an import cannot know of a table and must not choose: it refuses until somebody says it.

Each question names what was seen, and an option that answers it.
"""

import re
from collections import defaultdict

from emo_core.records import GRADES, VotesFile
from emo_core.spelling import folded
from emo_core.tables.column_kinds import is_amount, is_number, number, used, words

_STARTS = {"start", "starts", "begin", "begins", "onset", "tmin", "xmin", "from"}
_ENDS = {"end", "ends", "stop", "offset", "tmax", "xmax", "to", "finish"}
_DATE = re.compile(r"\d{4}-\d\d|\d{1,4}[/.]\d{1,2}[/.]\d{2,4}")
_TIMES = {"count", "counts", "votes", "n", "freq", "frequency", "times", "number", "num"}
_PARTS = {"probability", "prob", "proportion", "share", "percent", "percentage", "pct"}
_LEADING = re.compile(r"([0-9]+([.][0-9]+)?) *[-:=–]")  # as graded_votes.sql
_MOST = 10  # points of a scale; counts of raters go further
_LONGEST = 300.0  # s; a segment that lasts longer than five minutes was hardly heard as one emotion
_TOTALS = {"all", "total", "totals", "sum", "grand total", "gesamt", "summe"}
_ENOUGH = 5  # rows from which a row that adds up the others is no coincidence


def questions(look, votes: VotesFile) -> list[str]:
    """What must be said before an import, as sentences with the option that says it; empty where nothing is open.

    look   a `store.columns.Look` of the table
    votes  its description
    """
    found = (_spans(look, votes), _weights(look, votes), _scale(look, votes), _totals(look, votes))
    return [question for question in found if question]


def span_columns(look, votes: VotesFile, taken: set[str]) -> tuple[str, ...]:
    """Columns called start and end that are not taken though they differ within a clip: segments would become one clip."""
    if votes.clip not in look.sample:
        return ()
    free = [name for name in look.sample if name not in taken]
    starts, ends = ([name for name in free if _is_side(look, name, side)] for side in (_STARTS, _ENDS))
    start, end = starts[:1] or [votes.start_s], ends[:1] or [votes.end_s or votes.duration_s]
    if not (starts or ends) or None in (*start, *end):
        return ()
    seen = defaultdict(set)
    for clip, *span in zip(*(look.sample[name] for name in (votes.clip, *start, *end))):
        seen[clip].add(tuple(span))
    several = any(len(spans) > 1 for spans in seen.values())
    return tuple(name for name in (*start, *end) if name in free) if several else ()


def _is_side(look, name: str, side: set[str]) -> bool:
    cells = [cell for cell in look.sample[name] if cell]
    called = words(name)[:1] and words(name)[0] in side
    return bool(called and cells) and not any(_DATE.match(cell) for cell in cells)


def _spans(look, votes: VotesFile) -> str | None:
    names = span_columns(look, votes, used(votes))
    if not names:
        return None
    example = next(cell for cell in look.sample[names[0]] if cell)
    return (
        f"{' and '.join(names)} (such as {example!r}) seem to say where in {votes.clip} each row's segment lies, and are not "
        "taken: all segments would become one clip. Convert them to seconds, 0 or more, and give them with --start and --end, "
        f"or leave them aside with --ignore {','.join(names)}."
    )


def _weights(look, votes: VotesFile) -> str | None:
    """A row a clip and label with a number of votes beside it: a row is then several votes."""
    if not votes.label or votes.rater or votes.votes_per_row is not None or votes.clip not in look.sample:
        return None
    units = [votes.clip, votes.label, *([votes.panel_column] if votes.panel_column else [])]
    rows = list(zip(*(look.sample[name] for name in units)))
    clips = set(look.sample[votes.clip])
    if len(set(rows)) < len(rows) or len(clips) == len(rows):
        return None
    for name in look.sample:
        cells = [cell for cell in look.sample[name] if cell]
        parts = set(words(name))
        if name in used(votes) or not cells or not all(is_amount(cell) and number(cell) >= 0 for cell in cells):
            continue
        leave = f"or say with --ignore {name} that each row is one vote."
        if parts & _PARTS or (parts & _TIMES and not all(number(cell).is_integer() for cell in cells)):
            return f"{name} seems to hold shares, which do not say how many raters there were. Give counts, {leave}"
        if parts & _TIMES:
            return f"{name} seems to say how many votes each row is. Give it with --votes-per-row {name}, {leave}"
    return None


def lowest_grade(look, votes: VotesFile) -> str | None:
    """The cell of the lowest grade where none is 0: on scales from 1, it may mean that the emotion was not heard."""
    known = GRADES | {folded(word): worth for word, worth in votes.grades.items()}
    cells = {cell for name in votes.graded for cell in look.sample.get(name, ()) if cell}
    grades = {}
    for cell in cells:
        leading = _LEADING.match(cell)
        worth = number(cell) if is_number(cell) else float(leading[1]) if leading else None
        grades[cell] = known.get(folded(cell), worth)
    if len(cells) < 2 or any(worth is None or not worth.is_integer() for worth in map(_float, grades.values())):
        return None
    low = min(grades, key=lambda cell: grades[cell])
    said = folded(low) in {folded(word) for word in votes.grades}
    return low if grades[low] == 1 and 2 < max(grades.values()) <= _MOST and not said else None


def _float(worth: float | None) -> float | None:
    return None if worth is None else float(worth)


def _scale(look, votes: VotesFile) -> str | None:
    low = lowest_grade(look, votes)
    if not low:
        return None
    counts = "" if votes.rater else " Where they are numbers of raters, name the columns with --counts."
    return (
        f"No grade in {', '.join(votes.graded)} is 0: {low!r} may mean that an emotion was not heard at all. Say so with "
        f"--grade {_shell(f'{low}=0')} (and 2=1, 3=2 … where the others shall count from there), or that it was heard with "
        f"--grade {_shell(f'{low}=1')}.{counts}"
    )


def _shell(text: str) -> str:
    return text if re.fullmatch(r"[\w.=-]+", text) else f'"{text}"'


def _totals(look, votes: VotesFile) -> str | None:
    """A last row that adds up the others, as pivot tables have it, is not a clip."""
    rows = look.looked_at
    if not votes.counts or rows < 3 or any(len(look.sample.get(name, ())) != rows for name in votes.counts):
        return None
    cells = [[cell or "0" for cell in look.sample[name]] for name in votes.counts]
    if not all(is_number(cell) for column in cells for cell in column):
        return None
    sums = [sum(map(number, column[:-1])) for column in cells]
    name = (look.sample.get(votes.clip) or [None])[-1]
    called = folded(name or "") in _TOTALS
    if not any(sums) or sums != [number(column[-1]) for column in cells] or not (called or rows > _ENOUGH):
        return None
    return f"Row {rows} ({name}) adds up the rows above it: a total is not a clip. Remove the row."


def long_spans(look, votes: VotesFile) -> str | None:
    """A doubt where start and end are whole numbers far apart: they may count milliseconds or frames."""
    columns = [look.sample.get(name) for name in (votes.start_s, votes.end_s)]
    if None in columns:
        return None
    pairs = [pair for pair in zip(*columns) if all(cell and is_number(cell) for cell in pair)]
    lengths = sorted(number(end) - number(start) for start, end in pairs)
    whole = all(number(cell).is_integer() for pair in pairs for cell in pair)
    if not lengths or not whole or lengths[len(lengths) // 2] <= _LONGEST:
        return None
    return (
        f"{votes.start_s} and {votes.end_s} are taken for seconds, and half of the segments last {lengths[len(lengths) // 2]:g} s "
        "or more: they may be milliseconds or frames. Convert them to seconds where they are."
    )
