"""What a rater sent about one clip, checked against the campaign's form and turned into a vote.

An answer is {"emotion", "secondary": [...], "shares": {emotion: listeners}, "grades": {emotion: grade}, "valence",
"arousal", "dominance", "confidence": points, "comment", "flags": [...]}, of which a form asks for a part.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from emo_core.errors import BadInput
from emo_core.labelling.campaign import Form
from emo_core.seeding import number_from

LONGEST_COMMENT = 2_000


@dataclass(frozen=True)
class Vote:
    """What an answer says in the terms of the votes table. `emotion` is None where none was heard or asked for.

    strengths   of the secondary emotions beside the label's own 1, in (0, 1]
    scales      {valence, arousal, dominance: 1 … points}
    confidence  0 … 1
    """

    emotion: str | None = None
    secondary: tuple[str, ...] = ()
    strengths: tuple[float, ...] = ()
    scales: Mapping[str, int] | None = None
    confidence: float | None = None
    comment: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing that could be a vote: flags alone."""
        return self.emotion is None and not self.scales


def read(form: Form, answer: Mapping, *, key: str) -> Vote:
    """The vote that an answer stands for. `key` (clip and rater) decides between emotions of equal strength.

    Raises BadInput where the answer breaks the form.
    """
    if not isinstance(answer, Mapping):
        raise BadInput(f"An answer is an object with named parts, got {answer!r}.")
    flags = _listed("flags", answer.get("flags"), form.flags)
    weights = _weights(form, answer)
    heard = sorted(weights, key=lambda name: (-weights[name], number_from(key, name)))
    if form.question in ("one", "several"):  # the rater said which is the first
        heard = list(weights)
    scales = {
        name: _whole(name, answer.get(name), 1, form.points) for name in form.scales if answer.get(name) is not None
    }
    confidence = answer.get("confidence") if form.confidence else None
    if not flags:
        _check_complete(form, heard, scales, confidence)
    top = weights[heard[0]] if heard else 1.0
    return Vote(
        emotion=heard[0] if heard else None,
        secondary=tuple(heard[1:]),
        strengths=tuple(weights[name] / top for name in heard[1:]),
        scales=scales or None,
        confidence=None
        if confidence is None
        else (_whole("confidence", confidence, 1, form.confidence) - 1) / (form.confidence - 1),
        comment=_comment(form, answer.get("comment")),
    )


def _check_complete(form: Form, heard: list[str], scales: Mapping, confidence: object) -> None:
    if form.question != "none" and not heard and form.question != "graded":
        raise BadInput("The answer names no emotion. Choose one, or flag the clip.")
    missing = [name for name in form.scales if name not in scales] if form.needs_scales else []
    if form.needs_confidence and confidence is None:
        missing.append("confidence")
    if missing:
        raise BadInput(f"The answer lacks {', '.join(missing)}. Give it, or flag the clip.")


def _weights(form: Form, answer: Mapping) -> dict[str, float]:
    """{emotion: weight above 0} in the order in which the rater put them, where they did."""
    if form.question == "soft" and answer.get("shares"):
        shares = _numbers("shares", answer["shares"], form.emotions, form.listeners)
        if sum(shares.values()) != form.listeners:
            raise BadInput(f"The shares sum to {sum(shares.values())}, not to {form.listeners}. Share out the rest.")
        return {name: float(share) for name, share in shares.items() if share}
    if form.question == "graded" and answer.get("grades") is not None:
        grades = _numbers("grades", answer["grades"], form.emotions, form.grades)
        if len(grades) < len(form.emotions) and not answer.get("flags"):
            raise BadInput(f"Grade every emotion; {', '.join(e for e in form.emotions if e not in grades)} is missing.")
        return {name: float(grade) for name, grade in grades.items() if grade}
    if form.question not in ("one", "several") or answer.get("emotion") is None:
        if form.question == "graded" and not answer.get("flags"):
            raise BadInput("Grade every emotion, or flag the clip.")
        return {}
    named = [answer["emotion"]]
    if form.question == "several":
        named += [name for name in _as_list(answer.get("secondary")) if name != named[0]]
    return dict.fromkeys(_listed("emotions", named, form.emotions), 1.0)


def _listed(what: str, given: object, known: tuple[str, ...]) -> list[str]:
    given = _as_list(given)
    for name in given:
        if name not in known:
            raise BadInput(f"{name!r} is not among the {what} of this campaign: {', '.join(known) or 'none'}.")
    return list(dict.fromkeys(given))


def _as_list(given: object) -> list:
    return list(given or ()) if isinstance(given, list | tuple | None) else [given]


def _numbers(what: str, given: object, known: tuple[str, ...], most: int) -> dict[str, int]:
    if not isinstance(given, Mapping):
        raise BadInput(f"The {what} are an object, {{emotion: number}}; got {given!r}.")
    _listed(what, list(given), known)
    return {name: _whole(f"{what} of {name}", value, 0, most) for name, value in given.items()}


def _whole(what: str, value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadInput(f"{what} is a whole number from {low} to {high}, got {value!r}.")
    return value


def _comment(form: Form, text: object) -> str | None:
    if not form.comment or text is None:
        return None
    if not isinstance(text, str) or len(text) > LONGEST_COMMENT:
        raise BadInput(f"A comment is a text of {LONGEST_COMMENT:,} characters at most.")
    return text.strip() or None
