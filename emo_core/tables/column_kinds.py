"""What a column's name and values speak for."""

import re
from collections.abc import Callable, Iterable

from emo_core.records import PANEL_KINDS, VotesFile

# Names by which columns go, most telling first, in lower case without spaces, dots, hyphens and underscores.
NAMES = {
    "clip": "clip clipid clipname utterance utteranceid uttid utt file filename filepath fname wav wavfile audio audiofile "
    "audiofilepath audiopath audiourl videoid video path recording recordingid segment segmentid stimulus stimulusid stim "
    "item itemid task taskid instance instanceid sample sampleid id key name url",
    "rater": "rater raterid annotator annotatorid worker workerid listener listenerid coder coderid labeler labeller user "
    "username userid participant participantid respondent respondentid responseid prolificid localid evaluator evaluatorid "
    "completedby annotatedby labeledby ratedby subject subjectid judge who emailaddress email",
    "label": "label emotion emo emolabel emotionlabel answer response category choice vote class emoclassmajor emoclass "
    "primary primaryemotion annotation gold rating",
    "panel_column": "panel",
    "secondary": "secondary secondarylabels secondaryemotions secondaryemotion emoclasssecond",
    "strengths": "strengths",
    "audio": "audio audiofile audiofilepath audiopath audiourl wav wavfile filepath path filename file",
    "transcript": "transcript transcription text sentence words utterancetext utterance",
    "speaker": "speaker speakerid spkr spkrid actor actorid",
    "session": "session sessionid dialogue dialogueid conversation conversationid",
    "partition": "partition split splitset fold subset",
    "start_s": "starts start starttime startsec begin begintime onset tmin xmin",
    "end_s": "ends end endtime endsec tmax xmax",
    "duration_s": "duration dur durations durationsec",
    "valence": "valence val v",
    "arousal": "arousal activation act aro a",
    "dominance": "dominance dom d",
    "confidence": "confidence conf certainty",
    "seconds": "seconds leadtime responsetime reactiontime rt timetaken worktimeinseconds",
    "comment": "comment comments note notes remark remarks feedback",
    "persona": "persona",
    "temperature": "temperature",
    "voted_at": "votedat time timestamp submittedat submittime createdat updatedat datetime date",
}
SUMMARIES = {"mean", "avg", "average", "median", "std", "sd", "var", "min", "max"}
STATISTICS = SUMMARIES | {"n", "num", "number", "count", "sum", "total"}
RANGES = {
    "confidence": (0, 1), "seconds": (0, 1e6), "start_s": (0, 1e6), "end_s": (0, 1e6), "duration_s": (0, 1e6),
}  # fmt: skip
RATINGS = ("valence", "arousal", "dominance")
OF_ANSWERS = (
    "confidence",
    "seconds",
    "comment",
    "secondary",
    "strengths",
    *RATINGS,
)  # of one answer, not of a row of several
SEVERAL_A_ROW = ("counts", "raters", "clips")  # shapes whose rows hold several votes
# Words of columns that say something of people: their cells may look like codes of emotions, such as f.
ABOUT_PEOPLE = frozenset({"gender", "sex", "male", "female", "age", "group", "native", "headphones", "accent"})
MOST_WORDS = 12  # a scale has no more
SOUND = re.compile(r"\.(wav|flac|mp3|ogg|opus|m4a|aiff?|webm|mp4)$", re.IGNORECASE)
PERCENT = re.compile(r"[0-9]+([.,][0-9]+)?\s*%")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}")
_COMMA = re.compile(r"[+-]?[0-9]+,([0-9]{1,2}|[0-9]{4,})")  # as `with_point` in staging_macros.sql
MISSING = ("nan", "null", "none", "n/a", "na")


def words(name: str) -> list[str]:
    """The words of a column's name in lower case: `Input.audioUrl` is input, audio, url."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return [word for word in re.split(r"[\W_]+", apart.lower()) if word]


def is_called(field: str, name: str) -> bool:
    """Whether the whole name is one of the field's."""
    return "".join(words(name)) in NAMES[field].split()


def named(field: str, columns: Iterable[str]) -> str | None:
    """The column that goes by one of the field's names, the most telling first; whole names before the ends of longer ones
    (`Answer.emotion`, `perceived_emotion`).
    """
    split = {name: words(name) for name in columns}
    if field in RATINGS:
        return _rating(field, split)
    depth = max(map(len, split.values()), default=0)
    for start in range(depth):
        by_name = {
            "".join(parts[start:]): name
            for name, parts in reversed(split.items())
            if len(parts) > start and not (start and parts[0] in STATISTICS)
        }
        for known in NAMES[field].split():
            if known in by_name:
                return by_name[known]
    return None


def _rating(field: str, split: dict[str, list[str]]) -> str | None:
    """Ratings have one of the field's names whole; `val` and the like are words of many things unless they stand alone or
    beside emotion, rating or score, and single letters mean them only where valence, arousal and dominance stand together.
    """
    whole, short, letter = (
        [word for word in NAMES[field].split() if test(len(word))]
        for test in (lambda n: n > 3, lambda n: n == 3, lambda n: n == 1)
    )
    plain = {name: parts for name, parts in split.items() if not SUMMARIES & set(parts[:1])}
    tests = [
        lambda parts: len(parts) == 1 and parts[0] in whole,
        lambda parts: bool(set(parts) & set(whole)),
        lambda parts: len(parts) == 1 and (parts[0] in short or parts[0] in [f"emo{word}" for word in short]),
        lambda parts: (
            len(parts) == 2
            and bool(set(parts) & set(short))
            and bool({"emo", "emotion", "rating", "rated", "score"} & set(parts))
        ),
    ]
    if {"v", "a", "d"} <= {"".join(parts) for parts in split.values()}:
        tests.append(lambda parts: parts == letter)
    return next((name for test in tests for name, parts in plain.items() if test(parts)), None)


def fits(field: str, column) -> bool:
    """Whether an import would take the column's values for what the field holds."""
    return misfit(field, column) is None


def misfit(field: str, column) -> str | None:
    """The first value that an import would not take for what the field holds; `""` where there is none at all."""
    values = [value for value, _ in column.values if value.lower() not in MISSING]
    if not values:
        return ""
    if field in RANGES or field in (*RATINGS, "temperature"):
        low, high = RANGES.get(field, (float("-inf"), float("inf")))
        test: Callable[[str], object] = lambda value: is_number(value) and low <= number(value) <= high  # noqa: E731
    elif field == "voted_at":
        test = _TIME.match
    elif field == "panel_column":
        test = lambda value: value.split(":")[0] in PANEL_KINDS  # noqa: E731
    elif field == "audio":
        return None if any(SOUND.search(value) for value in values) else values[0]
    else:
        return None
    return next((value for value in values if not test(value)), None)


def share(column, test: Callable[[str], object]) -> float:
    """Share of a column's cells, by their commonest values, that pass a test."""
    cells = sum(count for _, count in column.values)
    return sum(count for value, count in column.values if test(value)) / cells if cells else 0.0


def number(value: str) -> float:
    """The number that a cell holds, also with a decimal comma or a percent sign. Raises ValueError."""
    value = value.rstrip("% ") if PERCENT.fullmatch(value) else value
    return float(value.replace(",", ".") if _COMMA.fullmatch(value) else value)


def is_number(value: str) -> bool:
    """Whether an import could read the cell as a finite number."""
    try:
        return abs(number(value)) < float("inf") and not PERCENT.fullmatch(value)
    except ValueError:
        return False


def is_amount(value: str) -> bool:
    """A number, or one with a percent sign."""
    return is_number(value) or bool(PERCENT.fullmatch(value))


def used(votes: VotesFile) -> set[str]:
    """Columns that a description gives a meaning."""
    lists = votes.counts + votes.raters + votes.graded + votes.clips + votes.ignore
    single = (getattr(votes, field, None) for field in (*NAMES, "votes_per_row") if field != "panel")
    return {*lists, *(name for name in single if isinstance(name, str))}
