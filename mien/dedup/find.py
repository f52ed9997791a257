"""Finds duplicates among files: turns the tables of ingest and convert into the rows of duplicates.parquet and pairs.parquet."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from mien.config.spelling import families
from mien.dedup.across import shared
from mien.dedup.arrays import Pairs, Pictures
from mien.dedup.details import DETAIL_PX
from mien.dedup.groups import KINDS, duplicate_rows, pair_rows
from mien.dedup.recordings import between_clips
from mien.dedup.same_picture import near_pairs
from mien.store.clips import has_clips, wholes
from mien.store.tables import THUMBNAIL_PX

COLUMNS: Final = ["sample_id", "pixel_sha256", "phash", "phash_mirrored", "thumbnail", "width_px", "height_px"]
_ROWS: Final = 8192


def pictures_of(images: pa.Table, files: pd.DataFrame) -> tuple[pd.DataFrame, Pictures]:
    """The distinct images of an image store (its COLUMNS), and a table (sample_id, picture) that gives the image of each sample_id.

    `files` (sample_id, label_raw and perhaps clip) gives the labels and the clip of each content.

    Images are numbered in the order of the SHA-256 of their pixels, so that the result does not depend on the order of rows.
    """
    hashes = images["pixel_sha256"].to_numpy(zero_copy_only=False).astype(str)
    _, first, picture = np.unique(hashes, return_index=True, return_inverse=True)
    samples = pd.DataFrame({"sample_id": images["sample_id"].to_pylist(), "picture": picture.astype(np.int64)}).astype({"sample_id": "str"})
    pictures = Pictures(
        _thumbnails(images["thumbnail"], first),
        images["phash"].to_numpy()[first],
        images["phash_mirrored"].to_numpy()[first],
        np.minimum(images["width_px"].to_numpy(), images["height_px"].to_numpy())[first] >= DETAIL_PX,
        _labels(files, samples, len(first)),
        _clips(files, samples, len(first)),
    )
    return samples, pictures


def _thumbnails(stored: pa.ChunkedArray, row_N: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The thumbnails in these rows, (N, S, S), copied piece by piece, because a million of them take 2 GB."""
    thumbnail_NSS = np.empty((len(row_N), THUMBNAIL_PX, THUMBNAIL_PX), np.uint8)
    order = np.argsort(row_N)
    for start in range(0, len(stored), _ROWS):
        here = order[slice(*np.searchsorted(row_N, (start, start + _ROWS), sorter=order))]
        piece = b"".join(stored.slice(start, _ROWS).to_pylist())
        thumbnail_NSS[here] = np.frombuffer(piece, np.uint8).reshape(-1, THUMBNAIL_PX, THUMBNAIL_PX)[row_N[here] - start]
    return thumbnail_NSS


def _labels(files: pd.DataFrame, samples: pd.DataFrame, num: int) -> NDArray[np.int64]:
    """The number of each image's label, where spellings are grouped by `families`; -1 where its files have no label or several."""
    spelt = files[["sample_id", "label_raw"]].dropna().merge(samples, on="sample_id")
    code = pd.Series(pd.factorize(spelt["label_raw"].map(families(files["label_raw"].dropna().unique())))[0], spelt["picture"])
    of_picture = code.groupby(level=0)
    return of_picture.first().where(of_picture.nunique() == 1, -1).reindex(range(num), fill_value=-1).to_numpy(np.int64)


def _clips(files: pd.DataFrame, samples: pd.DataFrame, num: int) -> NDArray[np.int64] | None:
    """The number of the clip that all files of an image are frames of, else -1; None if no file is a frame."""
    if not has_clips(files):  # spares the search two passes over all pairs
        return None
    shown = files[["sample_id", "clip"]].merge(samples, on="sample_id")
    code = pd.Series(pd.factorize(shown["clip"])[0], shown["picture"])  # -1 for a file that is no frame
    of_picture = code.groupby(level=0)
    return of_picture.first().where(of_picture.nunique() == 1, -1).reindex(range(num), fill_value=-1).to_numpy(np.int64)


@dataclass(frozen=True)
class Duplicates:
    """The duplicates among files: rows of DUPLICATES and of PAIRS, both sorted by path, and the number of pairs of files by kind."""

    rows: pd.DataFrame
    pairs: pd.DataFrame
    pairs_by_kind: dict[str, int]


def find_duplicates(
    files: pd.DataFrame,
    shown: tuple[pd.DataFrame, Pictures],
    *,
    details: Callable[[list[str]], dict[str, NDArray[np.uint8]]] | None = None,
    workers: int = 0,
    **how: Any,
) -> Duplicates:
    """The duplicates among the `files` (path, sample_id, label_raw and perhaps clip) whose images are `shown`, the result of pictures_of.

    The store's table is not passed itself, so that it need not stay in memory during the search.

    `how` are the parameters of near_pairs. `details` returns larger thumbnails of the given sample_ids, for the comparison at higher
    resolution. The result depends on neither the order of rows nor `workers`.
    """
    samples, pictures = shown
    sample_of = samples.sort_values("sample_id").drop_duplicates("picture").set_index("picture")["sample_id"]

    def larger(numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
        assert details
        names = sample_of.loc[numbers.tolist()].tolist()
        found = details(names)
        return np.stack([found[name] for name in names]) if names else np.empty((0, DETAIL_PX, DETAIL_PX), np.uint8)

    pairs = near_pairs(pictures, details=larger if details else None, workers=workers, **how)
    if pictures.clip_N is not None:
        pairs = between_clips(pairs, pictures.clip_N)
    known = files.filter(["path", "sample_id", "clip"]).merge(samples, on="sample_id")
    return Duplicates(duplicate_rows(known, pairs), pair_rows(known, pairs), pairs_by_kind(known, pairs))


def duplicate_counts(rows: pd.DataFrame, files: pd.DataFrame, pairs_by_kind: dict[str, int]) -> dict[str, Any]:
    """Counts of files, pairs and groups.

    `files` (path, label_raw, subset_raw and perhaps clip) is used to count groups with several labels and groups that lie in both training
    and test. The frames of a clip are one group, which counts only if it has another clip or image, too.
    """
    known = rows.merge(files.filter(["path", "label_raw", "subset_raw", "clip"]), on="path")
    several = known[wholes(known).groupby(known["group_id"]).transform("nunique") > 1]
    groups = several.groupby("group_id")
    in_test, in_train = several["subset_raw"] == "test", several["subset_raw"] == "train"
    return {
        "files": len(rows),
        "files_by_kind": {kind: int((rows["kind"] == kind).sum()) for kind in KINDS},
        "files_without_twin": int(rows["kind"].isna().sum()),
        "pairs_by_kind": pairs_by_kind,
        "groups": groups.ngroups,
        "files_in_groups": len(several),
        "largest_group": int(groups.size().max()) if len(several) else 0,
        "groups_with_several_spellings": int((groups["label_raw"].nunique() > 1).sum()),
        "groups_in_train_and_test": several.loc[shared(several["group_id"], in_test, in_train), "group_id"].nunique(),
        "test_files_with_twin_in_train": int(shared(several["group_id"], in_test, in_train).sum()),
        **_scene_counts(rows),
    }


def _scene_counts(rows: pd.DataFrame) -> dict[str, int]:
    """Counts of scenes; only a scene with more than one picture is counted."""
    pictures = rows.groupby("scene_id")["group_id"].nunique()
    files = rows.groupby("scene_id").size()[pictures > 1]
    return {"scenes": len(files), "files_in_scenes": int(files.sum()), "largest_scene": int(files.max()) if len(files) else 0}


def pairs_by_kind(known: pd.DataFrame, pairs: Pairs) -> dict[str, int]:
    """The number of pairs of files (sample_id, picture and perhaps clip) by kind: one of KINDS, or scene. Two frames of a clip are none."""
    known = known.assign(whole=wholes(known))
    same_bytes, same_pixels = (_num_pairs(known[[key]]) - _num_pairs(known[[key, "whole"]]) for key in ("sample_id", "picture"))
    num_N = np.bincount(known["picture"])
    num_P = num_N[pairs.i] * num_N[pairs.j]
    return dict(
        zip(
            (*KINDS, "scene"),
            (
                same_bytes,
                same_pixels - same_bytes,
                *(int(num_P[part].sum()) for part in (pairs.same & ~pairs.mirrored, pairs.same & pairs.mirrored, ~pairs.same)),
            ),
            strict=True,
        )
    )


def _num_pairs(rows: pd.DataFrame) -> int:
    """The number of pairs of equal rows."""
    num = rows.value_counts(sort=False)
    return int((num * (num - 1) // 2).sum())
