"""The rows of metrics/comparisons.csv, available in both directions of each pair of models."""

from dataclasses import dataclass
from math import isfinite, nan

import pandas as pd

from mien.report.page.frames import records
from mien.statistics.resampling import LEVEL

ALPHA = round(1 - LEVEL, 10)


@dataclass(frozen=True)
class Difference:
    """The difference of two models on the same test images: metrics of the first minus those of the second."""

    only_first_right: int
    only_second_right: int
    accuracy: float
    accuracy_p: float
    accuracy_p_holm: float
    macro_f1: float
    low: float
    high: float
    macro_f1_p: float
    macro_f1_p_holm: float

    @property
    def is_real(self) -> bool:
        """Whether macro-F1 differs significantly after Holm's correction over all pairs."""
        return isfinite(self.macro_f1_p_holm) and self.macro_f1_p_holm <= ALPHA

    @property
    def turned(self) -> "Difference":
        """The same difference with the two models swapped."""
        return Difference(
            self.only_second_right,
            self.only_first_right,
            -self.accuracy,
            self.accuracy_p,
            self.accuracy_p_holm,
            -self.macro_f1,
            -self.high,
            -self.low,
            self.macro_f1_p,
            self.macro_f1_p_holm,
        )


def differences(comparisons: pd.DataFrame) -> dict[tuple[str, str], Difference]:
    """Return the differences of all pairs, in both directions: the key (first, second) and the key (second, first)."""
    found = {}
    for row in records(comparisons):
        one = Difference(
            int(row["only_first_right"]),
            int(row["only_second_right"]),
            _number(row["accuracy_difference"]),
            _number(row["accuracy_p"]),
            _number(row["accuracy_p_holm"]),
            _number(row["macro_f1_difference"]),
            _number(row["macro_f1_low"]),
            _number(row["macro_f1_high"]),
            _number(row["macro_f1_p"]),
            _number(row["macro_f1_p_holm"]),
        )
        found[row["first"], row["second"]] = one
        found[row["second"], row["first"]] = one.turned
    return found


def _number(cell: float | None) -> float:
    return nan if cell is None else float(cell)
