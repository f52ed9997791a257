"""The tables of the audit (benchmarks/leaks.py) against a plain count on random sets."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from benchmarks import leaks
from mien.dedup.across import pairs_across
from mien.dedup.groups import duplicate_rows, pair_rows
from tests.dedup.test_groups import random_files


def drawn(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Files as `leaks.read_files` returns them, and the pairs of test and training."""
    files, pairs = random_files(seed)
    generator = np.random.default_rng((seed, 3))
    part = generator.choice(["test", "train", "none"], len(files))
    rows = duplicate_rows(files, pairs)[["path", "sample_id", "group_id"]].merge(
        files.assign(pixel_sha256=files["picture"].astype(str), test=part == "test", train=part == "train")[
            ["path", "pixel_sha256", "test", "train"]
        ],
        on="path",
    )
    rows["label"] = generator.choice(["sad", "happy"], len(rows))
    return rows, pairs_across(rows, pair_rows(files, pairs), rows["test"], rows["train"])


@pytest.mark.parametrize("seed", range(5))
def test_totals_are_those_of_a_plain_count(seed: int) -> None:
    files, _ = drawn(seed)
    members = [list(group.itertuples()) for _, group in files.groupby("group_id")]
    both = [group for group in members if any(one.test for one in group) and any(one.train for one in group)]
    tested = [[one for one in group if one.test] for group in members]
    several = [group for group in tested if len(group) > 1]
    expected = [
        files["test"].sum(), files["train"].sum(), sum(one.test for group in both for one in group),
        files["test"].sum() - sum(one.test for group in both for one in group), sum(one.train for group in both for one in group),
        len(both), sum(len({one.label for one in group}) > 1 for group in both), sum(map(len, several)), len(several),
        sum(len({one.label for one in group}) > 1 for group in several), sum(len({one.label for one in group}) > 1 for group in members),
    ]  # fmt: skip
    assert [num for _, num in leaks.totals(files)] == expected and both and several


@pytest.mark.parametrize("seed", range(5))
def test_every_test_image_of_a_table_is_counted_once(seed: int) -> None:
    files, found = drawn(seed)
    held = dict(leaks.totals(files))["test images with their photograph in training"]
    *kinds, total = leaks.by_kind(files, found)
    assert total == ["all", str(held), *(str(sum(int(row[column]) for row in kinds)) for column in (2, 3))]
    assert sum(int(row[1]) for row in kinds) == held
    label = dict(zip(files["path"], files["label"], strict=True))
    differ = Counter(row.kind for row in found.itertuples() if label[row.path] != label[row.other_path])
    assert {row[0]: int(row[3]) for row in kinds if int(row[3])} == differ and differ
    bands = leaks.by_correlation(files, found)
    assert sum(int(row[1]) for row in bands) == held
    assert bands[0][:2] == ["same pixels", str(sum(int(row[1]) for row in kinds if row[0] in ("exact", "pixel")))]
    assert sum(int(row[1]) for row in leaks.by_class(files)) == files["test"].sum()
    assert sum(int(row[2]) for row in leaks.by_class(files)) == held


def test_a_band_contains_its_lower_end_and_the_last_also_its_upper() -> None:
    correlations = [0.5, 0.85, 0.9, 0.9499, 0.95, 0.98, 0.99, 1.0]
    names = [f"{number}" for number in range(len(correlations))]
    files = pd.DataFrame(
        {
            "path": [*(f"test/{name}" for name in names), *(f"train/{name}" for name in names)],
            "group_id": names * 2,
            "test": [True] * len(names) + [False] * len(names),
            "label": ["sad"] * len(names) + ["happy"] + ["sad"] * (len(names) - 1),
        }
    ).assign(train=lambda rows: ~rows["test"])
    found = pd.DataFrame(
        {
            "path": files["path"][: len(names)],
            "other_path": files["path"][len(names) :].to_numpy(),
            "kind": "near",
            "correlation": correlations,
            "agreement": 0.9,
        }
    )
    assert leaks.by_correlation(files, found) == [
        ["same pixels", "0", "0"], ["0.99 to 1", "2", "0"], ["0.98 to 0.99", "1", "0"], ["0.95 to 0.98", "1", "0"],
        ["0.9 to 0.95", "2", "0"], ["0.85 to 0.9", "1", "0"], ["below 0.85", "1", "1"], ["indirect", "0", "0"],
    ]  # fmt: skip
