"""Emotion names: one spelling each, the synonyms and codes that mean it, and one colour each, everywhere.

The colours are the Okabe–Ito set (Okabe & Ito 2008, "Color Universal Design"), which readers with any of the common colour
vision deficiencies can tell apart; the names beyond its eight take muted tones that stay clear of them.
"""

from collections.abc import Iterable, Sequence

from emo_core.errors import BadInput, UnknownName

# name: (colour, synonyms and codes as corpora and models write them)
_EMOTIONS = {
    "anger": ("#D55E00", "angry a ang mad"),
    "disgust": ("#009E73", "disgusted d dis"),
    "fear": ("#9A63B8", "fearful f fea scared afraid"),
    "happy": ("#E69F00", "happiness joy joyful h hap"),
    "neutral": ("#8C8C8C", "n neu"),
    "sad": ("#0072B2", "sadness s sorrow sorrowful"),
    "surprise": ("#56B4E9", "surprised u sur astonished"),
    "contempt": ("#7A5C3E", "contemptuous c con"),
    "excited": ("#F0C75E", "excitement exc"),
    "frustrated": ("#A33B20", "frustration fru"),
    "calm": ("#7FB7A3", "calmness cal relaxed"),
    "boredom": ("#6B7A8F", "bored bor"),
    "anxiety": ("#C79BD2", "anxious worried"),
    "amusement": ("#CC79A7", "amused"),
    "other": ("#4D4D4D", "o oth"),
}

EMOTIONS: tuple[str, ...] = tuple(_EMOTIONS)
COLOURS: dict[str, str] = {name: colour for name, (colour, _) in _EMOTIONS.items()}
SYNONYMS: dict[str, str] = {name: name for name in EMOTIONS} | {
    word: name for name, (_, words) in _EMOTIONS.items() for word in words.split()
}


def find_emotion(name: str) -> str | None:
    """The standard name that `name` means, or None. Case and spaces at the ends do not matter."""
    return SYNONYMS.get(str(name).strip().lower())


def emotion(name: str) -> str:
    """The standard name that `name` means.

    >>> emotion("ANG"), emotion(" joy "), emotion("H")
    ('anger', 'happy', 'happy')

    Raises UnknownName, listing the known ones.
    """
    found = find_emotion(name)
    if found is None:
        raise UnknownName("emotion", name, EMOTIONS)
    return found


def emotions(names: str | Iterable[str]) -> tuple[str, ...]:
    """Standard names of a list, or of one comma-separated string, in the order given.

    >>> emotions("ang, joy,sadness")
    ('anger', 'happy', 'sad')

    Raises BadInput where the list is empty or names one emotion twice, UnknownName where a name is not known.
    """
    parts = names.split(",") if isinstance(names, str) else list(names)
    found = tuple(emotion(part) for part in parts if str(part).strip())
    if not found:
        raise BadInput(f"At least one emotion is needed. Choose among: {', '.join(EMOTIONS)}.")
    doubled = {name for name in found if found.count(name) > 1}
    if doubled:
        raise BadInput(f"An emotion stands twice in the list: {', '.join(sorted(doubled))}. Name each once.")
    return found


def in_standard_order(names: Iterable[str]) -> tuple[str, ...]:
    """The names sorted as in `EMOTIONS`, so that bars and columns stand in one order everywhere."""
    return tuple(sorted(set(names), key=EMOTIONS.index))


def colours(names: Sequence[str]) -> list[str]:
    """One colour (`#RRGGBB`) for each standard name."""
    return [COLOURS[name] for name in names]
