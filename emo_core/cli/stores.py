"""Commands of the store as a whole: copies, and whether it is whole."""

from pathlib import Path
from typing import Annotated

import typer

from emo_core.cli.frame import AsJson, absolute, carry_out, forward, say
from emo_core.errors import StoreInUse
from emo_core.store import copying, ownership

app = typer.Typer(no_args_is_help=True, help="The store as a whole: copy it, check it.")


@app.command("copy")
def copy(
    context: typer.Context,
    to: Annotated[Path, typer.Argument(help="A new or empty folder outside the store.")],
    as_json: AsJson = False,
) -> None:
    """Copy the store, also while the app is open: database, jobs, links. Sounds stay where they are."""
    carry_out(context, as_json, "store copy", to=absolute(to))


@app.command("check")
def check(
    context: typer.Context,
    folder: Annotated[Path | None, typer.Argument(help="Another store's folder.", show_default="the store")] = None,
    as_json: AsJson = False,
) -> None:
    """Read every table and say whether anything is missing; nothing is changed. Exit status 1 where something is."""
    asked = (folder or context.obj).expanduser().resolve()

    def work() -> dict:
        try:
            return copying.check(asked)
        except StoreInUse:
            card = ownership.card(asked)
            if card is None or card["port"] is None:
                raise
            return forward(asked, "store check", {})

    if not say(work, as_json)["whole"]:
        raise typer.Exit(1)


@app.command("recover")
def recover(context: typer.Context, as_json: AsJson = False) -> None:
    """Keep what can be read of a store that is not whole; its files as they were stay in a folder beside them."""
    say(lambda: copying.recover(context.obj), as_json)
