"""What a panel of model votes is to be, as frozen settings, and which persona and temperature each draw gets.

A draw is one vote on one clip; its number, from 0 on, is part of what it is. Persona and temperature follow from (seed, clip,
draw) alone, so that a resumed run neither repeats nor skips a draw. With the schedule `balanced`, each run of as many draws as
there are personas uses every persona once, and over as many such runs as there are temperatures every persona meets every
temperature once; `random` draws both anew each time, as paper 1 words it ("randomly selected from the annotator persona set").

References
    W. Zhang et al., "Scaling Ambiguity", arXiv 2601.14620 (2026), sections 2.2 and 3.2.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Literal

import numpy as np

from emo_core.annotators import prompts
from emo_core.errors import BadInput
from emo_core.records import checked_name
from emo_core.seeding import number_from

PROVIDERS: dict[str, str] = {
    "gemini": "Gemini (google-genai; needs a key)",
    "openai": "a server that speaks OpenAI's chat completions, such as vLLM",
    "local": "a model on this machine or cluster (transformers)",
}
MODES: dict[str, dict[str, str]] = {
    "gemini": {"live": "call by call", "batch": "Batch API: half the price, within a day"},
    "openai": {"live": "call by call"},
    "local": {
        "exact": "one pass gives every label's probability; votes are drawn from it",
        "sampled": "each vote is generated, for comparison",
    },
}
QUESTIONS: dict[str, str] = {
    "label": "one emotion a draw: a panel of votes (paper 1)",
    "distribution": "percentages and token-level logits: distributions (paper 2)",
}
SCHEDULES = ("balanced", "random")
PROMPTS = {"label": ("label",), "distribution": ("ambiguous", "single")}
USUAL_TEMPERATURES = {"label": (0.1, 0.4, 0.7, 1.0), "distribution": (0.0,)}
USUAL_TOKENS = {"label": 16, "distribution": 256}
KEYS = {"gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"), "openai": ("OPENAI_API_KEY",), "local": ()}
MOST_TOGETHER = 8  # replies to one call: Gemini's limit

Provider = Literal["gemini", "openai", "local"]


@dataclass(frozen=True)
class Cell:
    """Who a draw pretends to be: a persona's name, and the temperature."""

    persona: str
    temperature: float

    @property
    def rater(self) -> str:
        """The name of the rater in the panel."""
        return f"{self.persona} @ {self.temperature:g}"


@dataclass(frozen=True)
class Plan:
    """A panel of model votes, or a set of model distributions, before anything is sent.

    study        whose clips are heard; its `emotions` are what the model may choose
    question     a key of `QUESTIONS`
    provider     a key of `PROVIDERS`; `model` as the provider calls it, for `local` a folder or a hub id
    mode         how it is asked, a key of `MODES[provider]`
    votes        draws a clip, 1 … 1,000
    personas     {name: text}, frozen here: editing the files later changes no plan
    prompts      templates: `label`, or for `distribution` both of `ambiguous` and `single`
    words        {emotion: how the prompt calls it}
    transcript   whether the words spoken are told
    temperatures each above 0, at most 2; distributions are read at one, 0 by default: the likeliest reply
    attempts     how often a draw is asked again after an invalid, refused or cut reply
    concurrency  calls under way at once, at most
    cap          USD that the run may cost at most, by the plan's prices; None: no cap (local models)
    prices       USD per million tokens, {text, audio, output}, and their date and source; empty for local models
    base_url     another address of the provider's server, empty for its own
    thinking     tokens that the model may think, None for the model's own choice
    max_tokens   tokens of a reply, thinking not counted; 0: as many as the question usually takes
    stop_gain    bits: stop when one more draw a clip brings JS closer to the reference by less; 0: never; votes asked live alone
    """

    name: str
    study: str
    emotions: tuple[str, ...]
    model: str
    provider: Provider = "gemini"
    question: Literal["label", "distribution"] = "label"
    mode: str = ""
    votes: int = 10
    personas: Mapping[str, str] = field(default_factory=prompts.personas)
    prompts: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    transcript: bool = True
    temperatures: tuple[float, ...] = ()
    schedule: str = "balanced"
    seed: int = 0
    attempts: int = 3
    concurrency: int = 8
    timeout_s: float = 120.0
    cap: float | None = None
    prices: Mapping[str, object] = field(default_factory=dict)
    base_url: str = ""
    thinking: int | None = None
    max_tokens: int = 0
    stop_gain: float = 0.0

    def __post_init__(self):
        object.__setattr__(self, "name", checked_name("run", self.name))
        for name in ("emotions", "temperatures"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "words", prompts.words_for(self.emotions) | dict(self.words))
        if self.question not in QUESTIONS:
            raise BadInput(f"There is no question {self.question!r}. Choose one of {', '.join(QUESTIONS)}.")
        ours, votes = prompts.templates(), 2 if self.question == "distribution" else self.votes
        object.__setattr__(self, "votes", votes)
        object.__setattr__(self, "prompts", {name: ours[name] for name in PROMPTS[self.question]} | dict(self.prompts))
        object.__setattr__(self, "temperatures", self.temperatures or USUAL_TEMPERATURES[self.question])
        object.__setattr__(self, "max_tokens", self.max_tokens or USUAL_TOKENS[self.question])
        if self.provider not in PROVIDERS:
            raise BadInput(f"There is no provider {self.provider!r}. Choose one of {', '.join(PROVIDERS)}.")
        object.__setattr__(self, "mode", self.mode or next(iter(MODES[self.provider])))
        self._check_choices()
        self._check_words()
        self._check_numbers()

    def _check_choices(self) -> None:
        if "/" in self.name:
            raise BadInput(f"The name of a run has no slash, got {self.name!r}. Choose another name.")
        if len(self.panel) > 100:
            raise BadInput(
                f"The panel {self.panel!r} would be called by more than 100 characters. Choose a shorter name."
            )
        if self.mode not in MODES[self.provider]:
            raise BadInput(
                f"{self.provider} has no mode {self.mode!r}. Choose one of {', '.join(MODES[self.provider])}."
            )
        if self.question == "distribution" and self.mode == "batch":
            raise BadInput("Distributions are asked call by call, not in batches. Choose the mode live.")
        if self.stop_gain and (self.mode != "live" or self.question != "label"):
            raise BadInput("Only votes that are asked live can stop by their gain. Set stop_gain to 0.")
        if self.schedule not in SCHEDULES:
            raise BadInput(f"There is no schedule {self.schedule!r}. Choose {' or '.join(SCHEDULES)}.")
        if not self.model.strip():
            raise BadInput("No model is named. Name one, for example gemini-2.5-flash, or the folder of a local model.")
        if self.provider == "openai" and not self.base_url:
            raise BadInput("An OpenAI-compatible server needs its address, for example http://127.0.0.1:8000/v1.")
        if self.base_url and not self.base_url.startswith(("http://", "https://")):
            raise BadInput(f"An address begins with http:// or https://, got {self.base_url!r}.")
        if not self.personas:
            raise BadInput("A panel has one persona or more. Keep at least one.")
        if taken := set(self.personas) & set(PROMPTS["distribution"]):
            raise BadInput(f"A persona cannot be called {min(taken)!r}: a prompt is. Give it another name.")
        if set(self.prompts) != set(PROMPTS[self.question]):
            raise BadInput(
                f"This question has the prompts {', '.join(PROMPTS[self.question])}, not {', '.join(self.prompts)}."
            )
        for text in self.prompts.values():
            prompts.checked("prompt", text)
        for text in self.personas.values():
            prompts.checked("persona", text)

    def _check_words(self) -> None:
        called = {word.casefold(): emotion for emotion, word in self.words.items()}
        if len(called) < len(self.emotions) or len(self.emotions) < 2 or set(self.words) != set(self.emotions):
            raise BadInput("A model chooses among two emotions or more, each called differently. Mend the words.")
        for word, emotion in called.items():
            if not word.strip() or not word.isprintable() or "," in word:
                raise BadInput(f"A prompt lists emotions with commas, so {word!r} cannot stand for one. Choose a word.")
            if word in self.emotions and word != emotion:
                raise BadInput(
                    f"{word!r} is an emotion of its own and cannot stand for {emotion!r}. Choose another word."
                )

    def _check_numbers(self) -> None:
        ranges = {
            "votes": (1, 1000), "attempts": (1, 20), "concurrency": (1, 256), "timeout_s": (0.1, 3600),
            "seed": (0, 2**32 - 1), "max_tokens": (1, 4096), "stop_gain": (0, 1),
        }  # fmt: skip
        for name, (low, high) in ranges.items():
            if not low <= getattr(self, name) <= high:
                raise BadInput(
                    f"{name} lies from {low:,} to {high:,}, got {getattr(self, name)}. Choose another value."
                )
        lowest = 0 if self.question == "distribution" else 1e-3
        if not all(lowest <= t <= 2 for t in self.temperatures):
            raise BadInput(f"Temperatures lie above 0 and up to 2, got {self.temperatures}. Paper 1 varies 0.1 to 1.0.")
        if self.question == "distribution" and len(self.temperatures) > 1:
            raise BadInput(
                f"Distributions are read at one temperature, got {self.temperatures}. Choose one; 0 is usual."
            )
        if len(set(self.temperatures)) < len(self.temperatures):
            raise BadInput(f"A temperature stands twice in {self.temperatures}. Name each once.")
        if self.cap is not None and not self.cap > 0:
            raise BadInput(f"A cap is an amount of USD above 0, got {self.cap}. Leave it out for no cap.")

    @property
    def panel(self) -> str:
        """The panel that the votes make: `synthetic:<model>/<name>`."""
        return f"synthetic:{self.model.rstrip('/').split('/')[-1]}/{self.name}"

    @property
    def resource(self) -> str:
        """What its job competes for."""
        return "gpu" if self.provider == "local" else "network"

    def cells(self) -> list[Cell]:
        """Every persona at every temperature; of distributions both prompts."""
        if self.question == "distribution":
            return [Cell(name, self.temperatures[0]) for name in self.prompts]
        return [Cell(persona, t) for persona in self.personas for t in self.temperatures]

    def cell(self, clip: str, draw: int) -> Cell:
        """Who gives draw number `draw` (0, 1, …) on a clip: a function of (seed, clip, draw)."""
        return self.cells()[self.row(clip, draw + 1)[draw]]

    def row(self, clip: str, draws: int | None = None) -> np.ndarray:
        """The places in `cells` of a clip's first draws (by default all), (draws,) whole numbers."""
        people, heats, draws = len(self.personas), len(self.temperatures), draws or self.votes
        if self.question == "distribution":
            return np.arange(draws) % len(self.prompts)
        if self.schedule == "random":
            return np.array([number_from(self.seed, clip, draw, "cell") % (people * heats) for draw in range(draws)])
        cells = []
        for turn in range(-(-draws // people)):  # in each turn every persona speaks once
            cycle, step = divmod(turn, heats)  # in each cycle every persona meets every temperature once
            if step == 0:
                heat = [_shuffled(range(heats), self.seed, clip, "heat", cycle, persona) for persona in range(people)]
            order = _shuffled(range(people), self.seed, clip, "turn", turn)
            cells += [persona * heats + heat[persona][step] for persona in order]
        return np.array(cells[:draws])

    def prompt_for(self, cell: Cell, transcript: str | None) -> str:
        """What is said to the model for one draw, beside the sound."""
        told = transcript if self.transcript else None
        template = self.prompts.get(cell.persona) or self.prompts["label"]
        return prompts.render(template, words=self.words, persona=self.personas.get(cell.persona, ""), transcript=told)

    def versions(self) -> dict:
        """Hashes of each template and persona."""
        told = {f"prompt {name}": text for name, text in self.prompts.items()}
        told |= {f"persona {name}": text for name, text in self.personas.items()}
        return {name: prompts.short_hash(text) for name, text in told.items()}

    def as_document(self) -> dict:
        """The settings as plain values; `from_document` reads them."""
        return asdict(self)


def from_document(document: Mapping) -> Plan:
    """The plan of a document. Raises BadInput."""
    unknown = sorted(set(document) - {part.name for part in fields(Plan)})
    if unknown:
        raise BadInput(f"A plan has no setting {unknown[0]!r}. It has {', '.join(p.name for p in fields(Plan))}.")
    try:
        return Plan(**document)
    except TypeError as error:
        raise BadInput(f"These are no settings of a plan: {error}. Compare a saved plan.json.") from error


@dataclass(frozen=True)
class Call:
    """One request to a model: a clip, a cell, and the draws that its replies are. Its round is the first of them."""

    clip: int  # place among the run's clips
    cell: Cell
    draws: tuple[int, ...]
    attempt: int = 0

    def seed(self, plan_seed: int, clip: str) -> int:
        """What the provider is told as a seed, 31 bits: it follows from (seed, clip, first draw, attempt)."""
        return number_from(plan_seed, clip, self.draws[0], self.attempt, "call") % 2**31


def calls(plan: Plan, clips: Sequence[str], missing: Mapping[int, Mapping[int, int]] | None = None) -> Iterator[Call]:
    """Every call of a run, round by round: first draws of all clips come before second ones, so that a run stopped early has
    equally many votes on each. Draws of one clip and one cell share a call where the provider gives several replies at once
    (at most eight): the sound is then paid for once.

    missing: {place of a clip: {draw: attempts so far}} of the draws still to be made; clips that it does not name need all.
    """
    together = plan.provider != "local" and plan.mode == "live" and not plan.stop_gain
    rows: dict[int, np.ndarray] = {}
    for draw in range(plan.votes):
        for place, clip in enumerate(clips):
            left = None if missing is None else missing.get(place)
            if left is not None and draw not in left:
                continue
            if place not in rows:
                rows[place] = plan.row(clip)
            attempt = left[draw] if left else 0
            alike = np.flatnonzero(rows[place] == rows[place][draw]) if together else np.array([draw])
            place_in = int(np.searchsorted(alike, draw)) // MOST_TOGETHER * MOST_TOGETHER
            batch = (int(d) for d in alike[place_in : place_in + MOST_TOGETHER])
            same = tuple(d for d in batch if left is None or left.get(d) == attempt)
            if same[0] == draw:
                yield Call(place, plan.cells()[rows[place][draw]], same, attempt)


def _shuffled(items: Sequence[int], *words: object) -> list[int]:
    return sorted(items, key=lambda item: number_from(*words, item))
