"""Turns pairs of images into rows about files: duplicate groups, scenes, and the nearest duplicate of each file."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mien.dedup.arrays import Pairs
from mien.store.clips import wholes

KINDS: Final = ("exact", "pixel", "near", "mirrored")  # strongest first


def components(num: int, i_P: NDArray[np.int64], j_P: NDArray[np.int64]) -> NDArray[np.int64]:
    """The number of the connected component, from 0, of each of `num` images, where pairs are the edges."""
    joined = coo_array((np.ones(len(i_P), np.int8), (i_P, j_P)), shape=(num, num))
    return np.asarray(connected_components(joined, directed=False)[1], np.int64)


def duplicate_rows(files: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """The rows of DUPLICATES, sorted by path, for `files` (path, sample_id, picture: the number of the image in `pairs`; perhaps clip).

    Files with the same sample_id are exact duplicates; files with the same `picture` are pixel duplicates. `twin_path` names the most
    closely related other file: first by kind in the order of KINDS, then by highest agreement, then by path.

    A clip is one unit: all its frames have one group_id and one scene_id, and two clips belong together as soon as two of their frames do.
    The twin of a frame is never a frame of its own clip, so a group with a single clip has no kinds.
    """
    rows = files.sort_values("path", ignore_index=True)
    rows["whole"] = wholes(rows)
    same = pairs.take(pairs.same)
    bonds = _bonds(rows)
    rows["group_id"], rows["scene_id"] = _smallest_ids(rows, same, bonds), _smallest_ids(rows, pairs, bonds)
    candidates = pd.concat([_copies(rows), _likenesses(rows, same)])
    whole = rows.set_index("path")["whole"]
    candidates = candidates[candidates["row"].map(rows["whole"]) != candidates["twin_path"].map(whole)]
    candidates = candidates.sort_values(["row", "rank", "agreement", "twin_path"], ascending=[True, True, False, True])
    nearest = candidates.drop_duplicates("row").set_index("row")
    rows = rows.join(nearest[["rank", "twin_path", "distance", "correlation", "agreement"]])
    rows["kind"] = rows["rank"].map(dict(enumerate(KINDS))).astype(object)
    rows["distance"] = rows["distance"].astype("Int64")
    return rows[["path", "sample_id", "group_id", "scene_id", "kind", "twin_path", "distance", "correlation", "agreement"]]


def pair_rows(files: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """The rows of PAIRS, sorted by path and other path, for `files` (path, sample_id, picture); each image is named by its first file."""
    first = files.sort_values("path").drop_duplicates("picture").set_index("picture")
    one, other = (first.loc[number, ["path", "sample_id"]].reset_index(drop=True) for number in (pairs.i, pairs.j))
    swapped = one["path"] > other["path"]
    (one, other) = (one.where(~swapped, other), other.where(~swapped, one))
    rows = one.assign(
        other_path=other["path"],
        other_id=other["sample_id"],
        relation=np.where(pairs.same, np.where(pairs.mirrored, "mirrored", "near"), "scene"),
        disputed=pairs.disputed,
        distance=pairs.distance,
        correlation=pairs.correlation.astype(np.float64),
        agreement=pairs.agreement.astype(np.float64),
    )
    return rows.sort_values(["path", "other_path"], ignore_index=True)


def _bonds(rows: pd.DataFrame) -> NDArray[np.int64]:
    """Pairs of images, (2, B), that connect all images of each clip; the image of any other file is paired with itself."""
    return np.stack([rows["picture"], rows.groupby("whole")["picture"].transform("first")]).astype(np.int64)


def _smallest_ids(rows: pd.DataFrame, pairs: Pairs, bonds: NDArray[np.int64]) -> pd.Series:
    """The smallest sample_id of each row's connected component, where `bonds` (2, B) connect images, too."""
    edges = np.concatenate([[pairs.i, pairs.j], bonds], axis=1)
    component = components(int(rows["picture"].max()) + 1 if len(rows) else 0, *edges)
    of_row = pd.Series(component[rows["picture"].to_numpy(np.int64)], index=rows.index)
    return rows["sample_id"].groupby(of_row).transform("min")


def _copies(rows: pd.DataFrame) -> pd.DataFrame:
    """The first other file with the same bytes (rank 0) or the same pixels (rank 1), for each row that has one; of a frame the first that
    is in another clip, or in none.

    Columns: row, rank, twin_path, distance, correlation, agreement.
    """
    parts = []
    for rank, key in enumerate(("sample_id", "picture")):
        other = rows.drop_duplicates([key, "whole"])  # of the frames of a clip with one content, only the first counts
        place = other.groupby(key).cumcount()
        first, second = (other[place == n].set_index(key) for n in (0, 1))
        is_first = rows["whole"] == rows[key].map(first["whole"])
        twin = rows[key].map(first["path"]).where(~is_first, rows[key].map(second["path"]))
        found = pd.DataFrame({"row": rows.index, "rank": rank, "twin_path": twin, "distance": 0, "correlation": 1.0, "agreement": 1.0})
        parts.append(found[twin.notna()])
    return pd.concat(parts)


def _likenesses(rows: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """The first file of each image that is paired with the image of a row; the columns are those of _copies."""
    first_path = rows.groupby("picture")["path"].min()
    both = pd.DataFrame(
        {
            "picture": np.concatenate([pairs.i, pairs.j]),
            "twin_path": first_path.loc[np.concatenate([pairs.j, pairs.i])].to_numpy(),
            "rank": np.tile(np.where(pairs.mirrored, KINDS.index("mirrored"), KINDS.index("near")), 2),
            "distance": np.tile(pairs.distance, 2),
            "correlation": np.tile(pairs.correlation.astype(np.float64), 2),
            "agreement": np.tile(pairs.agreement.astype(np.float64), 2),
        }
    )
    return both.merge(pd.DataFrame({"picture": rows["picture"], "row": rows.index}), on="picture").drop(columns="picture")
