"""Lines, ticks and the places of labels for plots, in pixels of the finished plot, which is drawn larger."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from PIL import ImageDraw

from mien.predict.drawing.text import Colour, font

Point = tuple[float, float]

_DASH_PX, _SPACE_PX = 6.0, 4.0


@dataclass(frozen=True)
class Pen:
    """Draws on a canvas that is `finer` times larger than the finished plot."""

    draw: ImageDraw.ImageDraw
    finer: int

    def line(self, points: Sequence[Point], colour: Colour, width_px: int, *, dashes: bool = False) -> None:
        """A line through points; one point is drawn as a dot."""
        pieces = list(dashed(points)) if dashes and len(points) > 1 else [points]
        for piece in pieces:
            scaled = [(x * self.finer, y * self.finer) for x, y in piece]
            if len(scaled) == 1:
                (x, y), radius = scaled[0], width_px * self.finer / 2
                self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
            else:
                self.draw.line(scaled, fill=colour, width=width_px * self.finer, joint="curve")

    def rectangle(self, box: tuple[float, float, float, float], colour: Colour) -> None:
        self.draw.rectangle(tuple(edge * self.finer for edge in box), fill=colour)

    def text(self, x: float, y: float, words: str, size_px: int, colour: Colour, *, anchor: str = "lm") -> None:
        self.draw.text((x * self.finer, y * self.finer), words, fill=colour, font=font(size_px * self.finer), anchor=anchor)


def dashed(points: Sequence[Point]) -> Iterator[list[Point]]:
    """The dashes of a line, each with its corners."""
    piece, left_px, drawn = [points[0]], _DASH_PX, True
    for (x0, y0), (x1, y1) in pairwise(points):
        length = math.hypot(x1 - x0, y1 - y0)
        done = 0.0
        while length - done > left_px:
            done += left_px
            point = (x0 + (x1 - x0) * done / length, y0 + (y1 - y0) * done / length)
            if drawn:
                yield [*piece, point]
            piece, drawn = [point], not drawn
            left_px = _DASH_PX if drawn else _SPACE_PX
        left_px -= length - done
        if drawn:
            piece.append((x1, y1))
    if drawn and len(piece) > 1:
        yield piece


def nice_ticks(last: float, *, most: int = 10) -> list[float]:
    """At most `most` + 1 round numbers from 0 to `last`."""
    power = 10.0 ** math.floor(math.log10(last / most))
    step = next(factor * power for factor in (1, 2, 5, 10, 20) if last / (factor * power) <= most)
    return [round(number * step, 9) for number in range(math.floor(last / step + 1e-9) + 1)]


def spread(wanted: Sequence[float], *, least: float, low: float, high: float) -> list[float]:
    """Places as near as possible to those wanted, at least `least` apart, between `low` and `high` if there is room."""
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    groups: list[tuple[list[int], float]] = []  # members, and the place of the first
    for index in order:
        members, start = [index], wanted[index]
        while groups and groups[-1][1] + len(groups[-1][0]) * least > start:
            members = groups.pop()[0] + members
            mean = sum(wanted[member] for member in members) / len(members)
            start = mean - (len(members) - 1) * least / 2
            start = max(low, min(start, high - (len(members) - 1) * least))
        groups.append((members, max(low, min(start, high))))
    places = [0.0] * len(wanted)
    for members, start in groups:
        for step, member in enumerate(members):
            places[member] = start + step * least
    return places
