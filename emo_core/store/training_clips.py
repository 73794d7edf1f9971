"""What a training run hears and learns from: the clips that a study keeps, with their votes on both sides."""

import numpy as np

from emo_core.errors import BadInput
from emo_core.store import answers, studies
from emo_core.store.database import Database, query

COLUMNS = (
    "clip", "corpus", "name", "root", "audio", "start_s", "end_s", "duration_s", "transcript", "speaker", "session", "is_test",
)  # fmt: skip


def training_clips(store: Database, study: str, *, votes: int = 0) -> dict[str, list]:
    """Columns of `annotators.clips.Clip`, speaker, session, is_test, and of each clip the votes for each emotion: `human` (of the
    reference, shared among labels where secondary ones count) and `synthetic` (the candidate's first `votes`, 0: all); clips without sound
    are left out, `silent` says how many.

    Raises UnknownName, BadInput where votes of a candidate are asked for and there is none.
    """
    cursor = store.cursor()
    stored = studies.find_study(cursor, study)
    found = cursor.execute(query("training_clips").format(key=stored.clip_key), {"study": stored.study_id})
    names = [column[0] for column in found.description]
    rows = found.fetchall()
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    counts = studies.study_counts(store, study)
    synthetic = counts.candidate_weights if not votes else _first(store, study, len(rows), votes)
    columns |= {"human": counts.reference_weights.tolist(), "synthetic": synthetic.tolist()}
    heard = [bool(audio and root) for audio, root in zip(columns["audio"], columns["root"])]
    kept = {
        name: [value for value, there in zip(columns[name], heard) if there]
        for name in (*COLUMNS, "human", "synthetic")
    }
    return kept | {"silent": len(rows) - sum(heard)}


def _first(store: Database, study: str, clips: int, votes: int) -> np.ndarray:
    """The candidate's first votes of each clip, (clips, emotions)."""
    stored = studies.find_study(store.cursor(), study)
    if stored.study.candidate is None:
        raise BadInput(f"The study {study!r} has no candidate panel whose votes could be taken. Choose one that has.")
    _, clip, _, label = answers.single_votes(store, study, "candidate")
    order = np.argsort(clip, kind="stable")
    clip, label = clip[order], label[order]
    rank = np.arange(len(clip)) - np.searchsorted(clip, clip)
    taken = rank < votes
    emotions = len(stored.study.emotions)
    flat = np.bincount(clip[taken] * emotions + label[taken], minlength=clips * emotions)
    return flat.reshape(clips, emotions).astype(float)
