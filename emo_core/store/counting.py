"""How many votes each clip of a study has for each emotion, counted in SQL; and what secondary labels weigh."""

from collections.abc import Mapping

import duckdb
import numpy as np

from emo_core.records import Study
from emo_core.store.database import query

Cursor = duckdb.DuckDBPyConnection


def unit_hash(study: Study) -> str:
    """SQL for the number that decides a clip's side: of the seed and its own name, or its speaker's or session's."""
    if study.split == "corpus":
        return "CASE WHEN clips.partition IS NULL THEN NULL WHEN lower(clips.partition) LIKE 'test%' THEN 0 ELSE 1 END"
    unit = {"clip": "clips.name", "speaker": "clips.speaker", "session": "clips.session"}[study.split]
    return f"md5_number_lower({int(study.seed)} || ':' || {unit})"


def slot_numbers(cursor: Cursor, study: Study) -> list[list[int]]:
    """Numbers of the emotions that fall in each column."""
    numbers = dict(cursor.execute("SELECT name, emotion_id FROM emotions").fetchall())
    slots: list[list[int]] = [[] for _ in study.emotions]
    for name, column in study.slots.items():
        slots[column].append(numbers[name])
    return slots


def is_of(numbers: list[int]) -> str:
    """SQL for whether a vote is one of these panels'. Written out: over 20 million votes a bound list takes twice as long."""
    return f"panel_id IN ({', '.join(map(str, numbers))})" if numbers else "false"


def count_columns(slots: list[list[int]], study: Study, panels: dict[str, list[int]]) -> str:
    """One count a panel and emotion (r0, r1, …, c0, …), and the votes outside (r_outside, c_outside). Where secondary
    labels count, r_astray are the reference votes with one outside.
    """
    inside = ", ".join(str(number) for slot in slots for number in slot)
    columns = []
    for side, letter in (("reference", "r"), ("candidate", "c")):
        mine = is_of(panels[side])
        columns.append(f"count(*) FILTER ({mine} AND emotion_id NOT IN ({inside})) AS {letter}_outside")
        for column, slot in enumerate(slots):
            listed = ", ".join(map(str, slot))
            columns.append(f"count(*) FILTER ({mine} AND emotion_id IN ({listed})) AS {letter}{column}")
    if study.secondary_weight:
        columns.append(
            f"count(*) FILTER ({is_of(panels['reference'])} AND "
            f"len(list_filter(secondary_ids, lambda x: x NOT IN ({inside}))) > 0) AS r_astray"
        )
    return ",\n        ".join(columns)


def clip_key(study: Study) -> str:
    """SQL for what a clip is called in the study: its name, with its corpus before it where there are several."""
    return "clips.name" if len(study.corpora) == 1 else "corpora.name || '/' || clips.name"


SECONDS = "coalesce(clip_sound.duration_s, clips.end_s - coalesce(clips.start_s, 0), clips.duration_s)"


def without(study: Study) -> tuple[str, str, dict[str, object]]:
    """SQL for the reason (a key of `EXCLUSIONS`) why the study leaves a clip out whatever its votes, the tables to join for it, and
    what it binds. The first reason that holds counts.
    """
    cases, joined, bound = [], [], {}
    bounded = study.min_seconds is not None or study.max_seconds is not None
    if study.without_clips:
        joined.append("JOIN corpora USING (corpus_id)")
        cases.append(f"WHEN {clip_key(study)} IN (SELECT unnest($without_clips)) THEN 'named'")
        bound["without_clips"] = list(study.without_clips)
    if study.without_marked:
        joined.append("LEFT JOIN marked_clips USING (clip_id)")
        cases.append("WHEN marked_clips.happened_at IS NOT NULL THEN 'marked'")
    if bounded or study.without_problems:
        joined.append("LEFT JOIN clip_sound USING (clip_id)")
    if bounded:
        cases.append(f"WHEN {SECONDS} IS NULL THEN 'unknown_duration'")
    for name, beyond, reason in (("min_seconds", "<", "too_short"), ("max_seconds", ">", "too_long")):
        if getattr(study, name) is not None:
            cases.append(
                f"WHEN round({SECONDS}, 6) {beyond} round(${name}, 6) THEN '{reason}'"
            )  # headers of files round
            bound[name] = float(getattr(study, name))
    if study.without_problems:
        cases.append("WHEN list_has_any(clip_sound.codes, $problems) THEN 'sound_problem'")
        bound["problems"] = list(study.without_problems)
    return (f"CASE {' '.join(cases)} END" if cases else "NULL"), "\n".join(joined), bound


def count(
    cursor: Cursor, study: Study, panels: Mapping[str, list[int]], *, only_touched: bool
) -> dict[str, np.ndarray]:
    """`clip_id, unit_hash, r_outside, c_outside`, `without` (why a clip is left out whatever its votes; empty where it is not),
    the clips × emotions matrices `reference` and `candidate`, and their weights where secondary labels count.
    """
    slots = slot_numbers(cursor, study)
    every = panels["reference"] + panels["candidate"]
    parts = {
        "touched": "AND clip_id IN (SELECT clip_id FROM touched)" if only_touched else "",
        "heard": f"AND {is_of(every)}" + (NOT_LEFT_OUT if study.left_out else ""),
    }
    left_out = {"panels": every, "left_out": list(study.left_out)} if study.left_out else {}
    columns = count_columns(slots, study, panels)
    reason, joined, bound = without(study)
    sql = query("count_votes").format(
        columns=columns, unit_hash=unit_hash(study), without=reason, joined=joined, **parts
    )
    raw = cursor.execute(sql, {"corpora": panels["corpora"]} | left_out | bound).fetchnumpy()
    reasons = np.ma.filled(np.ma.asarray(raw.pop("without")).astype(object), "")
    columns = {name: np.ma.filled(column, 0) for name, column in raw.items()}
    width = range(len(study.emotions))
    counts = {
        "clip_id": columns["clip_id"],
        "unit_hash": raw["unit_hash"],
        "r_outside": columns["r_outside"],
        "c_outside": columns["c_outside"],
        "without": reasons,
        "reference": np.column_stack([columns[f"r{i}"] for i in width]).astype(np.int32),
        "candidate": np.column_stack([columns[f"c{i}"] for i in width]).astype(np.int32),
    }
    if study.secondary_weight:
        counts["r_astray"] = columns["r_astray"]
        sql = query("secondary_labels").format(is_reference=is_of(panels["reference"]), **parts)
        counts |= weigh(study, slots, counts, cursor.execute(sql, left_out).fetchnumpy())
    return counts


NOT_LEFT_OUT = """
        AND coalesce(rater_id NOT IN (
            SELECT rater_id FROM raters WHERE list_contains($panels, panel_id) AND list_contains($left_out, name)
        ), true)"""


def weigh(
    study: Study, slots: list[list[int]], counts: dict[str, np.ndarray], labels: dict[str, np.ma.MaskedArray]
) -> dict[str, np.ndarray]:
    """`reference_weights` and `candidate_weights`: the counts, with each vote's 1 shared among its labels.

    Only votes with secondary labels are looked at: what their own label loses, the others gain.
    """
    slot_of = np.full(256, -1)
    for column, numbers in enumerate(slots):
        slot_of[numbers] = column
    rows = {name: np.asarray(column) for name, column in labels.items()}
    own, other = slot_of[rows["emotion_id"]], slot_of[rows["secondary_id"]]
    counted = (own >= 0) & (other >= 0)
    _, vote = np.unique(rows["vote_id"][counted], return_inverse=True)
    own, other = own[counted], other[counted]
    gains = study.secondary_weight * rows["strength"][counted]
    shared = 1 + np.bincount(vote, gains) if len(vote) else np.ones(0)
    gains = gains / shared[vote]
    clip = np.searchsorted(counts["clip_id"], rows["clip_id"][counted])
    is_reference = rows["is_reference"][counted]
    weights = {}
    for side, mine in (("reference", is_reference), ("candidate", ~is_reference)):
        weights[f"{side}_weights"] = counts[side].astype(float)
        np.add.at(weights[f"{side}_weights"], (clip[mine], other[mine]), gains[mine])
        np.add.at(weights[f"{side}_weights"], (clip[mine], own[mine]), -gains[mine])
    return weights
