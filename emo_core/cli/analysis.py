"""Commands that look at what is there."""

from typing import Annotated, Literal

import typer

from emo_core.cli.frame import AsJson, carry_out

app = typer.Typer()


@app.command()
def agreement(
    context: typer.Context,
    study: str,
    side: Annotated[Literal["reference", "candidate"], typer.Option(help="Whose raters.")] = "reference",
    by: Annotated[Literal["clip", "speaker"], typer.Option(help="What the intervals resample.")] = "clip",
    as_json: AsJson = False,
) -> None:
    """How far the raters of a study's panel agree: coefficients with intervals, per emotion, per rater, per pair."""
    carry_out(context, as_json, "agreement", study=study, side=side, by=by)


@app.command()
def health(
    context: typer.Context,
    corpus: str,
    examine: Annotated[bool, typer.Option(help="Listen to files that are new or have changed first.")] = True,
    as_json: AsJson = False,
) -> None:
    """What is wrong with a corpus: missing or damaged audio, silence, clipping, twins, odd durations, missing texts."""
    carry_out(context, as_json, "health", corpus=corpus, examine=examine)
