"""What an export loses against the model that it is made from, in sentences below the leaderboard."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd


def export_lines(evaluations: Mapping[str, Mapping[str, Any]], comparisons: pd.DataFrame) -> Iterator[str]:
    """A sentence for each row that is an export; `comparisons` (pairwise_tests.COLUMNS) has the paired intervals of macro-F1."""
    for name, evaluation in evaluations.items():
        if (exported := evaluation.get("exported")) is None:
            continue
        model = evaluations[exported["model"]]
        macro_f1, low, high = _difference(name, exported["model"], comparisons)
        changes = [
            f"macro-F1 {_signed(macro_f1)} [{_signed(low)}, {_signed(high)}]",
            f"accuracy {_signed(evaluation['all']['accuracy'] - model['all']['accuracy'])}",
            f"ECE {_signed(evaluation['calibration']['after']['ece'] - model['calibration']['after']['ece'])}",
            f"{evaluation['cost']['file_bytes'] / 1e6:.1f} MB instead of {model['cost']['file_bytes'] / 1e6:.1f} MB",
        ]
        yield (
            f"{name} is {exported['model']} as an ONNX file ({exported['precision']}), tested with ONNX Runtime; compared with "
            f"{exported['model']}: {', '.join(changes)}."
        )


def _difference(name: str, model: str, comparisons: pd.DataFrame) -> tuple[float, float, float]:
    """Macro-F1 of the export minus that of its model, and the ends of the interval."""
    for first, second, sign in ((name, model, 1), (model, name, -1)):
        rows = comparisons[(comparisons["first"] == first) & (comparisons["second"] == second)]
        for row in rows[["macro_f1_difference", "macro_f1_low", "macro_f1_high"]].itertuples(index=False, name=None):
            low, high = sorted(sign * float(end) for end in row[1:])
            return sign * float(row[0]), low, high
    raise AssertionError(f"compare_pairs compares every pair, also {name} and {model}")


def _signed(value: float) -> str:
    return f"{round(value, 4) + 0.0:+.4f}"  # without a negative zero
