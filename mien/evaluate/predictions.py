"""Predictions of one trained model as arrays, ready to compute metrics from. Legend: N images, K classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mien.statistics.metrics import Counts, confusion_matrix


@dataclass(frozen=True)
class Predictions:
    """For each image: the actual class (0 to K-1), the model's logits, and the group with which the image is drawn in a bootstrap."""

    actual_N: Counts
    logits_NK: NDArray[np.float32]
    groups_N: NDArray[Any]

    @classmethod
    def of_table(cls, rows: pd.DataFrame, classes: Sequence[str]) -> Self:
        """Builds predictions from rows with the columns label, logits and unit, in the order of the rows."""
        index = {name: number for number, name in enumerate(classes)}
        return cls(
            np.array([index[name] for name in rows["label"]], dtype=np.int64),
            np.stack(rows["logits"].to_list()),
            np.unique(rows["unit"].to_numpy(dtype=str), return_inverse=True)[1],
        )

    @property
    def predicted_N(self) -> Counts:
        """The class with the largest logit; the first in a tie."""
        predicted_N: Counts = self.logits_NK.argmax(axis=1)
        return predicted_N

    @property
    def confusion_KK(self) -> Counts:
        """Counts of images by actual class (row) and predicted class (column)."""
        return confusion_matrix(self.actual_N, self.predicted_N, self.logits_NK.shape[1])

    def part(self, chosen_N: NDArray[np.bool_]) -> Self:
        """The predictions of the chosen images only."""
        return type(self)(self.actual_N[chosen_N], self.logits_NK[chosen_N], self.groups_N[chosen_N])
