"""Draws the head itself: outline, ears, neck, nose, shading, and the lines that an expression makes in the skin."""

import numpy as np

from mien.sample.canvas import Canvas, Points, curve, oval, points, shape, shifted, smooth, symmetric
from mien.sample.colours import darker, lighter, mix
from mien.sample.expression import Expression
from mien.sample.person import Person
from mien.sample.view import View, turn


def outline(person: Person, expression: Expression) -> Points:
    """The head's outline; the jaw drops as the mouth opens."""
    wide, drop = person.head_width, 0.09 * expression.jaw_drop
    right = points(
        (0.0, -1.0),
        (person.crown * wide, -0.90),
        (person.temple * wide, -0.58),
        (wide, -0.15),
        (0.96 * wide, 0.22),
        (person.jaw_width, 0.62 + 0.5 * drop),
        (person.chin_width, 0.92 + drop),
        (0.0, 1.0 + drop),
    )
    return smooth(np.concatenate([right, (right[1:-1] * (-1, 1))[::-1]]))


def draw_neck(canvas: Canvas, person: Person) -> None:
    """Draws the neck and the head's shadow on it, in the body's frame."""
    skin = darker(person.skin, 0.12)
    half = 0.5 * person.jaw_width + 0.06
    neck = symmetric((half, 0.45), (half - 0.02, 1.0), (half + 0.12, 1.32), (0.5, 1.5), (0.15, 1.75))
    canvas.fill(neck, skin)
    with canvas.clip(neck):
        canvas.soft(oval((0.0, 0.95), half + 0.1, 0.28), darker(person.skin, 0.55), 0.7, 0.08)


def draw_ears(canvas: Canvas, person: Person, view: View) -> None:
    """Draws both ears; the ear that is turned away is partly hidden."""
    for side in (-1, 1):
        x = side * (person.head_width + 0.03 - 0.10 * side * np.sin(view.yaw))
        canvas.fill(oval((x, 0.06), 0.11, 0.19), darker(person.skin, 0.06))
        canvas.stroke(curve((x + side * 0.03, -0.05), (x + side * 0.055, 0.04), (x, 0.14)), 0.03, darker(person.skin, 0.3))


def draw_skin(canvas: Canvas, person: Person, expression: Expression, view: View, *, face: Points) -> None:
    """Draws the face's surface: colour, light and shade, cheeks, freckles."""
    canvas.fill(face, person.skin)
    light_x, light_y = view.light
    shade = darker(mix(person.skin, (150, 60, 60), 0.12), 0.42)
    with canvas.clip(face):
        canvas.ring(oval((0, 0), 3), shifted(face * 0.97, 0.14 * light_x, 0.10 * light_y), shade, 0.30 * view.contrast)
        canvas.soft(oval((-0.62 * light_x, 0.35 - 0.5 * light_y), 0.42, 0.75), shade, 0.55 * view.contrast, 0.18)
        canvas.soft(oval((0.35 * light_x, -0.30 + 0.25 * light_y), 0.36, 0.34), lighter(person.skin, 0.6), 0.45 * view.contrast, 0.14)
        for side in (-1, 1):
            cheek = turn(points((side * 0.42, 0.30 - 0.07 * expression.cheek_raiser)), view)[0]
            rosy = mix(person.skin, (224, 82, 82), 0.55)
            canvas.soft(oval((cheek[0], cheek[1]), 0.17, 0.12), rosy, 0.25 + person.blush, 0.07)
        if person.freckles:
            spread = np.random.default_rng(person.freckles).uniform(-1, 1, size=(person.freckles, 2)) * (0.45, 0.12)
            for x, y in turn(shifted(spread, 0, 0.22), view):
                canvas.fill(oval((x, y), 0.014), darker(person.skin, 0.35))


def draw_nose(canvas: Canvas, person: Person, expression: Expression, view: View) -> None:
    """Draws the nose: a lit ridge, a shaded side and nostrils; a raised upper lip wrinkles it."""
    tip_y = person.eye_y + person.nose_length - 0.03 * expression.upper_lip_raiser
    wide = person.nose_width * (1 + 0.2 * expression.upper_lip_raiser)
    away = -1 if view.light[0] >= 0 else 1
    dark, deep = darker(person.skin, 0.22), darker(person.skin, 0.45)
    side = shape(
        (0.3 * away * wide, person.eye_y + 0.05), (0.55 * away * wide, tip_y - 0.1), (1.05 * away * wide, tip_y), (0.1 * away, tip_y + 0.03)
    )
    canvas.soft(turn(side, view), dark, 0.75, 0.02)
    canvas.soft(turn(oval((-0.02 * away, tip_y - 0.12), 0.03, 0.14), view), lighter(person.skin, 0.5), 0.4, 0.02)
    base = curve((-wide, tip_y - 0.02), (-0.8 * wide, tip_y + 0.03), (0.0, tip_y + 0.045), (0.8 * wide, tip_y + 0.03), (wide, tip_y - 0.02))
    canvas.stroke(turn(base, view), (0.012, 0.03, 0.03, 0.012), deep)


def draw_lines(canvas: Canvas, person: Person, expression: Expression, view: View) -> None:
    """Draws furrows of brow and forehead, folds from nose to mouth, and crow's feet; they deepen with age."""
    line = mix(person.skin, darker(mix(person.skin, (120, 40, 40), 0.2), 0.5), 0.75)
    furrow = expression.brow_lowerer * (1 - 0.6 * expression.inner_brow_raiser)
    brow_y = person.eye_y - 0.26
    if furrow > 0.3:
        for side in (-1, 1):
            crease = curve((side * 0.05, brow_y - 0.12), (side * 0.075, brow_y - 0.02), (side * 0.05, brow_y + 0.09))
            canvas.stroke(turn(crease, view), (0.008, 0.032 * furrow, 0.008), line)
    raised = 0.5 * (expression.inner_brow_raiser + expression.outer_brow_raiser)
    for row in range(2):
        depth = raised - 0.45 + 0.3 * person.age
        if depth > 0:
            y = brow_y - 0.27 - 0.09 * row - 0.05 * raised
            half = 0.34 - 0.06 * row
            wrinkle = turn(curve((-half, y + 0.03), (0, y), (half, y + 0.03)), view)
            canvas.stroke(wrinkle, (0.005, 0.03 * depth + 0.008, 0.005), line)
    fold = max(0.8 * expression.lip_corner_puller, expression.upper_lip_raiser, 0.7 * person.age)
    for side in (-1, 1):
        if fold > 0.3:
            nose_y = person.eye_y + person.nose_length - 0.02
            spread = 0.10 * expression.lip_corner_puller
            crease = curve((side * 0.15, nose_y), (side * (0.27 + spread), nose_y + 0.13), (side * (0.31 + spread), person.mouth_y - 0.04))
            canvas.stroke(turn(crease, view), (0.008, 0.018 * fold, 0.006), mix(line, person.skin, 0.35))
        if expression.cheek_raiser > 0.5:
            for tilt in (-0.05, 0.03):
                x, y = side * (person.eye_gap + 0.26), person.eye_y + 0.03
                canvas.stroke(turn(points((x, y + tilt * 0.3), (x + side * 0.09, y + tilt)), view), (0.018, 0.006), line)
