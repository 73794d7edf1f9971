"""Exports hold what the store holds, harm no spreadsheet, and appear whole or not at all."""

import json

import numpy as np
import pandas as pd
import pytest

from emo_core.errors import BadInput, UnknownName
from emo_core.store import exporting, studies
from tests.conftest import EMOTIONS

SHARES = [f"{side}_{emotion}" for side in ("reference", "candidate", "combined") for emotion in EMOTIONS]
USUAL = [
    "clip", "speaker", "transcript", "split", "n_reference", "n_candidate", *SHARES, "entropy_reference", "entropy_candidate",
    "entropy_combined", "js_divergence", "bhattacharyya_coefficient", "majority_reference", "majority_candidate",
]  # fmt: skip


def test_csv_and_parquet_say_the_same(filled, tmp_path):
    for name in ("d.csv", "d.parquet"):
        assert exporting.export(filled, "small", tmp_path / name) == 40 == exporting.export_rows(filled, "small")
    csv, parquet = pd.read_csv(tmp_path / "d.csv"), pd.read_parquet(tmp_path / "d.parquet")
    assert list(csv) == list(parquet) == USUAL
    numbers = csv.select_dtypes("number").columns
    assert np.array_equal(csv[numbers].to_numpy(), parquet[numbers].to_numpy())
    counts = studies.study_counts(filled, "small")
    pooled = counts.reference + counts.candidate
    combined = csv[[f"combined_{emotion}" for emotion in EMOTIONS]].to_numpy()
    assert np.allclose(combined, pooled / pooled.sum(axis=1, keepdims=True), atol=1e-15)
    for side in ("reference", "candidate", "combined"):
        assert np.allclose(csv[[f"{side}_{emotion}" for emotion in EMOTIONS]].sum(axis=1), 1, atol=1e-12)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@cmd", "\t=1", " =1", '=HYPERLINK("http://x")'])
def test_no_cell_acts_as_a_formula(filled, tmp_path, text):
    with filled.writing() as cursor:
        cursor.execute("UPDATE clips SET transcript = ?, speaker = ? WHERE name = 'clip003'", [text, text])
    exporting.export(filled, "small", tmp_path / "d.csv")
    row = pd.read_csv(tmp_path / "d.csv", dtype=str).set_index("clip").loc["clip003"]
    assert row["transcript"] == row["speaker"] == "'" + text
    exporting.export(filled, "small", tmp_path / "d.parquet")
    assert pd.read_parquet(tmp_path / "d.parquet").set_index("clip").loc["clip003", "transcript"] == text


def test_columns_can_be_chosen_and_the_schema_describes_them(filled, tmp_path):
    exporting.export(filled, "small", tmp_path / "d.csv", names=["js_divergence", "clip", "reference_votes_sad"])
    assert list(pd.read_csv(tmp_path / "d.csv")) == ["clip", "reference_votes_sad", "js_divergence"]
    schema = json.loads((tmp_path / "d.csv.schema.json").read_text())
    assert [column["name"] for column in schema["columns"]] == ["clip", "reference_votes_sad", "js_divergence"]
    assert all(column["meaning"] and column["type"] for column in schema["columns"])
    assert (schema["rows"], schema["study"]["name"]) == (40, "small")


def test_wrong_wishes_write_nothing(filled, tmp_path):
    with pytest.raises(BadInput, match=r"neither \.csv nor \.parquet"):
        exporting.export(filled, "small", tmp_path / "d.xlsx")
    with pytest.raises(UnknownName, match="no column 'x'"):
        exporting.export(filled, "small", tmp_path / "d.csv", names=["x"])
    with pytest.raises(BadInput, match="no folder"):
        exporting.export(filled, "small", tmp_path / "nowhere" / "d.csv")
    with pytest.raises(UnknownName, match="no study"):
        exporting.export(filled, "other", tmp_path / "d.csv")
    assert not list(tmp_path.glob("*.csv*"))


def test_a_quote_in_the_file_name_is_only_a_name(filled, tmp_path):
    path = tmp_path / "it's; here.csv"
    exporting.export(filled, "small", path)
    assert len(pd.read_csv(path)) == 40
