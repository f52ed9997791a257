"""The evaluation of predictions on the test split: metrics, calibration, slices, seeds, and the tables for plots.

It needs only predictions, so a model and an ensemble are evaluated by the same code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from mien.evaluate.columns import personal_slices, telling
from mien.evaluate.predictions import Predictions
from mien.evaluate.results import bare_metrics, report_on_test
from mien.evaluate.seeds import seed_metrics
from mien.evaluate.selecting import selective_curves, selective_report, validation_points
from mien.evaluate.slices import slice_metrics, slices_table
from mien.statistics.selective import OperatingPoint
from mien.statistics.temperature import calibration_report, reliability_table

SLICE_RESAMPLES = 2000  # for each slice; there are many slices, and two digits of their interval ends are enough


@dataclass(frozen=True)
class Evaluation:
    """The document (JSON values), and four tables: slices, bars of the reliability diagram, the accuracy of answers by coverage, and one
    row of classes per test image. `thresholds` is the curve of the validation images."""

    document: dict[str, Any]
    slices: pd.DataFrame
    reliability: pd.DataFrame
    selective: pd.DataFrame
    confusion: pd.DataFrame
    thresholds: list[OperatingPoint]
    unit: str = "image"
    """what was tested: image or clip"""

    def with_facts(self, facts: Mapping[str, Any]) -> "Evaluation":
        """The same with what is known of the model apart from its predictions, at the head of the document."""
        return replace(self, document={"model": self.document["model"], **facts, **self.document})

    @property
    def title(self) -> str:
        """The title line of a plot."""
        all_images = self.document["all"]
        return f"{self.document['model']}: {all_images['num_images']} test {self.unit}s, macro-F1 {all_images['macro_f1']:.3f}"

    @property
    def sentence(self) -> str:
        """The headline for the terminal, with the majority baseline for comparison."""
        all_images = self.document["all"]
        low, high = all_images["intervals"]["macro_f1"].values()
        baseline = all_images["majority_baseline"]
        return (
            f"{self.document['model']}: macro-F1 {all_images['macro_f1']:.4f} [{low:.3f}, {high:.3f}], "
            f"accuracy {all_images['accuracy']:.4f} on {all_images['num_images']} test {self.unit}s "
            f"(always the largest class: {baseline['macro_f1']:.4f} and {baseline['accuracy']:.4f})"
        )


def evaluate(
    predicted: Sequence[pd.DataFrame],
    columns: pd.DataFrame,
    *,
    name: str,
    classes: Sequence[str],
    class_counts: Mapping[str, int],
    seed: int,
    min_accuracy: float,
    hide_persons: bool,
    unit: str = "image",
) -> Evaluation:
    """Evaluates test predictions; the same input and seed give the same result.

    Args:
        predicted: the tables that `predict_seeds` returns, one for each seed of the training.
        columns: the columns to slice test images by, a row per image (see `slice_columns`).
        name: the name of the model or ensemble.
        classes: the classes, in the order of the logits.
        class_counts: numbers of training images by class.
        min_accuracy: the accuracy on validation images that confident answers are to have.
        hide_persons: leaves out slices whose value identifies a person as clearly as a name does.
        unit: what the rows are, image or clip; num_images in the document counts these.
    """
    test, val = (predicted[0][predicted[0]["split"] == split] for split in ("test", "val"))
    tested, validated = Predictions.of_table(test, classes), Predictions.of_table(val, classes)
    others = [Predictions.of_table(rows, classes) for rows in predicted[1:]]
    seeds = [int(rows["seed"].iloc[0]) for rows in predicted]
    report = report_on_test(
        tested,
        classes=classes,
        flagged_N=test["flag"].notna().to_numpy(),
        part_N=test["part"].to_list(),
        class_counts_K=[class_counts[label] for label in classes],
        seed=seed,
    )
    calibration = calibration_report(
        tested.logits_NK, tested.actual_N, validation_logits_NK=validated.logits_NK, validation_actual_N=validated.actual_N
    )
    temperature = calibration["temperature"]
    document = {
        "model": name,
        "classes": list(classes),
        **report,
        "calibration": calibration,
        "selective": selective_report(tested, validated, temperature=temperature, min_accuracy=min_accuracy),
        **seed_metrics(dict(zip(seeds, map(bare_metrics, (tested, *others)), strict=True))),
    }
    return Evaluation(
        document=document,
        slices=_slices(tested, telling(columns), test["subject"], len(classes), seed=seed, hide_persons=hide_persons),
        reliability=reliability_table(tested.logits_NK, tested.actual_N, temperature=temperature),
        selective=selective_curves(tested, validated, temperature=temperature),
        confusion=test[["label", "predicted"]].set_axis(["actual", "predicted"], axis=1),
        thresholds=validation_points(validated, temperature=temperature),
        unit=unit,
    )


def _slices(
    tested: Predictions, columns: pd.DataFrame, subjects: pd.Series, num_classes: int, *, seed: int, hide_persons: bool
) -> pd.DataFrame:
    slices = slice_metrics(
        tested.actual_N,
        tested.predicted_N,
        num_classes,
        columns,
        groups_N=tested.groups_N,
        seed=seed,
        num_resamples=SLICE_RESAMPLES,
    )
    hidden = personal_slices(columns, subjects) if hide_persons else set()
    return slices_table([one for one in slices if (one.column, one.value) not in hidden])
