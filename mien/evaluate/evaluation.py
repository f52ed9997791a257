"""The evaluation of one model on the test split: metrics, calibration, slices, seeds, and the tables for plots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mien.config.model import ModelConfig
from mien.evaluate.columns import personal_slices, telling
from mien.evaluate.inputs import Training
from mien.evaluate.predictions import Predictions
from mien.evaluate.results import bare_metrics, report_on_test
from mien.evaluate.seeds import seed_metrics
from mien.evaluate.selection import selection
from mien.evaluate.slices import slice_metrics, slices_table
from mien.models.cost import cost_of
from mien.statistics.temperature import calibration_report, reliability_table

SLICE_RESAMPLES = 2000  # for each slice; there are many slices, and two digits of their interval ends are enough


@dataclass(frozen=True)
class Evaluation:
    """The document (JSON values), and three tables: slices, bars of the reliability diagram, and one row of classes per test image."""

    document: dict[str, Any]
    slices: pd.DataFrame
    reliability: pd.DataFrame
    confusion: pd.DataFrame

    @property
    def title(self) -> str:
        """The title line of a plot."""
        all_images = self.document["all"]
        return f"{self.document['model']}: {all_images['num_images']} test images, macro-F1 {all_images['macro_f1']:.3f}"

    @property
    def sentence(self) -> str:
        """The headline for the terminal, with the majority baseline for comparison."""
        all_images = self.document["all"]
        low, high = all_images["intervals"]["macro_f1"].values()
        baseline = all_images["majority_baseline"]
        return (
            f"{self.document['model']}: macro-F1 {all_images['macro_f1']:.4f} [{low:.3f}, {high:.3f}], "
            f"accuracy {all_images['accuracy']:.4f} on {all_images['num_images']} test images "
            f"(always the largest class: {baseline['macro_f1']:.4f} and {baseline['accuracy']:.4f})"
        )


def evaluate(
    predicted: Sequence[pd.DataFrame],
    columns: pd.DataFrame,
    *,
    config: ModelConfig,
    training: Training,
    facts: Mapping[str, Any],
    file_bytes: int,
    seed: int,
    hide_persons: bool,
    tta: str = "none",
) -> Evaluation:
    """Evaluates one model on its test predictions; the same input and seed give the same result.

    Args:
        predicted: the tables that `predict_seeds` returns.
        columns: the columns to slice test images by, a row per image (see `slice_columns`).
        facts: what model.json records about the training; its weights and recipe are repeated in the document.
        file_bytes: size of the weights.
        hide_persons: leaves out slices whose value identifies a person as clearly as a name does.
        tta: the views with which the predictions were made. The document names them beside the temperature, which is valid for them only.
    """
    test, val = (predicted[0][predicted[0]["split"] == split] for split in ("test", "val"))
    tested, validated = Predictions.of_table(test, config.classes), Predictions.of_table(val, config.classes)
    others = [Predictions.of_table(rows, config.classes) for rows in predicted[1:]]
    report = report_on_test(
        tested,
        classes=config.classes,
        flagged_N=test["flag"].notna().to_numpy(),
        part_N=test["part"].to_list(),
        class_counts_K=[training.record["class_counts"][name] for name in config.classes],
        seed=seed,
    )
    calibration = calibration_report(
        tested.logits_NK, tested.actual_N, validation_logits_NK=validated.logits_NK, validation_actual_N=validated.actual_N
    )
    cost = cost_of(config, tta=tta)
    document = {
        "model": config.name,
        "weights": facts["weights"],
        "recipe": facts["recipe"],
        "classes": config.classes,
        **({"tta": tta} if tta != "none" else {}),
        "cost": {"num_parameters": cost.num_parameters, "macs": cost.num_macs, "file_bytes": file_bytes},
        "selection": selection(training.record, training.last_epoch, test_macro_f1=report["all"]["macro_f1"]),
        **report,
        "calibration": calibration,
        **seed_metrics(dict(zip(config.seeds, map(bare_metrics, (tested, *others)), strict=True))),
    }
    return Evaluation(
        document=document,
        slices=_slices(tested, telling(columns), test["subject"], len(config.classes), seed=seed, hide_persons=hide_persons),
        reliability=reliability_table(tested.logits_NK, tested.actual_N, temperature=calibration["temperature"]),
        confusion=test[["label", "predicted"]].set_axis(["actual", "predicted"], axis=1),
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
