"""Charts as a template draws them: all numbers are in units of the drawing, and all texts are formatted.

A chart is about as wide as a phone screen, so that its text keeps its size there. The style sheet defines colours and line styles:
series `a` is solid with discs and series `b` is dashed with squares, so that colour is never the only difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from mien.report.page.axis import Axis

WIDTH, HEIGHT = 380, 250
LEFT, RIGHT, TOP, BOTTOM = 60, 14, 32, 40  # margins for ticks and labels
INNER_WIDTH, INNER_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

Style = Literal["a", "b"]


@dataclass(frozen=True)
class Point:
    """A mark with a tooltip. `low` and `high` are the y positions of the ends of its whisker, or None for no whisker."""

    x: float
    y: float
    style: Style
    note: str
    radius: float = 3.0
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Text:
    """A text in the drawing."""

    x: float
    y: float
    text: str
    anchor: Literal["start", "middle", "end"] = "start"


@dataclass
class Chart:
    """One drawing. Screen readers read `title` and `description` instead of it, so `description` says in words what the drawing shows."""

    name: str
    """unique on the page"""
    title: str
    description: str
    x_label: str
    y_label: str
    x: Axis
    """of length INNER_WIDTH"""
    y: Axis
    """of length INNER_HEIGHT"""
    x_ticks: list[Text] = field(default_factory=list)
    y_ticks: list[Text] = field(default_factory=list)
    paths: list[tuple[Style, str]] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    rules: list[Text] = field(default_factory=list)
    """vertical lines with a word at the top"""
    rings: list[tuple[float, float]] = field(default_factory=list)
    """circles around marks; each has a word among the labels"""
    labels: list[Text] = field(default_factory=list)
    diagonal: bool = False
    is_thin: bool = False
    """whether lines are thin because they only connect the marks"""
    legend: list[tuple[Style, str]] = field(default_factory=list)

    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    top: int = TOP
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM

    @property
    def crop(self) -> int:
        """The height at the top that is only needed for the words of rules, and that can be cropped if there are none."""
        return 0 if self.rules else TOP - 14

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return the position of the value (x, y) in the drawing, where y grows downwards."""
        return round(LEFT + self.x.at(x), 2), round(TOP + INNER_HEIGHT - self.y.at(y), 2)

    def add_ticks(self, x_texts: Sequence[tuple[float, str]], y_texts: Sequence[tuple[float, str]]) -> None:
        """Add ticks at values, with their texts."""
        self.x_ticks = [Text(self.place(value, self.y.low)[0], HEIGHT - BOTTOM + 15, text, "middle") for value, text in x_texts]
        self.y_ticks = [Text(LEFT - 6, self.place(self.x.low, value)[1], text, "end") for value, text in y_texts]

    def add_line(self, style: Style, name: str, values: Sequence[tuple[float, float]]) -> None:
        """Add a line through values, with an entry in the legend."""
        places = [self.place(x, y) for x, y in values]
        self.paths.append((style, "M" + "L".join(f"{x:g} {y:g}" for x, y in places) if len(places) > 1 else ""))
        self.legend.append((style, name))

    def add_ring(self, x: float, y: float, text: str, *, is_above: bool) -> None:
        """Add a circle around the value (x, y) with a word above or below it, inside the drawing."""
        place = self.place(x, y)
        self.rings.append(place)
        side = 1 if place[0] < LEFT + INNER_WIDTH * 0.15 else -1 if place[0] > LEFT + INNER_WIDTH * 0.85 else 0
        anchor: Literal["start", "middle", "end"] = "middle" if side == 0 else "start" if side > 0 else "end"
        self.labels.append(Text(round(place[0] - 7 * side, 2), round(place[1] + (-12 if is_above else 21), 2), text, anchor))

    def add_rule(self, x: float, text: str) -> None:
        """Add a vertical line at a value; its word is placed on the side with more room."""
        place = self.place(x, self.y.low)[0]
        is_late = place > LEFT + INNER_WIDTH * 0.6
        self.rules.append(Text(place, TOP - 5 - 13 * len(self.rules), text, "end" if is_late else "start"))
