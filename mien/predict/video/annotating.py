"""Writes a video with the answers drawn into its frames; its sound is left out."""

from bisect import bisect_right
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from PIL import Image

from mien.core.files import replacing_file
from mien.predict.answer import Answer
from mien.predict.drawing.annotation import MAX_PANELS, annotated, layout_for
from mien.predict.placing import Corners
from mien.predict.preparing import FaceImage
from mien.predict.rows import Row
from mien.video.frames import Reading
from mien.video.opening import load_av, open_video

_TIME_BASE = Fraction(1, 90_000)  # seconds; a multiple of the common frame rates
_BT709, _NARROW = 1, 1  # by their numbers in ITU-T H.273 and in FFmpeg
_ENCODERS = (("libx264", {"crf": "20", "preset": "veryfast", "bf": "0"}), ("mpeg4", {"qscale": "3", "bf": "0"}))


def write_annotated(source: Path, path: Path, answered: Sequence[list[Row]], answer: Answer) -> None:
    """Writes an MP4 of all frames of a video, at their times, with the answers of `answered`, frame by frame, in order of time.

    Between two answered frames the words of the first stay, and boxes move evenly to their places in the second. Raises StorageError.
    """
    num_panels = min(MAX_PANELS, max(sum(row.probabilities is not None for row in rows) for rows in answered))
    with replacing_file(path) as temporary, open_video(source) as video, ExitStack() as stack:
        written: _Output | None = None
        for frame in Reading(video, 0, answer.decode.max_megapixels):
            layout = layout_for(frame.image.size, answer, num_panels=num_panels)
            picture = annotated(frame.image, rows_at(answered, frame.time_s), answer, layout)
            written = written or stack.enter_context(_Output(temporary, picture.size, video.stream.average_rate))
            written.add(picture, frame.time_s)


def rows_at(answered: Sequence[list[Row]], time_s: float) -> list[Row]:
    """The rows of the last frame until a time, with the boxes where they are at that time on their way to the next frame."""
    place = max(0, bisect_right(answered, time_s + 1e-6, key=_time) - 1)
    rows = answered[place]
    if place + 1 == len(answered):
        return rows
    after = {row.face: row for row in answered[place + 1]}
    share = min(1.0, max(0.0, (time_s - _time(rows)) / max(1e-9, _time(answered[place + 1]) - _time(rows))))
    return [_moved(row, after.get(row.face), share) for row in rows]


def _moved(row: Row, after: Row | None, share: float) -> Row:
    if row.image is None or row.image.box is None or after is None or after.image is None or after.image.box is None:
        return row
    left, top, right, bottom = (a + share * (b - a) for a, b in zip(row.image.box, after.image.box, strict=True))
    return replace(row, image=replace(row.image, box=(left, top, right, bottom), corners=_between(row.image, after.image, share)))


def _between(before: FaceImage, after: FaceImage, share: float) -> Corners | None:
    if before.corners is None or after.corners is None or before.turn_deg != after.turn_deg:
        return before.corners
    first, second, third, fourth = (
        (x0 + share * (x1 - x0), y0 + share * (y1 - y0)) for (x0, y0), (x1, y1) in zip(before.corners, after.corners, strict=True)
    )
    return first, second, third, fourth


def _time(rows: list[Row]) -> float:
    return rows[0].time_s or 0.0


class _Output:
    """An MP4 file that is being written."""

    def __init__(self, path: Path, size_px: tuple[int, int], rate: Fraction | None) -> None:
        self._av = load_av()
        name, options = next((name, options) for name, options in _ENCODERS if name in self._av.codecs_available)
        self._size_px = size_px
        self._container = self._av.open(str(path), "w", format="mp4")
        self._stream = self._container.add_stream(name, rate=Fraction(rate or 25).limit_denominator(1001), options=options)
        self._stream.width, self._stream.height = size_px
        self._stream.pix_fmt = "yuv420p"
        context = self._stream.codec_context
        context.time_base = self._stream.time_base = _TIME_BASE
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range = _NARROW
        self._last = -1

    def __enter__(self) -> "_Output":
        return self

    def add(self, picture: Image.Image, time_s: float) -> None:
        """Adds a frame; one of another size than the first, as after a change within a recording, is fitted to it."""
        if picture.size != self._size_px:
            picture = picture.resize(self._size_px)
        frame = self._av.VideoFrame.from_image(picture).reformat(format="yuv420p", dst_colorspace=_BT709)
        self._last = max(self._last + 1, round(time_s / _TIME_BASE))
        frame.pts, frame.time_base = self._last, _TIME_BASE
        self._container.mux(self._stream.encode(frame))

    def __exit__(self, kind: Any, *_: object) -> None:
        try:
            if kind is None:
                self._container.mux(self._stream.encode())
        finally:
            self._container.close()
