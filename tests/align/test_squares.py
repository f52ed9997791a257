"""Laws of the store of squares: who is in it, passed through or re-encoded, and the same bytes however the work is spread."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

from mien.align.faceless import always_kept, removed_rows
from mien.align.geometry import Face
from mien.align.squares import Job, Sighting, make_squares
from mien.align.turning import Doubted
from mien.config.sections.faces import FaceParams
from mien.core.parallel import parallel_map
from mien.store.encoding import LOSSLESS_UP_TO_PX, encode, stored_image, stored_size_px
from mien.store.shards import DIGITS, read_shard, read_store, write_shard
from mien.store.tables import FACES, IMAGES
from tests.align.lying import Marks, with_face


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
    monkeypatch.setitem(sys.modules, "mien.align.mtcnn", SimpleNamespace(FaceDetector=TwoFaces))


def test_fitting_squares_keep_their_bytes_and_others_fit(tmp_path: Path) -> None:
    images = {
        "0a": encode(picture(48, 48, grey=True), jpeg_quality=95),
        "1a": encode(picture(96, 96), jpeg_quality=95),
        "1b": encode(picture(97, 97), jpeg_quality=95),
        "f0": encode(picture(300, 200), jpeg_quality=95),
        "f1": encode(picture(60, 90), jpeg_quality=95),
    }
    (tmp_path / "squares").mkdir()
    for job in jobs(
        store(tmp_path / "images", images), tmp_path / "squares", set(images) - {"1a"}, FaceParams(detector="none", size_px=96)
    ):
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
    assert all(row[key] is None for row in rows.values() for key in ("box", "landmarks", "score", "num_faces", "turn_deg"))


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
        if job.prefix != "3":
            make_squares(job)
    face, whole = read_store(target, FACES).to_pylist()
    assert (face["sample_id"], whole["sample_id"]) == ("3a", "3c")
    assert stored_size_px(face["image"]) == (66, 66)  # 55 px and a tenth on each side
    assert face["box"] == [28, 25, 72, 80] and face["score"] == 0.99 and face["num_faces"] == 1
    assert face["landmarks"][1] == pytest.approx(face["landmarks"][3], abs=1e-3)
    assert (whole["score"], whole["box"], whole["num_faces"]) == (None, None, 0)
    assert (face["turn_deg"], whole["turn_deg"]) == (0, 0)
    doubtful = make_squares(jobs(source, target, {"3a"}, how.model_copy(update={"min_score": 0.5}))[3])
    assert doubtful["3a"].num_faces == 2


def found_in(folder: Path, images: dict[str, bytes], how: FaceParams) -> tuple[dict[str, dict[str, object]], dict[str, Sighting]]:
    """The rows of FACES and what was found in each of the images, whose names begin with 5."""
    folder.mkdir()
    target = folder / "squares"
    target.mkdir()
    sightings = make_squares(jobs(store(folder / "images", images), target, set(images), how)[5])
    return {row["sample_id"]: row for row in read_shard(target, "5", FACES).to_pylist()}, sightings


def test_pictures_on_their_side_give_the_square_of_the_upright_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mien.align.mtcnn", SimpleNamespace(FaceDetector=Marks))
    images = {f"5{deg}": encode(with_face(120, 90, at=(80, 30), turn_deg=deg), jpeg_quality=95) for deg in (0, 90, 180, 270)}
    how = FaceParams(detector="mtcnn", size_px=224)
    rows, sightings = found_in(tmp_path / "turned", images, how)
    assert {name: row["turn_deg"] for name, row in rows.items()} == {"50": 0, "590": 270, "5180": 180, "5270": 90}
    assert {name: sighting.turn_deg for name, sighting in sightings.items()} == {name: row["turn_deg"] for name, row in rows.items()}
    for key in ("image", "landmarks", "score", "num_faces"):
        assert all(row[key] == rows["50"][key] for row in rows.values())
    # The face's centre is at (80.5, 32.5) of 120 x 90, and boxes are those of the picture as stored.
    centres = {name: ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) for name, row in rows.items() for box in [row["box"]]}
    assert centres == {"50": (80.5, 32.5), "590": (57.5, 80.5), "5180": (39.5, 57.5), "5270": (32.5, 39.5)}
    kept, sightings = found_in(tmp_path / "kept", images, how.model_copy(update={"turns": False}))
    assert kept["50"] == rows["50"] | {"turn_deg": None}
    assert all(row["turn_deg"] is None and row["score"] == 0.97 for name, row in kept.items() if name != "50")
    assert all(sighting.turn_deg == 0 and sighting.doubted is None for sighting in sightings.values())


class Standing:
    """Finds two faces where the picture is higher than wide, the larger and less sure one off the middle, and three doubtful ones else."""

    def detect(self, image: Image.Image) -> list[Face]:
        landmarks = np.array([[40.0, 40], [60, 40], [50, 52], [42, 62], [58, 62]])
        if image.width < image.height:
            return [Face((0, 0, 60, 60), 0.95, landmarks), Face((35, 40, 65, 80), 0.999, landmarks)]
        return [Face((10, 10, 40, 40), score, landmarks) for score in (0.91, 0.92, 0.93)]


@pytest.mark.parametrize(("choose", "box"), [("largest", [0.0, 40.0, 60.0, 100.0]), ("central", [40.0, 35.0, 80.0, 65.0])])
def test_faces_are_counted_and_chosen_in_the_turned_picture(
    choose: Literal["largest", "central"], box: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mien.align.mtcnn", SimpleNamespace(FaceDetector=Standing))
    images = {"5a": encode(picture(120, 100), jpeg_quality=95), "5b": encode(picture(100, 120), jpeg_quality=95)}
    rows, sightings = found_in(tmp_path / "images", images, FaceParams(detector="mtcnn", choose=choose))
    assert sightings == {"5a": Sighting(2, 0.999, 90), "5b": Sighting(2, 0.999, 0)}
    assert (rows["5a"]["num_faces"], rows["5a"]["turn_deg"]) == (2, 90)
    assert rows["5a"]["box"] == box  # of the picture before the turn, whose left edge was the turned one's upper edge


def test_any_number_of_workers_writes_the_same_bytes(tmp_path: Path) -> None:
    images = {f"{digit}{index}": encode(picture(150 + index, 140, seed=index), jpeg_quality=95) for index, digit in enumerate(DIGITS)}
    source = store(tmp_path / "images", images)
    for workers in (1, 3):
        target = tmp_path / str(workers)
        target.mkdir()
        parallel_map(
            make_squares, jobs(source, target, set(images), FaceParams(detector="none")), workers=workers, label="align", unit="image"
        )
    for digit in DIGITS:
        assert (tmp_path / "1" / f"{digit}.parquet").read_bytes() == (tmp_path / "3" / f"{digit}.parquet").read_bytes()


def test_official_test_files_stay_without_a_face_and_others_leave() -> None:
    labels = pd.DataFrame(
        {"sample_id": ["a", "b", "a", "c"], "path": ["test/a", "train/b", "train/a", "d"], "subset": ["test", "train", "train", None]}
    )
    assert always_kept(labels, official=True, on_missing="quarantine").tolist() == [True, False, False, False]
    assert not always_kept(labels, official=False, on_missing="quarantine").any()
    assert always_kept(labels, official=False, on_missing="fit").all()
    rows = removed_rows(labels.iloc[1:], {"a": Sighting(0, 0.8999), "b": Sighting(1, 0.99), "c": Sighting(0, None)}, min_score=0.9)
    assert rows["path"].tolist() == ["d", "train/a"]
    assert rows["detail"].tolist() == ["nothing like a face", "best score 0.89, under 0.9"]
    assert set(rows["reason"]) == {"no_face"} and set(rows["fate"]) == {"quarantined"}
    assert len(removed_rows(labels, {}, min_score=0.9)) == 0


def test_a_turn_that_was_not_sure_enough_is_told() -> None:
    labels = pd.DataFrame({"sample_id": ["a", "b"], "path": ["a", "b"], "subset": None})
    sightings = {"a": Sighting(0, None, doubted=Doubted(180, 0.9699)), "b": Sighting(0, 0.3, doubted=Doubted(90, 0.75))}
    assert removed_rows(labels, sightings, min_score=0.9)["detail"].tolist() == [
        "nothing like a face; turned by 180 degrees 0.96, not sure enough to turn it",
        "best score 0.30, under 0.9; turned by 90 degrees 0.75, not sure enough to turn it",
    ]


@pytest.mark.parametrize("grey", [True, False])
@pytest.mark.parametrize("side_px", [LOSSLESS_UP_TO_PX, LOSSLESS_UP_TO_PX + 1])
def test_small_pictures_are_stored_without_loss(grey: bool, side_px: int) -> None:
    image = picture(side_px, 40, grey=grey)
    data = encode(image, jpeg_quality=95)
    with Image.open(io.BytesIO(data)) as stored:
        assert (stored.format, stored.mode) == ("PNG" if side_px <= LOSSLESS_UP_TO_PX else "JPEG", "L" if grey else "RGB")
        assert stored.format == "PNG" or grey or [layer[1:3] for layer in stored.layer] == [(1, 1)] * 3  # type: ignore[attr-defined]  # 4:4:4
    again = np.asarray(stored_image(data), int)
    worst = np.abs(again - np.asarray(image, int)).max()
    assert again.shape == (40, side_px, 3)
    assert worst == 0 if side_px <= LOSSLESS_UP_TO_PX else worst < 24
