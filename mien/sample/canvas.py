"""A drawing surface in face coordinates: smooth shapes, tapered strokes, soft shading and clipping, drawn enlarged and reduced once.

Points are (n, 2) arrays in the units of the current frame (for a head, the chin is at y = 1, the crown at y = -1, and x points right).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Points = npt.NDArray[np.float64]
Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]

SUPERSAMPLING = 3
_SOFT_REDUCTION = 4


def points(*pairs: tuple[float, float]) -> Points:
    """Returns the pairs as an (n, 2) array."""
    return np.array(pairs, dtype=np.float64)


def shifted(outline: Points, x: float, y: float) -> Points:
    """Returns the points moved by (x, y)."""
    moved: Points = outline + np.array([x, y])
    return moved


def mirrored(right: Points) -> Points:
    """A closed left-right symmetric outline, made from its right half, which is given from top to bottom."""
    return np.concatenate([right, (right * (-1, 1))[::-1]])


def smooth(control: Points, *, closed: bool = True, samples: int = 8) -> Points:
    """A Catmull-Rom curve through the control points, (n * samples, 2)."""
    if closed:
        before, start, end, after = (np.roll(control, shift, axis=0) for shift in (1, 0, -1, -2))
    else:
        padded = np.concatenate([2 * control[:1] - control[1:2], control, 2 * control[-1:] - control[-2:-1]])
        before, start, end, after = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = np.linspace(0, 1, samples, endpoint=False)[None, :, None]
    before, start, end, after = (part[:, None, :] for part in (before, start, end, after))
    curve = 0.5 * (
        2 * start + (end - before) * t + (2 * before - 5 * start + 4 * end - after) * t**2 + (3 * start - before - 3 * end + after) * t**3
    )
    flat: Points = curve.reshape(-1, 2)
    return flat if closed else np.concatenate([flat, control[-1:]])


def curve(*pairs: tuple[float, float]) -> Points:
    """An open smooth line through the pairs."""
    return smooth(points(*pairs), closed=False)


def shape(*pairs: tuple[float, float]) -> Points:
    """A closed smooth outline through the pairs."""
    return smooth(points(*pairs))


def symmetric(*pairs: tuple[float, float]) -> Points:
    """A closed smooth outline, left-right symmetric, through the pairs of its right half, given from top to bottom."""
    return smooth(mirrored(points(*pairs)))


def oval(centre: tuple[float, float], radius_x: float, radius_y: float | None = None) -> Points:
    """An ellipse as a polygon."""
    angle = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    return np.stack([centre[0] + radius_x * np.cos(angle), centre[1] + (radius_y or radius_x) * np.sin(angle)], axis=1)


class Canvas:
    """An RGB image under construction. `frame` maps points to pixels of the enlarged image: points @ frame[:, :2].T + frame[:, 2]."""

    def __init__(self, size_px: tuple[int, int], background: Image.Image) -> None:
        self.image = background.resize((size_px[0] * SUPERSAMPLING, size_px[1] * SUPERSAMPLING), Image.Resampling.BILINEAR)
        self.frame: Points = np.array([[1.0, 0, 0], [0, 1, 0]])

    def reduced(self) -> Image.Image:
        """Returns the image at its final size, antialiased."""
        return self.image.reduce(SUPERSAMPLING)

    def fill(self, outline: Points, colour: Colour, alpha: float = 1.0) -> None:
        """Draws a filled polygon."""
        self.ring(outline, None, colour, alpha)

    def ring(self, outline: Points, hole: Points | None, colour: Colour, alpha: float = 1.0) -> None:
        """Draws a filled polygon with a hole."""
        pixels = self._pixels(outline)
        if hole is None and alpha >= 1:
            ImageDraw.Draw(self.image).polygon(_flat(pixels), fill=colour)
            return
        box = self._box(pixels)
        if box is None:
            return
        mask = _mask(pixels, box, level=round(255 * alpha))
        if hole is not None:
            ImageDraw.Draw(mask).polygon(_flat(self._pixels(hole) - box[:2]), fill=0)
        self.image.paste(colour, box, mask)

    def stroke(self, line: Points, width: float | Sequence[float], colour: Colour, alpha: float = 1.0) -> None:
        """Draws a line with round ends; `width`, in units of the frame, is one value or values from start to end."""
        widths = np.interp(np.linspace(0, 1, len(line)), np.linspace(0, 1, np.size(width)), np.atleast_1d(np.asarray(width, dtype=float)))
        along = np.gradient(line, axis=0)
        across = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
        half = across * widths[:, None] / 2
        self.fill(np.concatenate([line + half, (line - half)[::-1]]), colour, alpha)
        if alpha >= 1:
            for end, thickness in ((line[0], widths[0]), (line[-1], widths[-1])):
                self.fill(oval((end[0], end[1]), max(thickness / 2, 1e-3)), colour)

    def soft(self, outline: Points, colour: Colour, alpha: float, blur: float) -> None:
        """Draws a filled polygon with a soft edge; `blur` is in units of the frame."""
        pixels = self._pixels(outline)
        radius_px = blur * float(np.hypot(*self.frame[:, 0]))
        box = self._box(pixels, margin_px=2 * radius_px)
        if box is None or alpha <= 0:
            return
        small = max(1, (box[2] - box[0]) // _SOFT_REDUCTION), max(1, (box[3] - box[1]) // _SOFT_REDUCTION)
        mask = Image.new("L", small)
        ImageDraw.Draw(mask).polygon(_flat((pixels - box[:2]) / _SOFT_REDUCTION), fill=round(255 * min(alpha, 1)))
        mask = mask.filter(ImageFilter.GaussianBlur(radius_px / _SOFT_REDUCTION))
        self.image.paste(colour, box, mask.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.BILINEAR))

    @contextmanager
    def clip(self, outline: Points) -> Iterator[None]:
        """Restricts drawing inside the block to the inside of the polygon."""
        inside, before = _mask(self._pixels(outline), (0, 0, *self.image.size), level=255), self.image.copy()
        yield
        self.image = Image.composite(self.image, before, inside)

    def _pixels(self, outline: Points) -> Points:
        mapped: Points = outline @ self.frame[:, :2].T + self.frame[:, 2]
        return mapped

    def _box(self, pixels: Points, margin_px: float = 1.0) -> Box | None:
        left, top = np.floor(np.maximum(pixels.min(axis=0) - margin_px, 0)).astype(int)
        right, bottom = np.ceil(np.minimum(pixels.max(axis=0) + margin_px, self.image.size)).astype(int)
        return (int(left), int(top), int(right), int(bottom)) if right > left and bottom > top else None


def _mask(pixels: Points, box: Box, *, level: int) -> Image.Image:
    mask = Image.new("L", (box[2] - box[0], box[3] - box[1]))
    ImageDraw.Draw(mask).polygon(_flat(pixels - box[:2]), fill=level)
    return mask


def _flat(pixels: Points) -> list[float]:
    flat: list[float] = pixels.ravel().tolist()
    return flat
