"""The images on which an export is proved and calibrated."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mien.core.errors import TableError
from mien.export.images import drawn_squares, stored_squares
from mien.store.tables import SPLITS, write_table
from tests.store.test_faces import store


def splits(file: Path, names: list[str], split: list[str]) -> Path:
    """Writes a table with these rows."""
    rows = [{"path": f"{name}.png", "sample_id": name, "label": "happy", "split": part} for name, part in zip(names, split, strict=True)]
    write_table(file, pd.DataFrame(rows, columns=SPLITS.names, dtype=object), SPLITS)
    return file


def test_the_images_of_the_asked_split_and_the_first_of_them(tmp_path: Path) -> None:
    pixels = store(tmp_path / "faces", [48] * 9)
    names = sorted(pixels)
    table = splits(tmp_path / "splits.parquet", [*reversed(names), names[0]], [*(["test", "train"] * 5)[:9], "test"])
    for split, own in (("test", names[::2]), ("train", names[1::2])):
        for num in (2, 100):
            found = stored_squares(tmp_path / "faces", table, split=split, num=num, size_px=48)
            assert np.array_equal(found.transpose(0, 2, 3, 1), np.stack([pixels[name] for name in own[:num]]))
            assert found.flags.c_contiguous


@pytest.mark.parametrize("sides", [[40] * 4, [96] * 4, [40, 48, 60, 96]])
def test_they_have_the_side_that_the_network_is_given(tmp_path: Path, sides: list[int]) -> None:
    """Also if the few that are chosen are all smaller than others."""
    table = splits(tmp_path / "splits.parquet", [*store(tmp_path / "faces", sides)], ["test"] * 4)
    assert stored_squares(tmp_path / "faces", table, split="test", num=4, size_px=64).shape == (4, 3, 64, 64)


def test_votes_for_classes_that_none_of_the_images_has_do_not_matter(tmp_path: Path) -> None:
    pixels = store(tmp_path / "faces", [48] * 3)
    rows = [{"path": f"{name}.png", "sample_id": name, "label": "happy", "split": "test", "shares": [0.5, 0.3, 0.2]} for name in pixels]
    write_table(tmp_path / "splits.parquet", pd.DataFrame(rows, columns=SPLITS.names, dtype=object), SPLITS)
    assert len(stored_squares(tmp_path / "faces", tmp_path / "splits.parquet", split="test", num=4, size_px=48)) == 3


def test_a_split_without_images_is_named(tmp_path: Path) -> None:
    table = splits(tmp_path / "splits.parquet", [*store(tmp_path / "faces", [48])], ["test"])
    with pytest.raises(TableError, match="has no images of the split train"):
        stored_squares(tmp_path / "faces", table, split="train", num=4, size_px=48)


@pytest.mark.parametrize("size_px", [40, 112])
@pytest.mark.parametrize("grey", [True, False])
def test_drawn_faces_are_the_same_each_time_and_differ_from_each_other(size_px: int, grey: bool) -> None:
    found = drawn_squares(num=3, size_px=size_px, grey=grey)
    assert found.shape == (3, 3, size_px, size_px) and found.dtype == np.uint8
    assert (found == drawn_squares(num=3, size_px=size_px, grey=grey)).all() and found.std() > 20
    assert (found[0] != found[1]).mean() > 0.5
    assert bool((found[:, :1] == found[:, 1:]).all()) == grey
