"""Draws the background behind the person: plain walls, gradients, shapes, simple scenery."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from mien.sample.canvas import Colour
from mien.sample.colours import CLOTH, darker, lighter, mix, pick

KINDS = ("plain", "linear", "radial", "halo", "stripes", "bokeh", "blobs", "hills", "window", "tiles", "halves")
_SIDE = 256  # drawn as a square, then fitted to the image


def draw_background(rng: np.random.Generator, size_px: tuple[int, int]) -> Image.Image:
    """A background image of the given size."""
    kind = KINDS[rng.integers(len(KINDS))]
    first = pick(CLOTH, rng, 14)
    second = mix(pick(CLOTH, rng, 14), first, 0.5)
    if rng.random() < 0.3:
        first = darker(first, float(rng.uniform(0.2, 0.6)))
    if kind in ("plain", "linear", "radial"):
        return _gradient(kind, first, mix(first, second, 0.6), rng).resize(size_px, Image.Resampling.BILINEAR)
    picture = Image.new("RGB", (_SIDE, _SIDE), first)
    _SHAPES[kind](ImageDraw.Draw(picture), first, second, rng)
    if kind != "halo":  # out of focus, as behind a portrait
        picture = picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(2, 7))))
    return picture.resize(size_px, Image.Resampling.BILINEAR)


def _gradient(kind: str, first: Colour, second: Colour, rng: np.random.Generator) -> Image.Image:
    y, x = np.mgrid[-1 : 1 : _SIDE * 1j, -1 : 1 : _SIDE * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    if kind == "plain":
        share = np.full_like(x, 0.05)
    elif kind == "linear":
        share = (x * np.cos(angle) + y * np.sin(angle)) / 2.8 + 0.5
    else:
        share = np.clip(np.hypot(x - 0.4 * np.cos(angle), y - 0.4 * np.sin(angle)) / 1.6, 0, 1)
    pixels = np.array(first) + (np.array(second) - np.array(first)) * share[..., None]
    return Image.fromarray(pixels.round().astype(np.uint8))


def _halo(draw: ImageDraw.ImageDraw, _first: Colour, second: Colour, rng: np.random.Generator) -> None:
    x, y, radius = rng.uniform(0.42, 0.58) * _SIDE, rng.uniform(0.40, 0.60) * _SIDE, rng.uniform(0.40, 0.50) * _SIDE
    draw.circle((x, y), radius, fill=second)


def _stripes(draw: ImageDraw.ImageDraw, first: Colour, second: Colour, rng: np.random.Generator) -> None:
    width, lean = int(rng.integers(14, 40)), int(rng.integers(-120, 121))
    for x in range(-_SIDE, 2 * _SIDE, 2 * width):
        draw.polygon([(x, 0), (x + width, 0), (x + width + lean, _SIDE), (x + lean, _SIDE)], fill=mix(first, second, 0.3))


def _bokeh(draw: ImageDraw.ImageDraw, first: Colour, second: Colour, rng: np.random.Generator) -> None:
    draw.rectangle((0, 0, _SIDE, _SIDE), fill=darker(first, 0.4))
    for _ in range(int(rng.integers(12, 26))):
        glow = lighter(mix(first, second, float(rng.random())), float(rng.uniform(0, 0.5)))
        draw.circle((rng.uniform(0, _SIDE), rng.uniform(0, _SIDE)), rng.uniform(6, 26), fill=glow)


def _blobs(draw: ImageDraw.ImageDraw, first: Colour, second: Colour, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(3, 7))):
        angles = np.linspace(0, 2 * np.pi, 40)
        radius = rng.uniform(30, 80) * (1 + 0.25 * np.sin(rng.integers(2, 5) * angles + rng.uniform(0, 6)))
        x, y = rng.uniform(0, _SIDE, size=2)
        outline = np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], axis=1)
        draw.polygon(outline.ravel().tolist(), fill=mix(first, second, float(rng.uniform(0.15, 0.6))))


def _hills(draw: ImageDraw.ImageDraw, _first: Colour, second: Colour, rng: np.random.Generator) -> None:
    sky = mix((160, 206, 236), (250, 206, 170), float(rng.random()))
    draw.rectangle((0, 0, _SIDE, _SIDE), fill=sky)
    draw.circle((rng.uniform(20, 236), rng.uniform(20, 70)), rng.uniform(14, 26), fill=(255, 240, 200))
    for row, level in enumerate((0.45, 0.6, 0.75)):
        x = np.linspace(0, _SIDE, 40)
        y = level * _SIDE + 18 * np.sin(x / rng.uniform(24, 50) + rng.uniform(0, 6))
        green = darker(mix((120, 178, 120), second, 0.3), 0.15 * row)
        draw.polygon([(0, _SIDE), *zip(x.tolist(), y.tolist(), strict=True), (_SIDE, _SIDE)], fill=green)


def _window(draw: ImageDraw.ImageDraw, first: Colour, second: Colour, rng: np.random.Generator) -> None:
    left, top = rng.uniform(-60, 150), rng.uniform(0, 60)
    draw.rectangle((left, top, left + 130, top + 150), fill=lighter(second, 0.85))
    draw.rectangle((left + 8, top + 8, left + 122, top + 142), fill=mix((176, 216, 240), second, 0.2))
    draw.rectangle((left + 61, top, left + 69, top + 150), fill=lighter(second, 0.85))
    draw.rectangle((left, top + 70, left + 130, top + 78), fill=lighter(second, 0.85))
    draw.rectangle((0, 215, _SIDE, _SIDE), fill=darker(first, 0.3))


def _tiles(draw: ImageDraw.ImageDraw, first: Colour, second: Colour, rng: np.random.Generator) -> None:
    height = int(rng.integers(22, 44))
    for row, y in enumerate(range(0, _SIDE, height)):
        for x in range(-2 * height * (row % 2), _SIDE, 2 * height + 20):
            draw.rectangle((x, y, x + 2 * height + 16, y + height - 4), fill=mix(first, second, float(rng.uniform(0.1, 0.45))))


def _halves(draw: ImageDraw.ImageDraw, _first: Colour, second: Colour, rng: np.random.Generator) -> None:
    top, bottom = rng.uniform(0.1, 0.9, size=2) * _SIDE
    draw.polygon([(top, 0), (_SIDE, 0), (_SIDE, _SIDE), (bottom, _SIDE)], fill=second)


_SHAPES = {
    "halo": _halo, "stripes": _stripes, "bokeh": _bokeh, "blobs": _blobs, "hills": _hills, "window": _window, "tiles": _tiles,
    "halves": _halves,
}  # fmt: skip
