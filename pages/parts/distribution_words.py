"""What the Distributions page says of runs, sources and comparisons."""

from collections.abc import Mapping, Sequence

from emo_core.analysis import model_sources
from pages.parts.analyses import in_words
from pages.parts.session import escape

READINGS = {"all": "all tokens", "words": "emotion words", "uniform": "always uniform"}
WAYS = {"paper": "φ = z / Σz", "softmax": "softmax"}
ASKED = {"distribution": "percentages and one emotion", "label": "votes, with the exact chances of the labels"}


def runs_in_words(runs: Sequence[Mapping]) -> str:
    """Which model each run asked, and for what."""
    said = []
    for run in runs:
        model = (run["model"] or "model not named").rstrip("/").split("/")[-1]
        asked = ASKED[run["question"]]
        provider = run["provider"] or "provider not named"
        said.append(f"**{escape(run['run'])}** {escape(model)} ({provider}), asked for {asked}")
    return " · ".join(said)


def label(row: Mapping, *, several: bool, way: bool = False) -> str:
    """A source in words, its run before it where there are several."""
    kind, _, subtokens = row["reading"].partition("/")
    words = READINGS.get(kind, kind)
    if row["prompt"] in ("ambiguous", "single"):
        words += f", {row['prompt']} prompt"
    words += ", first subtoken" if subtokens == "first" else ""
    words += f", {WAYS[row['normalisation']]}" if way and row["normalisation"] in WAYS else ""
    return f"{row['run']}: {words}" if several and row["run"] else words


def verdict(group: Mapping) -> str | None:
    """Which of a group's first two comes closer by JS, and by how much; None where it has but one."""
    if len(group["rows"]) < 2:
        return None
    first, second = group["rows"][:2]
    found = second["difference"]["js"]
    low, high = found["interval"]
    word = "cannot be told apart from"
    if low is not None and not low <= 0 <= high:
        word = "comes closer than" if high < 0 else "stays farther off than"
    return (
        f"**{escape(group['run'])}**: *{label(second, several=False)}* {word} *{label(first, several=False)}*: JS differs by "
        f"{in_words(found)} bits on n = {group['clips']:,} clips."
    )


def left_out(row: Mapping) -> str:
    """Clips that a source leaves out, by reason."""
    parts = [f"{count:,} × {model_sources.REASONS[reason]}" for reason, count in row["left_out"].items()]
    return "; ".join(parts) or "none"


def published_in_words(published: Mapping) -> str:
    """Whose figures stand in the tables as published, and what they cannot be held against."""
    return (
        f"Published: {published['model']} on {published['corpus']}, {published['data']} ({published['citation']}), as printed. Other clips "
        "and another model; the unit of KL, what R² is over, the averaging of F1 and the treatment of infinite divergences are not told."
    )
