"""The person who is drawn: everything about a face except its expression, drawn independently of it."""

from dataclasses import dataclass

import numpy as np

from mien.sample.canvas import Colour
from mien.sample.colours import CLOTH, HAIR, IRISES, SKINS, darker, luminance, mix, pick

SHORT = ("buzz", *("crop", "side", "quiff", "curly") * 3, "bald")  # repeated entries are more frequent
LONG = ("long", "wavy", "bob", "bun", "pigtails", "fringe", "afro", "curly")
COVERINGS = ("hijab", "beanie", "cap", "turban", "band")
CLOTHES = ("tee", "vee", "shirt", "hoodie", "turtleneck", "striped", "blazer")
GLASSES = ("round", "square", "browline")
BEARDS = ("stubble", "full", "goatee", "moustache")


@dataclass(frozen=True)
class Person:
    """The looks of one face; lengths are in units of half a head."""

    skin: Colour
    hair: Colour
    brow: Colour
    iris: Colour
    lips: Colour
    head_width: float
    temple: float
    crown: float
    jaw_width: float
    chin_width: float
    eye_gap: float
    eye_size: float
    eye_y: float
    eye_tilt: float
    brow_thickness: float
    nose_length: float
    nose_width: float
    mouth_y: float
    mouth_width: float
    lip_fullness: float
    hair_style: str
    hair_volume: float
    hair_length: float
    hairline: float
    parting: float
    hair_seed: int
    covering: str | None
    covering_colour: Colour
    glasses: str | None
    glasses_colour: Colour
    beard: str | None
    earrings: Colour | None
    clothes: str
    clothes_colour: Colour
    clothes_accent: Colour
    lashes: bool
    freckles: int
    blush: float
    age: float


def draw_person(rng: np.random.Generator) -> Person:
    """Draws a random person."""
    feminine = bool(rng.random() < 0.5)
    skin = mix(SKINS[rng.integers(len(SKINS))], SKINS[rng.integers(len(SKINS))], float(rng.uniform(0, 0.4)))
    hair = pick(HAIR, rng)
    if luminance(skin) < 150 and rng.random() < 0.7:
        hair = pick(HAIR[:3], rng)
    covering = None
    if rng.random() < 0.24:
        covering = str(rng.choice(COVERINGS[:1] + COVERINGS[1:3] + COVERINGS[4:] if feminine else COVERINGS[1:]))
    beard = str(rng.choice(BEARDS)) if not feminine and rng.random() < 0.32 else None
    made_up = feminine and rng.random() < 0.4
    return Person(
        skin=skin,
        hair=hair,
        brow=darker(mix(hair, darker(skin, 0.6), 0.5), 0.35),
        iris=pick(IRISES, rng),
        lips=mix(skin, (186, 40, 62) if made_up else (190, 84, 84), float(rng.uniform(0.6, 0.8) if made_up else rng.uniform(0.4, 0.6))),
        head_width=float(rng.uniform(0.69, 0.81)),
        temple=float(rng.uniform(0.86, 0.99)),
        crown=float(rng.uniform(0.50, 0.68)),
        jaw_width=float(rng.uniform(0.50, 0.60) if feminine else rng.uniform(0.54, 0.66)),
        chin_width=float(rng.uniform(0.20, 0.30)),
        eye_gap=float(rng.uniform(0.335, 0.375)),
        eye_size=float(rng.uniform(0.92, 1.12)),
        eye_y=float(rng.uniform(-0.08, 0.0)),
        eye_tilt=float(rng.uniform(-0.015, 0.02)),
        brow_thickness=float(rng.uniform(0.07, 0.085) if feminine else rng.uniform(0.08, 0.105)),
        nose_length=float(rng.uniform(0.26, 0.36)),
        nose_width=float(rng.uniform(0.09, 0.14)),
        mouth_y=float(rng.uniform(0.54, 0.60)),
        mouth_width=float(rng.uniform(0.94, 1.08)),
        lip_fullness=float(rng.uniform(0.75, 1.25)),
        hair_style=str(rng.choice(LONG if feminine else SHORT)),
        hair_volume=float(rng.uniform(0.5, 1.8)),
        hair_length=float(rng.uniform(0.65, 1.25)),
        hairline=float(rng.uniform(-0.07, 0.03)),
        parting=float(rng.uniform(0.6, 1.3) * rng.choice((-1, 1))),
        hair_seed=int(rng.integers(2**31)),
        covering=covering,
        covering_colour=pick(CLOTH, rng, 16),
        glasses=str(rng.choice(GLASSES)) if rng.random() < 0.15 else None,
        glasses_colour=pick(((40, 36, 40), (90, 56, 40), (150, 60, 60), (60, 80, 120), (170, 140, 90)), rng),
        beard=beard,
        earrings=pick(((236, 200, 110), (214, 220, 228), (220, 90, 110), (80, 170, 180)), rng) if feminine and rng.random() < 0.5 else None,
        clothes=str(rng.choice(CLOTHES)),
        clothes_colour=pick(CLOTH, rng, 16),
        clothes_accent=pick(CLOTH, rng, 16),
        lashes=feminine,
        freckles=int(rng.integers(8, 20)) if rng.random() < 0.12 else 0,
        blush=float(rng.uniform(0.0, 0.3)),
        age=float(rng.beta(1.2, 3.5)),
    )
