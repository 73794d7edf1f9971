"""The command that takes things out."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from emo_core.cli.frame import AsJson, absolute, carry_out

app = typer.Typer()

Form = Literal["csv", "parquet", "jsonl", "hf", "label-studio"]


@app.command()
def export(
    context: typer.Context,
    study: str,
    to: Annotated[Path, typer.Option(help="A file, or for hf a folder.")],
    what: Annotated[
        Literal["votes", "distributions", "clips"] | None,
        typer.Option(help="One row a vote, or a clip.", show_default="distributions; votes for label-studio"),
    ] = None,
    form: Annotated[
        Form | None, typer.Option("--as", help="In which form.", show_default="by the ending of --to")
    ] = None,
    columns: Annotated[str | None, typer.Option(help="Columns, comma-separated.")] = None,
    raters: Annotated[Literal["pseudonyms", "kept"], typer.Option(help="What raters are called.")] = "pseudonyms",
    clips: Annotated[
        Literal["all", "kept"],
        typer.Option(
            help="For votes and clips: all of the corpora, or those that the study keeps. Distributions are always of these."
        ),
    ] = "all",
    audio: Annotated[bool, typer.Option("--audio", help="Copy the sound into the folder (hf).")] = False,
    as_json: AsJson = False,
) -> None:
    """Distributions, votes or clips of a study as a file with a schema beside it, or as a folder of another tool."""
    chosen = [name.strip() for name in columns.split(",") if name.strip()] if columns is not None else None
    carry_out(
        context, as_json, "export",
        study=study, to=absolute(to), what=what, form=form, columns=chosen, raters=raters, clips=clips, audio=audio,
    )  # fmt: skip
