"""Draws the mouth, shaped by the action units of the lower face (AU10, 12, 15, 17, 20, 23, 25, 26)."""

import numpy as np

from mien.sample.canvas import Canvas, Points, oval, points, shifted, smooth
from mien.sample.colours import darker, lighter, mix
from mien.sample.expression import Expression
from mien.sample.person import Person
from mien.sample.view import View, turn

_INSIDE, _TONGUE, _TEETH = (74, 18, 28), (206, 92, 98), (250, 247, 240)
_STEPS = np.linspace(-1, 1, 25)


class Mouth:
    """The four curves of a mouth in head coordinates, left to right: the outer and the inner edge of both lips, (25, 2) each."""

    def __init__(self, person: Person, expression: Expression) -> None:
        e = expression
        self.open = 0.03 * e.lips_part + 0.46 * e.jaw_drop
        rounding = e.jaw_drop * (1 - e.lip_corner_puller) * (1 - e.lip_stretcher) * (1 - e.lip_tightener)
        half = (
            0.30 * person.mouth_width * (1 + 0.38 * e.lip_corner_puller + 0.36 * e.lip_stretcher - 0.16 * e.lip_tightener - 0.40 * rounding)
        )
        corner = person.mouth_y - 0.18 * e.lip_corner_puller + 0.16 * e.lip_corner_depressor + 0.05 * e.lip_stretcher + 0.25 * self.open
        middle = (
            person.mouth_y + 0.03 * e.lip_corner_puller - 0.045 * e.chin_raiser - 0.06 * e.upper_lip_raiser - 0.02 * e.lip_corner_depressor
        )
        upper = middle + 0.02 * e.lip_corner_puller - 0.06 * self.open
        lower = upper + self.open * (1 + 0.10 * e.lip_corner_puller)
        square = max(e.lip_stretcher, e.upper_lip_raiser * e.lips_part)
        profile = _profile(rounding=min(1.0, 1.4 * rounding), square=square)
        x = half * _STEPS
        inner_upper, inner_lower = corner + (upper - corner) * profile, corner + (lower - corner) * profile
        full = person.lip_fullness * (1 - 0.65 * e.lip_tightener) * (1 - 0.25 * e.lip_corner_puller)
        bow = 1 - 0.30 * np.exp(-((_STEPS / 0.16) ** 2))  # the dip of Cupid's bow
        lip = (1 - np.abs(_STEPS) ** 2.2) ** 0.8
        self.upper_inner = np.stack([x, inner_upper], axis=1)
        self.lower_inner = np.stack([x, inner_lower], axis=1)
        self.upper_outer = np.stack([x * 1.02, inner_upper - 0.07 * full * lip * bow], axis=1)
        self.lower_outer = np.stack([x * 1.02, inner_lower + (0.09 + 0.04 * e.chin_raiser) * full * lip], axis=1)


def _profile(*, rounding: float, square: float) -> Points:
    """Depth of a lip's curve from corner (0) to middle (1): a parabola, an ellipse if rounded, flat in the middle if squared."""
    distance = np.abs(_STEPS)
    power = 2.0 + 2.5 * square
    profile: Points = (1 - rounding) * (1 - distance**power) + rounding * np.sqrt(np.clip(1 - distance**2, 0, 1))
    return profile


def draw_mouth(canvas: Canvas, person: Person, expression: Expression, view: View) -> None:
    """Draws the lips, and teeth and tongue between them as far as the mouth is open."""
    mouth = Mouth(person, expression)
    upper_inner, lower_inner = turn(mouth.upper_inner, view), turn(mouth.lower_inner, view)
    upper_outer, lower_outer = turn(mouth.upper_outer, view), turn(mouth.lower_outer, view)
    canvas.soft(shifted(lower_outer, 0, 0.06), darker(person.skin, 0.35), 0.45, 0.03)
    canvas.fill(np.concatenate([upper_outer, upper_inner[::-1]]), darker(person.lips, 0.12))
    canvas.fill(np.concatenate([lower_inner, lower_outer[::-1]]), person.lips)
    shine = 0.55 * lower_inner[8:-8] + 0.45 * lower_outer[8:-8]
    canvas.stroke(shine, (0.004, 0.014, 0.004), lighter(person.lips, 0.3))
    if mouth.open > 0.02:
        _draw_inside(canvas, expression, view, upper_inner, lower_inner)
        canvas.stroke(upper_inner, (0.012, 0.018, 0.012), darker(person.lips, 0.5))
    else:
        canvas.stroke(0.5 * (upper_inner + lower_inner), (0.026, 0.044, 0.044, 0.026), darker(mix(person.lips, person.skin, 0.3), 0.75))
    for end, side in ((upper_inner[0], -1), (upper_inner[-1], 1)):
        dimple = -0.03 * expression.lip_corner_puller + 0.04 * expression.lip_corner_depressor
        crease = smooth(end + points((side * -0.015, 0), (0, 0), (side * 0.025, dimple)), closed=False)
        canvas.stroke(crease, 0.022, darker(person.skin, 0.45))


def _draw_inside(canvas: Canvas, expression: Expression, view: View, upper: Points, lower: Points) -> None:
    opening = np.concatenate([upper, lower[::-1]])
    middle = len(upper) // 2
    height = float(lower[middle, 1] - upper[middle, 1])
    with canvas.clip(opening):
        canvas.fill(opening, _INSIDE)
        if height > 0.12:
            canvas.fill(oval((float(lower[middle, 0]), float(lower[middle, 1]) + 0.02), 0.17, 0.42 * height), _TONGUE)
        bared = max(expression.lip_corner_puller, expression.upper_lip_raiser, 0.8 * expression.lip_stretcher)
        if bared > 0.3:
            deep = min(0.12, (0.95 if expression.upper_lip_raiser > 0.3 else 0.5) * height + 0.015) * bared
            canvas.fill(np.concatenate([shifted(upper, 0, -0.02), shifted(upper, 0, deep)[::-1]]), _TEETH)
        clenched = max(expression.lip_stretcher, expression.upper_lip_raiser)
        if clenched > 0.3:
            deep = min(0.08, 0.42 * height) * clenched
            canvas.fill(np.concatenate([shifted(lower, 0, 0.02), shifted(lower, 0, -deep)[::-1]]), darker(_TEETH, 0.06))
        canvas.soft(shifted(upper, 0, -0.02), (20, 4, 8), 0.35 - 0.2 * view.contrast, 0.02)
