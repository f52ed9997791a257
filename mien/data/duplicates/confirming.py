"""Which of the proposed pairs show the same, by their pixels: at half the size first, which is quick, then at full size and every zoom.

Here the pictures of a pair are left[i] and right[j]; for mirrored pairs `right` holds the mirror images.
"""

from concurrent.futures import Executor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.data.duplicates.proposing import Proposals
from mien.data.duplicates.texture import Spectra, correlations, halved, texture, zoomed
from mien.data.duplicates.views import window_px

# Of two crops, the closer is at most 1.15 times as close; steps of 3 % leave less than a pixel's error at the border of a 48 px thumbnail.
_ZOOMS: Final = (1.03, 1.06, 1.09, 1.12, 1.15)
# From here on no zoom is tried.
_SURE: Final = 0.9
# How far a true pair's correlation at half the size and one zoom may lie below its best; benchmarks/duplicates.py measures what it loses.
_COARSE_LOSS: Final = 0.25
_BLOCK: Final = 4096


def likely(
    left_NSS: NDArray[np.uint8],
    right_NSS: NDArray[np.uint8],
    proposals: Proposals,
    *,
    min_correlation: float,
    max_shift: float,
    pool: Executor,
) -> NDArray[np.bool_]:
    """Which proposals are worth a closer look, (P,): at half the size and at the zoom proposed, their correlation is near the least."""
    side = left_NSS.shape[1]
    closer = side / window_px(side, max_shift)
    reach = round(max_shift * side / 2)
    left = {zoom: _spectra(left_NSS, zoom, reach, half=True) for zoom in (1.0, closer)}
    right = left if right_NSS is left_NSS else {zoom: _spectra(right_NSS, zoom, reach, half=True) for zoom in (1.0, closer)}
    found_P = np.empty(len(proposals.i), np.float32)
    for zoom, (zoom_left, zoom_right) in {-1: (1.0, closer), 0: (1.0, 1.0), 1: (closer, 1.0)}.items():
        chosen = proposals.zoom == zoom
        found_P[chosen] = _correlations(left[zoom_left], right[zoom_right], proposals.i[chosen], proposals.j[chosen], pool)
    return found_P >= min_correlation - _COARSE_LOSS


def best_correlations(
    left_NSS: NDArray[np.uint8],
    right_NSS: NDArray[np.uint8],
    i_P: NDArray[np.int64],
    j_P: NDArray[np.int64],
    *,
    max_shift: float,
    pool: Executor,
) -> NDArray[np.float32]:
    """Correlation of the texture of each pair after the best shift of at most `max_shift` of the side, at the best zoom of either, (P,)."""
    used, position = np.unique(np.concatenate([i_P, j_P]), return_inverse=True)
    i_P, j_P = position[: len(i_P)], position[len(i_P) :]
    same = right_NSS is left_NSS
    left_NSS, right_NSS = left_NSS[used], right_NSS[used]
    reach = round(max_shift * left_NSS.shape[1])
    left = _spectra(left_NSS, 1.0, reach)
    right = left if same else _spectra(right_NSS, 1.0, reach)
    best_P = _correlations(left, right, i_P, j_P, pool)
    for zoom in _ZOOMS:
        closer_left = _spectra(left_NSS, zoom, reach)
        closer_right = closer_left if same else _spectra(right_NSS, zoom, reach)
        unsure = np.flatnonzero(best_P < _SURE)
        for one, other in ((closer_left, right), (left, closer_right)):
            best_P[unsure] = np.maximum(best_P[unsure], _correlations(one, other, i_P[unsure], j_P[unsure], pool))
    return best_P


def _spectra(pictures_NSS: NDArray[np.uint8], zoom: float, reach: int, *, half: bool = False) -> Spectra:
    parts = []
    for start in range(0, max(1, len(pictures_NSS)), _BLOCK):
        grey_NSS = zoomed(pictures_NSS[start : start + _BLOCK].astype(np.float32), zoom)
        parts.append(texture(halved(grey_NSS) if half else grey_NSS))
    return Spectra.of(np.concatenate(parts), reach=reach)


def _correlations(left: Spectra, right: Spectra, i_P: NDArray[np.int64], j_P: NDArray[np.int64], pool: Executor) -> NDArray[np.float32]:
    starts = range(0, len(i_P), _BLOCK)
    blocks = ((i_P[start : start + _BLOCK], j_P[start : start + _BLOCK]) for start in starts)
    found = pool.map(lambda block: correlations(left, right, *block), blocks)
    return np.concatenate([np.empty(0, np.float32), *found])
