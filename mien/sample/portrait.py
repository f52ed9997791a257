"""Draws a whole portrait: a person with an expression, seen in a view, in front of a background."""

import numpy as np
from PIL import Image

from mien.sample import accessories, hair, head
from mien.sample.background import draw_background
from mien.sample.canvas import Canvas
from mien.sample.clothes import draw_body
from mien.sample.expression import Expression, draw_expression
from mien.sample.eyes import draw_brows, draw_eyes
from mien.sample.mouth import draw_mouth
from mien.sample.person import Person, draw_person
from mien.sample.view import View, body_frame, develop, draw_view, head_frame


def draw_portrait(label: str, rng: np.random.Generator, *, size_px: int) -> Image.Image:
    """An RGB portrait with the expression `label`; the shorter side is at least `size_px`."""
    person, view, expression = draw_person(rng), draw_view(rng, size_px=size_px), draw_expression(label, rng)
    gaze = (float(rng.normal(0, 0.35)), float(rng.normal(0, 0.25)))
    unevenness = float(rng.uniform(-1, 1))
    return portrait(person, view, expression, gaze=gaze, unevenness=unevenness, background=draw_background(rng, view.size_px), rng=rng)


def portrait(
    person: Person,
    view: View,
    expression: Expression,
    *,
    gaze: tuple[float, float],
    unevenness: float,
    background: Image.Image,
    rng: np.random.Generator,
) -> Image.Image:
    """An RGB portrait of the given parts; `rng` draws the camera's noise only.

    Portraits of one person in one place share person, background and unevenness.
    """
    canvas = Canvas(view.size_px, background)
    face = head.outline(person, expression)

    canvas.frame = head_frame(view)
    if person.covering not in accessories.HIDES_HAIR_BEHIND:
        hair.draw_hair_behind(canvas, person)
    canvas.frame = body_frame(view)
    accessories.draw_covering_behind(canvas, person)
    draw_body(canvas, person)
    canvas.frame = head_frame(view)
    head.draw_ears(canvas, person, view)
    head.draw_skin(canvas, person, expression, view, face=face)
    hair.draw_beard(canvas, person, view, face=face)
    head.draw_nose(canvas, person, expression, view)
    head.draw_lines(canvas, person, expression, view)
    draw_eyes(canvas, person, expression, view, gaze)
    draw_mouth(canvas, person, expression, view)
    if person.covering not in accessories.HIDES_HAIR:
        hair.draw_hair_in_front(canvas, person, view)
    accessories.draw_earrings(canvas, person)
    accessories.draw_covering(canvas, person, view)
    draw_brows(canvas, person, expression, view, unevenness)
    accessories.draw_glasses(canvas, person, view)
    return develop(canvas.reduced(), view, rng)
