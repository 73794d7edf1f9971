"""What the stand-in models say: every answer is a pure function of the request, so that an interrupted run ends like any other."""

import json
import math
import re
from dataclasses import dataclass
from hashlib import blake2b

LISTED = re.compile(r"(?:select only from|following emotions|possible emotions)\s*:\s*([^\n.]+)", re.IGNORECASE)
CLIP_WEIGHT, PROMPT_WEIGHT = 3.0, 1.0  # log-weights: a clip decides more of its label than the wording does
TOKEN_CHARS = 4


@dataclass(frozen=True)
class Call:
    """One request for answers, whichever provider's words it came in.

    prompt: all its text, joined by newlines. audio: sha1 of each sound's bytes, hexadecimal. audio_s: their length in seconds.
    labels: what may be answered. form: how it is answered, a name in FORMS. field: the JSON field of the label, where it has one.
    max_tokens: the longest answer, or None.
    """

    model: str
    prompt: str
    audio: tuple[str, ...] = ()
    audio_s: float = 0.0
    seed: int | None = None
    temperature: float = 1.0
    candidates: int = 1
    labels: tuple[str, ...] = ()
    form: str = "label"
    field: str = ""
    max_tokens: int | None = None

    @property
    def identity(self) -> tuple:
        """What the answers depend on."""
        return self.seed, self.temperature, self.prompt, self.audio

    @property
    def key(self) -> str:
        """Equal for a request and its retries, 32 hexadecimal digits."""
        return digest(self.model, self.candidates, *self.identity)


def digest(*parts) -> str:
    """A hash of the parts, 32 hexadecimal digits."""
    return blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def uniform(*parts) -> float:
    """A number in (0, 1) that depends on the parts alone, uniform over differing parts."""
    number = int.from_bytes(blake2b(repr(parts).encode(), digest_size=6).digest())
    return (number + 0.5) / 2**48


def answer(call: Call, index: int) -> str:
    """The text of candidate `index`, in the form that the call asks for."""
    return FORMS[call.form](call, index)


def tokens(text: str) -> int:
    """How many tokens the text counts, at four characters each; never fewer than 1 for some text."""
    return math.ceil(len(text) / TOKEN_CHARS)


def listed_labels(prompt: str) -> tuple[str, ...]:
    """The labels after the last "Select only from:", "Possible emotions:" or "following emotions:"; () where there are none."""
    lists = LISTED.findall(prompt)
    parts = re.split(r",\s*(?:and\s+)?|\s+and\s+", lists[-1].strip()) if lists else []
    return tuple(part.strip() for part in parts if part.strip())


def form_of_prompt(prompt: str) -> dict:
    """Labels and form, as fields of a Call, of a request without a schema."""
    return {"labels": listed_labels(prompt), "form": "percentages" if "percentage" in prompt.lower() else "label"}


def form_of_schema(schema: dict, *, json_reply: bool) -> dict:
    """Labels and form, as fields of a Call, of a request with a schema: an enum, an object with one, or an object of numbers."""
    if "enum" in schema:
        return {"labels": tuple(schema["enum"]), "form": "json" if json_reply else "label"}
    properties = schema.get("properties", {})
    for field, inner in properties.items():
        if "enum" in inner:
            return {"labels": tuple(inner["enum"]), "form": "json", "field": field}
    return {"labels": tuple(properties), "form": "numbers"}


def _log_weight(call: Call, label: str) -> float:
    return CLIP_WEIGHT * uniform("clip", call.audio, label) + PROMPT_WEIGHT * uniform("prompt", call.prompt, label)


def _noise(call: Call, index: int, label: str) -> float:
    return -math.log(-math.log(uniform("answer", *call.identity, index, label)))


def _choose(call: Call, index: int) -> str:
    # The highest log-weight / T + Gumbel noise is a choice in proportion to weight^(1/T), and needs no running sums.
    def height(label):
        return _log_weight(call, label) + call.temperature * _noise(call, index, label)

    return max(call.labels, key=height, default="I hear one person speaking.")


def _json_label(call: Call, index: int) -> str:
    label = _choose(call, index)
    return json.dumps({call.field: label} if call.field else label)


def _shares(call: Call, index: int) -> dict[str, int]:
    """Whole percentages by label; they sum to 100."""
    weights = {
        label: math.exp(_log_weight(call, label) + call.temperature * _noise(call, index, label))
        for label in call.labels
    }
    exact = {label: 100 * weight / sum(weights.values()) for label, weight in weights.items()}
    shares = {label: math.floor(share) for label, share in exact.items()}
    by_remainder = sorted(exact, key=lambda label: shares[label] - exact[label])
    for label in by_remainder[: 100 - sum(shares.values())]:
        shares[label] += 1
    return shares


def _percentages(call: Call, index: int) -> str:
    return ", ".join(f"{label.capitalize()}: {share}%" for label, share in _shares(call, index).items())


def _numbers(call: Call, index: int) -> str:
    whole = 1 if "percent" in call.prompt.lower() else 100
    return json.dumps({label: share / whole for label, share in _shares(call, index).items()})


FORMS = {"label": _choose, "json": _json_label, "percentages": _percentages, "numbers": _numbers}
