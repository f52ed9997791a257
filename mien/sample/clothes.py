"""Draws shoulders and clothes, in the body's frame."""

from mien.sample.canvas import Canvas, curve, oval, points, shape, symmetric
from mien.sample.colours import darker, lighter
from mien.sample.head import draw_neck
from mien.sample.person import Person

_SHOULDERS = symmetric((0.0, 1.16), (0.36, 1.20), (0.80, 1.42), (1.12, 1.66), (1.32, 2.3), (1.45, 4.0), (0.0, 4.0))


def draw_body(canvas: Canvas, person: Person) -> None:
    """Draws shoulders, neck and collar."""
    colour, accent = person.clothes_colour, person.clothes_accent
    canvas.fill(_SHOULDERS, colour)
    with canvas.clip(_SHOULDERS):
        if person.clothes == "striped":
            for y in (1.45, 1.75, 2.05, 2.35):
                canvas.stroke(curve((-1.6, y + 0.12), (0.0, y), (1.6, y + 0.12)), 0.12, accent)
        canvas.soft(oval((0.0, 1.2), 0.6, 0.22), darker(colour, 0.6), 0.5, 0.12)
    draw_neck(canvas, person)
    if person.clothes in ("tee", "striped"):
        canvas.stroke(curve((-0.5, 1.26), (-0.3, 1.5), (0.0, 1.58), (0.3, 1.5), (0.5, 1.26)), 0.07, darker(colour, 0.2))
        canvas.fill(shape((-0.5, 1.3), (-0.3, 1.53), (0.0, 1.61), (0.3, 1.53), (0.5, 1.3), (0.6, 2.2), (-0.6, 2.2)), colour)
    elif person.clothes == "vee":
        for side in (-1, 1):
            canvas.fill(points((side * 0.42, 1.16), (0.0, 1.85), (0.0, 3.0), (side * 0.9, 3.0), (side * 0.8, 1.4)), colour)
            canvas.stroke(points((side * 0.42, 1.18), (0.0, 1.85)), 0.06, darker(colour, 0.25))
    elif person.clothes in ("shirt", "blazer"):
        shirt = lighter(accent, 0.6)
        canvas.fill(points((-0.42, 1.25), (0.42, 1.25), (0.2, 3.0), (-0.2, 3.0)), shirt if person.clothes == "blazer" else colour)
        for side in (-1, 1):
            lapel = points((side * 0.40, 1.08), (side * 0.08, 1.48), (side * 0.34, 1.72), (side * 0.60, 1.30))
            canvas.fill(lapel, shirt if person.clothes == "blazer" else lighter(colour, 0.25))
            if person.clothes == "blazer":
                canvas.fill(points((side * 0.52, 1.26), (side * 0.1, 2.1), (side * 0.62, 1.9), (side * 0.76, 1.44)), darker(colour, 0.3))
        canvas.stroke(points((0.0, 1.5), (0.0, 3.0)), 0.02, darker(colour, 0.3))
    elif person.clothes == "hoodie":
        hood = shape(
            (-0.62, 1.18), (-0.3, 1.58), (0.0, 1.68), (0.3, 1.58), (0.62, 1.18),
            (0.82, 1.36), (0.4, 1.78), (0.0, 1.90), (-0.4, 1.78), (-0.82, 1.36),
        )  # fmt: skip
        canvas.fill(hood, lighter(colour, 0.12))
        for side in (-1, 1):
            canvas.stroke(points((side * 0.16, 1.75), (side * 0.18, 2.2)), 0.04, lighter(accent, 0.5))
    elif person.clothes == "turtleneck":
        collar = shape((-0.40, 1.02), (0.0, 1.10), (0.40, 1.02), (0.44, 1.38), (0.0, 1.46), (-0.44, 1.38))
        canvas.fill(collar, darker(colour, 0.12))
