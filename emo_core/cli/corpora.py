"""Commands of corpora, votes and the vocabulary."""

from pathlib import Path
from typing import Annotated

import typer

from emo_core.cli.frame import AsJson, ProgressLine, absolute, carry_out
from emo_core.corpora import formats
from emo_core.verbs import corpora

app = typer.Typer(no_args_is_help=True, help="Corpora: clips with their votes.")
add_app = typer.Typer(no_args_is_help=True, help="Take a corpus in.")
votes_app = typer.Typer(no_args_is_help=True, help="Votes for clips that are there.")
vocabulary_app = typer.Typer(no_args_is_help=True, help="Emotions, their spellings and colours.")
get_app = typer.Typer(no_args_is_help=True, help="Fetch a corpus from its publishers and take it in.")
app.add_typer(add_app, name="add")
app.add_typer(get_app, name="get")

SkipBadRows = Annotated[
    bool, typer.Option("--skip-bad-rows", help="Leave out rows that break a rule, and list them, instead of refusing.")
]
LabelMap = Annotated[
    list[str], typer.Option("--map", help="LABEL=EMOTION for a label that is not known; LABEL= leaves its votes out.")
]
Licence = Annotated[str, typer.Option(help="A note on the corpus's licence.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be kept, and write nothing.")]
Update = Annotated[bool, typer.Option("--update", help="Take it for a newer version of the corpus of that name.")]

# What columns of a table of votes mean; `corpus add votes`, `corpus map` and `votes add` share them.
Mapping = Annotated[str | None, typer.Option(help="A mapping saved by `corpus map --save`.")]
Clip = Annotated[str | None, typer.Option(help="Column of clip ids.")]
Label = Annotated[str | None, typer.Option(help="Column of labels (one row a vote).")]
Rater = Annotated[str | None, typer.Option(help="Column of raters; without it they are anonymous.")]
Raters = Annotated[str | None, typer.Option(help="A column for each rater, comma-separated (one row a clip).")]
Counts = Annotated[str | None, typer.Option(help="Columns of counts, comma-separated (one row a clip).")]
Graded = Annotated[str | None, typer.Option(help="Columns of strengths, one an emotion, comma-separated.")]
Clips = Annotated[str | None, typer.Option(help="A column for each clip, comma-separated (one row a rater).")]
VotesPerRow = Annotated[
    str | None,
    typer.Option(
        help="How many votes the shares in --counts, or a --label, stand for in each row: a number, or a column."
    ),
]
Ignore = Annotated[
    str | None, typer.Option(help="Columns to leave aside, comma-separated: not emotions, not segments, not counts.")
]
Duration = Annotated[str | None, typer.Option(help="Column of lengths, seconds; with --start it says the end.")]
Grade = Annotated[list[str], typer.Option(help="WORD=NUMBER for a strength that is not known.")]
IfNone = Annotated[
    str | None,
    typer.Option(
        help="What a graded answer without emotion counts as; '' leaves it out [left out where a column is neutral, else neutral]."
    ),
]
Secondary = Annotated[str | None, typer.Option(help="Column of further labels, separated by ; or ,")]
Strengths = Annotated[str | None, typer.Option(help="Column of the further labels' weights, 0 to 1.")]
Valence = Annotated[str | None, typer.Option(help="Column of valence ratings.")]
Arousal = Annotated[str | None, typer.Option(help="Column of arousal ratings.")]
Dominance = Annotated[str | None, typer.Option(help="Column of dominance ratings.")]
Confidence = Annotated[str | None, typer.Option(help="Column of confidence, 0 to 1.")]
Seconds = Annotated[str | None, typer.Option(help="Column of how long each answer took, seconds.")]
Comment = Annotated[str | None, typer.Option(help="Column of comments.")]
Panel = Annotated[str | None, typer.Option(help="Panel of all votes [human].")]
PanelColumn = Annotated[str | None, typer.Option(help="Column that names the panel.")]
Persona = Annotated[str | None, typer.Option(help="Column of a model's personas.")]
Temperature = Annotated[str | None, typer.Option(help="Column of a model's temperatures.")]
TimeColumn = Annotated[str | None, typer.Option("--time", help="Column of when the vote was given.")]
NoHeader = Annotated[bool, typer.Option("--no-header", help="The first row is a vote; columns are column1, column2, …")]
AudioColumn = Annotated[str | None, typer.Option(help="Column of paths below the audio folder.")]
Transcript = Annotated[str | None, typer.Option(help="Column of transcripts.")]
Speaker = Annotated[str | None, typer.Option(help="Column of speakers.")]
Session = Annotated[str | None, typer.Option(help="Column of sessions.")]
Partition = Annotated[str | None, typer.Option(help="Column of the corpus's own parts (train, test …).")]
Start = Annotated[str | None, typer.Option(help="Column of start times in the file, seconds.")]
End = Annotated[str | None, typer.Option(help="Column of end times in the file, seconds.")]


def _command_for(name: str) -> None:
    """`corpus add NAME PATH`: every known format takes the same options."""

    def add(
        context: typer.Context,
        path: Path,
        corpus: Annotated[str, typer.Option("--name", help="What to call the corpus.")],
        audio: Annotated[Path | None, typer.Option(help="Folder of the sound files, where they lie elsewhere.")] = None,
        label_map: LabelMap = [],  # noqa: B006
        licence: Licence = "",
        update: Update = False,
        skip_bad_rows: SkipBadRows = False,
        as_json: AsJson = False,
    ) -> None:
        carry_out(
            context, as_json, "corpus add",
            format=name, path=absolute(path), name=corpus, audio=absolute(audio), labels=_pairs(label_map, "--map"),
            licence=licence, update=update, skip_bad_rows=skip_bad_rows,
        )  # fmt: skip

    add_app.command(
        name, help="The format that the path shows." if name == "auto" else f"A corpus in the format {name}."
    )(add)


for _name in (*formats.NAMES, "auto"):
    _command_for(_name)


@app.command("formats")
def list_formats(context: typer.Context, as_json: AsJson = False) -> None:
    """Every corpus format that is read as it is, and what to give."""
    carry_out(context, as_json, "corpus formats")


@add_app.command("votes")
def add_votes_corpus(
    context: typer.Context,
    file: Path,
    name: Annotated[str, typer.Option(help="What to call the corpus.")],
    mapping: Mapping = None,
    clip: Clip = None,
    label: Label = None,
    rater: Rater = None,
    raters: Raters = None,
    counts: Counts = None,
    graded: Graded = None,
    clips: Clips = None,
    votes_per_row: VotesPerRow = None,
    ignore: Ignore = None,
    grade: Grade = [],  # noqa: B006
    if_none: IfNone = None,
    secondary: Secondary = None,
    strengths: Strengths = None,
    valence: Valence = None,
    arousal: Arousal = None,
    dominance: Dominance = None,
    confidence: Confidence = None,
    seconds: Seconds = None,
    comment: Comment = None,
    panel: Panel = None,
    panel_column: PanelColumn = None,
    audio: Annotated[Path | None, typer.Option(help="Folder of the sound files.")] = None,
    audio_column: AudioColumn = None,
    transcript: Transcript = None,
    speaker: Speaker = None,
    session: Session = None,
    partition: Partition = None,
    start: Start = None,
    end: End = None,
    duration: Duration = None,
    persona: Persona = None,
    temperature: Temperature = None,
    time_column: TimeColumn = None,
    no_header: NoHeader = False,
    label_map: LabelMap = [],  # noqa: B006
    licence: Licence = "",
    update: Update = False,
    skip_bad_rows: SkipBadRows = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """A table of votes: CSV, TSV, Parquet or JSON lines."""
    described = {"file": _described(**locals()), "mapping": mapping, "audio": absolute(audio)}
    if dry_run:
        known = {"target": "update", "corpus": name} if update else {}
        carry_out(context, as_json, "corpus preview", **described, **known)
        return
    choices = {"name": name, "licence": licence, "update": update, "skip_bad_rows": skip_bad_rows}
    carry_out(context, as_json, "corpus add votes", **described, **choices)


@get_app.command("crema-d")
def get_crema_d(
    context: typer.Context,
    to: Annotated[Path | None, typer.Option(help="Folder for it.", show_default="STORE/downloads/crema-d")] = None,
    name: Annotated[str, typer.Option(help="What to call the corpus.")] = "crema-d",
    as_json: AsJson = False,
) -> None:
    """CREMA-D: votes and voices, about 700 MB. A stopped download goes on where it was."""
    folder = to or corpora.download_folder(context.obj, "crema-d")
    carry_out(
        context, as_json, "corpus get", before=lambda: corpora.fetch_corpus("crema-d", folder, progress=ProgressLine()),
        corpus="crema-d", to=absolute(folder), name=name,
    )  # fmt: skip


@app.command("map")
def map_file(
    context: typer.Context,
    file: Path,
    save: Annotated[str | None, typer.Option(help="Keep the mapping under this name.")] = None,
    mapping: Mapping = None,
    clip: Clip = None,
    label: Label = None,
    rater: Rater = None,
    raters: Raters = None,
    counts: Counts = None,
    graded: Graded = None,
    clips: Clips = None,
    votes_per_row: VotesPerRow = None,
    ignore: Ignore = None,
    grade: Grade = [],  # noqa: B006
    if_none: IfNone = None,
    secondary: Secondary = None,
    strengths: Strengths = None,
    valence: Valence = None,
    arousal: Arousal = None,
    dominance: Dominance = None,
    confidence: Confidence = None,
    seconds: Seconds = None,
    comment: Comment = None,
    panel: Panel = None,
    panel_column: PanelColumn = None,
    audio_column: AudioColumn = None,
    transcript: Transcript = None,
    speaker: Speaker = None,
    session: Session = None,
    partition: Partition = None,
    start: Start = None,
    end: End = None,
    duration: Duration = None,
    persona: Persona = None,
    temperature: Temperature = None,
    time_column: TimeColumn = None,
    no_header: NoHeader = False,
    label_map: LabelMap = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """What a table's columns and labels mean: what is not said is guessed from names and values. Nothing is imported."""
    carry_out(context, as_json, "corpus map", file=_described(**locals()), mapping=mapping, save=save)


@app.command("mappings")
def list_mappings(context: typer.Context, as_json: AsJson = False) -> None:
    """Every saved mapping."""
    carry_out(context, as_json, "corpus mappings")


@votes_app.command("add")
def add_votes(
    context: typer.Context,
    file: Path,
    corpus: Annotated[str, typer.Option(help="Corpus whose clips are voted on.")],
    mapping: Mapping = None,
    clip: Clip = None,
    label: Label = None,
    rater: Rater = None,
    raters: Raters = None,
    counts: Counts = None,
    graded: Graded = None,
    clips: Clips = None,
    votes_per_row: VotesPerRow = None,
    ignore: Ignore = None,
    grade: Grade = [],  # noqa: B006
    if_none: IfNone = None,
    secondary: Secondary = None,
    strengths: Strengths = None,
    valence: Valence = None,
    arousal: Arousal = None,
    dominance: Dominance = None,
    confidence: Confidence = None,
    seconds: Seconds = None,
    comment: Comment = None,
    panel: Panel = None,
    panel_column: PanelColumn = None,
    start: Start = None,
    end: End = None,
    duration: Duration = None,
    persona: Persona = None,
    temperature: Temperature = None,
    time_column: TimeColumn = None,
    no_header: NoHeader = False,
    label_map: LabelMap = [],  # noqa: B006
    skip_bad_rows: SkipBadRows = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Add a table of votes to a corpus, for example a model's; studies follow at once."""
    described = {"file": _described(**locals()), "mapping": mapping, "corpus": corpus}
    if dry_run:
        carry_out(context, as_json, "corpus preview", target="votes", **described)
    else:
        carry_out(context, as_json, "votes add", skip_bad_rows=skip_bad_rows, **described)


@app.command("list")
def list_corpora(context: typer.Context, as_json: AsJson = False) -> None:
    """Every corpus with its panels."""
    carry_out(context, as_json, "corpus list")


@app.command("show")
def show_corpus(context: typer.Context, name: str, as_json: AsJson = False) -> None:
    """One corpus with the accounts of its imports."""
    carry_out(context, as_json, "corpus show", name=name)


@app.command("mark")
def mark_clips(
    context: typer.Context,
    corpus: str,
    clips: list[str],
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    as_json: AsJson = False,
) -> None:
    """Mark clips to be left out, by studies that go by marks."""
    carry_out(context, as_json, "corpus mark", corpus=corpus, clips=clips, reason=reason)


@app.command("unmark")
def unmark_clips(context: typer.Context, corpus: str, clips: list[str], as_json: AsJson = False) -> None:
    """Take the marks of clips back."""
    carry_out(context, as_json, "corpus unmark", corpus=corpus, clips=clips)


@app.command("marks")
def list_marks(context: typer.Context, corpus: str, as_json: AsJson = False) -> None:
    """Clips that are marked to be left out, with reason, by whom and when."""
    carry_out(context, as_json, "corpus marks", corpus=corpus)


@app.command("remove")
def remove_corpus(context: typer.Context, name: str, as_json: AsJson = False) -> None:
    """Forget a corpus with its votes and studies; audio files stay."""
    carry_out(context, as_json, "corpus remove", name=name)


@vocabulary_app.command("list")
def list_vocabulary(context: typer.Context, as_json: AsJson = False) -> None:
    """Every emotion with its colour and the spellings that mean it."""
    carry_out(context, as_json, "vocabulary list")


@vocabulary_app.command("add")
def add_emotion(
    context: typer.Context,
    name: str,
    colour: Annotated[str | None, typer.Option(help="#RRGGBB")] = None,
    synonyms: Annotated[str, typer.Option(help="Further spellings, separated by spaces.")] = "",
    as_json: AsJson = False,
) -> None:
    """Add an emotion of your lab's own."""
    carry_out(context, as_json, "vocabulary add", name=name, colour=colour, synonyms=synonyms)


# Options whose names differ from the fields of `VotesFile`.
_RENAMED = {
    "audio_column": "audio",
    "start": "start_s",
    "end": "end_s",
    "duration": "duration_s",
    "time_column": "voted_at",
}
_PLAIN = (
    "clip", "label", "rater", "secondary", "strengths", "valence", "arousal", "dominance", "confidence", "seconds", "comment", "panel",
    "panel_column", "transcript", "speaker", "session", "partition", "persona", "temperature", "if_none",
    "votes_per_row",
)  # fmt: skip


def _described(*, file: Path, label_map: list[str], grade: list[str], no_header: bool, **options: object) -> dict:
    """The fields of `VotesFile` that the options give, as JSON values."""
    fields = {name: options.get(name) for name in _PLAIN}
    fields |= {field: options.get(name) for name, field in _RENAMED.items()}
    for name in ("raters", "counts", "graded", "clips", "ignore"):
        fields[name] = [part.strip() for part in options[name].split(",")] if options.get(name) else None
    fields |= {"labels": _pairs(label_map, "--map") or None, "header": False if no_header else None}
    try:
        fields["grades"] = {word: float(number) for word, number in _pairs(grade, "--grade").items()} or None
    except ValueError as error:
        raise typer.BadParameter(f"--grade reads WORD=NUMBER, for example --grade schwach=1 ({error})") from error
    return {"path": absolute(file)} | {name: value for name, value in fields.items() if value is not None}


def _pairs(given: list[str], option: str) -> dict[str, str]:
    pairs = [pair.rpartition("=") for pair in given]
    if any(not equals for _, equals, _ in pairs):
        raise typer.BadParameter(f"{option} reads FROM=TO, for example {option} zorn=anger")
    return {left: right for left, _, right in pairs}
