"""Commands of labelling campaigns."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from emo_core.cli.frame import AsJson, absolute, carry_out
from emo_core.labelling.campaign import FLAGS, LOOKS, ORDERS, QUESTIONS, SCALES

app = typer.Typer(no_args_is_help=True, help="Labelling campaigns: who listens to what.")
# Spelt once, in the core; typer reads the words at run time.
Question, Look, Order = Literal[tuple(QUESTIONS)], Literal[tuple(LOOKS)], Literal[tuple(ORDERS)]
NONE = "none"  # instead of parts that may be repeated: none of them, where settings or the default have some


@app.command("add")
def add_campaign(
    context: typer.Context,
    name: str,
    study: Annotated[str | None, typer.Option(help="The study whose clips are heard.")] = None,
    corpus: Annotated[str | None, typer.Option(help="The corpus whose clips are heard, without a study.")] = None,
    emotions: Annotated[
        str | None,
        typer.Option(help="The classes, comma-separated, in the order of their keys.", show_default="the study's"),
    ] = None,
    question: Annotated[Question | None, typer.Option(help="What is asked about emotions.", show_default="one")] = None,
    scale: Annotated[list[str], typer.Option(help=f"A scale to rate on: {', '.join(SCALES)}; may be repeated.")] = [],  # noqa: B006
    points: Annotated[int | None, typer.Option(help="Points of a scale, 3 to 9.", show_default="9")] = None,
    look: Annotated[Look | None, typer.Option(help="How scales look.", show_default="manikins")] = None,
    confidence: Annotated[
        int | None, typer.Option(help="Points of the confidence scale, 2 to 9.", show_default="0: not asked")
    ] = None,
    comment: Annotated[bool | None, typer.Option(help="Whether a comment may be written.", show_default="no")] = None,
    optional: Annotated[
        list[str], typer.Option(help="A part that may be left empty: scales, confidence; may be repeated.")
    ] = [],  # noqa: B006
    listeners: Annotated[
        int | None, typer.Option(help="For soft: how many are shared out; 100 for per cent.", show_default="10")
    ] = None,
    grades: Annotated[int | None, typer.Option(help="For graded: the strongest grade.", show_default="3")] = None,
    confirm: Annotated[bool | None, typer.Option(help="Whether Enter ends an answer.", show_default="no")] = None,
    flag: Annotated[
        list[str],
        typer.Option(help=f"What may be wrong: {', '.join(FLAGS)}, or none; may be repeated.", show_default="all"),
    ] = [],  # noqa: B006
    overlap: Annotated[int | None, typer.Option(help="Raters a clip.", show_default="3")] = None,
    order: Annotated[Order | None, typer.Option(help="Which clips come first.", show_default="random")] = None,
    seed: Annotated[int | None, typer.Option(help="Decides everything random.", show_default="0")] = None,
    panel: Annotated[
        str | None, typer.Option(help="The panel that the votes go to.", show_default="one of their own, human:NAME")
    ] = None,
    join: Annotated[
        bool, typer.Option("--join", help="Let the votes join a panel that is there already, and change its studies.")
    ] = False,
    pilot: Annotated[
        bool | None,
        typer.Option("--pilot/--no-pilot", help="Whether answers count nowhere, to try things out.", show_default="no"),
    ] = None,
    plan: Annotated[Path | None, typer.Option(help="Clips to label: a plan that `advise --to` wrote.")] = None,
    clip: Annotated[
        list[str], typer.Option(help="A clip to label; may be repeated.", show_default="all with sound")
    ] = [],  # noqa: B006
    enough_votes: Annotated[
        int | None,
        typer.Option(help="A clip with so many votes, old and new, is done.", show_default="0: no such rule"),
    ] = None,
    least_gain: Annotated[
        float | None,
        typer.Option(
            help="A clip whose next vote is expected to gain fewer bits is done.", show_default="0: no such rule"
        ),
    ] = None,
    gold: Annotated[int | None, typer.Option(help="Clips with a known answer mixed in.", show_default="0")] = None,
    gold_every: Annotated[
        int | None, typer.Option(help="Clips from one of these to the next.", show_default="20")
    ] = None,
    repeats: Annotated[
        float | None, typer.Option(help="Share of clips that a rater hears again, 0 to 0.5.", show_default="0")
    ] = None,
    repeat_after: Annotated[int | None, typer.Option(help="Clips in between at least.", show_default="20")] = None,
    practice: Annotated[
        int | None, typer.Option(help="Clips with feedback before the first real one.", show_default="0")
    ] = None,
    batch: Annotated[int | None, typer.Option(help="Clips until a pause is offered.", show_default="0: never")] = None,
    guidelines: Annotated[Path | None, typer.Option(help="What raters read first: a file of Markdown.")] = None,
    example: Annotated[
        list[str], typer.Option(help="CLIP=TEXT, a clip to listen to beside the guidelines; may be repeated.")
    ] = [],  # noqa: B006
    autoplay: Annotated[
        bool | None, typer.Option(help="Whether the next clip plays at once.", show_default="yes")
    ] = None,
    hear_first: Annotated[
        bool | None, typer.Option(help="Whether a clip must be heard to its end.", show_default="no")
    ] = None,
    own_loudness: Annotated[
        bool | None,
        typer.Option("--own-loudness/--same-loudness", help="Whether clips keep their loudness.", show_default="same"),
    ] = None,
    transcript: Annotated[bool | None, typer.Option(help="Whether the words are shown.", show_default="no")] = None,
    settings: Annotated[
        Path | None, typer.Option(help="Settings as JSON, such as `campaign show --json` writes; options win.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a campaign: clips, what is asked about each, who hears what next."""
    form = {
        "question": question, "emotions": _named(emotions), "scales": _listed(scale), "points": points, "look": look,
        "confidence": confidence, "comment": comment, "optional": _listed(optional), "listeners": listeners,
        "grades": grades, "confirm": confirm, "flags": _listed(flag),
    }  # fmt: skip
    carry_out(
        context, as_json, "campaign add",
        name=name, study=study, corpus=corpus, file=absolute(settings), plan=absolute(plan), clips=clip or None,
        guidelines=absolute(guidelines), form=form, overlap=overlap, order=order, seed=seed, panel=panel, join=join,
        pilot=pilot,
        enough_votes=enough_votes, least_gain=least_gain, gold=gold, gold_every=gold_every, repeats=repeats,
        repeat_after=repeat_after, practice=practice, batch=batch, examples=_examples(example), autoplay=autoplay,
        hear_first=hear_first, same_loudness=None if own_loudness is None else not own_loudness, transcript=transcript,
    )  # fmt: skip


def _named(emotions: str | None) -> list[str] | None:
    return None if emotions is None else [part.strip() for part in emotions.split(",") if part.strip()]


def _listed(given: list[str]) -> list[str] | None:
    """What was given for a part that may be repeated: None for nothing, [] for `none`."""
    return [part for part in given if part != NONE] if given else None


def _examples(given: list[str]) -> dict[str, str] | None:
    pairs = [pair.partition("=") for pair in given]
    if any(not equals for _, equals, _ in pairs):
        raise typer.BadParameter("--example reads CLIP=TEXT, for example --example clip7='clear anger'")
    return {clip: text for clip, _, text in pairs} or None


@app.command("list")
def list_campaigns(context: typer.Context, as_json: AsJson = False) -> None:
    """Every campaign and how far it is: of its slots (clips times raters a clip), how many are filled."""
    carry_out(context, as_json, "campaign list")


@app.command("show")
def show_campaign(
    context: typer.Context,
    name: str,
    raters: Annotated[bool, typer.Option("--raters", help="Also how the raters do.")] = False,
    as_json: AsJson = False,
) -> None:
    """A campaign's settings, counts, members and their progress."""
    carry_out(context, as_json, "campaign show", name=name, raters=raters)


@app.command("export")
def export(
    context: typer.Context,
    name: str,
    to: Annotated[Path, typer.Option(help="A .csv or .parquet, or a folder.")],
    standing: Annotated[bool, typer.Option("--standing", help="Only answers that count.")] = False,
    raters: Annotated[Literal["pseudonyms", "kept"], typer.Option(help="What raters are called.")] = "pseudonyms",
    as_json: AsJson = False,
) -> None:
    """Everything that raters did, one row an event, with a schema beside it."""
    carry_out(context, as_json, "campaign export", name=name, to=absolute(to), standing=standing, raters=raters)


@app.command("invite")
def invite(context: typer.Context, name: str, as_json: AsJson = False) -> None:
    """A link for raters, to be put behind the app's address. Whoever has it may join: it is told only here."""
    carry_out(context, as_json, "campaign invite", name=name)


@app.command("researcher-link")
def researcher_link(context: typer.Context, as_json: AsJson = False) -> None:
    """A link for researchers, to be put behind the app's address: from the first invite on, others need it."""
    carry_out(context, as_json, "campaign researcher-link")


@app.command("withdraw")
def withdraw(context: typer.Context, name: str, as_json: AsJson = False) -> None:
    """Let nobody join by the invites made so far."""
    carry_out(context, as_json, "campaign withdraw", name=name)


@app.command("close")
def close(context: typer.Context, name: str, as_json: AsJson = False) -> None:
    """Take no answers and hand out no clips any more."""
    carry_out(context, as_json, "campaign close", name=name)


@app.command("reopen")
def reopen(context: typer.Context, name: str, as_json: AsJson = False) -> None:
    """Take answers and hand out clips again."""
    carry_out(context, as_json, "campaign reopen", name=name)


@app.command("set-aside")
def set_aside(
    context: typer.Context,
    name: str,
    reason: Annotated[str, typer.Option(help="Why, for those who ask later.")],
    as_json: AsJson = False,
) -> None:
    """Let nothing that came of a campaign count in any study; none is deleted."""
    carry_out(context, as_json, "campaign set-aside", name=name, reason=reason)


@app.command("bring-back")
def bring_back(context: typer.Context, name: str, as_json: AsJson = False) -> None:
    """Let a campaign that was set aside count again."""
    carry_out(context, as_json, "campaign bring-back", name=name)


@app.command("retire")
def retire(
    context: typer.Context,
    name: str,
    rater: str,
    reason: Annotated[str, typer.Option(help="Why, for those who ask later.")],
    as_json: AsJson = False,
) -> None:
    """Set a rater's votes in the campaign's panel aside; none is deleted."""
    carry_out(context, as_json, "campaign retire", name=name, rater=rater, reason=reason)


@app.command("restore")
def restore(context: typer.Context, name: str, rater: str, as_json: AsJson = False) -> None:
    """Let a rater's votes count again."""
    carry_out(context, as_json, "campaign restore", name=name, rater=rater)


@app.command("remove")
def remove_campaign(
    context: typer.Context,
    name: str,
    with_answers: Annotated[bool, typer.Option("--with-answers", help="Also where raters have answered.")] = False,
    as_json: AsJson = False,
) -> None:
    """Forget a campaign; its votes stay votes of the panel."""
    carry_out(context, as_json, "campaign remove", name=name, with_answers=with_answers)
