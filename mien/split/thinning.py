"""Thins the training split, first to a given class imbalance, then to a given size. Validation and test images are not changed.

A hash of seed and sample_id fixes an order within each class, and each class keeps the first images of this order. The result therefore
does not depend on the order of rows, and stronger thinning keeps a subset of weaker thinning: for a smaller `max_train`, or for a larger
`imbalance_factor` without `max_train`.

Thinning removes single images. Duplicate groups and subjects need not stay whole, because removed images go to no other split. Each picture
already occurs once in training; copies that were removed as duplicates of a thinned image do not return.

Clips stay whole: a clip of which a frame would have to go is removed, unless it is the first of its class. A class with clips may therefore
keep fewer images than it was asked to, or more if its first clip is longer.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Mapping

import pandas as pd

from mien.config.params import Params
from mien.config.sections.split import SplitParams
from mien.core.errors import LabelError
from mien.store.clips import wholes
from mien.store.tables import FATES

MIN_IMAGES = 2  # of the smallest class when classes are made uneven: a class cannot be learned from a single image

Counts = Mapping[str, int]  # training images by class


def thin(splits: pd.DataFrame, params: Params) -> pd.DataFrame:
    """The removed training rows of SPLITS, as rows of FATES with the index of `splits`. Raises LabelError as `thinned_counts` does."""
    training = splits[splits["split"] == "train"]
    before = training_counts(training, params)
    uneven, final = thinned_counts(before, params.split)
    rank, label = _ranks(training, params.seed), training["label"]
    by_size = training[(rank >= label.map(final)) & (rank < label.map(uneven))]
    by_imbalance = training[rank >= label.map(uneven)]
    named = [
        by_imbalance.assign(reason="imbalance", detail=_details(
            by_imbalance, f"imbalance_factor {params.split.imbalance_factor:g}", uneven, before)),
        by_size.assign(reason="max_train", detail=_details(by_size, f"max_train {params.split.max_train}", final, before)),
    ]  # fmt: skip
    gone = pd.concat(named).assign(fate="thinned", stage="split")
    return gone.reindex(columns=FATES.names)


def training_counts(rows: pd.DataFrame, params: Params) -> dict[str, int]:
    """The number of training images by class, in the order of the classes, from a table with the columns split and label."""
    num = Counter(rows.loc[rows["split"] == "train", "label"])
    return {name: num[name] for name in params.labels.kept}


def imbalance(counts: Counts) -> float:
    """The size of the largest class divided by the size of the smallest; infinite if a class is empty."""
    fewest = min(counts.values())
    return max(counts.values()) / fewest if fewest else math.inf


def thinned_counts(counts: Counts, split: SplitParams) -> tuple[dict[str, int], dict[str, int]]:
    """The number of images that each class keeps: after split.imbalance_factor alone, and after split.max_train as well.

    Raises LabelError, with key, numbers and remedy, if thinning cannot reach these values.
    """
    uneven = make_uneven(counts, factor=split.imbalance_factor)
    return uneven, reduce_alike(uneven, max_train=split.max_train)


def make_uneven(counts: Counts, *, factor: float) -> dict[str, int]:
    """Reduces class k to n_k u^k images, where class 0 is the largest and u makes largest / smallest equal `factor`; 1 keeps all.

    With K classes, n_0 / (n_(K-1) u^(K-1)) = factor gives u = (n_0 / (n_(K-1) factor))^(1 / (K-1)). The largest class stays whole, and the
    classes keep their order by size. The smallest class keeps the integer for which largest / smallest is closest to `factor`; the others
    are rounded to the nearest integer, never below the smallest. Classes of equal size are taken in the given order.

    Source: "imbalance factors" in Rebalanced Attention Consistency and Focus, table 4, after Cui et al. 2019. Raises LabelError if the
    classes are already more uneven than `factor`, because u would exceed 1, or if fewer than MIN_IMAGES images would remain.
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
    """Exactly `max_train` images in proportion to `counts`, at least one per class; 0, or more than there are, keeps all images.

    Every class keeps the same share of its images, rounded to the nearest integer, with the share chosen to give the total (the method of
    Webster and Sainte-Laguë). The largest-remainder method would be as close, but with it a class can lose an image when the total grows,
    so a smaller training split would not be a subset of a larger one. Raises LabelError if there are more classes than `max_train`.
    """
    if not max_train or sum(counts.values()) <= max_train:
        return dict(counts)
    if max_train < len(counts):
        raise LabelError(
            f"split.max_train: {max_train} training images cannot hold one of each of {len(counts)} classes; "
            f"raise it to {len(counts)} at least (0 keeps all images), or drop classes with labels.drop"
        )
    # A share s of n images rounds to more than i as soon as s >= (i + 1/2) / n. If two classes tie, the larger goes first.
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
    if present > factor * (1 + 1e-9):  # the tolerance allows the present factor as copied from a report
        raise LabelError(
            f"split.imbalance_factor: {factor:g} cannot be reached by thinning, because the training split is already more uneven: "
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
    """The rank of each row within its class, from 0, in the order given by `seed`, with the same index."""
    hashes = pd.Series([hashlib.sha256(f"{seed}:{name}".encode()).hexdigest() for name in rows["sample_id"]], dtype=object)
    drawn = pd.Series(pd.factorize(hashes, sort=True)[0], rows.index)  # numbers in the order of the hashes
    whole = wholes(rows)
    ordered = rows.assign(drawn=drawn.groupby(whole).transform("min")).sort_values(["drawn", "path"])
    by_whole = ordered.groupby("label").cumcount().reindex(rows.index).groupby(whole)
    return by_whole.transform("max").where(by_whole.transform("min") > 0, 0)  # the last frame of a clip decides


def _details(rows: pd.DataFrame, asked: str, kept: Counts, before: Counts) -> list[str]:
    """For each removed row, the parameter that removed it and how many images of its class remain."""
    return [f"split.{asked} keeps {kept[label]} of {before[label]} training images of {label}" for label in rows["label"]]
