"""The command of augmentation."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from emo_core.augmentation.settings import CHOICES, Settings
from emo_core.augmentation.study_side import SOURCES
from emo_core.cli.frame import AsJson, absolute, call, model_name, say
from emo_core.cli.waiting import wait
from emo_core.errors import JobError

app = typer.Typer()
Source, Features, Metric, Class, Lam, Minority, Ties, Length, Loudness, Over = (
    Literal[tuple(SOURCES)],
    *(Literal[tuple(choices)] for choices in CHOICES.values()),
)
_USUAL = Settings()
VOTES_HELP = "How many of each clip's candidate votes to use, drawn at random from a seed; 0 uses all."
K_HELP = "k: the second parent is one of the k nearest. 1 is ours: paper 1 prints no k."


def _help(name: str) -> str:
    """The choices of a setting in words."""
    return "; ".join(f"{choice}: {words}" for choice, words in CHOICES[name].items()) + "."


@app.command()
def augment(
    context: typer.Context,
    study: str,
    source: Annotated[Source, typer.Option(help="Whose distributions are mixed.")] = "human",
    votes: Annotated[int, typer.Option(min=0, help=VOTES_HELP)] = 0,
    fraction: Annotated[
        float, typer.Option(help="Samples to add, as a share of the training clips, 0 … 1.")
    ] = _USUAL.fraction,
    features: Annotated[Features, typer.Option(help=_help("features"))] = _USUAL.features,
    backbone: Annotated[str, typer.Option(help="Folder or hub id of the tower's model, for features tower.")] = "",
    neighbours: Annotated[int, typer.Option(help=K_HELP)] = _USUAL.neighbours,
    metric: Annotated[Metric, typer.Option(help=_help("metric"))] = _USUAL.metric,
    neighbour_class: Annotated[Class, typer.Option(help=_help("neighbour_class"))] = _USUAL.neighbour_class,
    lam: Annotated[Lam, typer.Option(help=_help("lam") + " Uniform is ours.")] = _USUAL.lam,
    alpha: Annotated[float, typer.Option(help="α of Beta(α, α), for lam beta.")] = _USUAL.alpha,
    across_speakers: Annotated[
        bool, typer.Option("--across-speakers/--within-speakers", help="Whether parents may be two speakers.")
    ] = _USUAL.across_speakers,
    minority: Annotated[Minority, typer.Option(help=_help("minority"))] = _USUAL.minority,
    ties: Annotated[Ties, typer.Option(help=_help("ties"))] = _USUAL.ties,
    length: Annotated[Length, typer.Option(help=_help("length"))] = _USUAL.length,
    loudness: Annotated[Loudness, typer.Option(help=_help("loudness"))] = _USUAL.loudness,
    over: Annotated[Over, typer.Option(help=_help("over"))] = _USUAL.over,
    seed: Annotated[int, typer.Option(help="Decides everything random.")] = _USUAL.seed,
    to: Annotated[Path | None, typer.Option(help="New or empty folder for the samples.")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Leave the features to their job and return.")] = False,
    as_json: AsJson = False,
) -> None:
    """Mix training clips of rare emotions into new ones (DiME-Aug): balance before and after, what is made and what is not."""
    settings = {
        "fraction": fraction, "features": features, "backbone": model_name(backbone), "neighbours": neighbours, "metric": metric,
        "neighbour_class": neighbour_class, "lam": lam, "alpha": alpha, "across_speakers": across_speakers, "minority": minority,
        "ties": ties, "length": length, "loudness": loudness, "over": over, "seed": seed,
    }  # fmt: skip

    def work() -> dict:
        asked = {"study": study, "source": source, "votes": votes} | settings
        begun = call(context.obj, "augment features", asked)
        if begun["job"] is not None:
            if detach:
                return begun
            ended = wait(context.obj / "jobs" / str(begun["job"]), "features", "clips")
            if ended.state != "done":
                raise JobError(
                    f"The features were not computed: job {begun['job']} is {ended.state}. {ended.reason} Run the command again."
                )
        return call(context.obj, "augment", asked | {"to": absolute(to)})

    say(work, as_json)
