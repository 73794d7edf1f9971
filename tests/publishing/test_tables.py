"""CSV that a spreadsheet shows and never runs."""

import csv
import io

from emo_core.publishing import tables


def test_formulas_are_guarded_and_numbers_are_not():
    rows = [{"a": "=1+1", "b": -0.5, "c": "  @x"}, {"a": "'=1", "b": float("nan"), "d": None}]
    read = list(csv.reader(io.StringIO(tables.csv_text(rows))))
    assert read == [["a", "b", "c", "d"], ["'=1+1", "-0.5", "'  @x", ""], ["''=1", "", "", ""]]
    assert tables.columns_as_csv({"x": [1, 2], "y": ["a", "b"]}) == "x,y\n1,a\n2,b\n"
