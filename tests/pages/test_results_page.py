"""The page Results: what it says is what the document says; without a run it says where to make one."""

import pytest

from emo_core import verbs
from emo_core.analysis import results
from tests.pages.test_pages import draw, said
from tests.trained_runs import heard_shares, near, plant_training


@pytest.fixture
def trained(filled):
    p = heard_shares(filled, "small")
    for seed in range(2):
        plant_training(filled, "small", f"h{seed}", near(p, 0.5, seed=seed), seed=seed)
        plant_training(filled, "small", f"c{seed}", near(p, 0.1, seed=seed), seed=seed, source="combined", votes=6)
    for percent in (10, 30):
        plant_training(
            filled, "small", f"c+{percent}", near(p, percent / 100), source="combined", votes=6, fraction=percent / 100
        )
    plant_training(filled, "small", "late", None)
    return filled


def test_an_empty_store_says_what_to_do(store, monkeypatch):
    assert "There is no study yet" in said(draw(monkeypatch, store, "results"))


def test_without_a_run_it_says_where_to_make_one(filled, monkeypatch):
    app = draw(monkeypatch, filled, "results")
    assert "On the page Train" in said(app) and 'train "small"' in app.code[0].value and not app.error


def test_runs_that_are_not_done_are_named(filled, monkeypatch):
    plant_training(filled, "small", "late", None)
    app = draw(monkeypatch, filled, "results")
    assert "No run is done yet" in said(app)
    assert app.dataframe[0].value["run"].tolist() == ["late"] and "not started" in app.dataframe[0].value["state"][0]


def test_it_says_what_the_document_says(trained, monkeypatch):
    found = verbs.plain(results.results(trained, "small"))
    app = draw(monkeypatch, trained, "results")
    assert not app.error and not app.warning
    table = next(each.value for each in app.dataframe if "votes learnt from" in each.value)
    js = [row["js"] for row in found["cells"]]
    assert table["JS (bits) ↓"].tolist() == [
        f"{x['value']:.3f} [{x['interval'][0]:.3f}, {x['interval'][1]:.3f}]" for x in js
    ]
    told = said(app)
    assert found["comparisons"][0]["words"] in told and "n = 40 test clips" in told
    assert "read as equal counts" in told.replace("*", "") and "the split is itself one draw" in told
    assert "looks better than it is" in told and "2 of a clip's votes, 3 others" in told


def test_table_two_has_the_papers_shape(trained, monkeypatch):
    cells = verbs.plain(results.results(trained, "small"))["cells"]
    table = next(each.value for each in draw(monkeypatch, trained, "results").dataframe if "JS ↓ human" in each.value)
    assert table["augmentation"].tolist() == ["with, +30%", "with, +10%", "without"]
    assert table["JS ↓ human"].tolist()[:2] == ["–", "–"]  # nothing was trained there
    for name, heading, best in (("js", "JS ↓", min), ("bc", "Bhattacharyya ↑", max)):
        value = best(cell[name]["value"] for cell in cells)
        shown = [told for column in table if column.startswith(heading) for told in table[column]]
        assert [told[2:7] for told in shown if told.startswith("★")] == [f"{value:.3f}"]
        assert len(shown) == 6


def test_the_address_holds_the_choices(trained, monkeypatch):
    app = draw(
        monkeypatch,
        trained,
        "results",
        strata="equal range",
        cell="human, not augmented",
        run="h1",
        a="c0",
        b="h0",
        by="speaker",
    )
    told = said(app)
    assert "equal range" in told and "over speakers" in told and "c0 comes closer than h0" in told
    assert app.selectbox(key="cell").value == "human, not augmented"
    card = next(each.value for each in app.dataframe if "value" in each.value)
    assert "probe, js, 1" in card["value"].tolist()


def test_runs_without_a_clip_in_common_are_said(filled, monkeypatch):
    p = heard_shares(filled, "small")
    plant_training(filled, "small", "a", p[:20], clips=range(20))
    plant_training(filled, "small", "b", p[20:], clips=range(20, 40), source="combined")
    assert "nothing to compare" in said(draw(monkeypatch, filled, "results"))


def test_one_run_has_a_page_too(filled, monkeypatch):
    plant_training(filled, "small", "only", heard_shares(filled, "small"), result={"train_mean": None, "history": []})
    app = draw(monkeypatch, filled, "results")
    told = said(app)
    assert not app.error and "There are none yet" in told and "0.000 [0.000, 0.000] bits" in told
    assert "the training mean is not known" in told and "No run has kept its epochs" in told


def test_clips_lead_to_the_study_where_the_run_is_a_panel(trained, monkeypatch):
    verbs.run(
        trained,
        "study add",
        {"name": "small + c1", "corpus": "small", "reference": "human", "emotions": "anger,happy,neutral,sad"},
    )
    app = draw(monkeypatch, trained, "results", study="small", cell="combined, not augmented")
    links = [link.proto for link in app.get("page_link")]
    (link,) = [link for link in links if "in Browse" in link.label]
    assert "study=small+%2B+c1" in link.query_string and "clip=clip" in link.query_string
