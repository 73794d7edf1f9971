"""One way to clean and to compare what people and programs write: names of clips and raters, labels, and panels.

Cells that were pasted from a page or a spreadsheet end with spaces and marks that nobody sees, é has two encodings, and
case folding differs between languages and programs. The store does the same in SQL (`staging_macros.sql`); a test holds
the two against each other for every character.
"""

import unicodedata

# Regular expression (RE2) for white space, separators, and control and format characters at the ends of a text.
EDGES = r"^[\s\p{Z}\p{Cc}\p{Cf}]+|[\s\p{Z}\p{Cc}\p{Cf}]+$"


def cleaned(written: object) -> str:
    r"""The text without white space and invisible characters at its ends, in Unicode's composed form (NFC).

    >>> cleaned("\u00a0a b.wav\u200b "), len(cleaned("e\u0301"))
    ('a b.wav', 1)
    """
    text = str(written)
    first, last = 0, len(text)
    while first < last and _is_invisible(text[first]):
        first += 1
    while first < last and _is_invisible(text[last - 1]):
        last -= 1
    return unicodedata.normalize("NFC", text[first:last])


def folded(written: object) -> str:
    """The cleaned text as labels are compared: case does not tell two of them apart.

    >>> folded(" İYİ "), folded("WEISS") == folded("weiß")
    ('iyi', True)
    """
    # Letter by letter, as SQL's lower() does it: İ is the one letter whose lower case is two characters in Python.
    lower = "".join(letter.lower()[0] for letter in cleaned(written))
    return lower.replace("ß", "ss").replace("ς", "σ")


def _is_invisible(letter: str) -> bool:
    kind = unicodedata.category(letter)
    return kind[0] == "Z" or kind in ("Cc", "Cf")
