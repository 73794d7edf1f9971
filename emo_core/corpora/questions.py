"""Which of a corpus's questions, columns or schemes ask for an emotion, and which for valence, arousal or dominance."""

import re
from collections.abc import Iterable, Mapping

from emo_core import vocabulary
from emo_core.corpora.sources import number

SECOND_ALONE = "answers name a second emotion but no first one; the second emotion was left out"
_RATINGS = {"activation": "arousal", "emoval": "valence", "emoact": "arousal", "emodom": "dominance"}
_RATING_NAME = re.compile(
    r"(?:\w+[ _.:-])?(valence|arousal|activation|dominance|emoval|emoact|emodom)"
    r"(?:[ _.:-](?:rating|score|value|mean|scale|level))?"
)


def asks_for_emotion(name: str, labels: Iterable[str]) -> bool:
    """Whether a question or column is about emotions: its name says so, or half of its telling labels are emotions.

    >>> asks_for_emotion("perceived_emotion", ["glum"]), asks_for_emotion("q1", ["happy", "sad", "tired"])
    (True, True)
    >>> asks_for_emotion("sentiment", ["positive", "neutral"]), asks_for_emotion("demographics", ["m", "f"])
    (False, False)

    Labels of one letter, `neutral` and `other` tell nothing: questions about other things have them too.
    """
    labels = list(labels)
    if re.search(r"emotion|(?<![a-z])emo(?![a-z])|(?<![a-z])feeling", name.lower()):
        return not labels or any(number(label) is None for label in labels)
    telling = [label for label in labels if len(label) > 1 and label.lower() not in ("neutral", "other")]
    known = sum(vocabulary.find_emotion(label) is not None for label in telling)
    return 0 < known >= len(telling) / 2


def emotion_questions(given: Mapping[str, Iterable[str]]) -> tuple[list[str], list[str]]:
    """Of the questions and the labels given to them, those that ask for an emotion, and for a second one.

    Where no name or label tells and there is only one question, it is that one. A second emotion is never taken for a first.
    """
    found = [name for name, labels in given.items() if asks_for_emotion(name, labels)]
    if not found and len(given) == 1:
        found = list(given)
    second = [name for name in found if "second" in name.lower()]
    return [name for name in found if name not in second], second


def rating_name(name: str) -> str | None:
    """Which of valence, arousal and dominance a question or column rates, None where it rates something else.

    >>> rating_name("Valence"), rating_name("perceived_activation"), rating_name("EmoDom"), rating_name("arousal.std")
    ('valence', 'arousal', 'dominance', None)
    """
    found = _RATING_NAME.fullmatch(name.strip().lower())
    return _RATINGS.get(found.group(1), found.group(1)) if found else None
