"""What runs read from models beside votes, aligned with the clips of a study whose reference votes count.

The study's own candidate plays no role here: a clip that the study leaves out only because its candidate did not answer is in.
"""

from collections.abc import Collection
from dataclasses import dataclass

import duckdb
import numpy as np

from emo_core.store import counting, runs, studies
from emo_core.store.database import Database, query
from emo_core.store.runs import Run

Cursor = duckdb.DuckDBPyConnection


@dataclass(frozen=True)
class Heard:
    """The clips of a study whose reference votes count, in the order of their numbers.

    clip_ids    (clips,) numbers in the store, rising
    clips       (clips,) names
    speakers    (clips,) names; None where there is none
    reference   (clips, emotions), votes; shared among their labels where secondary labels count
    """

    clip_ids: np.ndarray
    clips: np.ndarray
    speakers: np.ndarray
    reference: np.ndarray

    @property
    def has_speakers(self) -> bool:
        """Whether every clip has a speaker."""
        return all(speaker is not None for speaker in self.speakers)

    def only(self, place: int) -> "Heard":
        """One clip of them."""
        return Heard(*(part[place : place + 1] for part in (self.clip_ids, self.clips, self.speakers, self.reference)))


@dataclass(frozen=True)
class Reading:
    """One reading of a run for each clip of a `Heard`.

    values    (clips, emotions) in the study's order; NaN where the model gave none
    present   (clips,) whether the run came to the clip at all
    replies   (clips,) the reply verbatim; None where there is none
    """

    values: np.ndarray
    present: np.ndarray
    replies: np.ndarray


def heard(store: Database, study: str) -> Heard:
    """The clips of a study and their reference votes. Raises UnknownName."""
    cursor = store.cursor()
    stored = studies.find_study(cursor, study)
    places = stored.binding()
    counts = counting.count(cursor, stored.study, places | {"candidate": []}, only_touched=False)
    kept = studies.why_left_out(counts, stored.study, has_candidate=False) == ""
    sql = query("reference_clips").format(key=stored.clip_key)
    named = cursor.execute(sql, {"corpora": places["corpora"]}).fetchnumpy()
    numbers = counts["clip_id"][kept]
    rows = np.searchsorted(named["clip_id"], numbers)
    names, speakers = (np.ma.filled(np.ma.asarray(named[name]).astype(object), None) for name in ("clip", "speaker"))
    return Heard(numbers, names[rows], speakers[rows], counts.get("reference_weights", counts["reference"])[kept])


def fitting_runs(
    store: Database, study: str, *, questions: Collection[str]
) -> dict[str, tuple[Run, list[tuple[str, str]]]]:
    """Runs that read something on the study's corpora and were asked for its emotions, in any
    order: {name: (run, its pairs of prompt and reading)}, oldest first.

    questions: the kinds of run that are wanted (`Run.question`). What a reading holds depends on
    it: logits and replies of models that were asked, probabilities of models that were trained.

    Raises UnknownName.
    """
    cursor = store.cursor()
    stored = studies.find_study(cursor, study)
    found: dict[int, list[tuple[str, str]]] = {}
    rows = cursor.execute(query("runs_with_readings"), {"corpora": stored.binding()["corpora"]}).fetchall()
    for run_id, prompt, reading in sorted(rows):
        found.setdefault(run_id, []).append((prompt, reading))
    return {
        run.name: (run, found[run.run_id])
        for run in runs.list_runs(store)
        if run.question in questions
        and run.run_id in found
        and set(run.settings["emotions"]) == set(stored.study.emotions)
    }


def read(
    store: Database, run: Run, prompt: str, reading: str, *, clip_ids: np.ndarray, emotions: tuple[str, ...]
) -> Reading:
    """One reading of a run for the clips with these rising numbers, emotions in this order. Clips beyond them are passed over."""
    low, high = (int(clip_ids[0]), int(clip_ids[-1])) if len(clip_ids) else (0, -1)
    binding = {"run": run.run_id, "prompt": prompt, "reading": reading, "low": low, "high": high}
    table = store.cursor().sql(query("run_readings"), params=binding).to_arrow_table()
    numbers = table["clip_id"].to_numpy()
    rows = np.searchsorted(clip_ids, numbers)
    wanted = rows < len(clip_ids)
    wanted[wanted] = clip_ids[rows[wanted]] == numbers[wanted]
    values = np.full((len(clip_ids), len(emotions)), np.nan)
    present, replies = np.zeros(len(clip_ids), dtype=bool), np.full(len(clip_ids), None, dtype=object)
    given = table["values"].combine_chunks()
    said = given.is_valid().to_numpy(zero_copy_only=False)
    order = [list(run.settings["emotions"]).index(name) for name in emotions]
    matrix = given.flatten().to_numpy(zero_copy_only=False).astype(float).reshape(-1, len(emotions))[:, order]
    values[rows[wanted & said]] = matrix[wanted[said]]
    present[rows[wanted]] = True
    replies[rows[wanted]] = table["reply"].to_numpy()[wanted]
    return Reading(values, present, replies)
