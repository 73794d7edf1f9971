"""What calls cost: a dated table that users edit, an estimate before anything is sent, and the price of measured tokens."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import yaml

from emo_core.errors import BadInput

AUDIO_TOKENS_A_SECOND = 32  # Gemini, https://ai.google.dev/gemini-api/docs/audio
LETTERS_A_TOKEN = 4  # of English text, roughly
_OURS = Path(__file__).parent / "prices.yaml"


@dataclass(frozen=True)
class Tokens:
    """Tokens of a call, or of many: text and sound in, reply and thought out."""

    text: int = 0
    audio: int = 0
    output: int = 0
    thought: int = 0

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(*(a + b for a, b in zip(asdict(self).values(), asdict(other).values())))

    def times(self, n: float) -> "Tokens":
        """So many calls like this one."""
        return Tokens(*(round(value * n) for value in asdict(self).values()))


def table(folder: Path | None = None) -> dict[str, dict]:
    """{model: {text, audio, output, batch, seen, source}}, ours and above them those of a store's `prices.yaml`.

    Raises BadInput where a file is not of that form.
    """
    known = {}
    for file in (_OURS, *([folder / "prices.yaml"] if folder else [])):
        if file.is_file():
            known |= _read(file)
    return known


def _read(file: Path) -> dict[str, dict]:
    try:
        given = yaml.safe_load(file.read_text(encoding="utf-8"))
        common = {"batch": _amount(given.get("batch", 1)), "source": str(given.get("source", file.name))}
        return {
            str(model): common
            | {name: _amount(row[name]) for name in ("text", "audio", "output")}
            | {"seen": str(date.fromisoformat(str(row["seen"])))}
            for model, row in given["models"].items()
        }
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadInput(
            f"{file.name} is no price table ({type(error).__name__}: {error}). It names models with text, audio, output "
            "(USD per million tokens) and the day the price was seen."
        ) from error


def _amount(given: object) -> float:
    value = float(given)
    if not 0 <= value < math.inf:
        raise ValueError(f"{given} is no price")
    return value


def find(model: str, folder: Path | None = None) -> dict:
    """The prices of a model, those of its family where a dated version is named; empty where none are known."""
    known = table(folder)
    name = model.removeprefix("models/")
    near = [known_name for known_name in known if name == known_name or name.startswith(f"{known_name}-0")]
    return known[max(near, key=len)] if near else {}


def price(tokens: Tokens, prices: Mapping, *, batch: bool = False) -> float:
    """USD for tokens; 0 where there are no prices.

    >>> round(price(Tokens(text=200, audio=144, output=2), {"text": 0.3, "audio": 1.0, "output": 2.5}) * 1e6, 1)
    209.0
    """
    if not prices:
        return 0.0
    paid = tokens.text * prices["text"] + tokens.audio * prices["audio"]
    paid += (tokens.output + tokens.thought) * prices["output"]
    return paid / 1e6 * (prices.get("batch", 1.0) if batch else 1.0)


def days_old(prices: Mapping, today: date) -> int | None:
    """Age of a price in days, None where there is none."""
    return (today - date.fromisoformat(prices["seen"])).days if prices else None
