"""`KEY=VALUE` words, as commands and forms take them."""

from collections.abc import Sequence
from contextlib import suppress

from emo_core.errors import BadInput


def read_pairs(words: Sequence[str]) -> dict[str, str | int | float | bool]:
    """The words as a mapping; numbers are numbers, true and false are what they say. Raises BadInput.

    >>> read_pairs(["gres=gpu:1", "nodes=2", "alpha=0.4", "across_speakers=false"])
    {'gres': 'gpu:1', 'nodes': 2, 'alpha': 0.4, 'across_speakers': False}
    """
    found = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not (key and equals):
            raise BadInput(f"{word!r} is no KEY=VALUE. Write it as partition=gpu.")
        found[key] = _value(value)
    return found


def _value(text: str) -> str | int | float | bool:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text
