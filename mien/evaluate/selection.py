"""What choosing the epoch on validation images may have flattered."""

from collections.abc import Mapping
from typing import Any

SELECTED = ("macro_f1", "accuracy", "loss")


def selection(record: Mapping[str, Any], last_epoch: Mapping[str, float], *, test_macro_f1: float) -> dict[str, Any]:
    """What the choice of the epoch did: validation figures of the chosen and of the last epoch, and two gaps of macro-F1.

    `record` is the training's (monitor, best_epoch, val), `last_epoch` the last row of its curves (epoch, val_FIGURE). `gap_macro_f1` is
    chosen − last epoch, on validation: what choosing the best of many noisy figures may have flattered. `val_to_test_macro_f1` is
    validation − test, of the chosen epoch: above 0 where validation promised more than the test kept.
    """
    chosen = {name: float(record["val"][name]) for name in SELECTED}
    last = {name: float(last_epoch[f"val_{name}"]) for name in SELECTED}
    return {
        "monitor": record["monitor"],
        "best_epoch": int(record["best_epoch"]),
        "last_epoch": int(last_epoch["epoch"]),
        "val_best": chosen,
        "val_last": last,
        "gap_macro_f1": chosen["macro_f1"] - last["macro_f1"],
        "val_to_test_macro_f1": chosen["macro_f1"] - test_macro_f1,
    }
