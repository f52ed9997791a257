"""Photographs that lie in two parts of a set: the pairs are those that a search over all files finds, each with its strongest kind."""

import numpy as np
import pandas as pd
import pytest

from mien.dedup.across import INDIRECT, nearest_across, pairs_across, shared
from mien.dedup.find import duplicate_counts, pairs_by_kind
from mien.dedup.groups import KINDS, duplicate_rows, pair_rows
from tests.dedup.test_groups import files_of, pairs_of, random_files

seeds = pytest.mark.parametrize("seed", range(5))


def masks(files: pd.DataFrame, seed: int) -> tuple[pd.Series, pd.Series]:
    """A random test and training part; a fifth of the files is in neither."""
    drawn = np.random.default_rng((seed, 2)).random(len(files))
    return pd.Series(drawn < 0.4, files.index), pd.Series(drawn > 0.6, files.index)


@seeds
def test_pairs_are_those_of_a_search_over_all_files(seed: int) -> None:
    files, pairs = random_files(seed)
    test, train = masks(files, seed)
    related = {
        frozenset((int(i), int(j))): ("mirrored" if mirrored else "near", float(correlation), float(agreement))
        for i, j, mirrored, same, correlation, agreement in zip(
            pairs.i, pairs.j, pairs.mirrored, pairs.same, pairs.correlation, pairs.agreement, strict=True
        )
        if same
    }
    expected = {}
    for one in files[test].itertuples():
        for other in files[train].itertuples():
            if one.picture == other.picture:
                expected[one.path, other.path] = ("exact" if one.sample_id == other.sample_id else "pixel", 1.0, 1.0)
            elif found := related.get(frozenset((one.picture, other.picture))):
                expected[one.path, other.path] = found
    rows = pairs_across(files.assign(pixel_sha256=files["picture"].astype(str)), pair_rows(files, pairs), test, train)
    assert {(row.path, row.other_path): (row.kind, row.correlation, row.agreement) for row in rows.itertuples()} == expected
    assert len(rows) == len(expected) > 10 and set(rows["kind"]) >= {"exact", "pixel", "near"}


@seeds
def test_a_file_is_shared_if_its_group_reaches_into_the_other_part(seed: int) -> None:
    files, pairs = random_files(seed)
    test, train = masks(files, seed)
    rows = duplicate_rows(files, pairs).merge(pd.DataFrame({"path": files["path"], "test": test, "train": train}), on="path")
    found = shared(rows["group_id"], rows["test"], rows["train"])
    for row, is_shared in zip(rows.itertuples(), found, strict=True):
        same = rows[rows["group_id"] == row.group_id]
        assert is_shared == (row.test and bool(same["train"].any()))
    assert 0 < found.sum() < test.sum()
    named = rows.assign(label_raw=None, subset_raw=np.where(rows["test"], "test", np.where(rows["train"], "train", None)))
    counts = duplicate_counts(rows.drop(columns=["test", "train"]), named, pairs_by_kind(files, pairs))
    assert found.sum() == counts["test_files_with_twin_in_train"]


@seeds
def test_what_is_shared_has_a_pair_or_is_indirect(seed: int) -> None:
    files, pairs = random_files(seed)
    test, train = masks(files, seed)
    groups = duplicate_rows(files, pairs).set_index("path")["group_id"]
    found = pairs_across(files.assign(pixel_sha256=files["picture"].astype(str)), pair_rows(files, pairs), test, train)
    held = shared(files["path"].map(groups), test, train)
    assert set(found["path"]) <= set(files.loc[held, "path"])
    nearest = nearest_across(files.loc[held, "path"], found)
    assert nearest["path"].equals(files.loc[held, "path"])
    assert set(nearest.loc[nearest["kind"] == INDIRECT, "path"]) == set(files.loc[held, "path"]) - set(found["path"])
    for row in nearest[nearest["kind"] != INDIRECT].itertuples():
        own = found[found["path"] == row.path]
        best = min(KINDS.index(kind) for kind in own["kind"])
        assert row.kind == KINDS[best] and row.agreement == own.loc[own["kind"] == row.kind, "agreement"].max()


def test_the_strongest_kind_wins_and_a_chain_is_indirect() -> None:
    files = files_of(("a", "1", 0), ("b", "1", 0), ("c", "2", 1), ("d", "3", 2), ("e", "4", 3))
    pairs = pairs_of((0, 1, True, True, 0.99), (1, 2, False, True, 0.9), (2, 3, False, True, 0.95), (0, 3, False, False, 0.5))
    test, train = files["path"].isin(["a", "c", "e"]), files["path"].isin(["b"])
    rows = duplicate_rows(files, pairs).set_index("path")
    held = shared(rows.loc[files["path"], "group_id"].reset_index(drop=True), test, train)
    assert files.loc[held, "path"].tolist() == ["a", "c", "e"]
    found = pairs_across(files.assign(pixel_sha256=files["picture"].astype(str)), pair_rows(files, pairs), test, train)
    nearest = nearest_across(files.loc[held, "path"], found)
    assert nearest["kind"].tolist() == ["exact", "mirrored", INDIRECT]
    assert nearest["other_path"].tolist()[:2] == ["b", "b"] and pd.isna(nearest["correlation"].iloc[2])
