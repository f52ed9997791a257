"""Finds pairs of copies and pairs of one scene among distinct images: perceptual hashes propose pairs, pixels decide."""

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from mien.config.sections.dedup import EXHAUSTIVE_UP_TO
from mien.core.parallel import num_processes
from mien.dedup.arrays import Pairs, Pictures
from mien.dedup.closer import closer_agreement
from mien.dedup.coarse import Halves, candidates
from mien.dedup.columns import first_of_pair
from mien.dedup.likeness import compare
from mien.dedup.nearest import Nearest
from mien.dedup.proposing import Proposer

# Mirrored copies are a hundred times as rare as upright ones. Faces are nearly symmetric, so there are as many false candidates for far
# fewer true copies; mirrored pairs therefore need this much more correlation and agreement.
MIRRORED_MARGIN: Final = 0.05
# Two images with different labels that barely reach the threshold mostly show two moments (a faint smile and contempt), and a mistake is
# costly, because it sends both to quarantine. With the same label they are mostly copies, and both may stay.
DISPUTED_MARGIN: Final = 0.06
_BLOCK: Final = 32
_IN_MEMORY: Final = 2**16  # pairs whose larger thumbnails are in memory at the same time, up to 1.2 GB

Search = Literal["auto", "exhaustive", "indexed"]
Flags = NDArray[np.bool_] | np.bool_
Details = Callable[[NDArray[np.int64]], NDArray[np.uint8]]  # larger thumbnails (M, D, D) of the images with these numbers


def least_agreement(min_agreement: float, *, mirrored: Flags, disputed: Flags) -> NDArray[np.float64]:
    """The agreement from which each pair counts as one picture, (P,)."""
    return np.minimum(1, min_agreement + MIRRORED_MARGIN * np.asarray(mirrored) + DISPUTED_MARGIN * np.asarray(disputed))


def near_pairs(
    pictures: Pictures,
    *,
    distance: int,
    min_correlation: float,
    min_agreement: float,
    scene_correlation: float,
    max_shift: float,
    mirrored: bool = True,
    search: Search = "auto",
    details: Details | None = None,
    apart_N: NDArray[np.bool_] | None = None,
    workers: int = 0,
) -> Pairs:
    """All pairs of images that are copies of one picture or show one scene, in order of (i, j).

    Pairs whose hashes are at most `distance` bits apart are proposed and registered. The indexed search proposes only those among nearest
    images; `auto` is the indexed search if there are more than EXHAUSTIVE_UP_TO images. A pair is one picture if the correlation of its
    texture is at least `min_correlation` and its local correlation is at least `min_agreement` in 90 % of the middle. Mirrored pairs need
    0.05 more of each; pairs with different labels need 0.06 more agreement. Where both images are large enough, they must pass again at the
    higher resolution that `details` returns, and `agreement` is the value from this comparison. Any other upright pair whose texture
    correlates at least `scene_correlation` is one scene.
    Each pair is returned once, with the stronger relation: one picture before one scene, then the higher agreement.
    `apart_N` limits the search to pairs between two sets: of an image where it is True and one where it is False. Two frames of one clip
    are no pair. `workers` is the number of threads (0: one per core) and does not change the result.
    """

    is_indexed = search == "indexed" or (search == "auto" and len(pictures.phash_N) > EXHAUSTIVE_UP_TO)

    def one_way(mirror: bool, proposer: Proposer, halves: Halves, pool: Executor) -> Pairs:
        left_NSS = pictures.thumbnail_NSS
        right_NSS = left_NSS[:, :, ::-1] if mirror else left_NSS
        margin = MIRRORED_MARGIN * mirror
        near = candidates(halves, proposer.propose(mirrored=mirror, pool=pool), mirrored=mirror, margin=margin, pool=pool)
        if (clip_N := pictures.clip_N) is not None:
            near = near.take((clip_N[near.i] != clip_N[near.j]) | (clip_N[near.i] < 0))
        least = min_correlation + margin if mirror else min(scene_correlation, min_correlation)
        alike = compare(left_NSS, right_NSS, near, least_correlation=least, pool=pool)
        label_i, label_j = pictures.label_N[near.i], pictures.label_N[near.j]
        mirrored_P, disputed_P = np.full(len(near.i), mirror), (label_i != label_j) & (label_i >= 0) & (label_j >= 0)
        least_P = least_agreement(min_agreement, mirrored=mirrored_P, disputed=disputed_P)
        agreement_P = alike.agreement
        # A frame around one image lowers the correlation of the whole, so copies are judged by the higher of the whole and the middle.
        # Scenes are not confirmed by agreement, so they are judged by the whole.
        same_P = (alike.best >= min(1, min_correlation + margin)) & (agreement_P >= least_P)
        if details:
            looked_at = np.flatnonzero(same_P & pictures.has_detail_N[near.i] & pictures.has_detail_N[near.j])
            for start in range(0, len(looked_at), _IN_MEMORY):
                seen = looked_at[start : start + _IN_MEMORY]
                pairs = near.i[seen], near.j[seen], alike.maps_P23[seen]
                agreement_P[seen] = _closer(details, *pairs, mirror=mirror, side=left_NSS.shape[1], pool=pool)
            same_P &= agreement_P >= least_P
        scene_P = ~mirrored_P & (alike.correlation >= scene_correlation)
        correlation_P = np.where(same_P, alike.best, alike.correlation)
        found = Pairs(near.i, near.j, near.distance, correlation_P, agreement_P, mirrored_P, disputed_P, same_P)
        return found.take(same_P | scene_P)

    with ThreadPoolExecutor(num_processes(workers)) as pool:
        nearest = Nearest.of(pictures, max_shift=max_shift, pool=pool) if is_indexed else None
        proposer = Proposer(pictures, distance=distance, max_shift=max_shift, nearest=nearest, apart_N=apart_N)
        halves = Halves(pictures.thumbnail_NSS, max_shift=max_shift, pool=pool)
        found = Pairs.joined([one_way(mirror, proposer, halves, pool) for mirror in (False, True)[: 1 + mirrored]])
    order = np.lexsort((found.mirrored, -found.agreement, ~found.same, found.j, found.i))
    found = found.take(order)
    return found.take(first_of_pair(found.i, found.j))


def _closer(
    details: Details,
    i_P: NDArray[np.int64],
    j_P: NDArray[np.int64],
    maps_P23: NDArray[np.float32],
    *,
    mirror: bool,
    side: int,
    pool: Executor,
) -> NDArray[np.float32]:
    """The agreement of the pairs at higher resolution; the maps were found on thumbnails of `side` pixels."""
    used, place = np.unique(np.concatenate([i_P, j_P]), return_inverse=True)
    larger_NDD = details(used)
    left_P, right_P = place[: len(i_P)], place[len(i_P) :]

    def block(start: int) -> NDArray[np.float32]:
        part = slice(start, start + _BLOCK)
        left_PDD, right_PDD = larger_NDD[left_P[part]], larger_NDD[right_P[part]]
        return closer_agreement(left_PDD, right_PDD[:, :, ::-1] if mirror else right_PDD, maps_P23[part], times=larger_NDD.shape[1] / side)

    return np.concatenate([np.empty(0, np.float32), *pool.map(block, range(0, len(i_P), _BLOCK))])
