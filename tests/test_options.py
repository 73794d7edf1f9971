"""Every option of every command that analyses changes what it says it changes; a new option without a case fails here."""

import pytest
import typer

from emo_core import verbs
from emo_core.cli import app
from emo_core.store import Database, readings
from tests.conftest import copied, fill_small
from tests.model_readings import plant_run, plausible_rows
from tests.trained_runs import heard_shares, near, plant_training

# command: {option: (arguments for it, what of the document it must change, what it must not)}. Keys are
# parameters of the command; a path names a part of the document by its keys.
WHOLE = ()
CASES: dict[str, dict[str, tuple[dict, tuple, tuple | None]]] = {
    "agreement": {
        "side": ({"side": "candidate"}, ("coefficients", "krippendorff_alpha", "value"), None),
        "by": (
            {"by": "speaker"},
            ("coefficients", "krippendorff_alpha", "interval"),
            ("coefficients", "krippendorff_alpha", "value"),
        ),
    },
    "saturation": {
        "most": ({"most": 4}, ("n",), None),
        "by": ({"by": "speaker"}, ("js_low",), ("js_mean",)),
        "rule": ({"rule": "bits"}, ("saturation_point",), ("js_mean",)),
        "value": ({"value": 0.3}, ("saturation_point",), ("js_mean",)),
        "smoothing": ({"smoothing": 2.0}, ("kl_mean",), ("js_mean",)),
        "price": ({"price": 2.0}, ("cost",), ("js_mean",)),
        "groups": ({"groups": "tertile"}, ("groups",), ("js_mean",)),
        "measure": ({"measure": "kl"}, ("kl_floor",), ("js_mean",)),
    },
    "ambiguity": {
        "k": ({"k": 4}, ("strata",), ("entropy",)),
        "method": ({"method": "equal range"}, ("edges",), ("entropy",)),
        "edges": ({"edges": [0.3, 0.9]}, ("edges",), ("entropy",)),
        "panel": ({"panel": ["model:other"]}, ("panels",), ("edges",)),
        "by": ({"by": "speaker"}, ("strata",), ("edges",)),
    },
    "standin": {
        "epsilon": ({"epsilon": 0.4}, ("epsilon",), None),
        "answer": ({"answer": "one vote"}, ("panels",), None),
        "panel": ({"panel": ["model:other"]}, ("panels",), None),
        "groups": ({"groups": "tertile"}, ("groups",), ("panels",)),
        "by": ({"by": "speaker"}, ("panels",), None),
    },
    "advise": {
        "budget": ({"budget": 20.0}, ("votes",), None),
        "price": ({"price": 2.0}, ("votes",), None),
        "most": ({"most": 1}, ("plan",), None),
        "objective": ({"objective": "information"}, ("plan",), None),
        "synthetic_price": ({"synthetic_price": 0.01}, WHOLE, ("plan",)),
        "worth": ({"worth": 0.5, "synthetic_price": 0.01}, WHOLE, ("plan",)),
        "synthetic_votes": ({"synthetic_votes": 3, "synthetic_price": 0.01}, WHOLE, ("plan",)),
    },
    "sandbox": {
        "votes": ({"votes": 3}, ("changed", "figures", "js"), ("as_it_is",)),
        "weight": ({"weight": 3.0}, ("changed", "figures", "entropy_combined"), ("as_it_is",)),
        "smoothing": ({"smoothing": 1.0}, ("changed", "curve", "mean"), ("as_it_is",)),
        "emotions": ({"emotions": ["anger", "sad"]}, ("changed", "figures", "js"), ("as_it_is",)),
        "without": ({"without": ["rater0"]}, ("changed", "figures", "js"), ("as_it_is",)),
        "breakdown": ({"breakdown": "rater"}, ("breakdown",), ("changed",)),
        "by": ({"by": "speaker"}, ("changed", "curve", "low"), ("changed", "curve", "mean")),
    },
    "distributions": {
        "run": ({"run": ["other"]}, ("sources",), None),
        "temperature": ({"temperature": 2.0}, ("sources",), None),
        "subtokens": ({"subtokens": "first"}, ("views",), None),
        "smoothing": ({"smoothing": 0.2}, ("sources",), None),
        "by": ({"by": "speaker"}, ("sources",), None),
    },
    "results": {
        "run": ({"runs": ["far"]}, ("cells",), ("strata",)),
        "by": ({"by": "speaker"}, ("cells",), ("strata",)),
    },
}  # fmt: skip
# Options with tests of their own: they name files, choose the form of the output, or need what this store has not.
ELSEWHERE = {
    "saturation": {"order"},  # tests/analysis/test_documents.py
    "advise": {"to"},
}
OF_THE_COMMAND = {"context", "study", "as_json"}
NEEDED = {"advise": {"budget": 100.0}}


@pytest.fixture(scope="module")
def small(prepared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("options")
    store = Database(copied(prepared("small", fill_small), folder / "store"))
    rows = [f"clip{clip:03},{('sad', 'anger', 'happy')[clip % 3]}" for clip in range(40)] * 3
    (folder / "more.csv").write_text("\n".join(["clip,label", *rows]) + "\n")
    file = {"path": str(folder / "more.csv"), "clip": "clip", "label": "label", "panel": "model:other"}
    verbs.run(store, "votes add", {"corpus": "small", "file": file})
    rows = plausible_rows(readings.heard(store, "small"), ("angry", "happy", "neutral", "sad"))
    for seed, run in enumerate(("local", "other")):
        plant_run(store, "small", run, rows if run == "local" else {key: rows[key] for key in rows if key[1] != "text"})
        predicted = near(heard_shares(store, "small"), 0.3 + 0.4 * seed, seed=seed)
        plant_training(store, "small", ("near", "far")[seed], predicted, seed=seed)
    yield store
    store.close()


@pytest.mark.parametrize("name", CASES)
def test_every_option_has_a_case(name):
    command = typer.main.get_command(app).commands[name]
    options = {each.name for each in command.params} - OF_THE_COMMAND
    assert options == set(CASES[name]) | ELSEWHERE.get(name, set())


@pytest.mark.parametrize("name", CASES)
def test_every_option_changes_what_it_says(small, name):
    plain = document(small, name, {})
    for option, (arguments, changed, kept) in CASES[name].items():
        found = document(small, name, arguments)
        assert part(found, changed) != part(plain, changed), f"{name} --{option} has no effect"
        if kept is not None:
            assert part(found, kept) == part(plain, kept), f"{name} --{option} changes {kept}"


def document(store: Database, name: str, arguments: dict) -> dict:
    return verbs.run(store, name, {"study": "small"} | NEEDED.get(name, {}) | arguments)


def part(found: dict, keys: tuple) -> object:
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found
