"""What a paper pack shows: tables, figures and the report, from its results alone."""

import html
from collections.abc import Mapping

import plotly.graph_objects as go

from emo_core.charts import ambiguity as ambiguity_charts
from emo_core.charts import curves
from emo_core.charts import standin as standin_charts
from emo_core.publishing import figures
from emo_core.publishing.pack_data import SIDES

# of each panel, in the table of the panels: Table 3 of Zhang et al. (2026), and alpha
PANEL_FIGURES = ("entropy", "alpha", "kappa", "kappa_generalised")


def tables_of(results: dict) -> dict[str, list[dict]]:
    """Tables by name, each a list of rows."""
    found = {
        "panels": [
            {"panel": side, "votes": results["panels"][side]["votes"]}
            | _flat({name: results["panels"][side][name] for name in PANEL_FIGURES})
            for side in (*SIDES, "combined")
            if side in results["panels"]
        ],
        "strata": [_flat(row) for row in results["ambiguity"]["strata"]],
        "kinds": [_flat(row) for row in results["ambiguity"]["kinds"]],
        "effective_listeners": [
            {"panel": name} | _flat(row) for name, row in results["ambiguity"]["effective_listeners"].items()
        ],
        "figure_3": [
            {"panel": panel, "stratum": row["name"]} | _flat({"js": each})
            for panel, figures_ in results["ambiguity"]["panels"].items()
            for row, each in zip(results["ambiguity"]["strata"], figures_)
        ],
    }
    if "saturation" in results:
        found |= _saturation_tables(results["saturation"])
        found |= _standin_tables(results["standin"])
    return found


def _saturation_tables(document: dict) -> dict[str, list[dict]]:
    names = [f"{measure}_{end}" for measure in curves.UNITS for end in ("mean", "low", "high")]
    found = {
        "saturation": [
            {"n": n, "clips": document["clips"]} | {name: document[name][place] for name in names}
            for place, n in enumerate(document["n"])
        ]
    }
    floor = document["noise_floor"]
    if floor:
        listeners = floor["listeners"]
        found["noise_floor"] = [
            {"n": n} | {name: floor[name][place] for name in ("js_mean", "js_low", "js_high")}
            for place, n in enumerate(floor["n"])
        ]
        found["exchange"] = [
            {"n": n} | {end: listeners[end][place] for end in ("mean", "low", "high")}
            for place, n in enumerate(listeners["n"])
        ]
    help_ = document["complement"]
    if help_:
        found["complement"] = [
            {"n": n}
            | {f"{name}_{end}": help_[name][end][place] for name in ("js", "gain") for end in ("mean", "low", "high")}
            for place, n in enumerate(help_["n"])
        ]
    return found


def _standin_tables(document: dict) -> dict[str, list[dict]]:
    return {
        "standin": [
            {"panel": panel["panel"], "omega": panel["named"]["omega"]}
            | _flat({name: panel["anonymous"][name] for name in ("rho", "difference", "p", "passes")})
            for panel in document["panels"]
        ],
        "standin_raters": [
            {"panel": panel["panel"]} | row for panel in document["panels"] for row in panel["named"]["raters"]
        ],
        "comparisons": [_flat(row) for row in document["comparisons"]],
    }


def figures_of(results: dict) -> dict[str, go.Figure]:
    """Figures by name."""
    ambiguity = results["ambiguity"]
    names = [row["name"] for row in ambiguity["strata"]]
    found = {"kinds": ambiguity_charts.kinds([row for row in ambiguity["kinds"] if row["kind"]])}
    if ambiguity["panels"]:
        found["figure_3"] = ambiguity_charts.by_stratum(names, ambiguity["panels"])
    if "saturation" not in results:
        return found
    document, standin = results["saturation"], results["standin"]
    found["saturation"] = curves.saturation(document)
    found["saturation_by_tertile"] = curves.groups(document)
    if document["noise_floor"]:
        found["exchange"] = curves.exchange(document["noise_floor"])
    if document["complement"]:
        found["complement"] = curves.complement(document["complement"])
    panels = standin["panels"]
    found["standin"] = standin_charts.differences(
        [panel["panel"] for panel in panels], [panel["anonymous"]["difference"] for panel in panels], standin["epsilon"]
    )
    return found


_TITLES = {
    "saturation": "Expected divergence by number of candidate votes",
    "saturation_by_tertile": "The same in each tertile of reference entropy",
    "exchange": "Listeners that candidate votes are worth",
    "complement": "What candidate votes add to human ones, judged by held-out listeners",
    "figure_3": "Divergence by ambiguity (the paper's Figure 3)",
    "kinds": "Kinds of ambiguity",
    "standin": "By how much a listener is closer to the others than the panel",
}
_TABLES = {"panels": "Agreement and ambiguity (Table 3 of Zhang et al. 2026)"}


def report(settings: dict, results: dict) -> str:
    """A short report as one HTML page beside the figures."""
    drawn = figures_of(results)
    body = [f"<h1>{html.escape(str(settings['study'].get('name', 'study')))}</h1>", _settings_html(settings)]
    if "saturation" in results:
        found = results["saturation"]
        point = found["saturation_point"]
        ends = found.get("saturation_interval") or [None, None]
        said = (
            "none"
            if point is None
            else f"{point} [{ends[0]:.0f}, {ends[1]:.0f}]"
            if ends[0] is not None
            else str(point)
        )
        rule = found.get("saturation_rule") or found.get("saturation_undefined")
        body.append(
            f"<p>Saturation point: <b>{said}</b> votes ({html.escape(str(rule))}), over {found['clips']:,} clips.</p>"
        )
    for name, title in _TITLES.items():
        if name in drawn:
            body.append(f"<h2>{html.escape(title)}</h2>")
            body.append(figures.printed(drawn[name]).to_html(full_html=False, include_plotlyjs=False, div_id=name))
    for name, rows in tables_of(results).items():
        if rows and len(rows) <= 60:
            title = _TABLES.get(name, name.replace("_", " "))
            body.append(f"<h2>{html.escape(title)}</h2>{_table_html(rows)}")
    body.append(f"<p>Intervals: {html.escape(results['panels']['intervals'])}.</p>")
    style = (
        "body{font:16px/1.5 sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1b2430}"
        "table{border-collapse:collapse;font-size:.85rem;display:block;overflow-x:auto}"
        "td,th{border:1px solid #d5dae0;padding:.25rem .5rem;text-align:right}td:first-child,th{text-align:left}"
    )
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Ambiguity Workbench: "
        f"{html.escape(str(settings['study'].get('name', '')))}</title><style>{style}</style>"
        f"<script src='figures/plotly.min.js'></script></head><body>{''.join(body)}</body></html>\n"
    )


def _settings_html(settings: dict) -> str:
    facts = {
        "made": settings["made_at"],
        "reference": settings["reference"],
        "candidate": settings["candidate"] or "none",
        **{key: value for key, value in settings["study"].items() if key not in ("name", "votes_as_of")},
        **_as_of(settings["study"].get("votes_as_of")),
        **{f"option {key}": value for key, value in settings["options"].items()},
        **{f"version of {key}": value for key, value in settings["versions"].items()},
        **{f"SHA-256 of {key}": value for key, value in settings["sha256"].items()},
    }
    rows = "".join(f"<tr><td>{html.escape(str(k))}</td><td>{html.escape(str(v))}</td></tr>" for k, v in facts.items())
    return f"<details><summary>What was asked, and of which votes</summary><table>{rows}</table></details>"


def _as_of(votes: dict | None) -> dict[str, str]:
    """Which votes the pack rests on; packs made before do not say so."""
    return {"votes": f"{votes['votes']:,} as of {votes['at']}"} if votes and votes["at"] else {}


def _table_html(rows: list[dict]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    lines = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_cell(row.get(name)))}</td>" for name in names) + "</tr>" for row in rows
    )
    return f"<table><tr>{head}</tr>{lines}</table>"


def _cell(value: object) -> str:
    return "–" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)


def _flat(row: Mapping) -> dict:
    """Figure documents as columns name, name_low, name_high, name_clips; what else is nested is left to results.json."""
    found = {}
    for name, value in row.items():
        if isinstance(value, Mapping) and "interval" in value:
            low, high = value["interval"]
            found |= {name: value["value"], f"{name}_low": low, f"{name}_high": high, f"{name}_clips": value["clips"]}
        elif not isinstance(value, (Mapping, list)):
            found[name] = value
    return found
