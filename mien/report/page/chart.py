"""Charts as what a template draws: every number already in units of the drawing, every text already written.

A chart is about as wide as a telephone, so that its letters keep their size there; colours and line styles are those of the page's sheet:
series `a` is solid with discs, series `b` dashed with squares, so that none is told by colour alone.
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
    """A mark with its explanation; `low` and `high` are the ends of its whisker, heights in the drawing, None for none."""

    x: float
    y: float
    style: Style
    note: str
    radius: float = 3.0
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Text:
    """Letters in the drawing."""

    x: float
    y: float
    text: str
    anchor: Literal["start", "middle", "end"] = "start"


@dataclass
class Chart:
    """One drawing. `title` names it, `description` says in words what is to be seen: both are read aloud instead of it."""

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
    """vertical lines with a word at their head"""
    labels: list[Text] = field(default_factory=list)
    diagonal: bool = False
    is_thin: bool = False
    """whether lines only lead the eye from mark to mark"""
    legend: list[tuple[Style, str]] = field(default_factory=list)

    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    top: int = TOP
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM

    @property
    def crop(self) -> int:
        """Height at the top that only the words of rules need."""
        return 0 if self.rules else TOP - 14

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where the value (x, y) lies in the drawing, whose y grows downwards."""
        return round(LEFT + self.x.at(x), 2), round(TOP + INNER_HEIGHT - self.y.at(y), 2)

    def add_ticks(self, x_texts: Sequence[tuple[float, str]], y_texts: Sequence[tuple[float, str]]) -> None:
        """Ticks at values, with their letters."""
        self.x_ticks = [Text(self.place(value, self.y.low)[0], HEIGHT - BOTTOM + 15, text, "middle") for value, text in x_texts]
        self.y_ticks = [Text(LEFT - 6, self.place(self.x.low, value)[1], text, "end") for value, text in y_texts]

    def add_line(self, style: Style, name: str, values: Sequence[tuple[float, float]]) -> None:
        """A line through values, and its place in the legend."""
        places = [self.place(x, y) for x, y in values]
        self.paths.append((style, "M" + "L".join(f"{x:g} {y:g}" for x, y in places) if len(places) > 1 else ""))
        self.legend.append((style, name))

    def add_rule(self, x: float, text: str) -> None:
        """A vertical line at a value; its word stands on the side with more room."""
        place = self.place(x, self.y.low)[0]
        is_late = place > LEFT + INNER_WIDTH * 0.6
        self.rules.append(Text(place, TOP - 5 - 13 * len(self.rules), text, "end" if is_late else "start"))
