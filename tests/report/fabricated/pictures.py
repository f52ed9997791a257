"""Drawn faces, different for every number."""

import colorsys
import io

from PIL import Image, ImageDraw

SIDE_PX = 48


def face(number: int, *, heat: int = 0) -> Image.Image:
    """A face; with `heat`, a bright spot on it as an overlaid map has."""
    red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(number * 0.618 % 1, 0.35, 0.85))
    image = Image.new("RGB", (SIDE_PX, SIDE_PX), (90, 100 + number % 100, 120))
    draw = ImageDraw.Draw(image)
    draw.ellipse((6, 4, 42, 46), fill=(red, green, blue))
    for x in (17, 31):
        draw.ellipse((x - 3, 18, x + 3, 24), fill=(20, 20, 40))
    draw.arc((15, 26, 33, 40), 20 + number % 3 * 180, 160 + number % 3 * 180, fill=(120, 20, 30), width=3)
    if heat:
        x, y = 12 + heat * 7 % 24, 14 + heat * 11 % 20
        draw.ellipse((x, y, x + 14, y + 14), fill=(250, 180, 40))
    return image


def encoded(image: Image.Image, kind: str = "WEBP") -> bytes:
    file = io.BytesIO()
    image.save(file, kind, quality=75)
    return file.getvalue()
