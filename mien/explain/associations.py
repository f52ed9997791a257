"""Properties that misclassified test images have in common. These are measured associations, not causes.

For each column, this is the probability that a misclassified image has a larger value than a correctly classified one. A value of 1/2 means
no association. An interval that excludes 1/2 shows an association, which may have a common cause: whether blur makes a model fail can only
be determined by blurring images. NOT_MEASURED names properties for which there is no column.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from mien.statistics.auc import auc
from mien.statistics.pairwise_tests import holm

COLUMNS = {
    "sharpness": ("sharpness: variance of the Laplacian", "grey levels²"),
    "brightness": ("brightness: mean grey level", "0–255"),
    "contrast": ("contrast: standard deviation of the grey level", "grey levels"),
    "face_px": ("size of the detected face", "px"),
    "score": ("score of the face detector", "0–1"),
    "num_copies": ("files that show the same picture", "files"),
    "twin_conflict": ("a copy carries another label", "0 or 1"),
    "neighbour_distance": ("cosine distance to the nearest training image, in the model's features", "0–2"),
    "neighbour_doubt": (
        "share of the nearest training images with another label, in the model's own features, which shape its errors too",
        "0–1",
    ),
}
"""column: title and unit"""
NOT_MEASURED = {"occlusion": "no detector of hands, hair or glasses over a face is part of the pipeline"}
MIN_IMAGES = 5
"""minimum number of different units with a known value, among misclassified and among correctly classified images"""


def associations(values: pd.DataFrame, failed_N: ArrayLike, *, units_N: ArrayLike | None = None) -> list[dict[str, Any]]:
    """Return a JSON-serialisable entry for each of COLUMNS in `values` (a row per image, missing values allowed), in that order.

    Images with the same id in `units_N` count as one observation (mien/statistics/auc.py). p_holm is corrected for all reported columns. A
    column is omitted if it has known values of fewer than MIN_IMAGES units among misclassified or correctly classified images, or if it is
    constant.
    """
    failed_N = np.asarray(failed_N, bool)
    units_N = np.arange(len(values)) if units_N is None else np.asarray(units_N)
    found: list[dict[str, Any]] = []
    for name, (title, unit) in COLUMNS.items():
        if name not in values:
            continue
        column_N = values[name].to_numpy(dtype=np.float64, na_value=np.nan)
        known_N = ~np.isnan(column_N)
        sides = [known_N & failed_N, known_N & ~failed_N]
        if min(len(np.unique(units_N[side])) for side in sides) < MIN_IMAGES or len(np.unique(column_N[known_N])) < 2:
            continue
        result = auc(column_N[known_N], failed_N[known_N], units_N=units_N[known_N])
        found.append(
            {
                "column": name,
                "title": title,
                "unit": unit,
                "num_failed": int(sides[0].sum()),
                "num_right": int(sides[1].sum()),
                "median_failed": float(np.median(column_N[sides[0]])),
                "median_right": float(np.median(column_N[sides[1]])),
                "auc": result.value,
                "low": result.low,
                "high": result.high,
                "p": result.p,
            }
        )
    for entry, adjusted in zip(found, holm([entry["p"] for entry in found]), strict=True):
        entry["p_holm"] = adjusted
    return found
