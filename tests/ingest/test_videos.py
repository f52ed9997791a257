"""Video files as clips: which frames are taken, what becomes of a video that cannot be read, and whose label its frames have."""

import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from mien.config.spelling import Spellings
from mien.core.errors import SourceError
from mien.ingest.blobs import BlobSpool
from mien.ingest.label import add_labels
from mien.ingest.metadata import add_metadata, read_metadata
from mien.ingest.reading import read_source
from mien.ingest.subject import add_subjects
from tests.predict.video.films import BLUE, GREEN, RED, write_video

KNOWN = Spellings(["happy", "sad"])
COLOURS = (RED, GREEN, BLUE)


def film(path: Path, *, seconds: float = 1.2, fps: int = 10) -> Path:
    """A video whose colour changes every 0.4 s: red, green, blue."""
    path.parent.mkdir(parents=True, exist_ok=True)
    times = [at / fps for at in range(round(seconds * fps))]
    return write_video(path, [Image.new("RGB", (64, 48), COLOURS[int(time / 0.4 + 1e-9) % 3]) for time in times], times)


def noise(path: Path) -> Path:
    """Two seconds at 25 frames per second, whose index is in front, so that the beginning of the file can be read without its end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(50):
            levels = rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_image(Image.fromarray(levels))))
        container.mux(stream.encode())
    return path


def read(source: Path, tmp_path: Path, *, fps: float, max_mb: int = 64) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """The rows of the source and, by path, the contents of the images."""
    contents: dict[str, bytes] = {}
    with BlobSpool(tmp_path / "spool") as spool:
        add = spool.add

        def kept(content: bytes) -> str:
            contents[name := add(content)] = content
            return name

        spool.add = kept  # type: ignore[method-assign]
        rows = read_source(source, spool, KNOWN, max_bytes=max_mb * 2**20, video_fps=fps).rows
    return rows, {row["path"]: contents[row["sample_id"]] for row in rows if row["sample_id"]}


def still(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (32, 32), RED).save(path)


def test_frames_are_taken_at_the_rate_in_order_and_named_by_the_video(tmp_path: Path) -> None:
    film(tmp_path / "source/Happy/one.mp4")
    rows, contents = read(tmp_path / "source", tmp_path, fps=2.5)
    assert [row["path"] for row in rows] == [f"Happy/one.mp4/{at:05d}.jpg" for at in range(3)]
    assert [(row["video"], row["frame"], row["label_raw"]) for row in rows] == [("Happy/one.mp4", at, "Happy") for at in range(3)]
    for content, colour in zip(contents.values(), COLOURS, strict=True):
        assert np.abs(np.asarray(Image.open(io.BytesIO(content)))[10:40, 10:50].mean((0, 1)) - colour).max() < 12


def test_the_same_video_gives_the_same_bytes_on_disk_and_in_an_archive(tmp_path: Path) -> None:
    video = film(tmp_path / "source/Sad/one.mp4")
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.write(video, "Sad/one.mp4")
    (_, on_disk), (_, packed) = (read(tmp_path / name, tmp_path / name.replace(".", "_"), fps=5) for name in ("source", "set.zip"))
    assert len(on_disk) == 6 and on_disk == packed


def test_videos_of_one_name_in_two_archives_or_twice_in_one_are_clips_of_their_own(tmp_path: Path) -> None:
    video = film(tmp_path / "one.mp4", seconds=0.4)
    for name in ("a", "b"):
        (tmp_path / "source/Sad").mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(tmp_path / f"source/Sad/{name}.zip", "w") as archive:
            archive.write(video, "one.mp4")
    with tarfile.open(tmp_path / "source/Sad/c.tar", "w") as tar:
        tar.add(video, "one.mp4")
        tar.add(video, "one.mp4")
    rows, _ = read(tmp_path / "source", tmp_path, fps=5)
    clips = [row["video"] for row in rows if row["frame"] == 0]
    assert clips == ["Sad/a.zip/one.mp4", "Sad/b.zip/one.mp4", "Sad/c.tar/one.mp4", "Sad/c.tar/one (2).mp4"]
    assert len({(row["video"], row["frame"]) for row in rows}) == len({row["path"] for row in rows}) == len(rows) == 8
    assert {row["label_raw"] for row in rows} == {"Sad"}


def test_without_a_rate_videos_are_no_images(tmp_path: Path) -> None:
    film(tmp_path / "source/Happy/one.mp4")
    still(tmp_path / "source/Happy/a.png")
    rows, _ = read(tmp_path / "source", tmp_path, fps=0)
    assert {row["path"]: row["ignored"] for row in rows} == {"Happy/a.png": None, "Happy/one.mp4": "not an image"}


def test_an_unreadable_video_is_one_row_with_the_reason_and_a_truncated_one_keeps_its_frames(tmp_path: Path) -> None:
    whole = noise(tmp_path / "source/Happy/whole.mp4").read_bytes()
    (tmp_path / "source/Happy/cut.mp4").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "source/Happy/noise.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(500))
    (tmp_path / "source/Happy/empty.mp4").write_bytes(b"")
    (tmp_path / "source/Happy/big.mp4").write_bytes(bytes(2 * 2**20))
    rows, contents = read(tmp_path / "source", tmp_path, fps=5, max_mb=1)
    errors = {row["path"]: row["error"] for row in rows if row["error"]}
    assert errors.keys() == {"Happy/noise.mp4", "Happy/empty.mp4", "Happy/big.mp4", "Happy/cut.mp4"}
    assert errors["Happy/big.mp4"] == "too large: more than 1 MiB (ingest.max_file_mb)"
    assert all(error.startswith("unreadable video: ") for path, error in errors.items() if "big" not in path)
    assert "truncated" in errors["Happy/cut.mp4"]
    assert sum(path.startswith("Happy/whole.mp4/") for path in contents) == 10
    assert 0 < sum(path.startswith("Happy/cut.mp4/") for path in contents) < 10


def test_a_video_whose_header_has_a_rate_of_zero_gives_its_frames_in_order(tmp_path: Path) -> None:
    path = tmp_path / "source/Happy/zero.avi"
    path.parent.mkdir(parents=True)
    write_video(path, [Image.new("RGB", (64, 48), (5 * at, 20, 30)) for at in range(40)], [at / 25 for at in range(40)])
    content = bytearray(path.read_bytes())
    header, main = content.index(b"strh") + 8, content.index(b"avih") + 8
    content[header + 20 : header + 28] = bytes(8)  # scale and rate
    content[main : main + 4] = bytes(4)  # microseconds per frame
    path.write_bytes(content)
    rows, contents = read(tmp_path / "source", tmp_path, fps=5)
    frames = [row["frame"] for row in rows if row["sample_id"]]
    assert frames == list(range(len(frames))) and len(frames) >= 8
    reds = [float(np.asarray(Image.open(io.BytesIO(one)))[..., 0].mean()) for one in contents.values()]
    assert reds == sorted(reds) and reds[-1] - reds[0] > 150


def test_the_line_of_a_video_and_patterns_for_its_name_are_those_of_its_frames(tmp_path: Path) -> None:
    film(tmp_path / "source/a_happy_S1.mp4", seconds=0.4)
    film(tmp_path / "source/b_happy_S2.mp4", seconds=0.4)
    rows, _ = read(tmp_path / "source", tmp_path, fps=5)
    table = tmp_path / "metadata.csv"
    table.write_text("path,label,camera\na_happy_S1.mp4,sad,X\n", encoding="utf-8")
    metadata = read_metadata(table)
    assert add_metadata(rows, metadata, path=table) == []
    assert [json.loads(row["metadata"]) for row in rows] == [
        {"camera": "X", "clip": "a_happy_S1.mp4", "frame": "0"},
        {"camera": "X", "clip": "a_happy_S1.mp4", "frame": "1"},
        {"clip": "b_happy_S2.mp4", "frame": "0"},
        {"clip": "b_happy_S2.mp4", "frame": "1"},
    ]
    assert add_labels(rows, r"_(?P<label>[a-z]+)_S\d\.mp4$", metadata.labels) == []
    assert [row["label_raw"] for row in rows] == ["sad", "sad", "happy", "happy"]
    assert add_subjects(rows, r"(?P<subject>S\d)\.mp4$") == []
    assert [row["subject"] for row in rows] == ["S1", "S1", "S2", "S2"]


def test_a_source_whose_videos_are_all_unreadable_names_the_reason(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source/a.mp4").write_bytes(b"no video")
    with pytest.raises(SourceError, match=r"holds no image among 1 files .*unreadable video"):
        read(tmp_path / "source", tmp_path, fps=5)
