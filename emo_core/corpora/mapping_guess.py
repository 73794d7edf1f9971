"""What the columns of an unfamiliar table seem to mean, from their names and values: a first draft for people to correct."""

from collections.abc import Callable, Iterable, Sequence

from emo_core.records import GRADES
from emo_core.vocabulary import find_emotion

SHAPE_FIELDS = ("label", "counts", "raters", "graded")

# Names by which columns go, most telling first, in lower case without spaces, dots, hyphens and underscores.
_NAMES = {
    "clip": "clip clipid utterance utteranceid uttid utt file filename filepath fname wav wavfile audio audiofile audiopath "
    "path recording segment segmentid stimulus item itemid task taskid instance instanceid sample sampleid id key name",
    "rater": "rater raterid annotator annotatorid worker workerid listener listenerid coder labeler user username userid "
    "participant participantid evaluator completedby subject judge",
    "label": "label emotion emo emolabel emotionlabel answer response category choice vote class emoclassmajor emoclass "
    "primary primaryemotion annotation rating gold",
    "panel_column": "panel",
    "secondary": "secondary secondarylabels secondaryemotions emoclasssecond",
    "audio": "audio audiofile audiopath wav wavfile filepath path filename file",
    "transcript": "transcript transcription text sentence words utterancetext",
    "speaker": "speaker speakerid spkr spkrid actor actorid",
    "session": "session sessionid dialogue dialogueid conversation",
    "partition": "partition split splitset fold subset",
    "start_s": "starts start starttime startsec begin onset",
    "end_s": "ends end endtime endsec offset",
    "valence": "valence val v emoval",
    "arousal": "arousal activation act aro emoact",
    "dominance": "dominance dom emodom",
    "confidence": "confidence certainty",
    "comment": "comment comments note notes remark remarks",
    "persona": "persona",
    "temperature": "temperature",
    "voted_at": "votedat time timestamp createdat submittedat updatedat datetime date",
}
_MANY = 0.6  # share of a column's cells that must be emotions for it to hold labels


def guess(look) -> dict:
    """Fields of `VotesFile` as far as they can be told from a `store.looking.Look`; `clip` and the shape may be missing.

    Emotions' columns of one kind (words of strength, or numbers) are taken together, and a column of another kind, such as a
    scale of its own, is left for people to decide on.
    """
    columns = {column.name: column for column in look.columns}
    found: dict[str, object] = {"header": False} if not look.header else {}
    rater = _named("rater", columns)
    if rater:
        found["rater"] = rater
    found |= _shape(look, columns, rater)
    if found.keys() & {"counts", "raters"}:
        found.pop("rater", None)
    clip = _clip(look, columns, found)
    if clip:
        found["clip"] = clip
    taken = {name for value in found.values() for name in (value if isinstance(value, tuple) else (value,))} - {clip}
    for field in _NAMES:
        if field in ("clip", "rater", "label") or (field == "secondary" and "label" not in found):
            continue
        name = _named(field, {key: column for key, column in columns.items() if key not in taken})
        if name and _fits(field, columns[name]) and (name != clip or field == "audio"):
            found[field] = name
            taken.add(name)
    return found


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _named(field: str, columns: Iterable[str]) -> str | None:
    """The column that goes by one of the field's names, the most telling first."""
    by_name = {_plain(name): name for name in reversed(list(columns))}
    return next((by_name[name] for name in _NAMES[field].split() if name in by_name), None)


def _fits(field: str, column) -> bool:
    """Numbers for fields that hold numbers; anything for the others."""
    if field in ("start_s", "end_s", "valence", "arousal", "dominance", "confidence", "temperature"):
        return bool(column.values) and all(_is_number(value) for value, _ in column.values)
    return column.distinct > 0


def _shape(look, columns: dict, rater: str | None) -> dict[str, object]:
    """Which of the four shapes the table has, as the field that says so."""
    of_labels = [name for name, column in columns.items() if name != rater and _share(column, find_emotion) >= _MANY]
    label = _named("label", of_labels)
    emotions = [name for name in columns if find_emotion(name) and len(name.strip()) > 1]
    if label or (len(of_labels) == 1 and len(emotions) < 2):
        return {"label": label or of_labels[0]}
    if len(of_labels) > 1:
        return {"raters": tuple(of_labels)}
    if not look.header and of_labels:
        return {"label": of_labels[0]}
    graded = [name for name in emotions if _share(columns[name], _is_grade_word) == 1]
    numbers = [name for name in emotions if _share(columns[name], _is_number) == 1]
    if len(graded) >= max(2, len(numbers)):
        return {"graded": tuple(graded)}
    if len(numbers) >= 2:
        whole = all(
            float(value) >= 0 and float(value) == int(float(value)) for n in numbers for value, _ in columns[n].values
        )
        return {"counts" if whole and not rater else "graded": tuple(numbers)}
    letters = [name for name in columns if find_emotion(name) and _share(columns[name], _is_number) == 1]
    if len(letters) >= 3:
        return {"counts": tuple(letters)}
    named = _named("label", columns)
    return {"label": named} if named else {}


def _clip(look, columns: dict, found: dict) -> str | None:
    """The column that names clips: it has several rows a clip where every row is one rater's answer."""
    used = {
        found.get("label"),
        found.get("rater"),
        *found.get("counts", ()),
        *found.get("raters", ()),
        *found.get("graded", ()),
    }
    free = {name: column for name, column in columns.items() if name not in used and not column.empty}
    repeated = {name: column for name, column in free.items() if 1 < column.distinct < look.rows}
    candidates = repeated if "rater" in found and repeated else free
    if not look.header and candidates:  # columns without names: the one with most different values
        return max(candidates, key=lambda name: candidates[name].distinct) if "label" in found else "row number"
    return _named("clip", candidates) or _named("clip", free)


def _share(column, test: Callable[[str], object]) -> float:
    """Share of a column's cells, by their commonest values, that pass a test."""
    cells = sum(count for _, count in column.values)
    return sum(count for value, count in column.values if test(value)) / cells if cells else 0.0


def _is_grade_word(value: str) -> bool:
    return value.strip().lower() in GRADES


def _is_number(value: str) -> bool:
    try:
        return float(value) == float(value)
    except ValueError:
        return False


def missing(fields: dict) -> Sequence[str]:
    """What a guess leaves open that an import needs: `clip`, `labels`."""
    shape = not fields.keys() & set(SHAPE_FIELDS)
    return [name for name, open_ in (("clip", "clip" not in fields), ("labels", shape)) if open_]
