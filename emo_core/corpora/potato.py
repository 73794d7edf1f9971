"""Annotations made with Potato (Pei et al. 2022, "POTATO: The Portable Text Annotation Tool", EMNLP demos).

    annotation_output/<user>/annotated_instances.jsonl   {"id": …, "displayed_text": …, "label_annotations": {"emotion":
                                                          {"happy": "true"}}, "behavioral_data": {"time_string": …}}
    annotation_output/<user>/user_state.json              {"user_id": …, "instance_id_to_label_to_value": {"clip1":
                                                          [[{"schema": "emotion", "name": "happy"}, "true"]]}}
    annotations.jsonl                                     {"instance_id": …, "user_id": …, "labels": {…}}

The second form is that of newer versions, the third that of `python -m potato.export`. A scheme about emotions gives the label,
and further labels where several were chosen; where answers answer several such schemes, each has a panel of its own. Where a
label's value differs from answer to answer, it is a strength: the strongest is the label, the others stand beside it.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emo_core.corpora import questions, sources
from emo_core.corpora.collecting import Collection, Sounds
from emo_core.corpora.formats import Format
from emo_core.corpora.sound_files import SUFFIXES
from emo_core.errors import BadInput
from emo_core.records import Reading

_GIVE = "Potato's folder annotation_output, or one of its JSON or JSONL files"
_STATE, _LINES, _EXPORTED = "user_state.json", "annotated_instances.jsonl", "annotations.jsonl"
_ANSWERS = "instance_id_to_label_to_value"
_BOXES = ("text_box", "free_response", "textbox", "slider", "number", "value", "scale")  # labels of fields to write in
_OF_LINE = ("id", "instance_id", "user_id", "user", "annotator", "displayed_text", "text", "spans", "links")
_CLOCK = re.compile(r"([0-9]{1,6})d +([0-9]{1,6})h +([0-9]{1,6})m +([0-9]{1,9})s")


@dataclass
class _Answer:
    """What one user said of one instance: {scheme: {label: value}}, without labels that were not chosen."""

    where: str
    instance: str
    rater: str | None
    schemes: dict[str, dict[str, Any]]
    panel: str
    shown: str | None
    seconds: float | None


@dataclass
class _Asked:
    """Which schemes ask for an emotion, and for a second one; whose values are strengths; whether each has its own panel."""

    first: list[str]
    second: list[str]
    graded: set[str]
    apart: bool


def read(path: Path | str, *, audio: Path | str | None = None) -> Reading:
    """Read the annotations of every user. `audio` is the folder of the sound files.

    Raises BadInput where no annotation is there, BadTable where a file is damaged.
    """
    given = sources.existing(path)
    files = [given] if given.is_file() else _files(given)
    if not files:
        raise BadInput(f"{given} has no {_LINES} and no {_STATE}. Give {_GIVE}.")
    sounds, found = Sounds(audio), Collection()
    answers = _latest([answer for file in files for answer in _answers(file, found)], found)
    labels: dict[str, set[str]] = {}
    for answer in answers:
        for scheme, chosen in answer.schemes.items():
            if not questions.rating_name(scheme) and chosen.keys() - set(_BOXES):
                labels.setdefault(scheme, set()).update(chosen)
    first, second = questions.emotion_questions(labels)
    asked = _Asked(
        first,
        second,
        graded={scheme for scheme in first if _is_graded(scheme, answers)},
        apart=any(len(set(first) & answer.schemes.keys()) > 1 for answer in answers),
    )
    for answer in answers:
        _add(found, answer, asked, sounds)
    for scheme in sorted(labels.keys() - {*first, *second}):
        found.notes.append(f"The scheme {scheme} is not about emotions; its answers were left out.")
    return found.reading(FORMAT.name, given, sounds)


def _files(folder: Path) -> list[Path]:
    """The file of each user, newer form first, below a folder; else the exported one in it."""
    states, lines = ({file.parent: file for file in folder.rglob(name) if file.is_file()} for name in (_STATE, _LINES))
    answered = {user: file for user, file in states.items() if _holds(file, _ANSWERS) or user not in lines}
    files = [file for _, file in sorted((lines | answered).items())]
    return files or [file for file in (folder / _EXPORTED,) if file.is_file()]


def _holds(file: Path, word: str) -> bool:
    return f'"{word}"'.encode() in sources.read_bytes(file)


def _answers(file: Path, found: Collection) -> Iterator[_Answer]:
    """The answers in a file: a user's state, or one answer a line."""
    where = f"{file.parent.name}/{file.name}"
    written = sources.read_text(file)
    if file.suffix == ".jsonl":
        lines = [(f"{where} line {number}", line) for number, line in enumerate(written.split("\n"), 1) if line.strip()]
        for here, line in lines:
            try:
                said = sources.parse_json(line, here)
            except BadInput as error:
                found.skip(here, str(error))
                continue
            yield from _answer(here, file, said, found)
        return
    said = sources.parse_json(written, where)
    if isinstance(said, dict) and _ANSWERS in said:
        yield from _state_answers(where, file, said, found)
    else:
        for place, each in enumerate(said if isinstance(said, list) else [said], 1):
            yield from _answer(f"{where} entry {place}", file, each, found)


def _answer(where: str, file: Path, said: Any, found: Collection) -> Iterator[_Answer]:
    """One line: an instance and its answers, in one of the forms that versions of Potato write."""
    said = sources.as_dict(said)
    instance = sources.first_text(said, ("id", "instance_id"))
    schemes = next((said[name] for name in ("label_annotations", "labels") if name in said), None)
    if schemes is None and "instance_id" in said:
        schemes = {name: value for name, value in said.items() if name not in _OF_LINE and not name.endswith("_data")}
    if instance is None or schemes is None:
        return found.skip(where, "it has no id" if instance is None else "it has no label_annotations")
    rater = sources.first_text(said, ("user_id", "user", "annotator")) or (
        file.parent.name if file.name == _LINES else None
    )
    shown = sources.first_text(said, ("displayed_text", "text"))
    seconds = _seconds(said.get("behavioral_data"))
    panel = _panel(said.get("annotator_origin"), rater)
    yield _Answer(where, instance, sources.text(rater), _schemes(schemes), panel, shown, seconds)


def _state_answers(where: str, file: Path, said: dict, found: Collection) -> Iterator[_Answer]:
    """The answers in a user's state: pairs of scheme and label with their value, or {scheme: {label: value}}."""
    rater = sources.text(said.get("user_id")) or sources.text(file.parent.name)
    times = sources.as_dict(said.get("instance_id_to_behavioral_data"))
    for name, given in sources.as_dict(said.get(_ANSWERS)).items():
        instance, schemes = sources.text(name), given
        if isinstance(given, list):
            schemes = {}
            for pair in given:
                label = sources.as_dict(pair[0]) if isinstance(pair, list) and len(pair) == 2 else {}
                scheme, chosen = sources.text(label.get("schema")), sources.text(label.get("name"))
                if scheme and chosen:
                    schemes.setdefault(scheme, {})[chosen] = pair[1]
                else:
                    found.skip(
                        f"{where}, instance {name}", "an answer is not a pair of scheme and label with its value"
                    )
        if instance is None:
            found.skip(where, "an instance has no id")
            continue
        seconds, panel = _seconds(times.get(name)), _panel(said.get("origin"), rater)
        yield _Answer(f"{where}, instance {instance}", instance, rater, _schemes(schemes), panel, None, seconds)


def _schemes(given: Any) -> dict[str, dict[str, Any]]:
    """{scheme: {label: value}} of any form, with the labels that were chosen only."""
    schemes = {}
    for name, value in sources.as_dict(given).items():
        if isinstance(value, dict) and isinstance(value.get("labels"), dict):
            value = value["labels"]
        if not isinstance(value, dict):
            value = {
                text: True for each in (value if isinstance(value, list) else [value]) if (text := sources.text(each))
            }
        chosen = {sources.text(label): said for label, said in value.items() if _is_chosen(said)}
        chosen.pop(None, None)
        if chosen and sources.text(name):
            schemes[sources.text(name)] = chosen
    return schemes


def _is_chosen(value: Any) -> bool:
    """Not 0, false or nothing; the text "0" may be the key of the tenth option, so `_graded` judges that."""
    if isinstance(value, (bool, int, float)):
        return value != 0 and value == value
    return (sources.text(value) or "false").lower() != "false"


def _panel(origin: Any, rater: str | None) -> str:
    """Machines declare themselves in newer versions; all others are people."""
    kind = sources.text(origin) or sources.text(sources.as_dict(origin).get("kind")) or "human"
    return "human" if kind == "human" else sources.panel("model", rater)


def _seconds(said: Any) -> float | None:
    """How long the user took: "Time spent: 0d 0h 1m 50s", or milliseconds."""
    said = sources.as_dict(said)
    clock = _CLOCK.search(sources.text(said.get("time_string")) or "")
    if clock:
        days, hours, minutes, seconds = (int(part) for part in clock.groups())
        return float(86_400 * days + 3600 * hours + 60 * minutes + seconds)
    milliseconds = sources.number(said.get("total_time_ms"))
    return None if milliseconds is None or milliseconds < 0 else milliseconds / 1000


def _latest(answers: list[_Answer], found: Collection) -> list[_Answer]:
    """The last answer of each user to each instance; earlier ones are listed."""
    last = {(answer.rater, answer.instance): answer for answer in answers}
    for answer in answers:
        newer = last[answer.rater, answer.instance]
        if answer.rater is not None and newer is not answer:
            found.skip(answer.where, f"{answer.rater} answers it again ({newer.where})")
    return [answer for answer in answers if answer.rater is None or last[answer.rater, answer.instance] is answer]


def _is_graded(scheme: str, answers: list[_Answer]) -> bool:
    """Whether values are strengths: the number of one label differs between answers. The key of an option never does."""
    numbers: dict[str, set[float]] = {}
    for answer in answers:
        for label, value in answer.schemes.get(scheme, {}).items():
            if (number := sources.number(value)) is not None:
                numbers.setdefault(label, set()).add(number)
    return any(len(values) > 1 for values in numbers.values())


def _add(found: Collection, answer: _Answer, asked: _Asked, sounds: Sounds) -> None:
    """An answer's clip and votes. Ratings and comment stand with the first vote."""
    common = _ratings(answer, found) | _comment(answer)
    if any(len(answer.schemes.get(scheme, {})) > 1 for scheme in {*asked.first} - asked.graded):
        found.count("answers choose several labels: the first is the vote's label, the others are secondary labels")
    votes = list(_votes(answer, asked))
    found.count(questions.SECOND_ALONE, not votes and bool(answer.schemes.keys() & set(asked.second)))
    if not votes and common.keys() - {"comment"}:
        votes = [{"panel": answer.panel, "label": None}]
    if not votes:
        return found.skip(answer.where, "it answers no scheme about an emotion, valence, arousal or dominance")
    address, transcript = _shown(answer.shown)
    found.add_clip(
        answer.instance, transcript=transcript, **sounds.find(address, answer.instance, clip=answer.instance)
    )
    for place, vote in enumerate(votes):
        more = common if place == 0 else {}
        found.add_vote(answer.instance, rater=answer.rater, seconds=answer.seconds, **vote, **more)


def _votes(answer: _Answer, asked: _Asked) -> Iterator[dict[str, Any]]:
    """One vote for each scheme about emotions that was answered."""
    further = [label for scheme in asked.second for label in answer.schemes.get(scheme, {})]
    for scheme in asked.first:
        labels, shares = list(answer.schemes.get(scheme, {})), []
        if scheme in asked.graded:
            labels, shares = _ranked(answer, scheme)
        elif labels:
            labels, further = labels + further, []
        if labels:
            yield {
                "panel": sources.panel(answer.panel, scheme if asked.apart else None),
                "label": labels[0],
                "secondary": labels[1:],
                "strengths": ";".join(f"{share:.6g}" for share in shares[1:]) or None,
            }


def _ranked(answer: _Answer, scheme: str) -> tuple[list[str], list[float]]:
    """Labels from the strongest to the weakest, and their shares of its strength; a hash puts equals in order."""
    given = {label: sources.number(value) or 0.0 for label, value in answer.schemes[scheme].items()}
    heard = {label: value for label, value in given.items() if value > 0}

    def order(label: str) -> tuple[float, str]:
        return -heard[label], hashlib.sha256(f"{answer.instance}|{answer.rater}|{label}".encode()).hexdigest()

    labels = sorted(heard, key=order)
    return labels, [heard[label] / heard[labels[0]] for label in labels]


def _ratings(answer: _Answer, found: Collection) -> dict[str, float]:
    """Answers on scales: {"3": "3"}, {"scale_3": "3"}, {"3": "true"} or {"slider": "45"}."""
    ratings = {}
    for scheme, chosen in answer.schemes.items():
        name = questions.rating_name(scheme)
        if name:
            if len(chosen) > 1:
                found.count(f"answers choose several points of the scale {scheme} and were left out")
                continue
            label, value = next(iter(chosen.items()))
            point = re.search(r"-?[0-9]+(\.[0-9]+)?$", label)
            number = sources.number(value) if point or label in _BOXES else None
            number = sources.number(point[0]) if number is None and point else number
            if number is None:
                found.count(f"answers to the scheme {scheme} are not numbers and were left out")
            else:
                ratings[name] = number
    return ratings


def _comment(answer: _Answer) -> dict[str, str]:
    texts = [
        text
        for scheme, chosen in answer.schemes.items()
        if any(word in scheme.lower() for word in ("comment", "note", "remark"))
        for label, value in chosen.items()
        if label in _BOXES and (text := sources.text(value))
    ]
    return {"comment": "; ".join(texts)} if texts else {}


def _shown(shown: str | None) -> tuple[str | None, str | None]:
    """Where the sound of what was shown lies, and the text: it may be HTML with a player, or no more than a path."""
    if not shown:
        return None, None
    player = re.search(r"""<(?:audio|source)[^>]*\ssrc=["']?([^"'>\s]+)""", shown, flags=re.IGNORECASE)
    bare = sources.text(re.sub(r"<[^>]{0,1000}>", " ", shown))
    if bare and bare.lower().endswith(SUFFIXES) and len(bare.split()) == 1:
        return bare, None
    return (player[1] if player else None), bare


def recognises(path: Path | str) -> bool:
    """Whether the folder holds a user's annotations, within three folders, or the file begins like some."""
    try:
        given = Path(path)
        if given.is_dir():
            below = (
                given.glob(f"{depth}{name}") for depth in ("", "*/", "*/*/", "*/*/*/") for name in (_LINES, _STATE)
            )
            return any(any(files) for files in below)
        with given.open("rb") as file:
            begins = file.read(1 << 16).decode("utf-8-sig", "ignore").lstrip()
    except (OSError, ValueError):
        return False
    exported = '"instance_id"' in begins and '"user_id"' in begins and '"labels"' in begins
    return begins.startswith(("{", "[")) and ('"label_annotations"' in begins or f'"{_ANSWERS}"' in begins or exported)


FORMAT = Format("potato", "Potato", _GIVE, read, recognises)
