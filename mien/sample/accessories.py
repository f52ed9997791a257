"""Draws head coverings, glasses and earrings."""

import numpy as np

from mien.sample.canvas import Canvas, curve, oval, points, shape, shifted, smooth, symmetric
from mien.sample.colours import WHITE, darker, lighter
from mien.sample.person import Person
from mien.sample.view import View, turn

HIDES_HAIR_BEHIND = ("hijab", "turban")
HIDES_HAIR = ("hijab", "turban", "beanie", "cap")


def draw_covering_behind(canvas: Canvas, person: Person) -> None:
    """Draws the part of a hijab that falls over neck and shoulders, in the body's frame."""
    if person.covering == "hijab":
        wide = person.head_width
        fall = symmetric((0.0, -0.6), (wide + 0.16, -0.2), (wide + 0.14, 0.6), (wide + 0.28, 1.25), (wide + 0.42, 1.75), (0.2, 1.95))
        canvas.fill(fall, darker(person.covering_colour, 0.18))


def draw_covering(canvas: Canvas, person: Person, view: View) -> None:
    """Draws a hijab, beanie, cap, turban or hair band."""
    if person.covering is None:
        return
    colour, wide = person.covering_colour, person.head_width
    dark = darker(colour, 0.25)
    if person.covering == "hijab":
        opening = turn(
            symmetric((0.0, -0.70), (0.40, -0.64), (0.64, -0.30), (0.67, 0.15), (0.55, 0.60), (0.22, 0.93), (0.0, 0.98)),
            view,
        )
        cloth = symmetric((0.0, -1.13), (0.62, -1.0), (wide + 0.14, -0.5), (wide + 0.16, 0.1), (0.72, 0.75), (0.4, 1.18), (0.0, 1.28))
        canvas.ring(cloth, opening, colour)
        canvas.ring(opening * 1.06, opening, dark, 0.55)
        for shift in (0.0, 0.12):
            canvas.stroke(curve((-0.55, 0.72 + shift), (0.0, 1.12 + 0.5 * shift), (0.6, 0.80)), (0.01, 0.03, 0.01), dark)
        return
    dome = curve(
        (-wide - 0.06, -0.52), (-0.92 * wide, -0.95), (-0.45, -1.2), (0.0, -1.28), (0.45, -1.2), (0.92 * wide, -0.95), (wide + 0.06, -0.52)
    )
    brim = turn(points((-0.76, -0.50), (-0.4, -0.56), (0.0, -0.58), (0.4, -0.56), (0.76, -0.50)), view)
    edge = smooth(brim, closed=False)
    shell = np.concatenate([dome, edge[::-1]])
    if person.covering == "band":
        strip = turn(curve((-0.80, -0.52), (-0.4, -0.70), (0.0, -0.75), (0.4, -0.70), (0.80, -0.52)), view)
        canvas.stroke(strip, 0.13, colour)
        return
    canvas.fill(shell, colour)
    with canvas.clip(shell):
        canvas.soft(oval((0.4 * view.light[0], -1.05), 0.4, 0.16), lighter(colour, 0.5), 0.5 * view.contrast, 0.1)
        if person.covering == "turban":
            for shift in (0.0, 0.16, 0.32, 0.48):
                canvas.stroke(curve((-0.9, -0.55 - shift), (-0.1, -0.75 - shift), (0.75, -1.1 - shift)), 0.03, dark)
                canvas.stroke(curve((0.9, -0.55 - shift), (0.1, -0.75 - shift), (-0.3, -0.9 - shift)), 0.03, dark)
    if person.covering == "beanie":
        canvas.stroke(shifted(edge, 0, -0.06), 0.17, dark)
        canvas.fill(oval((0.0, -1.33), 0.15), lighter(colour, 0.35))
    elif person.covering == "cap":
        visor = turn(points((-0.62, -0.60), (-0.35, -0.50), (0.0, -0.47), (0.35, -0.50), (0.62, -0.60), (0.0, -0.72)), view)
        canvas.fill(smooth(visor), dark)


def draw_earrings(canvas: Canvas, person: Person) -> None:
    """Draws an earring under each ear."""
    if person.earrings is not None and person.covering != "hijab":
        for side in (-1, 1):
            canvas.fill(oval((side * (person.head_width + 0.05), 0.31), 0.055), person.earrings)
            canvas.fill(oval((side * (person.head_width + 0.04), 0.29), 0.018), WHITE)


def draw_glasses(canvas: Canvas, person: Person, view: View) -> None:
    """Draws glasses with clear lenses and thin frames, so that brows and eyes stay visible."""
    if person.glasses is None:
        return
    colour, y = person.glasses_colour, person.eye_y + 0.02
    for side in (-1, 1):
        x = side * person.eye_gap
        if person.glasses == "round":
            lens = oval((x, y), 0.255, 0.245)
        else:
            lens = shape((x - 0.24, y - 0.19), (x + 0.24, y - 0.19), (x + 0.22, y + 0.18), (x - 0.22, y + 0.18))
        lens = turn(lens, view)
        middle = lens.mean(axis=0)
        inner = middle + (lens - middle) * 0.90
        canvas.fill(inner, lighter(colour, 0.85), 0.10)
        if person.glasses == "browline":
            canvas.ring(lens, middle + (lens - middle) * 0.94, colour, 0.9)
        else:
            canvas.ring(lens, inner, colour)
        glint = middle + points((-0.15, 0.02), (-0.06, -0.13))
        canvas.stroke(glint, (0.012, 0.03, 0.012), WHITE, 0.5)
        ear = points((x + side * 0.24, y - 0.03), (side * (person.head_width + 0.01), y - 0.02))
        canvas.stroke(np.concatenate([turn(ear[:1], view), ear[1:]]), 0.035, colour)
    bridge = curve((-person.eye_gap + 0.25, y - 0.03), (0.0, y - 0.07), (person.eye_gap - 0.25, y - 0.03))
    canvas.stroke(turn(bridge, view), 0.035, colour)
