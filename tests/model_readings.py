"""Runs whose readings are known: planted into the store as a job's account would bring them."""

import numpy as np

from emo_core.annotators.plan import Plan
from emo_core.store import Database, readings, runs, studies
from emo_core.store.readings import Heard


def plant_run(
    store: Database, study: str, name: str, rows: dict, *, emotions: tuple[str, ...] | None = None, **plan
) -> None:
    """A run with rows {(prompt, reading): [(values or None, reply or None) for each clip that the study's listeners heard]}; None for
    a clip that it has not come to. emotions: the order in which the run was asked, by default the study's.
    """
    heard = readings.heard(store, study)
    emotions = emotions or studies.find_study(store.cursor(), study).study.emotions
    number = 1 + max([run.run_id for run in runs.list_runs(store)], default=0)
    settings = {"model": "/models/some", "provider": "local", "question": "distribution"} | plan
    runs.add_run(store, number, Plan(name=name, study=study, emotions=emotions, **settings))
    plant_readings(store, heard, number, rows)


def plant_readings(store: Database, heard: Heard, number: int, rows: dict) -> None:
    """The rows of `plant_run`, as what the run of that number read."""
    flat = [
        (
            number,
            clip,
            prompt,
            reading,
            None if values is None else [each if each is None else float(each) for each in values],
            reply,
        )
        for (prompt, reading), given in rows.items()
        for clip, row in zip(heard.clip_ids.tolist(), given, strict=True)
        if row is not None
        for values, reply in [row]
    ]
    with store.writing() as cursor:
        for row in flat:
            cursor.execute("INSERT INTO run_readings VALUES (?, ?, ?, ?, ?, ?)", row)


def plausible_rows(heard: Heard, words: tuple[str, ...], *, seed: int = 0) -> dict:
    """Replies and logits of a model that hears more than it says: logits near log p, percentages that favour one emotion."""
    rng = np.random.default_rng(seed)
    size = heard.reference.shape[1]
    p = (heard.reference + 0.3) / (heard.reference + 0.3).sum(axis=1, keepdims=True)
    z = {
        f"{which}/{kind}": 6 + lift + np.log(p) + rng.normal(0, spread, p.shape)
        for which, lift, spread in (("all", 0, 0.6), ("words", 3, 1.2))
        for kind in ("averaged", "first")
    }
    z["all/averaged"][:5, 0] = -0.5
    rows = {}
    for prompt in ("ambiguous", "single"):
        for reading, values in z.items():
            rows[prompt, reading] = [(row + rng.normal(0, 0.2, size), None) for row in values]
    favoured = np.array([rng.choice(size, p=row) for row in p])
    shares = np.round(100 * (0.25 / size + 0.75 * np.eye(size)[favoured]))
    said = [", ".join(f"{word}: {share:.0f}%" for word, share in zip(words, row)) for row in shares]
    rows["ambiguous", "text"] = [(row, text) for row, text in zip(shares, said)]
    rows["ambiguous", "text"][:3] = [(None, "I hear **much** <b>anger</b>.")] * 3
    rows["single", "text"] = [(None, words[place]) for place in favoured]
    return rows
