"""Which clips a study keeps, and the statistics of each, materialised so that pages sort and filter in SQL.

Everything here is derived from votes: `refresh` computes it anew for a whole study, `refresh_touched` for the clips that
a transaction gave votes to, inside that same transaction.
"""

import json
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from emo_core import science
from emo_core.errors import BadInput, UnknownName
from emo_core.records import EXCLUSIONS, Study
from emo_core.store.database import Database, one_row, query, utc_now
from emo_core.vocabulary import in_standard_order

Cursor = duckdb.DuckDBPyConnection

TEST_SHARE = 0.2
PART = 32_768  # clips computed at a time: 32,768 × 6 floats are 1.5 MB
STATISTICS = (
    "entropy_reference",
    "entropy_candidate",
    "entropy_combined",
    "js_divergence",
    "bhattacharyya_coefficient",
    "total_variation",
)


@dataclass(frozen=True)
class StoredStudy:
    """A study with its numbers in the store. `version` grows whenever its statistics change."""

    study: Study
    study_id: int
    corpus_id: int
    reference_id: int
    candidate_id: int | None
    test_threshold: int
    version: int


@dataclass(frozen=True)
class StudyCounts:
    """Votes of a study's clips: `reference` and `candidate` are clips × emotions, the others one value a clip. Votes of
    either panel outside the emotions are counted in `outside_reference` and `outside_candidate`, over all clips kept.
    """

    clips: np.ndarray
    reference: np.ndarray
    candidate: np.ndarray
    is_test: np.ndarray
    speakers: np.ndarray
    outside_reference: int
    outside_candidate: int


def add_study(store: Database, study: Study) -> StoredStudy:
    """Save a study and compute its statistics, in one transaction.

    Raises BadInput where the name is taken or the speakers needed for the split are missing, UnknownName where the
    corpus, a panel or an emotion is not there.
    """
    with store.writing() as cursor:
        corpora = dict(cursor.execute("SELECT name, corpus_id FROM corpora").fetchall())
        corpus = _number("corpus", study.corpus, corpora)
        if one_row(cursor, "SELECT 1 FROM studies WHERE name = ?", [study.name]):
            raise BadInput(f"There is a study {study.name!r} already. Choose another name.")
        panels = dict(cursor.execute("SELECT name, panel_id FROM panels WHERE corpus_id = ?", [corpus]).fetchall())
        reference = _number("panel", study.reference, panels)
        candidate = _number("panel", study.candidate, panels) if study.candidate else None
        _check_emotions(cursor, study, corpus)
        (number,) = one_row(cursor, "SELECT nextval('study_ids')")
        stored = StoredStudy(study, number, corpus, reference, candidate, test_threshold=0, version=0)
        counts = _count(cursor, stored, only_touched=False)
        stored = replace(stored, test_threshold=_test_threshold(study, counts["unit_hash"]))
        cursor.execute(
            "INSERT INTO studies VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)",
            [
                number,
                study.name,
                corpus,
                reference,
                candidate,
                json.dumps(asdict(study)),
                stored.test_threshold,
                utc_now(),
            ],
        )
        _materialise(cursor, stored, counts)
        return stored


def _number(kind: str, name: str, known: Mapping[str, int]) -> int:
    if name not in known:
        raise UnknownName(kind, name, known)
    return known[name]


def _check_emotions(cursor: Cursor, study: Study, corpus: int) -> None:
    """An emotion that nobody in the corpus was heard to name is most likely a slip."""
    used = cursor.execute(
        "SELECT DISTINCT emotions.name FROM votes JOIN panels USING (panel_id) JOIN emotions USING (emotion_id) "
        "WHERE corpus_id = ?",
        [corpus],
    ).fetchall()
    used = in_standard_order(name for (name,) in used)
    for name in study.slots:
        if name not in used:
            raise UnknownName("vote in the corpus for the emotion", name, used)


def _unit_hash(study: Study) -> str:
    """SQL for the number that decides a clip's side: of the seed and its own name, or its speaker's."""
    unit = "clips.speaker" if study.split == "speaker" else "clips.name"
    return f"md5_number_lower({int(study.seed)} || ':' || {unit})"


def _test_threshold(study: Study, hashes: np.ma.MaskedArray) -> int:
    """The hash up to which a unit is on the test side: 20 % of the corpus's clips, or speakers, at least one."""
    missing = np.ma.count_masked(hashes)
    if missing:
        raise BadInput(f"{missing:,} clips of {study.corpus!r} have no speaker. Split by clip instead.")
    units = np.unique(hashes) if study.split == "speaker" else np.asarray(hashes)
    place = max(1, round(TEST_SHARE * len(units))) - 1
    return int(np.partition(units, place)[place])


def find_study(cursor: Cursor, name: str) -> StoredStudy:
    """The study of that name. Raises UnknownName listing those there are."""
    known = {study.study.name: study for study in _stored_studies(cursor)}
    if name not in known:
        raise UnknownName("study", name, known)
    return known[name]


def list_studies(store: Database) -> list[StoredStudy]:
    """All studies, oldest first."""
    return _stored_studies(store.cursor())


def _stored_studies(cursor: Cursor, corpus: int | None = None) -> list[StoredStudy]:
    rows = cursor.execute(
        "SELECT settings, study_id, corpus_id, reference_panel_id, candidate_panel_id, test_threshold, version "
        "FROM studies WHERE ? IS NULL OR corpus_id = ? ORDER BY study_id",
        [corpus, corpus],
    ).fetchall()
    return [StoredStudy(_from_json(settings), *rest) for settings, *rest in rows]


def _from_json(settings: str) -> Study:
    fields = json.loads(settings)
    return Study(**fields | {"emotions": tuple(fields["emotions"])})


def remove_study(store: Database, name: str) -> None:
    """Forget a study; votes stay. Raises UnknownName."""
    with store.writing() as cursor:
        number = find_study(cursor, name).study_id
        for table in ("study_clips", "study_exclusions", "studies"):
            cursor.execute(f"DELETE FROM {table} WHERE study_id = ?", [number])  # noqa: S608


def refresh_touched(cursor: Cursor, corpus: int) -> None:
    """Bring every study of a corpus up to date for the clips in the temporary table `touched`."""
    for stored in _stored_studies(cursor, corpus):
        refresh(cursor, stored, only_touched=True)


def refresh(cursor: Cursor, stored: StoredStudy, *, only_touched: bool = False) -> None:
    """Compute which clips the study keeps, why others are left out, and the statistics of those kept."""
    counts = _count(cursor, stored, only_touched)
    touched = "AND clip_id IN (SELECT clip_id FROM touched)" if only_touched else ""
    for table in ("study_clips", "study_exclusions"):
        cursor.execute(f"DELETE FROM {table} WHERE study_id = ? {touched}", [stored.study_id])  # noqa: S608
    _materialise(cursor, stored, counts)
    cursor.execute("UPDATE studies SET version = version + 1 WHERE study_id = ?", [stored.study_id])


def _materialise(cursor: Cursor, stored: StoredStudy, counts: dict[str, np.ndarray]) -> None:
    """Write the statistics of the clips that the study keeps, and the reasons why it leaves others out."""
    reasons = _exclusions(counts, stored.study, has_candidate=stored.candidate_id is not None)
    left_out = reasons != ""
    _insert(
        cursor,
        "study_exclusions",
        pa.table(
            {
                "study_id": np.full(left_out.sum(), stored.study_id, dtype=np.int32),
                "clip_id": counts["clip_id"][left_out],
                "reason": pa.array(reasons[left_out].tolist(), pa.string()),
            }
        ),
    )
    kept = {name: column[~left_out] for name, column in counts.items()} if left_out.any() else counts
    _insert(cursor, "study_clips", _in_parts(lambda part: _statistics(stored, part), kept))


def _count_columns(cursor: Cursor, stored: StoredStudy) -> str:
    """One count a panel and emotion (r0, r1, …, c0, …), and the votes outside (r_outside, c_outside)."""
    numbers = dict(cursor.execute("SELECT name, emotion_id FROM emotions").fetchall())
    slots: list[list[int]] = [[] for _ in stored.study.emotions]
    for name, column in stored.study.slots.items():
        slots[column].append(numbers[name])
    inside = ", ".join(str(number) for slot in slots for number in slot)
    columns = []
    for panel, letter in (("$reference", "r"), ("$candidate", "c")):
        columns.append(f"count(*) FILTER (panel_id = {panel} AND emotion_id NOT IN ({inside})) AS {letter}_outside")
        for column, slot in enumerate(slots):
            listed = ", ".join(map(str, slot))
            columns.append(f"count(*) FILTER (panel_id = {panel} AND emotion_id IN ({listed})) AS {letter}{column}")
    return ",\n        ".join(columns)


def _count(cursor: Cursor, stored: StoredStudy, only_touched: bool) -> dict[str, np.ndarray]:
    """`clip_id, unit_hash, r_outside, c_outside` and the clips × emotions matrices `reference` and `candidate`."""
    sql = query("count_votes").format(
        columns=_count_columns(cursor, stored),
        unit_hash=_unit_hash(stored.study),
        touched="AND clip_id IN (SELECT clip_id FROM touched)" if only_touched else "",
    )
    binding = {
        "corpus": stored.corpus_id,
        "reference": stored.reference_id,
        "candidate": stored.candidate_id or 0,
    }
    raw = cursor.execute(sql, binding).fetchnumpy()
    columns = {name: np.ma.filled(column, 0) for name, column in raw.items()}
    width = range(len(stored.study.emotions))
    return {
        "clip_id": columns["clip_id"],
        "unit_hash": raw["unit_hash"],
        "r_outside": columns["r_outside"],
        "c_outside": columns["c_outside"],
        "reference": np.column_stack([columns[f"r{i}"] for i in width]).astype(np.int32),
        "candidate": np.column_stack([columns[f"c{i}"] for i in width]).astype(np.int32),
    }


def _exclusions(counts: dict[str, np.ndarray], study: Study, *, has_candidate: bool) -> np.ndarray:
    """The reason (a key of `EXCLUSIONS`) why each clip is left out, or the empty string. The first that holds counts."""
    left = counts["reference"].sum(axis=1)
    tests = {
        "no_reference_votes": left + counts["r_outside"] == 0,
        "reference_vote_outside": (study.rule == "all_inside") & (counts["r_outside"] > 0),
        "too_few_reference_votes": left < study.min_votes,
        "no_candidate_votes": has_candidate & (counts["candidate"].sum(axis=1) == 0),
    }
    reasons = np.full(len(left), "", dtype=object)
    for reason, holds in reversed(tests.items()):  # the first of them is written last
        reasons[holds] = reason
    return reasons


def _in_parts(work: Callable[[dict[str, np.ndarray]], dict], counts: dict[str, np.ndarray]) -> pa.Table:
    """`work` on parts of the clips that fit a core's cache, several at once: NumPy leaves the interpreter free meanwhile."""
    clips = len(counts["clip_id"])
    starts = range(0, max(clips, 1), PART)
    parts = ({name: column[start : start + PART] for name, column in counts.items()} for start in starts)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return pa.concat_tables(threads.map(lambda part: pa.table(work(part)), parts))


def _statistics(stored: StoredStudy, kept: dict[str, np.ndarray]) -> dict[str, object]:
    """The columns of `study_clips` for the clips kept."""
    reference, candidate = kept["reference"], kept["candidate"]
    p, q = science.normalise(reference), science.normalise(candidate)
    combined = science.normalise(science.pool(reference, candidate))
    names = stored.study.emotions
    return {
        "study_id": np.full(len(reference), stored.study_id, dtype=np.int32),
        "clip_id": kept["clip_id"],
        "is_test": np.ma.filled(kept["unit_hash"], 0) <= stored.test_threshold,
        "n_reference": reference.sum(axis=1),
        "n_candidate": candidate.sum(axis=1),
        "outside_reference": kept["r_outside"],
        "outside_candidate": kept["c_outside"],
        "reference_counts": _as_lists(reference),
        "candidate_counts": _as_lists(candidate),
        "entropy_reference": _nullable(science.entropy(p)),
        "entropy_candidate": _nullable(science.entropy(q)),
        "entropy_combined": _nullable(science.entropy(combined)),
        "js_divergence": _nullable(science.jensen_shannon_divergence(p, q)),
        "bhattacharyya_coefficient": _nullable(science.bhattacharyya_coefficient(p, q)),
        "total_variation": _nullable(science.total_variation_distance(p, q)),
        "majority_reference": pa.array(science.majority_names(reference, names), pa.string()),
        "majority_candidate": pa.array(science.majority_names(candidate, names), pa.string()),
    }


def _nullable(values: np.ndarray) -> pa.Array:
    """NaN means undefined; SQL calls that NULL."""
    return pa.array(values, from_pandas=True)


def _as_lists(counts: np.ndarray) -> pa.ListArray:
    clips, width = counts.shape
    offsets = np.arange(0, clips * width + 1, width, dtype=np.int32)
    return pa.ListArray.from_arrays(offsets, np.ascontiguousarray(counts).ravel())


def _insert(cursor: Cursor, table: str, rows: pa.Table) -> None:
    cursor.register("fresh", rows)
    cursor.execute(f"INSERT INTO {table} BY NAME SELECT * FROM fresh")  # noqa: S608
    cursor.unregister("fresh")


def study_counts(store: Database, name: str) -> StudyCounts:
    """Votes of the clips that a study keeps. Raises UnknownName."""
    cursor = store.cursor()
    stored = find_study(cursor, name)
    table = cursor.sql(query("study_counts"), params={"study": stored.study_id}).to_arrow_table()
    width = len(stored.study.emotions)

    def matrix(column: str) -> np.ndarray:
        return table[column].combine_chunks().flatten().to_numpy().reshape(-1, width)

    return StudyCounts(
        clips=table["clip"].to_numpy(),
        reference=matrix("reference_counts"),
        candidate=matrix("candidate_counts"),
        is_test=table["is_test"].to_numpy(),
        speakers=np.asarray(table["speaker"].to_pylist(), dtype=object),
        outside_reference=pc.sum(table["outside_reference"]).as_py() or 0,
        outside_candidate=pc.sum(table["outside_candidate"]).as_py() or 0,
    )


def exclusions(store: Database, name: str) -> dict[str, int]:
    """How many clips of the corpus the study leaves out, by reason (all reasons of `EXCLUSIONS`, in order)."""
    cursor = store.cursor()
    stored = find_study(cursor, name)
    found = dict(
        cursor.execute(
            "SELECT reason, count(*) FROM study_exclusions WHERE study_id = ? GROUP BY reason", [stored.study_id]
        ).fetchall()
    )
    return {reason: found[reason] for reason in EXCLUSIONS if reason in found}
