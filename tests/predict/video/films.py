"""Small videos of drawn faces and of marked faces, and a detector that finds the marked ones."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from mien.align.geometry import Box, Face
from mien.sample.portrait import draw_portrait

RED, GREEN, BLUE = (220, 20, 20), (20, 200, 20), (20, 20, 220)
GROUND = (90, 90, 90)


def write_video(
    path: Path,
    images: Sequence[Image.Image],
    times_s: Sequence[float],
    *,
    codec: str = "mpeg4",
    pix_fmt: str = "yuv420p",
    turn_deg: int = 0,
    is_mirrored: bool = False,
    aspect: Fraction | None = None,
    colours: tuple[int, int, int] | None = None,
    **options: str,
) -> Path:
    """Writes images at times, in milliseconds precisely, so that a player turns them clockwise by `turn_deg` (after it has mirrored them).

    `colours` are primaries, transfer and matrix by their numbers in ITU-T H.273.
    """
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options={"bf": "0", **({"qscale": "2"} if codec == "mpeg4" else {}), **options})
        stream.width, stream.height = images[0].size
        stream.pix_fmt = pix_fmt
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        if turn_deg or is_mirrored:
            stream.set_display_rotation(-turn_deg, hflip=is_mirrored)
        if colours:
            context = stream.codec_context
            context.color_primaries, context.color_trc, context.colorspace = colours
        for image, time_s in zip(images, times_s, strict=True):
            frame = av.VideoFrame.from_image(image).reformat(format=pix_fmt)
            frame.pts, frame.time_base = round(time_s * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def room(size_px: tuple[int, int], seed: int = 0) -> Image.Image:
    """A grey background with light and dark patches."""
    levels = np.random.default_rng(seed).integers(20, 235, (9, 16), dtype=np.uint8)
    return Image.fromarray(levels).resize(size_px, Image.Resampling.NEAREST).convert("RGB")


def marked(size_px: tuple[int, int], faces: Sequence[tuple[Box, tuple[int, int, int]]], *, seed: int = 0) -> Image.Image:
    """A picture of a room with a block of colour for each face."""
    image = room(size_px, seed)
    for (left, top, right, bottom), colour in faces:
        ImageDraw.Draw(image).rectangle((left, top, right - 1, bottom - 1), fill=colour)
    return image


class Blocks:
    """Finds the blocks of `marked`, largest first; it counts how often it was asked."""

    def __init__(self) -> None:
        self.num_searched = 0

    def detect(self, image: Image.Image) -> list[Face]:
        self.num_searched += 1
        levels = np.asarray(image).astype(int)
        numbers, _ = ndimage.label(levels.max(axis=2) - levels.min(axis=2) > 90)
        found = []
        for rows, columns in ndimage.find_objects(numbers):
            if min(rows.stop - rows.start, columns.stop - columns.start) >= 8:
                found.append(face_in((columns.start, rows.start, columns.stop, rows.stop)))
        return sorted(found, key=lambda face: -face.side_px)


def face_in(box: Box, score: float = 0.9999) -> Face:
    """An upright face that fills a box."""
    left, top, right, bottom = box
    points = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]])
    return Face(tuple(map(float, box)), score, points * (right - left, bottom - top) + (left, top))


def portrait(seed: int, *, side_px: int = 140, label: str = "happy") -> Image.Image:
    """A drawn face of the embedded sample."""
    return draw_portrait(label, np.random.default_rng(seed), size_px=side_px).resize((side_px, side_px))


def pasted(size_px: tuple[int, int], parts: Sequence[tuple[Image.Image, tuple[int, int]]]) -> Image.Image:
    """Pictures at places on a plain ground."""
    image: Any = Image.new("RGB", size_px, GROUND)
    for part, at in parts:
        image.paste(part, at)
    return image
