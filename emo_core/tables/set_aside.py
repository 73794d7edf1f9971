"""Columns of a table that an import leaves aside, and why: what is not understood is named, never dropped in silence."""

from collections import defaultdict
from collections.abc import Collection

from emo_core.records import GRADES, VotesFile
from emo_core.spelling import folded
from emo_core.tables.column_kinds import (
    ABOUT_PEOPLE,
    MOST_WORDS,
    NAMES,
    OF_ANSWERS,
    RATINGS,
    SEVERAL_A_ROW,
    is_amount,
    is_called,
    is_number,
    misfit,
    named,
    number,
    share,
    used,
    words,
)
from emo_core.tables.shares import PERCENT
from emo_core.tables.to_be_said import long_spans, questions, span_columns
from emo_core.vocabulary import find_emotion

# Words of columns that hold small numbers and are not emotions.
_NO_EMOTION = {
    "gender", "sex", "male", "female", "age", "group", "block", "trial", "order", "index",
    "row", "number", "nr", "no", "n", "num", "count", "sum", "total", "responses", "agreement",
    "correct", "clear", "unclear", "catch", "attention", "check", "valid", "quality", "noise",
    "native", "headphones", "replay", "plays", "played", "listens", "overlap", "length",
    "sentiment", "polarity", "intensity", "strength", "level", "difficulty", "test", "version",
    "id",
}  # fmt: skip
UNKNOWN = "holds grades or counts like the emotions' columns and is not an emotion that is known"
LIKE_RATERS = "holds a few words, as the columns of answers do, and most are not emotions that are known"
_LABELS = 0.6
_WORDS_OF_A_LABEL = 3
_CONDITIONS = 8  # values of a column that tells panels or trials apart; a row's own number has more


def siblings(look, votes: VotesFile) -> tuple[str, ...]:
    """Columns that hold the same grades or counts as those taken, and seem to be emotions that nobody named: an answer for one
    of them is an answer. Empty where the shape has no columns of emotions.

    look  a `store.columns.Look` of the table
    """
    columns = {column.name: column for column in look.columns}
    taken = [columns[name] for name in votes.graded + votes.counts if name in columns]
    free = [column for name, column in columns.items() if name not in used(votes)]
    pattern = _pattern([column.name for column in taken], votes.labels)
    return tuple(
        column.name
        for column in free
        if taken
        and pattern is not None
        and _could_be_called(column.name, pattern)
        and _holds_the_same(column, taken)
        and not _is_sum(look, column.name, [other.name for other in taken])
        and not _says_something_of(look, column.name, votes)
    )


def rater_siblings(look, votes: VotesFile) -> tuple[str, ...]:
    """Columns that hold a few words, as the columns of raters (or of clips) do, though few of them are emotions that are
    known: they may be answers that nobody explained.
    """
    if not votes.raters + votes.clips:
        return ()
    return tuple(
        column.name
        for column in look.columns
        if column.name not in used(votes)
        and column.values
        and column.distinct <= MOST_WORDS
        and not share(column, is_number)
        and not share(column, lambda value: len(words(value)) > _WORDS_OF_A_LABEL)
        and not any(is_called(field, column.name) for field in NAMES)
        and not set(words(column.name)) & _NO_EMOTION
    )


def _pattern(names: Collection[str], labels: dict[str, str]) -> tuple[str, ...] | None:
    """The words around the emotion in the columns' names; None where the names are single letters, which may mean anything."""
    known = {folded(name) for name in labels}
    rests = set()
    for name in names:
        meant = [word for word in words(name) if find_emotion(word)]
        if meant or folded(name) not in known:
            rests.add(tuple(word for word in words(name) if word not in meant[:1]))
    if all(len(name) == 1 for name in names):
        return None
    return next(iter(rests)) if len(rests) == 1 else ()


def _could_be_called(name: str, pattern: tuple[str, ...]) -> bool:
    rest = [word for word in words(name) if word not in pattern]
    has_pattern = set(pattern) <= set(words(name))
    other = any(is_called(field, name) for field in NAMES) or set(rest) & _NO_EMOTION
    return has_pattern and 0 < len(rest) <= 3 and not other and not any(char.isdigit() for char in "".join(rest))


def _holds_the_same(column, taken: list) -> bool:
    values = {value for value, _ in column.values}
    others = {value for other in taken for value, _ in other.values}
    if not values:
        return False
    if all(map(is_amount, others)):
        if not all(map(is_amount, values)) or min(map(number, values)) != 0:
            return False
        # Grades have few steps, and shares and counts no more than the rest of a row.
        most = max(*map(number, others), 10.0 if max(map(number, others)) > 1 else 1.0)
        whole = all(number(value).is_integer() for value in others)
        return max(map(number, values)) <= most and (not whole or all(number(value).is_integer() for value in values))
    heard = {folded(value) for value in others} | set(GRADES)
    return column.distinct <= MOST_WORDS and {folded(value) for value in values} <= heard


def _is_sum(look, name: str, taken: list[str]) -> bool:
    """Whether the column adds the others up."""
    rows = list(zip(look.sample[name], *(look.sample[other] for other in taken)))
    try:
        return len(rows) > 1 and all(
            number(row[0] or "0") == sum(number(cell or "0") for cell in row[1:]) for row in rows
        )
    except ValueError:
        return False


def _says_something_of(look, name: str, votes: VotesFile) -> bool:
    """Whether a column has one value for all answers on a clip, or of a rater, wherever it has one at all."""
    for unit in (votes.clip, votes.rater):
        if unit not in look.sample:
            continue
        groups = defaultdict(list)
        for key, value in zip(look.sample[unit], look.sample[name]):
            groups[key].append(value)
        telling = [set(cells) for cells in groups.values() if len(cells) > 1 and set(cells) - {"0", None}]
        if len(telling) > 2 and all(len(values) == 1 for values in telling):
            return True
    return False


def unexplained(look, votes: VotesFile) -> tuple[str, ...]:
    """The siblings that the description says nothing of; the others are left out, as it says."""
    said = {folded(name) for name in votes.labels}
    return tuple(name for name in siblings(look, votes) if folded(name) not in said)


def set_aside(look, votes: VotesFile) -> dict[str, str]:
    """{column: why} of the columns that an import as described leaves aside, in the table's order."""
    unknown = unexplained(look, votes)
    taken = used(votes)
    return {
        column.name: UNKNOWN if column.name in unknown else _why(look, column, votes)
        for column in look.columns
        if (column.name not in taken or column.name in votes.ignore) and not votes.labels.get(column.name)
    }


def _why(look, column, votes: VotesFile) -> str:
    name = column.name
    if name in votes.ignore or votes.labels.get(name) == "":
        return "is left aside, as the mapping says"
    if ABOUT_PEOPLE & set(words(name)):
        return "says something of people"
    if share(column, find_emotion) >= _LABELS and not share(column, is_number):
        return "holds labels too; `votes add` with --label takes them as a panel of their own, such as consensus"
    if (votes.graded or votes.counts) and any(find_emotion(word) for word in words(name) if len(word) > 1):
        return "is called by an emotion and holds other values than the columns taken"
    if column.empty == look.looked_at:
        return "is empty"
    if name in rater_siblings(look, votes):
        return LIKE_RATERS
    if column.distinct == 1 and look.looked_at > 1:
        return f"holds {column.values[0][0]!r} in every row"
    field = next((field for field in (*RATINGS, *NAMES) if named(field, [name])), None)
    if field and (wrong := misfit(field, column)):
        return f"is called like {field}, and {wrong!r} is not a value of it"
    if name in span_columns(look, votes, used(votes)):
        return "seems to say where a row's segment lies; give seconds with --start and --end"
    if field in OF_ANSWERS and votes.shape in SEVERAL_A_ROW:
        return f"is called like {field}, and a row holds several votes: nothing says whose it is"
    if _is_condition(look, name, votes):
        values = ", ".join(sorted(value for value, _ in column.values)[:4])
        return f"differs where a rater answers the same clip again ({values}): these may be panels, see --panel-column"
    if field and getattr(votes, field, None):
        return f"may be the {field} too; {getattr(votes, field)} was taken"
    return "has no meaning that is known"


def conditions(look, votes: VotesFile) -> tuple[str, ...]:
    """Columns left aside that have few values, as voice, face and both, or the number of a trial have: a named rater's
    answers that differ in one of them are several answers, not one row that stands twice.
    """
    aside = set_aside(look, votes)
    return tuple(
        column.name
        for column in look.columns
        if column.name in aside
        and column.name not in votes.ignore
        and 1 < column.distinct <= min(_CONDITIONS, look.looked_at - 1)
    )


def _is_condition(look, name: str, votes: VotesFile) -> bool:
    """Whether the column has another value each time a rater answers a clip again."""
    if votes.clip not in look.sample or votes.rater not in look.sample:
        return False
    seen = defaultdict(list)
    for clip, rater, value in zip(look.sample[votes.clip], look.sample[votes.rater], look.sample[name]):
        seen[clip, rater].append(value)
    again = [values for values in seen.values() if len(values) > 1]
    few = 1 < len(set(look.sample[name])) <= min(_CONDITIONS, len(look.sample[name]) - 1)
    return bool(again) and few and all(len(set(values)) == len(values) for values in again)


def as_notes(aside: dict[str, str]) -> list[str]:
    """The columns left aside as sentences, those of one reason together."""
    by_reason = defaultdict(list)
    for name, reason in aside.items():
        by_reason[reason].append(name)
    return [f"Column left aside: {', '.join(names)} ({reason})." for reason, names in by_reason.items()]


def doubts(look, votes: VotesFile, reason: str | None = None) -> list[str]:
    """What is open about a description, each with what can be done about it. `reason` is why the table seems to hold shares."""
    found = []
    unknown = unexplained(look, votes)
    if unknown:
        found.append(
            f"Columns with values like the emotions' that are not emotions that are known: {', '.join(unknown)}. Give their "
            "meaning with --map COLUMN=EMOTION, add them to the vocabulary with `vocabulary add`, leave their votes out with "
            "--map COLUMN=, or say with --ignore that they are not emotions. Until then, votes for them are left out."
        )
    if reason and votes.votes_per_row is None:
        found.append(f"{reason} {next_for_shares(reason)}")
    wordy = rater_siblings(look, votes)
    if wordy:
        found.append(
            f"{', '.join(wordy)} may be answers too: {LIKE_RATERS}. Name all such columns with --raters (or --clips) and "
            "give the meaning of their labels with --map, or say with --ignore that they are not answers."
        )
    found += questions(look, votes) + taken_in_doubt(look, votes)
    offset = next((column.name for column in look.columns if words(column.name) == ["offset"]), None)
    if offset and offset not in used(votes):
        found.append(f"{offset} may be a start or an end: say which with --start or --end.")
    return found


def taken_in_doubt(look, votes: VotesFile) -> list[str]:
    """What is taken though it may be something else: graded columns of unnamed raters that hold fractions (means over raters
    are not one rater's answer), and segments that are very long.
    """
    graded = [column for column in look.columns if column.name in votes.graded]
    fractions = [
        value for column in graded for value, _ in column.values if is_number(value) and not number(value).is_integer()
    ]
    long = long_spans(look, votes)
    found = [long] if long else []
    if votes.rater or not fractions:
        return found
    return [
        *found,
        f"{', '.join(column.name for column in graded)} hold fractions such as {fractions[0]}, and no column names a rater: "
        "they may be means over several raters. Each row is taken as one answer; import the raters' own answers instead "
        "where you have them.",
    ]


def next_for_shares(reason: str) -> str:
    """What can be done about shares, as sentences."""
    counts = f" --votes-per-row {PERCENT:g} says that they are counts of a hundred raters." if "100" in reason else ""
    return (
        "Name the columns with --counts and give the number of votes of each row with --votes-per-row N, or the column that "
        f"holds it.{counts}"
    )
