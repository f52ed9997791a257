"""Pairs of one picture and pairs of one scene among different pictures: perceptual hashes propose, pixels decide."""

from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Final

import numpy as np

from mien.data.duplicates.confirming import candidates, compare
from mien.data.duplicates.pictures import Pairs, Pictures
from mien.data.duplicates.proposing import propose
from mien.parallel import num_processes

# Mirrored copies are a hundred times as rare, while a face is nearly its own mirror image: as many look-alikes for far fewer copies.
MIRRORED_MARGIN: Final = 0.05


def near_pairs(
    pictures: Pictures,
    *,
    distance: int,
    min_correlation: float,
    min_agreement: float,
    scene_correlation: float,
    max_shift: float,
    mirrored: bool = True,
    workers: int = 0,
) -> Pairs:
    """All pairs of pictures that show one picture or one scene, in order of (i, j); each pair once, as what it is more alike.

    Proposed are pairs whose hashes are at most `distance` bits apart. Of these, after registration, one picture are those whose texture
    correlates at least `min_correlation` and whose local correlation is at least `min_agreement` but for a tenth of the middle (mirrored
    pairs: 0.05 more of each). One scene are other upright pairs whose texture correlates at least `scene_correlation`.
    `workers` threads (0: one per core) change no result.
    """

    def one_way(mirror: bool, pool: Executor) -> Pairs:
        left_NSS = pictures.thumbnail_NSS
        right_NSS = left_NSS[:, :, ::-1] if mirror else left_NSS
        proposed = propose(pictures, distance=distance, max_shift=max_shift, mirrored=mirror, pool=pool)
        margin = MIRRORED_MARGIN * mirror
        near = candidates(left_NSS, right_NSS, proposed, max_shift=max_shift, margin=margin, pool=pool)
        least = min_correlation + margin if mirror else min(scene_correlation, min_correlation)
        alike = compare(left_NSS, right_NSS, near, least_correlation=least, pool=pool)
        same_P = (alike.correlation >= min(1, min_correlation + margin)) & (alike.agreement >= min(1, min_agreement + margin))
        scene_P = np.full(len(near.i), not mirror) & (alike.correlation >= scene_correlation)
        mirrored_P = np.full(len(near.i), mirror)
        found = Pairs(near.i, near.j, near.distance, alike.correlation, alike.agreement, mirrored_P, same_P)
        return found.take(same_P | scene_P)

    with ThreadPoolExecutor(num_processes(workers)) as pool:
        found = Pairs.joined([one_way(mirror, pool) for mirror in (False, True)[: 1 + mirrored]])
    order = np.lexsort((found.mirrored, -found.agreement, ~found.same, found.j, found.i))
    i_P, j_P = found.i[order], found.j[order]
    first = np.r_[True, (i_P[1:] != i_P[:-1]) | (j_P[1:] != j_P[:-1])][: len(order)]
    return found.take(order[first])
