"""Tables 1 to 7 of the paper on rebalanced attention consistency (Zhu et al. 2025), as printed, and the test images behind them.

A recall of a class is the number of its test images that are right, divided by the number of its test images, so a printed recall can be
checked without the data: if no whole number gives it, it is not the recall of one model on that test set. The mean accuracy is the mean of
the seven recalls, and the overall accuracy their mean weighted by the test images, so both follow from the row itself.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "rebalanced.csv"
CLASSES = ("happiness", "neutral", "sadness", "surprise", "disgust", "anger", "fear")
RAF_DB = dict(zip(CLASSES, (1185, 680, 478, 329, 160, 162, 74), strict=True))
"""test images of RAF-DB's basic expressions; they add up to the 3,068 that the paper names"""
AFFECTNET = dict.fromkeys(CLASSES, 500)
"""the paper names 4,000 test images for eight classes, and uses seven; the set has 500 images of each class"""
FERPLUS = dict(zip(CLASSES, (893, 1089, 384, 396, 18, 273, 83), strict=True))
"""PrivateTest by the majority of FERPlus's votes without contempt, counted with mien: 3,136, and the paper names 3,137"""
TEST_IMAGES = {1: RAF_DB, 2: RAF_DB, 3: RAF_DB, 4: RAF_DB, 5: RAF_DB, 6: AFFECTNET, 7: FERPLUS}


@dataclass(frozen=True)
class Row:
    """One row of a printed table, in per cent."""

    table: int
    method: str
    recalls: dict[str, str]
    """by class, as printed, because the number of decimals matters"""
    overall: float
    mean: float

    @property
    def decimals(self) -> int:
        """Decimals with which the recalls are given; trailing zeros that all recalls share were filled up by the printer."""
        return max(len(text.partition(".")[2].rstrip("0")) for text in self.recalls.values())

    def impossible(self) -> list[str]:
        """The classes whose printed recall no number of right images gives, whether it was rounded or cut off."""
        step = 10.0**-self.decimals
        images = TEST_IMAGES[self.table]
        return [name for name, text in self.recalls.items() if not attainable(float(text), images[name], step=step)]

    def implied_overall(self) -> float:
        """The overall accuracy that the recalls give, per cent."""
        images = TEST_IMAGES[self.table]
        return sum(float(text) * images[name] for name, text in self.recalls.items()) / sum(images.values())

    def implied_mean(self) -> float:
        """The mean accuracy that the recalls give, per cent."""
        return sum(map(float, self.recalls.values())) / len(self.recalls)

    def overall_agrees(self) -> bool:
        """Whether the printed overall accuracy is that of the recalls, but for rounding."""
        return abs(self.overall - self.implied_overall()) <= self._rounding()

    def mean_agrees(self) -> bool:
        """Whether the printed mean accuracy is that of the recalls, but for rounding."""
        return abs(self.mean - self.implied_mean()) <= self._rounding()

    def _rounding(self) -> float:
        """How far a value that follows from the recalls may be off, because these and the printed value are rounded or cut off."""
        return 10.0**-self.decimals + 0.01


def attainable(percent: float, num: int, *, step: float) -> bool:
    """Whether some number of `num` images is `percent` of them, given in steps of `step` that were rounded or cut off.

    One image more of the class is allowed for, so that a test set that differs by one image from ours refutes nothing.
    """
    return any(-step / 2 - 1e-9 <= 100 * right / images - percent < step - 1e-9 for images in (num, num + 1) for right in range(images + 1))


def read_rows() -> list[Row]:
    """All rows of the seven tables, in the paper's order."""
    with FILE.open(newline="", encoding="utf-8") as file:
        return [
            Row(int(row["table"]), row["method"], {name: row[name] for name in CLASSES}, float(row["overall"]), float(row["mean"]))
            for row in csv.DictReader(file)
        ]
