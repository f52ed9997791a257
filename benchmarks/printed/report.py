"""The classification report in figure 4 of the paper on spatial attention (Kausar et al.), as printed, and what follows from its rows."""

from dataclasses import dataclass
from typing import NamedTuple

STEP = 0.005
"""half of the last printed decimal"""


class ClassRow(NamedTuple):
    """One class of the report."""

    precision: float
    recall: float
    f1: float
    images: int


REPORT = {
    "angry": ClassRow(0.61, 0.66, 0.64, 958),
    "disgust": ClassRow(0.75, 0.71, 0.73, 111),
    "fear": ClassRow(0.64, 0.44, 0.52, 1024),
    "happy": ClassRow(0.88, 0.88, 0.88, 1774),
    "neutral": ClassRow(0.68, 0.73, 0.66, 1233),
    "sad": ClassRow(0.59, 0.55, 0.57, 1247),
    "surprise": ClassRow(0.79, 0.63, 0.61, 831),
}
NUM_IMAGES = sum(row.images for row in REPORT.values())


@dataclass(frozen=True)
class Range:
    """The value that follows from printed numbers, and how far it may be off because these are rounded."""

    low: float
    middle: float
    high: float

    def holds(self, printed: float, *, step: float = STEP) -> bool:
        """Whether a value in the range is printed in this way."""
        return self.low - step <= printed <= self.high + step


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall)


def _range(value: float, low: float, high: float) -> Range:
    return Range(low, value, high)


def implied_f1(row: ClassRow) -> Range:
    """The F1-score that precision and recall give."""
    return _range(
        _f1(row.precision, row.recall), _f1(row.precision - STEP, row.recall - STEP), _f1(row.precision + STEP, row.recall + STEP)
    )


def implied_accuracy() -> Range:
    """The accuracy that the recalls give: their mean, weighted by the images of the classes."""
    accuracy = sum(row.recall * row.images for row in REPORT.values()) / NUM_IMAGES
    return _range(accuracy, accuracy - STEP, accuracy + STEP)


def implied_mean(name: str) -> Range:
    """The unweighted mean of a column, which the report prints as the macro average."""
    mean = sum(getattr(row, name) for row in REPORT.values()) / len(REPORT)
    return _range(mean, mean - STEP, mean + STEP)


def implied_predictions() -> Range:
    """The number of predictions that recalls and precisions give, which has to be that of the images."""

    def total(sign: int) -> float:
        return sum((row.recall + sign * STEP) * row.images / (row.precision - sign * STEP) for row in REPORT.values())

    return _range(total(0), total(-1), total(1))
