"""What a model card says of worse photographs."""

from collections.abc import Mapping
from typing import Any

from mien.report.page.formats import MISSING, count, figure, percent


def robustness_rows(figures: Mapping[str, Any]) -> list[list[str]]:
    """Return a row per corruption: images, accuracy as they are and at strengths 1, 3 and 5, mean relative loss and its interval."""
    return [
        [
            one["title"],
            count(one["num_images"]),
            *(figure(each["accuracy"]["value"]) for each in (one["clean"], *one["strengths"][::2])),
            percent(one["accuracy_loss"]["value"]),
            _between(one["accuracy_loss"]),
        ]
        for one in figures["corruptions"]
    ]


def robustness_words(figures: Mapping[str, Any]) -> str:
    """Return the mean relative loss in a sentence."""
    loss = figures["accuracy_loss"]
    interval = f" ({_between(loss)})" if loss["low"] is not None else ""
    accuracy = figures["clean"]["accuracy"]["value"]
    return (
        f"Of {count(figures['num_images'])} test images as they are, {percent(accuracy, 1)} are predicted right. "
        f"The mean relative loss of accuracy under the corruptions below is {percent(loss['value'], 1)}{interval}."
    )


def _between(loss: Mapping[str, float | None]) -> str:
    return f"{percent(loss['low'])} to {percent(loss['high'])}" if loss["low"] is not None else MISSING
