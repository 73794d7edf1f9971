"""Verbs of corpora and their votes."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from emo_core import vocabulary
from emo_core.corpora import formats, mapping_guess, votes_table
from emo_core.errors import BadInput, UnknownName
from emo_core.records import Reading, Report, Study, VotesFile
from emo_core.store import Database, corpora, looking, mappings, previewing, studies
from emo_core.store.previewing import Target
from emo_core.tables import set_aside


def add_demo(store: Database) -> dict:
    """Make the simulated demo corpus, unless it is there, with its default study."""
    from emo_core.corpora import demo  # its maker is needed here alone

    known = {corpus["name"] for corpus in corpora.list_corpora(store)}
    if demo.DEMO_NAME in known:
        return {"corpus": demo.DEMO_NAME, "made": False, "studies": _studies_of(store, demo.DEMO_NAME)}
    folder = store.folder / "demo"
    clips, votes = demo.make_demo(folder)
    reading = Reading(
        format="demo",
        source=str(folder),
        clips=clips,
        votes=votes,
        audio_root=folder / "audio",
        licence=demo.LICENCE,
        simulated=True,
        notes=(demo.STATEMENT,),
    )
    report = corpora.add_corpus(store, demo.DEMO_NAME, reading)
    studies.add_study(store, suggest_study(store, demo.DEMO_NAME, name=demo.DEMO_NAME))
    return report.as_document() | {"made": True, "studies": _studies_of(store, demo.DEMO_NAME)}


def _studies_of(store: Database, corpus: str) -> list[str]:
    return [stored.study.name for stored in studies.list_studies(store) if corpus in stored.study.corpora]


def list_formats(store: Database) -> list[dict]:
    """Every corpus format that is read as it is, and what to give."""
    return [{"format": found.name, "title": found.title, "give": found.give} for found in formats.all_formats()]


def add_known_corpus(
    store: Database,
    format: str,
    path: str,
    name: str,
    audio: str | None = None,
    licence: str = "",
    labels: dict[str, str] | None = None,
    update: bool = False,
    skip_bad_rows: bool = False,
) -> dict:
    """Take in a corpus in one of the known formats, or in the one that the path shows where `format` is `auto`."""
    place = _place(path)
    found = formats.recognise(place) if format == "auto" else formats.find_format(format)
    if found is None:
        raise BadInput(
            f"{place} is in none of the known formats ({', '.join(formats.NAMES)}). Name the format, or describe a table of "
            "votes with `corpus map` and `corpus add votes`."
        )
    reading = found.read(place, audio=_place(audio) if audio else None)
    reading = replace(reading, labels=reading.labels | (labels or {}), licence=licence or reading.licence)
    report = corpora.add_corpus(store, name, reading, update=update, skip_bad_rows=skip_bad_rows)
    return _with_suggestion(store, report)


def download_folder(store_folder: Path, corpus: str) -> Path:
    """Where a corpus is fetched to, unless another folder is named."""
    return Path(store_folder) / "downloads" / corpus


def fetch_corpus(corpus: str, folder: Path, **watched: Callable) -> Path:
    """Fetch what is missing of a corpus from its publishers; needs no store. `watched` are `progress` and `stop` as in
    `crema_d_download.get_crema_d`. Raises UnknownName, DownloadError.
    """
    from emo_core.corpora import crema_d_download  # most commands fetch nothing

    if corpus != "crema-d":
        raise UnknownName("corpus that can be fetched", corpus, ["crema-d"])
    return crema_d_download.get_crema_d(folder, **watched)


def get_corpus(
    store: Database, corpus: str = "crema-d", to: str | None = None, name: str | None = None, **watched: Callable
) -> dict:
    """Fetch a corpus from its publishers, as far as it is not there already, and take it in."""
    name = name or corpus
    known = {found["name"]: found["format"] for found in corpora.list_corpora(store)}
    if known.get(name, corpus) != corpus:
        raise BadInput(f"There is a corpus {name!r} already, and it is no {corpus}. Choose another name.")
    folder = fetch_corpus(corpus, _place(to) if to else download_folder(store.folder, corpus), **watched)
    return add_known_corpus(store, corpus, str(folder), name, update=name in known)


def add_votes_corpus(
    store: Database,
    name: str,
    file: dict,
    mapping: str | None = None,
    audio: str | None = None,
    licence: str = "",
    update: bool = False,
    skip_bad_rows: bool = False,
) -> dict:
    """Take in a corpus from a table of votes; `file` holds the fields of `VotesFile`, on top of a saved `mapping`."""
    reading = _table(store, file, mapping, audio, licence)
    return _with_suggestion(store, corpora.add_corpus(store, name, reading, update=update, skip_bad_rows=skip_bad_rows))


def _table(store: Database, file: dict, mapping: str | None, audio: str | None, licence: str = "") -> Reading:
    described = votes_file(store, file, mapping)
    return votes_table.read(described, audio=_place(audio) if audio else None, licence=licence)


def preview(
    store: Database,
    file: dict,
    mapping: str | None = None,
    audio: str | None = None,
    target: Target = "new",
    corpus: str = "",
) -> dict:
    """What would come of taking a table of votes in (`file` as for `corpus add votes`): fields of `Report`, `bad_rows` and
    their `reasons`. Nothing is written. `target` is new, update (a newer version of `corpus`) or votes (more for its clips).
    """
    found = previewing.preview(store, _table(store, file, mapping, audio), target=target, corpus=corpus)
    return found.report.as_document() | {"bad_rows": found.bad_rows, "reasons": found.reasons}


def add_votes(
    store: Database, corpus: str, file: dict, mapping: str | None = None, skip_bad_rows: bool = False
) -> dict:
    """Add a table of votes to a corpus that is there."""
    described = votes_file(store, file, mapping)
    return corpora.add_votes(store, corpus, described, skip_bad_rows=skip_bad_rows).as_document()


def votes_file(store: Database, fields: dict, mapping: str | None = None) -> VotesFile:
    """A `VotesFile` from JSON values, and from a saved mapping for what they leave open."""
    fields = {key: value for key, value in fields.items() if value not in (None, [], {})}
    if mapping:
        fields = mappings.find_mapping(store, mapping) | fields
    if "clip" not in fields and not fields.get("clips"):
        raise BadInput(
            "Which column names the clips is not said. Give --clip, --clips where each column is a clip (one row a rater), or "
            "a saved mapping with --mapping."
        )
    return VotesFile(**fields | {"path": _place(fields["path"])})


def _place(path: str) -> Path:
    """A path that somebody typed. Raises BadInput where it can be none."""
    try:
        return Path(path).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise BadInput(f"{path!r} cannot be a path: {error}. Check how it is spelled.") from error


def look(store: Database, path: str, header: bool | None = None) -> dict:
    """What a table holds, and what its columns seem to mean: `columns` (name, distinct values, examples), `rows`, `first`
    rows, `guess` (fields of `VotesFile`, as far as they can be told), and `why` the shape was guessed.
    """
    seen = looking.look(store, _place(path), header=header)
    guess = mapping_guess.guess(seen)
    described = {name: value for name, value in asdict(seen).items() if name != "sample"}
    return described | {"guess": guess, "why": mapping_guess.why(seen, guess)}


def map_file(store: Database, file: dict, mapping: str | None = None, save: str | None = None) -> dict:
    """What a description of a table makes of its labels, with their counts; what it leaves open is guessed.

    `set_aside` names the columns that are not taken and why, `why` what speaks for a guessed shape, `open` what should be
    said before an import. `save` keeps the description under a name for other files.
    """
    given = {key: value for key, value in file.items() if value not in (None, [], {})}
    if mapping:
        given = mappings.find_mapping(store, mapping) | given
    shapes, why = set(mapping_guess.SHAPE_FIELDS), ""
    if not (shapes & given.keys() and ("clip" in given or "clips" in given)):
        seen = looking.look(store, _place(given["path"]), header=given.get("header"))
        guessed = mapping_guess.guess(seen, given.get("labels"))
        if shapes & given.keys():
            guessed = {key: value for key, value in guessed.items() if key not in shapes}
            guessed = _compatible(guessed, given)
        elif shapes & guessed.keys():
            why = mapping_guess.why(seen, guessed)
        else:
            raise BadInput(_nothing_found(seen))
        given = guessed | given | {"labels": guessed.get("labels", {}) | given.get("labels", {})}
    if "start_s" in given and not {"clip", "clips"} & given.keys():
        raise BadInput(
            f"{given['start_s']} and {given.get('end_s', 'the next column')} hold times in a sound file, and no column names the "
            "file. Add one, and give it with --clip."
        )
    described = votes_file(store, given)
    labels = looking.label_counts(store, described)
    aside, doubts = looking.open_questions(store, described)
    settings = mappings.settings_of(described)
    if save:
        mappings.save_mapping(store, save, described)
    unknown = [row["label"] for row in labels if row["emotion"] is None]
    unknown += [name for name, why in aside.items() if why == set_aside.UNKNOWN]
    return {
        "file": str(described.path), "mapping": settings, "labels": labels, "unknown": unknown, "set_aside": aside,
        "open": doubts, "why": why, "saved": save,
    }  # fmt: skip


def _nothing_found(seen) -> str:
    """What stands in a table whose votes are not recognised, and how to say where they are."""
    columns = "; ".join(
        f"{column.name!r} ({', '.join(value for value, _ in column.values[:3]) or 'empty'})"
        for column in seen.columns[:12]
    )
    more = f" and {len(seen.columns) - 12} more" if len(seen.columns) > 12 else ""
    return (
        f"No column seems to hold votes for emotions. The columns: {columns}{more}. Say where the votes are with --label, "
        "--raters, --counts, --graded or --clips; --map explains labels, and --grade words of strength."
    )


def _compatible(guessed: dict, given: dict) -> dict:
    """Of a guess what goes with a shape that was given."""
    no_rater = {"counts", "raters"} & given.keys()
    lists = [
        name for field in mapping_guess.SHAPE_FIELDS if isinstance(given.get(field), list) for name in given[field]
    ]
    return {
        key: value
        for key, value in guessed.items()
        if value not in lists and not (key == "rater" and no_rater) and not (key == "clip" and "clips" in given)
    }


def list_mappings(store: Database) -> list[dict]:
    """Every saved description of a table."""
    return mappings.list_mappings(store)


def list_vocabulary(store: Database) -> list[dict]:
    """Every emotion with its colour and the spellings that mean it."""
    spellings = vocabulary.spellings()
    return [
        {
            "emotion": name,
            "colour": vocabulary.colours([name])[0],
            "spellings": sorted(word for word, meant in spellings.items() if meant == name and word != name),
            "standard": name in vocabulary.EMOTIONS,
        }
        for name in vocabulary.names()
    ]


def add_emotion(store: Database, name: str, colour: str | None = None, synonyms: str = "") -> dict:
    """Add an emotion of the lab's own to the vocabulary; synonyms are separated by spaces."""
    added = corpora.add_emotion(store, name, colour=colour, synonyms=synonyms)
    return next(row for row in list_vocabulary(store) if row["emotion"] == added)


def _with_suggestion(store: Database, report: Report) -> dict:
    suggested = suggest_study(store, report.corpus)
    return report.as_document() | {"suggested_study": asdict(suggested) if suggested else None}


def suggest_study(store: Database, corpus: str, *, name: str | None = None) -> Study | None:
    """The study to begin with: the first human panel as reference, the first other panel that listeners or a model voted in
    as candidate, every emotion that either used; graded answers count each emotion by its strength. None where votes name
    fewer than two emotions.
    """
    panels = corpora.panel_emotions(store, corpus)
    order = sorted(panels, key=lambda panel: panel["kind"] != "human")
    if not order:
        return None
    reference = order[0]
    comparable = [panel for panel in order[1:] if panel["kind"] not in ("self-report", "consensus", "intended")]
    others = sorted(comparable, key=lambda panel: (panel["kind"] == "human", -panel["votes"]))
    candidate = others[0] if others else None
    used = set(reference["emotions"]) | set(candidate["emotions"] if candidate else ())
    if len(used) < 2:
        return None
    return Study(
        name=name or f"{corpus} default",
        corpora=(corpus,),
        reference=reference["name"],
        candidate=candidate["name"] if candidate else None,
        emotions=vocabulary.in_standard_order(used),
        rule="drop_outside",
        secondary_weight=1.0 if corpora.is_graded(store, corpus) else 0.0,
    )


def list_corpora(store: Database) -> list[dict]:
    """Every corpus with its panels."""
    return [corpus | {"panels": corpora.list_panels(store, corpus["name"])} for corpus in corpora.list_corpora(store)]


def show_corpus(store: Database, name: str) -> dict:
    """One corpus with its panels and the accounts of its imports."""
    (found,) = [corpus for corpus in list_corpora(store) if corpus["name"] == name] or [None]
    if found is None:
        raise UnknownName("corpus", name, [corpus["name"] for corpus in corpora.list_corpora(store)])
    return found | {"imports": corpora.import_reports(store, name)}


def remove_corpus(store: Database, name: str) -> dict:
    """Forget a corpus, its votes and studies; audio files stay."""
    corpora.remove_corpus(store, name)
    return {"removed": name}
