"""Which clips of a study show which kind of ambiguity: playlists for Browse."""

import threading
from functools import lru_cache

import numpy as np

from emo_core.errors import UnknownName
from emo_core.science import ambiguity
from emo_core.store.database import Database
from emo_core.store.studies import StoredStudy, study_counts

_lock = threading.Lock()


def clips_of_kind(store: Database, stored: StoredStudy, kind: str) -> list[int]:
    """Numbers of the clips of that kind, a key of `science.ambiguity.KINDS`. Raises UnknownName."""
    if kind not in ambiguity.KINDS:
        raise UnknownName("kind of ambiguity", kind, ambiguity.KINDS)
    with _lock:
        clip_ids, kinds = _kinds(store, stored.study.name, stored.study_id, stored.version)
    return clip_ids[kinds == list(ambiguity.KINDS).index(kind)].tolist()


@lru_cache(maxsize=4)
def _kinds(store: Database, name: str, study_id: int, version: int) -> tuple[np.ndarray, np.ndarray]:
    """Of one version of a study; numbers of studies are never given twice."""
    counts = study_counts(store, name)
    return counts.clip_ids, ambiguity.kinds(counts.reference_weights, closeness=ambiguity.neighbours(counts.reference))
