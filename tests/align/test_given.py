"""Squares around the boxes that a data set gives."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw

from mien.align.boxes import boxes_by_sample
from mien.align.faceless import removed_rows
from mien.align.squares import Job, Sighting, make_squares
from mien.config.sections.faces import FaceParams
from mien.store.encoding import encode, stored_image
from mien.store.shards import read_shard
from mien.store.tables import FACES
from tests.align.test_squares import store

SHARES = (0.25, 0.2, 0.5, 0.7)  # of 320 × 200 px: 80, 40, 160, 140


def squares(folder: Path, how: FaceParams, *, whole: frozenset[str] = frozenset()) -> tuple[dict[str, dict[str, object]], object]:
    """The rows of a photograph with a red face and of one without a box."""
    image = Image.new("RGB", (320, 200), (20, 120, 60))
    ImageDraw.Draw(image).rectangle((80, 40, 159, 139), fill=(200, 30, 30))
    photographs = {"5a": encode(image, jpeg_quality=95), "5b": encode(image.crop((0, 0, 80, 200)), jpeg_quality=95)}
    (folder / "squares").mkdir()
    job = Job("5", store(folder / "images", photographs), folder / "squares", frozenset(photographs), whole, how, 95, {"5a": SHARES})
    sightings = make_squares(job)
    return {row["sample_id"]: row for row in read_shard(folder / "squares", "5", FACES).to_pylist()}, sightings


@pytest.mark.parametrize("margin", [0.0, 0.25])
def test_the_square_is_centred_on_the_box_with_the_margin(tmp_path: Path, margin: float) -> None:
    rows, sightings = squares(tmp_path, FaceParams(detector="given", margin=margin, size_px=224))
    assert sightings == {"5a": Sighting(1, None), "5b": Sighting(0, None)} and set(rows) == {"5a"}
    row = rows["5a"]
    assert row["box"] == pytest.approx([80, 40, 160, 140])
    assert (row["num_faces"], row["score"], row["landmarks"], row["turn_deg"]) == (1, None, None, None)
    levels = np.asarray(stored_image(row["image"])).astype(int)  # type: ignore[arg-type]
    side_px = round(100 * (1 + 2 * margin))
    assert levels.shape == (side_px, side_px, 3)
    red = np.argwhere(levels[:, :, 0] > 110)
    (top, left), (bottom, right) = red.min(axis=0), red.max(axis=0) + 1
    assert abs(np.array([left, top, right, bottom]) - [side_px / 2 + at for at in (-40, -50, 40, 50)]).max() <= 2


def test_an_image_without_a_box_is_fitted_whole_only_if_it_must_stay(tmp_path: Path) -> None:
    rows, _ = squares(tmp_path, FaceParams(detector="given", size_px=224), whole=frozenset({"5b"}))
    assert (rows["5b"]["num_faces"], rows["5b"]["box"], rows["5b"]["score"]) == (0, None, None)
    labels = pd.DataFrame({"path": ["b.jpg"], "sample_id": ["5b"]})
    assert removed_rows(labels, {"5b": Sighting(0, None)}, min_score=0.9, is_given=True)["detail"].tolist() == ["the data set gives no box"]


def test_files_with_the_same_content_have_the_box_of_the_first() -> None:
    labels = pd.DataFrame({"path": ["b.jpg", "a.jpg", "c.jpg"], "sample_id": ["s", "s", "t"]})
    boxes = pd.DataFrame({"path": ["b.jpg", "a.jpg"], "box": [[0.1, 0.1, 0.2, 0.2], [0.3, 0.3, 0.4, 0.4]]})
    assert boxes_by_sample(labels, boxes) == {"s": (0.3, 0.3, 0.4, 0.4)}


def test_new_photographs_of_such_a_model_are_searched() -> None:
    assert FaceParams(detector="given", margin=0.2).of_photographs == FaceParams(detector="mtcnn", margin=0.2)
    assert FaceParams(detector="none").of_photographs == FaceParams(detector="none")
