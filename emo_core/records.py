"""The things that the workbench speaks of, as frozen records: what an importer found, what a study asks.

Tables that travel between the rooms are pandas data frames with these columns:

clips   clip, audio, start_s, end_s, duration_s, transcript, speaker, session, metadata (dict)
votes   clip, panel, rater (None: anonymous), label, times (how many such votes, default 1), persona, temperature,
        voted_at, provenance (dict); only clip, panel and label are required
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import pandas as pd

from emo_core import vocabulary
from emo_core.errors import BadInput

Rule = Literal["all_inside", "drop_outside"]
Split = Literal["clip", "speaker"]
RULES: dict[str, str] = {
    "all_inside": "keep a clip only if every reference vote falls inside the chosen emotions (paper 1)",
    "drop_outside": "drop votes outside the chosen emotions, keep clips with enough votes left",
}
SPLITS: dict[str, str] = {
    "clip": "80/20 by clip (as the papers do)",
    "speaker": "80/20 by speaker: no speaker on both sides",
}
EXCLUSIONS: dict[str, str] = {
    "no_reference_votes": "no vote of the reference panel",
    "reference_vote_outside": "a reference vote falls outside the chosen emotions",
    "too_few_reference_votes": "too few reference votes are left inside the chosen emotions",
    "no_candidate_votes": "no candidate vote is left inside the chosen emotions",
}
PANEL_KINDS = ("human", "synthetic", "model", "intended")


def checked_name(kind: str, name: str) -> str:
    """`name`, without spaces at its ends, if it can name a corpus, panel or study: 1 to 100 printable characters.

    Raises BadInput.
    """
    name = str(name).strip()
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


@dataclass(frozen=True)
class VotesFile:
    """A table of votes on disk and what its columns mean: CSV, TSV, Parquet or JSON lines.

    One row a vote: `label` (and `rater`) are columns. One row a clip: `counts` are columns named after emotions, each
    holding how many raters chose it. `panel` is one name for all rows, `panel_column` a column that names it.
    `labels` says what labels mean that the vocabulary does not know: {label: emotion}.
    """

    path: Path
    clip: str
    label: str | None = None
    rater: str | None = None
    counts: tuple[str, ...] = ()
    panel: str = "human"
    panel_column: str | None = None
    transcript: str | None = None
    speaker: str | None = None
    session: str | None = None
    audio: str | None = None
    start_s: str | None = None
    end_s: str | None = None
    persona: str | None = None
    temperature: str | None = None
    voted_at: str | None = None
    labels: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        if bool(self.label) == bool(self.counts):
            raise BadInput(
                "A table of votes has either one label column (one row a vote) or columns of counts (one row a clip): "
                "give --label or --counts, not both and not neither."
            )
        doubled = {name for name in self.counts if self.counts.count(name) > 1}
        if doubled:
            raise BadInput(
                f"The count column {min(doubled)!r} is named twice; its votes would count double. Name it once."
            )
        if self.counts and self.rater:
            raise BadInput("Counts are of anonymous raters: leave out --rater, or give one row a vote with --label.")


@dataclass(frozen=True)
class Reading:
    """What an importer found in a source: tables (columns above), and what it left out. `votes` may stay on disk;
    `clips` may then be None: the clips are those voted on.

    `audio_root` is the folder that every path in `clips.audio` is relative to; `audio_files` (key, audio, duration_s) says
    which files lie there under which names, for clips that the votes alone name. `simulated` marks made-up votes or speech.
    """

    format: str
    source: str
    clips: pd.DataFrame | None
    votes: pd.DataFrame | VotesFile
    audio_root: Path | None = None
    audio_files: pd.DataFrame | None = None
    licence: str = ""
    simulated: bool = False
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """What an import took and what it left out. `skipped` is complete; `notes` are facts worth knowing."""

    corpus: str
    clips: int
    votes: int
    raters: int
    panels: dict[str, int]
    emotions: dict[str, int]
    clips_with_audio: int
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()

    def as_document(self) -> dict:
        """The report as plain lists and dicts, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Study:
    """A saved question: which clips and emotions of a corpus, and which panel is held against which.

    emotions    the classes, in order; at least two
    merges      {from: to}: votes for `from` count as votes for `to`, which is one of `emotions`
    rule        `all_inside` or `drop_outside`, see `RULES`
    min_votes   reference votes that must be left inside the emotions (≥ 1)
    candidate   None where no second panel exists yet
    split       unit of the 80/20 split, seeded by `seed` and the unit's own name

    Raises BadInput at construction where choices contradict each other.
    """

    name: str
    corpus: str
    reference: str
    candidate: str | None
    emotions: tuple[str, ...]
    merges: dict[str, str] = field(default_factory=dict)
    rule: Rule = "all_inside"
    min_votes: int = 1
    split: Split = "clip"
    seed: int = 0

    def __post_init__(self):
        object.__setattr__(self, "name", checked_name("study", self.name))
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
        if not 0 <= self.seed < 2**32:
            raise BadInput(f"A seed is a whole number from 0 to {2**32 - 1}, got {self.seed}.")
        if self.reference == self.candidate:
            raise BadInput(
                f"Reference and candidate are the same panel, {self.reference!r}. Choose two different panels."
            )
        for source, target in self.merges.items():
            if target not in self.emotions:
                raise BadInput(
                    f"The merge {source} → {target} leads outside the study's emotions. Add {target} to them."
                )
            if source in self.emotions:
                raise BadInput(f"{source} cannot be both an emotion of the study and merged into {target}. Drop one.")

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
