"""All misclassified test images, and the selection of those that are shown: grouped by confused pair, the largest pair first. K classes."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from mien.explain.gallery import most_confident
from mien.split.thinning import reduce_alike

PAIR = ["label", "predicted"]


def failure_table(failed: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Return the table of failures.csv, with one row per row of `failed` and in the same order.

    `failed` has the columns of `described` and three columns of tuples for the nearest training images, nearest first: `neighbours`
    (sample_ids), `neighbour_labels` and `neighbour_distances`. Several values in one cell are separated by spaces, labels by "; ".
    """
    chances = {f"p_{name}": [p_K[number] for p_K in failed["probabilities"]] for number, name in enumerate(classes)}
    return pd.DataFrame(
        {
            "path": failed["path"],
            "sample_id": failed["sample_id"],
            "flag": failed["flag"],
            "actual": failed["label"],
            "predicted": failed["predicted"],
            **chances,
            "twins": ["; ".join(names) for names in failed["twins"]],
            **{name: failed[name] for name in ("sharpness", "brightness", "contrast", "face_px", "score")},
            "neighbours": [" ".join(ids) for ids in failed["neighbours"]],
            "neighbour_labels": ["; ".join(labels) for labels in failed["neighbour_labels"]],
            "neighbour_distances": [" ".join(f"{distance:.6f}" for distance in own) for own in failed["neighbour_distances"]],
        },
        index=failed.index,
    )


def confused_pairs(tested: pd.DataFrame, classes: Sequence[str]) -> list[dict[str, Any]]:
    """Return {actual, predicted, num, share_of_actual} for every pair that occurs, the largest first; ties are in class order."""
    sizes = tested[~tested["right"]].groupby(PAIR).size()
    actual = tested["label"].value_counts()
    order = sorted(sizes.index, key=lambda pair: (-sizes[pair], *(classes.index(name) for name in pair)))
    return [
        {"actual": pair[0], "predicted": pair[1], "num": int(sizes[pair]), "share_of_actual": float(sizes[pair] / actual[pair[0]])}
        for pair in order
    ]


def pictured(failed: pd.DataFrame, pairs: Sequence[dict[str, Any]], *, num: int) -> list[tuple[dict[str, Any], pd.DataFrame]]:
    """Return at most `num` failures to show, as (pair, rows of `failed`), the largest pair first and the most confident first in each pair.

    The number of images per pair is proportional to its size and at least one. If there are more pairs than `num`, one image of each of the
    largest pairs is shown.
    """
    shown = pairs[:num]
    sizes = {(pair["actual"], pair["predicted"]): pair["num"] for pair in shown}
    places = reduce_alike({str(number): size for number, size in enumerate(sizes.values())}, max_train=num) if sizes else {}
    found = []
    for number, pair in enumerate(shown):
        own = failed[(failed["label"] == pair["actual"]) & (failed["predicted"] == pair["predicted"])]
        found.append((pair, most_confident(own, num=places[str(number)])))
    return found
