"""Charts as what a template draws: every number already in units of the drawing, every text already written.

A chart is about as wide as a telephone, so that its letters keep their size there; colours and line styles are those of the page's sheet:
series `a` is solid with discs, series `b` dashed with squares, so that none is told by colour alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from mien.report.page.axis import Axis

WIDTH, HEIGHT = 380, 250
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 32, 40  # margins for ticks and labels
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
    legend: list[tuple[Style, str]] = field(default_factory=list)

    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    top: int = TOP
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM

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


def spread_labels(labels: Sequence[Text], *, height: float = 13.0, char_width: float = 6.2) -> list[Text]:
    """The labels moved up or down as little as needed so that none covers another; those of smaller x first."""
    done: list[Text] = []
    for label in sorted(labels, key=lambda one: (one.y, one.x, one.text)):
        left, right = _ends(label, char_width)
        y = label.y
        for shift in sorted((step * height / 2 for step in range(-24, 25)), key=lambda size: (abs(size), size)):
            y = label.y + shift
            free = all(
                abs(y - other.y) >= height or right < _ends(other, char_width)[0] or left > _ends(other, char_width)[1] for other in done
            )
            if free and TOP + 6 <= y <= TOP + INNER_HEIGHT - 2:
                break
        done.append(Text(label.x, round(y, 2), label.text, label.anchor))
    return done


def _ends(label: Text, char_width: float) -> tuple[float, float]:
    width = len(label.text) * char_width
    left = label.x - (width if label.anchor == "end" else width / 2 if label.anchor == "middle" else 0)
    return left, left + width
