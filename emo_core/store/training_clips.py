"""What a training run hears and learns from: the clips that a study keeps, with their votes on both sides."""

from emo_core.store import drawing, studies
from emo_core.store.database import Database, query

COLUMNS = (
    "clip", "corpus", "name", "root", "audio", "start_s", "end_s", "duration_s", "transcript", "speaker", "session", "is_test",
)  # fmt: skip


def training_clips(store: Database, study: str, *, votes: int = 0) -> dict[str, list]:
    """Columns of `annotators.clips.Clip`, speaker, session, is_test, and of each clip the votes for each emotion, shared among
    labels where secondary ones count: `human` (of the reference) and `synthetic` (of the candidate a seeded random `votes`, see
    `drawing`; 0: all). Clips without sound are left out, `silent` says how many.

    Raises UnknownName, BadInput where votes of a candidate are asked for and there is none.
    """
    cursor = store.cursor()
    stored = studies.find_study(cursor, study)
    found = cursor.execute(query("training_clips").format(key=stored.clip_key), {"study": stored.study_id})
    names = [column[0] for column in found.description]
    rows = found.fetchall()
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    counts = studies.study_counts(store, study)
    synthetic = counts.candidate_weights
    if votes:
        synthetic = drawing.drawn_votes(store, study, columns["clip"], votes)
    columns |= {"human": counts.reference_weights.tolist(), "synthetic": synthetic.tolist()}
    heard = [bool(audio and root) for audio, root in zip(columns["audio"], columns["root"])]
    kept = {
        name: [value for value, there in zip(columns[name], heard) if there]
        for name in (*COLUMNS, "human", "synthetic")
    }
    return kept | {"silent": len(rows) - sum(heard)}
