"""What the columns of someone else's data set mean, and the votes in its rows.

    a column of labels             with a rater, or with several rows a clip: votes of the panel `human`; else the one label
                                   that was published of each clip: `consensus`; where it is called intended: `intended`
    a list of labels               the votes of as many raters, panel `human`; beside one rater's name, that rater's labels
    columns named after emotions   how many raters chose each, panel `human`; also as the fields of one column

Columns for anything else are found by their usual names.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from emo_core import vocabulary
from emo_core.corpora import questions, sources
from emo_core.corpora.collecting import Collection, Sounds
from emo_core.errors import BadInput
from emo_core.tables import shares

# What a column is taken for, and the names that say so, best first, in lower case and without signs.
_NAMES = {
    "clip": "clip clipid utterance utteranceid uttid segmentid id file filename fileid name path audiopath audio",
    "audio": "audio audiopath path file filename",
    "rater": "rater raterid raters annotator annotatorid annotators worker workerid workers listener listenerid listeners",
    "panel": "panel",
    "transcript": "transcript transcription text sentence utterance normalizedtext",
    "speaker": "speaker speakerid spkid spk actor actorid",
    "session": "session sessionid dialogueid dialogid",
    "partition": "partition split splitset",
    "start_s": "starts",
    "end_s": "ends",
    "duration_s": "durations duration",
    "confidence": "confidence",
    "comment": "comment comments",
    "voted_at": "votedat createdat",
}
_LABELS = "emotion emotions emotionlabel label labels votes annotation annotations answer answers category class"
_LOOKED_AT = 2000  # rows from which a column of text is judged
_LARGEST_SET = 100  # a column of text with more different values holds no labels


@dataclass
class Roles:
    """What each column is taken for.

    labels   {column: panel}
    counts   {(column, field, or None for the column itself): label}
    """

    fields: dict[str, str]
    labels: dict[str, str]
    second: list[str]
    ratings: dict[str, str]
    counts: dict[tuple[str, str | None], str]

    def told(self) -> str:
        """For the report."""
        taken = [f"{role} from {column}" for role, column in (self.fields | self.ratings).items()]
        taken += [f"labels of the panel {panel} from {column}" for column, panel in self.labels.items()]
        taken += [f"further labels from {column}" for column in self.second]
        taken += [f"counts of {label} from {'.'.join(filter(None, place))}" for place, label in self.counts.items()]
        return ", ".join(taken)


def collect(root: Path, parts: list, sounds: Sounds, found: Collection) -> None:
    """Take clips and votes out of the parts of a data set. Raises BadInput where its columns cannot be made out."""
    rows = [(part, row, cells) for part in parts for row, cells in enumerate(part.rows(), 1)]
    roles = _roles(root, parts, [cells for _, _, cells in rows])
    found.notes.append(f"What was taken for what: {roles.told()}.")
    splits: dict[str, set] = {}
    for part, _, cells in rows:
        splits.setdefault(sources.text(cells.get(roles.fields["clip"])) or "", set()).add(part.split)
    apart = any(len(among) > 1 for among in splits.values())
    if apart:
        found.notes.append("Clips of several splits have the same name, so every name begins with its split.")
    for part, row, cells in rows:
        clip = sources.text(cells.get(roles.fields["clip"]))
        if clip is None:
            found.skip(f"{part.file} row {row}", f"it has no {roles.fields['clip']}, which names the clip")
            continue
        name = f"{part.split}/{clip}" if apart and part.split else clip
        found.add_clip(name, **_clip_fields(part, name, clip, cells, roles, sounds))
        votes = list(_votes(cells, roles, found))
        for vote in votes:
            found.add_vote(name, **vote)
        _count(found, cells, roles, votes)
    silent = sum(not fields.get("audio") for fields in found.clips.values())
    if silent and any(part.sound for part in parts):
        found.count(
            "clips have their sound inside the data set's files, or not at all. Save it as files (with `datasets`: the bytes "
            "of each row's audio after cast_column('audio', Audio(decode=False))), and give their folder with --audio",
            silent,
        )


def _count(found: Collection, cells: dict, roles: Roles, votes: list[dict]) -> None:
    """What of a row was not taken, or not as it may have been meant."""
    found.count("rows hold no label and no rating, so no vote", not votes)
    found.count(
        "answers choose several labels: the first is the vote's label, the others are secondary labels",
        sum(bool(vote.get("secondary")) for vote in votes),
    )
    if not roles.labels or sources.text(cells.get(roles.fields.get("rater", ""))) is not None:
        return
    number = len(_listed(cells.get(next(iter(roles.labels)))))
    lists = {name: _listed(cells.get(name)) for name in (*roles.second, roles.fields.get("rater", ""))}
    for name, listed in lists.items():
        if number > 1 and len(listed) != number and any(map(sources.text, listed)):
            what = "they were left out" if name in roles.second else "the votes are anonymous"
            found.count(f"rows do not list as many values of {name} as labels: {what}")


def emotion_fields(kind: pa.DataType) -> list[str]:
    """The fields of a column that are named after emotions."""
    fields = [kind.field(place) for place in range(kind.num_fields)] if pa.types.is_struct(kind) else []
    return [each.name for each in fields if vocabulary.find_emotion(each.name) and _is_number(each.type)]


def _roles(root: Path, parts: list, rows: list[dict]) -> Roles:
    """Find out what the columns hold. Raises BadInput, which lists them, where that cannot be made out."""
    kinds = {column.name: column.type for part in reversed(parts) for column in part.table.schema}
    ratings = {rating: name for name in reversed(kinds) if (rating := questions.rating_name(name))}
    given = {name: _labels_of(name, parts, rows) for name in kinds if name not in ratings.values()}
    usual = {name: labels for name, labels in given.items() if labels and _is_usual(name, labels)}
    labels, second = questions.emotion_questions(usual)
    labels = labels or sorted(usual, key=lambda name: _LABELS.split().index(_plain(name)))[:1]
    counts = _counts(kinds, rows, shares_are_wrong=not (labels or ratings))
    taken = {*labels, *second, *ratings.values(), *(column for column, _ in counts)}
    fields = _fields([name for name in kinds if name not in taken])
    if "clip" not in fields or not (labels or ratings or counts):
        missing = "which column names the clip" if labels or ratings or counts else "which column holds the votes"
        names = dict.fromkeys(name for part in parts for name in part.columns)
        raise BadInput(
            f"{root}: it cannot be made out {missing}. The columns are {', '.join(map(repr, names))}. Say what they mean, with "
            "a Parquet file of the folder or a table made of it: python -m emo_core corpus map FILE."
        )
    return Roles(fields, _panels(labels, fields, rows), second, ratings, counts)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _is_usual(name: str, labels: list[str]) -> bool:
    return questions.asks_for_emotion(name, labels) or _plain(name) in _LABELS.split()


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind)


def _fields(names: list[str]) -> dict[str, str]:
    """Columns found by name. Only the clip's own may serve twice, as the address of its sound."""
    fields: dict[str, str] = {}
    for role, usual in _NAMES.items():
        free = {_plain(name): name for name in reversed(names) if role == "audio" or name not in fields.values()}
        found = next((free[word] for word in usual.split() if word in free), None)
        if found:
            fields[role] = found
    return fields


def _labels_of(name: str, parts: list, rows: list[dict]) -> list[str]:
    """The labels that a column holds, as far as it may be one of labels: names of classes, else its own values."""
    classes = [label for part in parts for label in part.classes.get(name, [])]
    if classes:
        return classes
    values = (value for cells in rows[:_LOOKED_AT] for value in _listed(cells.get(name)))
    labels = dict.fromkeys(label for value in values if (label := sources.text(value)))
    return list(labels) if len(labels) <= _LARGEST_SET else []


def _listed(value: Any) -> list:
    return value if isinstance(value, list) else [value]


def _counts(kinds: dict[str, pa.DataType], rows: list[dict], *, shares_are_wrong: bool) -> dict[tuple, str]:
    """Columns, or fields of a column, that are named after emotions and hold whole numbers of votes."""
    places = {
        (name, None): name
        for name, kind in kinds.items()
        if _is_number(kind) and vocabulary.find_emotion(name) and len(name) > 1
    }
    places |= {(name, label): label for name, kind in kinds.items() for label in emotion_fields(kind)}
    if len(places) < 2:
        return {}
    values = [[sources.number(_cell(cells, place)) for place in places] for cells in rows]
    table = [[float("nan") if value is None else value for value in row] for row in values]
    if why := shares.looks_like_shares(table * 2):  # two rows that sum to 100 are enough to ask
        if not shares_are_wrong:
            return {}
        raise BadInput(
            f"{', '.join('.'.join(filter(None, place)) for place in places)}: {why} Give counts, or one row a vote. Where the "
            "number of raters of a row is known, make a table of counts of it and take that in with `corpus add votes`."
        )
    for cells in rows:
        for place in places:
            value = sources.number(_cell(cells, place))
            if value is not None and (value < 0 or value % 1) and shares_are_wrong:
                raise BadInput(
                    f"The column {'.'.join(filter(None, place))} holds {value:g}, which is no number of votes: shares do not say "
                    "how many raters there were. Give counts, or one row a vote."
                )
            if value is not None and (value < 0 or value % 1):
                return {}
    return places


def _cell(cells: dict, place: tuple[str, str | None]) -> Any:
    column, name = place
    return cells.get(column) if name is None else sources.as_dict(cells.get(column)).get(name)


def _clip_fields(part: Any, name: str, clip: str, cells: dict, roles: Roles, sounds: Sounds) -> dict[str, Any]:
    """What a row says of its clip."""
    value = {role: cells.get(column) for role, column in roles.fields.items()}
    fields: dict[str, Any] = {name: sources.text(value.get(name)) for name in ("transcript", "speaker", "session")}
    fields["partition"] = sources.text(value.get("partition")) or part.split
    seconds = sources.span(value.get("start_s") or 0, value.get("end_s"))
    if seconds:
        fields |= {"start_s": seconds[0], "end_s": seconds[1]}
    fields["duration_s"] = sources.number(value.get("duration_s"))
    used = {
        *roles.fields.values(),
        *roles.labels,
        *roles.second,
        *roles.ratings.values(),
        *(name for name, _ in roles.counts),
    }
    metadata = sources.scalars(cells, without=used)
    return fields | sounds.find(value.get("audio"), clip, clip=name) | ({"metadata": metadata} if metadata else {})


def _panels(labels: list[str], fields: dict[str, str], rows: list[dict]) -> dict[str, str]:
    """The panel that each column of labels speaks for; without such a column, that of the ratings."""
    clips = [sources.text(cells.get(fields["clip"])) for cells in rows]
    single = "rater" not in fields and len(set(clips)) == len(clips)
    heads = {}
    for name in labels or [""]:
        listed = any(isinstance(cells.get(name), list) for cells in rows)
        heads[name] = "intended" if "intended" in name.lower() else "consensus" if single and not listed else "human"
    several = {head for head in heads.values() if list(heads.values()).count(head) > 1}
    return {name: sources.panel(head, name if head in several else None) for name, head in heads.items()}


def _votes(cells: dict, roles: Roles, found: Collection) -> Iterator[dict[str, Any]]:
    """The votes in a row."""
    named = sources.panel(sources.text(cells.get(roles.fields.get("panel", ""))))
    for place, (column, panel) in enumerate(roles.labels.items()):
        for vote in _answers(cells, roles, column, panel, found, is_first=place == 0):
            yield vote | ({"panel": named} if named else {})
    for place, label in roles.counts.items():
        times = sources.number(_cell(cells, place))
        if times:
            yield {"panel": named or "human", "label": label, "times": int(times)}


def _answers(
    cells: dict, roles: Roles, column: str, panel: str, found: Collection, *, is_first: bool
) -> Iterator[dict[str, Any]]:
    """One answer, or one for each element of a list of labels. Beside a rater's name, a list of labels is that rater's.

    Ratings and second labels stand beside the first column's labels where there are as many of them; a list of ratings of
    another length holds those of other raters.
    """
    given = _listed(cells.get(column))
    if sources.text(cells.get(roles.fields.get("rater", ""))) is not None:
        given = [given]
    ratings = {name: cells.get(of) for name, of in roles.ratings.items()} if is_first else {}
    second = roles.second if is_first else []
    for number in dict.fromkeys([len(given), *(len(_listed(rating)) for rating in ratings.values())]):
        as_many = {name: rating for name, rating in ratings.items() if len(_listed(rating)) == number}
        labelled = number == len(given)
        for place in range(number):
            labels = [*_listed(given[place])] if labelled else []
            beside = [cells.get(name) if number == 1 else _at(cells.get(name), place, number) for name in second]
            further = [each for value in beside for each in _listed(value)]
            if labelled and not any(map(sources.text, labels)):
                found.count(questions.SECOND_ALONE, any(map(sources.text, further)))
                further = []
            vote = _answer([*labels, *further] if labelled else [], as_many, cells, roles, place, number)
            if vote:
                yield vote | {"panel": panel if labelled else "human"}


def _answer(
    labels: list, ratings: dict[str, Any], cells: dict, roles: Roles, place: int, number: int
) -> dict[str, Any] | None:
    """One of the `number` answers in a row; None where it says nothing."""
    value = {role: _at(cells.get(name), place, number) for role, name in roles.fields.items()}
    label, *secondary = [label for label in map(sources.text, labels) if label] or [None]
    numbers = {name: sources.number(_at(rating, place, number)) for name, rating in ratings.items()}
    confidence = sources.number(value.get("confidence"))
    if label is None and all(rating is None for rating in numbers.values()):
        return None
    return {
        "rater": sources.text(value.get("rater")),
        "label": label,
        "secondary": secondary,
        **numbers,
        "confidence": confidence if confidence is not None and 0 <= confidence <= 1 else None,
        "comment": sources.text(value.get("comment")),
        "voted_at": sources.moment(value.get("voted_at")),
    }


def _at(value: Any, place: int, number: int) -> Any:
    """What a cell says of one of the `number` answers in its row: an element of a list as long, or the cell of the only one."""
    if isinstance(value, list):
        return value[place] if len(value) == number else None
    return value if number == 1 else None
