"""Hair, behind the head and in front of it, and beards."""

import numpy as np

from mien.data.sample.canvas import Canvas, Colour, Points, mirrored, oval, points, shifted, smooth
from mien.data.sample.colours import darker, lighter, mix
from mien.data.sample.person import Person
from mien.data.sample.view import View, turn

# How far the hairline's control points lie below the crown, from the parting outwards: (x as a share of the head's width, y).
HAIRLINES: dict[str, tuple[tuple[float, float], ...]] = {
    "crop": ((0.80, -0.30), (0.62, -0.60), (0.30, -0.66), (-0.30, -0.66), (-0.62, -0.60), (-0.80, -0.30)),
    "quiff": ((0.82, -0.32), (0.66, -0.64), (0.30, -0.74), (-0.30, -0.74), (-0.66, -0.64), (-0.82, -0.32)),
    "side": ((0.82, -0.28), (0.74, -0.52), (0.42, -0.76), (0.10, -0.66), (-0.50, -0.58), (-0.82, -0.28)),
    "parted": ((0.92, 0.05), (0.72, -0.42), (0.06, -0.82), (-0.06, -0.82), (-0.72, -0.42), (-0.92, 0.05)),
    "fringe": ((0.92, 0.0), (0.80, -0.50), (0.40, -0.53), (-0.40, -0.53), (-0.80, -0.50), (-0.92, 0.0)),
    "swept": ((0.90, -0.02), (0.80, -0.46), (0.48, -0.78), (0.05, -0.68), (-0.60, -0.50), (-0.92, 0.02)),
    "round": ((0.88, -0.22), (0.74, -0.54), (0.36, -0.66), (-0.36, -0.66), (-0.74, -0.54), (-0.88, -0.22)),
}
FRONTS = {
    "crop": ("crop", 0.10), "quiff": ("quiff", 0.24), "side": ("side", 0.15), "curly": ("round", 0.12), "afro": ("round", 0.16),
    "long": ("parted", 0.10), "wavy": ("swept", 0.13), "bob": ("swept", 0.12), "bun": ("round", 0.07), "pigtails": ("parted", 0.08),
    "fringe": ("fringe", 0.11),
}  # fmt: skip


def draw_hair_behind(canvas: Canvas, person: Person) -> None:
    """What hangs or stands behind the head and neck."""
    wide, dark = person.head_width, darker(person.hair, 0.25)
    style = person.hair_style
    if style == "long":
        canvas.fill(
            smooth(
                mirrored(points((0.0, -1.08), (wide + 0.02, -0.7), (wide + 0.15, 0.1), (wide + 0.16, 0.9), (wide + 0.10, 1.75), (0.1, 1.8)))
            ),
            dark,
        )
    elif style in ("wavy", "fringe"):
        ripple = points(
            (0.0, -1.10), (wide + 0.08, -0.65), (wide + 0.16, -0.1), (wide + 0.27, 0.35), (wide + 0.17, 0.75), (wide + 0.30, 1.15),
            (wide + 0.14, 1.5), (0.1, 1.5),
        )  # fmt: skip
        canvas.fill(smooth(mirrored(ripple)), dark)
    elif style == "bob":
        canvas.fill(
            smooth(
                mirrored(
                    points((0.0, -1.10), (wide + 0.08, -0.65), (wide + 0.20, 0.1), (wide + 0.20, 0.62), (wide - 0.05, 0.85), (0.1, 0.8))
                )
            ),
            dark,
        )
    elif style == "afro":
        for angle in np.linspace(0.82 * np.pi, 2.18 * np.pi, 15):
            canvas.fill(oval((1.0 * np.cos(angle), -0.28 + 0.95 * np.sin(angle)), 0.26), dark)
        canvas.fill(oval((0, -0.28), 1.0), dark)
    elif style == "bun":
        canvas.fill(oval((0.0, -1.22), 0.30, 0.27), dark)
        canvas.stroke(smooth(points((-0.2, -1.26), (0.0, -1.36), (0.2, -1.22)), closed=False), 0.03, lighter(person.hair, 0.12))
    elif style == "pigtails":
        for side in (-1, 1):
            tail = points(
                (side * wide, -0.25),
                (side * (wide + 0.32), -0.1),
                (side * (wide + 0.30), 0.55),
                (side * (wide + 0.12), 0.95),
                (side * (wide + 0.02), 0.3),
            )
            canvas.fill(smooth(tail), dark)


def draw_hair_in_front(canvas: Canvas, person: Person, view: View) -> None:
    """The hair on the skull, down to the hairline."""
    style, hair = person.hair_style, person.hair
    if style == "bald":
        return
    if style == "buzz":
        canvas.fill(_cap(person, view, "crop", 0.02), mix(hair, person.skin, 0.3))
        return
    line, height = FRONTS[style]
    cap = _cap(person, view, line, height)
    if style in ("curly", "afro"):
        reach = person.head_width + 0.05
        for angle in np.linspace(1.02 * np.pi, 1.98 * np.pi, 13):
            canvas.fill(oval((reach * np.cos(angle), -0.22 + 0.78 * np.sin(angle)), 0.17), hair)
        for x in np.linspace(-0.72, 0.72, 9):
            canvas.fill(oval((x * person.head_width, -0.72 + 0.30 * x * x), 0.13), hair)
    canvas.fill(cap, hair)
    with canvas.clip(cap):
        light_x = view.light[0]
        canvas.soft(oval((0.35 * light_x, -0.92), 0.34, 0.13), lighter(hair, 0.55), 0.55 * view.contrast, 0.06)
        canvas.soft(oval((-0.8 * light_x, -0.6), 0.30, 0.5), darker(hair, 0.5), 0.5, 0.1)
    for offset in (-0.30, 0.0, 0.30) if style in ("side", "swept", "quiff", "wavy", "bob", "long") else ():
        strand = points((0.3 + offset, -0.72), (0.12 + offset, -0.93), (-0.12 + offset, -1.0))
        canvas.stroke(smooth(strand, closed=False), (0.006, 0.02, 0.006), darker(hair, 0.3))


def _cap(person: Person, view: View, line: str, height: float) -> Points:
    """The skull's hair: the outer arc from ear to ear, back along the hairline."""
    wide = person.head_width
    hairline = turn(np.array(HAIRLINES[line]) * (wide / 0.78, 1.0), view)
    low = hairline[0, 1] + 0.05
    arc = points(
        (-wide - 0.03, low), (-wide - 0.05, -0.35), (-0.86 * wide, -0.72 - 0.5 * height), (-0.45 * wide, -0.97 - 0.9 * height),
        (0.0, -1.02 - height), (0.45 * wide, -0.97 - 0.9 * height), (0.86 * wide, -0.72 - 0.5 * height), (wide + 0.05, -0.35), (wide + 0.03, low),
    )  # fmt: skip
    return np.concatenate([smooth(arc, closed=False), smooth(hairline, closed=False)])


def draw_beard(canvas: Canvas, person: Person, view: View, *, face: Points) -> None:
    """Beard or moustache, under the mouth that is drawn on it."""
    hair = mix(darker(person.hair, 0.12), person.skin, 0.12)
    alpha = 0.30 if person.beard == "stubble" else 1.0
    mouth_y = person.mouth_y
    if person.beard in ("stubble", "full"):
        upper = points(
            (0.95, 0.05), (0.66, 0.12), (0.58, 0.36), (0.36, mouth_y - 0.14), (0.12, mouth_y - 0.17), (-0.12, mouth_y - 0.17),
            (-0.36, mouth_y - 0.14), (-0.58, 0.36), (-0.66, 0.12), (-0.95, 0.05),
        )  # fmt: skip
        cover = np.concatenate([turn(smooth(upper, closed=False), view), points((-1.2, 1.3), (1.2, 1.3))])
        with canvas.clip(face * (1.02, 1.0)):
            canvas.fill(cover, hair, alpha)
        if person.beard == "full":
            with canvas.clip(cover):
                canvas.fill(shifted(face * (1.02, 1.0), 0, 0.05), hair)
    if person.beard == "goatee":
        chin = points((0.10, mouth_y + 0.16), (0.20, mouth_y + 0.2), (0.22, 0.86), (0.0, 1.02))
        canvas.fill(turn(smooth(mirrored(chin)), view), hair)
    if person.beard in ("goatee", "moustache"):
        _draw_moustache(canvas, person, view, hair)


def _draw_moustache(canvas: Canvas, person: Person, view: View, hair: Colour) -> None:
    y = person.mouth_y - 0.11
    half = points((0.0, y - 0.05), (0.14, y - 0.06), (0.28, y + 0.01), (0.30, y + 0.05), (0.14, y + 0.01), (0.0, y + 0.0))
    canvas.fill(turn(smooth(mirrored(half)), view), hair)
