"""Converts the light of HDR images to the range of ordinary images (tone mapping).

Levels become light by ITU-R BT.2100 (PQ, and HLG on its nominal display of 1000 cd/m²). Reference white is 203 cd/m², as in
ITU-R BT.2408, and becomes white. Brighter light is compressed by the curve of ITU-R BT.2390 (section 5.4.1), so that the brightest
light of the image becomes white; red, green and blue are scaled equally, which preserves hues. An image without light brighter
than reference white keeps its tones exactly.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

REFERENCE_WHITE = 203.0  # cd/m²
_PQ_PEAK, _HLG_PEAK, _HLG_GAMMA = 10_000.0, 1000.0, 1.2
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
_HLG_A, _HLG_B, _HLG_C = 0.17883277, 0.28466892, 0.55991073
_LUMINANCE = np.array([0.2627, 0.6780, 0.0593], np.float32)  # of BT.2020


def pq_light(levels: NDArray[np.floating]) -> Floats:
    """Display light of PQ levels, where 1 is 10,000 cd/m² (BT.2100, table 4)."""
    root = levels.astype(np.float64) ** (1 / _M2)
    return ((np.maximum(root - _C1, 0) / (_C2 - _C3 * root)) ** (1 / _M1)).astype(np.float32)


def hlg_scene_light(levels: Floats) -> Floats:
    """Scene light, 0 to 1, of HLG levels (BT.2100, table 5)."""
    return np.where(levels <= 0.5, levels**2 / 3, (np.exp((levels - _HLG_C) / _HLG_A) + _HLG_B) / 12).astype(np.float32)


def of_reference_white(light_HWC: Floats) -> Floats:
    """Converts PQ's display light to multiples of reference white."""
    return light_HWC * np.float32(_PQ_PEAK / REFERENCE_WHITE)


def hlg_display_light(scene_HWC: Floats) -> Floats:
    """Converts HLG's scene light to light on its nominal display, in multiples of reference white (BT.2100, note 5e: the OOTF)."""
    luminance = scene_HWC @ _LUMINANCE if scene_HWC.shape[-1] == 3 else scene_HWC[..., 0]
    scale = np.maximum(luminance, 1e-6) ** (_HLG_GAMMA - 1) * (_HLG_PEAK / REFERENCE_WHITE)
    return (scene_HWC * scale[..., None]).astype(np.float32)


def brightest(light_HWC: Floats) -> float:
    """The 99.9th percentile of the pixels' light, in multiples of reference white; at least 1."""
    return max(1.0, float(np.quantile(light_HWC.max(axis=-1), 0.999)))


def within_white(light_HWC: Floats, brightest: float) -> Floats:
    """Compresses light (in sRGB's primaries) so that `brightest` becomes 1. Sufficiently dark light stays unchanged."""
    if brightest <= 1.0:
        return light_HWC
    highest = light_HWC.max(axis=-1)
    peak, white = _pq_levels(np.array(brightest)), float(_pq_levels(np.array(1.0)) / _pq_levels(np.array(brightest)))
    level = np.minimum(_pq_levels(highest) / peak, 1)
    knee = 1.5 * white - 0.5
    t = np.maximum(level - knee, 0) / (1 - knee)
    curve = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * white
    lowered = pq_light(curve * peak) * (_PQ_PEAK / REFERENCE_WHITE)
    scale = np.where(level > knee, lowered / np.maximum(highest, 1e-6), 1)
    return (light_HWC * scale[..., None]).astype(np.float32)


def _pq_levels(light: NDArray[np.floating]) -> NDArray[np.float64]:
    """The inverse of `pq_light` for multiples of reference white."""
    power = (np.asarray(light, np.float64) * (REFERENCE_WHITE / _PQ_PEAK)) ** _M1
    return ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2
