"""Cells that a spreadsheet would run are guarded, and read back as they were."""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mien.core.spreadsheet import guarded, original, read_csv, write_csv

FORMULAS = [
    "=1+1",
    "=cmd|'/C calc'!A0",
    "+1+1",
    "-2+3",
    "-5 to 3",
    "--",
    "-",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "'=1",
    "''@x",
    "＝1",
    "+49 30 1",
    "-x",
]
PLAIN = ["happy", "", "'", "'tis", "a=b", "5 to 7", "-5", "+3", "-0.5", "-1e-05", "2024-01-01", "(other)", " =1"]


@pytest.mark.parametrize("text", [*FORMULAS, *PLAIN])
def test_a_guarded_text_reads_back_as_it_was(text: str) -> None:
    assert original(guarded(text)) == text
    assert (guarded(text) != text) == (text in FORMULAS)
    assert guarded(text).lstrip("'")[:1] not in "=+-@\t\r" or guarded(text).startswith("'") or text in PLAIN


def test_a_table_reads_back_as_it_was_and_numbers_stay_numbers(tmp_path: Path) -> None:
    texts = [text for text in (*FORMULAS, *PLAIN) if text and not {"\t", "\r"} & set(text)]
    table = pd.DataFrame({"text": texts, "=heading": -np.arange(len(texts)), "figure": -0.25 * np.arange(len(texts)), "flag": 'a,"b'})
    write_csv(tmp_path / "table.csv", table, float_format="%.6g")
    pd.testing.assert_frame_equal(read_csv(tmp_path / "table.csv", texts=("text",)), table, check_dtype=False)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "table.csv").read_text(encoding="utf-8"))))
    assert [row["figure"] for row in rows[1:3]] == ["-0.25", "-0.5"] and [row["'=heading"] for row in rows[1:3]] == ["-1", "-2"]
    for row in rows:
        assert row["text"][0] not in "=@" and (row["text"][0] not in "+-" or float(row["text"]) == float(row["text"]))


def test_a_cell_is_one_line_without_control_characters(tmp_path: Path) -> None:
    write_csv(tmp_path / "table.csv", pd.DataFrame({"a\x1b": ["x\ny\x1b[31m\u202e", None], "b": [1, 2]}))
    assert (tmp_path / "table.csv").read_text(encoding="utf-8") == "a\\x1b,b\nx\\ny\\x1b[31m\\u202e,1\n,2\n"


def test_a_table_without_rows_keeps_its_columns(tmp_path: Path) -> None:
    write_csv(tmp_path / "table.csv", pd.DataFrame({"sample_id": [], "quality": []}))
    assert list(read_csv(tmp_path / "table.csv", texts=("sample_id",))) == ["sample_id", "quality"]
