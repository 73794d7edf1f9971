"""What a model is told: templates and personas as text files, rendered for a clip, known by the hash of what was sent.

The prompt and the five personas are Table 1 of paper 1; `ambiguous` and `single` are the two prompts of paper 2 (sections 3.3
and 5.2). Files in the folders `personas` and `prompts` of a store come on top: a file of the same name replaces ours.

A template may hold {emotions}, {transcript} and {persona}. A line that names the transcript goes where a clip has none.

References
    W. Zhang et al., "Scaling Ambiguity", arXiv 2601.14620 (2026), Table 1.
    J. V. Halim et al., "Token-Level Logits Matter", arXiv 2505.18484 (2025).
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from emo_core.errors import BadInput

_HERE = Path(__file__).parent
FIELDS = ("emotions", "transcript", "persona")
LONGEST = 4_000  # characters of a template or persona
# How an emotion is called in a list to choose from; others go by their own name.
WORDS = {
    "anger": "angry", "disgust": "disgusted", "fear": "fearful", "surprise": "surprised", "contempt": "contemptuous",
    "boredom": "bored", "anxiety": "anxious", "amusement": "amused",
}  # fmt: skip


def personas(folder: Path | None = None) -> dict[str, str]:
    """{name: text}, ours and those in `folder` (of a store), in the order of their names, ours first."""
    return _texts("personas", folder)


def templates(folder: Path | None = None) -> dict[str, str]:
    """{name: text} of the templates."""
    return _texts("prompts", folder)


def _texts(kind: str, folder: Path | None) -> dict[str, str]:
    files = [*sorted((_HERE / kind).glob("*.txt")), *(sorted((folder / kind).glob("*.txt")) if folder else ())]
    return {file.stem: checked(kind[:-1], read_text(file)) for file in files}


def read_text(file: Path) -> str:
    """The text of a template's or persona's file. Raises BadInput."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"{file.name} is no text that can be read ({error}). Save it as UTF-8, or name another."
        ) from error


def checked(kind: str, text: str) -> str:
    """`text` without space at its ends, if it can be a persona or a prompt. Raises BadInput."""
    text = text.strip()
    if not 1 <= len(text) <= LONGEST:
        raise BadInput(f"A {kind} has 1 to {LONGEST:,} characters, got {len(text):,}. Write another.")
    unknown = sorted(set(re.findall(r"\{(\w*)\}", text)) - set(FIELDS))
    if unknown and kind == "prompt":
        raise BadInput(f"A prompt has no field {{{unknown[0]}}}; it has {', '.join(f'{{{name}}}' for name in FIELDS)}.")
    return text


def save_persona(folder: Path, name: str, text: str) -> None:
    """Keep a persona in a store's folder, over one of the same name. Raises BadInput."""
    if not re.fullmatch(r"[\w-]{1,40}", name):
        raise BadInput(f"{name!r} cannot name a persona: 1 to 40 letters, digits, hyphens. Choose another name.")
    (folder / "personas").mkdir(parents=True, exist_ok=True)
    (folder / "personas" / f"{name}.txt").write_text(checked("persona", text) + "\n", encoding="utf-8")


def words_for(emotions: Sequence[str]) -> dict[str, str]:
    """{emotion: how a prompt calls it}.

    >>> words_for(["anger", "sad"])
    {'anger': 'angry', 'sad': 'sad'}
    """
    return {name: WORDS.get(name, name) for name in emotions}


def render(template: str, *, words: Mapping[str, str], persona: str = "", transcript: str | None = None) -> str:
    """The prompt of one clip.

    >>> render("Words: {transcript}\\nOne of: {emotions}. {persona}", words={"sad": "sad", "fear": "fearful"}, persona="Listen.")
    'One of: sad, fearful. Listen.'
    """
    spoken = (transcript or "").strip()
    lines = [line for line in template.splitlines() if spoken or "{transcript}" not in line]
    values = {"emotions": ", ".join(words.values()), "transcript": spoken, "persona": persona}
    # in one pass: what a transcript holds is never taken for a field
    return re.sub(r"\{(\w+)\}", lambda field: values.get(field[1], field[0]), "\n".join(lines))


def short_hash(*texts: str) -> str:
    """Twelve hexadecimal digits that follow from texts: the version of a prompt or persona."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]
