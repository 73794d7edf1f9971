"""Commands of studies."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from emo_core.audio.health import PROBLEMS
from emo_core.cli.frame import AsJson, absolute, carry_out
from emo_core.records import Rule, Split

app = typer.Typer(no_args_is_help=True, help="Studies: saved questions.")


@app.command("add")
def add_study(
    context: typer.Context,
    name: str,
    corpus: Annotated[list[str], typer.Option(help="A corpus; may be repeated.")],
    reference: Annotated[str, typer.Option(help="The panel held to be the reference.")],
    emotions: Annotated[str, typer.Option(help="The classes, comma-separated.")],
    candidate: Annotated[str | None, typer.Option(help="The panel compared with it.")] = None,
    merge: Annotated[list[str], typer.Option(help="from=to, for example excited=happy; may be repeated.")] = [],  # noqa: B006
    rule: Annotated[Rule, typer.Option(help="Which clips are kept.")] = "all_inside",
    min_votes: Annotated[int, typer.Option(help="Reference votes that must be left.")] = 1,
    secondary_weight: Annotated[float, typer.Option(help="What secondary labels weigh, 0 to 1.")] = 0.0,
    leave_out: Annotated[list[str], typer.Option(help="A rater whose votes do not count; may be repeated.")] = [],  # noqa: B006
    without_clip: Annotated[
        list[str], typer.Option(help="A clip to leave out, as the study names it; may be repeated.")
    ] = [],  # noqa: B006
    without_clips: Annotated[
        Path | None, typer.Option(help="A file of clips to leave out: one a line, or a CSV with a column clip.")
    ] = None,
    marked: Annotated[
        bool, typer.Option("--without-marked/--with-marked", help="Leave out clips that are marked in Browse.")
    ] = True,
    min_seconds: Annotated[float | None, typer.Option(help="Leave out clips shorter than this.")] = None,
    max_seconds: Annotated[float | None, typer.Option(help="Leave out clips longer than this.")] = None,
    without_problem: Annotated[
        list[str],
        typer.Option(help=f"Leave out clips whose sound has this problem ({', '.join(PROBLEMS)}); may be repeated."),
    ] = [],  # noqa: B006
    split: Annotated[Split, typer.Option(help="Unit of the 80/20 split, or the corpus's own.")] = "clip",
    seed: Annotated[int, typer.Option(help="Seed of the split and of the intervals.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Save a study and compute its statistics."""
    carry_out(
        context, as_json, "study add",
        name=name, corpus=corpus, reference=reference, candidate=candidate, emotions=emotions, merge=merge, rule=rule,
        min_votes=min_votes, secondary_weight=secondary_weight, left_out=leave_out, split=split, seed=seed,
        without_clips=without_clip, without_clips_file=absolute(without_clips), without_marked=marked,
        min_seconds=min_seconds, max_seconds=max_seconds, without_problems=without_problem,
    )  # fmt: skip


@app.command("compare")
def compare_studies(context: typer.Context, names: list[str], as_json: AsJson = False) -> None:
    """What each study's choices do, side by side: clips kept, votes, agreement, entropy, divergence, class balance;
    with Table 3 of Zhang et al. (2026): kappa and entropy of human, synthetic and combined votes.
    """
    carry_out(context, as_json, "study compare", names=names)


@app.command("list")
def list_studies(context: typer.Context, as_json: AsJson = False) -> None:
    """Every study's choices."""
    carry_out(context, as_json, "study list")


@app.command("show")
def show_study(
    context: typer.Context,
    name: str,
    by: Annotated[Literal["clip", "speaker"], typer.Option(help="What the intervals resample.")] = "clip",
    as_json: AsJson = False,
) -> None:
    """A study's clips, exclusions and figures."""
    carry_out(context, as_json, "study show", name=name, by=by)


@app.command("remove")
def remove_study(context: typer.Context, name: str, as_json: AsJson = False) -> None:
    """Forget a study; votes stay."""
    carry_out(context, as_json, "study remove", name=name)
