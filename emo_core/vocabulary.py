"""Emotion names: one spelling each, the synonyms and codes that mean it, and one colour each, everywhere.

The colours are the Okabe–Ito set (Okabe & Ito 2008, "Color Universal Design"), which readers with any of the common colour
vision deficiencies can tell apart; the names beyond its eight take muted tones that stay clear of them.
"""

import re
from collections.abc import Iterable, Sequence

from emo_core.errors import BadInput, UnknownName
from emo_core.spelling import cleaned, folded

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
    "annoyed": ("#B5651D", "annoyance irritated"),
    "concerned": ("#8FA6B2", "concern"),
    "confused": ("#A89F91", "confusion"),
    "disappointed": ("#5F7F9E", "disappointment disappointing"),
    "depressed": ("#3B4F73", "depression"),
    "other": ("#4D4D4D", "o oth"),
}

EMOTIONS: tuple[str, ...] = tuple(_EMOTIONS)
# Colours for emotions that a lab adds without saying one; taken in turn.
_SPARE_COLOURS = ("#4E9F9F", "#B07AA1", "#9C755F", "#86BCB6", "#D37295", "#79706E", "#B6992D", "#499894")

# Sets of classes as corpora and papers use them.
SETS: dict[str, tuple[str, ...]] = {
    "four classes (IEMOCAP papers)": ("anger", "happy", "neutral", "sad"),
    "six classes (CREMA-D)": ("anger", "disgust", "fear", "happy", "neutral", "sad"),
    "Ekman's six": ("anger", "disgust", "fear", "happy", "sad", "surprise"),
    "eight classes (RAVDESS)": ("anger", "disgust", "fear", "happy", "neutral", "sad", "surprise", "calm"),
    "MSP-Podcast (A S H U F D C N)": ("anger", "disgust", "fear", "happy", "neutral", "sad", "surprise", "contempt"),
}
# Where an emotion goes when a study has no class of its own for it: the merges that papers across corpora make.
USUAL_MERGES: dict[str, str] = {
    "excited": "happy", "amusement": "happy", "calm": "neutral", "frustrated": "anger", "annoyed": "anger",
    "contempt": "disgust", "anxiety": "fear", "depressed": "sad", "disappointed": "sad", "concerned": "sad",
}  # fmt: skip


def _spellings(name: str, words: str) -> dict[str, str]:
    return {folded(word): name for word in (name, *words.split())}


_colours: dict[str, str] = {name: colour for name, (colour, _) in _EMOTIONS.items()}
_meanings: dict[str, str] = {}
for _name, (_, _words) in _EMOTIONS.items():
    _meanings |= _spellings(_name, _words)


def names() -> tuple[str, ...]:
    """Every emotion that is known: the standard ones, then those that the lab added, in the order of their adding."""
    return tuple(_colours)


def spellings() -> dict[str, str]:
    """Every spelling that is understood, folded (see `spelling.folded`), and the name that it means."""
    return dict(_meanings)


def add_emotion(name: str, *, colour: str | None = None, synonyms: str = "") -> str:
    """Make an emotion of the lab's own known to this process, and return its name. The store keeps it (`add_emotion` there).

    A name is one to forty letters, digits, spaces, hyphens; synonyms are separated by spaces; a colour reads #RRGGBB.
    Adding it again changes nothing but the colour.

    Raises BadInput where a name or colour breaks a rule, or a spelling means another emotion already.
    """
    name = " ".join(cleaned(name).lower().split())
    if not re.fullmatch(r"\w[\w -]{0,39}", name) or name.isdigit():
        raise BadInput(
            f"{name!r} cannot name an emotion: up to 40 letters, digits, spaces and hyphens. Choose another."
        )
    if colour is not None and not re.fullmatch(r"#[0-9A-Fa-f]{6}", colour):
        raise BadInput(f"{colour!r} is no colour: write it as #RRGGBB, for example #4E9F9F.")
    meant = _spellings(name, synonyms)
    for word in meant:
        if _meanings.get(word, name) != name:
            raise BadInput(f"{word!r} means {_meanings[word]} already. Choose another name, or leave that synonym out.")
    if name in _EMOTIONS:
        raise BadInput(f"{name!r} is one of the standard emotions. It is there already.")
    spare = _SPARE_COLOURS[(len(_colours) - len(_EMOTIONS)) % len(_SPARE_COLOURS)]
    _colours[name] = colour or _colours.get(name) or spare
    _meanings.update(meant)
    return name


def find_emotion(name: str) -> str | None:
    """The standard name that `name` means, or None. Case and spaces at the ends do not matter."""
    return _meanings.get(folded(name))


def emotion(name: str) -> str:
    """The standard name that `name` means.

    >>> emotion("ANG"), emotion(" joy "), emotion("H")
    ('anger', 'happy', 'happy')

    Raises UnknownName, listing the known ones.
    """
    found = find_emotion(name)
    if found is None:
        raise UnknownName("emotion", name, names())
    return found


def emotions(given: str | Iterable[str]) -> tuple[str, ...]:
    """Standard names of a list, or of one comma-separated string, in the order given.

    >>> emotions("ang, joy,sadness")
    ('anger', 'happy', 'sad')

    Raises BadInput where the list is empty or names one emotion twice, UnknownName where a name is not known.
    """
    parts = given.split(",") if isinstance(given, str) else list(given)
    found = tuple(emotion(part) for part in parts if str(part).strip())
    if not found:
        raise BadInput(f"At least one emotion is needed. Choose among: {', '.join(names())}.")
    doubled = {name for name in found if found.count(name) > 1}
    if doubled:
        raise BadInput(f"An emotion stands twice in the list: {', '.join(sorted(doubled))}. Name each once.")
    return found


def in_standard_order(given: Iterable[str]) -> tuple[str, ...]:
    """The names sorted as in `names()`, so that bars and columns stand in one order everywhere."""
    return tuple(sorted(set(given), key=names().index))


def colours(given: Sequence[str]) -> list[str]:
    """One colour (`#RRGGBB`) for each name."""
    return [_colours[name] for name in given]


def usual_merges(classes: Iterable[str], used: Iterable[str]) -> dict[str, str]:
    """The usual merges that bring what is `used` into `classes`.

    >>> usual_merges(["anger", "happy", "neutral", "sad"], ["excited", "fear", "happy"])
    {'excited': 'happy'}
    """
    classes = set(classes)
    return {name: USUAL_MERGES[name] for name in used if name not in classes and USUAL_MERGES.get(name) in classes}
