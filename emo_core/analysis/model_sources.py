"""What runs read from models, as sources: a distribution for each clip, or the reason why there is none.

One reading may give several sources: raw logits are normalised both as published (`paper`) and by a softmax.

Only models that were asked are sources. What a trained model predicts is a distribution already, made by the softmax of its
head, and is compared on the page Results (`analysis.results_data`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from emo_core import science
from emo_core.annotators.plan import QUESTIONS
from emo_core.annotators.replies import parse_label
from emo_core.errors import BadInput, UnknownName
from emo_core.science import logits
from emo_core.store import Database, readings, studies
from emo_core.store.readings import Heard, Reading
from emo_core.store.runs import Run

EXACT = "exact panel"
REASONS = {
    "not_read": "not read: the run has not come to the clip, or could not hear it",
    "invalid_reply": "no valid reply",
    "no_such_step": "no such step: the reply is empty, or writes no emotion word",
    "not_finite": "a logit that is no finite number",
    "no_meaning": "no meaning: a negative logit",
}
NORMALISATIONS = ("paper", "softmax")


@dataclass(frozen=True)
class Source:
    """One way to a distribution. `distributions`: (clips, emotions), NaN where there is none; `left_out`: clips by a key of `REASONS`;
    `missed`: percentages that did not sum to 100, None for other sources; `replies`: (clips,) verbatim, None for other sources.
    """

    run: str | None  # None for what needs no model
    prompt: str
    reading: str
    normalisation: str
    distributions: np.ndarray
    left_out: Mapping[str, int]
    missed: int | None = None
    replies: np.ndarray | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is within its run."""
        return self.prompt, self.reading, self.normalisation


@dataclass(frozen=True)
class ModelData:
    """A study's listeners and what the chosen runs read; `temperature` is that of the softmax."""

    study: str
    reference_name: str
    emotions: tuple[str, ...]
    seed: int
    heard: Heard
    sources: list[Source]
    runs: Mapping[str, Run]
    temperature: float

    def clusters(self, by: str) -> np.ndarray | None:
        """What intervals resample besides clips. Raises BadInput where a clip has no speaker."""
        if by not in ("clip", "speaker"):
            raise BadInput(f"Intervals resample clips or speakers, not {by!r}.")
        if by == "clip":
            return None
        if not self.heard.has_speakers:
            nameless = sum(speaker is None for speaker in self.heard.speakers)
            raise BadInput(f"{nameless:,} clips of the study have no speaker. Resample clips instead.")
        return self.heard.speakers


def of_study(
    store: Database, study: str, *, runs: Iterable[str] | None = None, temperature: float = 1.0, clip: str | None = None
) -> ModelData:
    """The listeners of a study and the sources of these runs, by default of all that fit it (`asked_runs`).
    temperature: of the softmax. clip: only this one.

    Raises UnknownName for the study, a run or the clip, BadInput where no run fits.
    """
    stored = studies.find_study(store.cursor(), study)
    runs = list(runs or ())
    fitting = asked_runs(store, study)
    trained = readings.fitting_runs(store, study, questions=("training",))
    for name in runs:
        if name in trained:
            raise BadInput(
                f"The run {name!r} is of a trained model, which predicts probabilities and no logits. "
                f"Its figures: results {trained[name][0].study}."
            )
    if not fitting:
        raise BadInput(
            f"No run has read distributions for the study {study!r}. Plan one: panel plan {study} --question distribution "
            "--provider local --model FOLDER, then panel run."
        )
    chosen = list(dict.fromkeys(runs or fitting))
    for name in chosen:
        if name not in fitting:
            raise UnknownName(f"run that reads distributions for the study {study!r}", name, fitting)
    heard = readings.heard(store, study)
    if clip is not None:
        places = np.flatnonzero(heard.clips == clip)
        if not len(places):
            raise UnknownName(f"clip with reference votes in the study {study!r}", clip, heard.clips[:20])
        heard = heard.only(int(places[0]))
    sources = [
        source
        for name in chosen
        for source in _sources(store, *fitting[name], heard, stored.study.emotions, temperature)
    ]
    return ModelData(
        study, stored.study.reference, stored.study.emotions, stored.study.seed, heard, sources,
        {name: fitting[name][0] for name in chosen}, temperature,
    )  # fmt: skip


def asked_runs(store: Database, study: str) -> dict[str, tuple[Run, list[tuple[str, str]]]]:
    """The runs of asked models that fit a study (`store.readings.fitting_runs`). Raises UnknownName."""
    return readings.fitting_runs(store, study, questions=QUESTIONS)


def uniform(clips: int, emotions: int) -> Source:
    """The distribution of one who hears nothing: what readings with little contrast come to."""
    return Source(None, "", "uniform", "", np.full((clips, emotions), 1 / emotions), {})


def _sources(
    store: Database, run: Run, pairs: list[tuple[str, str]], heard: Heard, emotions: tuple[str, ...], temperature: float
) -> list[Source]:
    """Every source of one run, text before logits."""

    def read(prompt: str, reading: str) -> Reading:
        return readings.read(store, run, prompt, reading, clip_ids=heard.clip_ids, emotions=emotions)

    cells = [pair for pair in pairs if pair[0] == "label"]
    found = [_exact(run, (read(*pair).values for pair in cells))] if cells else []
    for prompt, reading in sorted(set(pairs) - set(cells), key=lambda pair: (pair[1] != "text", pair)):
        each = read(prompt, reading)
        if reading != "text":
            found += _of_logits(run, prompt, reading, each, temperature)
        elif prompt == "ambiguous":
            shares, missed = logits.percentages(each.values)
            found.append(_text(run, prompt, "percentages", shares, each, int(missed.sum())))
        else:
            shares = logits.one_label(_named(each.replies, run.settings["words"], emotions), len(emotions))
            found.append(_text(run, prompt, "one label", shares, each))
    return found


def _exact(run: Run, cells: Iterable[np.ndarray]) -> Source:
    """The mean over personas and temperatures."""
    shares = logits.panel_mean(cells)
    return Source(run.name, "label", EXACT, "chances", shares, _counted({"not_read": np.isnan(shares).any(axis=1)}))


def _text(
    run: Run, prompt: str, normalisation: str, shares: np.ndarray, each: Reading, missed: int | None = None
) -> Source:
    invalid = each.present & np.isnan(shares).any(axis=1)
    left_out = _counted({"not_read": ~each.present, "invalid_reply": invalid})
    return Source(run.name, prompt, "text", normalisation, shares, left_out, missed, each.replies)


def _of_logits(run: Run, prompt: str, reading: str, each: Reading, temperature: float) -> list[Source]:
    empty, finite = np.isnan(each.values).all(axis=1), np.isfinite(each.values).all(axis=1)
    reasons = {"not_read": ~each.present, "no_such_step": each.present & empty, "not_finite": ~empty & ~finite}
    why = {"paper": reasons | {"no_meaning": logits.refused(each.values)}, "softmax": reasons}
    shares = {"paper": logits.paper(each.values), "softmax": logits.softmax(each.values, temperature=temperature)}
    return [Source(run.name, prompt, reading, name, shares[name], _counted(why[name])) for name in NORMALISATIONS]


def _counted(masks: Mapping[str, np.ndarray]) -> dict[str, int]:
    return {reason: int(mask.sum()) for reason, mask in masks.items() if mask.any()}


def _named(replies: np.ndarray, words: Mapping[str, str], emotions: tuple[str, ...]) -> np.ndarray:
    """The column of the emotion that each reply names, −1 for none. Few different replies occur, so each is read once."""
    meaning = {reply: parse_label(reply, words) if reply else None for reply in set(replies)}
    return np.array([emotions.index(meaning[reply]) if meaning[reply] else -1 for reply in replies], dtype=int)


def listeners(data: ModelData) -> np.ndarray:
    """The listeners' distributions, (clips, emotions)."""
    return science.normalise(data.heard.reference)
