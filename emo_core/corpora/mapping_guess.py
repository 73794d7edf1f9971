"""What the columns of an unfamiliar table seem to mean, from their names and values: a first draft for people to correct.

A guess is worth making where it is nearly always right. A field is filled only with a column whose values could be imported
as such (a confidence lies between 0 and 1, a time can be read), and what nothing speaks for stays open.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from emo_core.spelling import folded
from emo_core.tables.column_kinds import (
    ABOUT_PEOPLE,
    MISSING,
    MOST_WORDS,
    NAMES,
    OF_ANSWERS,
    PERCENT,
    RATINGS,
    SEVERAL_A_ROW,
    SOUND,
    SUMMARIES,
    fits,
    is_amount,
    is_called,
    is_number,
    named,
    number,
    share,
    words,
)
from emo_core.tables.shares import total
from emo_core.vocabulary import find_emotion

SHAPE_FIELDS = ("label", "counts", "raters", "graded", "clips")

# Names that say nothing by themselves where the values are numbers.
_VAGUE = {"rating", "response", "answer", "vote", "choice", "annotation"}
# Words of a label that stands for all raters, or for none of them.
_FOR_ALL = {
    "gold", "consensus", "majority", "final", "truth", "groundtruth", "target", "agreed", "aggregated", "plurality",
    "intended", "acted", "expected", "primary", "secondary",
}  # fmt: skip
_CLIP_HEADER = re.compile(
    r"(clip|audio|stimulus|stim|item|utt|utterance|video|sample|sound|file|q)\W*\d+", re.IGNORECASE
)
_MANY = 0.6  # share of a column's cells that must be emotions for it to hold labels


def guess(look, labels: Mapping[str, str] | None = None) -> dict:
    """Fields of `VotesFile` as far as they can be told from a `store.columns.Look`; `clip` and the shape may be missing.
    `labels` says what names of columns mean that the vocabulary does not know.

    Emotions' columns of one kind (words of strength, or numbers) are taken together, and a column of another kind, such as a
    scale of its own, is left for people to decide on.
    """
    columns = {column.name: column for column in look.columns}
    found: dict[str, object] = {"header": False} if not look.header else {}
    found |= _times(look, columns) if not look.header else {}
    rest = {name: column for name, column in columns.items() if name not in _taken(found)}
    found |= _shape(look, rest, named("rater", rest), {folded(name): meant for name, meant in (labels or {}).items()})
    clip = "" if found.get("clips") or "start_s" in found else _clip(look, columns, found)
    if clip:
        found["clip"] = clip
    if not look.header and "label" in found and len(columns) == 3 and "start_s" not in found:
        found["rater"] = next(name for name in columns if name not in (clip, found["label"]))
    if clip and "label" in found and "rater" not in found:
        rater = _rater(look, columns, found)
        found |= {"rater": rater} if rater else {}
    for field in NAMES:
        free = {name: column for name, column in columns.items() if name not in _taken(found)}
        if field in ("clip", "rater", "label", "start_s", "end_s", "duration_s"):
            continue
        if field in OF_ANSWERS and found.keys() & set(SEVERAL_A_ROW):
            continue
        if field not in ("secondary", "strengths") or "label" in found:
            name = named(field, {name: column for name, column in free.items() if _may_hold(look, field, column)})
            found |= {field: name} if name else {}
    return found | _span(look, columns, found)


def _may_hold(look, field: str, column) -> bool:
    """A rating or a time taken differs from row to row; the values are what an import takes."""
    constant = look.looked_at > 1 and column.distinct < 2 and not column.empty
    return fits(field, column) and not (constant and field in (*RATINGS, "confidence", "seconds"))


def _span(look, columns: dict, found: dict) -> dict[str, str]:
    """Where a clip lies in its file: start and end, or start (which some call offset) and duration. A duration that is the
    same in every row of a clip is the clip's; one that differs is how long an answer took.
    """
    free = {name: column for name, column in columns.items() if name not in _taken(found)}
    start, end, length = (
        named(field, {name: column for name, column in free.items() if fits(field, column)})
        for field in ("start_s", "end_s", "duration_s")
    )
    offset = next((name for name, column in free.items() if is_called_offset(name) and fits("end_s", column)), None)
    if start and not end and offset:
        end = offset
    elif length and not start and offset:
        start = offset
    span = {"start_s": start, "end_s": end}
    if length and not belongs_to(look, length, found.get("clip")):
        span |= {} if "seconds" in found else {"seconds": length}
    elif length and not end:
        span |= {"duration_s": length}
    return {field: name for field, name in span.items() if name}


def is_called_offset(name: str) -> bool:
    """In annotation tools an offset is an end, in manifests a start."""
    return words(name) in (["offset"], ["offset", "s"], ["offset", "sec"])


def belongs_to(look, column: str, clip: str | None) -> bool:
    """Whether a column has one value in all rows of a clip, in the sample."""
    seen: dict[object, set] = defaultdict(set)
    for name, value in zip(look.sample.get(clip, look.sample[column]), look.sample[column]):
        seen[name].add(value)
    return all(len(values) == 1 for values in seen.values())


def _rater(look, columns: dict, found: dict) -> str | None:
    """A column of ids whose values come back in several clips, beside others in the same clip."""
    for name, column in columns.items():
        last = words(name)[-1:] or [""]
        other = any(is_called(field, name) for field in ("clip", "speaker", "session", "partition"))
        if name in _taken(found) or other or not last[0].endswith("id") or not 1 < column.distinct < look.looked_at:
            continue
        clips, ids = defaultdict(set), defaultdict(set)
        for clip, who in zip(look.sample[found["clip"]], look.sample[name]):
            clips[who].add(clip)
            ids[clip].add(who)
        if max(map(len, clips.values())) > 1 and max(map(len, ids.values())) > 1:
            return name
    return None


def _times(look, columns: dict) -> dict[str, str]:
    """Start and end in a table without header: two columns of decimals, the second always the larger."""
    decimals = [
        name for name, column in columns.items()
        if not column.empty and share(column, is_number) == 1 and share(column, lambda cell: "." in cell) > _MANY
    ]  # fmt: skip
    for start, end in pairwise(decimals):
        if all(number(first) < number(last) for first, last in zip(look.sample[start], look.sample[end])):
            return {"start_s": start, "end_s": end}
    return {}


def why(look, fields: dict) -> str:
    """What speaks for the shape that `fields` have, as sentences; empty where they are not a guess of this table."""
    header = "" if look.header else " The first row holds an emotion too, so it is taken for a row like the others."
    columns = {column.name: column for column in look.columns}
    shape = next((field for field in SHAPE_FIELDS if fields.get(field)), None)
    if shape is None:
        return "Nothing here looks like emotions. Choose the shape that fits." + header
    names = [fields["label"]] if shape == "label" else list(fields[shape])
    if not set(names) <= columns.keys():
        return ""
    if shape == "label":
        known = share(columns[names[0]], find_emotion)
        seen = f"{known:.0%} of its cells are emotions that are known" if known else "its name says so"
        return f"The column {names[0]} seems to hold the labels: {seen}.{header}"
    listed = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
    if shape == "clips":
        return f"{len(names)} columns hold labels ({listed}), and a row is one rater's: each column is a clip.{header}"
    if shape == "raters":
        return f"{len(names)} columns hold labels ({listed}), and no column names raters.{header}"
    strengths = dict.fromkeys(value for name in names for value, _ in columns[name].values if not is_amount(value))
    kind = f"words of strength ({', '.join(list(strengths)[:6])})" if strengths else "numbers"
    each = "a row is one answer" if shape == "graded" else "no column names raters"
    return f"{len(names)} columns go by emotions ({listed}) and hold {kind}; {each}.{header}"


def missing(fields: dict) -> Sequence[str]:
    """What a guess leaves open that an import needs: `clip`, `labels`."""
    shape = not fields.keys() & set(SHAPE_FIELDS)
    clip = "clip" not in fields and "clips" not in fields
    return [name for name, open_ in (("clip", clip), ("labels", shape)) if open_]


def _taken(found: dict) -> set[str]:
    """Columns that have a meaning already."""
    single = {value for value in found.values() if isinstance(value, str)}
    return single.union(*(value for value in found.values() if isinstance(value, tuple)))


def _shape(look, columns: dict, rater: str | None, labels: Mapping[str, str]) -> dict[str, object]:
    """Which of the shapes the table has, as the fields that say so."""
    # Clips may be called a, b, c, and speakers be f, which are codes of emotions too.
    others = {name: column for name, column in columns.items() if name != rater and not _names_no_answer(name)}
    of_labels = [name for name, column in others.items() if _given(column, find_emotion) >= _MANY]
    of_labels = [name for name in of_labels if named("comment", [name]) is None]
    emotions = _of_emotions(columns, labels)
    single = [name for name in of_labels if _is_for_all(name)]
    several = [name for name in of_labels if name not in single]
    if not emotions:
        wide = several if len(several) > 1 else []
        wide = wide or ([] if of_labels else _numbered({name: others[name] for name in others}))
        if wide and _is_survey(look, columns, rater, wide):
            by = rater or next((name for name, column in others.items() if column.distinct == look.looked_at), None)
            return {"clips": tuple(wide)} | ({"rater": by} if by and by not in wide else {})
        if wide and not rater and not (single and len(several) < 2):
            return {"raters": tuple(wide)}
    label = named("label", _varying(look, columns, rater, of_labels))
    by_rater = {"rater": rater} if rater else {}
    if label and (rater or not emotions):
        return {"label": label} | by_rater
    if emotions:
        kind = "counts" if _are_counts(look, columns, emotions, rater) else "graded"
        unknown = {
            name: emotion
            for name, emotion in emotions.items()
            if find_emotion(name) is None and folded(name) not in labels
        }
        return (
            {kind: tuple(emotions)} | (by_rater if kind == "graded" else {}) | ({"labels": unknown} if unknown else {})
        )
    if of_labels and (rater or len(of_labels) == 1):
        return {"label": of_labels[0]} | by_rater
    of_raters = of_labels or _numbered(others)
    if of_raters:
        return {"raters": tuple(of_raters)}
    telling = [name for name, column in others.items() if not _is_vague(name, column)]
    by_name = named("label", telling)
    return ({"label": by_name} if by_name else {}) | by_rater


def _given(column, test: Callable[[str], object]) -> float:
    """As `share`, of the cells that do not say that they are missing."""
    given = tuple((value, count) for value, count in column.values if value.lower() not in (*MISSING, "-", "?"))
    return share(replace(column, values=given or column.values), test)


def _is_for_all(name: str) -> bool:
    """Whether a column of labels goes by a label's own name, or says that its label stands for all raters."""
    return is_called("label", name) or is_called("secondary", name) or bool(_FOR_ALL & set(words(name)))


def _names_no_answer(name: str) -> bool:
    """Whether a column is called by what clips and people are, whatever its cells look like."""
    about = ("clip", "speaker", "session", "partition", "transcript")
    return any(is_called(field, name) for field in about) or bool(ABOUT_PEOPLE & set(words(name)))


def _is_survey(look, columns: dict, rater: str | None, of_labels: list[str]) -> bool:
    """A row a rater, a column a clip: every row is another rater's, or the columns are called as clips are."""
    ids = [name for name in columns if name not in of_labels and name != rater]
    if any(is_called("clip", name) or share(columns[name], SOUND.search) >= _MANY for name in ids):
        return False
    called = [name for name in of_labels if _CLIP_HEADER.match(name) or SOUND.search(name)]
    return len(called) == len(of_labels) or bool(rater and columns[rater].distinct == look.looked_at)


def _varying(look, columns: dict, rater: str | None, of_labels: list[str]) -> list[str]:
    """Of several columns of labels beside raters, those that differ within a clip: the others say something of the clip."""
    clip = named("clip", {name: column for name, column in columns.items() if column.distinct < look.looked_at})
    if not rater or not clip or len(of_labels) < 2:
        return of_labels
    return [name for name in of_labels if not belongs_to(look, name, clip)] or of_labels


def _is_vague(name: str, column) -> bool:
    return words(name)[-1:] != [] and words(name)[-1] in _VAGUE and share(column, is_number) == 1


def _of_emotions(columns: dict, labels: Mapping[str, str]) -> dict[str, str]:
    """Columns that are called by emotions and hold strengths or counts, with the emotion: at least two, of one kind."""
    families: dict[tuple, dict[str, str]] = defaultdict(dict)
    own: dict[str, str] = {}
    ratings = {"v", "a", "d"} <= {"".join(words(name)) for name in columns}  # valence, arousal, dominance
    for name, column in columns.items():
        kind = {1.0: "numbers", 0.0: "words"}.get(_given(column, is_amount)) if column.values else None
        kind = None if kind == "words" and column.distinct > MOST_WORDS else kind
        parts = words(name)
        meant = [word for word in parts if find_emotion(word) and (len(word) > 1 or (len(parts) == 1 and not ratings))]
        if labels.get(folded(name)):
            own[name] = labels[folded(name)]
        elif kind and folded(name) not in labels and len(meant) == 1 and not SUMMARIES & set(parts):
            rest = tuple(word for word in parts if word != meant[0])
            families[kind, rest, len(meant[0]) == 1][name] = find_emotion(meant[0])
    # Whole words before words with others beside them, and both before single letters, which may mean anything.
    ranked = sorted(families.items(), key=lambda item: (item[0][2], len(item[0][1]), -len(item[1])))
    for (_, _, letters), members in ranked:
        if len(members) >= (3 if letters else 2) and len(set(members.values())) == len(members):
            return {name: (members | own)[name] for name in columns if name in members or name in own}
    return own if len(own) > 1 else {}


def _are_counts(look, columns: dict, emotions: dict[str, str], rater: str | None) -> bool:
    """Whole numbers, some above one, one row a clip (or columns of one letter, as tables of counts have), nobody named; or
    shares of votes that nobody counted.
    """
    if rater:
        return False
    if shares_of(look, tuple(emotions)):
        return True
    numbers = [value for name in emotions for value, _ in columns[name].values]
    if not all(is_number(value) and number(value) >= 0 and number(value).is_integer() for value in numbers):
        return False
    sums = [sum(number(cell or "0") for cell in row) for row in zip(*(look.sample[name] for name in emotions))]
    if (
        min(map(number, numbers)) == 1
        and 2 < max(map(number, numbers)) <= 10
        and len(emotions) > 2
        and len(set(sums)) > 1
    ):
        return False  # grades from 1, not at all, to 5, 7 or 10
    clip = None if all(len(name) == 1 for name in emotions) else named("clip", columns)
    several = clip and not named("panel_column", columns) and columns[clip].distinct < look.looked_at
    return max(map(number, numbers)) > 1 and not several


def shares_of(look, emotions: tuple[str, ...]) -> float | None:
    """What the rows of emotions' columns sum to where they hold shares (1 or 100); None where they do not."""
    cells = [look.sample[name] for name in emotions]
    if any(cell and PERCENT.fullmatch(cell) for column in cells for cell in column):
        return 100.0
    try:
        return total([[number(cell) if cell else 0.0 for cell in row] for row in zip(*cells)])
    except ValueError:
        return None


def _numbered(columns: dict) -> list[str]:
    """Columns called alike but for a number (`rater1`, `rater2`) that hold the same few words: each is a rater's."""
    families: dict[str, list[str]] = defaultdict(list)
    for name, column in columns.items():
        if re.search(r"\d", name) and 1 < column.distinct <= 20 and not share(column, is_number):
            families[re.sub(r"\d+", "#", name)].append(name)
    largest = max(families.values(), key=len, default=[])
    return largest if len(largest) > 1 else []


def _is_prose(column) -> bool:
    return share(column, lambda cell: len(cell.split()) > 3 and not SOUND.search(cell)) > 0.5


def _clip(look, columns: dict, found: dict) -> str | None:
    """The column that names clips: it has several rows a clip where every row is one rater's answer."""
    free = {
        name: column
        for name, column in columns.items()
        if name not in _taken(found) and not column.empty and not is_called("rater", name) and not _is_prose(column)
        if not SOUND.search(name)  # a column that is called by a sound file holds what was said of it
    }
    unique = [name for name, column in free.items() if column.distinct == look.looked_at]
    a_row_each = found.keys() & {"counts", "raters"}
    if not look.header:
        if a_row_each:
            return unique[0] if unique else "row number"
        return max(free, key=lambda name: free[name].distinct, default=None)
    repeated = {name: column for name, column in free.items() if 1 < column.distinct < look.looked_at}
    by_name = ("rater" in found and named("clip", repeated)) or named("clip", free)
    sounds = [name for name, column in free.items() if share(column, SOUND.search) >= _MANY]
    if by_name and sounds and by_name not in sounds and free[sounds[0]].distinct > free[by_name].distinct:
        by_name = sounds[0]  # numbers within a dialogue name no clip by themselves
    return (
        by_name or next(iter(sounds + unique if a_row_each else sounds), None) or ("row number" if a_row_each else None)
    )
