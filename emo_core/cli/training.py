"""Commands of training: one run, a grid, predictions of a trained model."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from emo_core import jobs
from emo_core.cli import training_text
from emo_core.cli.frame import AsJson, By, absolute, call, carry_out, model_name, pairs, say
from emo_core.cli.waiting import wait
from emo_core.training.plan import SOURCES
from emo_core.training.settings import LORA_ON, LOSS_NAMES

app = typer.Typer(no_args_is_help=True)
Source, Loss, LoraOn = Literal[tuple(SOURCES)], Literal[tuple(LOSS_NAMES)], Literal[tuple(LORA_ON)]
Executor = Literal["local", "slurm"]
MIX_HELP = (
    "KEY=VALUE, how DiME-Aug mixes, as the options of `augment`: neighbour_class=same, loudness=rms; may be repeated."
)
VOTES_HELP = "How many of each clip's candidate votes to use, drawn at random from a seed; 0 uses all."
SET_HELP = (
    "KEY=VALUE, any setting of a training: micro_batch=2, qlora=true. Ours where paper 1 prints none: "
    "warmup_share=0.05, weight_decay=0.01, max_norm=1."
)

SkipUnusable = Annotated[
    bool,
    typer.Option(
        "--skip-unusable",
        help="Leave out, and count, clips whose sound cannot be used (too long for the model, broken, missing …), instead of refusing.",
    ),
]


@app.command("train")
def train(
    context: typer.Context,
    study: str,
    name: Annotated[str | None, typer.Option(help="Name of the run.", show_default="backbone, target, number")] = None,
    target: Annotated[Source, typer.Option(help="Whose votes are learnt from.")] = "human",
    votes: Annotated[int, typer.Option(help=VOTES_HELP)] = 0,
    augment: Annotated[float, typer.Option(help="DiME-Aug: samples added, a share of the training clips.")] = 0.0,
    mix: Annotated[list[str], typer.Option(help=MIX_HELP)] = [],  # noqa: B006
    backbone: Annotated[str, typer.Option(help="probe, tiny, or a folder or hub id of a Qwen2-Audio model.")] = "probe",
    loss: Annotated[Loss, typer.Option(help="What is made small.")] = "js",
    lora_on: Annotated[LoraOn, typer.Option(help="Where LoRA adapts.")] = "language",
    epochs: Annotated[int, typer.Option(help="At most.")] = 50,
    patience: Annotated[int, typer.Option(help="Epochs without a better validation JS.")] = 8,
    learning_rate: Annotated[float | None, typer.Option(help="Highest.", show_default="the backbone's usual")] = None,
    batch: Annotated[int | None, typer.Option(help="Clips a step.", show_default="the backbone's usual")] = None,
    micro_batch: Annotated[int | None, typer.Option(help="Clips through the model at a time.")] = None,
    checkpointing: Annotated[bool, typer.Option(help="Less memory, more work.")] = False,
    qlora: Annotated[bool, typer.Option(help="The language model in 4 bits.")] = False,
    processes: Annotated[int, typer.Option(help="On this machine, each on a GPU of its own.")] = 1,
    seed: Annotated[int, typer.Option(help="Decides everything random.")] = 0,
    executor: Annotated[Executor, typer.Option(help="Where the job runs.")] = "local",
    slurm: Annotated[list[str], typer.Option(help="KEY=VALUE for Slurm; may be repeated.")] = [],  # noqa: B006
    skip_unusable: SkipUnusable = False,
    detach: Annotated[bool, typer.Option("--detach", help="Leave it to its job and return.")] = False,
    dry: Annotated[
        bool, typer.Option("--dry", help="Only say what it would learn from, and what it would take.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train on a study's votes and predict its test side; waits, and takes the predictions in."""
    settings = {
        "backbone": model_name(backbone), "loss": loss, "lora_on": lora_on, "epochs": epochs, "patience": patience,
        "learning_rate": learning_rate, "batch": batch, "micro_batch": micro_batch, "checkpointing": checkpointing,
        "qlora": qlora, "processes": processes, "seed": seed,
    }  # fmt: skip
    arguments = {
        "study": study, "name": name, "source": target, "votes": votes, "augment": augment,
        "augmentation": pairs(mix, "--mix"), "settings": settings,
        "executor": executor, "slurm": pairs(slurm, "--slurm"), "dry": dry, "skip_unusable": skip_unusable,
    }  # fmt: skip

    def work() -> dict:
        begun = call(context.obj, "train", arguments)
        if dry or detach:
            return begun
        return _wait(context.obj, [begun["name"]])[0]

    _end(say(work, as_json))


@app.command("grid")
def grid(
    context: typer.Context,
    study: str,
    name: Annotated[str | None, typer.Option(help="Name of the grid.")] = None,
    target: Annotated[
        list[str], typer.Option(help=f"{', '.join(SOURCES)}; may be repeated.", show_default="all that the study has")
    ] = [],  # noqa: B006
    augment: Annotated[list[float], typer.Option(help="0 for none; may be repeated.", show_default="0 0.3")] = [],  # noqa: B006
    seeds: Annotated[int, typer.Option(help="Runs of each cell.")] = 3,
    votes: Annotated[int, typer.Option(help=VOTES_HELP)] = 0,
    mix: Annotated[list[str], typer.Option(help=MIX_HELP)] = [],  # noqa: B006
    backbone: Annotated[str, typer.Option(help="probe, tiny, or a folder or hub id.")] = "probe",
    epochs: Annotated[int, typer.Option(help="At most.")] = 50,
    setting: Annotated[
        list[str],
        typer.Option("--set", help=SET_HELP),
    ] = [],  # noqa: B006
    executor: Annotated[Executor, typer.Option(help="Where the jobs run.")] = "local",
    slurm: Annotated[list[str], typer.Option(help="KEY=VALUE for Slurm; may be repeated.")] = [],  # noqa: B006
    skip_unusable: SkipUnusable = False,
    detach: Annotated[bool, typer.Option("--detach", help="Leave it to its jobs and return.")] = False,
    dry: Annotated[bool, typer.Option("--dry", help="Only say what it would take.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train every source × augmentation × seed of Table 2; waits for all."""

    def work() -> dict:
        begun = call(
            context.obj, "train grid",
            {
                "study": study, "name": name, "sources": list(target) or None, "fractions": list(augment) or None,
                "seeds": seeds, "votes": votes, "augmentation": pairs(mix, "--mix"),
                "settings": {"backbone": model_name(backbone), "epochs": epochs} | pairs(setting, "--set"),
                "executor": executor, "slurm": pairs(slurm, "--slurm"), "dry": dry, "skip_unusable": skip_unusable,
            },
        )  # fmt: skip
        return begun if dry or detach else begun | {"runs": _wait(context.obj, begun["runs"])}

    _end(say(work, as_json, training_text.grid))


@app.command("trainings")
def trainings(
    context: typer.Context,
    study: str | None = None,
    grid: Annotated[str | None, typer.Option(help="Only the runs of this grid.")] = None,
    as_json: AsJson = False,
) -> None:
    """Every training, with the grid that it is part of."""
    carry_out(context, as_json, "train list", study=study, grid=grid)


@app.command("train-cancel")
def cancel(context: typer.Context, name: str, as_json: AsJson = False) -> None:
    """Stop a training, or a whole grid by its name; what was learnt is kept, and it can be resumed."""
    carry_out(context, as_json, "train cancel", name=name)


@app.command("train-resume")
def resume(context: typer.Context, name: str, as_json: AsJson = False) -> None:
    """Go on with a training, or with every run of a grid that is not done; returns at once."""
    carry_out(context, as_json, "train resume", name=name)


@app.command("results")
def results(
    context: typer.Context,
    study: str,
    run: Annotated[list[str], typer.Option(help="A run; may be repeated.", show_default="all that are done")] = [],  # noqa: B006
    by: By = "clip",
    as_json: AsJson = False,
) -> None:
    """How close trained models come to the listeners on the test side: Table 2 and Figure 3 of paper 1."""
    asked = {"study": study, "runs": list(run) or None, "by": by}
    say(lambda: call(context.obj, "results", asked), as_json, training_text.results)


@app.command("predict")
def predict(
    context: typer.Context,
    run: str,
    sounds: Annotated[Path, typer.Argument(help="A folder of sound files.")],
    to: Annotated[Path, typer.Option(help="The CSV to write.")],
    as_json: AsJson = False,
) -> None:
    """What a trained model hears in a folder of sounds: a distribution a file."""

    def work() -> dict:
        found = call(context.obj, "train predictor", {"name": run})
        from emo_core.training import predicting  # torch, in this process alone

        def report(done: int, total: int) -> None:
            print(f"emo_core: {done:,} of {total:,} sounds", file=sys.stderr)

        where = Path(absolute(sounds))
        return predicting.folder_of_sounds(Path(found["predictor"]), where, Path(absolute(to)), report=report)

    say(work, as_json)


def _wait(store: Path, names: list[str]) -> list[dict]:
    """Wait for runs, and take their predictions in; with Ctrl-C they go on, and are told as they are."""
    found = [call(store, "train status", {"name": name}) for name in names]
    for place, (name, now) in enumerate(zip(names, found)):
        ended = wait(store / "jobs" / str(now["job"]), name, "steps")
        call(store, "train collect", {"name": name})
        found[place] = call(store, "train status", {"name": name})
        if ended.state in jobs.ALIVE:
            break
    return found


def _end(document: dict) -> None:
    states = [document, *document.get("runs", [])] if document.get("grid") else [document]
    if any(isinstance(each, dict) and each.get("state") in ("failed", "lost") for each in states):
        raise typer.Exit(1)
