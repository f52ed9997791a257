"""The training split with leaks differs from the one without in nothing but the leaks."""

from collections import Counter

import pandas as pd
import pytest

from benchmarks.leaky_split import with_leaks
from mien.core.errors import LabelError
from mien.store.tables import SPLITS


def rows(split: str, labels: str, *, start: str) -> list[dict[str, str | None]]:
    names = [f"{start}{number:02}.jpg" for number in range(len(labels))]
    empty = dict.fromkeys(SPLITS.names)
    return [empty | {"path": name, "label": label, "split": split} for name, label in zip(names, labels, strict=True)]


SPLIT = pd.DataFrame([*rows("train", "aaaabbbc", start="t"), *rows("val", "abc", start="v"), *rows("test", "abc", start="x")])
LEAKS = pd.DataFrame(rows("train", "abbcc", start="l"))


def test_as_many_images_of_each_class_of_which_some_leak() -> None:
    leaky = with_leaks(SPLIT, LEAKS, seed=1)
    for split in ("train", "val", "test"):
        before, after = (Counter(table.loc[table["split"] == split, "label"]) for table in (SPLIT, leaky))
        assert before == after
    rest = leaky[leaky["split"] != "train"]
    pd.testing.assert_frame_equal(rest.reset_index(drop=True), SPLIT[SPLIT["split"] != "train"].sort_values("path", ignore_index=True))
    leaked = leaky[leaky["path"].str.startswith("l")]
    assert Counter(leaked["label"]) == {"a": 1, "b": 2, "c": 1}, "there is one training image of c only"
    pd.testing.assert_frame_equal(with_leaks(SPLIT.sample(frac=1, random_state=3), LEAKS.iloc[::-1], seed=1), leaky)
    assert not with_leaks(SPLIT, LEAKS, seed=2).equals(leaky)


def test_without_leaks_there_is_nothing_to_measure() -> None:
    with pytest.raises(LabelError, match="no training file leaks"):
        with_leaks(SPLIT, LEAKS.head(0), seed=1)
