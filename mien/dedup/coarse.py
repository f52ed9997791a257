"""Compares proposed pairs at half the size, which is fast and leaves a twentieth of them.

Shapes: N images, S side, M images of a block, P pairs.
"""

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.dedup.columns import Columns, blocks, first_of_pair
from mien.dedup.proposing import Proposals
from mien.dedup.registering import shift_and_zoom
from mien.dedup.texture import CACHED, Spectra, correlate, halved, texture, zoomed
from mien.dedup.views import window_px

# The minimum correlation at half the size and one of three zooms. Of the pairs it finds in FER2013, 1 % lie below 0.53.
_LEAST_COARSE: Final = 0.5
_BLOCK: Final = 4096
_KEPT: Final = 50_000  # the spectra of so many images are kept, which takes 0.7 GB; those of more are computed for each block of pairs
_PAIRS: Final = 2**15


@dataclass(frozen=True)
class Candidates(Columns):
    """P pairs i < j to be registered, each once, in order of (i, j), and the initial maps from left to right."""

    i: NDArray[np.int64]
    j: NDArray[np.int64]
    distance: NDArray[np.int64]  # the smallest distance between hashes that proposed the pair, in bits
    maps_P23: NDArray[np.float32]


class Halves:
    """The spectra of images and of their mirror images at half the size, as they are or zoomed to a window of the hashes."""

    def __init__(self, pictures_NSS: NDArray[np.uint8], *, max_shift: float, pool: Executor) -> None:
        side = pictures_NSS.shape[1]
        self.closer = side / window_px(side, max_shift)
        self._pictures_NSS, self._reach, self._pool = pictures_NSS, round(max_shift * side / 2), pool
        self._kept: dict[tuple[float, bool], Spectra] = {}

    def of(self, numbers_P: NDArray[np.int64], zoom: float, *, mirrored: bool) -> tuple[Spectra, NDArray[np.int64]]:
        """Spectra of images, and where among them those of the images with these numbers are, (P,)."""
        if len(self._pictures_NSS) > _KEPT:
            used_M, place_P = np.unique(numbers_P, return_inverse=True)
            return self._spectra(used_M, zoom, mirrored), place_P
        if (zoom, mirrored) not in self._kept:
            self._kept[zoom, mirrored] = self._spectra(np.arange(len(self._pictures_NSS)), zoom, mirrored)
        return self._kept[zoom, mirrored], numbers_P

    def _spectra(self, used_M: NDArray[np.int64], zoom: float, mirrored: bool) -> Spectra:
        def block(part: slice) -> Spectra:
            pictures_MSS = self._pictures_NSS[used_M[part]].astype(np.float32)
            upright_MSS = pictures_MSS[:, :, ::-1] if mirrored else pictures_MSS
            return Spectra.of(texture(halved(zoomed(upright_MSS, zoom))), reach=self._reach)

        return Spectra.joined(self._pool.map(block, blocks(len(used_M), CACHED)))


def candidates(halves: Halves, proposals: Proposals, *, mirrored: bool, margin: float, pool: Executor) -> Candidates:
    """The proposals whose texture correlates enough at half the size and at the proposed zoom, after the best shift."""
    found, correlations = [], []
    for zoom, zoom_left, zoom_right in ((-1, 1.0, halves.closer), (0, 1.0, 1.0), (1, halves.closer, 1.0)):
        chosen = proposals.take(proposals.zoom == zoom)
        for part in blocks(len(chosen.i), _PAIRS):
            here = chosen.take(part)
            near, correlation_P = _near(halves, here, zoom_left, zoom_right, mirrored, _LEAST_COARSE + margin, pool)
            found.append(near)
            correlations.append(correlation_P)
    near, correlation_P = Candidates.joined(found), np.concatenate(correlations)
    order = np.lexsort((-correlation_P, near.j, near.i))
    near = near.take(order)
    first = np.flatnonzero(first_of_pair(near.i, near.j))
    least_P = np.minimum.reduceat(near.distance, first) if len(first) else near.distance
    return Candidates(near.i[first], near.j[first], least_P, near.maps_P23[first])


def _near(
    halves: Halves, proposals: Proposals, zoom_left: float, zoom_right: float, mirrored: bool, least: float, pool: Executor
) -> tuple[Candidates, NDArray[np.float32]]:
    """The proposals of one zoom whose correlation is at least `least`, and their correlations, (P,)."""
    left, i_P = halves.of(proposals.i, zoom_left, mirrored=False)
    right, j_P = halves.of(proposals.j, zoom_right, mirrored=mirrored)
    parts = [*pool.map(lambda part: correlate(left, right, i_P[part], j_P[part]), blocks(len(i_P), _BLOCK))]
    peaks = type(parts[0]).joined(parts)
    near = np.flatnonzero(peaks.correlation >= least)
    peaks, proposals = peaks.take(near), proposals.take(near)
    # Shifts were measured at half the size, in the zoomed right image.
    full = np.float32(2 / zoom_right)
    maps_P23 = shift_and_zoom(full * peaks.down, full * peaks.right, np.full(len(near), zoom_left / zoom_right, np.float32))
    return Candidates(proposals.i, proposals.j, proposals.distance.astype(np.int64), maps_P23), peaks.correlation
