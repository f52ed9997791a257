"""Which predictions a gallery shows: of each class the most confident right and the most confident wrong ones."""

from collections.abc import Sequence

import pandas as pd

KINDS = ("right", "wrong")


def most_confident(rows: pd.DataFrame, *, num: int) -> pd.DataFrame:
    """The first `num` by `probability` (of the predicted class); ties by path; of copies of one picture the first."""
    ordered = rows.sort_values(["probability", "path"], ascending=[False, True])
    return ordered.drop_duplicates("group_id").head(num)


def galleries(tested: pd.DataFrame, classes: Sequence[str], *, num: int) -> list[tuple[str, str, pd.DataFrame]]:
    """(class, kind, rows) for every class in order, right before wrong; at most `num` rows of `tested` each, none where there are none."""
    return [
        (name, kind, most_confident(tested[(tested["label"] == name) & (tested["right"] == (kind == "right"))], num=num))
        for name in classes
        for kind in KINDS
    ]
