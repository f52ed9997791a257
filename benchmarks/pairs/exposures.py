"""Several exposures of one drawn person in one place: what a session or a video camera gives, and what is no duplicate."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from mien.sample.background import draw_background
from mien.sample.expression import SHARES, Expression, draw_expression
from mien.sample.person import Person, draw_person
from mien.sample.portrait import portrait
from mien.sample.view import View, draw_view

LABELS: Final = tuple(SHARES)
# The two of CK+ that the sample does not draw, by their action units.
OTHERS: Final = {
    "disgust": Expression(upper_lip_raiser=1.0, brow_lowerer=0.5, lid_tightener=0.7, chin_raiser=0.4, cheek_raiser=0.3),
    "contempt": Expression(lip_corner_puller=0.35, lip_tightener=0.6, chin_raiser=0.3),
}


@dataclass(frozen=True)
class Sitting:
    """One person before one camera."""

    person: Person
    view: View
    background: Image.Image
    unevenness: float

    @classmethod
    def draw(cls, rng: np.random.Generator, *, size_px: int) -> "Sitting":
        """A sitting drawn at random."""
        person, view = draw_person(rng), draw_view(rng, size_px=size_px)
        return cls(person, view, draw_background(rng, view.size_px), float(rng.uniform(-1, 1)))

    def exposure(
        self,
        expression: Expression,
        rng: np.random.Generator,
        *,
        jitter: float = 1.0,
        gaze: tuple[float, float] = (0.0, 0.0),
        yaw: float = 0.0,
    ) -> Image.Image:
        """One picture: new noise, the head moved by about `jitter` per cent of the sides and as many degrees, turned by `yaw` radians."""
        view = replace(
            self.view,
            centre=tuple(float(share + jitter * rng.normal(0, 0.01)) for share in self.view.centre),
            roll_deg=self.view.roll_deg + jitter * float(rng.normal(0, 1)),
            yaw=self.view.yaw + yaw + jitter * float(rng.normal(0, 0.01)),
        )
        return portrait(self.person, view, expression, gaze=gaze, unevenness=self.unevenness, background=self.background, rng=rng)


Pair = tuple[Image.Image, Image.Image]


def other_expression(sitting: Sitting, rng: np.random.Generator) -> Pair:
    """Two expressions."""
    one, other = (draw_expression(str(label), rng) for label in rng.choice(LABELS, 2, replace=False))
    return sitting.exposure(one, rng), sitting.exposure(other, rng)


def other_take(sitting: Sitting, rng: np.random.Generator) -> Pair:
    """One expression, made twice."""
    label = str(rng.choice(LABELS))
    return sitting.exposure(draw_expression(label, rng), rng), sitting.exposure(draw_expression(label, rng), rng)


def blink(sitting: Sitting, rng: np.random.Generator) -> Pair:
    """One moment, and the next with closed lids."""
    open_eyes = draw_expression(str(rng.choice(LABELS)), rng)
    closed = replace(open_eyes, lids_droop=1.0, upper_lid_raiser=0.0)
    return sitting.exposure(open_eyes, rng, jitter=0.2), sitting.exposure(closed, rng, jitter=0.2)


def head_turn(sitting: Sitting, rng: np.random.Generator) -> Pair:
    """One expression, the head turned by 3 to 9 degrees."""
    expression, yaw = draw_expression(str(rng.choice(LABELS)), rng), float(rng.uniform(0.05, 0.15) * rng.choice((-1, 1)))
    return sitting.exposure(expression, rng, jitter=0.2), sitting.exposure(expression, rng, jitter=0.2, yaw=yaw)


def burst(sitting: Sitting, rng: np.random.Generator) -> Pair:
    """Two frames of one burst: nothing but a trembling hand and noise."""
    expression = draw_expression(str(rng.choice(LABELS)), rng)
    return sitting.exposure(expression, rng, jitter=0.2), sitting.exposure(expression, rng, jitter=0.2)


KINDS: Final[dict[str, Callable[[Sitting, np.random.Generator], Pair]]] = {
    function.__name__: function for function in (other_expression, other_take, blink, head_turn, burst)
}


def sequences(num_persons: int, *, seed: int, num_frames: int = 3, size_px: int = 160) -> Iterator[tuple[str, Image.Image]]:
    """Path and grey 48 px face of each frame of a set like CK+: seven rising expressions of each person, the last frames of each.

    The paths are EXPRESSION/S010_006_00000013.png: the subject, the number of the sequence, the number of the frame.
    """
    for number in range(num_persons):
        rng = np.random.default_rng((seed, number))
        sitting = Sitting.draw(rng, size_px=size_px)
        for order, label in enumerate((*LABELS, *OTHERS)):
            full = draw_expression(label, rng) if label in LABELS else OTHERS[label]
            start = replace(
                sitting, view=replace(sitting.view, centre=tuple(share + float(rng.normal(0, 0.01)) for share in sitting.view.centre))
            )
            for frame, strength in enumerate(np.linspace(0.75, 1, num_frames)):
                picture = start.exposure(_weakened(full, float(strength)), rng, jitter=0.1)
                yield f"{label}/S{number:03d}_{order + 1:03d}_{frame + 11:08d}.png", _face(picture, start.view)


def write_sequences(folder: Path, num_persons: int, *, seed: int) -> None:
    """The set as a folder per expression."""
    for path, picture in sequences(num_persons, seed=seed):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        picture.save(folder / path)


def _weakened(expression: Expression, strength: float) -> Expression:
    return replace(expression, **{field.name: strength * getattr(expression, field.name) for field in fields(Expression)})


def _face(picture: Image.Image, view: View) -> Image.Image:
    """From brows to chin, ear to ear, as the sets of this kind are cropped."""
    half = view.head * max(view.size_px) / 2
    x, y = (share * side for share, side in zip(view.centre, view.size_px, strict=True))
    box = (x - 0.8 * half, y - 0.6 * half, x + 0.8 * half, y + 1.0 * half)
    return picture.convert("L").resize((48, 48), Image.Resampling.LANCZOS, box=_within(box, picture.size))


def _within(box: tuple[float, float, float, float], size: tuple[int, int]) -> tuple[float, float, float, float]:
    return max(0.0, box[0]), max(0.0, box[1]), min(float(size[0]), box[2]), min(float(size[1]), box[3])
