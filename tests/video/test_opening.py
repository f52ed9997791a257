"""Which files are videos: by their content, whatever their names are."""

import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from mien.core.errors import PredictError
from mien.video.opening import begins_like_a_video, is_video
from tests.predict.video.films import RED, write_video


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    for suffix, codec in (
        ("mp4", "mpeg4"),
        ("mov", "mpeg4"),
        ("mkv", "mpeg4"),
        ("avi", "mpeg4"),
        ("webm", "libvpx-vp9"),
        ("ts", "libx264"),
        ("flv", "libx264"),
        ("ogv", "libtheora"),
        ("m2v", "mpeg2video"),
        ("h264", "libx264"),
    ):
        try:
            write_video(
                folder / f"film.{suffix}", [Image.new("RGB", (64, 48), RED)] * 8, [0.04 * number for number in range(8)], codec=codec
            )
        except ValueError:  # an encoder that this build of PyAV does not have
            continue
    return folder


def test_videos_are_recognised_without_their_names(films: Path, tmp_path: Path) -> None:
    found = {}
    for film in sorted(films.iterdir()):
        other = tmp_path / f"{film.suffix[1:]}.jpg"
        other.write_bytes(film.read_bytes())
        found[film.suffix] = is_video(other)
    assert len(found) >= 7 and all(found.values()), found


def test_images_texts_and_playlists_are_no_videos(films: Path, tmp_path: Path) -> None:
    image = Image.new("RGB", (64, 48), RED)
    for kind in ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF"):
        image.save(tmp_path / f"{kind}.mp4", kind)
    import pillow_heif

    pillow_heif.from_pillow(image).save(tmp_path / "HEIF.mp4", format="HEIF")
    (tmp_path / "text.mp4").write_text("no video\n" * 100)
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "list.mp4").write_text(f"ffconcat version 1.0\nfile '{films / 'film.mp4'}'\n")
    (tmp_path / "stream.m3u8").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{films / 'film.ts'}\n#EXT-X-ENDLIST\n")
    files = sorted(tmp_path.iterdir())
    assert len(files) == 12 and [file.name for file in files if is_video(file)] == []
    os.mkfifo(tmp_path / "pipe.mp4")  # to open it would wait for a writer
    assert not is_video(tmp_path) and not is_video(tmp_path / "missing.mp4") and not is_video(tmp_path / "pipe.mp4")


def test_a_video_whose_end_is_missing_is_still_taken_for_one(films: Path, tmp_path: Path) -> None:
    for suffix in ("mp4", "mkv", "avi", "webm", "ts"):
        (tmp_path / suffix).write_bytes((films / f"film.{suffix}").read_bytes()[:600])
        assert is_video(tmp_path / suffix), suffix


def test_without_pyav_a_video_says_what_to_install_and_a_photograph_needs_nothing(
    films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    (tmp_path / "a.txt").write_text("no video")
    monkeypatch.setitem(sys.modules, "av", None)
    assert not is_video(tmp_path / "a.png") and not is_video(tmp_path / "a.txt")
    with pytest.raises(PredictError, match=r"pip install 'mien\[video\]'") as caught:
        is_video(films / "film.mp4")
    assert "\n" not in str(caught.value)


def test_a_photograph_of_a_phone_does_not_begin_like_a_video() -> None:
    assert not begins_like_a_video(b"\0\0\0\x18ftypheic" + bytes(400)) and begins_like_a_video(b"\0\0\0\x18ftypisom" + bytes(400))
