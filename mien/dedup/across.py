"""Photographs that lie in two parts of a data set, such as the official test and training splits, by kind of pair.

The two parts are masks over the files. They are disjoint, and files may be in neither.
"""

import numpy as np
import pandas as pd

from mien.dedup.groups import KINDS

PAIR_COLUMNS = ("path", "other_path", "kind", "correlation", "agreement")
INDIRECT = "indirect"
"""the kind of a file that shares its group with the other part, but is a duplicate only of files that are in between"""


def shared(group_id: pd.Series, part: pd.Series, other: pd.Series) -> pd.Series:
    """A mask of the files of `part` whose photograph is also in `other`: a file there has the same group.

    For test and training this is the set of test images that a model trained on all training images has seen. `part` and `other` are
    masks with the index of `group_id`.
    """
    found: pd.Series = part & group_id.isin(group_id[other].unique())
    return found


def pairs_across(files: pd.DataFrame, pairs: pd.DataFrame, part: pd.Series, other: pd.Series) -> pd.DataFrame:
    """Every pair of a file of `part` (path) and a file of `other` (other_path) that were found to show one photograph: PAIR_COLUMNS.

    A pair has one kind, the first of KINDS that applies. Copies with the same bytes or pixels have correlation and agreement 1.

    Args:
        files: path, sample_id and pixel_sha256 of each file with an image, with the index of the masks `part` and `other`.
        pairs: rows of PAIRS, which name each image by one of its files. Scenes are left out.
    """
    ours = files.loc[part, ["path", "sample_id", "pixel_sha256"]]
    theirs = files.loc[other, ["path", "sample_id", "pixel_sha256"]].add_prefix("other_")
    copies = ours.merge(theirs, left_on="pixel_sha256", right_on="other_pixel_sha256")
    same_bytes = copies["sample_id"] == copies["other_sample_id"]
    copies = copies.assign(kind=np.where(same_bytes, "exact", "pixel"), correlation=1.0, agreement=1.0)
    pixels = files.drop_duplicates("sample_id").set_index("sample_id")["pixel_sha256"]
    alike = pairs[pairs["relation"] != "scene"].rename(columns={"relation": "kind"})[["sample_id", "other_id", *PAIR_COLUMNS[2:]]]
    ends = alike["sample_id"].map(pixels), alike["other_id"].map(pixels)
    both = pd.concat([alike.assign(pixel_sha256=one, other_pixel_sha256=two) for one, two in (ends, ends[::-1])])
    likenesses = ours.merge(both.drop(columns=["sample_id", "other_id"]), on="pixel_sha256").merge(theirs, on="other_pixel_sha256")
    found = pd.concat([copies, likenesses])
    return found[list(PAIR_COLUMNS)].sort_values(["path", "other_path"], ignore_index=True)


def nearest_across(paths: pd.Series, found: pd.DataFrame) -> pd.DataFrame:
    """For each path the closest of its pairs in `found` (rows of pairs_across): by kind, then agreement, then path; index of `paths`.

    A path without a pair has the kind INDIRECT and nothing else.
    """
    rank = found["kind"].map({kind: number for number, kind in enumerate(KINDS)})
    ordered = found.assign(rank=rank).sort_values(["rank", "agreement", "other_path"], ascending=[True, False, True])
    nearest = ordered.drop_duplicates("path").set_index("path")[list(PAIR_COLUMNS[1:])].reindex(paths)
    nearest["kind"] = nearest["kind"].fillna(INDIRECT)
    return nearest.reset_index().set_index(paths.index)
