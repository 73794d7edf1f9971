"""Every option of every command that analyses changes what it says it changes; a new option without a case fails here."""

from pathlib import Path

import pytest
import typer

from emo_core import verbs
from emo_core.analysis import data
from emo_core.cli import app
from emo_core.publishing import pack
from emo_core.store import Database, readings
from emo_core.verbs import plain as plain_of
from tests.conftest import ROOT, copied, fill_small
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
# Options that other tests try, which are named: they need a job's features, files or orders that this store has not.
_DIME, _MIXING = "tests/augmentation/test_dime.py", "tests/augmentation/test_mixing.py"
_RULES = f"{_DIME}::test_parents_and_targets_keep_the_rules"
ELSEWHERE = {
    "saturation": {"order": "tests/store/test_order.py::test_collected_votes_are_those_of_the_clips_with_an_order"},
    "advise": {"to": "tests/test_cli.py::test_a_session_from_corpus_to_export"},
    "health": {"examine": "tests/pages/test_health_page.py::test_a_file_is_examined_again_only_where_it_changed"},
    "pack": {"check": "tests/publishing/test_pack.py::test_a_changed_number_is_named"},
    "export": {"audio": "tests/store/test_exporting.py::test_sound_travels_in_the_folder_and_what_is_missing_is_named"},
    "augment": {
        "source": "tests/analysis/test_augmentation_page_data.py::test_combined_pools_votes_and_needs_a_candidate",
        "votes": "tests/store/test_order.py::test_a_few_votes_are_expected_to_say_what_all_say",
        "fraction": f"{_DIME}::test_larger_fractions_extend_smaller_ones_and_fill_the_rarest",
        "features": "tests/augmentation/test_features.py::",
        "backbone": "tests/augmentation/test_features.py::",
        "neighbours": f"{_DIME}::test_the_second_parent_is_drawn_evenly_among_the_k_nearest",
        "metric": f"{_DIME}::test_neighbours_are_nearest_in_standardised_features",
        "neighbour_class": _RULES,
        "lam": _RULES,
        "alpha": _RULES,
        "across_speakers": _RULES,
        "minority": _RULES,
        "ties": f"{_DIME}::test_tied_clips_are_shared_or_left_out",
        "length": f"{_MIXING}::test_ends_and_symmetry",
        "loudness": f"{_MIXING}::test_the_default_is_equation_1_on_waveforms_as_they_are",
        "over": f"{_MIXING}::test_beyond_full_scale_is_told_and_mended",
        "seed": f"{_DIME}::test_another_seed_makes_other_samples",
        "to": "tests/test_cli_augment.py::test_augment_end_to_end_on_the_demo",
        "detach": "tests/test_cli_augment.py::test_augment_end_to_end_on_the_demo",
    },
}
PACKED = {
    "most": ({"most": 4}, ("saturation", "n"), ("ambiguity", "edges")),
    "epsilon": ({"epsilon": 0.4}, ("standin", "epsilon"), ("saturation",)),
    "k": ({"k": 4}, ("ambiguity", "strata"), ("saturation",)),
    "by": ({"by": "speaker"}, ("saturation", "js_low"), ("saturation", "js_mean")),
}
EXPORTED = {
    "what": {"what": "votes"},
    "form": {"form": "jsonl", "to": "out.jsonl"},
    "columns": {"columns": ["clip", "n_reference"]},
    "raters": {"what": "votes", "raters": "kept"},
    "clips": {"what": "votes", "clips": "kept", "study": "few"},
}
OF_THE_COMMAND = {"context", "study", "corpus", "as_json"}
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


TRIED = CASES | {"pack": PACKED | {"to": (), "panel": ()}, "export": EXPORTED | {"to": ()}, "health": {}, "augment": {}}


@pytest.mark.parametrize("name", TRIED)
def test_every_option_has_a_case(name):
    command = typer.main.get_command(app).commands[name]
    options = {each.name for each in command.params} - OF_THE_COMMAND
    assert options == set(TRIED[name]) | set(ELSEWHERE.get(name, {}))
    for place in ELSEWHERE.get(name, {}).values():
        file, _, function = place.partition("::")
        assert f"def {function}" in (ROOT / file).read_text()


@pytest.mark.parametrize("option", PACKED)
def test_every_option_of_a_pack_changes_what_it_says(small, option):
    arguments, changed, kept = PACKED[option]
    votes = data.of_study(small, "small", votes=("reference", "candidate"))
    plain, found = (plain_of(pack.results_of(votes, pack.Options(**each))) for each in ({}, arguments))
    assert part(found, changed) != part(plain, changed) is not None
    assert part(found, kept) == part(plain, kept)


def test_panels_of_a_pack_are_in_it(small):
    votes = data.of_study(small, "small", votes=("reference", "candidate"), panels=("model:other",))
    assert "model:other" in str(plain_of(pack.results_of(votes, pack.Options()))["standin"])


@pytest.mark.parametrize("option", EXPORTED)
def test_every_option_of_an_export_changes_the_file(small, tmp_path, option):
    if option == "clips":
        choices = {"reference": "human", "candidate": "synthetic:sim/1", "emotions": "anger,sad", "rule": "all_inside"}
        verbs.run(small, "study add", {"name": "few", "corpus": "small"} | choices)
    arguments = {"study": "small", "to": "out.csv"} | EXPORTED[option]
    without = {"raters": ("raters",), "clips": ("clips",)}.get(option, tuple(EXPORTED[option]))
    files = []
    for folder, each in (("with", arguments), ("without", {k: v for k, v in arguments.items() if k not in without})):
        (tmp_path / folder).mkdir()
        each["to"] = str(tmp_path / folder / each.get("to", "out.csv"))
        verbs.run(small, "export", {"study": "small"} | each)
        files.append(Path(each["to"]).read_bytes())
    assert files[0] != files[1]


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
