"""Contact sheets: many small images with captions in one JPEG, for people and for MLflow. Shapes: S×S pixels, 3 colours."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mien.predict.drawing.overlay import Picture

PAPER, INK, FAINT = (255, 255, 255), (20, 20, 20), (110, 110, 110)
MARGIN_PX, GAP_PX, BETWEEN_PX, TEXT_PX, TITLE_PX = 12, 14, 2, 12, 18
CAPTION_PX = TEXT_PX + 8
JPEG_QUALITY = 85


@dataclass(frozen=True)
class Cell:
    """Images side by side (square, of any size) above one line of text."""

    pictures_SS3: Sequence[Picture]
    caption: str


@dataclass(frozen=True)
class Strip:
    """A row of cells below a line of text; if there are no cells, the line says so."""

    title: str
    cells: Sequence[Cell]


def contact_sheet(title: str, strips: Sequence[Strip], *, headings: Sequence[str] = (), picture_px: int = 96) -> bytes:
    """Return the sheet as JPEG, with images of side `picture_px`, cells of equal width and strips below each other; it is deterministic.

    `headings` of the columns, if there are any, stand above the first strip.
    """
    cells = [cell for strip in strips for cell in strip.cells]
    step_px = picture_px + BETWEEN_PX
    cell_px = step_px * max((len(cell.pictures_SS3) for cell in cells), default=1) - BETWEEN_PX
    num_columns = max((len(headings), *(len(strip.cells) for strip in strips), 1))
    headings_px = CAPTION_PX if headings else 0
    row_px = picture_px + CAPTION_PX
    width_px = max(2 * MARGIN_PX + num_columns * (cell_px + GAP_PX) - GAP_PX, 2 * MARGIN_PX + _length_px(title, TITLE_PX))
    heights_px = [CAPTION_PX + (row_px if strip.cells else 0) + GAP_PX for strip in strips]
    sheet = Image.new("RGB", (width_px, 2 * MARGIN_PX + TITLE_PX + GAP_PX + headings_px + sum(heights_px)), PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((MARGIN_PX, MARGIN_PX), title, INK, font=_font(TITLE_PX))
    top = MARGIN_PX + TITLE_PX + GAP_PX
    for column, heading in enumerate(headings):
        pen.text((MARGIN_PX + column * (cell_px + GAP_PX), top), _fitting(heading, cell_px), INK, font=_font(TEXT_PX))
    top += headings_px
    for strip, height_px in zip(strips, heights_px, strict=True):
        none = "" if strip.cells else ": none"
        pen.text(
            (MARGIN_PX, top), _fitting(strip.title + none, width_px - 2 * MARGIN_PX), INK if strip.cells else FAINT, font=_font(TEXT_PX)
        )
        for column, cell in enumerate(strip.cells):
            left, upper = MARGIN_PX + column * (cell_px + GAP_PX), top + CAPTION_PX
            for place, picture_SS3 in enumerate(cell.pictures_SS3):
                sheet.paste(_resized(picture_SS3, picture_px), (left + place * step_px, upper))
            pen.text((left, upper + picture_px + 2), _fitting(cell.caption, cell_px), FAINT, font=_font(TEXT_PX))
        top += height_px
    file = io.BytesIO()
    sheet.save(file, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return file.getvalue()


def _resized(picture_SS3: Picture, side_px: int) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(picture_SS3)).resize((side_px, side_px), Image.Resampling.BICUBIC)


def _fitting(text: str, width_px: int) -> str:
    """The text, shortened with … if it is wider than `width_px`."""
    if _length_px(text, TEXT_PX) <= width_px:
        return text
    while text and _length_px(text + "…", TEXT_PX) > width_px:
        text = text[:-1]
    return text + "…"


def _length_px(text: str, size_px: int) -> int:
    return int(np.ceil(_font(size_px).getlength(text)))


@cache
def _font(size_px: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans from matplotlib, which is the same on every machine and has the letters of most languages."""
    from matplotlib import get_data_path

    return ImageFont.truetype(str(Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), size_px)
