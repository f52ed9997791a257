"""The sentence about an export gives its metrics minus those of its model, whichever of the two stands first in a pair."""

from typing import Any

import pandas as pd
import pytest

from mien.compare.exports import export_lines
from mien.statistics.pairwise_tests import COLUMNS

EXPORTED = {"model": "big", "precision": "int8"}


def evaluation(accuracy: float, ece: float, file_bytes: int) -> dict[str, Any]:
    return {"all": {"accuracy": accuracy}, "calibration": {"after": {"ece": ece}}, "cost": {"file_bytes": file_bytes}}


EVALUATIONS = {"big": evaluation(0.75, 0.05, 9_000_000), "small": evaluation(0.7, 0.05001, 2_300_000) | {"exported": EXPORTED}}


def pair(first: str, second: str, difference: float, low: float, high: float) -> pd.DataFrame:
    row = dict.fromkeys(COLUMNS, 0) | {"first": first, "second": second}
    return pd.DataFrame([row | {"macro_f1_difference": difference, "macro_f1_low": low, "macro_f1_high": high}])


@pytest.mark.parametrize("compared", [pair("big", "small", 0.04, -0.01, 0.09), pair("small", "big", -0.04, -0.09, 0.01)])
def test_an_export_is_compared_with_its_model(compared: pd.DataFrame) -> None:
    others = pair("big", "another", 0.5, 0.4, 0.6)
    assert list(export_lines(EVALUATIONS, pd.concat([others, compared]))) == [
        "small is big as an ONNX file (int8), tested with ONNX Runtime; compared with big: macro-F1 -0.0400 [-0.0900, +0.0100], "
        "accuracy -0.0500, ECE +0.0000, 2.3 MB instead of 9.0 MB."
    ]


def test_without_exports_there_is_nothing_to_say() -> None:
    assert list(export_lines({"big": EVALUATIONS["big"]}, pair("big", "other", 0, 0, 0))) == []
