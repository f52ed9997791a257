"""All figures of one confusion matrix as one JSON object, and the same for always guessing the largest class."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from mien.evaluation.metrics import (
    Counts,
    accuracy,
    confusion_matrix,
    macro_f1,
    majority_baseline,
    mean_accuracy,
    precision_recall_f1,
    weighted_f1,
)

OVERALL = {"accuracy": accuracy, "mean_accuracy": mean_accuracy, "macro_f1": macro_f1, "weighted_f1": weighted_f1}


def report_on_test(rows: pd.DataFrame, classes: Sequence[str]) -> dict[str, Any]:
    """`all`: figures on every row (columns label, predicted, flag); `clean`: on those without a flag, left out where none has one."""
    report = {"all": figures_of(rows["label"].tolist(), rows["predicted"].tolist(), classes)}
    clean = rows[rows["flag"].isna()]
    if len(clean) < len(rows):
        report["clean"] = figures_of(clean["label"].tolist(), clean["predicted"].tolist(), classes)
    return report


def figures_of(actual: Sequence[str], predicted: Sequence[str], classes: Sequence[str]) -> dict[str, Any]:
    """Number of images, the four overall figures, those of the majority-class baseline, figures per class, and the confusion counts.

    `confusion` has a row per actual and a column per predicted class, both in the order of `classes`.
    """
    index = {name: number for number, name in enumerate(classes)}
    confusion_KK = confusion_matrix([index[name] for name in actual], [index[name] for name in predicted], len(classes))
    per_class = precision_recall_f1(confusion_KK)
    columns = zip(classes, per_class.precision_K, per_class.recall_K, per_class.f1_K, per_class.support_K, strict=True)
    return {
        "num_images": len(actual),
        **overall_figures(confusion_KK),
        "majority_baseline": overall_figures(majority_baseline(confusion_KK)),
        "per_class": {
            name: {"precision": float(precision), "recall": float(recall), "f1": float(f1), "support": int(support)}
            for name, precision, recall, f1, support in columns
        },
        "confusion": confusion_KK.tolist(),
    }


def overall_figures(confusion_KK: Counts) -> dict[str, float]:
    """Overall accuracy, mean accuracy, macro-F1 and weighted F1."""
    return {name: figure(confusion_KK) for name, figure in OVERALL.items()}
