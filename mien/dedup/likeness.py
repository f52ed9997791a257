"""Compares the pixels of proposed pairs: first at half the size, which is fast, then after registration at full size.

The images of a pair are left[i] and right[j]; for mirrored pairs `right` contains the mirror images.
"""

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.dedup.agreement import agreement, local_correlation
from mien.dedup.columns import Columns, first_of_pair
from mien.dedup.proposing import Proposals
from mien.dedup.registering import brighter_first, moved, registered, shift_and_zoom, swapped
from mien.dedup.texture import Peaks, Spectra, correlate, halved, texture, zoomed
from mien.dedup.views import window_px

# The minimum correlation at half the size and one of three zooms. Of the pairs it finds in FER2013, 1 % lie below 0.53.
_LEAST_COARSE: Final = 0.5
# How far the correlation after the first round of registration may lie below the correlation after the last round.
_COARSE_LOSS: Final = 0.15
_BLOCK: Final = 4096
_REGISTERED_BLOCK: Final = 128  # this many pairs fit into the processor's cache
# Frames and captions lie at the border, whose width is a share of the side. Images that have the same frame must also be similar inside it;
# if only one of them has a frame, they must be similar inside it only.
_BORDER: Final = 1 / 8
_INNER_MARGIN: Final = 0.1


@dataclass(frozen=True)
class Candidates:
    """P pairs i < j to be registered, each once, in order of (i, j), and the initial maps from left to right."""

    i: NDArray[np.int64]
    j: NDArray[np.int64]
    distance: NDArray[np.int64]  # the smallest distance between hashes that proposed the pair, in bits
    maps_P23: NDArray[np.float32]


@dataclass(frozen=True)
class Likeness(Columns):
    """The similarity of P registered pairs, over the pixels that both images cover."""

    correlation: NDArray[np.float32]  # of the texture of the whole image, at most 0.1 more than that of the middle
    best: NDArray[np.float32]  # the same, or the correlation of the middle alone where that is higher
    agreement: NDArray[np.float32]  # the local correlation that 90 % of the middle exceeds
    maps_P23: NDArray[np.float32]  # the maps that registration found


def candidates(
    left_NSS: NDArray[np.uint8], right_NSS: NDArray[np.uint8], proposals: Proposals, *, max_shift: float, margin: float, pool: Executor
) -> Candidates:
    """The proposals whose texture correlates enough at half the size and at the proposed zoom, after the best shift."""
    side = left_NSS.shape[1]
    closer = side / window_px(side, max_shift)
    reach = round(max_shift * side / 2)
    left = {zoom: _half_spectra(left_NSS, zoom, reach) for zoom in (1.0, closer)}
    right = left if right_NSS is left_NSS else {zoom: _half_spectra(right_NSS, zoom, reach) for zoom in (1.0, closer)}
    correlation_P = np.empty(len(proposals.i), np.float32)
    maps_P23 = np.empty((len(proposals.i), 2, 3), np.float32)
    for zoom, (zoom_left, zoom_right) in {-1: (1.0, closer), 0: (1.0, 1.0), 1: (closer, 1.0)}.items():
        chosen = np.flatnonzero(proposals.zoom == zoom)
        peaks = _peaks(left[zoom_left], right[zoom_right], proposals.i[chosen], proposals.j[chosen], pool)
        correlation_P[chosen] = peaks.correlation
        # Shifts were measured at half the size, in the zoomed right image.
        full = np.float32(2 / zoom_right)
        zooms_P = np.full(len(chosen), zoom_left / zoom_right, np.float32)
        maps_P23[chosen] = shift_and_zoom(full * peaks.down, full * peaks.right, zooms_P)
    near = np.flatnonzero(correlation_P >= _LEAST_COARSE + margin)
    order = near[np.lexsort((-correlation_P[near], proposals.j[near], proposals.i[near]))]
    i_P, j_P = proposals.i[order], proposals.j[order]
    first = np.flatnonzero(first_of_pair(i_P, j_P))
    distance_P = proposals.distance[order].astype(np.int64)
    least_P = np.minimum.reduceat(distance_P, first) if len(first) else distance_P
    return Candidates(i_P[first], j_P[first], least_P, maps_P23[order[first]])


def compare(
    left_NSS: NDArray[np.uint8], right_NSS: NDArray[np.uint8], pairs: Candidates, *, least_correlation: float, pool: Executor
) -> Likeness:
    """The similarity of the candidates after registration; agreement is -1 where the correlation is below `least_correlation`."""

    def block(part: slice) -> Likeness:
        pictures = left_NSS[pairs.i[part]], right_NSS[pairs.j[part]]
        fixed_PSS, moving_PSS, swapped_P = brighter_first(*pictures)
        found = _likeness(fixed_PSS, moving_PSS, swapped(pairs.maps_P23[part], swapped_P), least_correlation)
        return replace(found, maps_P23=swapped(found.maps_P23, swapped_P))

    return Likeness.joined(pool.map(block, _blocks(len(pairs.i), _REGISTERED_BLOCK)))


def _likeness(
    left_PSS: NDArray[np.float32], right_PSS: NDArray[np.float32], maps_P23: NDArray[np.float32], least_correlation: float
) -> Likeness:
    textures = texture(left_PSS), texture(right_PSS)
    maps_P23 = maps_P23.copy()
    whole_P, middle_P = _correlations(*textures, maps_P23)
    agreement_P = np.full(len(maps_P23), -1, np.float32)
    hopeful = np.arange(len(maps_P23))
    for least in (least_correlation - _COARSE_LOSS, least_correlation):
        new_P23 = registered(textures[0][hopeful], textures[1][hopeful], maps_P23[hopeful])
        new_whole_P, new_middle_P = _correlations(textures[0][hopeful], textures[1][hopeful], new_P23)
        better = new_whole_P > whole_P[hopeful]
        improved = hopeful[better]
        maps_P23[improved], whole_P[improved], middle_P[improved] = new_P23[better], new_whole_P[better], new_middle_P[better]
        hopeful = hopeful[np.maximum(whole_P[hopeful], middle_P[hopeful]) >= least]
    correlation_P = np.minimum(whole_P, middle_P + _INNER_MARGIN)
    other_PSS, covered_PSS = moved(right_PSS[hopeful], maps_P23[hopeful])
    agreement_P[hopeful] = agreement(local_correlation(left_PSS[hopeful], other_PSS, covered_PSS), covered_PSS)
    return Likeness(correlation_P, np.maximum(correlation_P, middle_P), agreement_P, maps_P23)


def _correlations(
    left_PSS: NDArray[np.float32], right_PSS: NDArray[np.float32], maps_P23: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The correlation over the pixels that both images cover, and over those of them inside the border of the left image, both (P,)."""
    moved_PSS, covered_PSS = moved(right_PSS, maps_P23)
    border = round(_BORDER * left_PSS.shape[1])
    inside = (slice(None), slice(border, -border), slice(border, -border))
    return _correlation(left_PSS, moved_PSS, covered_PSS), _correlation(left_PSS[inside], moved_PSS[inside], covered_PSS[inside])


def _correlation(left_PSS: NDArray[np.float32], right_PSS: NDArray[np.float32], covered_PSS: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The correlation of each pair over its covered pixels, (P,); -1 where less than half of the image is covered."""
    mask_PSS = covered_PSS.astype(np.float32)
    num_P = np.maximum(mask_PSS.sum((1, 2)), 1)
    left, right = ((values - ((values * mask_PSS).sum((1, 2)) / num_P)[:, None, None]) * mask_PSS for values in (left_PSS, right_PSS))
    spread_P = np.sqrt((left**2).sum((1, 2)) * (right**2).sum((1, 2)))
    enough_P = num_P >= mask_PSS.shape[1] * mask_PSS.shape[2] / 2
    found: NDArray[np.float32] = np.where(enough_P, (left * right).sum((1, 2)) / np.maximum(spread_P, 1e-6), -1)
    return found


def _half_spectra(pictures_NSS: NDArray[np.uint8], zoom: float, reach: int) -> Spectra:
    parts = [texture(halved(zoomed(pictures_NSS[part].astype(np.float32), zoom))) for part in _blocks(len(pictures_NSS), _BLOCK)]
    return Spectra.of(np.concatenate(parts), reach=reach)


def _peaks(left: Spectra, right: Spectra, i_P: NDArray[np.int64], j_P: NDArray[np.int64], pool: Executor) -> Peaks:
    return Peaks.joined(pool.map(lambda part: correlate(left, right, i_P[part], j_P[part]), _blocks(len(i_P), _BLOCK)))


def _blocks(num: int, size: int) -> Iterator[slice]:
    """Slices of at most `size`; one empty slice if `num` is 0."""
    return (slice(start, start + size) for start in range(0, max(1, num), size))
