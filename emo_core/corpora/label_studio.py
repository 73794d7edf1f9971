"""Exports of Label Studio (https://labelstud.io/guide/export): its JSON, with every annotation, and JSON_MIN.

    JSON       [{"id": 1, "data": {"audio": …}, "annotations": [{"completed_by": …, "result": [{"from_name": "emotion",
               "type": "choices", "value": {"choices": ["Happy"]}}]}], "predictions": […]}]
    JSON_MIN   [{"audio": …, "id": 1, "emotion": "Happy", "annotator": 1, "lead_time": 4.2}]

A task is a clip. Its annotations are votes of the panel `human`, predictions of `model:<version>`, or of the panel that the
version names; in tasks that we exported, `data` says the clip's id, the panels and the raters. A question about emotions
gives the label, and further labels where several were chosen; where answers answer several such questions, each has a panel of
its own (`human:<question>`). Results with start and end are votes on that part of the clip, `<task>#<start>-<end>`.

An export may hold a task once for each copy of it (https://github.com/HumanSignal/label-studio/issues/1289): an annotation or
prediction that stands in an earlier copy of its task, word for word, counts once. Where a model has several predictions for a
task, these are draws: the votes are anonymous.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emo_core.corpora import questions, sources
from emo_core.corpora.collecting import Collection, Sounds
from emo_core.corpora.formats import Format
from emo_core.corpora.sound_files import SUFFIXES
from emo_core.errors import BadInput
from emo_core.records import PANEL_KINDS, Reading, panel_kind

_GIVE = "a file of Label Studio's export as JSON or JSON_MIN"
_LABELS = ("choices", "labels")  # types of results that hold labels, under a key of the same name
_NUMBERS = ("rating", "number")
_TEXTS = {
    "transcript": ("transcript", "transcription", "text", "sentence", "utterance"),
    "speaker": ("speaker", "speaker_id"),
    "session": ("session", "session_id", "dialogue", "dialogue_id"),
    "partition": ("partition", "split"),
}
_AGAIN = "annotations stand in an earlier copy of their task already; each counts once"
_OF_ROW = ("id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement")


@dataclass
class _Result:
    """One answer to one question: labels or a number, about the whole clip or a part of it."""

    question: str
    labels: list[str] = field(default_factory=list)
    number: float | None = None
    comment: str | None = None
    part: tuple[float, float] | None = None


@dataclass
class _Answer:
    """What one rater or model said of a task."""

    where: str
    task: str
    results: list[_Result]
    panel: str = "human"
    rater: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)  # confidence, voted_at, provenance

    def parts(self) -> dict[tuple[float, float] | None, list[_Result]]:
        """Results by the part of the clip that they are about."""
        parts: dict[tuple[float, float] | None, list[_Result]] = {}
        for result in self.results:
            parts.setdefault(result.part, []).append(result)
        return parts


def read(path: Path | str, *, audio: Path | str | None = None) -> Reading:
    """Read every finished annotation and every prediction. `audio` is the folder of the sound files.

    Raises BadInput where the file is no such export or holds no vote, BadTable where it is damaged.
    """
    file = sources.existing(path)
    if not file.is_file():
        raise BadInput(f"{file} is not a file. Give {_GIVE}.")
    tasks = sources.read_json(file)
    tasks = tasks if isinstance(tasks, list) else [tasks]
    if not any(_is_task(task) or _is_row(task) for task in tasks):
        raise BadInput(f"{file.name} has neither tasks with annotations nor rows with annotators. Give {_GIVE}.")
    sounds, found = Sounds(audio), Collection()
    asked = _asked_of_sorted([task for task in tasks if _is_row(task) and not _is_task(task)], found)
    tasks = _without_copies(tasks, found)
    answers = [answer for place, task in enumerate(tasks, 1) for answer in _answers(place, task, asked, sounds, found)]
    given: dict[str, list[str]] = {}
    for answer in answers:
        for result in answer.results:
            if result.labels:
                given.setdefault(result.question, []).extend(result.labels)
    first, second = questions.emotion_questions({name: set(labels) for name, labels in given.items()})
    apart = any(len({r.question for r in results} & set(first)) > 1 for a in answers for results in a.parts().values())
    for answer in answers:
        _add(found, answer, first, second, apart=apart)
    for question in sorted(given.keys() - {*first, *second}):
        found.notes.append(f"The question {question} is not about emotions; its answers were left out.")
    return found.reading(FORMAT.name, file, sounds)


def _without_copies(tasks: list, found: Collection) -> list:
    """The tasks, without what stands in an earlier copy of the same task: annotations, predictions, rows of JSON_MIN. Equal
    ones within a task are of several raters who cannot be told apart, and stay.
    """
    taken: dict[tuple, int] = {}  # how often each entry stands in one copy of its task, at most
    kept = []
    for task in tasks:
        name = sources.text(task.get("id")) if isinstance(task, dict) else None
        if name is None or not (_is_task(task) or _is_row(task)):
            kept.append(task)
            continue
        if not _is_task(task):
            if task.get("annotation_id") is None or _once(("row", name), [task], taken):
                kept.append(task)
            else:
                found.count(_AGAIN)
            continue
        lists = {key: sources.as_list(task.get(key)) for key in ("annotations", "predictions")}
        rest = {key: _once((key, name), entries, taken) for key, entries in lists.items()}
        left_out = {key: len(lists[key]) - len(rest[key]) for key in lists}
        found.count(_AGAIN, sum(left_out.values()))
        kept.append(task | {key: rest[key] for key, times in left_out.items() if times})
    return kept


def _once(key: tuple, entries: list, taken: dict[tuple, int]) -> list:
    """The entries that no earlier copy of the task holds as often."""
    here: Counter = Counter()
    new = []
    for entry in entries:
        written = (*key, json.dumps(entry, sort_keys=True, default=str))
        here[written] += 1
        if here[written] > taken.get(written, 0):
            new.append(entry)
    taken |= {written: max(times, taken.get(written, 0)) for written, times in here.items()}
    return new


def _is_task(task: Any) -> bool:
    return (
        isinstance(task, dict)
        and isinstance(task.get("data"), dict)
        and bool({"annotations", "predictions"} & task.keys())
    )


def _is_row(task: Any) -> bool:
    return isinstance(task, dict) and bool({"annotator", "annotation_id", "lead_time"} & task.keys())


def _answers(place: int, task: Any, asked: set[str] | None, sounds: Sounds, found: Collection) -> Iterator[_Answer]:
    """The answers of a task, whose clip is added; `asked` as in `_halves`."""
    where = f"task {place}"
    name = sources.text(task.get("id")) if isinstance(task, dict) else None
    if name is None or not (_is_task(task) or _is_row(task)):
        found.skip(where, "it is no task with an id and annotations" if name is None else "it has no annotations")
        return
    where = f"task {name}"
    if _is_task(task):
        name = _clip_of_ours(task["data"]) or name
        _add_clip(found, name, task["data"], sounds)
        found.count("unfinished annotations (drafts) were left out", len(sources.as_list(task.get("drafts"))))
        yield from _annotations(where, name, task, found)
        yield from _predictions(where, name, task, found)
    else:
        said, answered = _halves(task, asked)
        _add_clip(found, name, said, sounds)
        results = [result for question, value in answered.items() for result in _results_of_row(question, value, found)]
        yield _Answer(where, name, results, rater=_rater(task.get("annotator")), fields=_fields(task))


def _clip_of_ours(data: dict) -> str | None:
    """The clip's own id, in tasks that our export made (which number them): these say who annotated."""
    return sources.text(data.get("clip")) if isinstance(data.get("panels"), list) else None


def _add_clip(found: Collection, name: str, data: dict, sounds: Sounds) -> None:
    """A task's data: sound behind the first key that looks like one, texts by their usual names, the rest as metadata."""
    texts = {field: sources.first_text(data, names) for field, names in _TEXTS.items()}
    rest = sources.scalars(data, without={name for names in _TEXTS.values() for name in names})
    found.add_clip(name, **texts, **sounds.find(_address(data), clip=name), metadata=rest or None)


def _address(data: dict) -> str | None:
    """The first value that ends like a sound file, else the one whose key says audio."""
    texts = {key: text for key, value in data.items() if (text := sources.text(value))}
    ends = (
        text
        for text in texts.values()
        if text.lower().split("?")[0].endswith(SUFFIXES) or text.lower().endswith(SUFFIXES)
    )
    return next(ends, None) or next((text for key, text in texts.items() if "audio" in key.lower()), None)


def _annotations(where: str, name: str, task: dict, found: Collection) -> Iterator[_Answer]:
    given = sources.as_list(task.get("annotations"))
    names = [sources.as_list(task["data"].get(each)) for each in ("panels", "raters")]
    ours = all(len(each) == len(given) for each in names)  # nobody has annotated since our export
    for place, said in enumerate(given, 1):
        here = f"{where}, annotation {place}"
        if not isinstance(said, dict):
            found.skip(here, "it is no annotation")
        elif said.get("was_cancelled"):
            found.skip(here, "the annotator skipped the task (cancelled)")
        else:
            results = [result for each in sources.as_list(said.get("result")) for result in _results(each, found)]
            panel, who = (sources.text(each[place - 1]) for each in names) if ours else (None, None)
            who = who if ours else _rater(said.get("completed_by"))
            yield _Answer(here, name, results, sources.panel(panel) or "human", who, _fields(said))


def _predictions(where: str, name: str, task: dict, found: Collection) -> Iterator[_Answer]:
    given = sources.as_list(task.get("predictions"))
    times = Counter(sources.text(sources.as_dict(said).get("model_version")) for said in given)
    for place, said in enumerate(given, 1):
        here = f"{where}, prediction {place}"
        if not isinstance(said, dict):
            found.skip(here, "it is no prediction")
            continue
        results = [result for each in sources.as_list(said.get("result")) for result in _results(each, found)]
        model, score = sources.text(said.get("model_version")) or "unnamed", sources.number(said.get("score"))
        confidence = score if score is not None and 0 <= score <= 1 else None
        panel = sources.panel(None if panel_kind(model) in PANEL_KINDS else "model", model)
        who = model if times[sources.text(said.get("model_version"))] == 1 else None
        yield _Answer(here, name, results, panel, who, _fields(said) | {"confidence": confidence})


def _asked_of_sorted(rows: list[dict], found: Collection) -> set[str] | None:
    """The questions of rows of JSON_MIN whose order of keys does not tell answers from data; None where it does.

    Raises BadInput where several columns name emotions: some may be the task's data.
    """
    orders = [[key for key in row if key in _OF_ROW] for row in rows]
    if all(order[0] == "id" or "id" not in order for order in orders):
        return None
    given: dict[str, set[str]] = {}
    for row in rows:
        for key in row.keys() - set(_OF_ROW):
            given.setdefault(key, set()).update(filter(None, map(sources.text, _as_texts(row[key]))))
    first, second = questions.emotion_questions(given)
    if len(first) > 1:
        raise BadInput(
            f"The keys of the rows are not in the order of Label Studio, so it cannot be told which of {', '.join(sorted(first))} "
            "are answers and which the tasks' own data. Export the project again as JSON."
        )
    rated = [key for key in given if questions.rating_name(key) or _is_comment(key)]
    asked = {*first, *second, *rated}
    found.notes.append(
        "The keys of the rows are not in the order of Label Studio. Taken for answers by their names and values: "
        f"{', '.join(sorted(asked)) or 'none'}."
    )
    return asked


def _halves(row: dict, asked: set[str] | None) -> tuple[dict, dict]:
    """A row of JSON_MIN as the task's data and the answers: answers stand between `id` and `annotator`, or are `asked`."""
    keys = list(row)
    start = keys.index("id") + 1 if "id" in row else 0
    end = min((keys.index(name) for name in _OF_ROW[1:] if name in row), default=len(keys))
    answers = set(keys[start:end]) or {key for key in keys if key not in _OF_ROW}
    answers = answers if asked is None else asked
    return {key: row[key] for key in keys if key not in (*answers, *_OF_ROW)}, {
        key: row[key] for key in keys if key in answers
    }


def _rater(who: Any) -> str | None:
    """Who annotated: a number, or a person with an address."""
    return sources.first_text(who, ("email", "id", "username")) if isinstance(who, dict) else sources.text(who)


def _fields(said: dict) -> dict[str, Any]:
    """When and how an answer came about."""
    seconds = sources.number(said.get("lead_time"))
    return {
        "voted_at": sources.moment(said.get("created_at")),
        "seconds": seconds if seconds is not None and seconds >= 0 else None,
        "provenance": {"ground_truth": True} if said.get("ground_truth") is True else None,
    }


def _results(said: Any, found: Collection) -> Iterator[_Result]:
    """One entry of `result`."""
    said = sources.as_dict(said)
    kind, value = sources.text(said.get("type")) or "unknown", sources.as_dict(said.get("value"))
    question = sources.text(said.get("from_name")) or kind
    part = sources.span(value.get("start"), value.get("end"))
    labels = [label for label in map(sources.text, sources.as_list(value.get(kind))) if label]
    number = sources.number(value.get(kind))
    if kind in _LABELS and labels:
        yield _Result(question, labels=labels, part=part)
    elif kind in _NUMBERS and number is not None and questions.rating_name(question):
        yield _Result(question, number=number, part=part)
    elif kind == "textarea" and _is_comment(question):
        yield _Result(
            question, comment=" ".join(filter(None, map(sources.text, _as_texts(value.get("text"))))), part=part
        )
    else:
        found.count(f"results of the type {kind} for the question {question} were not understood and left out")


def _is_comment(question: str) -> bool:
    return any(word in question.lower() for word in ("comment", "note", "remark"))


def _as_texts(value: Any) -> list:
    return value if isinstance(value, list) else [value]


def _results_of_row(question: str, value: Any, found: Collection) -> Iterator[_Result]:
    """One answer in a row of JSON_MIN, where a single choice is bare text and other results keep their `value`."""
    for each in _as_texts(value):
        if isinstance(each, dict):
            kind = next((kind for kind in (*_LABELS, *_NUMBERS) if kind in each), "unknown")
            yield from _results({"from_name": question, "type": kind, "value": each}, found)
        elif _is_comment(question):
            yield _Result(question, comment=sources.text(each))
        elif questions.rating_name(question):
            yield _Result(question, number=sources.number(each))
        elif sources.text(each):
            yield _Result(question, labels=[sources.text(each) or ""])


def _add(found: Collection, answer: _Answer, first: list[str], second: list[str], *, apart: bool) -> None:
    """An answer's votes: one for each part of the clip, and for each question about emotions (`apart`: in their own panels)."""
    parts = answer.parts().items()
    votes = [(part, vote) for part, results in parts for vote in _votes(results, first, second, found)]
    for part, (question, vote) in votes:
        clip = answer.task if part is None else sources.span_name(answer.task, part)
        if part is not None:
            whole = {name: value for name, value in found.clips[answer.task].items() if name != "transcript"}
            found.add_clip(clip, start_s=part[0], end_s=part[1], **whole)
        panel = sources.panel(answer.panel, question if apart else None)
        found.add_vote(clip, panel, rater=answer.rater, **vote, **answer.fields)
        found.count(
            "answers choose several labels: the first is the vote's label, the others are secondary labels",
            len(vote.get("secondary", [])) > 0,
        )
    if not votes:
        found.skip(answer.where, "it answers no question about an emotion, valence, arousal or dominance")


def _votes(
    results: list[_Result], first: list[str], second: list[str], found: Collection
) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """The votes in one rater's results for one part of a clip, each with the question that it answers."""
    said: dict[str, Any] = {questions.rating_name(r.question): r.number for r in results if r.number is not None}
    comments = [result.comment for result in results if result.comment]
    common = said | ({"comment": "; ".join(comments)} if comments else {})
    further = [label for result in results if result.question in second for label in result.labels]
    answered = [(name, [label for r in results if r.question == name for label in r.labels]) for name in first]
    answered = [(name, labels) for name, labels in answered if labels]
    for place, (name, (label, *others)) in enumerate(answered):
        rest = {"secondary": others + further} | common if place == 0 else {"secondary": others}
        yield name, {"label": label} | rest
    if not answered:
        found.count(questions.SECOND_ALONE, bool(further))
    if said and not answered:
        yield None, {"label": None} | common


def recognises(path: Path | str) -> bool:
    """Whether the file begins like such an export."""
    try:
        with Path(path).open("rb") as file:
            begins = file.read(1 << 16).decode("utf-8-sig", "ignore").lstrip()
    except (OSError, ValueError):
        return False
    if not begins.startswith(("[", "{")) or '"label_annotations"' in begins:
        return False
    full = ('"annotations"', '"predictions"', '"data"', '"completed_by"', '"result"')
    in_full = any(word in begins for word in full[:2]) and any(word in begins for word in full[2:])
    return in_full or '"annotation_id"' in begins or ('"annotator"' in begins and '"lead_time"' in begins)


FORMAT = Format("label-studio", "Label Studio", _GIVE, read, recognises)
