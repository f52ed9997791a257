"""The counts of split: the content of metrics/data/split.json, and the line that reports them."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from mien.split.thinning import imbalance
from mien.store.tables import FATE_NAMES, SPLIT_NAMES


def counts(splits: pd.DataFrame, table: pd.DataFrame, *, classes: Sequence[str]) -> dict[str, Any]:
    """Counts of fates and their reasons, images by split and class, flags of the test split, and subjects shared with the test split."""
    by_split = splits.groupby(["split", "label"]).size()
    test = splits["split"] == "test"
    shared = ~test & splits["subject"].notna() & splits["subject"].isin(splits.loc[test, "subject"])
    return {
        "files": len(table),
        "fates": {fate: int((table["fate"] == fate).sum()) for fate in FATE_NAMES},
        "reasons": {
            fate: {str(reason): int(num) for reason, num in table.loc[table["fate"] == fate, "reason"].value_counts().sort_index().items()}
            for fate in FATE_NAMES
            if (table["fate"] == fate).any()
        },
        "splits": {
            name: {"all": int((splits["split"] == name).sum())} | {label: int(by_split.get((name, label), 0)) for label in classes}
            for name in SPLIT_NAMES
        },
        "test_clean": int((test & splits["flag"].isna()).sum()),
        "test_flags": {str(flag): int(num) for flag, num in splits["flag"].dropna().value_counts().sort_index().items()},
        "subjects": int(splits["subject"].nunique()),
        "subjects_in_training_and_test": int(splits.loc[shared, "subject"].nunique()),
        "training_images_of_test_subjects": int(shared.sum()),
        "training_images_of_test_scenes": int((~test & splits["scene_id"].isin(splits.loc[test, "scene_id"])).sum()),
    }


def thinning_counts(before: dict[str, int], after: dict[str, int]) -> dict[str, Any]:
    """The effect of thinning on the training split: images and imbalance factor before and after, and images by class before.

    The images by class after thinning are in `splits`.
    """
    return {
        "images_before": sum(before.values()),
        "images_after": sum(after.values()),
        "imbalance_factor_before": round(imbalance(before), 4),
        "imbalance_factor_after": round(imbalance(after), 4),
        "classes_before": before,
    }


def sentence(found: dict[str, Any]) -> str:
    """The counts in one line."""
    sizes = ", ".join(f"{found['splits'][name]['all']} {name}" for name in SPLIT_NAMES)
    others = ", ".join(f"{num} {fate}" for fate, num in found["fates"].items() if num and fate != "kept")
    effect = ""
    if thinning := found.get("thinning"):
        effect = (
            f"; training thinned from {thinning['images_before']} to {thinning['images_after']} images, its imbalance factor "
            f"from {thinning['imbalance_factor_before']:.4g} to {thinning['imbalance_factor_after']:.4g}"
        )
    return (
        f"{sizes} ({found['test_clean']} of them clean); of {found['files']} files {found['fates']['kept']} kept"
        f"{others and ', ' + others}{effect}"
    )
