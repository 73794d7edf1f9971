"""The rules of the house: who may import whom, and what the server never loads."""

import ast
import subprocess
import sys

import pytest

from tests.conftest import ROOT

MODULES = sorted([*(ROOT / "emo_core").rglob("*.py"), *(ROOT / "pages").rglob("*.py"), ROOT / "app.py"])
# package: the only places that may import it
HOMES = {
    "streamlit": ("app.py", "pages/"),
    "duckdb": ("emo_core/store/",),
    "plotly": ("emo_core/charts/", "emo_core/publishing/", "pages/"),
    "espeakng_loader": ("emo_core/corpora/demo_speech.py",),
    "submitit": ("emo_core/jobs/",),  # only in the process that submits
    "scipy": ("emo_core/science/",),  # inside functions: the server starts without it
    "torch": ("emo_core/models/", "emo_core/training/"), "transformers": ("emo_core/models/", "emo_core/training/"),
    "peft": ("emo_core/training/",), "accelerate": ("emo_core/training/",), "librosa": ("emo_core/audio/", "emo_core/augmentation/"),
    "google": ("emo_core/annotators/",),
    "pynvml": ("emo_core/training/",),  # inside a function: only where memory or load is asked for
}  # fmt: skip


def imported(path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_packages_stay_in_their_rooms(path):
    here = str(path.relative_to(ROOT))
    tops = {name.split(".")[0] for name in imported(path)}
    assert not {package for package in tops & HOMES.keys() if not here.startswith(HOMES[package])}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_rooms_know_only_the_rooms_below(path):
    here = str(path.relative_to(ROOT))
    names = imported(path)
    if here.startswith("emo_core/"):
        assert not {name for name in names if name.startswith("pages")}
    if here.startswith("emo_core/science/"):
        allowed = ("emo_core.science", "emo_core.errors", "emo_core.vocabulary")
        assert not {name for name in names if name.startswith("emo_core.") and not name.startswith(allowed)}
    if here.startswith("emo_core/store/"):
        assert not {
            name for name in names if name.startswith(("emo_core.corpora", "emo_core.charts", "emo_core.verbs"))
        }


def test_starting_the_server_loads_nothing_heavy():
    code = (
        "import sys, pages.parts.clip_view, pages.parts.figures, pages.parts.filters, pages.parts.routes, emo_core.cli;"
        "print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not set(loaded) & {
        "torch",
        "transformers",
        "peft",
        "accelerate",
        "librosa",
        "google.genai",
        "scipy",
        "kaleido",
        "submitit",
        "numba",
        "espeakng_loader",
        "wavesurfer",
    }


def test_the_first_clip_waits_for_no_table_library():
    code = "import sys, pages.parts.routes, pages.parts.doorstep, pages.parts.guidelines, pages.parts.labeller; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not {"pandas", "emo_core.verbs"} & set(loaded.split())
