"""Every verb of the workbench as a function from a store and plain arguments to a plain document.

The command line and the store's owner share this table: with the app closed a verb runs in the command's own process,
with the app open the app runs it (`emo_core.store.ownership`). Arguments and documents are JSON values; NaN is null.
"""

import logging
import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from emo_core import vocabulary
from emo_core.errors import BadInput, StoreError, UnknownName, WorkbenchError
from emo_core.records import Reading, Report, Study, VotesFile, parse_merges
from emo_core.science import comparison
from emo_core.store import Database, browsing, corpora, exporting, studies

_LOG = logging.getLogger("emo_core")


def run(store: Database, verb: str, arguments: dict) -> dict | list:
    """The document of one verb. Raises WorkbenchError."""
    if verb not in VERBS:
        raise UnknownName("verb", verb, VERBS)
    try:
        return plain(VERBS[verb](store, **arguments))
    except WorkbenchError:
        raise
    except OSError as error:
        raise StoreError(f"The operating system refused: {error}. Check the path and the space on its disk.") from error
    except Exception as error:  # the last door before the user: told as a sentence, kept whole in the log
        _LOG.exception("the verb %r failed", verb)
        raise StoreError(
            f"{verb} failed inside the workbench: {type(error).__name__}: {error}. Please report it."
        ) from error


def answer(store: Database, request: dict) -> dict:
    """`run` for another process: {"document": …}, or {"error": sentence, "exit_status": 1 or 2}."""
    try:
        return {"document": run(store, request["verb"], request["arguments"])}
    except WorkbenchError as error:
        return {"error": str(error), "exit_status": error.exit_status}


def plain(value: object) -> object:
    """JSON values only: NaN becomes None, tuples lists, dates and paths text."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, (str, int, bool, type(None))) else str(value)


def add_demo(store: Database) -> dict:
    """Make the simulated demo corpus, unless it is there, with its default study."""
    from emo_core.corpora import demo  # its maker is needed here alone

    known = {corpus["name"] for corpus in corpora.list_corpora(store)}
    if demo.DEMO_NAME in known:
        return {"corpus": demo.DEMO_NAME, "made": False, "studies": _studies_of(store, demo.DEMO_NAME)}
    folder = store.folder / "demo"
    clips, votes = demo.make_demo(folder)
    reading = Reading(
        format="demo",
        source=str(folder),
        clips=clips,
        votes=votes,
        audio_root=folder / "audio",
        licence=demo.LICENCE,
        simulated=True,
        notes=(demo.STATEMENT,),
    )
    report = corpora.add_corpus(store, demo.DEMO_NAME, reading)
    studies.add_study(store, suggest_study(store, demo.DEMO_NAME, name=demo.DEMO_NAME))
    return report.as_document() | {"made": True, "studies": _studies_of(store, demo.DEMO_NAME)}


def _studies_of(store: Database, corpus: str) -> list[str]:
    return [stored.study.name for stored in studies.list_studies(store) if stored.study.corpus == corpus]


def add_crema_d(store: Database, path: str, name: str) -> dict:
    """Take in CREMA-D from its official folder."""
    from emo_core.corpora import crema_d

    return _with_suggestion(store, corpora.add_corpus(store, name, crema_d.read(path)))


def add_votes_corpus(
    store: Database, name: str, file: dict, audio: str | None = None, licence: str = "", skip_bad_rows: bool = False
) -> dict:
    """Take in a corpus from a table of votes; `file` holds the fields of `VotesFile`."""
    from emo_core.corpora import votes_table

    reading = votes_table.read(votes_file(file), audio=audio, licence=licence)
    return _with_suggestion(store, corpora.add_corpus(store, name, reading, skip_bad_rows=skip_bad_rows))


def add_votes(store: Database, corpus: str, file: dict, skip_bad_rows: bool = False) -> dict:
    """Add a table of votes to a corpus that is there."""
    return corpora.add_votes(store, corpus, votes_file(file), skip_bad_rows=skip_bad_rows).as_document()


def votes_file(fields: dict) -> VotesFile:
    """A `VotesFile` from JSON values."""
    counts = tuple(fields.get("counts") or ())
    return VotesFile(**fields | {"path": Path(fields["path"]), "counts": counts})


def _with_suggestion(store: Database, report: Report) -> dict:
    suggested = suggest_study(store, report.corpus)
    return report.as_document() | {"suggested_study": asdict(suggested) if suggested else None}


def suggest_study(store: Database, corpus: str, *, name: str | None = None) -> Study | None:
    """The study to begin with: the first human panel as reference, the first other panel as candidate, every emotion
    that either used. None where votes name fewer than two emotions.
    """
    panels = corpora.panel_emotions(store, corpus)
    order = sorted(panels, key=lambda panel: panel["kind"] != "human")
    if not order:
        return None
    reference = order[0]
    others = sorted(order[1:], key=lambda panel: (panel["kind"] == "human", -panel["votes"]))
    candidate = others[0] if others else None
    used = set(reference["emotions"]) | set(candidate["emotions"] if candidate else ())
    if len(used) < 2:
        return None
    return Study(
        name=name or f"{corpus} default",
        corpus=corpus,
        reference=reference["name"],
        candidate=candidate["name"] if candidate else None,
        emotions=vocabulary.in_standard_order(used),
        rule="drop_outside",
    )


def list_corpora(store: Database) -> list[dict]:
    """Every corpus with its panels."""
    return [corpus | {"panels": corpora.list_panels(store, corpus["name"])} for corpus in corpora.list_corpora(store)]


def show_corpus(store: Database, name: str) -> dict:
    """One corpus with its panels and the accounts of its imports."""
    (found,) = [corpus for corpus in list_corpora(store) if corpus["name"] == name] or [None]
    if found is None:
        raise UnknownName("corpus", name, [corpus["name"] for corpus in corpora.list_corpora(store)])
    return found | {"imports": corpora.import_reports(store, name)}


def remove_corpus(store: Database, name: str) -> dict:
    """Forget a corpus, its votes and studies; audio files stay."""
    corpora.remove_corpus(store, name)
    return {"removed": name}


def add_study(store: Database, name: str, corpus: str, reference: str, emotions: str, **choices) -> dict:
    """Save a study; `merge` is a list of from=to."""
    merges = parse_merges(choices.pop("merge", []))
    choices = {key: value for key, value in choices.items() if value is not None}
    candidate = choices.pop("candidate", None)
    study = Study(name, corpus, reference, candidate, vocabulary.emotions(emotions), merges, **choices)
    studies.add_study(store, study)
    return show_study(store, name)


def list_studies(store: Database) -> list[dict]:
    """Every study's choices and number of clips."""
    found = studies.list_studies(store)
    return [asdict(stored.study) | {"clips": exporting.export_rows(store, stored.study.name)} for stored in found]


def remove_study(store: Database, name: str) -> dict:
    """Forget a study; its votes stay."""
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
        speakers=counts.speakers if by == "speaker" else None,
    )
    study = asdict(stored.study)
    return {
        "study": name,
        **{key: study[key] for key in ("corpus", "emotions", "merges", "rule", "min_votes", "split", "seed")},
        "clips": table.clips,
        "train": int((~counts.is_test).sum()),
        "test": int(counts.is_test.sum()),
        "excluded": studies.exclusions(store, name),
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


def _panel_document(panel: str | None, figures: comparison.PanelFigures) -> dict:
    return {
        "panel": panel,
        "votes": figures.votes,
        **_figure_document("entropy_mean", figures.entropy),
        **_figure_document("krippendorff_alpha", figures.alpha),
        **_figure_document("fleiss_kappa", figures.kappa),
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


def export(store: Database, study: str, to: str, columns: list[str] | None = None) -> dict:
    """Write a study's distributions to a CSV or Parquet file."""
    rows = exporting.export(store, study, to, names=columns)
    return {"file": to, "rows": rows, "schema": f"{to}.schema.json"}


VERBS: dict[str, Callable[..., dict | list]] = {
    "demo": add_demo,
    "corpus add crema-d": add_crema_d,
    "corpus add votes": add_votes_corpus,
    "corpus list": list_corpora,
    "corpus show": show_corpus,
    "corpus remove": remove_corpus,
    "votes add": add_votes,
    "study add": add_study,
    "study list": list_studies,
    "study show": show_study,
    "study remove": remove_study,
    "browse": browse,
    "export": export,
}
