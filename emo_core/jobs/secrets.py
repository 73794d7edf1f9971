"""Keys of services stay in the environment of the processes that need them: in no file, log or message."""

import os
import re

KEYS = ("GEMINI_API_KEY", "GOOGLE_API_KEY", "OPENAI_API_KEY", "HF_TOKEN")
HIDDEN = "•••"
LEAST_LENGTH = 8  # anything shorter is no key, and would blank ordinary words


def scrub(text: str) -> str:
    """The text with the value of every key of this process hidden, also where a URL quotes some of its letters."""
    values = [value.strip() for value in map(os.environ.get, KEYS) if value and len(value.strip()) >= LEAST_LENGTH]
    for value in sorted(values, key=len, reverse=True):  # one key may begin like another
        text = re.sub("".join(map(_letter, value)), HIDDEN, text)
    return text


def _letter(letter: str) -> str:
    """A pattern for the letter itself and for its quoted form, such as %2F or %2f."""
    quoted = "".join(f"%{byte:02X}" for byte in letter.encode())
    return re.escape(letter) if letter.isalnum() else f"(?:{re.escape(letter)}|(?i:{quoted}))"
