"""What a campaign asks of its raters, as frozen settings: the form of an answer, the queue, what is shown."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Literal

from emo_core import vocabulary
from emo_core.errors import BadInput
from emo_core.records import checked_name

QUESTIONS: dict[str, str] = {
    "one": "one emotion",
    "several": "the strongest emotion, and others heard beside it",
    "soft": "how many of several listeners would hear each emotion, or per cent",
    "graded": "how strongly each emotion is heard",
    "none": "no emotion, scales only",
}
SCALES = ("valence", "arousal", "dominance")
LOOKS: dict[str, str] = {"manikins": "self-assessment manikins", "numbers": "numbers"}
FLAGS: dict[str, str] = {
    "bad_audio": "bad audio",
    "not_speech": "not speech",
    "other_language": "other language",
    "cannot_tell": "can't tell",
}
ORDERS: dict[str, str] = {
    "random": "random, another order for each rater",
    "fewest": "clips with the fewest votes first",
    "disagreement": "clips whose listeners disagree most first",
    "gain": "clips where one more vote is expected to help most first",
}
LONGEST_TEXT = 20_000  # characters of guidelines; comments have a tenth


PARTIAL = ("least_gain", "repeats", "reserve_s")  # every other number is whole


def _between(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high or (name not in PARTIAL and value % 1):
        number = "number" if name in PARTIAL else "whole number"
        raise BadInput(f"{name} is a {number} from {low:g} to {high:g}, got {value:g}. Choose a value in between.")


@dataclass(frozen=True)
class Form:
    """What is asked about one clip.

    question     a key of `QUESTIONS`
    emotions     the classes, in order, which is also the order of the keys
    listeners    `soft`: how many are shared out; 100 stands for per cent
    grades       `graded`: the strongest grade; 0 is not at all
    scales       of `SCALES`; points on each; how they look, a key of `LOOKS`
    confidence   points of the confidence scale, 0 where it is not asked
    comment      whether a comment may be written
    flags        of `FLAGS`; a flagged clip needs no emotion
    optional     parts that may be left empty: of `scales`, `confidence`
    confirm      whether Enter ends an answer; else the last required part does
    """

    question: Literal["one", "several", "soft", "graded", "none"] = "one"
    emotions: tuple[str, ...] = ()
    listeners: int = 10
    grades: int = 3
    scales: tuple[str, ...] = ()
    points: int = 9
    look: Literal["manikins", "numbers"] = "manikins"
    confidence: int = 0
    comment: bool = False
    flags: tuple[str, ...] = tuple(FLAGS)
    optional: tuple[str, ...] = ()
    confirm: bool = False

    def __post_init__(self):
        for name in ("emotions", "scales", "flags", "optional"):
            object.__setattr__(self, name, tuple(getattr(self, name) or ()))
        object.__setattr__(self, "emotions", tuple(vocabulary.emotion(name) for name in self.emotions))
        for name, value, known in (
            ("kind of question", self.question, QUESTIONS),
            ("look of scales", self.look, LOOKS),
            *(("scale", name, SCALES) for name in self.scales),
            *(("flag", name, FLAGS) for name in self.flags),
            *(("optional part", name, ("scales", "confidence")) for name in self.optional),
        ):
            if value not in known:
                raise BadInput(f"There is no {name} {value!r}. Choose from {', '.join(known)}.")
        if self.question == "none" and not self.scales:
            raise BadInput("A form asks for an emotion or for a scale; this one asks for neither. Add a scale.")
        if self.question != "none" and not 2 <= len(set(self.emotions)) == len(self.emotions):
            raise BadInput(f"A question needs two emotions or more, each named once; got {', '.join(self.emotions)}.")
        _between("The number of listeners to share out", self.listeners, 2, 100)
        _between("The strongest grade", self.grades, 1, 9)
        _between("Points of a scale", self.points, 3, 9)
        if self.confidence:
            _between("Points of the confidence scale", self.confidence, 2, 9)

    @property
    def needs_scales(self) -> bool:
        """Whether every scale must be answered."""
        return bool(self.scales) and "scales" not in self.optional

    @property
    def needs_confidence(self) -> bool:
        """Whether confidence must be given."""
        return bool(self.confidence) and "confidence" not in self.optional


@dataclass(frozen=True)
class Campaign:
    """A round of labelling.

    study, corpus    whose clips are heard: a study's, or without a study all of a corpus
    panel            which the votes go to, by default one of their own, see `own_panel`
    overlap          raters a clip; each clip gets so many new votes
    order            a key of `ORDERS`; `seed` decides everything random
    clips            names of the study's clips to label, empty for all that have sound
    enough_votes     a clip with so many votes, old and new, is done; 0: no such rule
    least_gain       bits; a clip whose next vote is expected to gain less is done; 0: no such rule
    gold, gold_every     clips with a known answer mixed in, and after how many clips one comes; never counted as votes
    repeats          0…0.5: share of clips that a rater hears again, at least `repeat_after` clips later; not counted as votes
    practice         clips with feedback before the first real one; not counted as votes
    batch            clips until a pause is offered; 0: never
    guidelines       Markdown; `examples` are clips to listen to beside it, {clip: what it stands for}
    autoplay         the next clip plays at once
    hear_first       a clip must have played to its end before it can be answered
    same_loudness    clips play at one loudness (−23 LUFS)
    transcript       whether the words are shown
    pilot            answers count nowhere: they can be watched and written out, and no study ever sees them
    known_panel      whose votes orders, stop rules and gold go by beside those of `panel`, and the monitor shows; settled when
                     the campaign is made: the study's reference, or `human`, where the panel is another
    reserve_s        how long a clip stays reserved for the rater it was handed to, seconds since they last gave a sign
    """

    name: str
    study: str
    form: Form
    corpus: str = ""
    panel: str = ""
    overlap: int = 3
    order: Literal["random", "fewest", "disagreement", "gain"] = "random"
    seed: int = 0
    clips: tuple[str, ...] = ()
    enough_votes: int = 0
    least_gain: float = 0.0
    gold: int = 0
    gold_every: int = 20
    repeats: float = 0.0
    repeat_after: int = 20
    practice: int = 0
    batch: int = 0
    guidelines: str = ""
    examples: Mapping[str, str] = field(default_factory=dict)
    autoplay: bool = True
    hear_first: bool = False
    same_loudness: bool = True
    transcript: bool = False
    reserve_s: float = 900.0
    pilot: bool = False
    known_panel: str = ""

    def __post_init__(self):
        object.__setattr__(self, "name", checked_name("campaign", self.name))
        object.__setattr__(self, "clips", tuple(self.clips))
        if self.order not in ORDERS:
            raise BadInput(f"There is no order {self.order!r}. Choose from {', '.join(ORDERS)}.")
        for name, low, high in (
            ("overlap", 1, 1000), ("enough_votes", 0, 10_000), ("least_gain", 0, 1), ("gold", 0, 1000),
            ("gold_every", 2, 1000), ("repeats", 0, 0.5), ("repeat_after", 1, 1000), ("practice", 0, 100),
            ("batch", 0, 10_000), ("reserve_s", 10, 86_400), ("seed", 0, 2**32 - 1),
        ):  # fmt: skip
            _between(name, getattr(self, name), low, high)
        if len(self.guidelines) > LONGEST_TEXT:
            raise BadInput(f"Guidelines have {LONGEST_TEXT:,} characters at most, got {len(self.guidelines):,}.")

    @property
    def panels(self) -> tuple[str, ...]:
        """The campaign's panel, and the one whose votes were known before."""
        return (self.panel, self.known_panel) if self.known_panel else (self.panel,)

    def as_document(self) -> dict:
        """The settings as plain dicts and lists, for JSON."""
        return asdict(self) | {"examples": dict(self.examples)}


def own_panel(name: str, *, pilot: bool = False) -> str:
    """The panel that a campaign's votes go to where nobody chose one.

    >>> own_panel("round 1"), own_panel("warm-up", pilot=True)
    ('human:round 1', 'pilot:warm-up')
    """
    return f"{'pilot' if pilot else 'human'}:{name.strip()}"


def from_document(settings: Mapping) -> Campaign:
    """The inverse of `Campaign.as_document`. Raises BadInput, also for settings that there are not."""
    if not isinstance(settings, Mapping):
        raise BadInput(f"A campaign's settings are an object with named parts, got {settings!r}.")
    unknown = settings.keys() - {part.name for part in fields(Campaign)}
    if unknown:
        raise BadInput(
            f"A campaign has no setting {min(unknown)!r}. It has {', '.join(f.name for f in fields(Campaign))}."
        )
    form = settings.get("form", {})
    try:
        return Campaign(**{**settings, "form": form if isinstance(form, Form) else Form(**form)})
    except (TypeError, ValueError, OverflowError) as error:  # a part of another kind, or one that there is not
        raise BadInput(f"These are no settings of a campaign: {error}. Compare `Campaign.as_document`.") from error
