"""Draws the probabilities of a video over time: one chart for each face, with the classes named beside their lines."""

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

from mien.predict.drawing.lines import Pen, nice_ticks, spread
from mien.predict.drawing.text import COLOURS, FAINT, INK, PAPER, TRACK, fitting, width_px
from mien.predict.rows import Row

MAX_CHARTS = 6
_WIDTH, _CHART, _LEFT, _TOP, _GAP, _TEXT, _MARK = 1200, 190, 64, 84, 56, 14, 8  # pixels of the finished plot
_FINER = 2  # drawn so many times larger, then reduced, because Pillow draws jagged lines

Track = Sequence[Row | None]
"""the rows of one face, frame by frame; None where it has no answer"""


def timeline(frames: Sequence[Sequence[Row]], classes: Sequence[str], *, title: str, note: str) -> Image.Image:
    """The plot of a video's rows, frame by frame.

    Charts are drawn for the faces with most answers. A line is broken where the face has no answer. Grey marks below a chart show answers
    that are not sure, and pale lines the answers of single frames where the others are smoothed.
    """
    times = [rows[0].time_s or 0.0 for rows in frames]
    tracks = tracks_of(frames)
    chosen = sorted(sorted(tracks, key=lambda number: -sum(row is not None for row in tracks[number]))[:MAX_CHARTS])
    names_px = min(220, max(width_px(fitting(name, _TEXT, room_px=190), _TEXT) for name in classes) + 44)
    height = _TOP + max(1, len(chosen)) * (_CHART + _GAP) + 24
    pen = Pen(ImageDraw.Draw(canvas := Image.new("RGB", (_WIDTH * _FINER, height * _FINER), PAPER)), _FINER)
    pen.text(_LEFT, 22, fitting(title, _TEXT + 6, room_px=_WIDTH - 2 * _LEFT), _TEXT + 6, INK)
    left_out = f"; {len(tracks) - len(chosen)} more faces with fewer answers are not shown" if len(tracks) > len(chosen) else ""
    pen.text(_LEFT, 48, fitting(note + left_out, _TEXT, room_px=_WIDTH - 2 * _LEFT), _TEXT, FAINT)
    if not chosen:
        pen.text(_LEFT, _TOP + 40, "no face was found", _TEXT, FAINT)
    for place, number in enumerate(chosen):
        area = (_LEFT, _TOP + place * (_CHART + _GAP), _WIDTH - names_px, _TOP + place * (_CHART + _GAP) + _CHART)
        _draw_chart(pen, times, tracks[number], classes, area, label=f"face {number}" if number else "whole frame")
    return canvas.resize((_WIDTH, height), Image.Resampling.BOX)


def tracks_of(frames: Sequence[Sequence[Row]]) -> dict[int, Track]:
    """The answers of each face by its number."""
    numbers = sorted({row.face for rows in frames for row in rows if row.face is not None and row.probabilities is not None})
    return {
        number: [next((row for row in rows if row.face == number and row.probabilities is not None), None) for rows in frames]
        for number in numbers
    }


def _draw_chart(pen: Pen, times: Sequence[float], track: Track, classes: Sequence[str], area: tuple[int, ...], *, label: str) -> None:
    left, top, right, bottom = area
    last_s = max(times[-1], 1e-3)

    def at(time_s: float, share: float) -> tuple[float, float]:
        return left + (right - left) * time_s / last_s, bottom - (bottom - top) * share

    for share in (0.0, 0.5, 1.0):
        pen.line([at(0, share), at(last_s, share)], TRACK, 1)
        pen.text(left - 8, at(0, share)[1], f"{share:.0%}", _TEXT - 2, FAINT, anchor="rm")
    for time_s in nice_ticks(last_s):
        pen.line([(at(time_s, 0)[0], bottom + _MARK), (at(time_s, 0)[0], bottom + _MARK + 4)], FAINT, 1)
        pen.text(at(time_s, 0)[0], bottom + _MARK + 14, f"{time_s:g} s", _TEXT - 2, FAINT, anchor="mm")
    pen.text(left + 4, top - 10, label, _TEXT, INK, anchor="lm")
    half_px = (right - left) / max(1, len(times) - 1) / 2
    for time_s, row in zip(times, track, strict=True):
        if row is not None and row.unsure:
            x = at(time_s, 0)[0]
            pen.rectangle((max(left, x - half_px), bottom + 3, min(right, x + half_px), bottom + 7), FAINT)
    for index, colour, _ in _styles(len(classes)):
        raw = [(time_s, row.raw[index]) if row and row.raw else None for time_s, row in zip(times, track, strict=True)]
        for piece in _pieces(raw):
            pen.line([at(*point) for point in piece], _pale(colour), 1)
    for index, colour, dashes in _styles(len(classes)):
        shares = [
            (time_s, row.probabilities[index]) if row and row.probabilities else None for time_s, row in zip(times, track, strict=True)
        ]
        for piece in _pieces(shares):
            pen.line([at(*point) for point in piece], colour, 2, dashes=dashes)
    _name_lines(pen, track, classes, area)


def _name_lines(pen: Pen, track: Track, classes: Sequence[str], area: tuple[int, ...]) -> None:
    """Names the classes at the right, as near as there is room to where their lines end; those with the largest means if there is not."""
    _, top, right, bottom = area
    rows = [row for row in track if row is not None]
    means = [math.fsum(row.probabilities[index] for row in rows if row.probabilities) for index in range(len(classes))]
    room = max(1, (bottom - top) // (_TEXT + 3))
    named = sorted(range(len(classes)), key=lambda index: -means[index])[:room]
    ends = [bottom - (bottom - top) * (rows[-1].probabilities or means)[index] for index in named]
    for index, y in zip(named, spread(ends, least=_TEXT + 3, low=top, high=bottom), strict=True):
        _, colour, dashes = _styles(len(classes))[index]
        pen.line([(right + 8, y), (right + 30, y)], colour, 3, dashes=dashes)
        pen.text(right + 36, y, fitting(classes[index], _TEXT, room_px=_WIDTH - right - 40), _TEXT, INK, anchor="lm")


def _styles(count: int) -> list[tuple[int, tuple[int, int, int], bool]]:
    """The colour of each class, and whether its line is dashed, as from the eighth class on."""
    return [(index, COLOURS[index % len(COLOURS)], index // len(COLOURS) % 2 == 1) for index in range(count)]


def _pieces(points: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """The runs of points between the gaps."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            pieces.append([])
        else:
            pieces[-1].append(point)
    return [piece for piece in pieces if piece]


def _pale(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    red, green, blue = (round(255 - (255 - level) * 0.35) for level in colour)
    return red, green, blue
