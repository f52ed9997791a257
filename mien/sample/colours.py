"""The palettes of the drawn portraits, and functions that mix colours."""

import numpy as np

from mien.sample.canvas import Colour

SKINS: tuple[Colour, ...] = (
    (252, 228, 211), (247, 214, 190), (240, 199, 167), (229, 184, 143), (214, 164, 121), (196, 145, 104), (176, 124, 86),
    (153, 103, 70), (130, 85, 58), (108, 70, 50),
)  # fmt: skip
HAIR: tuple[Colour, ...] = (
    (34, 28, 30), (48, 36, 34), (74, 48, 36), (104, 66, 42), (140, 90, 52), (176, 122, 66), (214, 172, 104),
    (158, 84, 48), (112, 56, 38), (150, 150, 154), (206, 204, 200), (92, 70, 128), (52, 98, 120),
)  # fmt: skip
# Walls and clothes have no reds and no pure whites. Those are left to mouths, cheeks, teeth and eyes, so that these stand out.
CLOTH: tuple[Colour, ...] = (
    (224, 190, 128), (206, 170, 96), (166, 178, 120), (128, 168, 124), (84, 140, 124), (108, 164, 176), (132, 172, 204),
    (92, 122, 172), (128, 120, 172), (160, 148, 188), (64, 88, 120), (48, 62, 84), (62, 96, 84), (104, 92, 80),
    (150, 136, 118), (198, 188, 170), (176, 186, 196), (112, 122, 134), (76, 78, 88), (214, 206, 190),
)  # fmt: skip
IRISES: tuple[Colour, ...] = ((70, 46, 32), (98, 66, 40), (120, 92, 50), (78, 110, 72), (74, 116, 150), (100, 124, 134))
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Mixes `first` with `share` (0-1) of `second`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def darker(colour: Colour, share: float) -> Colour:
    """Mixes `colour` with `share` (0-1) of a warm near-black."""
    return mix(colour, (30, 14, 12), share)


def lighter(colour: Colour, share: float) -> Colour:
    """Mixes `colour` with `share` (0-1) of white."""
    return mix(colour, WHITE, share)


def luminance(colour: Colour) -> float:
    """The grey level, 0-255."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


def pick(palette: tuple[Colour, ...], rng: np.random.Generator, jitter: int = 8) -> Colour:
    """A colour of the palette, with each channel changed by up to `jitter`."""
    red, green, blue = np.clip(np.array(palette[rng.integers(len(palette))]) + rng.integers(-jitter, jitter + 1, size=3), 0, 255)
    return int(red), int(green), int(blue)
