"""Predictions are put beside each other only where they are of the same images."""

import numpy as np
import pandas as pd
import pytest

from mien.compare.same_images import same_images
from mien.core.errors import TableError

CLASSES = ("angry", "fear", "happy")
PATHS = [f"test/{number:02}.jpg" for number in range(30)]
GROUPS = {path: str(number // 3) for number, path in enumerate(PATHS)}


def draw(seed: int) -> pd.DataFrame:
    labels = np.random.default_rng(0).choice(CLASSES, 30)
    predicted = np.random.default_rng(seed).choice(CLASSES, 30)
    rows = pd.DataFrame({"path": PATHS, "sample_id": PATHS, "label": labels, "predicted": predicted, "split": "test"})
    return rows.sample(frac=1, random_state=seed)


def test_rows_are_those_of_the_same_image_whatever_their_order() -> None:
    frames = {"a": draw(1), "b": draw(2)}
    found = same_images(frames, against="b", classes=CLASSES, groups=GROUPS)
    assert list(found.predicted) == ["a", "b"] and found.num_groups == 10
    for model, frame in frames.items():
        by_path = frame.set_index("path")
        for place, path in enumerate(PATHS):
            assert CLASSES[found.actual_N[place]] == by_path.loc[path, "label"]
            assert CLASSES[found.predicted[model][place]] == by_path.loc[path, "predicted"]
    assert len({found.groups_N[place] for place in (0, 1, 2)}) == 1 and found.groups_N[2] != found.groups_N[3]


def test_what_is_not_of_the_same_images_is_refused() -> None:
    for frame in (draw(2).iloc[1:], draw(2).assign(label="happy"), draw(2).assign(sample_id="x")):
        with pytest.raises(
            TableError, match=r"b \(\d+ images\) and a \(30 images\) were not tested on the same images under the same labels"
        ):
            same_images({"a": draw(1), "b": frame}, against="a", classes=CLASSES, groups=GROUPS)
    with pytest.raises(TableError, match=r"predictions of b contain classes that params\.yaml lacks: sad"):
        same_images({"a": draw(1), "b": draw(2).assign(predicted="sad")}, against="a", classes=CLASSES, groups=GROUPS)
    fewer = {path: group for path, group in GROUPS.items() if group != "0"}
    with pytest.raises(TableError, match=r"a was tested on test/00\.jpg, which is not in the test split \(3 such images\)"):
        same_images({"a": draw(1)}, against="a", classes=CLASSES, groups=fewer)
    with pytest.raises(TableError, match=r"a was not tested on new\.jpg, which is in the test split \(1 such images\)"):
        same_images({"a": draw(1)}, against="a", classes=CLASSES, groups=GROUPS | {"new.jpg": "0"})
    with pytest.raises(TableError, match="evaluate@a"):
        same_images({"a": draw(1).iloc[:0]}, against="a", classes=CLASSES, groups=GROUPS)
