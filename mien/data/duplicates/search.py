"""Near and mirrored twins among different pictures: perceptual hashes propose, pixels confirm."""

from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.data.duplicates.confirming import best_correlations, likely
from mien.data.duplicates.pictures import Pairs, Pictures
from mien.data.duplicates.proposing import propose
from mien.parallel import num_processes

# Mirrored copies are a hundred times as rare, while a face is nearly its own mirror image: as many look-alikes for far fewer copies.
MIRRORED_MARGIN: Final = 0.05
# Frames and captions lie at the border: pictures that have those in common must still be alike inside.
BORDER: Final = 1 / 8
INNER_MARGIN: Final = 0.1


def near_pairs(
    pictures: Pictures, *, distance: int, min_correlation: float, max_shift: float, mirrored: bool = True, workers: int = 0
) -> Pairs:
    """All pairs of pictures that show the same, in order of (i, j); a pair alike both upright and mirrored is what it is more alike.

    Proposed are pairs whose hashes are at most `distance` bits apart; confirmed are those whose texture correlates at least
    `min_correlation` (mirrored ones: and a margin) after the best shift of at most `max_shift` of the side, and nearly so without the border.
    `workers` threads (0: one per core) change no result.
    """

    def one_way(mirror: bool, pool: Executor) -> Pairs:
        least = min(1.0, min_correlation + MIRRORED_MARGIN * mirror)
        left_NSS = pictures.thumbnail_NSS
        right_NSS = left_NSS[:, :, ::-1] if mirror else left_NSS
        proposed = propose(pictures, distance=distance, max_shift=max_shift, mirrored=mirror, pool=pool)
        chosen = likely(left_NSS, right_NSS, proposed, min_correlation=least, max_shift=max_shift, pool=pool)
        pairs = Pairs.nearest(proposed.i[chosen], proposed.j[chosen], proposed.distance[chosen], mirrored=mirror)
        correlation_P = best_correlations(left_NSS, right_NSS, pairs.i, pairs.j, max_shift=max_shift, pool=pool)
        same = pairs.correlated(correlation_P).take(correlation_P >= least)
        left_NSS = _inner(left_NSS)
        right_NSS = _inner(right_NSS) if mirror else left_NSS
        inner_P = best_correlations(left_NSS, right_NSS, same.i, same.j, max_shift=max_shift / (1 - 2 * BORDER), pool=pool)
        return same.take(inner_P >= least - INNER_MARGIN)

    with ThreadPoolExecutor(num_processes(workers)) as pool:
        found = Pairs.joined([one_way(mirror, pool) for mirror in (False, True)[: 1 + mirrored]])
    order = np.lexsort((found.mirrored, -found.correlation, found.j, found.i))
    i_P, j_P = found.i[order], found.j[order]
    first = np.r_[True, (i_P[1:] != i_P[:-1]) | (j_P[1:] != j_P[:-1])][: len(order)]
    return found.take(order[first])


def _inner(pictures_NSS: NDArray[np.uint8]) -> NDArray[np.uint8]:
    border = round(BORDER * pictures_NSS.shape[1])
    return pictures_NSS[:, border:-border, border:-border]
