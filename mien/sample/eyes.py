"""Draws eyes and brows, shaped by the action units of the upper face (AU1, 2, 4, 5, 6, 7, 43)."""

import numpy as np

from mien.sample.canvas import Canvas, Points, curve, oval, points, shifted
from mien.sample.colours import BLACK, WHITE, darker, lighter, mix
from mien.sample.expression import Expression
from mien.sample.person import Person
from mien.sample.view import View, turn

_HALF_WIDTH, _UPPER, _LOWER = 0.212, 0.140, 0.100


def draw_eyes(canvas: Canvas, person: Person, expression: Expression, view: View, gaze: tuple[float, float]) -> None:
    """Draws both eyes with the same gaze."""
    for side in (-1, 1):
        _draw_eye(canvas, person, expression, view, gaze, side)


def draw_brows(canvas: Canvas, person: Person, expression: Expression, view: View, unevenness: float) -> None:
    """Draws both brows; `unevenness` (about -1 to 1) raises one of them a little."""
    e = expression
    for side in (-1, 1):
        together = 1 - 0.4 * e.brow_lowerer
        inner = -0.21 * e.inner_brow_raiser - 0.02 * e.outer_brow_raiser + 0.20 * e.brow_lowerer
        middle = -0.09 * e.inner_brow_raiser - 0.14 * e.outer_brow_raiser + 0.09 * e.brow_lowerer
        outer = 0.05 * e.inner_brow_raiser - 0.15 * e.outer_brow_raiser - 0.02 * e.brow_lowerer
        y = person.eye_y - 0.30 + 0.012 * side * unevenness
        gap = person.eye_gap - 0.34
        line = curve(
            (side * (gap + 0.15 * together), y + inner + 0.02),
            (side * (gap + 0.24 * together + 0.02), y + 0.6 * inner + 0.4 * middle - 0.02),
            (side * (gap + 0.40), y + middle - 0.045),
            (side * (gap + 0.57), y + outer + 0.035),
        )
        thick = person.brow_thickness
        canvas.stroke(turn(line, view), (0.95 * thick, 1.2 * thick, 1.0 * thick, 0.35 * thick), person.brow)


def _lids(person: Person, expression: Expression, side: int) -> tuple[Points, Points]:
    """The upper and the lower lid, from the inner corner to the outer one."""
    e, size = expression, person.eye_size
    upper = _UPPER * size * (1 + 0.60 * e.upper_lid_raiser - 0.42 * e.lid_tightener - 0.30 * e.cheek_raiser - 0.70 * e.lids_droop)
    lower = _LOWER * size * (1 + 0.15 * e.upper_lid_raiser - 0.45 * e.lid_tightener - 0.95 * e.cheek_raiser - 0.1 * e.lids_droop)
    sorrow = e.inner_brow_raiser * (1 - e.outer_brow_raiser)
    anger = e.brow_lowerer * (1 - e.inner_brow_raiser)
    slant = 0.06 * (anger - sorrow)  # > 0: the inner half of the upper lid is pressed down
    x, y, half = side * person.eye_gap, person.eye_y, _HALF_WIDTH * size
    inner, outer = (x - side * half, y + 0.02), (x + side * half, y - person.eye_tilt - 0.4 * slant)
    lid = curve(
        inner, (x - side * 0.55 * half, y - 0.80 * upper + slant), (x + side * 0.05 * half, y - upper + 0.3 * slant),
        (x + side * 0.62 * half, y - 0.72 * upper - 0.5 * slant), outer,
    )  # fmt: skip
    rim = curve(
        inner,
        (x - side * 0.5 * half, y + 0.85 * lower),
        (x + side * 0.1 * half, y + lower),
        (x + side * 0.6 * half, y + 0.75 * lower),
        outer,
    )
    return lid, rim


def _draw_eye(canvas: Canvas, person: Person, expression: Expression, view: View, gaze: tuple[float, float], side: int) -> None:
    lid, rim = (turn(line, view) for line in _lids(person, expression, side))
    socket = turn(oval((side * person.eye_gap, person.eye_y - 0.04), 0.28, 0.21), view)
    canvas.soft(socket, darker(mix(person.skin, (150, 70, 80), 0.25), 0.35), 0.28, 0.06)
    opening = np.concatenate([lid, rim[::-1]])
    centre = turn(points((side * person.eye_gap + 0.05 * gaze[0], person.eye_y - 0.015 + 0.03 * gaze[1])), view)[0]
    x, y = float(centre[0]), float(centre[1])
    radius = 0.115 * person.eye_size
    with canvas.clip(opening):
        canvas.fill(opening, mix(WHITE, person.skin, 0.06))
        canvas.fill(oval((x, y), radius), darker(person.iris, 0.45))
        canvas.fill(oval((x, y), 0.82 * radius), person.iris)
        canvas.fill(oval((x, y + 0.35 * radius), 0.5 * radius, 0.36 * radius), lighter(person.iris, 0.3))
        canvas.fill(oval((x, y), 0.48 * radius), (16, 12, 14))
        canvas.soft(shifted(lid, 0, -0.01), BLACK, 0.35, 0.02)
        canvas.fill(oval((x + 0.35 * radius * view.light[0], y - 0.35 * radius), 0.24 * radius), WHITE)
    lash = darker(person.skin, 0.82)
    canvas.stroke(lid, (0.02, 0.042, 0.048, 0.034), lash)
    canvas.stroke(rim, (0.008, 0.016, 0.02), darker(person.skin, 0.45))
    if person.lashes:
        outer = lid[-1]
        canvas.stroke(np.array([lid[-3], outer, outer + np.array([side * 0.05, -0.045])]), (0.035, 0.03, 0.008), lash)
    crease = shifted(lid[3:-2], 0, -0.055 + 0.02 * expression.upper_lid_raiser)
    canvas.stroke(crease, (0.006, 0.018, 0.006), darker(person.skin, 0.32))
    bag = 0.35 * person.age + 0.5 * expression.cheek_raiser + 0.3 * expression.lids_droop
    if bag > 0.25:
        canvas.stroke(shifted(rim[6:-4], 0, 0.06), (0.006, 0.018, 0.006), mix(person.skin, darker(person.skin, 0.4), min(1.0, bag)))
