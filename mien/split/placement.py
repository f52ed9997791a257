"""Decides how many units of each kind go to which split: a small integer problem, solved by a greedy start and a local search.

Shapes: U kinds of units, S splits, K classes; during the search a last column, with a small weight, counts all images.

If every unit contains images of one class only, the result is within one unit of the wanted number in every class and split: otherwise
moving a unit to or from a split that deviates in the other direction would reduce the squared deviations. If every unit is a single image,
this is exact rounding. For units of mixed classes (such as a subject with every expression) the search finds a good approximation.
"""

from itertools import permutations

import numpy as np
import numpy.typing as npt

_WEIGHT_OF_TOTAL = 1e-3
_COST_OF_A_MISSING_CLASS = 1e9  # every split contains each class, even if a class then gets more than its share there
_MAX_KINDS_SWAPPED = 300  # moves are tried for all kinds, swaps only between pairs of this many of the smallest kinds
_MAX_STEPS = 2000
_LEAST_GAIN = 1e-9

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def place(vectors_UK: Ints, numbers_U: Ints, fractions_S: Floats) -> Ints:
    """The number of units of each kind in each split, (U, S): rows sum to `numbers_U`, class counts are proportional to `fractions_S`.

    `vectors_UK` contains the number of images of each class in one unit of each kind. The result is deterministic.
    """
    counts_UK = np.hstack([vectors_UK, vectors_UK.sum(axis=1, keepdims=True)]).astype(np.float64)
    weights_K = 1 / np.maximum(counts_UK.max(axis=0), 1)  # deviations are measured in units, so that no class outweighs another
    weights_K[-1] *= np.sqrt(_WEIGHT_OF_TOTAL)
    weighted_UK = counts_UK * weights_K
    placed_US = np.floor(numbers_U[:, None] * fractions_S).astype(np.int64)
    deviations_SK = placed_US.T @ weighted_UK - fractions_S[:, None] * (numbers_U @ weighted_UK)
    for kind in np.argsort(-vectors_UK.sum(axis=1), kind="stable"):
        for _ in range(numbers_U[kind] - placed_US[kind].sum()):
            split = int(np.argmin(deviations_SK @ weighted_UK[kind]))
            placed_US[kind, split] += 1
            deviations_SK[split] += weighted_UK[kind]
    small = np.sort(np.argsort(vectors_UK.sum(axis=1), kind="stable")[:_MAX_KINDS_SWAPPED])
    for _ in range(_MAX_STEPS):
        step = _best_move(vectors_UK, weighted_UK, placed_US, deviations_SK) or _best_swap(
            vectors_UK, weighted_UK, placed_US, deviations_SK, small
        )
        if step is None:
            break
        source, target, out, back = step
        placed_US[out, [source, target]] += [-1, 1]
        if back is not None:
            placed_US[back, [source, target]] += [1, -1]
        net_K = weighted_UK[out] - (0 if back is None else weighted_UK[back])
        deviations_SK[source] -= net_K
        deviations_SK[target] += net_K
    return placed_US


Step = tuple[int, int, int, int | None]  # from split, to split, kind moved, kind moved back


def _best_move(vectors_UK: Ints, weighted_UK: Floats, placed_US: Ints, deviations_SK: Floats) -> Step | None:
    """The move of one unit that reduces the cost most, or None if no move reduces it."""
    held_SK = placed_US.T @ vectors_UK
    squares_U = (weighted_UK**2).sum(axis=1)
    best, found = -_LEAST_GAIN, None
    for source, target in permutations(range(placed_US.shape[1]), 2):
        change_U = 2 * (squares_U - weighted_UK @ (deviations_SK[source] - deviations_SK[target]))
        change_U += _COST_OF_A_MISSING_CLASS * _newly_missing(held_SK[source], held_SK[target], vectors_UK)
        change_U[placed_US[:, source] == 0] = np.inf
        if (least := change_U.min()) < best:
            best, found = least, (source, target, int(change_U.argmin()), None)
    return found


def _best_swap(vectors_UK: Ints, weighted_UK: Floats, placed_US: Ints, deviations_SK: Floats, kinds: Ints) -> Step | None:
    """The exchange of two units that reduces the cost most, or None if no exchange reduces it."""
    held_SK = placed_US.T @ vectors_UK
    best, found = -_LEAST_GAIN, None
    for source, target in permutations(range(placed_US.shape[1]), 2):
        if source > target:
            continue  # the same exchange in the other direction
        out, back = kinds[placed_US[kinds, source] > 0], kinds[placed_US[kinds, target] > 0]
        if not (len(out) and len(back)):
            continue
        net_OBK = weighted_UK[out][:, None] - weighted_UK[back]
        change_OB = 2 * ((net_OBK**2).sum(axis=2) - net_OBK @ (deviations_SK[source] - deviations_SK[target]))
        net_images_OBK = vectors_UK[out][:, None] - vectors_UK[back]
        change_OB += _COST_OF_A_MISSING_CLASS * _newly_missing(held_SK[source], held_SK[target], net_images_OBK)
        if (least := change_OB.min()) < best:
            row, column = np.unravel_index(int(change_OB.argmin()), change_OB.shape)
            best, found = least, (source, target, int(out[row]), int(back[column]))
    return found


def _newly_missing(source_K: Ints, target_K: Ints, net_xK: Ints) -> Ints:
    """By how much the number of classes missing from the two splits grows when `net` images are moved from one to the other."""
    after = (source_K - net_xK == 0).sum(axis=-1) + (target_K + net_xK == 0).sum(axis=-1)
    before = (source_K == 0).sum() + (target_K == 0).sum()
    return np.asarray(after - before)
