"""Votes and clips of a study as tables: what somebody needs who wants to count anew, or to take the votes back in."""

from typing import Literal

from emo_core.errors import BadInput
from emo_core.records import EXCLUSIONS
from emo_core.store import exporting
from emo_core.store.database import Database, query
from emo_core.store.exporting import Column, Raters, Selection
from emo_core.store.studies import STATISTICS, StoredStudy, find_study

What = Literal["votes", "distributions", "clips"]
Clips = Literal["all", "kept"]
WHAT: dict[str, str] = {
    "distributions": "distributions: one row a clip that the study keeps",
    "votes": "votes: one row a vote of the study's panels, to count anew or to take in elsewhere",
    "clips": "clips: one row a clip of the corpora, kept or with the reason why not",
}
_UNITS = {"bhattacharyya_coefficient": "0…1", "js_divergence": "bits 0…1", "total_variation": "0…1"}


def columns(stored: StoredStudy, what: What) -> list[Column]:
    """Every column that a table of this kind can hold, in order. Raises BadInput for another kind."""
    if what == "distributions":
        return exporting.columns(stored.study)
    if what == "votes":
        return [_clip(stored), *_vote_columns(), *_outcome_columns(stored, split=False), *_clip_columns(stored)]
    if what == "clips":
        return [_clip(stored), *_outcome_columns(stored), *_clip_columns(stored), *_figure_columns(stored)]
    raise BadInput(f"There is no table of {what!r}. Choose {', '.join(WHAT)}.")


def select(
    store: Database,
    study: str,
    what: What,
    *,
    names: list[str] | None = None,
    raters: Raters = "pseudonyms",
    clips: Clips = "all",
) -> Selection:
    """The rows of one kind, on all clips of the corpora or on those that the study keeps. Among all of them in a table of
    votes, a clip without one has a row too, with no panel: taken back in, the same clips are there, so that the same ones are
    left out and the split falls where it fell.

    Raises UnknownName for the study or a column, BadInput where no column is chosen or a choice is none of those named.
    """
    for chosen, known in ((raters, ("pseudonyms", "kept")), (clips, ("all", "kept"))):
        if chosen not in known:
            raise BadInput(f"There is no choice {chosen!r}. Choose {' or '.join(known)}.")
    if what == "distributions":
        return exporting.select(store, study, names=names, raters=raters)
    cursor = store.cursor()
    stored = find_study(cursor, study)
    listed = exporting.choose(columns(stored, what), names)
    key = exporting.secret_key(store)
    source = query(f"export_{what}").partition("\nFROM clips\n")[2]
    source = f"FROM clips {source}".format(**_parts(stored, clips))
    if what == "votes":
        exporting.stage_codes(cursor, raters, key)
    order = "clips.clip_id" + (", answers.vote_id" if what == "votes" else "")
    return Selection(cursor, stored, what, listed, source, order, raters, key)


def _parts(stored: StoredStudy, clips: Clips) -> dict[str, str | int]:
    """What the braces of the queries take: numbers of ours."""
    binding, study = stored.binding(), int(stored.study_id)
    within = f"AND clips.clip_id IN (SELECT clip_id FROM study_clips WHERE study_id = {study})"  # noqa: S608
    return {
        "study": study,
        "corpora": ", ".join(map(str, binding["corpora"])),
        "panels": ", ".join(map(str, binding["reference"] + binding["candidate"])),
        "kept": within if clips == "kept" else "",
    }


def _text(name: str, meaning: str, expression: str, *, usual: bool = True) -> Column:
    return Column(name, "text", "", meaning, expression, usual)


def _number(name: str, unit: str, meaning: str, expression: str, *, usual: bool = True) -> Column:
    return Column(name, "number", unit, meaning, expression, usual)


def _clip(stored: StoredStudy) -> Column:
    return _text("clip", *exporting.clip_meaning(len(stored.places)))


def _vote_columns() -> list[Column]:
    """What a vote says and who gave it."""
    ratings = [
        _number(name, "units of the corpus", f"rated {name}", f"answers.{name}")
        for name in ("valence", "arousal", "dominance")
    ]
    secondary = "array_to_string(list_transform(answers.secondary_ids, lambda x: names[x]), ';')"
    strengths = "array_to_string(list_transform(answers.secondary_strengths, lambda x: CAST(x AS VARCHAR)), ';')"
    return [
        _text("panel", "the panel that voted", "panels.name"),
        _text("rater", "who voted: a code or a name; empty where not known", "rater_codes.code"),
        _text("label", "the emotion heard; empty where the answer only rates", "emotions.name"),
        _text("secondary", "further emotions heard, joined by semicolons", secondary),
        _text("strengths", "weights of these beside the label's 1, joined likewise; empty: all 1", strengths),
        *ratings,
        _number("confidence", "0…1", "how sure the rater was", "answers.confidence"),
        _number("seconds", "s", "how long the answer took", "answers.seconds"),
        _text("comment", "what the rater wrote", "answers.comment"),
        _text("persona", "persona of a model's rater", "raters.persona"),
        _number("temperature", "", "sampling temperature of a model's rater", "raters.temperature"),
        _text(
            "provenance",
            "how a vote came about, as JSON: of a model its run, draw, prompt hash, seed, reply, tokens, price",
            "answers.provenance",
            usual=False,
        ),
        Column("voted_at", "time", "UTC", "when the vote was given", "answers.voted_at"),
    ]


def _clip_columns(stored: StoredStudy) -> list[Column]:
    """What is known of a clip."""
    several = [_text("corpus", "the clip's corpus", "corpora.name")] if len(stored.places) > 1 else []
    return [
        *several,
        _text("transcript", "what is said", "clips.transcript"),
        _text("speaker", "who speaks", "clips.speaker"),
        _text("session", "recording session", "clips.session"),
        _text("partition", "the corpus's own part (train, test …)", "clips.partition"),
        _text("audio", "sound file below the corpus's audio root", "clips.audio"),
        _number("start_s", "s", "where the clip begins in its file", "clips.start_s"),
        _number("end_s", "s", "where it ends", "clips.end_s"),
        _number("duration_s", "s", "length of the sound", "clips.duration_s"),
    ]


def _outcome_columns(stored: StoredStudy, *, split: bool = True) -> list[Column]:
    """What the study made of a clip; `split`: whether its side is among the usual columns."""
    reason = "CASE left_out.reason " + " ".join(
        f"WHEN {exporting.literal(code)} THEN {exporting.literal(words)}" for code, words in EXCLUSIONS.items()
    )
    side = "CASE WHEN is_test THEN 'test' WHEN NOT is_test THEN 'train' END"
    return [
        Column("kept", "true or false", "", "whether the study keeps the clip", "study_clips.clip_id IS NOT NULL"),
        _text("reason", "why it is left out", f"{reason} ELSE left_out.reason END"),
        _text("split", f"train or test, by {stored.study.split}, seed {stored.study.seed}", side, usual=split),
    ]


def _figure_columns(stored: StoredStudy) -> list[Column]:
    """Counts and statistics of a clip that is kept, and what its corpus says of it beyond columns of ours."""
    counts = [
        Column(f"{side}_votes_{emotion}", "integer", "votes", f"{side} votes for {emotion}", f"{side}_counts[{place}]")
        for side in ("reference", "candidate")
        for place, emotion in enumerate(stored.study.emotions, 1)
    ]
    sums = [
        Column(f"{what}_{side}", "integer", "votes", f"{side} votes {where} the emotions", f"{what}_{side}")
        for side in ("reference", "candidate")
        for what, where in (("n", "inside"), ("outside", "outside"))
    ]
    figures = [_number(name, _UNITS.get(name, "bits"), name.replace("_", " "), name) for name in STATISTICS]
    majorities = [
        _text(f"majority_{side}", f"emotion with most {side} votes, ties joined by a colon", f"majority_{side}")
        for side in ("reference", "candidate")
    ]
    metadata = _text("metadata", "what the corpus says of the clip beside this, as JSON", "clips.metadata::VARCHAR")
    return [*sums, *counts, *figures, *majorities, metadata]
