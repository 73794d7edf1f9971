"""The paper pack: whole, readable, and every number comes out again; a changed one is named."""

import json
import shutil

import pandas as pd
import pyarrow.parquet as pq
import pytest

from emo_core import verbs
from emo_core.errors import BadInput
from emo_core.publishing import figures, pack
from emo_core.store import Database
from tests.conftest import copied, fill_small


@pytest.fixture(scope="module")
def packed_once(prepared, tmp_path_factory):
    """What the verb says, and the pack, which nobody changes."""
    folder = tmp_path_factory.mktemp("pack")
    store = Database(copied(prepared("small", fill_small), folder / "store"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "browser", lambda: None)  # pictures have a test of their own
        written = verbs.run(store, "pack", {"study": "small", "to": str(folder / "pack"), "most": 5})
    store.close()
    return written, folder / "pack"


@pytest.fixture
def packed(packed_once, tmp_path):
    """What the verb says, and a copy of the pack."""
    written, folder = packed_once
    return written, shutil.copytree(folder, tmp_path / "pack")


def test_a_pack_comes_out_again(packed):
    written, folder = packed
    assert not written["pictures"] and "report.html" in written["files"]
    found = pack.check(folder)
    assert found["same"] and found["numbers"] == written["numbers"] > 500
    settings = json.loads((folder / "settings.json").read_text())
    assert settings["options"]["most"] == 5 and settings["study"]["name"] == "small"
    assert settings["versions"].keys() >= {"python", "numpy", "workbench"} and len(settings["sha256"]) == 3
    curve = pd.read_csv(folder / "tables" / "saturation.csv")
    results = json.loads((folder / "results.json").read_text())
    assert curve["js_mean"].tolist() == pytest.approx(results["saturation"]["js_mean"]) and len(curve) == 5


def test_the_pack_has_table_3_of_the_first_paper(packed):
    """Kappa and entropy of human, synthetic and combined votes, as `study compare` has them."""
    _, folder = packed
    table = pd.read_csv(folder / "tables" / "panels.csv").set_index("panel")
    assert list(table.index) == ["reference", "candidate", "combined"]
    assert table.loc["reference", "kappa"] == pytest.approx(table.loc["reference", "kappa_generalised"])
    assert "Table 3 of Zhang et al. 2026" in (folder / "report.html").read_text()


def test_people_go_by_codes(packed):
    votes = pq.read_table(packed[1] / "data" / "reference_votes.parquet").to_pydict()
    assert set(votes["rater"]) == {f"R{i:04d}" for i in range(1, 6)}
    assert "rater0" not in (packed[1] / "results.json").read_text()


def test_a_changed_number_is_named(packed):
    _, folder = packed
    results = json.loads((folder / "results.json").read_text())
    results["saturation"]["js_mean"][2] += 1e-4
    (folder / "results.json").write_text(json.dumps(results))
    table = folder / "tables" / "strata.csv"
    table.write_text(table.read_text().replace("low,", "low,9", 1))
    (folder / "report.html").write_text("<p>All is well.</p>")
    found = pack.check(folder)
    assert [each["path"] for each in found["differ"]] == ["/saturation/js_mean/2"] and not found["same"]
    assert found["tables_differ"] == ["strata"] and found["report_differs"] and not found["data_changed"]


def test_a_changed_vote_is_named(packed):
    path = packed[1] / "data" / "clips.parquet"
    table = pq.read_table(path)
    place = table.column_names.index("reference:anger")
    more = table.set_column(place, "reference:anger", [[value.as_py() + 1 for value in table["reference:anger"]]])
    pq.write_table(more, path)
    found = pack.check(packed[1])
    assert found["data_changed"] == ["clips.parquet"] and found["differ"]


def test_no_pack_and_no_empty_folder_are_refused(packed, filled, tmp_path):
    with pytest.raises(BadInput, match="not empty"):
        verbs.run(filled, "pack", {"study": "small", "to": str(packed[1])})
    with pytest.raises(BadInput, match="no whole pack"):
        pack.check(tmp_path)
    (packed[1] / "data" / "clips.parquet").unlink()
    with pytest.raises(BadInput, match="no whole pack"):
        pack.check(packed[1])


def test_a_pack_without_a_candidate(filled, tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "browser", lambda: None)
    choices = {
        "name": "alone",
        "corpus": "small",
        "reference": "human",
        "emotions": "anger,sad",
        "rule": "drop_outside",
    }
    verbs.run(filled, "study add", choices)
    verbs.run(filled, "pack", {"study": "alone", "to": str(tmp_path / "p")})
    assert pack.check(tmp_path / "p")["same"]


def test_pictures_are_pictures():
    if figures.browser() is None:
        pytest.skip("no Chromium or Chrome on this machine")
    from emo_core.charts import ambiguity

    figure = ambiguity.kinds([{"kind": "agreed", "clips": 3}])
    with figures.one_browser():
        assert figures.picture(figure, "svg").startswith(b"<svg") and figures.picture(figure, "png")[1:4] == b"PNG"
