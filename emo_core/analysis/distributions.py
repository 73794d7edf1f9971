"""What do models say, and what do their logits say? The document behind the page Distributions and `distributions STUDY --json`.

The questions are those of Halim et al. (2025), each asked on the clips that all compared sources have:

| view | in the paper | compared |
|---|---|---|
| text_and_tokens | Table 1 | percentages in the reply, logits meanwhile |
| prompts | Table 2 | the prompt for percentages, the prompt for one emotion |
| dominant | Table 3 | the likeliest emotion of each against the listeners' majority |
| steps | Figure 3 | logits of all tokens of the reply, of those that write an emotion word |
"""

from collections.abc import Mapping

import numpy as np

from emo_core.analysis.data import figure, intervals_in_words
from emo_core.analysis.model_sources import EXACT, NORMALISATIONS, ModelData, Source, listeners, uniform
from emo_core.analysis.saturation import RESAMPLES
from emo_core.errors import BadInput
from emo_core.science import closeness
from emo_core.science.closeness import Terms
from emo_core.science.logits import SMOOTHING

SUBTOKENS = ("averaged", "first")
UNITS = {
    "kl": "bits, model smoothed", "bd": "nats, model smoothed", "js": "bits", "r2": "over all shares",
    "accuracy": "share of clips, ties shared", "macro_f1": "mean over emotions, ties shared", "entropy": "bits",
}  # fmt: skip
# As printed. The unit of KL, what R² is over, how F1 is averaged and how infinite divergences were met are not told.
PUBLISHED = {
    "citation": "Halim, Wang, Jia & Dang, Token-Level Logits Matter, Interspeech 2025, arXiv 2505.18484",
    "model": "LTU-AS",
    "corpus": "IEMOCAP",
    "data": "4,373 clips of four emotions, three listeners each",
    "text_and_tokens": [
        {"source": "text", "kl": 2.05, "bd": 0.51, "r2": 0.34},
        {"source": "token-level", "kl": 0.99, "bd": 0.47, "r2": 0.38},
    ],
    "prompts": [
        {"source": "ambiguous", "kl": 0.99, "bd": 0.47, "r2": 0.38},
        {"source": "single", "kl": 0.75, "bd": 0.31, "r2": 0.53},
    ],
    "dominant": [
        {"source": "text (single)", "accuracy": 0.5806, "macro_f1": 0.39},
        {"source": "text (ambiguous)", "accuracy": 0.3583, "macro_f1": 0.06},
        {"source": "token-level (ambiguous)", "accuracy": 0.5264, "macro_f1": 0.31},
        {"source": "token-level (single)", "accuracy": 0.5590, "macro_f1": 0.30},
    ],
    "steps": [],
}


def distributions(
    data: ModelData, *, subtokens: str = "averaged", smoothing: float = SMOOTHING, by: str = "clip"
) -> dict:
    """Every source on its own clips, and the views on clips in common.

    subtokens: whether the views take the mean over a word's subtokens or its first one. smoothing: the share that each emotion of a
    model gets more for KL and the Bhattacharyya distance.

    Raises BadInput where an option is out of range.
    """
    if subtokens not in SUBTOKENS:
        raise BadInput(f"The subtokens of a word are {' or '.join(SUBTOKENS)}, not {subtokens!r}.")
    if not 0 <= smoothing <= 1:
        raise BadInput(f"Smoothing is a share from 0 to 1 added to each emotion, not {smoothing!r}. Use {SMOOTHING}.")
    options = {"seed": data.seed, "clusters": data.clusters(by), "resamples": RESAMPLES}
    p = listeners(data)
    sources = [*data.sources, uniform(*p.shape)]
    terms = {(each.run, *each.key): closeness.terms(p, each.distributions, smoothing=smoothing) for each in sources}
    return {
        "study": data.study,
        "reference": data.reference_name,
        "emotions": list(data.emotions),
        "clips": len(p),
        "runs": [_about(run, data) for run in data.runs],
        "temperature": data.temperature,
        "subtokens": subtokens,
        "smoothing": smoothing,
        "units": UNITS,
        "sources": [_row(each, terms[each.run, *each.key], options) for each in sources],
        "views": {view: _groups(data, keys, terms, options) for view, keys in _views(subtokens).items()},
        "published": PUBLISHED,
        "intervals": intervals_in_words(by, RESAMPLES, data.seed),
    }


def _views(subtokens: str) -> dict[str, list[tuple[str, list[tuple[str, str, str]]]]]:
    """What each view compares, the first of a group being what the others are held against: {view: [(normalisation, keys)]}."""
    text, label, panel = (
        ("ambiguous", "text", "percentages"),
        ("single", "text", "one label"),
        ("label", EXACT, "chances"),
    )
    views: dict[str, list] = {"text_and_tokens": [], "prompts": [], "dominant": [], "steps": []}
    for way in NORMALISATIONS:
        ambiguous, single = ((prompt, f"all/{subtokens}", way) for prompt in ("ambiguous", "single"))
        views["text_and_tokens"].append((way, [text, ambiguous, panel]))
        views["prompts"].append((way, [ambiguous, single]))
        views["dominant"].append((way, [label, text, ambiguous, single, panel]))
        views["steps"] += [(way, [every, (every[0], f"words/{subtokens}", way)]) for every in (ambiguous, single)]
    return views


def _groups(data: ModelData, view: list, terms: Mapping[tuple, Terms], options: dict) -> list[dict]:
    """A group for each run and normalisation that has any of the view's sources. A source without any clip is named in `empty`:
    it would leave the others without clips in common.
    """
    groups = []
    for run in data.runs:
        for way, keys in view:
            there = [(run, *key) for key in keys if (run, *key) in terms]
            full = [key for key in there if terms[key].known.any()]
            if there:
                about = {"run": run, "normalisation": way, "empty": [_named(key) for key in there if key not in full]}
                groups.append(about | _compared({key: terms[key] for key in full}, options))
    return groups


def _compared(chosen: Mapping[tuple, Terms], options: dict) -> dict:
    """Rows on the clips in common, each but the first with its difference to the first."""
    if not chosen:
        return {"clips": 0, "rows": []}
    each, differences = closeness.compare(chosen, **options)
    rows = [_named(key) | _figures(found) for key, found in zip(chosen, each)]
    for row, found in zip(rows[1:], differences):
        row["difference"] = _figures(found)
    return {"clips": int(np.logical_and.reduce([terms.known for terms in chosen.values()]).sum()), "rows": rows}


def _row(source: Source, terms: Terms, options: dict) -> dict:
    """One source on its own clips."""
    own = _named((source.run, *source.key)) | {"clips": int(terms.known.sum()), "left_out": dict(source.left_out)}
    if source.missed is not None:
        own["not_summing_to_100"] = source.missed
    return own | {"kl_infinite": terms.infinite} | _figures(closeness.figures(terms, **options))


def _figures(found: Mapping[str, closeness.Figure]) -> dict:
    return {name: figure(each) for name, each in found.items()}


def _named(key: tuple) -> dict:
    return dict(zip(("run", "prompt", "reading", "normalisation"), key))


def _about(name: str, data: ModelData) -> dict:
    run = data.runs[name]
    kept = ("model", "provider", "mode", "temperatures")
    return {"run": name, "question": run.question, "study": run.study} | {key: run.settings.get(key) for key in kept}


def one_clip(data: ModelData) -> dict:
    """What every source says of the one clip of `data`: shares, None with the reason where there are none, and what listeners heard."""
    votes = data.heard.reference[0]
    return {
        "clip": data.heard.clips[0],
        "emotions": list(data.emotions),
        "reference": {"votes": float(votes.sum()), "shares": listeners(data)[0].tolist()},
        "sources": [
            _named((each.run, *each.key))
            | {"shares": None if each.left_out else each.distributions[0].tolist(), "why": next(iter(each.left_out), None)}
            | ({"reply": each.replies[0]} if each.replies is not None else {})
            for each in data.sources
        ],
    }  # fmt: skip
