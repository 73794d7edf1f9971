"""Verbs of augmentation: features by a job, then the plan, and its samples as a folder."""

from pathlib import Path

from emo_core.analysis import augmentation as analysis
from emo_core.augmentation import dataset, feature_sets, listening, study_side
from emo_core.augmentation.settings import Settings
from emo_core.augmentation.study_side import SOURCES, TrainingSide
from emo_core.errors import BadInput, JobError, UnknownName
from emo_core.store import Database, corpora, studies


def settings_of(given: dict) -> Settings:
    """Settings from plain values. Raises BadInput for a value out of range, UnknownName for another name."""
    for name in given:
        if name not in Settings.__dataclass_fields__:
            raise UnknownName("setting of augmentation", name, Settings.__dataclass_fields__)
    return Settings(**given)


def begin_features(store: Database, study: str, source: str = "human", votes: int = 0, **settings) -> dict:
    """See to the features of a study's training side: `ready`, or the number of the `job` that computes them, begun here unless it
    was going on already. What rules out a plan whatever the features is refused first.
    """
    chosen, side = settings_of(settings), study_side.training_side(store, study, votes=votes)
    side.distributions(source)
    found = feature_sets.of_side(store.folder, side, chosen)
    told = {"study": study, "features": chosen.features, "clips": len(side.clips), "without_sound": side.silent}
    if found is not None:
        return told | {"ready": True, "job": None, "unusable": dict(found.unusable)}
    return told | {"ready": False, "job": feature_sets.begin(store.folder, side, chosen)}


def plan(store: Database, study: str, source: str, settings: Settings, *, votes: int = 0) -> analysis.Planned:
    """The plan of a study's augmentation, rejected samples left out; votes: how many of the candidate's count, 0 all.

    Raises JobError where features are still to be computed.
    """
    side = study_side.training_side(store, study, votes=votes)
    found = feature_sets.of_side(store.folder, side, settings)
    if found is None:
        raise JobError(
            f"The {len(side.clips):,} training clips of {study!r} have no features {settings.features!r} yet: the command `augment` "
            "and the page Augment have a job compute them first."
        )
    verdicts = listening.read(listening.path_of(store.folder, side.study_id))
    return analysis.plan_side(side, found.values, settings, source=source, verdicts=verdicts)


def augment(
    store: Database, study: str, source: str = "human", votes: int = 0, to: str | None = None, **settings
) -> dict:
    """The balance before and after, what is made and what is not, and why; with `to` the samples as a folder."""
    planned = plan(store, study, source, settings_of(settings), votes=votes)
    document = analysis.augmentation(planned)
    return document | ({"export": export(store, planned, Path(to))} if to is not None else {})


def export(store: Database, planned: analysis.Planned, folder: Path, report=None) -> dict:
    """Write the samples to a new or empty folder; see `augmentation.dataset.export`."""
    if not len(planned.samples):
        raise BadInput("There is no sample to export. Choose a larger fraction, or other settings.")
    if not folder.parent.is_dir():
        raise BadInput(f"There is no folder {folder.parent}. Make it first.")
    about = about_study(store, planned.side, planned.source) | {"left_out": dict(planned.left_out)}
    return dataset.export(folder, planned.side.clips, planned.samples, planned.settings, about=about, report=report)


def about_study(store: Database, side: TrainingSide, source: str) -> dict:
    """What an exported folder tells of where its samples come from."""
    study = studies.find_study(store.cursor(), side.study).study
    used = [corpus for corpus in corpora.list_corpora(store) if corpus["name"] in study.corpora]
    return {
        "study": study.name,
        "reference": study.reference,
        "candidate": study.candidate if source != "human" else None,
        "distributions": f"{source}: {SOURCES[source]}",
        "candidate_votes_a_clip": (side.votes or "all") if source != "human" else None,
        "split": f"training side only; split by {study.split}, seed {study.seed}",
        "corpora": [{key: corpus[key] for key in ("name", "licence", "simulated")} for corpus in used],
        "simulated": any(corpus["simulated"] for corpus in used),
    }
