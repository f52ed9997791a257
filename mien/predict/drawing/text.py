"""Text and bars for pictures that people look at: the font that comes with Pillow, colours, and text that fits its place."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from PIL import ImageFont

from mien.core.printable import one_line

Colour = tuple[int, int, int]

PAPER: Colour = (255, 255, 255)
INK: Colour = (25, 25, 25)
FAINT: Colour = (105, 105, 105)
TRACK: Colour = (232, 232, 232)
# Okabe and Ito's colours, which people with any kind of colour blindness tell apart, without yellow, which is faint on white.
COLOURS: Sequence[Colour] = ((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (230, 159, 0), (0, 0, 0))


@cache
def font(size_px: int) -> Any:
    """The font of Pillow in a size. It has the letters of European languages only."""
    return ImageFont.load_default(size_px)


def width_px(text: str, size_px: int) -> int:
    """The width of a line of text."""
    return int(font(size_px).getlength(text) + 0.999)


def fitting(text: str, size_px: int, *, room_px: int) -> str:
    """The text on one line, shortened with … if it is wider than `room_px`."""
    text = one_line(text)
    if width_px(text, size_px) <= room_px:
        return text
    while text and width_px(text + "…", size_px) > room_px:
        text = text[:-1]
    return text + "…"
