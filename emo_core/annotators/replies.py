"""What a model's reply says, read strictly: a reply that is none of the offered words is invalid, never guessed."""

import re
from collections.abc import Mapping

import numpy as np

from emo_core import vocabulary

SLACK = 0.02  # how far from 100 % percentages may sum and still count as whole: rounding
# What may stand between an emotion and its percentage, in one line; a comma would pair "35% happy, 20% sad" wrongly, and "<5%"
# is no number. Ranges ("10-20%") and fractions are none either.
_BETWEEN = r"[^\S\n]*(?:[*_\"'`():=|~≈→–—-][^\S\n]*)*?"
_NUMBER = r"(-?)(\d++(?:[.,]\d++)?+)(?!\s*%?\s*(?:[-–—/]|to\b)\s*\d)"


def parse_label(reply: str, words: Mapping[str, str]) -> str | None:
    """The emotion that a reply names, None where it names none or anything beside it. Case, quotes and a final period are
    let pass; an emotion's own name counts like the word for it.

    words: {emotion: word}

    >>> parse_label(" Angry.", {"anger": "angry", "sad": "sad"}), parse_label("angry or sad", {"anger": "angry", "sad": "sad"})
    ('anger', None)
    """
    said = reply.lstrip(" \t\r\n\"'*`“‘").rstrip(" \t\r\n\"'*`”’.!").casefold()
    for emotion, word in words.items():
        if said in (word.casefold(), emotion.casefold()):
            return emotion
    return None


def parse_percentages(reply: str, words: Mapping[str, str]) -> tuple[np.ndarray, bool] | None:
    """Percentages for each emotion in the order of `words`, not normalised, and whether they sum to 100 (within rounding).

    None where the reply is invalid: an emotion without a percentage or with two different ones, a negative one, or all zero.

    >>> parse_percentages("Happy: 0%, Sad: 35 %, Angry: 65%", {"anger": "angry", "happy": "happy", "sad": "sad"})
    (array([65.,  0., 35.]), True)
    >>> parse_percentages("Sad: 35 %", {"anger": "angry", "sad": "sad"}) is None
    True
    """
    found = [_percentage(reply.casefold(), _names(emotion, word)) for emotion, word in words.items()]
    if any(value is None for value in found):
        return None
    values = np.array(found)
    if values.sum() <= 0:
        return None
    return values, bool(abs(values.sum() - 100) <= 100 * SLACK)


def _names(emotion: str, word: str) -> set[str]:
    """What a reply may call an emotion: models write happiness where they were asked for happy."""
    known = {spelling for spelling, meant in vocabulary.spellings().items() if meant == emotion and len(spelling) > 3}
    return known | {word.casefold(), emotion.casefold()}


def _percentage(reply: str, names: set[str]) -> float | None:
    """The one number that follows any of the names in the same line, with no word in between."""
    said = set()
    for name in names:
        for sign, number in re.findall(rf"(?<!\w){re.escape(name)}(?!\w){_BETWEEN}{_NUMBER}", reply):
            said.add(-1.0 if sign else float(number.replace(",", ".")))
    return said.pop() if len(said) == 1 and min(said) >= 0 else None
