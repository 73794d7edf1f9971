"""The paper pack: every number and figure of a study in one folder, with the votes they come from.

    DIR/
      report.html        what was asked, of which votes, and the main figures and tables
      results.json       every number, as `emo_core.analysis` gives it
      settings.json      the study, the options, seeds, versions, SHA-256 of the data files
      data/              the votes: clips.parquet, and single votes of both sides where they are known
      tables/*.csv       the numbers by figure
      figures/*.html     and SVG and PNG where a browser is present

`check` computes everything anew from DIR/data with the settings and names each number that differs. People who voted go by codes.
"""

import csv
import hashlib
import io
import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa

from emo_core import analysis
from emo_core.analysis.data import StudyData, figure, intervals_in_words
from emo_core.analysis.saturation import RESAMPLES
from emo_core.errors import BadInput
from emo_core.publishing import figures, tables
from emo_core.publishing.pack_data import read_data, with_codes, write_data
from emo_core.publishing.pack_report import PANEL_FIGURES, figures_of, report, tables_of
from emo_core.revision import revision
from emo_core.science import comparison

FORMAT = 1  # of the folder
TOLERANCE = 1e-9  # relative; other versions of NumPy may sum in another order


@dataclass(frozen=True)
class Options:
    """How the analyses of a pack are made."""

    by: str = "clip"  # what intervals resample
    most: int | None = None  # longest subset of candidate votes
    epsilon: float = 0.2  # of the stand-in test
    answer: str = "majority"
    k: int = 3  # strata
    method: str = "equal counts"
    rule: str = "share"
    value: float | None = None


def write(data: StudyData, study: Mapping, options: Options, to: Path) -> dict:
    """Write the pack into a folder that is new or empty. study: the study's choices, for the report. Returns what was written.

    Raises BadInput where the folder holds something, or an option is out of range.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise BadInput(f"{to} is not empty. A pack goes into a new or empty folder.")
    data = with_codes(data)
    results = plain(results_of(data, options))
    for part in ("data", "tables", "figures"):
        (to / part).mkdir(parents=True, exist_ok=True)
    write_data(data, to / "data")
    settings = plain(
        {
            "format": FORMAT,
            "made_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "study": dict(study),
            "options": asdict(options),
            "seed": data.seed,
            "emotions": list(data.emotions),
            "reference": data.reference_name,
            "candidate": data.candidate_name,
            "panels": list(data.panels),
            "versions": versions(),
            "sha256": {path.name: _hash(path) for path in sorted((to / "data").iterdir())},
        }
    )
    drawn = figures_of(results)
    _write_json(to / "settings.json", settings)
    _write_json(to / "results.json", results)
    for name, rows in tables_of(results).items():
        (to / "tables" / f"{name}.csv").write_text(tables.csv_text(rows), encoding="utf-8")
    _write_figures(drawn, to / "figures")
    (to / "report.html").write_text(report(settings, results), encoding="utf-8")
    return {
        "folder": str(to),
        "files": sorted(str(path.relative_to(to)) for path in to.rglob("*") if path.is_file()),
        "numbers": sum(1 for _ in numbers(results)),
        "pictures": bool(figures.browser()),
    }


def check(folder: Path) -> dict:
    """Compute every number of a pack anew from its data: `numbers` compared, `differ` (path, packed, recomputed), `data_changed`
    (files whose SHA-256 is another), `tables_differ` and `report_differs` (what is written there against the recomputed).

    Raises BadInput where the folder is no pack.
    """
    try:
        settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
        packed = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        if settings["format"] != FORMAT:
            raise BadInput(f"The pack has format {settings['format']}, this workbench reads {FORMAT}. Use its version.")
        changed = [
            name for name, said in settings["sha256"].items() if _hash(folder / "data" / Path(name).name) != said
        ]
        data = read_data(settings, folder / "data")
        options = Options(**settings["options"])
    except BadInput:
        raise
    except (OSError, ValueError, LookupError, TypeError, pa.ArrowException) as error:
        raise BadInput(f"{folder} is no whole pack: {error}. Give a folder that `pack STUDY --to` made.") from error
    again = plain(results_of(data, options))
    before, after = dict(numbers(packed)), dict(numbers(again))
    differ = [
        {"path": path, "packed": repr(before.get(path)), "recomputed": repr(after.get(path))}
        for path in dict.fromkeys([*before, *after])
        if not _same(before.get(path, "absent"), after.get(path, "absent"))
    ]
    tables_differ = [
        name for name, rows in tables_of(again).items() if not _same_table(folder / "tables" / f"{name}.csv", rows)
    ]
    written = (folder / "report.html").read_text(encoding="utf-8") if (folder / "report.html").is_file() else ""
    report_differs = written != report(settings, again)
    return {
        "folder": str(folder),
        "numbers": len(before),
        "differ": differ,
        "data_changed": changed,
        "tables_differ": tables_differ,
        "report_differs": report_differs,
        "same": not (differ or changed or tables_differ or report_differs),
    }


def results_of(data: StudyData, options: Options) -> dict:
    """Every document of the pack."""
    found = {
        "panels": _panels(data, options.by),
        "ambiguity": analysis.ambiguity.ambiguity(data, k=options.k, method=options.method, by=options.by),
    }
    if data.candidate_name is not None:
        found["saturation"] = analysis.saturation.saturation(
            data, most=options.most, by=options.by, rule=options.rule, value=options.value, groups="tertile"
        )
        found["standin"] = analysis.standin.stand_in(
            data, epsilon=options.epsilon, answer=options.answer, by=options.by, groups="tertile"
        )
    return found


def _panels(data: StudyData, by: str) -> dict:
    """The paper's Table 3: votes, entropy, agreement of each side and of both together; divergence between them."""
    table = comparison.compare(
        data.reference, data.candidate, seed=data.seed, speakers=data.clusters(by),
        weights=(data.reference_weights, data.candidate_weights),
    )  # fmt: skip
    sides = {"reference": table.reference, "candidate": table.candidate, "combined": table.combined}
    if data.candidate_name is None:
        sides = {"reference": table.reference}
    document = {
        side: {"votes": found.votes} | {name: figure(getattr(found, name)) for name in PANEL_FIGURES}
        for side, found in sides.items()
    }
    if data.candidate_name is not None:
        document |= {name: figure(getattr(table, name)) for name in ("js", "bc", "tv")}
    return document | {"clips": table.clips, "intervals": intervals_in_words(by, RESAMPLES, data.seed)}


def plain(value: object) -> object:
    """As JSON gives it back: no NaN, no tuples."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else None
    if isinstance(value, np.integer):
        return int(value)
    return bool(value) if isinstance(value, np.bool_) else value


def numbers(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every leaf of a document with its path."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from numbers(item, f"{path}/{key}")
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from numbers(item, f"{path}/{place}")
    else:
        yield path, value


def _same(a: object, b: object) -> bool:
    if (
        isinstance(a, (int, float))
        and isinstance(b, (int, float))
        and not isinstance(a, bool)
        and not isinstance(b, bool)
    ):
        return abs(a - b) <= TOLERANCE * max(1.0, abs(a), abs(b))
    return a == b


def _same_table(path: Path, rows: list[dict]) -> bool:
    """Whether a CSV holds what the rows say."""
    if not path.is_file():
        return False
    wanted = list(csv.reader(io.StringIO(tables.csv_text(rows))))
    found = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    if [len(row) for row in wanted] != [len(row) for row in found]:
        return False
    return all(_same(_number(a), _number(b)) for row, other in zip(wanted, found) for a, b in zip(row, other))


def _number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def _write_figures(drawn: Mapping[str, go.Figure], folder: Path) -> None:
    library = _library(folder)
    for name, drawing in drawn.items():
        (folder / f"{name}.html").write_text(figures.html(drawing, library=library), encoding="utf-8")
    if figures.browser():
        with figures.one_browser():
            for name, drawing in drawn.items():
                for kind in ("svg", "png"):
                    (folder / f"{name}.{kind}").write_bytes(figures.picture(drawing, kind))


def versions() -> dict[str, str]:
    """What the numbers were made with."""
    found = {"python": platform.python_version()}
    found |= {name: metadata.version(name) for name in ("numpy", "scipy", "plotly", "duckdb")}
    return found | {"workbench": revision()}


def _library(folder: Path) -> str:
    """Plotly's script, once for all figures."""
    path = folder / "plotly.min.js"
    if not path.exists():
        from plotly.offline import get_plotlyjs

        path.write_text(get_plotlyjs(), encoding="utf-8")
    return path.name


def _write_json(path: Path, document: dict) -> None:
    path.write_text(json.dumps(plain(document), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _hash(path: Path) -> str:
    if not path.is_file():
        raise FileNotFoundError(f"data/{path.name} is missing")
    return hashlib.sha256(path.read_bytes()).hexdigest()
