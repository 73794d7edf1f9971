"""Commands that look at what is there."""

from typing import Annotated

import typer

from emo_core.cli.frame import AsJson, carry_out

app = typer.Typer()


@app.command()
def health(
    context: typer.Context,
    corpus: str,
    examine: Annotated[bool, typer.Option(help="Listen to files that are new or have changed first.")] = True,
    as_json: AsJson = False,
) -> None:
    """What is wrong with a corpus: missing or damaged audio, silence, clipping, twins, odd durations, missing texts."""
    carry_out(context, as_json, "health", corpus=corpus, examine=examine)
