"""What the columns of an unfamiliar table seem to mean, from their names and values: a first draft for people to correct.

A guess is worth making where it is nearly always right. A field is filled only with a column whose values could be imported
as such (a confidence lies between 0 and 1, a time can be read), and what nothing speaks for stays open.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from emo_core.records import PANEL_KINDS
from emo_core.vocabulary import find_emotion

SHAPE_FIELDS = ("label", "counts", "raters", "graded")

# Names by which columns go, most telling first, in lower case without spaces, dots, hyphens and underscores.
_NAMES = {
    "clip": "clip clipid utterance utteranceid uttid utt file filename filepath fname wav wavfile audio audiofile audiopath "
    "audiourl videoid video path recording recordingid segment segmentid stimulus stimulusid stim item itemid task taskid "
    "instance instanceid sample sampleid id key name url",
    "rater": "rater raterid annotator annotatorid worker workerid listener listenerid coder coderid labeler labeller user "
    "username userid participant participantid evaluator evaluatorid completedby annotatedby labeledby ratedby subject subjectid judge who",
    "label": "label emotion emo emolabel emotionlabel answer response category choice vote class emoclassmajor emoclass "
    "primary primaryemotion annotation gold rating",
    "panel_column": "panel",
    "secondary": "secondary secondarylabels secondaryemotions secondaryemotion emoclasssecond",
    "strengths": "strengths",
    "audio": "audio audiofile audiopath audiourl wav wavfile filepath path filename file",
    "transcript": "transcript transcription text sentence words utterancetext",
    "speaker": "speaker speakerid spkr spkrid actor actorid",
    "session": "session sessionid dialogue dialogueid conversation conversationid",
    "partition": "partition split splitset fold subset",
    "start_s": "starts start starttime startsec begin onset",
    "end_s": "ends end endtime endsec offset",
    "valence": "valence val v emoval",
    "arousal": "arousal activation act aro emoact",
    "dominance": "dominance dom emodom",
    "confidence": "confidence conf certainty",
    "seconds": "seconds leadtime responsetime reactiontime rt timetaken worktimeinseconds duration",
    "comment": "comment comments note notes remark remarks feedback",
    "persona": "persona",
    "temperature": "temperature",
    "voted_at": "votedat time timestamp submittedat submittime createdat updatedat datetime date",
}
# Names that say nothing by themselves where the values are numbers.
_VAGUE = {"rating", "response", "answer", "vote", "choice", "annotation"}
_SUMMARIES = {"mean", "avg", "average", "median", "std", "sd", "var", "min", "max"}
_STATISTICS = _SUMMARIES | {"n", "num", "number", "count", "sum", "total"}
_RANGES = {"confidence": (0, 1), "seconds": (0, 1e6), "start_s": (0, 1e6), "end_s": (0, 1e6)}
_ANY_NUMBER = ("valence", "arousal", "dominance", "temperature")
_SOUND = re.compile(r"\.(wav|flac|mp3|ogg|opus|m4a|aiff?|webm|mp4)$", re.IGNORECASE)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOST_WORDS = 12  # a scale has no more
_MANY = 0.6  # share of a column's cells that must be emotions for it to hold labels


def guess(look) -> dict:
    """Fields of `VotesFile` as far as they can be told from a `store.looking.Look`; `clip` and the shape may be missing.

    Emotions' columns of one kind (words of strength, or numbers) are taken together, and a column of another kind, such as a
    scale of its own, is left for people to decide on.
    """
    columns = {column.name: column for column in look.columns}
    found: dict[str, object] = {"header": False} if not look.header else {}
    found |= _shape(look, columns, _named("rater", columns))
    clip = _clip(look, columns, found)
    if clip:
        found["clip"] = clip
    if not look.header and "label" in found and len(columns) == 3:
        found["rater"] = next(name for name in columns if name not in (clip, found["label"]))
    for field in _NAMES:
        free = {name: column for name, column in columns.items() if name not in _taken(found)}
        if field not in ("clip", "rater", "label") and (field not in ("secondary", "strengths") or "label" in found):
            name = _named(field, {name: column for name, column in free.items() if _fits(field, column)})
            found |= {field: name} if name else {}
    return found


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
        share = _share(columns[names[0]], find_emotion)
        seen = f"{share:.0%} of its cells are emotions that are known" if share else "its name says so"
        return f"The column {names[0]} seems to hold the labels: {seen}.{header}"
    listed = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
    if shape == "raters":
        return f"{len(names)} columns hold labels ({listed}), and no column names raters.{header}"
    words = dict.fromkeys(value for name in names for value, _ in columns[name].values if not _is_number(value))
    kind = f"words of strength ({', '.join(list(words)[:6])})" if words else "numbers"
    each = "a row is one answer" if shape == "graded" else "no column names raters"
    return f"{len(names)} columns go by emotions ({listed}) and hold {kind}; {each}.{header}"


def missing(fields: dict) -> Sequence[str]:
    """What a guess leaves open that an import needs: `clip`, `labels`."""
    shape = not fields.keys() & set(SHAPE_FIELDS)
    return [name for name, open_ in (("clip", "clip" not in fields), ("labels", shape)) if open_]


def _taken(found: dict) -> set[str]:
    """Columns that have a meaning already."""
    single = {value for value in found.values() if isinstance(value, str)}
    return single.union(*(value for value in found.values() if isinstance(value, tuple)))


def _words(name: str) -> list[str]:
    """The words of a column's name in lower case: `Input.audioUrl` is input, audio, url."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return [word for word in re.split(r"[\W_]+", apart.lower()) if word]


def _named(field: str, columns: Iterable[str]) -> str | None:
    """The column that goes by one of the field's names, the most telling first; whole names before the ends of longer ones
    (`Answer.emotion`, `perceived_emotion`).
    """
    split = {name: _words(name) for name in columns}
    depth = max(map(len, split.values()), default=0)
    for start in range(depth):
        by_name = {
            "".join(words[start:]): name
            for name, words in reversed(split.items())
            if len(words) > start and not (start and words[0] in _STATISTICS)
        }
        for known in _NAMES[field].split():
            if known in by_name:
                return by_name[known]
    return None


def _fits(field: str, column) -> bool:
    """Whether an import would take the column's values for what the field holds."""
    values = [value for value, _ in column.values if value.lower() not in ("nan", "null", "none", "n/a", "na")]
    if not values:
        return False
    if field in _RANGES or field in _ANY_NUMBER:
        low, high = _RANGES.get(field, (float("-inf"), float("inf")))
        return all(_is_number(value) and low <= float(value) <= high for value in values)
    if field == "voted_at":
        return all(_TIME.match(value) for value in values)
    if field == "panel_column":
        return all(value.split(":")[0] in PANEL_KINDS for value in values)
    if field == "audio":
        return any(_SOUND.search(value) for value in values)
    return True


def _shape(look, columns: dict, rater: str | None) -> dict[str, object]:
    """Which of the four shapes the table has, as the fields that say so."""
    # Clips may be called a, b, c, which are codes of emotions too.
    others = {name: column for name, column in columns.items() if name != rater and not _named("clip", [name])}
    of_labels = [name for name, column in others.items() if _share(column, find_emotion) >= _MANY]
    label = _named("label", of_labels)
    emotions = _of_emotions(columns)
    by_rater = {"rater": rater} if rater else {}
    if label and (rater or not emotions):
        return {"label": label} | by_rater
    if emotions:
        kind = "counts" if _are_counts(look, columns, emotions, rater) else "graded"
        unknown = {name: emotion for name, emotion in emotions.items() if find_emotion(name) is None}
        return (
            {kind: tuple(emotions)} | (by_rater if kind == "graded" else {}) | ({"labels": unknown} if unknown else {})
        )
    if of_labels and (rater or len(of_labels) == 1):
        return {"label": of_labels[0]} | by_rater
    of_raters = of_labels or _numbered(others)
    if of_raters:
        return {"raters": tuple(of_raters)}
    telling = [name for name, column in others.items() if not _is_vague(name, column)]
    named = _named("label", telling)
    return ({"label": named} if named else {}) | by_rater


def _is_vague(name: str, column) -> bool:
    return _words(name)[-1:] != [] and _words(name)[-1] in _VAGUE and _share(column, _is_number) == 1


def _of_emotions(columns: dict) -> dict[str, str]:
    """Columns that are called by emotions and hold strengths or counts, with the emotion: at least two, of one kind."""
    families: dict[tuple, dict[str, str]] = defaultdict(dict)
    for name, column in columns.items():
        kind = {1.0: "numbers", 0.0: "words"}.get(_share(column, _is_number)) if column.values else None
        kind = None if kind == "words" and column.distinct > _MOST_WORDS else kind
        words = _words(name)
        meant = [word for word in words if find_emotion(word) and (len(word) > 1 or len(words) == 1)]
        if kind and len(meant) == 1 and not _SUMMARIES & set(words):
            rest = tuple(word for word in words if word != meant[0])
            families[kind, rest, len(meant[0]) == 1][name] = find_emotion(meant[0])
    # Whole words before words with others beside them, and both before single letters, which may mean anything.
    ranked = sorted(families.items(), key=lambda item: (item[0][2], len(item[0][1]), -len(item[1])))
    for (_, _, letters), members in ranked:
        if len(members) >= (3 if letters else 2) and len(set(members.values())) == len(members):
            return members
    return {}


def _are_counts(look, columns: dict, emotions: dict[str, str], rater: str | None) -> bool:
    """Whole numbers, some above one, one row a clip (or columns of one letter, as tables of counts have), nobody named."""
    numbers = [value for name in emotions for value, _ in columns[name].values]
    if rater or not all(_is_number(value) and float(value) >= 0 and float(value).is_integer() for value in numbers):
        return False
    clip = None if all(len(name) == 1 for name in emotions) else _named("clip", columns)
    several = clip and not _named("panel_column", columns) and columns[clip].distinct < look.looked_at
    return max(map(float, numbers)) > 1 and not several


def _numbered(columns: dict) -> list[str]:
    """Columns called alike but for a number (`rater1`, `rater2`) that hold the same few words: each is a rater's."""
    families: dict[str, list[str]] = defaultdict(list)
    for name, column in columns.items():
        if re.search(r"\d", name) and 1 < column.distinct <= 20 and not _share(column, _is_number):
            families[re.sub(r"\d+", "#", name)].append(name)
    largest = max(families.values(), key=len, default=[])
    return largest if len(largest) > 1 else []


def _clip(look, columns: dict, found: dict) -> str | None:
    """The column that names clips: it has several rows a clip where every row is one rater's answer."""
    free = {name: column for name, column in columns.items() if name not in _taken(found) and not column.empty}
    unique = [name for name, column in free.items() if column.distinct == look.looked_at]
    a_row_each = found.keys() & {"counts", "raters"}
    if not look.header:
        if a_row_each:
            return unique[0] if unique else "row number"
        return max(free, key=lambda name: free[name].distinct, default=None)
    repeated = {name: column for name, column in free.items() if 1 < column.distinct < look.looked_at}
    named = ("rater" in found and _named("clip", repeated)) or _named("clip", free)
    sounds = [name for name, column in free.items() if _share(column, _SOUND.search) >= _MANY]
    return (
        named or next(iter(sounds + unique if a_row_each else sounds), None) or ("row number" if a_row_each else None)
    )


def _share(column, test: Callable[[str], object]) -> float:
    """Share of a column's cells, by their commonest values, that pass a test."""
    cells = sum(count for _, count in column.values)
    return sum(count for value, count in column.values if test(value)) / cells if cells else 0.0


def _is_number(value: str) -> bool:
    try:
        return abs(float(value)) < float("inf")
    except ValueError:
        return False
