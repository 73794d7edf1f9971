"""Runs of the Results page: their states, one run's card, two runs' differences."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import streamlit as st

from emo_core.analysis.results_runs import TrainingRun
from emo_core.store import Database, runs
from emo_core.training import package
from emo_core.training.told import mixtures
from pages.parts import analyses
from pages.parts import results_documents as documents
from pages.parts.job_view import STATES, duration
from pages.parts.session import escape
from pages.parts.votes_words import added_since

PARTS = {
    "train_clips": "to train on",
    "mixtures": "mixtures",
    "validation_clips": "to validate",
    "test_clips": "to test",
}
ENDED = {"patience": "early stopping: no epoch was better for a while", "epochs": "all epochs are done"}


def states(every: Sequence[TrainingRun]) -> None:
    """Runs that have no results, each with its state and the reason."""
    without = [each for each in every if each.why_not is not None]
    if not without:
        return
    with st.expander(f"{len(without):,} of {len(every):,} runs have no results", icon=":material/hourglass_empty:"):
        st.dataframe(
            [{"run": each.run.name, "state": STATES.get(each.state, each.state), "why": each.why_not} for each in without],
            key="table:states", hide_index=True,
        )  # fmt: skip
        st.page_link("pages/jobs.py", label="See what is running", icon=":material/work_history:")


def card(state: tuple, cards: Sequence[Mapping], *, store: Database, study: str) -> None:
    """Everything that is known of one run, and its predictions to take along."""
    name = st.selectbox("Run", [each["run"] for each in cards], key="run", width=420, **analyses.URL)
    found = next(each for each in cards if each["run"] == name)
    st.dataframe(
        [{"": label, "value": value} for label, value in facts(found).items()], key="table:card", hide_index=True, height="content",
        column_config={"value": st.column_config.TextColumn(width="large")},
    )  # fmt: skip
    st.caption(added_since(store, study, datetime.fromisoformat(found["made_at"])))
    with st.expander("All settings"):
        st.json(found["settings"] | ({"augmentation": found["augmentation"]} if found["augmentation"] else {}))
    predictor = runs.folder_of(store, found["job"]) / package.FOLDER
    with st.container(horizontal=True, gap="small"):
        if predictor.is_dir():
            st.download_button(
                "Predictor (zip)", lambda: package.zipped(predictor, name), f"{name}-predictor.zip", "application/zip",
                key="predictor.zip", type="tertiary", on_click="ignore", help="Weights as safetensors, card, and a README",
            )  # fmt: skip
        st.download_button(
            "Predictions (CSV)", lambda: documents.predictions(state, name, _store=store, _name=study), f"{name}-predictions.csv",
            "text/csv", key="predictions.csv", type="tertiary", on_click="ignore",
            help="Predicted and human shares of every test clip",
        )  # fmt: skip
    if predictor.is_dir():
        with st.expander("Use the predictor in Python"):
            st.code(package.LINES, language="python")
    else:
        st.caption("The run has left no predictor in this store.")


def facts(found: Mapping) -> dict[str, str]:
    """A run's card as words; what is not known says so."""
    mixed = found["augmentation"] or {}
    versions = ", ".join(f"{name} {version}" for name, version in (found["versions"] or {}).items())
    gone = "; ".join(f"{count:,} × {why}" for why, count in (found["left_out"] or {}).items() if count)
    best = "not known"
    if found["best_js"] is not None:
        best = f"{found['best_epoch']} of {found['epochs']} (validation JS {found['best_js']:.3f})"
    return {
        "job": str(found["job"]),
        "votes learnt from": found["source"] + (f", {found['votes']:,} random synthetic votes a clip" if found["votes"] else ""),
        "augmentation": f"{mixed['fraction']:.0%} of the training clips" if mixed.get("fraction") else "none",
        "mixtures": mixtures(found) or ("not recorded" if mixed.get("fraction") else "none"),
        "backbone, loss, seed": f"{found['settings'].get('backbone')}, {found['settings'].get('loss')}, {found['seed']}",
        "clips": ", ".join(f"{found[key] or 0:,} {word}" for key, word in PARTS.items()),
        "left out": gone or "none",
        "ended by": ENDED.get(found["ended"], found["ended"] or "not known"),
        "best epoch": best,
        "time": _time(found),
        "hardware": hardware(found["hardware"]) or found["device"] or "not known",
        "energy": energy(found["energy_kwh"], found["energy_of"]),
        "workbench": found["revision"] or "not known",
        "versions": versions or "not known",
        "hashes of the training data": _hashes(found) or "not known",
        "made": found["made_at"][:16],
    }  # fmt: skip


def _time(found: Mapping) -> str:
    several = f", in {found['attempts']} attempts" if (found["attempts"] or 1) > 1 else ""
    return (duration(found["seconds"]) or "not known") + several


def hardware(parts: Mapping | None) -> str:
    """Processor, memory and GPU in words; empty where nothing is known.

    >>> hardware({"processor": "AMD EPYC, 2 cores", "memory_mb": 25276.2, "gpu": None})
    'AMD EPYC, 2 cores, 25,276 MB; no GPU'
    """
    if not parts:
        return ""
    card = f", {parts['gpu_memory_mb']:,.0f} MB" if parts.get("gpu_memory_mb") else ""
    return f"{parts['processor']}, {parts['memory_mb']:,.0f} MB; " + (
        f"{parts['gpu']}{card}" if parts["gpu"] else "no GPU"
    )


def energy(kwh: float | None, of: Sequence[str] | None) -> str:
    """Energy in words, and of what it is.

    >>> energy(0.0123, ["GPU"]), energy(None, [])
    ('0.0123 kWh (GPU)', 'not known: no counter could be read throughout')
    """
    if kwh is None:
        return "not known: no counter could be read throughout"
    return f"{kwh:.3g} kWh" + (f" ({', '.join(of)})" if of else "")


def _hashes(found: Mapping) -> str:
    """Hashes of which clips, their votes and their sounds."""
    known = found["hashes"] or ({"clips": found["clips_hash"]} if found["clips_hash"] else {})
    return ", ".join(f"{name} {value}" for name, value in known.items())


def compare(state: tuple, names: Sequence[str], *, by: str, strata: str, store: Database, study: str) -> None:
    """Two runs: what is different in their settings, and who comes closer."""
    if len(names) < 2:
        return
    st.markdown("**Two runs against each other**")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        a = st.selectbox("First", names, index=len(names) - 1, key="a", width=260, **analyses.URL)
        b = st.selectbox("Second", names, key="b", width=260, **analyses.URL)
    if a == b:
        st.caption("Choose two different runs.")
        return
    asked = {"a": a, "b": b, "by": by, "strata": strata}
    found = documents.comparison(state, asked, _store=store, _name=study)
    if "undefined" in found:
        st.caption(f"Not compared: {escape(found['undefined'])}.")
    else:
        st.markdown(escape(f"{found['words']}. {'; '.join(row['words'] for row in found['strata'])}."))
    rows = [
        {"only what differs": row["setting"], a: _value(row["a"]), b: _value(row["b"])} for row in found["settings"]
    ]
    if rows:
        st.dataframe(rows, key="table:differences", hide_index=True)
    else:
        st.caption("Nothing that is known of them differs.")


def _value(value: object) -> str:
    return "–" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
