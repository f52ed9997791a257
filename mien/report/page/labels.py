"""Placement of names beside the points of a chart: no name covers another name or a point, and if possible none covers a whisker."""

from collections.abc import Iterator, Sequence

from mien.report.page.chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Point, Text

LETTER_WIDTH, LETTER_HEIGHT = 7.2, 13.0
GAP = 8.0  # between a point and its name
SHIFTS = tuple(step * 5.0 for step in range(-12, 13))
Box = tuple[float, float, float, float]  # left, top, right, bottom


def place_labels(points: Sequence[Point], names: Sequence[str]) -> list[Text]:
    """Return one label per point, to its right or left, moved up or down as little as needed. Points are processed from top to bottom."""
    discs = [(one.x - one.radius, one.y - one.radius, one.x + one.radius, one.y + one.radius) for one in points]
    whiskers = [(one.x - 1, one.high, one.x + 1, one.low) for one in points if one.low is not None and one.high is not None]
    done: dict[int, tuple[Text, Box]] = {}
    for number in sorted(range(len(points)), key=lambda index: (points[index].y, points[index].x, names[index])):
        taken = [box for _, box in done.values()]

        def badness(candidate: tuple[Text, Box], *, at: float = points[number].y, taken: list[Box] = taken) -> float:
            text, box = candidate
            outside = box[0] < LEFT or box[2] > WIDTH - RIGHT + 4 or box[1] < TOP - 12 or box[3] > HEIGHT - BOTTOM
            return (
                1000 * outside
                + 100 * sum(_meet(box, other) for other in taken)
                + 40 * sum(_meet(box, other) for other in discs)
                + 6 * sum(_meet(box, other) for other in whiskers)
                + abs(text.y - 4 - at)
                + (1.0 if text.anchor == "end" else 0.0)
            )

        done[number] = min(_candidates(points[number], names[number]), key=badness)
    return [done[number][0] for number in range(len(points))]


def _candidates(point: Point, name: str) -> Iterator[tuple[Text, Box]]:
    width = len(name) * LETTER_WIDTH
    for shift in SHIFTS:
        y = round(point.y + 4 + shift, 2)
        top, bottom = y - LETTER_HEIGHT + 3, y + 3
        right, left = point.x + GAP, point.x - GAP
        yield Text(right, y, name, "start"), (right, top, right + width, bottom)
        yield Text(left, y, name, "end"), (left - width, top, left, bottom)


def _meet(first: Box, second: Box) -> bool:
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]
