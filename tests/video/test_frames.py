"""Frames of video files: their times, their place and shape as a player shows them, their colours, and what is said of damaged files."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageOps

from mien.convert.decoding.reasons import Undecodable
from mien.video.frames import Frame, Reading
from mien.video.opening import open_video
from tests.predict.video.films import BLUE, GREEN, RED, write_video

SIZE = (64, 48)


def quarters(size_px: tuple[int, int] = SIZE) -> Image.Image:
    """A picture that no turn and no mirror leaves as it is."""
    image = Image.new("RGB", (2, 2))
    image.putdata([RED, GREEN, BLUE, (200, 200, 200)])
    return image.resize(size_px, Image.Resampling.NEAREST)


def frames_of(path: Path, *, every_s: float = 0.0, max_megapixels: float = 10.0) -> list[Frame]:
    with open_video(path) as video:
        return list(Reading(video, every_s, max_megapixels))


def fault_of(path: Path) -> tuple[int, Undecodable | None]:
    with open_video(path) as video:
        reading = Reading(video, 0, 10)
        return len(list(reading)), reading.fault()


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    """The colours in the middle of the quarters."""
    return [tuple(image.resize((2, 2), Image.Resampling.BOX).getpixel((x, y))) for y in (0, 1) for x in (0, 1)]


@pytest.mark.parametrize(
    ("suffix", "codec"), [("mp4", "mpeg4"), ("mkv", "libx264"), ("mov", "libx264"), ("webm", "libvpx-vp9"), ("ts", "libx264")]
)
def test_times_are_those_written_minus_the_first_also_of_a_variable_rate(tmp_path: Path, suffix: str, codec: str) -> None:
    times_s = [0.2, 0.24, 0.3, 0.6, 0.61, 1.4, 1.9]
    path = write_video(tmp_path / f"film.{suffix}", [quarters()] * len(times_s), times_s, codec=codec)
    found = [frame.time_s for frame in frames_of(path)]
    np.testing.assert_allclose(found, np.array(times_s) - 0.2, atol=1e-9 if suffix != "ts" else 1e-4)
    assert [round(frame.time_s, 2) for frame in frames_of(path, every_s=0.5)] == [0.0, 1.2, 1.7], "the first in each half second"


def test_frames_without_time_stamps_have_the_times_of_the_stream_s_rate(tmp_path: Path) -> None:
    path = write_video(tmp_path / "film.h264", [quarters()] * 6, [0.04 * number for number in range(6)], codec="libx264")
    np.testing.assert_allclose([frame.time_s for frame in frames_of(path)], 0.04 * np.arange(6), atol=1e-9)


@pytest.mark.parametrize("is_mirrored", [False, True])
@pytest.mark.parametrize("turn_deg", [0, 90, 180, 270])
def test_frames_are_turned_and_mirrored_as_by_a_player(tmp_path: Path, turn_deg: int, is_mirrored: bool) -> None:
    path = write_video(tmp_path / "film.mp4", [quarters()] * 2, [0, 0.1], turn_deg=turn_deg, is_mirrored=is_mirrored)
    shown = frames_of(path)[1].image
    expected = quarters().rotate(-turn_deg, expand=True)  # PIL turns anticlockwise
    expected = ImageOps.mirror(expected) if is_mirrored else expected
    assert shown.size == expected.size
    np.testing.assert_allclose(corners(shown), corners(expected), atol=12)


@pytest.mark.parametrize(
    ("aspect", "size"), [(Fraction(2), (128, 48)), (Fraction(1, 2), (64, 96)), (Fraction(4, 3), (85, 48)), (Fraction(1), SIZE)]
)
def test_pixels_are_made_square_before_the_frame_is_turned(tmp_path: Path, aspect: Fraction, size: tuple[int, int]) -> None:
    plain = write_video(tmp_path / "plain.mp4", [quarters()] * 2, [0, 0.1], codec="libx264", aspect=aspect)
    turned = write_video(tmp_path / "turned.mp4", [quarters()] * 2, [0, 0.1], codec="libx264", aspect=aspect, turn_deg=90)
    assert frames_of(plain)[0].image.size == size and frames_of(turned)[0].image.size == size[::-1]


@pytest.mark.parametrize(("height_px", "named", "matrix"), [(48, 1, "709"), (48, 6, "601"), (48, 2, "601"), (720, 2, "709")])
def test_the_matrix_of_colours_is_the_one_named_or_else_that_of_the_size(tmp_path: Path, height_px: int, named: int, matrix: str) -> None:
    red, blue = {"709": (0.2126, 0.0722), "601": (0.299, 0.114)}[matrix]
    luma = 16 + 219 * red  # of pure red
    levels = (round(luma), round(128 - 224 * red / (2 * (1 - blue))), 240)
    planes = [
        np.full((height_px if number == 0 else height_px // 2, 64 if number == 0 else 32), level, np.uint8)
        for number, level in enumerate(levels)
    ]
    path = tmp_path / "red.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, height_px, "yuv420p"
        stream.codec_context.colorspace = named
        frame = av.VideoFrame.from_ndarray(np.concatenate([plane.ravel() for plane in planes]).reshape(-1, 64), "yuv420p")
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    np.testing.assert_allclose(frames_of(path)[0].image.getpixel((30, 20)), (255, 0, 0), atol=3)


@pytest.mark.parametrize(("transfer", "level"), [(16, 0.5806), (18, 0.75)])  # the levels of reference white (BT.2408)
def test_the_light_of_hdr_becomes_that_of_a_photograph(tmp_path: Path, transfer: int, level: float) -> None:
    path = tmp_path / "hdr.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p10le"
        context = stream.codec_context
        context.color_primaries, context.color_trc, context.colorspace = 9, transfer, 9
        grey = np.full((48 * 3 // 2, 64), 512, np.uint16)
        grey[:48] = round(64 + 876 * level)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, "yuv420p10le")))
        container.mux(stream.encode())
    np.testing.assert_allclose(frames_of(path)[0].image.getpixel((30, 20)), (255, 255, 255), atol=3)


def test_videos_of_ten_bits_are_read(tmp_path: Path) -> None:
    path = write_video(
        tmp_path / "film.mp4", [quarters()] * 2, [0, 0.1], codec="libx265", pix_fmt="yuv420p10le", **{"x265-params": "log-level=none"}
    )
    np.testing.assert_allclose(corners(frames_of(path)[0].image), corners(quarters()), atol=12)


def test_the_end_that_is_missing_is_told(tmp_path: Path) -> None:
    noise = [Image.fromarray(np.random.default_rng(number).integers(0, 255, (48, 64, 3), dtype=np.uint8)) for number in range(50)]
    whole, cut = tmp_path / "whole.mp4", tmp_path / "cut.mp4"
    with av.open(str(whole), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for image in noise:
            container.mux(stream.encode(av.VideoFrame.from_image(image)))
        container.mux(stream.encode())
    content = whole.read_bytes()
    cut.write_bytes(content[: len(content) // 2])
    assert fault_of(whole) == (50, None)
    number, fault = fault_of(cut)
    assert 15 < number < 35 and fault is not None and fault.reason == "truncated" and "of 2.0 s can be decoded" in fault.detail


def test_a_last_frame_that_is_shown_long_is_no_missing_end(tmp_path: Path) -> None:
    path = tmp_path / "slides.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for time_ms in (0, 3000):
            frame = av.VideoFrame.from_image(quarters())
            frame.pts, frame.time_base = time_ms, Fraction(1, 1000)
            for packet in stream.encode(frame):
                packet.duration = 3000
                container.mux(packet)
        for packet in stream.encode():
            packet.duration = 3000
            container.mux(packet)
    assert fault_of(path) == (2, None)


@pytest.mark.parametrize("kind", ["sound", "index", "empty", "cut"])
def test_a_file_without_frames_has_a_reason(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "film.mp4"
    if kind == "sound":
        with av.open(str(path), "w") as container:
            stream = container.add_stream("aac", rate=44100)
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 4410), np.int16), format="s16", layout="mono")
            frame.rate = 44100
            container.mux(stream.encode(frame))
            container.mux(stream.encode())
    elif kind == "empty":
        path.write_bytes(b"")
    else:
        content = write_video(path, [quarters()] * 5, [0.1 * number for number in range(5)]).read_bytes()
        path.write_bytes(content[:40] if kind == "cut" else content[: content.index(b"moov") - 4])
    with pytest.raises(Undecodable) as caught:
        frames_of(path)
    assert caught.value.reason == ("unsupported" if kind == "sound" else "corrupt") and "\n" not in caught.value.detail


def test_frames_that_are_too_large_are_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "film.mp4", [quarters()] * 2, [0, 0.1])
    with pytest.raises(Undecodable, match=r"64 x 48"):
        frames_of(path, max_megapixels=0.003)
