"""Facial expressions as intensities of action units (Ekman and Friesen's Facial Action Coding System, FACS), and five classes of them.

Each class is a distribution: it has several looks, each with a range per action unit, and the overall strength varies from face to face.
"""

from dataclasses import dataclass, fields

import numpy as np

Range = tuple[float, float]


@dataclass(frozen=True)
class Expression:
    """Intensities of action units, from 0 (at rest) to 1 (full)."""

    inner_brow_raiser: float = 0.0  # AU1
    outer_brow_raiser: float = 0.0  # AU2
    brow_lowerer: float = 0.0  # AU4
    upper_lid_raiser: float = 0.0  # AU5
    cheek_raiser: float = 0.0  # AU6
    lid_tightener: float = 0.0  # AU7
    upper_lip_raiser: float = 0.0  # AU10
    lip_corner_puller: float = 0.0  # AU12
    lip_corner_depressor: float = 0.0  # AU15
    chin_raiser: float = 0.0  # AU17
    lip_stretcher: float = 0.0  # AU20
    lip_tightener: float = 0.0  # AU23
    lips_part: float = 0.0  # AU25
    jaw_drop: float = 0.0  # AU26
    lids_droop: float = 0.0  # AU43


# Shares of the classes, as in the set that the five baselines were trained on: happy is most frequent, surprise least.
SHARES = {"angry": 0.19, "fear": 0.18, "happy": 0.31, "sad": 0.19, "surprise": 0.13}

_ANGRY: dict[str, Range] = {"brow_lowerer": (0.8, 1.0), "lid_tightener": (0.45, 0.9), "upper_lid_raiser": (0.0, 0.3)}
_FEAR: dict[str, Range] = {
    "inner_brow_raiser": (0.8, 1.0),
    "outer_brow_raiser": (0.3, 0.55),
    "brow_lowerer": (0.4, 0.65),
    "upper_lid_raiser": (0.75, 1.0),
    "lip_stretcher": (0.7, 1.0),
}
_HAPPY: dict[str, Range] = {"lip_corner_puller": (0.8, 1.0)}
_SAD: dict[str, Range] = {
    "inner_brow_raiser": (0.75, 1.0),
    "brow_lowerer": (0.3, 0.5),
    "lip_corner_depressor": (0.8, 1.0),
    "lids_droop": (0.3, 0.65),
}
_SURPRISE: dict[str, Range] = {
    "inner_brow_raiser": (0.8, 1.0),
    "outer_brow_raiser": (0.8, 1.0),
    "upper_lid_raiser": (0.7, 1.0),
    "lips_part": (0.7, 1.0),
}

LOOKS: dict[str, list[dict[str, Range]]] = {
    "angry": [
        {**_ANGRY, "lip_tightener": (0.7, 1.0), "chin_raiser": (0.1, 0.5), "lip_corner_depressor": (0.1, 0.4)},
        {**_ANGRY, "lip_tightener": (0.5, 0.9), "lips_part": (0.8, 1.0), "upper_lip_raiser": (0.5, 1.0), "jaw_drop": (0.16, 0.3)},
    ],
    "fear": [
        {**_FEAR, "lips_part": (0.7, 1.0), "jaw_drop": (0.2, 0.35)},
        {**_FEAR, "lips_part": (0.8, 1.0), "jaw_drop": (0.35, 0.5)},
    ],
    "happy": [
        {**_HAPPY, "cheek_raiser": (0.3, 0.8)},
        {**_HAPPY, "cheek_raiser": (0.5, 1.0), "lips_part": (0.7, 1.0), "jaw_drop": (0.1, 0.3)},
        {**_HAPPY, "cheek_raiser": (0.7, 1.0), "lips_part": (0.9, 1.0), "jaw_drop": (0.35, 0.6), "outer_brow_raiser": (0.0, 0.4)},
    ],
    "sad": [
        {**_SAD, "chin_raiser": (0.3, 0.9)},
        {**_SAD, "chin_raiser": (0.0, 0.3), "lips_part": (0.2, 0.6)},
    ],
    "surprise": [
        {**_SURPRISE, "jaw_drop": (0.45, 0.7)},
        {**_SURPRISE, "jaw_drop": (0.7, 1.0)},
    ],
}
_IDLE: Range = (0.0, 0.06)  # no real face is at rest everywhere


def draw_expression(label: str, rng: np.random.Generator) -> Expression:
    """Draws the action units of one face from a look of the class `label`."""
    look = LOOKS[label][rng.integers(len(LOOKS[label]))]
    overall = rng.uniform(0.85, 1.1)
    names = [field.name for field in fields(Expression)]
    return Expression(**{name: min(1.0, float(rng.uniform(*look.get(name, _IDLE))) * overall) for name in names})
