"""Measurements of what papers claim about class activation maps: where the heat lies, how it is spread, and whether it differs for
right and wrong predictions.

    measure({"heat_eyes": heat_N, "spread": spread_N}, right_N, chances={"heat_eyes": area_N}, seed=…)

Differences are associations: the maps of wrong predictions may differ because their images are harder.

Legend: N images.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import mannwhitneyu

from mien.statistics.means import MIN_GROUPS, difference_interval, group_numbers, mean_interval
from mien.statistics.pairwise_tests import holm
from mien.statistics.resampling import LEVEL, NUM_RESAMPLES, Interval

TITLES: Final = {
    "heat_face": "Share of the heat inside the face",
    "heat_eyes": "Share of the heat around the eyes",
    "heat_mouth": "Share of the heat around the mouth",
    "spread": "Spread of the map (0: one cell, 1: even)",
    "mirror": "Agreement with the map of the mirrored face (1: same)",
}


def measure(
    values: Mapping[str, ArrayLike],
    right_N: ArrayLike,
    *,
    chances: Mapping[str, ArrayLike] | None = None,
    titles: Mapping[str, str] = TITLES,
    groups_N: ArrayLike | None = None,
    seed: int,
    num_resamples: int = NUM_RESAMPLES,
    level: float = LEVEL,
) -> list[dict[str, Any]]:
    """Return a JSON-serialisable dictionary per claim, in the order of `values`: the part `claims` of metrics/explain/M.json.

    Args:
        values: for each claim one value per image. Images with NaN are excluded from this claim.
        right_N: whether the prediction for the image is right.
        chances: for each claim and image, the value that a uniform map would have; the mean over the images of the claim is reported.
        groups_N: images with the same id are resampled together.

    Each dictionary has name, title, chance, num, mean, low, high, num_correct, mean_correct, num_wrong, mean_wrong, difference (correct −
    wrong), difference_low, difference_high, p and p_holm. Intervals are BCa bootstrap intervals. p is from a two-sided Mann-Whitney U test,
    in which the right images of a group, and likewise its wrong images, count as one observation with their mean. p_holm is p after Holm's
    correction over the claims. A value is None if it cannot be computed: the interval of a mean over fewer groups than MIN_GROUPS, and
    difference and test if the right or the wrong images have fewer groups than that.
    """
    right_N = np.asarray(right_N, dtype=np.bool_)
    group_N = group_numbers(len(right_N), groups_N)
    found = []
    for name, given_N in values.items():
        values_N = np.asarray(given_N, dtype=np.float64)
        assert values_N.shape == right_N.shape, (name, values_N.shape)
        known_N = np.isfinite(values_N)
        chance_N = np.asarray(chances[name], dtype=np.float64)[known_N] if chances and name in chances else np.array([np.nan])
        row = _claim(values_N[known_N], right_N[known_N], group_N[known_N], seed=seed, num_resamples=num_resamples, level=level)
        found.append({"name": name, "title": titles.get(name, name), "chance": _mean(chance_N), **row})
    tested = [row for row in found if row["p"] is not None]
    for row, adjusted in zip(tested, holm([row["p"] for row in tested]), strict=True):
        row["p_holm"] = adjusted
    return found


def _claim(values_N: NDArray[np.float64], right_N: NDArray[np.bool_], group_N: NDArray[np.int64], **options: Any) -> dict[str, Any]:
    sides = values_N[right_N], values_N[~right_N]
    right_G, wrong_G = (_group_means(values_N[side_N], group_N[side_N]) for side_N in (right_N, ~right_N))
    whole = difference = p_value = None
    if len(np.unique(group_N)) >= MIN_GROUPS:
        whole = mean_interval(values_N, groups_N=group_N, **options)
    if min(len(right_G), len(wrong_G)) >= MIN_GROUPS:
        difference = difference_interval(values_N, right_N, groups_N=group_N, **options)
        p_value = float(mannwhitneyu(right_G, wrong_G, alternative="two-sided").pvalue)
        p_value = 1.0 if np.isnan(p_value) else p_value  # all values equal
    return {
        "num": len(values_N),
        "mean": _mean(values_N),
        **_ends(whole, ""),
        "num_correct": len(sides[0]),
        "mean_correct": _mean(sides[0]),
        "num_wrong": len(sides[1]),
        "mean_wrong": _mean(sides[1]),
        "difference": None if difference is None else difference.value,
        **_ends(difference, "difference_"),
        "p": p_value,
        "p_holm": None,
    }


def _ends(interval: Interval | None, prefix: str) -> dict[str, float | None]:
    low, high = (None, None) if interval is None else (interval.low, interval.high)
    return {f"{prefix}low": low, f"{prefix}high": high}


def _mean(values: NDArray[np.float64]) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else None


def _group_means(values_N: NDArray[np.float64], group_N: NDArray[np.int64]) -> NDArray[np.float64]:
    number_N = np.unique(group_N, return_inverse=True)[1]
    means_G: NDArray[np.float64] = np.bincount(number_N, weights=values_N) / np.bincount(number_N)
    return means_G
