"""Training, evaluation and comparison of fabricated models. Confusion matrices and their figures are true to the predictions, intervals are
not.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mien.config.configure import configure
from mien.config.model import config_document
from mien.config.prediction import prediction_config
from mien.core import paths
from mien.core.files import read_json, write_json
from mien.statistics.metrics import accuracy, confusion_matrix, macro_f1, mean_accuracy, precision_recall_f1, weighted_f1
from mien.statistics.pairwise_tests import compare_pairs
from tests.report.fabricated.plan import Plan

EPOCHS, BEST = 6, 5
FIGURES = ("accuracy", "mean_accuracy", "macro_f1", "weighted_f1", "kappa", "top2_accuracy")
FINGERPRINT = "f" * 16
SPEED = {"images_per_s": 123.4, "latency_ms": 8.1, "batch_size": 32, "device": "cpu", "cpu": "Some CPU <x>", "num_threads": 2}


def write_training(plan: Plan, model: str, *, timed: bool) -> None:
    write_json(paths.config(model), config_document(configure(plan.params, model)))
    write_json(paths.prediction_config(model), prediction_config(plan.params, model).model_dump())
    epoch = np.arange(1, EPOCHS + 1)
    curve = {
        "epoch": epoch, "stage": (epoch > 3) + 1, "train_loss": 2 / epoch, "val_loss": 2 / epoch + 0.02 * epoch,
        "train_accuracy": 1 - 0.8 / epoch, "train_macro_f1": 1 - 0.9 / epoch,
        "val_accuracy": 0.8 - 0.6 / epoch, "val_macro_f1": 0.78 - 0.6 / epoch, "val_mean_accuracy": 0.78 - 0.6 / epoch, "lr": 1e-3,
    }  # fmt: skip
    paths.train_curves(model).parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(curve).to_csv(paths.train_curves(model), index=False)
    counts = plan.rows[plan.rows["split"] == "train"]["label"].value_counts().to_dict()
    stages = [
        {"name": "frozen", "epochs": 3, "best_epoch": 3, "best_value": 0.7},
        {"name": "fine-tuning", "epochs": 3, "best_epoch": BEST, "best_value": 0.6},
    ]
    record = {
        "model": model, "recipe": "two_stage", "weights": "imagenet", "monitor": "val_loss", "stages": stages, "epochs": EPOCHS,
        "best_epoch": BEST,
        "val": {"loss": 0.5, "accuracy": 0.7, "mean_accuracy": 0.7, "macro_f1": 0.7}, "num_parameters": 1_234_567, "class_counts": counts,
    }  # fmt: skip
    write_json(paths.train_metrics(model), record)
    write_json(paths.model(model) / "model.json", {"training": {"fingerprint": FINGERPRINT}})
    if timed:
        write_json(paths.cost(model, FINGERPRINT), {**SPEED, "precision": "fp32"})


def figures(plan: Plan, predicted_N: NDArray[np.int64], keep_N: NDArray[np.bool_]) -> dict[str, Any]:
    """The part `all` or `clean` of an evaluation."""
    confusion = confusion_matrix(plan.actual[keep_N].tolist(), predicted_N[keep_N].tolist(), len(plan.classes))
    overall = {
        "accuracy": accuracy(confusion), "mean_accuracy": mean_accuracy(confusion), "macro_f1": macro_f1(confusion),
        "weighted_f1": weighted_f1(confusion), "kappa": -0.1, "top2_accuracy": 0.9,
    }  # fmt: skip
    guess = {"accuracy": 1 / 3, "mean_accuracy": 1 / 3, "macro_f1": 1 / 6, "weighted_f1": 1 / 6, "kappa": 0.0, "top2_accuracy": 2 / 3}
    own = precision_recall_f1(confusion)
    columns = zip(plan.classes, own.precision_K.tolist(), own.recall_K.tolist(), own.f1_K.tolist(), own.support_K.tolist(), strict=True)
    return {
        "num_images": int(keep_N.sum()),
        "num_groups": int(keep_N.sum()) - 1,
        **overall,
        "intervals": {name: {"low": max(value - 0.11, -1.0), "high": min(value + 0.07, 1.0)} for name, value in overall.items()},
        "majority_baseline": guess,
        "prior_baseline": {**guess, "nll": 1.1, "brier": 0.67},
        "per_class": {
            name: {
                "precision": p,
                "recall": r,
                "recall_low": max(r - 0.1, 0.0),
                "recall_high": min(r + 0.1, 1.0),
                "f1": f,
                "support": int(n),
            }
            for name, p, r, f, n in columns
        },
        "confusion": confusion.tolist(),
    }


def write_evaluation(plan: Plan, model: str, *, seeds: tuple[int, ...]) -> None:
    predicted_N, flagged_N = plan.predicted[model], plan.test["flag"].notna().to_numpy()
    tested = figures(plan, predicted_N, np.ones(len(plan.actual), dtype=bool))
    bare = {name: tested[name] for name in FIGURES}
    errors = {"nll": 0.9, "brier": 0.5, "ece": 0.12, "classwise_ece": 0.08}
    val = {"macro_f1": 0.7, "accuracy": 0.7, "loss": 0.5}
    document = {
        "model": model, "weights": "imagenet", "recipe": "two_stage", "classes": list(plan.classes),
        "cost": {"num_parameters": 1_234_567, "macs": 34_000_000 * (1 + plan.models.index(model)) ** 2, "file_bytes": 5_000_000},
        "selection": {
            "monitor": "val_loss", "best_epoch": BEST, "last_epoch": EPOCHS, "val_best": val, "val_last": {**val, "macro_f1": 0.66},
            "gap_macro_f1": 0.04, "val_to_test_macro_f1": 0.7 - tested["macro_f1"],
        },
        "all": tested,
        "calibration": {
            "temperature": 1.7, "num_bins": 15, "before": errors, "after": {name: 0.8 * error for name, error in errors.items()},
        },
    }  # fmt: skip
    document["selective"] = {
        "min_accuracy": 0.9, "threshold": 0.65, "aurc": 0.12, "validation": {"coverage": 0.55, "accuracy": 0.91},
        "test": {"coverage": 0.5, "accuracy": 0.88, "num_images": 15},
    }  # fmt: skip
    if model in plan.params.ensembles:
        document = {name: value for name, value in document.items() if name not in ("recipe", "selection")}
        document["members"] = list(plan.params.ensembles[model])
    if model in plan.params.exports:
        compared = {"num_images": 30, "same_class": 0.9, "mean_difference": 0.0123, "max_difference": 0.25}
        document = {name: value for name, value in document.items() if name not in ("recipe", "selection")}
        document["exported"] = {**plan.params.exports[model].model_dump(), "compared": compared}
    if flagged_N.any():
        document["clean"] = figures(plan, predicted_N, ~flagged_N)
    if seeds:
        over = {name: {"mean": value, "sd": 0.012} for name, value in bare.items()}
        document |= {"seeds": list(seeds), "by_seed": {str(seed): bare for seed in seeds}, "over_seeds": over}
    write_json(paths.evaluation(model), document)
    bins = [
        {"temperature": when, "low": low, "high": low + 0.2, "num_images": 5, "confidence": low + 0.1, "accuracy": max(low - shift, 0)}
        for when, shift in (("before", 0.1), ("after", 0.0))
        for low in (0.2, 0.4, 0.6, 0.8)
    ]
    pd.DataFrame(bins).to_csv(paths.reliability_table(model), index=False)
    curve = [
        {
            "split": split,
            "coverage": coverage,
            "accuracy": 1 - shift * coverage,
            "threshold": 1 - coverage,
            "num_images": round(30 * coverage),
        }
        for split, shift in (("test", 0.4), ("validation", 0.35))
        for coverage in (0.2, 0.5, 1.0)
    ]
    pd.DataFrame(curve).to_csv(paths.selective_table(model), index=False)
    slices = [
        ("brightness", "10 to 80", 20, 0.5, 0.4, 0.6, -0.2, -0.3, -0.1),
        ("brightness", "81 to 200", 10, 0.7, None, None, 0.2, None, None),
        ("source <x>", "NA", 30, 0.6, 0.5, 0.7, None, None, None),
    ]
    columns = ["column", "value", "num_images", "accuracy", "accuracy_low", "accuracy_high"]
    gaps = ["accuracy_gap", "accuracy_gap_low", "accuracy_gap_high"]
    pd.DataFrame(slices, columns=[*columns, *gaps]).to_csv(paths.slices(model), index=False)


def write_comparison(plan: Plan) -> None:
    table = compare_pairs(plan.actual, plan.predicted, len(plan.classes), seed=1, num_resamples=200)
    table.to_csv(paths.COMPARISONS, index=False)
    tested = {model: read_json(paths.evaluation(model))["all"] for model in plan.models}
    board = {model: {name: round(own[name], 6) for name in FIGURES} for model, own in tested.items()}
    write_json(paths.LEADERBOARD, board)
