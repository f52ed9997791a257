"""The faces that a data set marks, by sample."""

import pandas as pd

from mien.align.geometry import Box


def boxes_by_sample(labels: pd.DataFrame, boxes: pd.DataFrame) -> dict[str, Box]:
    """The box of each sample, as shares of the image's size, from rows of LABELS and BOXES.

    Files with the same content are one sample, which has the box of the first of them, sorted by path.
    """
    by_path = dict(zip(boxes["path"], boxes["box"], strict=True))
    found: dict[str, Box] = {}
    for path, sample_id in sorted(zip(labels["path"], labels["sample_id"], strict=True)):
        if path in by_path:
            left, top, right, bottom = map(float, by_path[path])
            found.setdefault(sample_id, (left, top, right, bottom))
    return found
