"""What models say and what their logits say: every clip left out has its reason, views share their clips, documents repeat."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from emo_core import cli, verbs
from emo_core.analysis import distributions, model_sources
from emo_core.errors import BadInput, UnknownName
from emo_core.store import readings
from tests.conftest import EMOTIONS
from tests.model_readings import plant_run, plausible_rows

WORDS = ("angry", "happy", "neutral", "sad")


@pytest.fixture
def read(filled):
    """The store with a run of a local model and a run of text alone."""
    rows = plausible_rows(readings.heard(filled, "small"), WORDS)
    rows["ambiguous", "all/averaged"][10] = None
    rows["ambiguous", "words/averaged"][11:14] = [(None, None)] * 3
    rows["ambiguous", "text"][4] = ([60, 60, 0, 0], "60 and 60")
    plant_run(filled, "small", "local", rows)
    plant_run(filled, "small", "text", {key: rows[key] for key in rows if key[1] == "text"}, provider="gemini")
    return filled


def source(document, prompt, reading, normalisation, run="local"):
    wanted = {"run": run, "prompt": prompt, "reading": reading, "normalisation": normalisation}
    return next(row for row in document["sources"] if wanted.items() <= row.items())


def test_clips_left_out_are_counted_by_reason(read):
    found = verbs.run(read, "distributions", {"study": "small"})
    text = source(found, "ambiguous", "text", "percentages")
    assert text["clips"] == 37 and text["left_out"] == {"invalid_reply": 3} and text["not_summing_to_100"] == 1
    paper = source(found, "ambiguous", "all/averaged", "paper")
    assert paper["clips"] == 34 and paper["left_out"] == {"not_read": 1, "no_meaning": 5}
    assert source(found, "ambiguous", "all/averaged", "softmax")["left_out"] == {"not_read": 1}
    assert source(found, "ambiguous", "words/averaged", "softmax")["left_out"] == {"no_such_step": 3}
    for row in found["sources"]:
        assert row["clips"] + sum(row["left_out"].values()) == found["clips"] == 40
    assert found["sources"][-1]["reading"] == "uniform" and found["sources"][-1]["r2"]["value"] == 0


def test_views_compare_on_the_same_clips(read):
    found = verbs.run(read, "distributions", {"study": "small"})
    groups = {(group["run"], group["normalisation"]): group for group in found["views"]["text_and_tokens"]}
    both = groups["local", "softmax"]
    assert (
        both["clips"] == 36 and groups["local", "paper"]["clips"] == 34
    )  # without 3 replies, 1 or 6 logits, 2 of them in both
    first, second = both["rows"]
    assert first["js"]["clips"] == second["js"]["clips"] == second["difference"]["js"]["clips"] == 36
    assert second["difference"]["js"]["value"] == pytest.approx(second["js"]["value"] - first["js"]["value"])
    assert len(groups["text", "softmax"]["rows"]) == 1
    assert {group["run"] for group in found["views"]["prompts"]} == {"local"}
    assert [len(group["rows"]) for group in found["views"]["steps"]] == [2] * 4
    assert found["published"]["text_and_tokens"][0]["kl"] == 2.05 and "2505.18484" in found["published"]["citation"]


def test_a_source_without_a_clip_does_not_empty_the_comparison(filled):
    rows = plausible_rows(readings.heard(filled, "small"), WORDS)
    rows["ambiguous", "text"] = [(None, "no")] * 40
    plant_run(filled, "small", "mute", rows)
    (group,) = [
        group
        for group in verbs.run(filled, "distributions", {"study": "small"})["views"]["dominant"]
        if group["normalisation"] == "softmax"
    ]
    assert [row["reading"] for row in group["empty"]] == ["text"]
    assert group["clips"] == 40 and len(group["rows"]) == 3


def test_logits_that_are_the_listeners_log_shares_come_out_as_they_are(filled):
    counts = readings.heard(filled, "small").reference + 1.0
    rows = {("ambiguous", "all/averaged"): [(row, None) for row in np.log(counts)]}
    plant_run(filled, "small", "true", rows)
    data = model_sources.of_study(filled, "small")
    softmax = next(each for each in data.sources if each.normalisation == "softmax")
    np.testing.assert_allclose(softmax.distributions, counts / counts.sum(axis=1, keepdims=True))
    flat = model_sources.of_study(filled, "small", temperature=1e9).sources[-1].distributions
    np.testing.assert_allclose(flat, 0.25, atol=1e-6)


def test_an_exact_panel_is_the_mean_of_its_personas(filled):
    cells = {
        ("label", f"{who} @ 1"): [(chances, None)] * 40
        for who, chances in (("a", [0.1, 0.1, 0, 0]), ("b", [0, 0, 0, 0.9]))
    }
    plant_run(filled, "small", "panel", cells, question="label")
    (panel,) = model_sources.of_study(filled, "small").sources
    np.testing.assert_allclose(panel.distributions, [[0.25, 0.25, 0, 0.5]] * 40)
    found = verbs.run(filled, "distributions", {"study": "small"})
    assert found["views"]["text_and_tokens"][0]["rows"][0]["reading"] == model_sources.EXACT


def test_one_clip_shows_every_source_and_the_reply(read):
    data = model_sources.of_study(read, "small", runs=["local"], clip="clip000")
    one = verbs.plain(distributions.one_clip(data))
    assert one["clip"] == "clip000" and one["reference"]["votes"] == 5
    shown = {(row["prompt"], row["reading"], row["normalisation"]): row for row in one["sources"]}
    assert shown["ambiguous", "text", "percentages"]["reply"] == "I hear **much** <b>anger</b>."
    assert shown["ambiguous", "text", "percentages"]["why"] == "invalid_reply"
    assert shown["ambiguous", "all/averaged", "paper"]["why"] == "no_meaning"
    assert sum(shown["ambiguous", "all/averaged", "softmax"]["shares"]) == pytest.approx(1)


def test_wrong_choices_are_refused(read):
    with pytest.raises(UnknownName, match="local, text"):
        verbs.run(read, "distributions", {"study": "small", "run": ["nobody"]})
    with pytest.raises(UnknownName, match="clip"):
        model_sources.of_study(read, "small", clip="nobody")
    for options in ({"temperature": 0}, {"subtokens": "last"}, {"smoothing": 2}, {"by": "session"}):
        with pytest.raises(BadInput):
            verbs.run(read, "distributions", {"study": "small"} | options)


def test_without_a_run_the_error_says_how_to_make_one(filled):
    with pytest.raises(BadInput, match="panel plan small --question distribution"):
        verbs.run(filled, "distributions", {"study": "small"})


def test_the_command_line_says_what_the_verb_says(read):
    expected = verbs.run(
        read, "distributions", {"study": "small", "run": ["local"], "temperature": 2.0, "by": "speaker"}
    )
    read.close()
    words = ["distributions", "small", "--run", "local", "--temperature", "2", "--by", "speaker", "--json"]
    result = CliRunner().invoke(cli.app, ["--store", str(read.folder), *words])
    assert result.exit_code == 0 and json.loads(result.stdout) == expected
    assert json.loads(result.stdout)["emotions"] == list(EMOTIONS)
