"""Which clips a study keeps, and the statistics of each, materialised so that pages sort and filter in SQL.

Everything here is derived from votes, marks and durations: `refresh` computes it anew for a whole study, `refresh_touched` for the
clips that a transaction changed, inside that same transaction.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from emo_core import science
from emo_core.audio.health import PROBLEMS
from emo_core.errors import BadInput, UnknownName
from emo_core.records import EXCLUSIONS, Study
from emo_core.store import counting
from emo_core.store.database import Database, one_row, query, utc_now
from emo_core.vocabulary import in_standard_order

Cursor = duckdb.DuckDBPyConnection

TEST_SHARE = 0.2
MOST_NAMED = 5  # clips, in a message
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
class Place:
    """Where one corpus of a study keeps its panels."""

    corpus_id: int
    reference_id: int
    candidate_id: int | None


@dataclass(frozen=True)
class StoredStudy:
    """A study with its numbers in the store. `version` grows whenever its statistics change."""

    study: Study
    study_id: int
    places: tuple[Place, ...]
    test_threshold: int
    version: int

    @property
    def clip_key(self) -> str:
        """SQL for what a clip is called in the study: its name, with its corpus before it where there are several."""
        return counting.clip_key(self.study)

    @property
    def has_candidate(self) -> bool:
        """Whether any of its corpora has the candidate panel."""
        return any(place.candidate_id is not None for place in self.places)

    def binding(self) -> dict[str, list[int]]:
        """Numbers of its corpora and panels, for queries."""
        return {
            "corpora": [place.corpus_id for place in self.places],
            "reference": [place.reference_id for place in self.places],
            "candidate": [place.candidate_id for place in self.places if place.candidate_id is not None],
        }


@dataclass(frozen=True)
class StudyCounts:
    """Votes of a study's clips: `reference` and `candidate` are clips × emotions, the others one value a clip. Votes of
    either panel outside the emotions are counted in `outside_reference` and `outside_candidate`, over all clips kept.

    `reference_weights` and `candidate_weights` are what distributions are made of: the counts themselves, or with secondary
    labels each vote's 1 shared among its labels. Rows sum to the number of votes either way.
    """

    clips: np.ndarray
    clip_ids: np.ndarray
    corpora: np.ndarray
    reference: np.ndarray
    candidate: np.ndarray
    reference_weights: np.ndarray
    candidate_weights: np.ndarray
    is_test: np.ndarray
    speakers: np.ndarray
    outside_reference: int
    outside_candidate: int


def add_study(store: Database, study: Study) -> StoredStudy:
    """Save a study and compute its statistics, in one transaction.

    Raises BadInput where the name is taken or the units needed for the split are missing, UnknownName where a corpus, a
    panel, an emotion or a rater is not there.
    """
    with store.writing() as cursor:
        if one_row(cursor, "SELECT 1 FROM studies WHERE name = ?", [study.name]):
            raise BadInput(f"There is a study {study.name!r} already. Choose another name.")
        places = _places(cursor, study)
        _check_emotions(cursor, study, places)
        _check_left_out(cursor, study, places)
        _check_without(cursor, study, places)
        (number,) = one_row(cursor, "SELECT nextval('study_ids')")
        stored = StoredStudy(study, number, places, test_threshold=0, version=0)
        counts = counting.count(cursor, study, stored.binding(), only_touched=False)
        stored = replace(stored, test_threshold=_test_threshold(study, counts["unit_hash"]))
        cursor.execute(
            "INSERT INTO studies (study_id, name, settings, test_threshold, version, created_at) VALUES (?, ?, ?, ?, 0, ?)",
            [number, study.name, json.dumps(asdict(study)), stored.test_threshold, utc_now()],
        )
        for place in places:
            cursor.execute(
                "INSERT INTO study_corpora VALUES (?, ?, ?, ?)",
                [number, place.corpus_id, place.reference_id, place.candidate_id],
            )
        _materialise(cursor, stored, counts)
        return stored


def preview_study(store: Database, study: Study) -> dict[str, int | dict[str, int]]:
    """What a study would keep, without saving it: `clips`, and `excluded` by reason. Raises as `add_study` does."""
    cursor = store.cursor()
    places = _places(cursor, study)
    _check_emotions(cursor, study, places)
    _check_left_out(cursor, study, places)
    _check_without(cursor, study, places)
    stored = StoredStudy(study, 0, places, test_threshold=0, version=0)
    counts = counting.count(cursor, study, stored.binding(), only_touched=False)
    _test_threshold(study, counts["unit_hash"])
    reasons = why_left_out(counts, study, has_candidate=stored.has_candidate)
    excluded = {reason: int((reasons == reason).sum()) for reason in EXCLUSIONS if (reasons == reason).any()}
    return {"clips": int((reasons == "").sum()), "excluded": excluded}


def _places(cursor: Cursor, study: Study) -> tuple[Place, ...]:
    """Its corpora and panels by number. Every corpus has the reference panel, at least one the candidate."""
    corpora = dict(cursor.execute("SELECT name, corpus_id FROM corpora").fetchall())
    places, listed = [], {}
    for name in study.corpora:
        corpus = _number("corpus", name, corpora)
        panels = dict(
            cursor.execute(
                "SELECT name, panel_id FROM panels WHERE corpus_id = ? AND kind <> 'pilot'", [corpus]
            ).fetchall()
        )
        listed |= panels
        where = "panel" if len(study.corpora) == 1 else f"panel in the corpus {name!r}"
        places.append(Place(corpus, _number(where, study.reference, panels), panels.get(study.candidate)))
    if study.candidate and not any(place.candidate_id for place in places):
        raise UnknownName("panel", study.candidate, listed)
    return tuple(places)


def _number(kind: str, name: str, known: Mapping[str, int]) -> int:
    if name not in known:
        raise UnknownName(kind, name, known)
    return known[name]


def _check_emotions(cursor: Cursor, study: Study, places: Iterable[Place]) -> None:
    """An emotion that nobody in the corpora was heard to name is most likely a slip."""
    binding = {"corpora": [place.corpus_id for place in places]}
    _, named = one_row(cursor, query("choice_emotions"), binding)
    used = in_standard_order(named or [])
    for name in study.slots:
        if name not in used:
            raise UnknownName("vote in the corpus for the emotion", name, used)


def _check_left_out(cursor: Cursor, study: Study, places: Iterable[Place]) -> None:
    """A rater who is left out voted in one of the panels."""
    if study.left_out:
        rows = cursor.execute(
            "SELECT DISTINCT name FROM raters WHERE list_contains(?, panel_id) ORDER BY name",
            [[number for place in places for number in (place.reference_id, place.candidate_id) if number]],
        ).fetchall()
        known = [name for (name,) in rows]
        for rater in study.left_out:
            if rater not in known:
                raise UnknownName("rater", rater, known)


def _check_without(cursor: Cursor, study: Study, places: Iterable[Place]) -> None:
    """A clip that is left out by name is there, and so is a problem."""
    for code in study.without_problems:
        if code not in PROBLEMS:
            raise UnknownName("problem of a clip's sound", code, PROBLEMS)
    if study.without_clips:
        binding = {"corpora": [place.corpus_id for place in places], "clips": list(study.without_clips)}
        rows = cursor.execute(query("unknown_clips").format(key=counting.clip_key(study)), binding).fetchall()
        if unknown := [name for (name,) in rows]:
            named = ", ".join(map(repr, unknown[:MOST_NAMED])) + (" …" if len(unknown) > MOST_NAMED else "")
            form = "" if len(study.corpora) == 1 else " With several corpora a clip is named corpus/clip."
            raise BadInput(
                f"{len(unknown):,} of the {len(study.without_clips):,} clips to leave out are not in "
                f"{', '.join(study.corpora)}: {named}. Correct the names, or take them off the list.{form}"
            )


def _test_threshold(study: Study, hashes: np.ma.MaskedArray) -> int:
    """The hash up to which a unit is on the test side: 20 % of the corpora's clips, speakers or sessions, at least one."""
    missing = np.ma.count_masked(hashes)
    if missing:
        what = "partition" if study.split == "corpus" else study.split
        raise BadInput(f"{missing:,} clips of {', '.join(study.corpora)} have no {what}. Split by clip instead.")
    if study.split == "corpus":
        return 0
    units = np.asarray(hashes) if study.split == "clip" else np.unique(hashes)
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
    rows = cursor.execute(query("list_studies"), {"corpus": corpus}).fetchall()
    return [
        StoredStudy(
            _from_json(settings),
            number,
            tuple(Place(**place) for place in places),
            test_threshold=threshold,
            version=version,
        )
        for settings, number, places, threshold, version in rows
    ]


def _from_json(settings: str) -> Study:
    """A study made before clips could be marked goes by no mark."""
    fields = {"without_marked": False} | json.loads(settings)
    return Study(**fields | {"emotions": tuple(fields["emotions"])})


def remove_study(store: Database, name: str) -> None:
    """Forget a study; votes stay. Raises UnknownName."""
    with store.writing() as cursor:
        number = find_study(cursor, name).study_id
        for table in ("study_clips", "study_exclusions", "study_corpora", "studies"):
            cursor.execute(f"DELETE FROM {table} WHERE study_id = ?", [number])  # noqa: S608


def refresh_touched(
    cursor: Cursor, corpus: int, *, panel: int | None = None, where: Callable[[Study], object] = lambda study: True
) -> list[str]:
    """Bring every study of a corpus up to date for the clips in the temporary table `touched`; where a panel is named, those
    that look at it; of them those for which `where` holds. Returns their names.
    """
    done = []
    for stored in _stored_studies(cursor, corpus):
        looks = panel is None or any(panel in (place.reference_id, place.candidate_id) for place in stored.places)
        if looks and where(stored.study):
            refresh(cursor, stored, only_touched=True)
            done.append(stored.study.name)
    return done


def refresh(cursor: Cursor, stored: StoredStudy, *, only_touched: bool = False) -> None:
    """Compute which clips the study keeps, why others are left out, and the statistics of those kept."""
    counts = counting.count(cursor, stored.study, stored.binding(), only_touched=only_touched)
    touched = "AND clip_id IN (SELECT clip_id FROM touched)" if only_touched else ""
    for table in ("study_clips", "study_exclusions"):
        cursor.execute(f"DELETE FROM {table} WHERE study_id = ? {touched}", [stored.study_id])  # noqa: S608
    _materialise(cursor, stored, counts)
    cursor.execute("UPDATE studies SET version = version + 1 WHERE study_id = ?", [stored.study_id])


def _materialise(cursor: Cursor, stored: StoredStudy, counts: dict[str, np.ndarray]) -> None:
    """Write the statistics of the clips that the study keeps, and the reasons why it leaves others out."""
    reasons = why_left_out(counts, stored.study, has_candidate=stored.has_candidate)
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


def why_left_out(counts: dict[str, np.ndarray], study: Study, *, has_candidate: bool) -> np.ndarray:
    """The reason (a key of `EXCLUSIONS`) why each clip is left out, or the empty string. The first that holds counts: what the
    study says of clips themselves, then what it says of their votes.
    """
    left = counts["reference"].sum(axis=1)
    tests = {
        "no_reference_votes": left + counts["r_outside"] == 0,
        "reference_vote_outside": (study.rule == "all_inside") & (counts["r_outside"] + counts.get("r_astray", 0) > 0),
        "too_few_reference_votes": left < study.min_votes,
        "no_candidate_votes": has_candidate & (counts["candidate"].sum(axis=1) == 0),
    }
    reasons = np.full(len(left), "", dtype=object)
    for reason, holds in reversed(tests.items()):  # the first of them is written last
        reasons[holds] = reason
    return np.where(counts["without"] != "", counts["without"], reasons)


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
    weighed = [kept.get(f"{side}_weights", kept[side]) for side in ("reference", "candidate")]
    p, q = (science.normalise(side) for side in weighed)
    combined = science.normalise(science.pool(*weighed))
    names = stored.study.emotions
    weights = {name: _as_lists(kept[name]) for name in ("reference_weights", "candidate_weights") if name in kept}
    return weights | {
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
        "majority_reference": pa.array(science.majority_names(weighed[0].round(9), names), pa.string()),
        "majority_candidate": pa.array(science.majority_names(weighed[1].round(9), names), pa.string()),
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
    sql = query("study_counts").format(key=stored.clip_key)
    table = cursor.sql(sql, params={"study": stored.study_id}).to_arrow_table()
    width = len(stored.study.emotions)

    def matrix(column: str) -> np.ndarray:
        return table[column].combine_chunks().flatten().to_numpy().reshape(-1, width)

    weights = "weights" if stored.study.secondary_weight else "counts"
    return StudyCounts(
        clips=table["clip"].to_numpy(),
        clip_ids=table["clip_id"].to_numpy(),
        corpora=_repeated_names(table["corpus"]),
        reference=matrix("reference_counts"),
        candidate=matrix("candidate_counts"),
        reference_weights=matrix(f"reference_{weights}"),
        candidate_weights=matrix(f"candidate_{weights}"),
        is_test=table["is_test"].to_numpy(),
        speakers=_repeated_names(table["speaker"]),
        outside_reference=pc.sum(table["outside_reference"]).as_py() or 0,
        outside_candidate=pc.sum(table["outside_candidate"]).as_py() or 0,
    )


def _repeated_names(column: pa.ChunkedArray) -> np.ndarray:
    """A few names, each many times, as objects; None where there is none."""
    codes = column.combine_chunks().dictionary_encode()
    names = np.array([*codes.dictionary.to_pylist(), None], dtype=object)
    return names[codes.indices.fill_null(len(names) - 1).to_numpy()]


def panel_counts(store: Database, name: str, panels: Iterable[str]) -> dict[str, np.ndarray]:
    """Votes of other panels of the study's corpora on the clips that it keeps, with its emotions and merges: (clips, emotions)
    for each panel, in the order of `study_counts`. Clips without votes have zeros.

    Raises UnknownName for the study, or where no corpus of it has a panel.
    """
    cursor = store.cursor()
    stored = find_study(cursor, name)
    kept = cursor.execute(query("kept_clips").format(key=stored.clip_key), {"study": stored.study_id}).fetchnumpy()
    found = {}
    for panel in panels:
        study = replace(stored.study, candidate=panel)
        numbers = replace(stored, study=study, places=_places(cursor, study)).binding()
        counts = counting.count(cursor, study, numbers, only_touched=False)
        found[panel] = counts["candidate"][np.searchsorted(counts["clip_id"], kept["clip_id"])]
    return found


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


def leakage(store: Database, name: str) -> dict[str, int]:
    """What stands on both sides of a study's split: `speakers` and `sessions`, how many clips they have on the test side
    (`speaker_clips`, `session_clips`), and `same_audio`, test clips whose sound is the same file's as a training clip's;
    only `examined` clips of `clips` have had their sound looked at.
    """
    cursor = store.cursor()
    row = cursor.execute(query("leakage"), {"study": find_study(cursor, name).study_id})
    names = [column[0] for column in row.description]
    return dict(zip(names, row.fetchone()))
