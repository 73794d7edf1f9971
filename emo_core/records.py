"""The things that the workbench speaks of, as frozen records: what an importer found, what a study asks.

Tables that travel between the rooms are pandas data frames with these columns:

clips   clip, audio, start_s, end_s, duration_s, transcript, speaker, session, partition (the corpus's own: train, test …),
        metadata (dict)
votes   clip, panel, rater (None: anonymous), label, times (how many such votes, default 1), secondary (further labels,
        joined by a semicolon), strengths (their weights beside the label's own 1, each above 0 and at most 1, joined
        likewise; all 1 where missing), valence, arousal, dominance (in the corpus's own units), confidence (0…1), seconds
        (how long the answer took), comment, persona, temperature, voted_at, provenance (JSON); only clip, panel and label are
        required, and label may be missing where a row rates valence, arousal or dominance
"""

from dataclasses import asdict, dataclass, field
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from emo_core import vocabulary
from emo_core.errors import BadInput
from emo_core.spelling import cleaned, folded

if TYPE_CHECKING:  # a table library takes 0.3 s to load, which the first page need not wait for
    import pandas as pd

    from emo_core.corpora.sound_files import Sounds

Rule = Literal["all_inside", "drop_outside"]
Split = Literal["clip", "speaker", "session", "corpus"]
RULES: dict[str, str] = {
    "all_inside": "keep a clip only if every reference vote falls inside the chosen emotions (paper 1)",
    "drop_outside": "drop votes outside the chosen emotions, keep clips with enough votes left",
}
SPLITS: dict[str, str] = {
    "clip": "80/20 by clip (as the papers do)",
    "speaker": "80/20 by speaker: no speaker on both sides",
    "session": "80/20 by recording session",
    "corpus": "the corpus's own partition: those that begin with test against the others",
}
EXCLUSIONS: dict[str, str] = {
    "named": "the study leaves it out by name",
    "marked": "marked in Browse to be left out",
    "too_short": "shorter than the study's shortest duration",
    "too_long": "longer than the study's longest duration",
    "unknown_duration": "its duration is not known, and the study sets bounds to it",
    "sound_problem": "its sound has a problem that the study leaves out",
    "no_reference_votes": "no vote of the reference panel",
    "reference_vote_outside": "a reference vote falls outside the chosen emotions",
    "too_few_reference_votes": "too few reference votes are left inside the chosen emotions",
    "no_candidate_votes": "no candidate vote is left inside the chosen emotions",
}
PANEL_KINDS = ("human", "self-report", "consensus", "intended", "synthetic", "model")


def checked_name(kind: str, name: str) -> str:
    """`name`, without spaces at its ends, if it can name a corpus, panel or study: 1 to 100 printable characters.

    Raises BadInput.
    """
    name = cleaned(name)
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise BadInput(f"{name!r} cannot name a {kind}: 1 to 100 characters that can be printed. Choose another name.")
    return name


def panel_kind(name: str) -> str:
    """The kind of panel that the part before the first colon says: one of `PANEL_KINDS`, else `other`.

    >>> panel_kind("human:voice"), panel_kind("synthetic:gemini/1"), panel_kind("friends")
    ('human', 'synthetic', 'other')
    """
    head = name.split(":")[0]
    return head if head in PANEL_KINDS else "other"


@dataclass(frozen=True)
class Skipped:
    """One row or file that an import left out, and why."""

    where: str
    reason: str


SHAPES: dict[str, str] = {
    "votes": "one row a vote: a column holds the label",
    "raters": "one row a clip: a column for each rater holds that rater's label",
    "counts": "one row a clip: a column for each emotion holds how many raters chose it",
    "clips": "one row a rater: a column for each clip holds the label that the rater gave it",
    "graded": "one row an answer: a column for each emotion holds how strongly it was heard (words, numbers, or 0 and 1)",
}
# How strongly an emotion was heard, in words as questionnaires print them; numbers mean themselves.
GRADES: dict[str, float] = {
    "none": 0, "not at all": 0, "no": 0, "false": 0, "absent": 0,
    "a little": 1, "slightly": 1, "weak": 1, "yes": 1, "true": 1, "present": 1,
    "moderate": 2, "moderately": 2, "somewhat": 2, "medium": 2,
    "extremely": 3, "very": 3, "strong": 3, "strongly": 3,
}  # fmt: skip


@dataclass(frozen=True)
class VotesFile:
    """A table of votes on disk and what its columns mean: CSV, TSV, Parquet or JSON lines.

    One of five shapes, see `SHAPES`: `label`, `raters`, `counts`, `clips` or `graded` is given and says which. `panel` is one name
    for all rows, `panel_column` a column that names it. `labels` says what labels mean that the vocabulary does not know:
    {label: emotion}, or {label: ""} to leave votes for it out.

    graded     the emotion heard most is the vote's label, the others its secondary labels with their strength beside it;
               equal strengths are put in order by a hash of clip, rater and emotion. `grades` says what words mean beyond
               `GRADES`; an answer that hears nothing counts as `if_none`, or is left out where that is empty. Not given,
               it is left out where a column stands for neutral, and counts as neutral elsewhere
    votes_per_row  where `counts` hold shares of votes, which sum to 1 or 100: how many votes a row has, a number or a column
               of numbers. With `label` and without `rater`, how many votes a row stands for. With `graded`, 1
               says that each row is one answer though its grades sum to 1 or 100
    ignore     columns that are neither emotions nor anything else that is taken
    duration_s column of lengths in seconds: with `start_s` it says the end, alone the length of the clip
    secondary  column of further labels, separated by `;` or `,`; `strengths` a column of their weights beside the label's 1
    header     False: the first row is a vote too, and columns are called column1, column2, …
    clip       a column, or `row number` where no column names the clips; empty where `clips` are columns. Where its rows
               have several starts and ends, each is a clip of its own, `clip#start-end`
    """

    path: Path
    clip: str = ""
    label: str | None = None
    rater: str | None = None
    counts: tuple[str, ...] = ()
    raters: tuple[str, ...] = ()
    graded: tuple[str, ...] = ()
    clips: tuple[str, ...] = ()
    grades: dict[str, float] = field(default_factory=dict)
    if_none: str | None = None
    votes_per_row: int | str | None = None
    ignore: tuple[str, ...] = ()
    panel: str = "human"
    panel_column: str | None = None
    secondary: str | None = None
    strengths: str | None = None
    valence: str | None = None
    arousal: str | None = None
    dominance: str | None = None
    confidence: str | None = None
    seconds: str | None = None
    comment: str | None = None
    transcript: str | None = None
    speaker: str | None = None
    session: str | None = None
    partition: str | None = None
    audio: str | None = None
    start_s: str | None = None
    end_s: str | None = None
    duration_s: str | None = None
    persona: str | None = None
    temperature: str | None = None
    voted_at: str | None = None
    header: bool = True
    labels: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        for name in ("counts", "raters", "graded", "clips", "ignore"):
            object.__setattr__(self, name, tuple(getattr(self, name) or ()))
        given = [name for name in ("label", "raters", "counts", "graded", "clips") if getattr(self, name)]
        if len(given) != 1:
            raise BadInput(
                "A table of votes has one of five shapes: a label column (one row a vote), raters' columns, columns of "
                "counts, graded columns, or a column for each clip (one row a rater). Give exactly one of them; got "
                f"{', '.join(given) or 'none'}."
            )
        if bool(self.clip) == bool(self.clips):
            raise BadInput(
                "Columns of clips name them already: leave out --clip."
                if self.clips
                else "Which column names the clips is not said. Give --clip, or --clips where each column is a clip."
            )
        listed = self.counts + self.raters + self.graded + self.clips
        doubled = {name for name in listed if listed.count(name) > 1}
        if doubled:
            raise BadInput(f"The column {min(doubled)!r} is named twice; its votes would count double. Name it once.")
        if self.rater and self.shape in ("counts", "raters"):
            raise BadInput(
                "Counts are of anonymous raters, and raters' columns name them already: leave out --rater, or give one "
                "row a vote with --label."
            )

        _check_votes_per_row(self)

    @property
    def shape(self) -> str:
        """A key of `SHAPES`."""
        return "votes" if self.label else next(name for name in SHAPES if name != "votes" and getattr(self, name))

    @property
    def none_counts_as(self) -> str:
        """The emotion that a graded answer without emotion counts as; empty: it is left out."""
        if self.if_none is not None:
            return self.if_none
        meant = {folded(label): meaning for label, meaning in self.labels.items()}
        asked = any((meant.get(folded(name)) or vocabulary.find_emotion(name)) == "neutral" for name in self.graded)
        return "" if asked else "neutral"


def _check_votes_per_row(votes: VotesFile) -> None:
    given = votes.votes_per_row
    if isinstance(given, str) and given.strip().isdigit():
        object.__setattr__(votes, "votes_per_row", int(given))
        given = votes.votes_per_row
    if given is None:
        return
    takes = votes.shape == "counts" or (votes.label and not votes.rater) or (votes.graded and given == 1)
    if not takes:
        raise BadInput(
            "--votes-per-row says how many votes stand behind columns of shares (name them with --counts), or how many "
            "unnamed raters gave a row's --label. With --graded it can be 1 alone, for rows that are one answer each."
        )
    if isinstance(given, int) and not 1 <= given <= 100_000:
        raise BadInput(f"A row has 1 to 100,000 votes, got {given}. Give the number of raters of each clip.")


@dataclass(frozen=True)
class Reading:
    """What an importer found in a source: tables (columns above), and what it left out. `votes` may stay on disk;
    `clips` may then be None: the clips are those voted on.

    `audio_root` is the folder that every path in `clips.audio` is relative to; `sounds` finds
    the files there for clips that the votes alone name. `simulated` marks made-up votes or speech.
    `rating_scale` is the lowest and the highest valence, arousal or dominance that raters could give. `labels` says what
    labels mean that the vocabulary does not know. `tables` are small tables for the report: {title: rows}.
    """

    format: str
    source: str
    clips: "pd.DataFrame | None"
    votes: "pd.DataFrame | VotesFile"
    audio_root: Path | None = None
    sounds: "Sounds | None" = None
    licence: str = ""
    simulated: bool = False
    rating_scale: tuple[float, float] | None = None
    labels: dict[str, str] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    tables: dict[str, list[dict]] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """What an import took and what it left out. `skipped` is complete; `notes` are facts worth knowing.

    `votes`, `raters`, `panels` and `emotions` count what was added. Where the corpus was there already, `unchanged` votes
    stood in it before, `corrected` ones replace a rater's earlier answer, and `gone` ones stand in the store but no longer
    in the source (they are kept). `repeated` votes stand in an earlier row of the source (same clip, panel, named rater, answer
    and time), and each counts once.
    """

    corpus: str
    clips: int
    votes: int
    raters: int
    panels: dict[str, int]
    emotions: dict[str, int]
    clips_with_audio: int
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    tables: dict[str, list[dict]] = field(default_factory=dict)
    clips_added: int = 0
    unchanged: int = 0
    corrected: int = 0
    gone: int = 0
    repeated: int = 0

    def as_document(self) -> dict:
        """The report as plain lists and dicts, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Study:
    """A saved question: which clips and emotions of which corpora, and which panel is held against which.

    corpora     names; clips of all of them are looked at together. One name may be given bare
    emotions    the classes, in order; at least two
    merges      {from: to}: votes for `from` count as votes for `to`, which is one of `emotions`
    rule        `all_inside` or `drop_outside`, see `RULES`
    min_votes   reference votes that must be left inside the emotions (≥ 1)
    candidate   None where no second panel exists yet
    secondary_weight  0…1: what a secondary label weighs beside the vote's own. Every vote shares 1 among its labels: with
                weight w and strengths s the label gets 1 / (1 + w Σs), each secondary label w s / (1 + w Σs). With 0 the
                label alone decides; above 0 the rule looks at the secondary labels too
    left_out    names of raters, of either panel, whose votes do not count
    split       unit of the 80/20 split, seeded by `seed` and the unit's own name; or the corpus's own partition
    without_clips     names of clips left out, as the study names them: with several corpora `corpus/clip`
    without_marked    whether clips that are marked in Browse are left out, now and whenever a mark is set or taken back
    min_seconds, max_seconds    bounds of a clip's duration, both included; None: no bound. Where there is a bound, a clip
                whose duration is not known is left out too
    without_problems  keys of `audio.health.PROBLEMS`: clips whose examined sound has one of them are left out

    Leaving clips out moves no other clip to the other side of the split.

    Raises BadInput at construction where choices contradict each other.
    """

    name: str
    corpora: tuple[str, ...]
    reference: str
    candidate: str | None
    emotions: tuple[str, ...]
    merges: dict[str, str] = field(default_factory=dict)
    rule: Rule = "all_inside"
    min_votes: int = 1
    split: Split = "clip"
    seed: int = 0
    secondary_weight: float = 0.0
    left_out: tuple[str, ...] = ()
    without_clips: tuple[str, ...] = ()
    without_marked: bool = True
    min_seconds: float | None = None
    max_seconds: float | None = None
    without_problems: tuple[str, ...] = ()

    def __post_init__(self):
        object.__setattr__(self, "name", checked_name("study", self.name))
        object.__setattr__(self, "corpora", (self.corpora,) if isinstance(self.corpora, str) else tuple(self.corpora))
        for several in ("left_out", "without_clips", "without_problems"):
            object.__setattr__(self, several, tuple(sorted(set(getattr(self, several)))))
        if not self.corpora or len(set(self.corpora)) < len(self.corpora):
            raise BadInput(
                f"A study looks at one corpus or more, each named once; got {', '.join(self.corpora) or 'none'}."
            )
        if len(self.emotions) < 2:
            raise BadInput(
                f"A study needs at least two emotions; got {', '.join(self.emotions) or 'none'}. Add another to the list."
            )
        if self.rule not in RULES:
            raise BadInput(f"There is no rule {self.rule!r}. Choose {' or '.join(RULES)}.")
        if self.split not in SPLITS:
            raise BadInput(f"There is no split by {self.split!r}. Choose {' or '.join(SPLITS)}.")
        if self.min_votes < 1:
            raise BadInput(f"min_votes must be 1 or more, got {self.min_votes}: a distribution needs a vote.")
        if not 0 <= self.secondary_weight <= 1:
            raise BadInput(f"A secondary label weighs from 0 to 1, got {self.secondary_weight}. 0 leaves it aside.")
        if not 0 <= self.seed < 2**32:
            raise BadInput(f"A seed is a whole number from 0 to {2**32 - 1}, got {self.seed}.")
        if self.reference == self.candidate:
            raise BadInput(
                f"Reference and candidate are the same panel, {self.reference!r}. Choose two different panels."
            )
        self._check_durations()
        self._check_merges()

    def _check_durations(self) -> None:
        for bound in (self.min_seconds, self.max_seconds):
            if bound is not None and not (isfinite(bound) and bound > 0):
                raise BadInput(f"A duration is a number of seconds above 0, got {bound}. Leave it out for no bound.")
        if None not in (self.min_seconds, self.max_seconds) and self.min_seconds > self.max_seconds:
            raise BadInput(
                f"No clip is at least {self.min_seconds:g} s and at most {self.max_seconds:g} s long. "
                "Lower the shortest duration, or raise the longest."
            )

    def _check_merges(self) -> None:
        for source, target in self.merges.items():
            if target not in self.emotions:
                raise BadInput(
                    f"The merge {source} → {target} leads outside the study's emotions. Add {target} to them."
                )
            if source in self.emotions:
                raise BadInput(f"{source} cannot be both an emotion of the study and merged into {target}. Drop one.")

    @property
    def goes_by_sound(self) -> bool:
        """Whether a look at the sound can change which clips it keeps."""
        return bool(self.without_problems) or (self.min_seconds, self.max_seconds) != (None, None)

    @property
    def slots(self) -> dict[str, int]:
        """Column of the counts matrix that a vote for an emotion falls in; emotions without one are outside."""
        own = {name: column for column, name in enumerate(self.emotions)}
        return own | {source: own[target] for source, target in self.merges.items()}


def parse_merges(pairs: list[str]) -> dict[str, str]:
    """`["excited=happy"]` as `{"excited": "happy"}`, in standard names.

    Raises BadInput where a pair has no `=`, UnknownName where a name is not known.
    """
    merges = {}
    for pair in pairs:
        source, equals, target = pair.partition("=")
        if not equals:
            raise BadInput(f"A merge reads from=to, for example excited=happy; got {pair!r}.")
        source, target = vocabulary.emotion(source), vocabulary.emotion(target)
        if merges.setdefault(source, target) != target:
            raise BadInput(f"{source} cannot be merged into both {merges[source]} and {target}. Choose one.")
    return merges
