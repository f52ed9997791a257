"""Laws of the store of squares: who is in it, passed through or re-encoded, and the same bytes however the work is spread."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

from mien.data.alignment import Face
from mien.data.encoding import LOSSLESS_UP_TO_PX, encode, stored_image, stored_size_px
from mien.data.faceless import always_kept, removed_rows
from mien.data.shards import DIGITS, read_store, write_shard
from mien.data.squares import Job, Sighting, make_squares
from mien.data.tables import FACES, IMAGES
from mien.parallel import parallel_map
from mien.params import FaceParams


def picture(width_px: int, height_px: int, *, seed: int = 0, grey: bool = False) -> Image.Image:
    levels = np.random.default_rng(seed).integers(0, 256, (height_px // 8 + 1, width_px // 8 + 1, 3), dtype=np.uint8)
    image = Image.fromarray(levels).resize((width_px, height_px), Image.Resampling.BICUBIC)
    return image.convert("L").convert("RGB") if grey else image


def store(folder: Path, images: dict[str, bytes]) -> Path:
    empty = {"source_format": "PNG", "pixel_sha256": "", "phash": 0, "phash_mirrored": 0, "thumbnail": b""}
    for digit in DIGITS:
        rows = [
            {"sample_id": name, "image": data, "sharpness": 0.0, "brightness": 0.0, "contrast": 0.0, **empty}
            for name, data in images.items()
            if name.startswith(digit)
        ]
        write_shard(folder, digit, pa.Table.from_pylist(rows, schema=IMAGES), IMAGES)
    return folder


def jobs(images: Path, squares: Path, samples: set[str], how: FaceParams, whole: set[str] | None = None) -> list[Job]:
    def of(names: set[str], digit: str) -> frozenset[str]:
        return frozenset(name for name in names if name.startswith(digit))

    return [Job(digit, images, squares, of(samples, digit), of(whole or set(), digit), how, 95) for digit in DIGITS]


class TwoFaces:
    """A stand-in for the detector: a sure face and a doubtful larger one, in pictures wider than 100 px only."""

    def detect(self, image: Image.Image) -> list[Face]:
        landmarks = np.array([[40.0, 40], [60, 44], [50, 52], [42, 62], [58, 65]])
        if image.width <= 100:
            return []
        return [Face((10, 10, 95, 95), 0.7, landmarks), Face((28, 25, 72, 80), 0.99, landmarks)]


@pytest.fixture
def two_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mien.data.faces", SimpleNamespace(FaceDetector=TwoFaces))  # and torch stays out


def test_fitting_squares_keep_their_bytes_and_others_fit(tmp_path: Path) -> None:
    images = {
        "0a": encode(picture(48, 48, grey=True), jpeg_quality=95),
        "1a": encode(picture(96, 96), jpeg_quality=95),
        "1b": encode(picture(97, 97), jpeg_quality=95),
        "f0": encode(picture(300, 200), jpeg_quality=95),
        "f1": encode(picture(60, 90), jpeg_quality=95),
    }
    (tmp_path / "squares").mkdir()
    for job in jobs(store(tmp_path / "images", images), tmp_path / "squares", set(images) - {"1a"}, FaceParams(size_px=96)):
        assert make_squares(job) == {}
    rows = {row["sample_id"]: row for row in read_store(tmp_path / "squares", FACES).to_pylist()}
    assert rows.keys() == images.keys() - {"1a"}
    assert {name: stored_size_px(row["image"]) for name, row in rows.items()} == {
        "0a": (48, 48),
        "1b": (96, 96),
        "f0": (96, 96),
        "f1": (90, 90),
    }
    assert rows["0a"]["image"] == images["0a"]
    assert all(row[key] is None for row in rows.values() for key in ("box", "landmarks", "score", "num_faces"))


@pytest.mark.usefixtures("two_faces")
def test_faces_are_cut_and_faceless_pictures_stay_only_if_they_must(tmp_path: Path) -> None:
    images = {"3a": encode(picture(160, 130), jpeg_quality=95), "3b": encode(picture(80, 90), jpeg_quality=95)}
    images["3c"] = encode(picture(90, 80), jpeg_quality=95)
    source, target = store(tmp_path / "images", images), tmp_path / "squares"
    target.mkdir()
    how = FaceParams(detector="mtcnn", size_px=224, margin=0.1, min_score=0.9)
    sightings = make_squares(jobs(source, target, set(images), how, {"3c"})[3])
    assert sightings == {"3a": Sighting(1, 0.99), "3b": Sighting(0, None), "3c": Sighting(0, None)}
    for job in jobs(source, target, set(), how):
        if job.digit != "3":
            make_squares(job)
    face, whole = read_store(target, FACES).to_pylist()
    assert (face["sample_id"], whole["sample_id"]) == ("3a", "3c")
    assert stored_size_px(face["image"]) == (66, 66)  # 55 px and a tenth on each side
    assert face["box"] == [28, 25, 72, 80] and face["score"] == 0.99 and face["num_faces"] == 1
    assert face["landmarks"][1] == pytest.approx(face["landmarks"][3], abs=1e-3)
    assert (whole["score"], whole["box"], whole["num_faces"]) == (None, None, 0)
    doubtful = make_squares(jobs(source, target, {"3a"}, how.model_copy(update={"min_score": 0.5}))[3])
    assert doubtful["3a"].num_faces == 2


def test_any_number_of_workers_writes_the_same_bytes(tmp_path: Path) -> None:
    images = {f"{digit}{index}": encode(picture(150 + index, 140, seed=index), jpeg_quality=95) for index, digit in enumerate(DIGITS)}
    source = store(tmp_path / "images", images)
    for workers in (1, 3):
        target = tmp_path / str(workers)
        target.mkdir()
        parallel_map(make_squares, jobs(source, target, set(images), FaceParams()), workers=workers, label="align", unit="image")
    for digit in DIGITS:
        assert (tmp_path / "1" / f"{digit}.parquet").read_bytes() == (tmp_path / "3" / f"{digit}.parquet").read_bytes()


def test_official_test_files_stay_without_a_face_and_others_leave() -> None:
    labels = pd.DataFrame(
        {"sample_id": ["a", "b", "a", "c"], "path": ["test/a", "train/b", "train/a", "d"], "subset": ["test", "train", "train", None]}
    )
    assert always_kept(labels, official=True, on_missing="quarantine").tolist() == [True, False, False, False]
    assert not always_kept(labels, official=False, on_missing="quarantine").any()
    assert always_kept(labels, official=False, on_missing="fit").all()
    rows = removed_rows(labels.iloc[1:], {"a": Sighting(0, 0.42), "b": Sighting(1, 0.99), "c": Sighting(0, None)}, min_score=0.9)
    assert rows["path"].tolist() == ["d", "train/a"]
    assert rows["detail"].tolist() == ["nothing like a face", "best score 0.42, under 0.9"]
    assert set(rows["reason"]) == {"no_face"} and set(rows["fate"]) == {"quarantined"}
    assert len(removed_rows(labels, {}, min_score=0.9)) == 0


@pytest.mark.parametrize("grey", [True, False])
@pytest.mark.parametrize("side_px", [LOSSLESS_UP_TO_PX, LOSSLESS_UP_TO_PX + 1])
def test_small_pictures_are_stored_without_loss(grey: bool, side_px: int) -> None:
    image = picture(side_px, 40, grey=grey)
    data = encode(image, jpeg_quality=95)
    with Image.open(io.BytesIO(data)) as stored:
        assert (stored.format, stored.mode) == ("PNG" if side_px <= LOSSLESS_UP_TO_PX else "JPEG", "L" if grey else "RGB")
        assert stored.format == "PNG" or grey or [layer[1:3] for layer in stored.layer] == [(1, 1)] * 3  # 4:4:4
    again = np.asarray(stored_image(data), int)
    worst = np.abs(again - np.asarray(image, int)).max()
    assert again.shape == (40, side_px, 3)
    assert worst == 0 if side_px <= LOSSLESS_UP_TO_PX else worst < 24
