"""The selection of predictions for the gallery: for each class, the most confident right ones and the most confident wrong ones."""

from collections.abc import Sequence

import pandas as pd

KINDS = ("right", "wrong")


def most_confident(rows: pd.DataFrame, *, num: int) -> pd.DataFrame:
    """Return the first `num` rows by `probability` (of the predicted class), ties by path; only the first of several copies is used."""
    ordered = rows.sort_values(["probability", "path"], ascending=[False, True])
    return ordered.drop_duplicates("group_id").head(num)


def galleries(tested: pd.DataFrame, classes: Sequence[str], *, num: int) -> list[tuple[str, str, pd.DataFrame]]:
    """Return (class, kind, rows) for every class in order, right before wrong, with at most `num` rows of `tested` each, or no rows."""
    return [
        (name, kind, most_confident(tested[(tested["label"] == name) & (tested["right"] == (kind == "right"))], num=num))
        for name in classes
        for kind in KINDS
    ]
