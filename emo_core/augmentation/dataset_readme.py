"""The README of a folder of samples: what it is, how to read it, what was made and what was not."""

from collections.abc import Mapping

_READING = """\
```python
import pandas, soundfile

samples = pandas.read_csv("samples.csv")  # a row a sample; samples.parquet has the exact numbers
targets = samples.filter(like="target_")  # (samples, emotions), each row sums to 1
sound, rate = soundfile.read(samples.audio[0])  # mono, 16 kHz
```"""


def readme(schema: Mapping) -> str:
    """Markdown of what `schema.json` tells, for a person who opens the folder."""
    figures, settings = schema["figures"], schema["settings"]
    study = f" of the study {schema['study']!r}" if "study" in schema else ""
    parts = [
        f"# Mixed training clips{study}\n",
        f"{figures['samples']:,} samples, {figures['seconds'] / 60:.1f} minutes, each mixed from two clips of the training side with the "
        'same share λ in sound and in distribution (DiME-Aug; W. Zhang et al., "Scaling Ambiguity", 2026, section 2.3). The original '
        "clips are not here.\n",
        _READING + "\n",
        "`schema.json` says what each column and every setting means.\n",
        _table(("emotion", "clips before", "after, as made for", "after, as dominated"), _balance(schema)),
        _table(("what", "is"), _origin(schema) + [(f"setting: {name}", value) for name, value in settings.items()]),
        f"{figures['over']:,} mixtures went beyond full scale (see `over`); {figures['silent']:,} have a parent without sound.\n",
        _not_made(schema["not_made"]),
    ]
    return "\n".join(parts)


def _balance(schema: Mapping) -> list[tuple]:
    counts = (schema["balance"][name] for name in ("before", "filled", "after"))
    return [(emotion, *(f"{count:,.4g}" for count in row)) for emotion, *row in zip(schema["emotions"], *counts)]


def _origin(schema: Mapping) -> list[tuple]:
    """Where the samples come from, as far as the caller told."""
    known = ("reference", "candidate", "candidate_votes_a_clip", "distributions", "split", "simulated")
    told = [(name.replace("_", " "), schema[name]) for name in known if schema.get(name) is not None]
    licences = [
        (f"licence of the corpus {each['name']}", each["licence"] or "not known") for each in schema.get("corpora", ())
    ]
    return (
        told
        + licences
        + [(f"left out: {why}", f"{count:,} clips") for why, count in schema.get("left_out", {}).items()]
    )


def _not_made(rows: list[Mapping]) -> str:
    if not rows:
        return "Every sample that was asked for is here.\n"
    listed = [f"- {row['emotion'] or 'all emotions'}: {row['count']:,} {row['what']}: {row['reason']}" for row in rows]
    return "\n".join(["Not made:\n", *listed, ""])


def _table(heading: tuple, rows: list[tuple]) -> str:
    lines = [heading, ("---",) * len(heading), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines) + "\n"


def _cell(value: object) -> str:
    """A value in one line that parts no column."""
    return " ".join(str(value).split()).replace("|", "\\|")
