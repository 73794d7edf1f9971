"""What is in the store, and how a corpus or further votes come in: all of it or nothing."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import duckdb

from emo_core import vocabulary
from emo_core.errors import BadInput, BadTable, UnknownName
from emo_core.records import Reading, Report, Skipped, VotesFile, checked_name, panel_kind
from emo_core.store import campaigns, intake, repeats, studies
from emo_core.store.database import Database, column_names, one_row, query, quoted, utc_now

if TYPE_CHECKING:  # a table library takes 0.3 s to load, which the first page need not wait for
    import pandas as pd

Cursor = duckdb.DuckDBPyConnection


def add_corpus(
    store: Database, name: str, reading: Reading, *, update: bool = False, skip_bad_rows: bool = False
) -> Report:
    """Take a corpus in. It is on disk, whole, when this returns; where it raises, nothing was written.

    Taking the same source in again adds what is new in it and reports the difference; with `update` another source of the
    same format may be taken for a newer version. Votes that are no longer in the source stay, and are counted as `gone`.

    Raises BadInput where another corpus has the name, BadTable where rows break a rule.
    """
    name = checked_name("corpus", name)
    cursor = store.cursor()
    corpus = _corpus_to_update(cursor, name, reading, update)
    spans = corpus is not None and names_spans(cursor, corpus)
    staged = intake.stage(
        cursor,
        reading.votes,
        labels=reading.labels,
        skip_bad_rows=skip_bad_rows,
        source=reading.source,
        spans=spans,
    )
    notes = [*reading.notes, *staged.notes, *stage_clips(cursor, reading)]
    if corpus is not None:
        as_stored(cursor, corpus, "incoming", "incoming_clips")
    with store.writing(cursor):
        if corpus is None:
            corpus = _insert_corpus(cursor, name, reading)
            known = {}
            cursor.execute(query("insert_clips"), {"corpus": corpus})
            clips_added = _count_clips(cursor, corpus)
        else:
            clips_added, changed = _update_clips(cursor, corpus, reading)
            notes += [f"{changed:,} clips were there and say something new."] if changed else []
            known = {"kind": "import", "source": None}
        grouped = reading.clips is None and not known and _is_grouped(cursor)
        skipped, difference, again = _insert_votes(
            cursor, corpus, reading.source, skip_bad_rows, kind="import", known=known, grouped=grouped
        )
        if known:
            _refresh_studies(cursor, corpus)
        notes += again
        counts = difference | {"clips_added": clips_added, "repeated": staged.repeated}
        return _report(
            cursor, corpus, name, [*reading.skipped, *staged.skipped, *skipped], notes, tables=reading.tables, **counts
        )


def _corpus_to_update(cursor: Cursor, name: str, reading: Reading, update: bool) -> int | None:
    """The number of the corpus that the reading belongs to, None where the name is free. Raises BadInput."""
    row = one_row(cursor, "SELECT corpus_id, format, source FROM corpora WHERE name = ?", [name])
    if not row:
        return None
    number, known_format, source = row
    if known_format != reading.format or (source != reading.source and not update):
        raise BadInput(
            f"There is a corpus {name!r} already ({known_format}, from {source}). Choose another name; take a newer version "
            "of the same corpus in with --update; or add votes to it with `votes add`."
        )
    return number


def _insert_corpus(cursor: Cursor, name: str, reading: Reading) -> int:
    corpus = one_row(cursor, "SELECT nextval('corpus_ids')")[0]
    low, high = reading.rating_scale or (None, None)
    root = str(reading.audio_root) if reading.audio_root else None
    cursor.execute(
        "INSERT INTO corpora (corpus_id, name, format, source, audio_root, licence, simulated, added_at, rating_low, "
        "rating_high) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [corpus, name, reading.format, reading.source, root, reading.licence, reading.simulated, utc_now(), low, high],
    )
    return corpus


def _count_clips(cursor: Cursor, corpus: int) -> int:
    return one_row(cursor, "SELECT count(*) FROM clips WHERE corpus_id = ?", [corpus])[0]


def _update_clips(cursor: Cursor, corpus: int, reading: Reading) -> tuple[int, int]:
    """Bring in what a newer source says of clips: how many are new, how many of the others changed."""
    before = _count_clips(cursor, corpus)
    # Numbers are compared as numbers: sources write 1 and 1.0, and headers of sound files round.
    text = " OR ".join(
        f"coalesce(fresh.{field} IS DISTINCT FROM clips.{field} AND fresh.{field} IS NOT NULL, false)"
        for field in ("audio", "transcript", "speaker", "session", "partition")
    )
    numbers = " OR ".join(
        f"coalesce(abs(TRY_CAST(fresh.{field} AS DOUBLE) - coalesce(clips.{field}, 1e9)) > 1e-6, false)"
        for field in ("start_s", "end_s", "duration_s")
    )
    metadata = "coalesce(CAST(fresh.metadata AS VARCHAR) <> coalesce(CAST(clips.metadata AS VARCHAR), ''), false)"
    (changed,) = one_row(
        cursor, query("update_clips").format(differs=f"({text} OR {numbers} OR {metadata})"), {"corpus": corpus}
    )
    cursor.execute(query("insert_clips"), {"corpus": corpus})
    if reading.audio_root:
        cursor.execute("UPDATE corpora SET audio_root = ? WHERE corpus_id = ?", [str(reading.audio_root), corpus])
    cursor.execute("UPDATE corpora SET source = ? WHERE corpus_id = ?", [reading.source, corpus])
    return _count_clips(cursor, corpus) - before, changed


def add_votes(
    store: Database,
    corpus: str,
    votes: "VotesFile | pd.DataFrame",
    *,
    source: str = "votes",
    skip_bad_rows: bool = False,
) -> Report:
    """Add votes to clips that are there. Statistics of the studies concerned change in the same transaction.

    The same file again adds only what is new in it (`Report.unchanged`, `corrected`, `gone` say the rest).

    Raises UnknownName where there is no such corpus, BadTable where rows break a rule or name clips that are not there.
    """
    cursor = store.cursor()
    corpus_id = corpus_number(cursor, corpus)
    known = {}
    if isinstance(votes, VotesFile):
        source = str(votes.path)
        known = {"kind": "votes", "source": source}
    staged = intake.stage(cursor, votes, skip_bad_rows=skip_bad_rows, spans=names_spans(cursor, corpus_id))
    as_stored(cursor, corpus_id)
    with store.writing(cursor):
        cursor.execute("CREATE OR REPLACE TEMP TABLE incoming_clips AS SELECT NULL::VARCHAR AS clip WHERE false")
        skipped, difference, again = _insert_votes(cursor, corpus_id, source, skip_bad_rows, kind="votes", known=known)
        _refresh_studies(cursor, corpus_id)
        counts = difference | {"repeated": staged.repeated}
        return _report(cursor, corpus_id, corpus, [*staged.skipped, *skipped], [*staged.notes, *again], **counts)


def _refresh_studies(cursor: Cursor, corpus: int) -> None:
    """Bring the studies of a corpus up to date for the clips that the staged rows name."""
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT clip_id FROM clips WHERE corpus_id = ? "
        "AND (name IN (SELECT clip FROM incoming) OR name IN (SELECT clip FROM incoming_clips))",
        [corpus],
    )
    studies.refresh_touched(cursor, corpus)


def names_spans(cursor: Cursor, corpus: int) -> bool:
    """Whether the corpus names its clips by their start and end, as `sources.span_name` does."""
    row = one_row(
        cursor,
        "SELECT 1 FROM clips WHERE corpus_id = ? AND start_s IS NOT NULL AND contains(name, '#') LIMIT 1",
        [corpus],
    )
    return bool(row)


def as_stored(cursor: Cursor, corpus: int, *tables: str) -> None:
    """Give staged clips and raters the names that the corpus knows them by: a store may hold names that were not cleaned."""
    for table in tables or ("incoming",):
        cursor.execute(query("names_as_stored").format(table=table), {"corpus": corpus})
    cursor.execute(query("raters_as_stored"), {"corpus": corpus})


def stage_clips(cursor: Cursor, reading: Reading) -> list[str]:
    """Fill `incoming_clips`, from the importer's table or from the file of votes, and say what is worth knowing."""
    if reading.clips is not None:
        clips = reading.clips.reset_index(drop=True)
        doubled = clips["clip"][clips["clip"].duplicated()]
        if len(doubled):
            raise BadTable(f"{reading.source}: the clip {doubled.iloc[0]!r} stands twice. A clip id names one clip.")
        columns = {name: quoted(name) if name in clips else "NULL" for name in intake.CLIP_FIELDS}
        clips = clips.assign(metadata=[json.dumps(m) for m in clips["metadata"]] if "metadata" in clips else None)
        cursor.register("clips_frame", clips.assign(first_row=range(len(clips))))
        cursor.execute(
            "CREATE OR REPLACE TEMP TABLE incoming_clips AS SELECT cleaned(clip) AS clip, first_row, "  # noqa: S608
            f"{', '.join(f'{expression} AS {name}' for name, expression in columns.items())}, metadata FROM clips_frame"
        )
        cursor.unregister("clips_frame")
        return []
    return _clips_of_file(cursor, reading)


def _check_spans(cursor: Cursor, source: str) -> None:
    """Start and end of each clip are seconds, 0 ≤ start < end. Raises BadTable."""
    wrong = one_row(cursor, query("wrong_spans"))
    if wrong:
        row, clip, start, end = wrong
        raise BadTable(
            f"{source} row {row}: the clip {clip!r} lasts from {start!r} to {end!r}, but start and end are seconds with "
            "0 ≤ start < end. Correct the row; nothing was written."
        )


def _is_grouped(cursor: Cursor) -> bool:
    """Whether each clip's rows follow one another in the file: then they need no sorting, half the time of an import."""
    return not one_row(cursor, "SELECT count(*) FROM incoming_fields WHERE last_row - first_row + 1 <> rows")[0]


def _clips_of_file(cursor: Cursor, reading: Reading) -> list[str]:
    """Clips named by the rows of votes; their audio is looked up by path or by name among the files of the audio root."""
    root = str(reading.audio_root) if reading.audio_root else None
    staged = column_names(cursor, "incoming_fields")
    fields = {name: f"incoming_fields.{name}" if name in staged else "NULL" for name in intake.CLIP_FIELDS}
    address = "coalesce({audio}, clip)".format(**fields)
    outside = one_row(cursor, query("addresses_outside").format(address=address)) if root else None
    if outside:
        raise BadTable(
            f"{reading.source} row {outside[0]}: the audio of clip {outside[1]!r} lies outside the audio root {root}. "
            "Paths do not climb with `..`."
        )
    notes = _find_sounds(cursor, reading, address)
    cursor.execute(query("incoming_clips").format(**fields))
    _check_spans(cursor, reading.source)
    return [*_notes_on_clips(cursor, staged, root), *notes]


def _find_sounds(cursor: Cursor, reading: Reading, address: str) -> list[str]:
    """Fill `sounds_of_clips` (clip, audio, duration_s), and say what is worth knowing. `address` is SQL over `incoming_fields`."""
    import pandas as pd

    places, notes = {}, []
    if reading.sounds is not None:
        rows = cursor.execute(f"SELECT clip, {address} FROM incoming_fields ORDER BY first_row").fetchall()  # noqa: S608
        places = {clip: reading.sounds.find(named, clip=clip) for clip, named in rows}
        silent, notes = reading.sounds.settle()
        places = {clip: place for clip, place in places.items() if place and clip not in silent}
    columns = {name: [place[name] for place in places.values()] for name in ("audio", "duration_s")}
    found = pd.DataFrame({"clip": list(places)} | columns)
    cursor.register("sounds_frame", found.astype({"clip": str, "audio": str, "duration_s": float}))
    cursor.execute("CREATE OR REPLACE TEMP TABLE sounds_of_clips AS SELECT * FROM sounds_frame")
    cursor.unregister("sounds_frame")
    return notes


def _notes_on_clips(cursor: Cursor, staged: list[str], root: str | None) -> list[str]:
    notes = []
    for column in staged:
        if column.endswith("_differs"):
            clips, example = one_row(
                cursor,
                f"SELECT count(*), min(clip) FROM incoming_fields WHERE {column}",  # noqa: S608
            )
            if clips:
                field = column.removesuffix("_differs")
                notes.append(
                    f"{clips:,} clips have rows with different values of {field} (first: {example}); the first row's was taken."
                )
    late = one_row(
        cursor, "SELECT count(*), min(clip) FROM incoming_clips WHERE TRY_CAST(end_s AS DOUBLE) > duration_s + 0.05"
    )
    if late[0]:
        notes.append(f"{late[0]:,} clips end after their file does (first: {late[1]}); Browse will say so.")
    if root:
        missing, example = one_row(cursor, "SELECT count(*), min(clip) FROM incoming_clips WHERE audio IS NULL")
        if missing:
            notes.append(f"{missing:,} clips have no audio file under the audio root (first: {example}).")
    return notes


def _insert_votes(
    cursor: Cursor,
    corpus: int,
    source: str,
    skip_bad_rows: bool,
    *,
    kind: str,
    known: dict[str, str | None],
    grouped: bool = False,
) -> tuple[list[Skipped], dict[str, int], list[str]]:
    """Panels, raters and votes of the staged rows, and notes on votes that are there already. `known` says which earlier
    batches may hold the same votes (kind, and source or None); `grouped`: the rows stand in the order of the clips' numbers.
    """
    cursor.execute(query("mark_unknown_clips"), {"corpus": corpus})
    skipped = intake.refuse_or_skip(cursor, source, skip_bad_rows)
    difference = _leave_known_out(cursor, corpus, known) if known and _has_batches(cursor, corpus, known) else {}
    counts, notes = _leave_stored_out(cursor, corpus, difference, known or {"kind": "", "source": None})
    names = {name for (name,) in cursor.execute("SELECT name FROM panels WHERE corpus_id = ?", [corpus]).fetchall()}
    for (panel,) in cursor.execute("SELECT panel FROM incoming GROUP BY panel ORDER BY min(row), panel").fetchall():
        if panel not in names:
            panel = checked_name("panel", panel)
            cursor.execute(
                "INSERT INTO panels SELECT coalesce(max(panel_id), 0) + 1, ?, ?, ? FROM panels",
                [corpus, panel, panel_kind(panel)],
            )
    cursor.execute(query("insert_raters"), {"corpus": corpus})
    batch = one_row(cursor, "SELECT nextval('batch_ids')")[0]
    base = one_row(cursor, "SELECT coalesce(max(vote_id), 0) FROM votes")[0]
    cursor.execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?, NULL)", [batch, corpus, kind, source, utc_now()])
    order = "" if grouped else "ORDER BY clips.clip_id, incoming.position"
    replaces, joined = ("new_votes.replaces", "JOIN new_votes USING (position)") if difference else ("NULL", "")
    cursor.execute(
        query("insert_votes").format(order=order, replaces=replaces, joined=joined),
        {"base": base, "batch": batch, "corpus": corpus},
    )
    return skipped, counts, notes


def _leave_stored_out(
    cursor: Cursor, corpus: int, difference: dict[str, int], known: dict[str, str | None]
) -> tuple[dict[str, int], list[str]]:
    """Leave out of the staged votes those that the same named raters gave in other sources; `difference` with these, and
    notes.
    """
    if not one_row(cursor, "SELECT 1 FROM batches WHERE corpus_id = ? LIMIT 1", [corpus]):
        return difference, []
    equal, notes = repeats.beside_stored(cursor, corpus, updated=bool(difference))
    if equal:
        cursor.execute("DELETE FROM incoming WHERE position IN (SELECT position FROM repeats)")
        difference = difference | {"unchanged": difference.get("unchanged", 0) + equal}
    return difference, [*notes, *repeats.same_as_before(cursor, corpus, **known)]


def _has_batches(cursor: Cursor, corpus: int, known: dict[str, str | None]) -> bool:
    return bool(
        one_row(
            cursor,
            "SELECT 1 FROM batches WHERE corpus_id = $corpus AND kind = $kind AND source = coalesce($source, source) LIMIT 1",
            {"corpus": corpus} | known,
        )
    )


def _leave_known_out(cursor: Cursor, corpus: int, known: dict[str, str | None]) -> dict[str, int]:
    """Keep of the staged votes those that are new, and count what happened to the others (fields of `Report`)."""
    before, now, *compared = query("known_votes").split(";\n")
    cursor.execute(before, {"corpus": corpus} | known)
    cursor.execute(now, {"corpus": corpus})
    for statement in compared:
        cursor.execute(statement)
    staged, fresh, corrected, gone = one_row(
        cursor,
        "SELECT (SELECT count(*) FROM asked), (SELECT count(*) FROM new_votes), (SELECT count(replaces) FROM new_votes), "
        "(SELECT count(*) FROM gone)",
    )
    cursor.execute("DELETE FROM incoming WHERE position NOT IN (SELECT position FROM new_votes)")
    return {"unchanged": staged - fresh, "corrected": corrected, "gone": gone - corrected}


def _report(
    cursor: Cursor, corpus: int, name: str, skipped: list[Skipped], notes: list[str], **more: int | dict
) -> Report:
    """Count what came in, from the staged rows, and keep the account with the batch."""
    report = Report(
        corpus=name,
        clips=_count_clips(cursor, corpus),
        votes=one_row(cursor, "SELECT count(*) FROM incoming")[0],
        raters=one_row(
            cursor, "SELECT count(*) FROM (SELECT DISTINCT panel, rater FROM incoming WHERE rater IS NOT NULL)"
        )[0],
        panels=dict(
            cursor.execute("SELECT panel, count(*) FROM incoming GROUP BY panel ORDER BY min(row), panel").fetchall()
        ),
        emotions=dict(
            cursor.execute(
                "SELECT name, count(*) FROM incoming JOIN emotions USING (emotion_id) GROUP BY ALL ORDER BY min(emotion_id)"
            ).fetchall()
        ),
        clips_with_audio=one_row(
            cursor,
            f"SELECT {query('count_heard')} FROM clips WHERE corpus_id = ?",  # noqa: S608
            [corpus],
        )[0],
        skipped=tuple(skipped),
        notes=tuple(notes),
        **more,
    )
    cursor.execute(
        "UPDATE batches SET report = ? WHERE batch_id = (SELECT max(batch_id) FROM batches)",
        [json.dumps(asdict(report))],
    )
    return report


def add_emotion(store: Database, name: str, *, colour: str | None = None, synonyms: str = "") -> str:
    """Add an emotion of the lab's own to the vocabulary, for good, and return its name. Raises BadInput as
    `vocabulary.add_emotion` does.
    """
    with store.writing() as cursor:
        name = vocabulary.add_emotion(name, colour=colour, synonyms=synonyms)
        kept = {"name": name, "colour": vocabulary.colours([name])[0], "synonyms": synonyms.lower()}
        known = one_row(cursor, "SELECT synonyms FROM emotions WHERE name = ?", [name])
        if known:
            words = " ".join(dict.fromkeys(f"{known[0] or ''} {kept['synonyms']}".split()))
            cursor.execute("UPDATE emotions SET colour = ?, synonyms = ? WHERE name = ?", [kept["colour"], words, name])
        else:
            cursor.execute(query("insert_emotion"), kept)
    return name


def list_corpora(store: Database) -> list[dict]:
    """Every corpus: name, format, source, audio_root, licence, simulated, added_at, rating_low, rating_high, clips,
    clips_with_audio.
    """
    return store.cursor().execute(query("list_corpora").format(heard=query("count_heard"))).df().to_dict("records")


def list_panels(store: Database, corpus: str) -> list[dict]:
    """Panels of a corpus: name, kind, votes, clips, raters (0: anonymous), emotions in standard order."""
    return _panels(store, "list_panels", corpus)


def study_choices(store: Database, corpora: list[str]) -> dict[str, object]:
    """What a study of these corpora can choose from: `panels` that all of them have, `candidates` that one of them has,
    `emotions` used (secondary labels too) in standard order, `raters` by panel, whether there are `secondary` labels, and
    which `splits` every clip has the unit for.

    Raises UnknownName.
    """
    cursor = store.cursor()
    numbers = [corpus_number(cursor, name) for name in corpora]
    panels = cursor.execute(query("choice_panels"), {"corpora": numbers}).fetchall()
    raters = cursor.execute(query("choice_raters"), {"corpora": numbers}).fetchall()
    secondary, emotions = one_row(cursor, query("choice_emotions"), {"corpora": numbers})
    units = one_row(cursor, query("choice_units"), {"corpora": numbers})
    return {
        "panels": [name for name, places in panels if places == len(corpora)],
        "candidates": [name for name, _ in panels],
        "emotions": list(vocabulary.in_standard_order(emotions or [])),
        "raters": {panel: list(names) for panel, names in raters},
        "secondary": bool(secondary),
        "splits": ["clip", *(name for name, complete in zip(("speaker", "session", "corpus"), units) if complete)],
    }


def is_graded(store: Database, corpus: str) -> bool:
    """Whether any vote says how strongly it hears its secondary labels. Raises UnknownName."""
    cursor = store.cursor()
    binding = [corpus_number(cursor, corpus)]
    return bool(
        one_row(
            cursor,
            "SELECT 1 FROM votes JOIN panels USING (panel_id) WHERE corpus_id = ? AND secondary_strengths IS NOT NULL LIMIT 1",
            binding,
        )
    )


def last_batch(store: Database, corpus: str) -> int:
    """Number of the newest batch of votes of a corpus: it changes whenever votes come in. Raises UnknownName."""
    cursor = store.cursor()
    wanted = [corpus_number(cursor, corpus)]
    return one_row(cursor, "SELECT coalesce(max(batch_id), 0) FROM batches WHERE corpus_id = ?", wanted)[0]


def panel_emotions(store: Database, corpus: str) -> list[dict]:
    """Panels of a corpus: name, kind, votes, emotions in standard order; without what takes long to count. Raises UnknownName."""
    return _panels(store, "panel_emotions", corpus)


def _panels(store: Database, name: str, corpus: str) -> list[dict]:
    cursor = store.cursor()
    rows = cursor.execute(query(name), {"corpus": corpus_number(cursor, corpus)})
    names = [column[0] for column in rows.description]
    found = [dict(zip(names, row)) for row in rows.fetchall()]
    return [panel | {"emotions": list(vocabulary.in_standard_order(panel["emotions"]))} for panel in found]


def import_reports(store: Database, corpus: str) -> list[dict]:
    """The accounts of all imports into a corpus, oldest first."""
    cursor = store.cursor()
    rows = cursor.execute(
        "SELECT report FROM batches WHERE corpus_id = ? AND report IS NOT NULL ORDER BY batch_id",
        [corpus_number(cursor, corpus)],
    )
    return [json.loads(report) for (report,) in rows.fetchall()]


def remove_corpus(store: Database, name: str) -> None:
    """Forget a corpus with its votes and studies; audio files stay.

    Raises UnknownName, BadInput where a campaign labels clips of it.
    """
    with store.writing() as cursor:
        corpus = corpus_number(cursor, name)
        campaigns.check_unlabelled(cursor, corpus)
        for statement in query("remove_corpus").split(";"):
            if statement.strip():
                cursor.execute(statement, {"corpus": corpus})


def corpus_number(cursor: Cursor, name: str) -> int:
    """The number of a corpus. Raises UnknownName listing those there are."""
    known = _known_corpora(cursor)
    if name not in known:
        raise UnknownName("corpus", name, known)
    return known[name]


def _known_corpora(cursor: Cursor) -> dict[str, int]:
    return dict(cursor.execute("SELECT name, corpus_id FROM corpora ORDER BY corpus_id").fetchall())
