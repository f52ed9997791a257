"""Thinning of the training split: to a stated imbalance of its classes, then to a stated size. Validation and test images stay.

Which images stay is decided by a hash of seed and sample_id, class by class: each class keeps the first of one fixed order. So it depends
on no order of rows, and the images of a smaller `max_train`, or of a larger `imbalance_factor` without one, are among those of a weaker thinning.

Thinning looks at single images. Duplicate groups and subjects need not stay whole, because what is taken out goes to no other split;
a picture occurs once in training already, so copies that left earlier as duplicates of a thinned image do not come back.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Mapping

import pandas as pd

from mien.config.params import Params
from mien.config.sections.split import SplitParams
from mien.core.errors import LabelError
from mien.store.tables import FATES

MIN_IMAGES = 2  # of the smallest class, where classes are made uneven: with a single picture there is nothing to learn a class from

Counts = Mapping[str, int]  # training images by class


def thin(splits: pd.DataFrame, params: Params) -> pd.DataFrame:
    """The training rows of SPLITS that leave, as rows of FATES with the index of `splits`. Raises LabelError as `thinned_counts` does."""
    training = splits[splits["split"] == "train"]
    before = training_counts(training, params)
    uneven, final = thinned_counts(before, params.split)
    rank, label = _ranks(training, params.seed), training["label"]
    by_size = training[(rank >= label.map(final)) & (rank < label.map(uneven))]
    by_imbalance = training[rank >= label.map(uneven)]
    named = [
        by_imbalance.assign(reason="imbalance", detail=_details(by_imbalance, f"imbalance_factor {params.split.imbalance_factor:g}", uneven, before)),
        by_size.assign(reason="max_train", detail=_details(by_size, f"max_train {params.split.max_train}", final, before)),
    ]  # fmt: skip
    gone = pd.concat(named).assign(fate="thinned", stage="split")
    return gone.reindex(columns=FATES.names)


def training_counts(rows: pd.DataFrame, params: Params) -> dict[str, int]:
    """Training images by class, in the order of the classes, from a table with the columns split and label."""
    num = Counter(rows.loc[rows["split"] == "train", "label"])
    return {name: num[name] for name in params.labels.kept}


def imbalance(counts: Counts) -> float:
    """Images of the largest class over those of the smallest; infinite if a class has none."""
    fewest = min(counts.values())
    return max(counts.values()) / fewest if fewest else math.inf


def thinned_counts(counts: Counts, split: SplitParams) -> tuple[dict[str, int], dict[str, int]]:
    """How many images each class keeps: after split.imbalance_factor, and after split.max_train too.

    Raises LabelError, with key, numbers and remedy, if thinning cannot do what they ask.
    """
    uneven = make_uneven(counts, factor=split.imbalance_factor)
    return uneven, reduce_alike(uneven, max_train=split.max_train)


def make_uneven(counts: Counts, *, factor: float) -> dict[str, int]:
    """n_k u^k of each class, k = 0 the largest, u such that largest over smallest is `factor`; 1 leaves all.

    With K classes, n_0 / (n_(K-1) u^(K-1)) = factor gives u = (n_0 / (n_(K-1) factor))^(1 / (K-1)): the largest class stays whole and
    classes of any sizes keep their order. The smallest keeps the whole number for which largest over smallest comes closest to `factor`,
    the others are rounded to the nearest, never below the smallest. Classes of equal size are taken in the order given.

    "Imbalance factors" of Rebalanced Attention Consistency and Focus, table 4, after Cui et al. 2019. Raises LabelError if the classes
    are more uneven than `factor` already, since u would exceed 1, or if fewer than MIN_IMAGES would stay.
    """
    if factor == 1:
        return dict(counts)
    order = sorted(counts, key=lambda name: -counts[name])  # stable
    largest, smallest = order[0], order[-1]
    _require_reachable(counts, largest, smallest, factor)
    u = min(1.0, (counts[largest] / (counts[smallest] * factor)) ** (1 / (len(order) - 1)))
    fewest = _closest(counts[largest], factor, at_most=counts[smallest])
    if fewest < MIN_IMAGES:
        _refuse_too_few(counts, largest, smallest, factor, fewest)
    kept = {name: max(math.floor(counts[name] * u**k + 0.5), fewest) for k, name in enumerate(order)} | {smallest: fewest}
    return {name: kept[name] for name in counts}


def reduce_alike(counts: Counts, *, max_train: int) -> dict[str, int]:
    """Exactly `max_train` images in proportion to `counts`, at least one of each class; 0, or more than there are, leaves all.

    Each class keeps one share of its images, rounded to the nearest, the share such that the total is right (the method of Webster and
    Sainte-Laguë). Largest remainders would be as close, but there a class can lose an image when the total grows, so that the images of a
    smaller training split would not all be in a larger one. Raises LabelError if there are more classes than `max_train`.
    """
    if not max_train or sum(counts.values()) <= max_train:
        return dict(counts)
    if max_train < len(counts):
        raise LabelError(
            f"split.max_train: {max_train} training images cannot hold one of each of {len(counts)} classes; "
            f"raise it to {len(counts)} at least (0 keeps all images), or drop classes with labels.drop"
        )
    # A share s rounds to more than i images of n as soon as s >= (i + 1/2) / n. Where two classes tie, the larger goes first.
    order = sorted(counts, key=lambda name: -counts[name])
    turns = [((i + 0.5) / counts[name] if i else 0.0, position) for position, name in enumerate(order) for i in range(counts[name])]
    kept = Counter(order[position] for _, position in sorted(turns)[:max_train])
    return {name: kept[name] for name in counts}


def _closest(num_largest: int, factor: float, *, at_most: int) -> int:
    """The number of images by which `num_largest` must be divided to come closest to `factor`."""
    below = math.floor(num_largest / factor)
    choices = [num for num in (below, below + 1) if 0 < num <= at_most]
    return min(choices, key=lambda num: abs(num_largest / num - factor))


def _require_reachable(counts: Counts, largest: str, smallest: str, factor: float) -> None:
    if not counts[smallest]:
        raise LabelError(
            f"split.imbalance_factor: the training split has no image of {smallest}; add images, or drop the class with labels.drop"
        )
    present = imbalance(counts)
    if present > factor * (1 + 1e-9):  # so that a present factor that was copied from a report can be asked for
        raise LabelError(
            f"split.imbalance_factor: {factor:g} cannot be had by thinning, because the training split is more uneven already: "
            f"{counts[largest]} images of {largest} over {counts[smallest]} of {smallest} is {present:.4g}; "
            f"set it to {math.ceil(100 * present) / 100} or more, or to 1 to thin nothing"
        )


def _refuse_too_few(counts: Counts, largest: str, smallest: str, factor: float, fewest: int) -> None:
    most = math.floor(100 * counts[largest] / MIN_IMAGES) / 100
    lower = f"set it to {most:g} at most, " if most >= imbalance(counts) else ""
    raise LabelError(
        f"split.imbalance_factor: {factor:g} would leave {fewest} training image of {smallest}, for {counts[largest]} of {largest}, "
        f"and at least {MIN_IMAGES} must stay; {lower}add images of {smallest}, or drop it with labels.drop"
    )


def _ranks(rows: pd.DataFrame, seed: int) -> pd.Series:
    """The place of each row among those of its class, from 0, in the order drawn by `seed`; same index."""
    drawn = [hashlib.sha256(f"{seed}:{name}".encode()).hexdigest() for name in rows["sample_id"]]
    ordered = rows.assign(drawn=drawn).sort_values(["drawn", "path"])
    return ordered.groupby("label").cumcount().reindex(rows.index)


def _details(rows: pd.DataFrame, asked: str, kept: Counts, before: Counts) -> list[str]:
    """For each row that left, what asked for it and how many of its class stayed."""
    return [f"split.{asked} keeps {kept[label]} of {before[label]} training images of {label}" for label in rows["label"]]
