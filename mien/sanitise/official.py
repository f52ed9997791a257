"""The official test split of a data set: it stays whole, doubtful images are flagged, and training images that duplicate it are removed.
If the data set's own validation split is used too (split.val: official), training images that duplicate that are also removed.

No decodable test image is dropped, because metrics could then not be compared with published values. Evaluation computes metrics on all
test images and on those without a flag.
"""

from collections.abc import Sequence

import pandas as pd

from mien.config.sections.split import SplitParams
from mien.core.errors import LabelError, TooFewImages
from mien.sanitise.survivors import conflicts
from mien.store.clips import wholes
from mien.store.tables import FATES

PUBLIC_TEST = "PublicTest"  # the name of FER2013's validation images
FLAGS = ("conflict", "blank", "too_small", "duplicate", "no_face")  # if several apply, the first one is used


def is_test(subset: pd.Series) -> pd.Series:
    """A mask of the rows in the official test split. Validation images of the source count as training images."""
    return (subset == "test").astype(bool)


def is_validation(rows: pd.DataFrame, split: SplitParams) -> pd.Series:
    """A mask of the rows (subset, part) that validate with split.val: official; none without.

    These are the validation images of the source, or else FER2013's PublicTest, which then does not count as test.
    """
    if split.val != "official":
        return pd.Series(False, rows.index)
    named = (rows["subset"] == "val").astype(bool)
    return named if named.any() else (rows["part"] == PUBLIC_TEST).astype(bool)


def require_test(subset: pd.Series) -> None:
    """Raises LabelError if the source has no test split."""
    if not is_test(subset).any():
        raise LabelError(
            "split.method: official needs the set's own test split, but no image with a known label lies in a folder `test` "
            "(or has such a Usage); check ingest.source, or set split.method: stratified"
        )


def require_validation(validation: pd.Series) -> None:
    """Raises LabelError if the mask of the official validation split is empty."""
    if not validation.any():
        raise LabelError(
            "split.val: official needs the set's own validation split, but no image with a known label lies in a folder such as `val` (or "
            f"has such a Usage, or the part {PUBLIC_TEST} by ingest.part); set split.val to a share of the training images"
        )


def flags(test: pd.DataFrame, labelled: pd.DataFrame) -> pd.Series:
    """The flag of each test row (path, group_id, label, unfit): one of FLAGS, or None, with the same index as `test`.

    `conflict`: a row of `labelled` (test and training) has another label for the same picture. `duplicate`: the row is neither the first of
    its group by path nor another frame of the same clip.
    """
    disputed = conflicts(labelled)
    ordered = test.sort_values("path")
    whole = wholes(ordered)
    is_first = whole == whole.groupby(ordered["group_id"]).transform("first")
    flag = pd.Series([None] * len(test), test.index, dtype=object)
    flag[~is_first.reindex(test.index)] = "duplicate"
    flag = flag.where(test["unfit"].isna(), test["unfit"])
    return flag.where(~test["group_id"].isin(disputed), "conflict")


def require_classes(label: pd.Series, classes: Sequence[str], *, subset: str) -> None:
    """Raises TooFewImages if the official split `subset` (train, val, test) has no image of a class."""
    what = f"the official {'training' if subset == 'train' else 'validation' if subset == 'val' else 'test'} split"
    otherwise = ", or set split.method: stratified" if subset == "test" else ", or set split.val to a share of the training images"
    if faults := {name: f"{what} has 0 images of {name}" for name in classes if name not in set(label)}:
        raise TooFewImages(faults, subset=subset, otherwise=otherwise)


def leaks(rows: pd.DataFrame, split: SplitParams) -> pd.DataFrame:
    """The rows of LABELS that leak, as rows of FATES with the index of `rows`.

    These are duplicates of a test image in training or validation, and with split.val: official, training images that are duplicates of a
    validation image.
    """
    val = is_validation(rows, split)
    test = is_test(rows["subset"]) & ~val
    found, rest = [], rows[~test]
    for name, held_out in (("test", test), ("validation", val)):
        first = rows[held_out].sort_values("path").drop_duplicates("group_id").set_index("group_id")["path"]
        rest = rest[~held_out[rest.index]]
        leaked = rest[rest["group_id"].isin(first.index)]
        details = [f"same picture as {first[group]}" for group in leaked["group_id"]]
        found.append(leaked.assign(fate="leak", stage="split", reason=f"in the {name} split", detail=details))
        rest = rest.drop(leaked.index)
    return pd.concat(found).reindex(columns=FATES.names)


def flag_faceless(rows: pd.DataFrame, faces: pd.DataFrame) -> pd.Series:
    """The flags of `rows`, where unflagged test images in which the detector found no face are flagged no_face."""
    faceless = faces.loc[faces["score"].isna() & (faces["num_faces"] == 0), "sample_id"]
    found = ~is_test(rows["subset"]) | ~rows["sample_id"].isin(faceless)
    return rows["flag"].where(rows["flag"].notna() | found, "no_face")
