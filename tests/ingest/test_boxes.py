"""Boxes of a data set become shares of the upright image, cut off at its edges."""

import io
from typing import Any

import pytest
from PIL import Image

from mien.ingest.boxes import box_remarks, box_rows
from mien.ingest.layouts import Box, Facts


def content(width: int, height: int, *, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    Image.new("RGB", (width, height)).save(file, "JPEG", exif=exif)
    return file.getvalue()


def rows_of(box: Box | None, data: bytes) -> tuple[list[dict[str, Any]], list[str]]:
    files = [{"path": "a.jpg", "sample_id": "aa"}, {"path": "ignored.jpg", "sample_id": None}, {"path": "other.jpg", "sample_id": "bb"}]
    facts = {"a.jpg": Facts("happy", box=box), "ignored.jpg": Facts("happy", box=box)}
    found = box_rows(files, facts, {"aa": data}.__getitem__)
    return found, list(box_remarks(len(found), [file for file in files if file["sample_id"]], facts))


@pytest.mark.parametrize(
    ("box", "shares"),
    [
        ((20, 10, 60, 40), [0.1, 0.1, 0.3, 0.4]),
        ((-50, 10, 60, 400), [0, 0.1, 0.3, 1]),
        ((60, 10, 20, 40), None),
        ((210, 10, 260, 40), None),
        ((20, float("nan"), 60, 40), None),
        ((20, 10, float("inf"), 40), None),
    ],
)
def test_a_box_is_a_share_of_the_image_or_none(box: Box, shares: list[float] | None) -> None:
    found, told = rows_of(box, content(200, 100))
    assert [row["path"] for row in found] == ([] if shares is None else ["a.jpg"])
    assert shares is None or found[0]["box"] == pytest.approx(shares)
    assert told[0] == f"ingest: {len(found)} of 2 images with a box of the face, which faces.detector: given uses"
    assert told[1:] == ([] if found else ["warning: 1 box outside the image, or of an image that cannot be read"])


def test_the_size_is_that_of_the_upright_image() -> None:
    ((row,), _) = rows_of((20, 10, 60, 40), content(100, 200, orientation=6))
    assert row["box"] == pytest.approx([0.1, 0.1, 0.3, 0.4])


def test_what_is_no_image_has_no_box_and_without_boxes_nothing_is_said() -> None:
    assert rows_of((20, 10, 60, 40), b"\xff\xd8\xff\xe0 no image")[0] == []
    assert rows_of(None, content(200, 100)) == ([], [])
