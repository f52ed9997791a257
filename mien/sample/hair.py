"""Draws hair behind and in front of the head, and beards."""

import numpy as np

from mien.sample.canvas import Canvas, Colour, Points, curve, mirrored, oval, points, shifted, smooth, symmetric
from mien.sample.colours import darker, lighter, mix
from mien.sample.person import Person
from mien.sample.view import View, turn

# Distance of the hairline's control points below the crown, from the parting outwards: (x as a share of the head's width, y).
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


# Outlines of the hair behind the head, right half from the top: (x beyond the head's side, y).
BEHIND: dict[str, tuple[tuple[float, float], ...]] = {
    "long": ((0.02, -0.7), (0.15, 0.1), (0.16, 0.9), (0.10, 1.75)),
    "wavy": ((0.08, -0.65), (0.16, -0.1), (0.27, 0.35), (0.17, 0.75), (0.30, 1.15), (0.14, 1.5)),
    "fringe": ((0.08, -0.65), (0.15, -0.1), (0.20, 0.35), (0.18, 0.75), (0.26, 1.15), (0.14, 1.5)),
    "bob": ((0.08, -0.65), (0.20, 0.1), (0.20, 0.62), (-0.05, 0.85)),
}


def draw_hair_behind(canvas: Canvas, person: Person) -> None:
    """Draws the hair that hangs or stands behind the head and neck."""
    wide, dark, volume = person.head_width, darker(person.hair, 0.25), person.hair_volume
    style, rng = person.hair_style, np.random.default_rng(person.hair_seed)
    if style in BEHIND:
        right = points(
            (0.0, -1.02 - 0.07 * volume),
            *((wide + beyond * (volume if beyond > 0 else 1), y * (person.hair_length if y > 0 else 1)) for beyond, y in BEHIND[style]),
            (0.1, 0.8),
        )
        canvas.fill(smooth(mirrored(right) + rng.normal(0, 0.025, size=(2 * len(right), 2))), dark)
    elif style == "afro":
        reach = 0.88 + 0.14 * volume
        for angle in np.linspace(0.82 * np.pi, 2.18 * np.pi, 15):
            canvas.fill(oval((reach * np.cos(angle), -0.28 + 0.95 * reach * np.sin(angle)), 0.26 * float(rng.uniform(0.8, 1.2))), dark)
        canvas.fill(oval((0, -0.28), reach), dark)
    elif style == "bun":
        x = 0.25 * float(rng.uniform(-1, 1))
        canvas.fill(oval((x, -1.18), 0.24 * volume + 0.06, 0.22 * volume + 0.06), dark)
        canvas.stroke(curve((x - 0.2, -1.24), (x, -1.34), (x + 0.2, -1.20)), 0.03, lighter(person.hair, 0.12))
    elif style == "pigtails":
        low = 0.95 * person.hair_length
        for side in (-1, 1):
            root = side * wide
            outer = side * (wide + 0.30 * volume)
            tail = points((root, -0.25), (outer, -0.1), (outer, 0.6 * low), (root + side * 0.12, low), (root + side * 0.02, 0.3 * low))
            canvas.fill(smooth(tail + rng.normal(0, 0.03, size=tail.shape)), dark)


def draw_hair_in_front(canvas: Canvas, person: Person, view: View) -> None:
    """Draws the hair on the skull, down to the hairline."""
    style, hair = person.hair_style, person.hair
    rng = np.random.default_rng(person.hair_seed + 1)
    if style == "bald":
        return
    if style == "buzz":
        canvas.fill(_cap(person, view, "crop", 0.02, rng), mix(hair, person.skin, 0.3))
        return
    line, height = FRONTS[style]
    cap = _cap(person, view, line, height * person.hair_volume, rng)
    rounded = style in ("curly", "afro")
    if rounded:
        reach, curl = person.head_width + 0.02 + 0.03 * person.hair_volume, 0.11 + 0.06 * person.hair_volume
        for angle in np.linspace(1.02 * np.pi, 1.98 * np.pi, 13):
            canvas.fill(oval((reach * np.cos(angle), -0.22 + 0.78 * np.sin(angle)), curl * float(rng.uniform(0.75, 1.25))), hair)
        for x in np.linspace(-0.72, 0.72, 9):
            canvas.fill(oval((x * person.head_width, -0.72 + 0.30 * x * x), 0.13 * float(rng.uniform(0.8, 1.2))), hair)
    canvas.fill(cap, hair)
    with canvas.clip(cap):
        light_x = view.light[0]
        canvas.soft(oval((0.35 * light_x, -0.92), 0.34, 0.13), lighter(hair, 0.55), (0.2 if rounded else 0.55) * view.contrast, 0.06)
        canvas.soft(oval((-0.8 * light_x, -0.6), 0.30, 0.5), darker(hair, 0.5), 0.0 if rounded else 0.5, 0.1)
    for offset in (-0.30, 0.0, 0.30) if style in ("side", "swept", "quiff", "wavy", "bob", "long") else ():
        strand = points((0.3 + offset, -0.72), (0.12 + offset, -0.93), (-0.12 + offset, -1.0)) * (person.parting, 1.0)
        canvas.stroke(smooth(strand, closed=False), (0.006, 0.02, 0.006), darker(hair, 0.3))


def _cap(person: Person, view: View, line: str, height: float, rng: np.random.Generator) -> Points:
    """The outline of the hair on the skull: the outer arc from ear to ear, and back along the hairline."""
    wide = person.head_width
    hairline = np.array(HAIRLINES[line]) * (wide / 0.80, 1.0)
    hairline = shifted(hairline, 0, person.hairline) + rng.normal(0, 0.022, size=hairline.shape)
    if person.parting < 0:
        hairline = (hairline * (-1, 1))[::-1]
    hairline = turn(hairline, view)
    left, right = points((-wide + 0.01, hairline[-1, 1])), points((wide - 0.01, hairline[0, 1]))
    lean = 0.06 * person.parting
    arc = points(
        (-wide - 0.03, -0.35), (-0.86 * wide + lean, -0.72 - 0.5 * height), (-0.45 * wide + lean, -0.97 - 0.9 * height),
        (lean, -1.02 - height), (0.45 * wide + lean, -0.97 - 0.9 * height), (0.86 * wide + lean, -0.72 - 0.5 * height),
        (wide + 0.03, -0.35),
    )  # fmt: skip
    return np.concatenate([smooth(np.concatenate([left, arc, right]), closed=False), smooth(hairline, closed=False)])


def draw_beard(canvas: Canvas, person: Person, view: View, *, face: Points) -> None:
    """Draws a beard or moustache; the mouth is drawn over it later."""
    hair = mix(darker(person.hair, 0.12), person.skin, 0.12)
    alpha = 0.30 if person.beard == "stubble" else 1.0
    mouth_y = person.mouth_y
    if person.beard in ("stubble", "full"):
        upper = curve(
            (0.95, 0.05), (0.66, 0.12), (0.58, 0.36), (0.36, mouth_y - 0.14), (0.12, mouth_y - 0.17), (-0.12, mouth_y - 0.17),
            (-0.36, mouth_y - 0.14), (-0.58, 0.36), (-0.66, 0.12), (-0.95, 0.05),
        )  # fmt: skip
        cover = np.concatenate([turn(upper, view), points((-1.2, 1.3), (1.2, 1.3))])
        with canvas.clip(face * (1.02, 1.0)):
            canvas.fill(cover, hair, alpha)
        if person.beard == "full":
            with canvas.clip(cover):
                canvas.fill(shifted(face * (1.02, 1.0), 0, 0.05), hair)
    if person.beard == "goatee":
        chin = symmetric((0.10, mouth_y + 0.16), (0.20, mouth_y + 0.2), (0.22, 0.86), (0.0, 1.02))
        canvas.fill(turn(chin, view), hair)
    if person.beard in ("goatee", "moustache"):
        _draw_moustache(canvas, person, view, hair)


def _draw_moustache(canvas: Canvas, person: Person, view: View, hair: Colour) -> None:
    y = person.mouth_y - 0.11
    moustache = symmetric((0.0, y - 0.05), (0.14, y - 0.06), (0.28, y + 0.01), (0.30, y + 0.05), (0.14, y + 0.01), (0.0, y + 0.0))
    canvas.fill(turn(moustache, view), hair)
