"""Chance that repeats: everything random follows from names and numbers, so that a resumed run equals an uninterrupted one."""

import hashlib


def number_from(*words: object) -> int:
    """A number in 0 … 2⁶⁴ − 1 that follows from words and nothing else.

    >>> number_from(0, "clip7", 3) == number_from(0, "clip7", 3) != number_from(0, "clip7", 4)
    True
    """
    return int.from_bytes(hashlib.blake2b("\0".join(map(str, words)).encode(), digest_size=8).digest())


def share_from(*words: object) -> float:
    """A number in 0 ≤ x < 1 that follows from words, evenly spread."""
    return (number_from(*words) >> 11) / 2**53
