"""Compares the pixels of the pairs that are similar at half the size, after registration at full size.

The images of a pair are left[i] and right[j]; for mirrored pairs `right` contains the mirror images.
"""

from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.dedup.agreement import agreement, local_correlation
from mien.dedup.coarse import Candidates
from mien.dedup.columns import Columns, blocks
from mien.dedup.registering import brighter_first, moved, registered, swapped
from mien.dedup.texture import texture

# How far the correlation after the first round of registration may lie below the correlation after the last round.
_COARSE_LOSS: Final = 0.15
_REGISTERED_BLOCK: Final = 64  # this many pairs fit into the processor's cache
# Frames and captions lie at the border, whose width is a share of the side. Images that have the same frame must also be similar inside it;
# if only one of them has a frame, they must be similar inside it only.
_BORDER: Final = 1 / 8
_INNER_MARGIN: Final = 0.1


@dataclass(frozen=True)
class Likeness(Columns):
    """The similarity of P registered pairs, over the pixels that both images cover."""

    correlation: NDArray[np.float32]  # of the texture of the whole image, at most 0.1 more than that of the middle
    best: NDArray[np.float32]  # the same, or the correlation of the middle alone where that is higher
    agreement: NDArray[np.float32]  # the local correlation that 90 % of the middle exceeds
    maps_P23: NDArray[np.float32]  # the maps that registration found


def compare(
    left_NSS: NDArray[np.uint8], right_NSS: NDArray[np.uint8], pairs: Candidates, *, least_correlation: float, pool: Executor
) -> Likeness:
    """The similarity of the candidates after registration; agreement is -1 where the correlation is below `least_correlation`."""

    def block(part: slice) -> Likeness:
        pictures = left_NSS[pairs.i[part]], right_NSS[pairs.j[part]]
        fixed_PSS, moving_PSS, swapped_P = brighter_first(*pictures)
        found = _likeness(fixed_PSS, moving_PSS, swapped(pairs.maps_P23[part], swapped_P), least_correlation)
        return replace(found, maps_P23=swapped(found.maps_P23, swapped_P))

    return Likeness.joined(pool.map(block, blocks(len(pairs.i), _REGISTERED_BLOCK)))


def _likeness(
    left_PSS: NDArray[np.float32], right_PSS: NDArray[np.float32], maps_P23: NDArray[np.float32], least_correlation: float
) -> Likeness:
    fixed_PSS, moving_PSS = texture(left_PSS), texture(right_PSS)
    maps_P23 = maps_P23.copy()
    image_PSS, covered_PSS = moved(moving_PSS, maps_P23)
    whole_P, middle_P = _correlations(fixed_PSS, image_PSS, covered_PSS)
    agreement_P = np.full(len(maps_P23), -1, np.float32)
    hopeful = np.arange(len(maps_P23))
    for least in (least_correlation - _COARSE_LOSS, least_correlation):
        here = fixed_PSS[hopeful], moving_PSS[hopeful]
        new_P23 = registered(*here, maps_P23[hopeful], (image_PSS[hopeful], covered_PSS[hopeful]))
        new = moved(here[1], new_P23)
        new_whole_P, new_middle_P = _correlations(here[0], *new)
        better = new_whole_P > whole_P[hopeful]
        improved = hopeful[better]
        maps_P23[improved], whole_P[improved], middle_P[improved] = new_P23[better], new_whole_P[better], new_middle_P[better]
        image_PSS[improved], covered_PSS[improved] = new[0][better], new[1][better]
        hopeful = hopeful[np.maximum(whole_P[hopeful], middle_P[hopeful]) >= least]
    correlation_P = np.minimum(whole_P, middle_P + _INNER_MARGIN)
    other_PSS, covered_PSS = moved(right_PSS[hopeful], maps_P23[hopeful])
    agreement_P[hopeful] = agreement(local_correlation(left_PSS[hopeful], other_PSS, covered_PSS), covered_PSS)
    return Likeness(correlation_P, np.maximum(correlation_P, middle_P), agreement_P, maps_P23)


def _correlations(
    fixed_PSS: NDArray[np.float32], moved_PSS: NDArray[np.float32], covered_PSS: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The correlation over the pixels that both images cover, and over those of them inside the border of the fixed image, both (P,)."""
    border = round(_BORDER * fixed_PSS.shape[1])
    inside = (slice(None), slice(border, -border), slice(border, -border))
    return _correlation(fixed_PSS, moved_PSS, covered_PSS), _correlation(fixed_PSS[inside], moved_PSS[inside], covered_PSS[inside])


def _correlation(left_PSS: NDArray[np.float32], right_PSS: NDArray[np.float32], covered_PSS: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The correlation of each pair over its covered pixels, (P,); -1 where less than half of the image is covered."""
    mask_PSS = covered_PSS.astype(np.float32)
    num_P = np.maximum(mask_PSS.sum((1, 2)), 1)
    left, right = ((values - ((values * mask_PSS).sum((1, 2)) / num_P)[:, None, None]) * mask_PSS for values in (left_PSS, right_PSS))
    spread_P = np.sqrt((left**2).sum((1, 2)) * (right**2).sum((1, 2)))
    enough_P = num_P >= mask_PSS.shape[1] * mask_PSS.shape[2] / 2
    found: NDArray[np.float32] = np.where(enough_P, (left * right).sum((1, 2)) / np.maximum(spread_P, 1e-6), -1)
    return found
