"""One quantity has one value, wherever it stands: where listeners are unequally many, other weights show."""

import numpy as np
import pandas as pd
import pytest

from emo_core import verbs
from emo_core.analysis import data
from emo_core.analysis.personas import personas
from emo_core.publishing import pack
from emo_core.store import Database, browsing, corpora
from tests.conftest import EMOTIONS, copied, fill_small, simulated_votes

CLOSE = 1e-12  # sums of some hundred float64 terms near 1, in whichever order


@pytest.fixture(scope="module")
def store(prepared, tmp_path_factory):
    database = Database(copied(prepared("small", fill_small), tmp_path_factory.mktemp("one") / "store"))
    late = simulated_votes(25, seed=3)
    late = late[late["panel"] == "human"]
    corpora.add_votes(database, "small", late.assign(rater="late " + late["rater"]))
    yield database
    database.close()


def places(store: Database, tmp_path) -> dict[str, dict[str, float]]:
    """{quantity: {where it stands: value}}."""
    shown = verbs.run(store, "study show", {"name": "small"})
    compared = verbs.run(store, "study compare", {"names": ["small"]})[0]
    agreement = {
        side: verbs.run(store, "agreement", {"study": "small", "side": side}) for side in ("reference", "candidate")
    }
    curve = verbs.run(store, "saturation", {"study": "small"})
    sandbox = verbs.run(store, "sandbox", {"study": "small"})
    packed = verbs.plain(
        pack.results_of(data.of_study(store, "small", votes=("reference", "candidate")), pack.Options())
    )
    rows = browsing.browse(store, "small", limit=100).rows
    verbs.run(store, "export", {"study": "small", "to": str(tmp_path / "out.csv")})
    exported = pd.read_csv(tmp_path / "out.csv")
    ambiguity = verbs.run(store, "ambiguity", {"study": "small"})
    strata = pd.DataFrame([{"clips": s["clips"]} for s in ambiguity["strata"]])
    found = {
        "clips": {
            "study show": shown["clips"],
            "study compare": compared["clips"],
            "agreement": agreement["reference"]["clips"],
            "saturation": curve["clips"],
            "ambiguity": ambiguity["clips"],
            "strata": strata["clips"].sum(),
            "sandbox": sandbox["as_it_is"]["clips"],
            "browse": len(rows),
            "export": len(exported),
        },
        "js": {
            "study show": shown["js_mean"],
            "saturation": curve["js_mean"][-1],
            "plug-in": curve["corrected"]["js_plugin"]["value"],
            "pack": packed["saturation"]["js_mean"][-1],
            "sandbox": sandbox["as_it_is"]["figures"]["js"]["value"],
            "sandbox curve": sandbox["as_it_is"]["curve"]["mean"][-1],
            "browse": np.mean([row["js"] for row in rows]),
            "export": exported["js_divergence"].mean(),
        },
        "entropy of combined": {
            "study show": shown["combined"]["entropy_mean"],
            "sandbox": sandbox["as_it_is"]["figures"]["entropy_combined"]["value"],
            "export": exported["entropy_combined"].mean(),
        },
    }
    for side in ("reference", "candidate"):
        found[f"votes of {side}"] = {
            "study show": shown[side]["votes"],
            "agreement": agreement[side]["votes"],
            "sandbox": sandbox["as_it_is"][f"{side}_votes"],
            "browse": sum(row[f"n_{side}"] for row in rows),
            "export": exported[f"n_{side}"].sum(),
        }
        found[f"entropy of {side}"] = {
            "study show": shown[side]["entropy_mean"],
            "sandbox": sandbox["as_it_is"]["figures"][f"entropy_{side}"]["value"],
            "browse": np.mean([row[f"entropy_{side}"] for row in rows]),
            "export": exported[f"entropy_{side}"].mean(),
        }
        for name in ("krippendorff_alpha", "fleiss_kappa_generalised"):
            found[f"{name} of {side}"] = {
                "study show": shown[side][name],
                "agreement": agreement[side]["coefficients"][name]["value"],
            }
    return found


def test_a_quantity_has_one_value_wherever_it_stands(store, tmp_path):
    for quantity, values in places(store, tmp_path).items():
        first = next(iter(values.values()))
        assert values == pytest.approx(dict.fromkeys(values, first), rel=CLOSE, abs=CLOSE), quantity


def test_how_often_two_listeners_agree_is_one_number(store):
    drawn = simulated_votes(seed=5)
    drawn = drawn[drawn["panel"] != "human"].assign(
        panel="synthetic:asked", rater=None, persona="tone", temperature=0.7
    )
    corpora.add_votes(store, "small", drawn)
    choices = {"reference": "human", "candidate": "synthetic:asked", "emotions": ",".join(EMOTIONS)}
    verbs.run(store, "study add", {"name": "asked", "corpus": "small", "rule": "drop_outside"} | choices)
    listeners = personas(store, "asked")["listeners"]
    percent = verbs.run(store, "agreement", {"study": "asked"})["coefficients"]["percent_agreement"]
    assert listeners["agreement"] == pytest.approx(percent["value"], abs=CLOSE)
    assert listeners["agreement_interval"] == pytest.approx(percent["interval"], abs=CLOSE)
    of_persona = next(row for row in personas(store, "asked")["rows"] if row["persona"] == "tone")
    broken = verbs.run(store, "breakdown", {"study": "asked", "kind": "persona"})
    row = next(part for part in broken["parts"] if part["name"] == "tone")
    assert row["match"]["value"] == pytest.approx(of_persona["agreement"], abs=CLOSE)
