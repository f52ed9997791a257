"""The image store: the same bytes for any number of workers, also past files that kill their decoder."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.config.sections.convert import ConvertParams
from mien.convert import conversion
from mien.convert.conversion import convert_store
from mien.ingest import blobs
from mien.ingest.blobs import BlobSpool
from mien.store.shards import read_store, row_group_sizes
from mien.store.tables import IMAGES, REJECTED, THUMBNAIL_PX, read_arrow
from tests.convert.crashing import DEADLY, convert_or_die
from tests.convert.pictures import noisy, pixels, saved, smooth

PARAMS = ConvertParams(max_side_px=200)


def raw_store(folder: Path, contents: list[bytes]) -> Path:
    folder.mkdir()
    with BlobSpool(folder / "spool") as spool:
        for content in contents:
            spool.add(content)
        spool.write_store(folder)
    return folder


def sample_id(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def converted(raw: Path, folder: Path, *, workers: int, params: ConvertParams = PARAMS) -> dict[str, bytes]:
    folder.mkdir()
    convert_store(raw, folder, rejected=folder / "rejected.parquet", params=params, workers=workers)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that are not about processes, whose start takes far longer than the test."""
    monkeypatch.setattr(conversion, "parallel_map", lambda work, pieces, **_: [work(piece) for piece in pieces])


def rejections(folder: Path) -> dict[str, dict[str, object]]:
    return {row["sample_id"]: row for row in read_arrow(folder / "rejected.parquet", REJECTED).to_pylist()}


def mixed(num: int = 40) -> list[bytes]:
    good = [saved(noisy(60 + seed, 50, seed=seed), "PNG") for seed in range(num)]
    return [*good, b"", b"no image", good[0][:500], saved(smooth(20, 300), "PNG"), saved(Image.new("L", (90, 90), 3), "PNG")]


def test_number_of_workers_changes_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs, "GROUP_ROWS", 2)
    raw = raw_store(tmp_path / "raw", mixed())
    first, second = (converted(raw, tmp_path / f"images{workers}", workers=workers) for workers in (1, 3))
    assert first == second and len(first) == 17
    assert any(len(row_group_sizes(tmp_path / "images1", digit, IMAGES)) > 1 for digit in "0123456789abcdef")


@pytest.mark.usefixtures("in_this_process")
def test_rows_say_what_their_pictures_are(tmp_path: Path) -> None:
    contents = [saved(noisy(300, 150), "PNG"), saved(noisy(60, 90, seed=1), "JPEG", quality=90), saved(smooth(100, 80), "HEIF")]
    converted(raw_store(tmp_path / "raw", contents), tmp_path / "images", workers=1)
    rows = {row["sample_id"]: row for row in read_store(tmp_path / "images", IMAGES).to_pylist()}
    assert set(rows) == set(map(sample_id, contents))
    for row in rows.values():
        with Image.open(io.BytesIO(row["image"])) as image:
            assert image.mode == "RGB" and image.size == (row["width_px"], row["height_px"])
            thumbnail = np.frombuffer(row["thumbnail"], np.uint8).reshape(THUMBNAIL_PX, THUMBNAIL_PX)
            assert abs(pixels(image.convert("L").resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BOX)) - thumbnail).mean() < 1
            assert row["brightness"] == pytest.approx(pixels(image.convert("L")).mean(), abs=0.5)
    large = rows[sample_id(contents[0])]
    assert (large["width_px"], large["height_px"], large["source_format"]) == (200, 100, "PNG")
    size_and_pixels = b"300x150" + noisy(300, 150).tobytes()
    assert large["pixel_sha256"] == hashlib.sha256(size_and_pixels).hexdigest()  # before the reduction


@pytest.mark.usefixtures("in_this_process")
def test_each_content_is_stored_or_rejected_and_unfit_ones_are_both(tmp_path: Path) -> None:
    contents = mixed()
    converted(raw_store(tmp_path / "raw", contents), tmp_path / "images", workers=1)
    stored = set(read_store(tmp_path / "images", IMAGES)["sample_id"].to_pylist())
    rejected = rejections(tmp_path / "images")
    unfit = {name for name, row in rejected.items() if row["decodable"]}
    assert stored | set(rejected) == set(map(sample_id, contents))
    assert stored & set(rejected) == unfit
    *_, empty, words, cut, narrow, blank = contents
    reasons = {
        sample_id(content): reason
        for content, reason in zip(
            (empty, words, cut, narrow, blank), ("empty", "not_an_image", "truncated", "too_small", "blank"), strict=True
        )
    }
    assert {name: row["reason"] for name, row in rejected.items()} == reasons
    assert unfit == {sample_id(narrow), sample_id(blank)}


@pytest.mark.usefixtures("in_this_process")
def test_thresholds_are_those_of_the_parameters(tmp_path: Path) -> None:
    content = saved(smooth(64, 40), "PNG")
    raw = raw_store(tmp_path / "raw", [content])
    for name, params, reason in (
        ("fits", ConvertParams(min_side_px=40), None),
        ("small", ConvertParams(min_side_px=41), "too_small"),
        ("blank", ConvertParams(min_side_px=41, blank_contrast=200.0), "blank"),
        ("large", ConvertParams(max_megapixels=0.0025), "too_large"),
    ):
        converted(raw, tmp_path / name, workers=1, params=params)
        assert [row["reason"] for row in rejections(tmp_path / name).values()] == [reason] * (reason is not None)


@pytest.mark.parametrize(("workers", "num_deadly"), [(1, 2), (3, 1)])
def test_a_decoder_that_kills_its_process_costs_one_image(
    workers: int, num_deadly: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = mixed()
    deadly = [DEADLY + bytes([number]) for number in range(num_deadly)]
    raw = raw_store(tmp_path / "raw", contents + deadly)
    monkeypatch.setattr(conversion, "convert_piece", convert_or_die)
    converted(raw, tmp_path / "images", workers=workers)
    rejected = rejections(tmp_path / "images")
    assert {name for name, row in rejected.items() if row["reason"] == "decoder_crash"} == set(map(sample_id, deadly))
    stored = set(read_store(tmp_path / "images", IMAGES)["sample_id"].to_pylist())
    assert stored | set(rejected) == set(map(sample_id, contents + deadly))
