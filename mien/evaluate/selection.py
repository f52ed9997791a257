"""How optimistic the choice of the epoch on validation images may be."""

from collections.abc import Mapping
from typing import Any

SELECTED = ("macro_f1", "accuracy", "loss")


def selection(record: Mapping[str, Any], last_epoch: Mapping[str, float], *, test_macro_f1: float) -> dict[str, Any]:
    """The effect of choosing the epoch: validation metrics of the chosen and of the last epoch, and two gaps of macro-F1.

    `record` is the training's (monitor, best_epoch, val), `last_epoch` the last row of its curves (epoch, val_METRIC). `gap_macro_f1` is
    chosen − last epoch, on validation: the possible optimism from choosing the best of many noisy values. `val_to_test_macro_f1` is
    validation − test, of the chosen epoch: above 0 if validation was better than the test.
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
