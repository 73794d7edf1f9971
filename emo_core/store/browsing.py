"""Pages of a study's clips, filtered and sorted in SQL, and one clip whole."""

import json
from dataclasses import dataclass
from pathlib import Path

from emo_core.errors import BadInput, UnknownName
from emo_core.records import EXCLUSIONS
from emo_core.store.database import Database, one_row, query
from emo_core.store.kinds import clips_of_kind
from emo_core.store.studies import StoredStudy, find_study

SORTS = {
    "js": "js_divergence",
    "tv": "total_variation",
    "bc": "bhattacharyya_coefficient",
    "entropy_reference": "entropy_reference",
    "entropy_candidate": "entropy_candidate",
    "entropy_combined": "entropy_combined",
    "n_reference": "n_reference",
    "n_candidate": "n_candidate",
    "clip": "clips.name",
    "speaker": "clips.speaker",
}
MOST = 10**9
_FROM_CLIPS = {"clip", "speaker"}


@dataclass(frozen=True)
class Filter:
    """Which clips of a study to show; the defaults show all.

    text        part of the clip's name or transcript, any case
    speaker     one speaker
    reference   emotion that wins, alone or tied, among the reference votes; `candidate` likewise
    min_votes   at least so many reference votes; `max_votes` at most
    split       `train` or `test`
    audio       True: only clips with audio, False: only those without
    show        `kept`, `left out`, a key of `EXCLUSIONS` for those left out for that reason, or `all`
    kind        a kind of ambiguity, a key of `science.ambiguity.KINDS`
    entropy_above, entropy_up_to   bounds of the reference entropy in bits; the lower one is not included
    problem     a problem that the look at the corpus's health found, see `store.health`
    """

    text: str | None = None
    speaker: str | None = None
    reference: str | None = None
    candidate: str | None = None
    min_votes: int | None = None
    max_votes: int | None = None
    split: str | None = None
    audio: bool | None = None
    show: str = "kept"
    kind: str | None = None
    entropy_above: float | None = None
    entropy_up_to: float | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Page:
    """Rows of one page and how many clips the filter finds in all."""

    rows: list[dict]
    total: int


def _conditions(chosen: Filter) -> tuple[str, dict[str, object], bool]:
    """The WHERE clause of a filter, its bound values, and whether it needs the clips table."""
    tests = {
        "text": "(contains(lower(clips.name), lower($text)) OR contains(lower(clips.transcript), lower($text)))",
        "speaker": "clips.speaker = $speaker",
        "reference": "list_contains(string_split(majority_reference, ':'), $reference_emotion)",
        "candidate": "list_contains(string_split(majority_candidate, ':'), $candidate_emotion)",
        "min_votes": "n_reference >= $min_votes",
        "max_votes": "n_reference <= $max_votes",
        "split": "is_test = ($split = 'test')",
        "audio": "(clips.audio IS NOT NULL) = $audio",
        "kind": "study_clips.clip_id IN (SELECT unnest($clip_ids))",
        "entropy_above": "round(entropy_reference, 9) > $entropy_above + 1e-9",
        "entropy_up_to": "round(entropy_reference, 9) <= $entropy_up_to + 1e-9",
        "problem": "study_clips.clip_id IN (SELECT clip_id FROM clip_problems WHERE code = $problem)",
    }
    bound = {"reference": "reference_emotion", "candidate": "candidate_emotion"}
    used = {name: getattr(chosen, name) for name in tests if getattr(chosen, name) not in (None, "")}
    clause = "".join(f" AND {tests[name]}" for name in used)
    return (
        clause,
        {bound.get(name, name): value for name, value in used.items()},
        bool(used.keys() & {"text", "speaker", "audio"}),
    )


_LEFT_OUT = "SELECT study_id, clip_id, reason FROM study_exclusions"


def _rows(show: str) -> str:
    """The table that is paged: clips kept, left out, or all. Raises UnknownName."""
    kept = "SELECT *, NULL AS reason FROM study_clips"
    if show == "kept":
        return f"({kept})"
    if show == "all":
        return f"({kept} UNION ALL BY NAME {_LEFT_OUT})"
    if show != "left out" and show not in EXCLUSIONS:
        raise UnknownName("choice of clips", show, ["kept", "left out", "all", *EXCLUSIONS])
    reason = f" WHERE reason = '{show}'" if show in EXCLUSIONS else ""
    return f"({kept} WHERE false UNION ALL BY NAME {_LEFT_OUT}{reason})"


def browse(
    store: Database,
    study: str,
    *,
    chosen: Filter | None = None,
    sort: str = "js",
    descending: bool = True,
    limit: int = 25,
    offset: int = 0,
) -> Page:
    """One page of clips. Undefined values stand last in either direction; equal values stand in the corpus's order.

    Raises UnknownName where the study or the sort key is not known, BadInput where limit or offset is negative.
    """
    if sort not in SORTS:
        raise UnknownName("sort key", sort, SORTS)
    if not (0 <= limit <= MOST and 0 <= offset <= MOST):
        raise BadInput(f"Limit and offset lie between 0 and {MOST:,}, got {limit} and {offset}.")
    cursor = store.cursor()
    stored = find_study(cursor, study)
    chosen = chosen or Filter()
    rows_from = _rows(chosen.show)
    clause, binding, needs_clips = _conditions(chosen)
    binding["study"] = stored.study_id
    if chosen.kind:
        binding["clip_ids"] = clips_of_kind(store, stored, binding.pop("kind"))
    joined = "JOIN clips USING (clip_id)"
    direction = "DESC" if descending else "ASC"
    by_corpus = f"clips.corpus_id {direction}, " if sort == "clip" and len(stored.places) > 1 else ""
    order = f"{by_corpus}{SORTS[sort]} {direction} NULLS LAST, clip_id"
    needed = joined if needs_clips or sort in _FROM_CLIPS else ""
    sql = query("browse").format(clause=clause, order=order, joined=needed, rows=rows_from, key=stored.clip_key)
    result = cursor.execute(sql, {**binding, "limit": limit, "offset": offset})
    names = [column[0] for column in result.description]
    rows = [_named(dict(zip(names, row)), stored) for row in result.fetchall()]
    counted = (
        f"SELECT count(*) FROM {rows_from} AS study_clips {joined if needs_clips else ''} "  # noqa: S608
        f"WHERE study_id = $study {clause}"
    )
    return Page(rows, one_row(cursor, counted, binding)[0])


def _named(row: dict, stored: StoredStudy) -> dict:
    """Counts by emotion name instead of by position; weights are the counts where secondary labels do not count."""
    for side in ("reference", "candidate"):
        weights = row[f"{side}_weights"] or row[f"{side}_counts"]
        for name, values in ((f"{side}_counts", row[f"{side}_counts"]), (f"{side}_weights", weights)):
            row[name] = dict(zip(stored.study.emotions, values or [0] * len(stored.study.emotions)))
    return row


def clip_detail(store: Database, study: str, clip: str) -> dict:
    """One clip of a study's corpora: its fields (`name` and `corpus` are its own), its row of
    statistics (None where the study leaves it out, with
    `excluded` the reason), and every current vote of both panels, oldest first.

    Raises UnknownName where the study, BadInput where the clip is not there.
    """
    cursor = store.cursor()
    stored = find_study(cursor, study)
    numbers = stored.binding()
    binding = {"study": stored.study_id, "corpora": numbers["corpora"], "clip": clip}
    result = cursor.execute(query("clip_detail").format(key=stored.clip_key), binding)
    names = [column[0] for column in result.description]
    rows = result.fetchall()
    if not rows:
        raise BadInput(f"There is no clip {clip!r} in {', '.join(stored.study.corpora)}. Choose one in the list.")
    detail = dict(zip(names, rows[0]))
    detail["metadata"] = json.loads(detail["metadata"] or "{}")
    if detail["reference_counts"] is not None:
        _named(detail, stored)
    panels = {"panels": numbers["reference"] + numbers["candidate"], "candidate": numbers["candidate"]}
    votes = cursor.execute(query("clip_votes"), {"clip": detail["clip_id"]} | panels)
    columns = [column[0] for column in votes.description]
    detail["votes"] = [dict(zip(columns, row)) for row in votes.fetchall()]
    return detail


def speakers(store: Database, study: str) -> list[str]:
    """Speakers of the clips that a study keeps, sorted."""
    cursor = store.cursor()
    rows = cursor.execute(query("speakers"), {"study": find_study(cursor, study).study_id}).fetchall()
    return [name for (name,) in rows]


@dataclass(frozen=True)
class ClipAudio:
    """Where a clip's sound lies. `root` contains `audio`; start and end in seconds, None for the whole file."""

    root: Path
    audio: str
    start_s: float | None
    end_s: float | None


def clip_audio(store: Database, corpus: str, clip: str) -> ClipAudio | None:
    """Where a clip's sound lies, or None where the corpus has none for it. Raises BadInput for an unknown clip."""
    found = one_row(store.cursor(), query("clip_audio"), {"corpus": corpus, "clip": clip})
    if not found:
        raise BadInput(f"There is no clip {clip!r} in corpus {corpus!r}.")
    root, audio, start, end = found
    return ClipAudio(Path(root), audio, start, end) if root and audio else None
