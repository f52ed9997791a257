"""Converts levels to sRGB if their colour space is given by numbers rather than a profile.

The numbers are `nclx` in HEIF and AVIF, and cICP, or gAMA and cHRM, in PNG. Transfer functions and primaries are identified by their
numbers in ITU-T H.273; matrices follow SMPTE RP 177 and are adapted to the white of sRGB by Bradford's method (ICC.1, Annex E).
The light of HDR images, which exceeds white, is compressed by hdr.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.convert.decoding import hdr
from mien.convert.decoding.reasons import Undecodable

Floats = NDArray[np.float32]

_UNSPECIFIED, _PQ, _HLG = 2, 16, 18
_LOGARITHMIC = (9, 10)
HDR_TRANSFERS = (_PQ, _HLG)

_D65, _C, _DCI, _E = (0.3127, 0.3290), (0.310, 0.316), (0.314, 0.351), (1 / 3, 1 / 3)
# White, red, green, blue.
_BT709 = (*_D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_SMPTE170M = (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070)
_PRIMARIES: dict[int, tuple[float, ...]] = {
    1: _BT709,
    _UNSPECIFIED: _BT709,
    4: (*_C, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*_D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: _SMPTE170M,
    7: _SMPTE170M,
    8: (*_C, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049),
    9: (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),  # BT.2020
    10: (*_E, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0),  # CIE XYZ
    11: (*_DCI, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*_D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),  # Display P3
    22: (*_D65, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077),
}
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_ENCODING_STEPS = 2**14 - 1  # a step is a fifth of a level where sRGB's curve is steepest
_ROWS_PIXELS = 2**18  # number of pixels processed at a time, so that a large image needs little memory


def _srgb(v: Floats) -> Floats:
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _bt709(v: Floats) -> Floats:
    return np.where(v < 0.081, v / 4.5, ((v + 0.099) / 1.099) ** (1 / 0.45)).astype(np.float32)


def _smpte240(v: Floats) -> Floats:
    return np.where(v < 0.0913, v / 4, ((v + 0.1115) / 1.1115) ** (1 / 0.45)).astype(np.float32)


def _power(exponent: float) -> Callable[[Floats], Floats]:
    return lambda v: (v**exponent).astype(np.float32)


# Functions from encoded level to light, both 0 to 1; for PQ and HLG see hdr.py.
_TRANSFERS: dict[int, Callable[[Floats], Floats]] = {
    1: _bt709,
    _UNSPECIFIED: _srgb,
    4: _power(2.2),
    5: _power(2.8),
    6: _bt709,
    7: _smpte240,
    8: _power(1.0),
    11: _bt709,
    12: _bt709,
    13: _srgb,
    14: _bt709,
    15: _bt709,
    17: lambda v: (52.37 / 48 * v**2.6).astype(np.float32),  # digital cinema
    _PQ: hdr.pq_light,
    _HLG: hdr.hlg_scene_light,
}


@dataclass(frozen=True)
class NamedColours:
    """A colour space: `light` converts encoded levels to light; `primaries` are x and y of white, red, green and blue."""

    light: Callable[[Floats], Floats]
    primaries: tuple[float, ...]
    display: Callable[[Floats], Floats] | None = None  # HDR only: converts the light of all channels, so that white is 1

    def to_srgb(self, levels_HWC: NDArray[np.uint8] | NDArray[np.uint16], *, full_scale: int) -> Image.Image:
        """Converts levels from 0 to `full_scale`, of one channel (grey) or three, to an RGB image in sRGB."""
        height, width, channels = levels_HWC.shape
        light = self.light(np.linspace(0, 1, full_scale + 1, dtype=np.float32))
        matrix = _to_srgb_matrix(self.primaries).astype(np.float32) if channels == 3 else np.ones((3, 1), np.float32)

        def lit(part_HWC: NDArray[np.unsignedinteger]) -> Floats:
            part = light[part_HWC]
            return (self.display(part) if self.display else part) @ matrix.T

        step = max(1, round((height * width / 2**20) ** 0.5))
        brightest = hdr.brightest(lit(levels_HWC[::step, ::step])) if self.display else 1.0
        rows = max(1, _ROWS_PIXELS // width)
        parts = (hdr.within_white(lit(levels_HWC[at : at + rows]), brightest) for at in range(0, height, rows))
        return Image.fromarray(np.concatenate([_encoded(part) for part in parts]))


def colours_by_number(primaries: int, transfer: int, is_narrow: bool = False) -> NamedColours | None:
    """The colour space by its numbers in ITU-T H.273; None for that of sRGB and for unspecified ones.

    `is_narrow` means that black is 16 of 255 and white is 235, as in video. Numbers without a meaning count as unspecified, as in
    all viewers. Raises Undecodable for logarithmic levels.
    """
    if transfer in _LOGARITHMIC:
        raise Undecodable("unsupported", f"logarithmic levels (transfer {transfer} of ITU-T H.273)")
    transfer = transfer if transfer in _TRANSFERS else _UNSPECIFIED
    primaries = primaries if primaries in _PRIMARIES else _UNSPECIFIED
    if transfer in (_UNSPECIFIED, 13) and _PRIMARIES[primaries] == _BT709 and not is_narrow:
        return None
    display = {_PQ: hdr.of_reference_white, _HLG: hdr.hlg_display_light}.get(transfer)
    light = _TRANSFERS[transfer]
    return NamedColours((lambda v: light(((v * 255 - 16) / 219).clip(0, 1))) if is_narrow else light, _PRIMARIES[primaries], display)


def colours_by_measure(gamma: float | None, chromaticities: tuple[float, ...] | None) -> NamedColours | None:
    """The colour space by PNG's gAMA (exponent of the encoding) and cHRM; None if they are sRGB up to rounding, or make no sense."""
    primaries = chromaticities if chromaticities and _is_sensible(chromaticities) else _BT709
    gamma = gamma if gamma and 0.1 <= gamma <= 3 else None
    if (gamma is None or abs(gamma * 2.2 - 1) < 0.05) and np.allclose(primaries, _BT709, atol=0.005):
        return None
    return NamedColours(_power(1 / gamma) if gamma else _srgb, primaries)


def _is_sensible(chromaticities: tuple[float, ...]) -> bool:
    x, y = np.array(chromaticities[0::2]), np.array(chromaticities[1::2])
    triangle = np.array([x[1:], y[1:], np.ones(3)])
    return bool((x >= 0).all() and (y >= 0).all() and (x + y <= 1.001).all() and y[0] > 0 and abs(np.linalg.det(triangle)) > 0.01)


def _to_srgb_matrix(primaries: tuple[float, ...]) -> NDArray[np.float64]:
    """The matrix that converts light in `primaries` to light in those of sRGB, for columns of red, green and blue."""
    source, target = _to_xyz(primaries), _to_xyz(_BT709)
    whites = [_BRADFORD @ matrix.sum(axis=1) for matrix in (source, target)]
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(whites[1] / whites[0]) @ _BRADFORD
    matrix: NDArray[np.float64] = np.linalg.inv(target) @ adapted @ source
    return matrix


def _to_xyz(primaries: tuple[float, ...]) -> NDArray[np.float64]:
    white, *colours = (np.array([x, y, 1 - x - y]) for x, y in zip(primaries[0::2], primaries[1::2], strict=True))
    columns = np.array(colours).T
    scaled: NDArray[np.float64] = columns * np.linalg.solve(columns, white / white[1])
    return scaled


def _encoded(light_HWC: Floats) -> NDArray[np.uint8]:
    return _encoding()[(light_HWC.clip(0, 1) * _ENCODING_STEPS + 0.5).astype(np.uint16)]


@cache
def _encoding() -> NDArray[np.uint8]:
    """The rounded sRGB level for each step of light."""
    light = np.linspace(0, 1, _ENCODING_STEPS + 1)
    levels = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    encoded: NDArray[np.uint8] = np.rint(levels * 255).astype(np.uint8)
    return encoded
