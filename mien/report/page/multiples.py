"""Small charts that share their axes, one for each corruption: accuracy by strength with the band of its interval, and the confidence.

All numbers are in units of the drawing. The style sheet defines colours; accuracy is solid and confidence is dashed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mien.report.page.axis import Axis, tick_texts
from mien.report.page.chart import Text

WIDTH, HEIGHT = 216, 138
LEFT, RIGHT, TOP, BOTTOM = 30, 8, 8, 20


@dataclass(frozen=True)
class Level:
    """What a chart shows at one strength."""

    strength: int
    accuracy: float
    low: float | None
    high: float | None
    confidence: float
    note: str


@dataclass(frozen=True)
class Multiple:
    """One chart. Screen readers read `title` and `description` instead of the drawing."""

    title: str
    description: str
    accuracy: str
    """paths of SVG"""
    confidence: str
    band: str
    marks: list[Text]
    """places of the accuracies, with their notes"""
    x_ticks: list[Text]
    y_ticks: list[Text]
    guess: float
    """height of the line of always predicting the largest class"""

    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def multiple(title: str, description: str, levels: Sequence[Level], *, guess: float) -> Multiple:
    """A chart from 0 to 1 over the strengths of `levels`; `guess` is the accuracy of always predicting the largest class."""
    x = Axis(levels[0].strength, levels[-1].strength, WIDTH - LEFT - RIGHT)
    y = Axis(0.0, 1.0, HEIGHT - TOP - BOTTOM)

    def place(strength: float, value: float) -> tuple[float, float]:
        return round(LEFT + x.at(strength), 2), round(HEIGHT - BOTTOM - y.at(value), 2)

    def path(points: Sequence[tuple[float, float]]) -> str:
        return "M" + "L".join(f"{across:g} {down:g}" for across, down in (place(*point) for point in points))

    ends = [(one.strength, one.low, one.high) for one in levels if one.low is not None and one.high is not None]
    around = [(strength, high) for strength, _, high in ends] + [(strength, low) for strength, low, _ in reversed(ends)]
    return Multiple(
        title=title,
        description=description,
        accuracy=path([(one.strength, one.accuracy) for one in levels]),
        confidence=path([(one.strength, one.confidence) for one in levels]),
        band=path(around) + "Z" if len(ends) > 1 else "",
        marks=[Text(*place(one.strength, one.accuracy), one.note) for one in levels],
        x_ticks=[Text(place(one.strength, 0)[0], HEIGHT - BOTTOM + 14, str(one.strength), "middle") for one in levels],
        y_ticks=[Text(LEFT - 5, place(0, tick)[1], text, "end") for tick, text in tick_texts([0.0, 0.5, 1.0])],
        guess=place(0, guess)[1],
    )
