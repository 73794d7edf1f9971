"""Every verb of the workbench as a function from a store and plain arguments to a plain document.

The command line and the store's owner share this table: with the app closed a verb runs in the command's own process,
with the app open the app runs it (`emo_core.store.ownership`). Arguments and documents are JSON values; NaN is null.
"""

import logging
import math
from collections.abc import Callable

from emo_core.errors import StoreError, UnknownName, WorkbenchError
from emo_core.store import Database
from emo_core.verbs import (
    agreement,
    analysis,
    augmentation,
    campaigns,
    corpora,
    exports,
    health,
    jobs,
    panels,
    stores,
    studies,
    training,
)

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


VERBS: dict[str, Callable[..., dict | list]] = {
    "demo": corpora.add_demo,
    "corpus formats": corpora.list_formats,
    "corpus add": corpora.add_known_corpus,
    "corpus add votes": corpora.add_votes_corpus,
    "corpus get": corpora.get_corpus,
    "corpus look": corpora.look,
    "corpus map": corpora.map_file,
    "corpus mappings": corpora.list_mappings,
    "corpus preview": corpora.preview,
    "corpus list": corpora.list_corpora,
    "corpus show": corpora.show_corpus,
    "corpus remove": corpora.remove_corpus,
    "votes add": corpora.add_votes,
    "vocabulary list": corpora.list_vocabulary,
    "vocabulary add": corpora.add_emotion,
    "study add": studies.add_study,
    "study list": studies.list_studies,
    "study show": studies.show_study,
    "study compare": studies.compare_studies,
    "study remove": studies.remove_study,
    "corpus mark": studies.mark_clips,
    "corpus unmark": studies.unmark_clips,
    "corpus marks": studies.list_marks,
    "campaign add": campaigns.add_campaign,
    "campaign list": campaigns.list_campaigns,
    "campaign show": campaigns.show_campaign,
    "campaign export": campaigns.export,
    "campaign invite": campaigns.invite,
    "campaign withdraw": campaigns.withdraw,
    "campaign researcher-link": campaigns.researcher_link,
    "campaign close": campaigns.close,
    "campaign reopen": campaigns.reopen,
    "campaign set-aside": campaigns.set_aside,
    "campaign bring-back": campaigns.bring_back,
    "campaign retire": campaigns.retire,
    "campaign restore": campaigns.restore,
    "campaign remove": campaigns.remove_campaign,
    "panel plan": panels.plan_run,
    "panel run": panels.begin,
    "panel status": panels.status,
    "panel collect": panels.collect,
    "panel list": panels.list_runs,
    "panel replies": panels.replies,
    "results": training.show_results,
    "train": training.train,
    "train grid": training.train_grid,
    "train status": training.status,
    "train collect": training.collect,
    "train list": training.list_runs,
    "train cancel": training.cancel,
    "train resume": training.resume,
    "train predictor": training.predictor,
    "store copy": stores.copy,
    "store check": stores.check,
    "jobs list": jobs.list_jobs,
    "jobs show": jobs.show_job,
    "jobs log": jobs.show_log,
    "jobs cancel": jobs.cancel_job,
    "jobs resume": jobs.resume_job,
    "agreement": agreement.agreement,
    "saturation": analysis.saturation,
    "ambiguity": analysis.ambiguity,
    "standin": analysis.stand_in,
    "distributions": analysis.distributions,
    "advise": analysis.advise,
    "sandbox": analysis.sandbox,
    "breakdown": analysis.breakdown,
    "augment features": augmentation.begin_features,
    "augment": augmentation.augment,
    "pack": analysis.pack,
    "health": health.health,
    "browse": studies.browse,
    "export": exports.export,
}
