"""How a portrait is photographed: size, framing, pose, light and sharpness, drawn independently of the expression."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from mien.sample.canvas import SUPERSAMPLING, Points

ASPECTS = ((1.0, 1.0), (1.0, 1.0), (1.0, 1.12), (1.0, 1.25), (1.12, 1.0))


@dataclass(frozen=True)
class View:
    """Framing, pose and light of one image."""

    size_px: tuple[int, int]  # width, height
    head: float  # height of the head from chin to crown, as a share of the longer side
    centre: tuple[float, float]  # of the head, shares of the sides
    roll_deg: float
    yaw: float  # radians; features move to one side
    pitch: float
    light: tuple[float, float]  # direction of the light source, unit vector, y down
    contrast: float  # between light and shade on the face, 0-1
    slope: float  # how much darker the far side of the whole image is, 0-1
    exposure: float  # factor
    warmth: float  # -1 cold to 1 warm
    saturation: float  # factor
    blur_px: float
    noise: float  # standard deviation, grey levels


def draw_view(rng: np.random.Generator, *, size_px: int) -> View:
    """Draws a random view; `size_px` is the smallest side."""
    side = size_px * rng.uniform(1.0, 1.16)
    width, height = ASPECTS[rng.integers(len(ASPECTS))]
    angle = rng.uniform(0, 2 * np.pi)
    roll_deg = float(rng.uniform(-9, 9))
    return View(
        size_px=(round(side * width), round(side * height)),
        head=float(rng.uniform(0.64, 0.77)),
        centre=(float(rng.uniform(0.38, 0.62)), float(rng.uniform(0.41, 0.57))),
        roll_deg=roll_deg,
        yaw=float(rng.uniform(-0.14, 0.14)),
        pitch=float(rng.uniform(-0.07, 0.07)),
        light=(float(np.cos(angle)), float(-abs(np.sin(angle)))),
        contrast=float(rng.uniform(0.3, 1.0)),
        slope=float(rng.uniform(0.0, 0.3)),
        exposure=float(rng.uniform(0.88, 1.08)),
        warmth=float(rng.normal(0, 0.4)),
        saturation=float(rng.uniform(0.75, 1.15)),
        blur_px=float(max(0.0, rng.uniform(-0.6, 0.6))),
        noise=float(rng.uniform(0.3, 1.4)),
    )


def head_frame(view: View) -> Points:
    """The transform from head coordinates to pixels of the enlarged image, (2, 3)."""
    return _frame(view, view.roll_deg, pivot=(0.0, 0.0))


def body_frame(view: View) -> Points:
    """Like `head_frame`, but the body leans less than the head, because the neck bends at its root."""
    return _frame(view, 0.3 * view.roll_deg, pivot=(0.0, 1.05))


def turn(outline: Points, view: View) -> Points:
    """Moves points on the face as the head turns; points near the middle move most, because they are farthest in front."""
    x, y = outline[:, 0], outline[:, 1]
    depth = 0.62 * np.sqrt(np.clip(1 - (x / 0.95) ** 2 - (y / 1.3) ** 2, 0, 1))
    moved: Points = np.stack([x * np.cos(view.yaw) + depth * np.sin(view.yaw), y * np.cos(view.pitch) + depth * np.sin(view.pitch)], axis=1)
    return moved


def _frame(view: View, roll_deg: float, *, pivot: tuple[float, float]) -> Points:
    scale = SUPERSAMPLING * max(view.size_px) * view.head / 2
    offset = SUPERSAMPLING * np.array(view.size_px) * view.centre
    anchor = _rotation(view.roll_deg) @ np.array(pivot) * scale + offset
    rotation = _rotation(roll_deg)
    return np.concatenate([rotation * scale, (anchor - rotation @ np.array(pivot) * scale)[:, None]], axis=1)


def _rotation(degrees: float) -> Points:
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[cosine, -sine], [sine, cosine]])


def develop(picture: Image.Image, view: View, rng: np.random.Generator) -> Image.Image:
    """Applies the view's light to the image, with slight blur and noise, as in a photograph."""
    if view.blur_px > 0:
        picture = picture.filter(ImageFilter.GaussianBlur(view.blur_px))
    width, height = picture.size
    pixels = np.asarray(picture, dtype=np.float32) / 255
    # Not a product of matrices, in which BLAS rounds differently on other processors, so that the sample would have other bytes there.
    red, green, blue = (np.float32(weight) * pixels[..., channel] for channel, weight in enumerate((0.299, 0.587, 0.114)))
    grey = red + green + blue
    pixels = grey[..., None] + (pixels - grey[..., None]) * view.saturation
    across = np.linspace(-1, 1, width)[None, :] * view.light[0] + np.linspace(-1, 1, height)[:, None] * view.light[1]
    lit = view.exposure * (1 + view.slope * 0.5 * across)
    tint = 1 + view.warmth * np.array([0.07, 0.0, -0.09])
    pixels = pixels * lit[..., None] * tint
    pixels = np.where(pixels > 0.9, 0.9 + 0.1 * np.tanh((pixels - 0.9) / 0.1), pixels)  # highlights are compressed instead of clipped
    noise = rng.standard_normal((height, width, 1), dtype=np.float32) + 0.4 * rng.standard_normal((height, width, 3), dtype=np.float32)
    return Image.fromarray(np.clip(pixels * 255 + noise * view.noise, 0, 255).round().astype(np.uint8))
