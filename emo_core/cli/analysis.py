"""Commands that look at what is there."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from emo_core.cli.frame import AsJson, By, absolute, carry_out, say

app = typer.Typer()

Panels = Annotated[list[str], typer.Option(help="A further panel to compare; may be repeated.")]


@app.command()
def agreement(
    context: typer.Context,
    study: str,
    side: Annotated[Literal["reference", "candidate"], typer.Option(help="Whose raters.")] = "reference",
    by: By = "clip",
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


@app.command()
def saturation(
    context: typer.Context,
    study: str,
    most: Annotated[
        int | None, typer.Option(help="Votes of the longest subset; clips with fewer are left out.")
    ] = None,
    by: By = "clip",
    rule: Annotated[Literal["share", "bits"], typer.Option(help="What the remaining gain is measured in.")] = "share",
    value: Annotated[
        float | None, typer.Option(help="Remaining gain that counts as level: 0.1 of it, or 0.01 bits.")
    ] = None,
    smoothing: Annotated[float, typer.Option(help="Votes added to each emotion for the KL divergence.")] = 0.5,
    price: Annotated[float, typer.Option(help="Of one candidate vote, in any currency.")] = 0.0,
    groups: Annotated[
        Literal["tertile", "emotion", "corpus"] | None, typer.Option(help="Also one curve a group.")
    ] = None,
    order: Annotated[
        Literal["subsets", "collected"],
        typer.Option(help="collected: also the first n votes, where a time or draw number of each is recorded."),
    ] = "subsets",
    measure: Annotated[
        Literal["js", "bc", "kl", "tv", "entropy", "js_distance"],
        typer.Option(help="Whose noise floor is wanted too; js_distance adds its sampled curve."),
    ] = "js",
    as_json: AsJson = False,
) -> None:
    """Where more candidate votes stop helping: exact curves with intervals, noise floor, exchange rate, saturation point."""
    carry_out(
        context, as_json, "saturation", study=study, most=most, by=by, rule=rule, value=value, smoothing=smoothing,
        price=price, groups=groups, order=order, measure=measure,
    )  # fmt: skip


@app.command()
def ambiguity(
    context: typer.Context,
    study: str,
    k: Annotated[int, typer.Option(help="Into how many strata, 2 to 10.")] = 3,
    method: Annotated[
        Literal["equal counts", "equal range"],
        typer.Option(help="Equal numbers of clips, or equal parts of the range."),
    ] = "equal counts",
    edges: Annotated[str | None, typer.Option(help="Edges of your own in bits, such as 0.5,1.0.")] = None,
    panel: Panels = [],  # noqa: B006
    by: By = "clip",
    as_json: AsJson = False,
) -> None:
    """For which clips the panels come close: strata of reference entropy, kinds of ambiguity, effective listeners."""
    given = _numbers(edges) if edges is not None else None
    carry_out(
        context, as_json, "ambiguity", study=study, k=k, method=method, edges=given, panel=panel, by=by
    )  # fmt: skip


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no list of numbers such as 0.5,1.0", param_hint="--edges") from None


@app.command()
def standin(
    context: typer.Context,
    study: str,
    epsilon: Annotated[
        float, typer.Option(help="How much worse than a listener still passes: 0.2 experts, 0.1 crowd.")
    ] = 0.2,
    answer: Annotated[Literal["majority", "one vote"], typer.Option(help="What a panel answers.")] = "majority",
    panel: Panels = [],  # noqa: B006
    groups: Annotated[Literal["tertile", "emotion"] | None, typer.Option(help="Also for each group of clips.")] = None,
    by: By = "clip",
    as_json: AsJson = False,
) -> None:
    """Whether a panel may stand in for a listener: the alternative annotator test, and panels compared pairwise."""
    carry_out(
        context, as_json, "standin", study=study, epsilon=epsilon, answer=answer, panel=panel, groups=groups, by=by
    )  # fmt: skip


@app.command()
def distributions(
    context: typer.Context,
    study: str,
    run: Annotated[list[str], typer.Option(help="A run; may be repeated.", show_default="all that fit the study")] = [],  # noqa: B006
    temperature: Annotated[float, typer.Option(help="Of the softmax over logits.")] = 1.0,
    subtokens: Annotated[
        Literal["averaged", "first"],
        typer.Option(help="Whether the views take the mean over a word's subtokens or its first."),
    ] = "averaged",
    smoothing: Annotated[
        float, typer.Option(help="Share added to each emotion of a model for KL and Bhattacharyya distance.")
    ] = 0.01,
    by: By = "clip",
    as_json: AsJson = False,
) -> None:
    """What models say and what their logits say, against the listeners: text, tokens, prompts, the dominant emotion."""
    carry_out(
        context, as_json, "distributions", study=study, run=run, temperature=temperature, subtokens=subtokens,
        smoothing=smoothing, by=by,
    )  # fmt: skip


@app.command()
def advise(
    context: typer.Context,
    study: str,
    budget: Annotated[float, typer.Option(help="What may be spent; with the price 1, a number of votes.")],
    price: Annotated[float, typer.Option(help="Of one human vote.")] = 1.0,
    most: Annotated[int, typer.Option(help="Votes for one clip at most.")] = 10,
    objective: Annotated[Literal["js", "information"], typer.Option(help="What a vote should reduce.")] = "js",
    synthetic_price: Annotated[float | None, typer.Option(help="Of one candidate vote, to compare offers.")] = None,
    worth: Annotated[
        float | None, typer.Option(help="Human votes that one candidate vote is worth; measured otherwise.")
    ] = None,
    synthetic_votes: Annotated[int, typer.Option(help="Candidate votes that are held against one human vote.")] = 1,
    to: Annotated[Path | None, typer.Option(help="Write the plan as CSV.")] = None,
    as_json: AsJson = False,
) -> None:
    """Where one more human vote would help most, and what a budget buys."""
    carry_out(
        context, as_json, "advise", study=study, budget=budget, price=price, most=most, objective=objective,
        synthetic_price=synthetic_price, worth=worth, synthetic_votes=synthetic_votes, to=absolute(to),
    )  # fmt: skip


@app.command()
def sandbox(
    context: typer.Context,
    study: str,
    votes: Annotated[int | None, typer.Option(help="Candidate votes a clip that are used.")] = None,
    weight: Annotated[float, typer.Option(help="Human votes that one candidate vote counts.")] = 1.0,
    smoothing: Annotated[float, typer.Option(help="Votes added to each emotion on both sides.")] = 0.0,
    emotions: Annotated[str | None, typer.Option(help="Emotions that stay, comma-separated.")] = None,
    without: Annotated[list[str], typer.Option(help="A candidate rater to leave out; may be repeated.")] = [],  # noqa: B006
    breakdown: Annotated[
        Literal["persona", "temperature", "rater"] | None, typer.Option(help="Which of them adds spread, which bias.")
    ] = None,
    by: By = "clip",
    as_json: AsJson = False,
) -> None:
    """What if the candidate's votes were fewer, weighted, smoothed, or without some raters: all figures, before and after."""
    carry_out(
        context, as_json, "sandbox", study=study, votes=votes, weight=weight, smoothing=smoothing,
        emotions=[name.strip() for name in emotions.split(",")] if emotions else None, without=without,
        breakdown=breakdown, by=by,
    )  # fmt: skip


@app.command()
def pack(
    context: typer.Context,
    study: Annotated[str | None, typer.Argument(help="The study to pack.")] = None,
    to: Annotated[Path | None, typer.Option(help="A new or empty folder.")] = None,
    check: Annotated[Path | None, typer.Option(help="A pack whose numbers are to be computed anew.")] = None,
    most: Annotated[int | None, typer.Option(help="Votes of the longest subset.")] = None,
    epsilon: Annotated[float, typer.Option(help="Of the stand-in test.")] = 0.2,
    k: Annotated[int, typer.Option(help="Strata of ambiguity.")] = 3,
    panel: Panels = [],  # noqa: B006
    by: By = "clip",
    as_json: AsJson = False,
) -> None:
    """All numbers, figures and votes of a study in one folder, with a report; or --check that a pack's numbers come out again."""
    if (check is None) == (study is None) or (study is not None and to is None):
        raise typer.BadParameter("give a study and --to DIR, or --check DIR")
    if check is not None:
        _check_pack(Path(absolute(check)), as_json)
    else:
        carry_out(
            context, as_json, "pack", study=study, to=absolute(to), most=most, epsilon=epsilon, k=k, panel=panel, by=by
        )  # fmt: skip


def _check_pack(folder: Path, as_json: bool) -> None:
    """A pack needs no store. Ends with status 1 where a number differs."""
    from emo_core.publishing import pack as packs

    document = say(lambda: packs.check(folder), as_json)
    if not document["same"]:
        raise typer.Exit(1)
