"""The official test split of a data set: it stays whole, doubtful images are flagged, and training images that duplicate it are removed.

No decodable test image is dropped, because metrics could then not be compared with published values. Evaluation computes metrics on all
test images and on those without a flag.
"""

from collections.abc import Sequence

import pandas as pd

from mien.core.errors import LabelError, TooFewImages
from mien.sanitise.survivors import conflicts
from mien.store.tables import FATES

FLAGS = ("conflict", "blank", "too_small", "duplicate", "no_face")  # if several apply, the first one is used


def is_test(subset: pd.Series) -> pd.Series:
    """A mask of the rows in the official test split; validation images of the source count as training images."""
    return (subset == "test").astype(bool)


def require_test(subset: pd.Series) -> None:
    """Raises LabelError if the source has no test split."""
    if not is_test(subset).any():
        raise LabelError(
            "split.method: official needs the set's own test split, but no image with a known label lies in a folder `test` "
            "(or has such a Usage); check ingest.source, or set split.method: stratified"
        )


def flags(test: pd.DataFrame, labelled: pd.DataFrame) -> pd.Series:
    """The flag of each test row (path, group_id, label, unfit): one of FLAGS, or None, with the same index as `test`.

    `conflict`: a row of `labelled` (test and training) has another label for the same picture. `duplicate`: the row is not the first of its
    group by path.
    """
    disputed = conflicts(labelled)
    first = test.sort_values("path").drop_duplicates("group_id").index
    flag = pd.Series([None] * len(test), test.index, dtype=object)
    flag[~test.index.isin(first)] = "duplicate"
    flag = flag.where(test["unfit"].isna(), test["unfit"])
    return flag.where(~test["group_id"].isin(disputed), "conflict")


def require_classes(label: pd.Series, classes: Sequence[str]) -> None:
    """Raises TooFewImages if the test split has no image of a class."""
    if faults := {name: f"the official test split has 0 images of {name}" for name in classes if name not in set(label)}:
        raise TooFewImages(faults, subset="test", otherwise=", or set split.method: stratified")


def leaks(rows: pd.DataFrame) -> pd.DataFrame:
    """The training rows of LABELS that are duplicates of a test image, as rows of FATES with the index of `rows`."""
    test = is_test(rows["subset"])
    first = rows[test].sort_values("path").drop_duplicates("group_id").set_index("group_id")["path"]
    leaked = rows[~test & rows["group_id"].isin(first.index)]
    details = [f"same picture as {first[group]}" for group in leaked["group_id"]]
    leaked = leaked.assign(fate="leak", stage="split", reason="in the test split", detail=details)
    return leaked.reindex(columns=FATES.names)


def flag_faceless(rows: pd.DataFrame, faces: pd.DataFrame) -> pd.Series:
    """The flags of `rows`, where unflagged test images in which the detector found no face are flagged no_face."""
    faceless = faces.loc[faces["score"].isna() & (faces["num_faces"] == 0), "sample_id"]
    found = ~is_test(rows["subset"]) | ~rows["sample_id"].isin(faceless)
    return rows["flag"].where(rows["flag"].notna() | found, "no_face")
