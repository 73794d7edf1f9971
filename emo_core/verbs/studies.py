"""Verbs of studies."""

import csv
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from emo_core import jobs, vocabulary
from emo_core.errors import BadInput
from emo_core.records import Study, parse_merges
from emo_core.science import comparison
from emo_core.store import Database, browsing, exporting, marks, runs, studies
from emo_core.store.votes_as_of import votes_as_of


def add_study(store: Database, name: str, corpus: str | list[str], reference: str, emotions: str, **choices) -> dict:
    """Save a study of one corpus or several; `merge` is a list of from=to, `left_out` a list of raters, `without_clips` one of clips.

    Clips may stand one a line, or in the column `clip` of a table, in the file `without_clips_file` too.
    """
    merges = parse_merges(choices.pop("merge", None) or [])
    choices = {key: value for key, value in choices.items() if value is not None}
    candidate = choices.pop("candidate", None)
    listed = choices.pop("without_clips_file", None)
    named = [*choices.pop("without_clips", ()), *(clips_of_file(Path(listed)) if listed else ())]
    study = Study(
        name, corpus, reference, candidate, vocabulary.emotions(emotions), merges, without_clips=tuple(named), **choices
    )
    studies.add_study(store, study)
    return show_study(store, name)


def clips_of_file(path: Path) -> list[str]:
    """Names of clips in a file: of a CSV with a column `clip` that column, else every line that is not empty. Raises BadInput."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read as a list of clips: {error}. Give a text file in UTF-8.") from error
    return clips_of_text(text)


def clips_of_text(text: str) -> list[str]:
    """The same of text.

    >>> clips_of_text("a\\n\\n b.1\\n"), clips_of_text("clip,why\\na,too long\\n")
    (['a', 'b.1'], ['a'])
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    header = next(csv.reader(lines[:1]), [])
    if "clip" in header:
        return [row["clip"].strip() for row in csv.DictReader(lines) if (row["clip"] or "").strip()]
    return lines


def list_studies(store: Database) -> list[dict]:
    """Every study's choices and number of clips."""
    found = studies.list_studies(store)
    return [asdict(stored.study) | {"clips": exporting.export_rows(store, stored.study.name)} for stored in found]


def remove_study(store: Database, name: str) -> dict:
    """Forget a study; its votes stay. Raises BadInput while a run of it is going on."""
    for run in runs.list_runs(store):
        if run.study == name and jobs.status(runs.folder_of(store, run.run_id)).state in jobs.ALIVE:
            raise BadInput(f"The run {run.name!r} of the study {name!r} is going on. Stop it first.")
    studies.remove_study(store, name)
    return {"removed": name}


def show_study(store: Database, name: str, by: str = "clip") -> dict:
    """A study's choices, exclusions, and the paper's Table 3 for it; intervals resample clips, or speakers with `by`."""
    stored = studies.find_study(store.cursor(), name)
    counts = studies.study_counts(store, name)
    speakerless = int(np.sum(counts.speakers == None))  # noqa: E711  (elementwise)
    if by == "speaker" and speakerless:
        raise BadInput(f"{speakerless:,} clips of the study have no speaker. Resample clips instead.")
    table = comparison.compare(
        counts.reference,
        counts.candidate,
        seed=stored.study.seed,
        weights=(counts.reference_weights, counts.candidate_weights),
        speakers=counts.speakers if by == "speaker" else None,
    )
    study = asdict(stored.study)
    return {
        "study": name,
        **{key: study[key] for key in _CHOICES},
        "votes_as_of": votes_as_of(store, name).as_document(),
        "clips": table.clips,
        "train": int((~counts.is_test).sum()),
        "test": int(counts.is_test.sum()),
        "excluded": studies.exclusions(store, name),
        "leakage": studies.leakage(store, name),
        "class_balance": _class_balance(stored.study.emotions, counts.reference_weights),
        "votes_outside": {"reference": counts.outside_reference, "candidate": counts.outside_candidate},
        "reference": _panel_document(stored.study.reference, table.reference),
        "candidate": _panel_document(stored.study.candidate, table.candidate),
        "combined": _panel_document("combined", table.combined),
        **_figure_document("js_mean", table.js),
        "js_quartiles": list(table.js_quartiles),
        **_figure_document("bc_mean", table.bc),
        **_figure_document("tv_mean", table.tv),
        "intervals": f"95 % percentile bootstrap over {by}s, 1,000 resamples, seed {stored.study.seed}",
    }


_CHOICES = (
    "corpora", "emotions", "merges", "rule", "min_votes", "secondary_weight", "left_out", "split", "seed",
    "without_clips", "without_marked", "min_seconds", "max_seconds", "without_problems",
)  # fmt: skip


def _class_balance(emotions: tuple[str, ...], weights: np.ndarray) -> dict[str, float | None]:
    """Each emotion's share of all reference votes; null without votes."""
    total = float(weights.sum())
    return {name: float(share) / total if total else None for name, share in zip(emotions, weights.sum(axis=0))}


def compare_studies(store: Database, names: list[str]) -> list[dict]:
    """What each study's choices do: one row a study, with clips kept and left out, votes, agreement, entropy, divergence
    and class balance; under `table_3` kappa and entropy of the reference, the candidate and both combined, as Table 3 of
    Zhang et al. (2026) has them of human, synthetic and combined votes.
    """
    return [_summary(show_study(store, name)) for name in names]


def _summary(shown: dict) -> dict:
    reference = shown["reference"]
    figures = {
        name: reference[name]
        for figure in (
            "entropy_mean",
            "krippendorff_alpha",
            "fleiss_kappa",
            "fleiss_kappa_generalised",
        )
        for name in (figure, f"{figure}_interval")
    }
    return {
        "study": shown["study"],
        **{key: shown[key] for key in _CHOICES},
        "reference": reference["panel"],
        "candidate": shown["candidate"]["panel"],
        "clips": shown["clips"],
        "clips_left_out": sum(shown["excluded"].values()),
        "reference_votes": reference["votes"],
        "candidate_votes": shown["candidate"]["votes"],
        **figures,
        "js_mean": shown["js_mean"],
        "js_mean_interval": shown["js_mean_interval"],
        "class_balance": shown["class_balance"],
        "table_3": {
            side: shown[side]
            for side in ("reference", "candidate", "combined")
            if side == "reference" or shown["candidate"]["panel"]
        },
    }


def _panel_document(panel: str | None, figures: comparison.PanelFigures) -> dict:
    return {
        "panel": panel,
        "votes": figures.votes,
        **_figure_document("entropy_mean", figures.entropy),
        **_figure_document("krippendorff_alpha", figures.alpha),
        **_figure_document("fleiss_kappa", figures.kappa),
        **_figure_document("fleiss_kappa_generalised", figures.kappa_generalised),
    }


def _figure_document(name: str, figure: comparison.Figure) -> dict:
    document = {name: figure.value, f"{name}_interval": [figure.low, figure.high], f"{name}_clips": figure.n}
    return document | ({f"{name}_undefined": figure.reason} if figure.reason else {})


def browse(
    store: Database, study: str, sort: str = "js", limit: int = 25, offset: int = 0, ascending: bool = False
) -> list:
    """Clips of a study, most divergent first."""
    page = browsing.browse(store, study, sort=sort, descending=not ascending, limit=limit, offset=offset)
    return page.rows


def mark_clips(store: Database, corpus: str, clips: list[str], reason: str = "", by: str | None = None) -> dict:
    """Mark clips to be left out; `studies` go by marks, so that their figures changed."""
    return _marked(corpus, clips, lambda clip: marks.mark(store, corpus, clip, reason=reason, by=by))


def unmark_clips(store: Database, corpus: str, clips: list[str], by: str | None = None) -> dict:
    """Take the marks of clips back."""
    return _marked(corpus, clips, lambda clip: marks.unmark(store, corpus, clip, by=by))


def _marked(corpus: str, clips: list[str], keep: Callable[[str], list[str]]) -> dict:
    names = {name: None for clip in clips for name in keep(clip)}
    return {"corpus": corpus, "clips": clips, "studies": list(names)}


def list_marks(store: Database, corpus: str) -> list[dict]:
    """The clips of a corpus that are marked to be left out."""
    return [vars(mark) for mark in marks.marked(store, corpus)]
