"""Draws the answers for a picture: boxes and labels in it, and the probabilities as bars on a panel at its right.

The panel is added to the picture, because bars in a picture that is filled by a face would hide the face. Apart from boxes and their labels
no pixel of the picture is changed, unless maps are laid over the faces.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from mien.align.geometry import Box
from mien.predict.answer import Answer
from mien.predict.drawing.heat import lay_map
from mien.predict.drawing.text import COLOURS, FAINT, INK, PAPER, TRACK, fitting, font, width_px
from mien.predict.placing import scaled
from mien.predict.rows import Row

MAX_PANELS = 6
"""the largest faces of a picture have bars; all have boxes and labels"""
_LEAST_SIDE_PX = 240
_LEAST_TEXT_PX = 12
_LINE = 1.35  # height of a line, in text sizes


@dataclass(frozen=True)
class Layout:
    """Where things are drawn, in pixels of the annotated picture.

    Args:
        scale: each pixel of a small picture is drawn as `scale` × `scale` pixels.
        picture_px: width and height of the picture after that; it lies at the top left.
        text_px: size of the text on the panel.
        panel_px: width of a column of the panel, and height of the bars of one face.
        per_column: how many faces stand below each other.
        size_px: width and height of the annotated picture; both are even, as videos need it.
    """

    scale: int
    picture_px: tuple[int, int]
    text_px: int
    panel_px: tuple[int, int]
    per_column: int
    size_px: tuple[int, int]


def layout_for(picture_px: tuple[int, int], answer: Answer, *, num_panels: int) -> Layout:
    """The layout for a picture of a size, with the bars of `num_panels` faces."""
    scale = max(1, math.ceil(_LEAST_SIDE_PX / min(picture_px)))
    width, height = (side * scale for side in picture_px)
    text_px = max(_LEAST_TEXT_PX, round(min(width, height) / (28 if num_panels <= 2 else 40)))
    names_px = max(width_px(fitting(name, text_px, room_px=12 * text_px), text_px) for name in answer.classes)
    panel = (names_px + 11 * text_px, round((len(answer.classes) + 2) * _LINE * text_px))
    per_column = max(1, height // panel[1])
    columns = math.ceil(max(1, num_panels) / per_column)
    size = (width + columns * panel[0], max(height, panel[1]))
    return Layout(scale, (width, height), text_px, panel, per_column, (size[0] + size[0] % 2, size[1] + size[1] % 2))


def annotated(image: Image.Image, rows: Sequence[Row], answer: Answer, layout: Layout | None = None) -> Image.Image:
    """The upright RGB picture of `rows` with their answers; without a layout, one for their number."""
    shown = sorted((row for row in rows if row.probabilities is not None), key=lambda row: -_area(row))[:MAX_PANELS]
    plan = layout or layout_for(image.size, answer, num_panels=len(shown))
    canvas = Image.new("RGB", plan.size_px, PAPER)
    canvas.paste(image.resize(plan.picture_px, Image.Resampling.NEAREST) if plan.scale > 1 else image)
    for row in rows:
        if row.image is not None and row.image.corners is not None and (map_hw := row.map(answer)) is not None:
            lay_map(canvas, map_hw, scaled(row.image.corners, plan.scale), within_px=plan.picture_px)
    pen = ImageDraw.Draw(canvas)
    for row in rows:
        if row.image is not None and row.image.box is not None:
            _draw_box(pen, row, plan, is_numbered=len(rows) > 1 or row.time_s is not None)
    for place, row in enumerate(sorted(shown, key=lambda row: row.face or 0)):
        column, step = divmod(place, plan.per_column)
        left, top = plan.picture_px[0] + column * plan.panel_px[0], step * plan.panel_px[1]
        _draw_bars(pen, row, answer, plan, at=(left, top), is_numbered=len(rows) > 1 or row.time_s is not None)
    if not shown:
        room_px = plan.panel_px[0] - plan.text_px
        words = fitting((rows[0].reason or "no answer").replace("_", " ") if rows else "no answer", plan.text_px, room_px=room_px)
        pen.text((plan.picture_px[0] + plan.text_px // 2, plan.text_px // 2), words, FAINT, font=font(plan.text_px))
    return canvas


def heading(row: Row, *, is_numbered: bool) -> str:
    """The answer in words: 'happy 93 %', or 'not sure: happy 41 %', after the number of the face."""
    answer = f"{row.label} {row.confidence:.0%}"
    return f"{f'{row.face}  ' if is_numbered and row.face else ''}{'not sure: ' if row.unsure else ''}{answer}"


def _draw_box(pen: ImageDraw.ImageDraw, row: Row, plan: Layout, *, is_numbered: bool) -> None:
    assert row.image is not None and row.image.box is not None
    left, top, right, bottom = _on_canvas(row.image.box, plan)
    line_px = max(1, plan.text_px // 10)
    for colour, inset in ((INK, 0), (PAPER, line_px), (INK, 2 * line_px)):  # black, white, black shows on every ground
        if right - left > 2 * inset and bottom - top > 2 * inset:
            pen.rectangle((left + inset, top + inset, right - inset, bottom - inset), outline=colour, width=line_px)
    if row.label is None:
        return
    text_px = max(_LEAST_TEXT_PX - 2, min(plan.text_px, round((right - left) / 7)))
    width, height = plan.picture_px
    words = fitting(heading(row, is_numbered=is_numbered), text_px, room_px=width - text_px)
    room_px, line = width_px(words, text_px) + text_px // 2, round(_LINE * text_px)
    x = max(0, min(left, width - room_px))
    y = top - line if top >= line else min(bottom, height - line)
    pen.rectangle((x, y, x + room_px - 1, y + line - 1), fill=INK)
    pen.text((x + text_px // 4, y + line // 2), words, PAPER, font=font(text_px), anchor="lm")


def _draw_bars(pen: ImageDraw.ImageDraw, row: Row, answer: Answer, plan: Layout, *, at: tuple[int, int], is_numbered: bool) -> None:
    assert row.probabilities is not None
    text_px, line = plan.text_px, _LINE * plan.text_px
    left, right = at[0] + text_px // 2, at[0] + plan.panel_px[0] - text_px // 2
    words = fitting(heading(row, is_numbered=is_numbered), text_px, room_px=right - left)
    pen.text((left, at[1] + line * 0.75), words, INK, font=font(text_px), anchor="lm")
    start, end = right - 10 * text_px + text_px // 2, right - 3 * text_px
    for place, (name, share) in enumerate(zip(answer.classes, row.probabilities, strict=True)):
        y = at[1] + line * (place + 1.75)
        colour = COLOURS[0] if name == row.label and not row.unsure else FAINT
        pen.text((left, y), fitting(name, text_px, room_px=start - left), INK, font=font(text_px), anchor="lm")
        pen.rectangle((start, y - 0.3 * text_px, end, y + 0.3 * text_px), fill=TRACK)
        if share >= 0.005:
            pen.rectangle((start, y - 0.3 * text_px, start + (end - start) * share, y + 0.3 * text_px), fill=colour)
        pen.text((right, y), f"{share:.0%}", INK, font=font(text_px), anchor="rm")


def _on_canvas(box: Box, plan: Layout) -> tuple[int, int, int, int]:
    """The pixels of a box, within the picture."""
    width, height = plan.picture_px
    left, top, right, bottom = (round(edge * plan.scale) for edge in box)
    left, top = max(0, min(left, width - 1)), max(0, min(top, height - 1))
    return left, top, max(left, min(right, width) - 1), max(top, min(bottom, height) - 1)


def _area(row: Row) -> float:
    if row.image is None or row.image.box is None:
        return math.inf
    left, top, right, bottom = row.image.box
    return (right - left) * (bottom - top)
