"""Verbs of analyses: a study's votes from the store, through `emo_core.analysis`."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from emo_core import analysis
from emo_core.analysis import data, model_sources
from emo_core.errors import UnknownName
from emo_core.publishing import tables
from emo_core.store import Database, studies
from emo_core.store.votes_as_of import votes_as_of


def saturation(store: Database, study: str, order: str = "subsets", **options) -> dict:
    """Exact saturation curves with intervals, noise floor, exchange rate, fit and saturation point."""
    votes = data.of_study(store, study, collected=order == "collected")
    return analysis.saturation.saturation(votes, order=order, **options)


def ambiguity(store: Database, study: str, panel: list[str] | None = None, **options) -> dict:
    """Strata of ambiguity with every figure in each, kinds of ambiguity, entropy calibration, effective listeners."""
    return analysis.ambiguity.ambiguity(data.of_study(store, study, panels=_further(store, study, panel)), **options)


def stand_in(store: Database, study: str, panel: list[str] | None = None, **options) -> dict:
    """The alternative annotator test of the candidate and of further panels, and every two panels compared."""
    panels = _further(store, study, panel)
    return analysis.standin.stand_in(data.of_study(store, study, votes=("reference",), panels=panels), **options)


def _further(store: Database, study: str, panels: Iterable[str] | None) -> tuple[str, ...]:
    """Panels besides the study's own. Raises UnknownName."""
    known = data.other_panels(store, study)
    for name in panels or ():
        if name not in known:
            raise UnknownName("panel besides the reference", name, known)
    candidate = studies.find_study(store.cursor(), study).study.candidate
    return tuple(name for name in dict.fromkeys(panels or ()) if name != candidate)


def distributions(
    store: Database, study: str, run: list[str] | None = None, temperature: float = 1.0, **options
) -> dict:
    """What models say and what their logits say against the listeners, of these runs, by default of all that fit the study."""
    found = model_sources.of_study(store, study, runs=run or None, temperature=temperature)
    return analysis.distributions.distributions(found, **options)


def advise(store: Database, study: str, to: str | None = None, **options) -> dict:
    """Which clips should get more human votes for a budget; with `to` the plan is written as CSV for the annotation queue."""
    document = analysis.advice.advise(data.of_study(store, study), **options)
    document |= {"votes_as_of": votes_as_of(store, study).as_document()}
    if to is not None:
        tables.write_csv(Path(to), document["plan"], analysis.advice.PLAN_COLUMNS)
        document |= {"file": to, "plan": document["plan"][:20], "rows": len(document["plan"])}
    return document


def sandbox(
    store: Database, study: str, by: str = "clip", breakdown: str | None = None, before: bool = True, **choices
) -> dict:
    """The study's figures with choices changed, and unless `before` is off the figures as they are."""
    emotions, without = choices.pop("emotions", None), choices.pop("without", None)
    votes = data.of_study(store, study, votes=("candidate",) if without or breakdown else ())
    changed = analysis.sandbox.Choices(
        emotions=tuple(emotions) if emotions else None, without=tuple(without or ()), **choices
    )
    document = {"study": study, "changed": analysis.sandbox.sandbox(votes, changed, by=by)}
    if before:
        document["as_it_is"] = analysis.sandbox.sandbox(votes, analysis.sandbox.Choices(), by=by)
    if breakdown:
        document["breakdown"] = analysis.sandbox.broken_down(votes, breakdown, changed, by=by)
    return document


def breakdown(
    store: Database,
    study: str,
    kind: str,
    by: str = "clip",
    emotions: list[str] | None = None,
    without: list[str] | None = None,
) -> dict:
    """Which persona, temperature or rater of the candidate adds spread, and which adds bias, among
    these emotions and without these raters.
    """
    votes = data.of_study(store, study, votes=("candidate",))
    choices = analysis.sandbox.Choices(emotions=tuple(emotions) if emotions else None, without=tuple(without or ()))
    return analysis.sandbox.broken_down(votes, kind, choices, by=by)


def pack(store: Database, study: str, to: str, panel: list[str] | None = None, **options) -> dict:
    """The paper pack of a study in a new folder: data, results, tables, figures, report."""
    from emo_core.publishing import pack as packs  # draws figures, which few verbs need

    chosen = packs.Options(**options)
    found = studies.find_study(store.cursor(), study).study
    votes = data.of_study(store, study, votes=("reference", "candidate"), panels=_further(store, study, panel))
    as_of = votes_as_of(store, study).as_document()
    return packs.write(votes, asdict(found) | {"votes_as_of": as_of}, chosen, Path(to))
