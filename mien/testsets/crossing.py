"""What a trained model achieves on a further test set, as JSON values. Legend: N images, K classes of the model, P of them present."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from mien.evaluate.predictions import Predictions
from mien.evaluate.results import of_parts, overall, per_class
from mien.evaluate.seeds import seed_metrics
from mien.predict.answer import Answer
from mien.statistics.agreement import top_k_accuracy
from mien.statistics.baselines import majority_metrics
from mien.statistics.calibration import NUM_BINS, calibration_figures, probabilities
from mien.statistics.present import drop_intervals, present_classes, present_intervals, present_metrics
from mien.statistics.resampling import NUM_RESAMPLES
from mien.statistics.selective import at_threshold, confidences


def cross_document(
    by_seed: Mapping[int, Predictions],
    own: Predictions,
    rows: pd.DataFrame,
    answer: Answer,
    *,
    testset: str,
    seed: int,
    num_resamples: int = NUM_RESAMPLES,
) -> dict[str, Any]:
    """Evaluates predictions of one model; the same input and seed give the same result.

    `all` has the metrics of every image of the test set, `clean` those of the images without a flag if some have one, `parts` those of each
    part if there are several. Means over classes are over the classes that the test set has (mien/statistics/present.py). If it lacks some
    of the model's, `restricted` has the metrics where the model may only choose among the others, by the largest of their logits, as is
    usual for ImageNet-A and ImageNet-R (Hendrycks et al. 2021). `against_own` compares with the model's own test images of these classes.

    Args:
        by_seed: the predictions for the test set by the seed of the training, the model's first seed first.
        own: the predictions of the first seed for the model's own test split.
        rows: the rows of SPLITS of the test set, in the order of the predictions.
        answer: the temperature and the threshold, which were fitted on the model's own validation images.
        testset: the name of the test set.
    """
    classes, tested = answer.classes, next(iter(by_seed.values()))
    metrics = partial(cross_metrics, classes=classes, seed=seed, num_resamples=num_resamples)
    present = present_classes(tested.actual_N)
    document: dict[str, Any] = {
        "model": answer.name,
        "testset": testset,
        "classes": list(classes),
        "absent_classes": [name for number, name in enumerate(classes) if number not in present],
        **of_parts(tested, metrics, flagged_N=rows["flag"].notna().to_numpy(), part_N=rows["part"].fillna("").to_list()),
    }
    if document["absent_classes"]:
        document["restricted"] = metrics(_restricted(tested))
    before, difference = drop_intervals(_triple(own), _triple(tested), len(classes), seed=seed, num_resamples=num_resamples)
    return {
        **document,
        "against_own": {
            "num_images": int(np.isin(own.actual_N, present).sum()),
            "own": before,
            "difference": {name: asdict(interval) for name, interval in difference.items()},
        },
        "calibration": {
            "temperature": answer.temperature,
            "num_bins": NUM_BINS,
            "before": calibration_figures(tested.logits_NK, tested.actual_N),
            "after": calibration_figures(tested.logits_NK.astype(np.float64) / answer.temperature, tested.actual_N),
        },
        "selective": _selective(tested, answer),
        **seed_metrics({number: _bare(one) for number, one in by_seed.items()}),
    }


def cross_metrics(tested: Predictions, classes: Sequence[str], *, seed: int, num_resamples: int = NUM_RESAMPLES) -> dict[str, Any]:
    """Numbers of images and groups, metrics with 95 % intervals, the majority baseline, metrics of the classes present, confusion counts.

    Recalls have Wilson intervals. `confusion` has a row for each of the classes, and a column for each as predicted.
    """
    confusion_KK = tested.confusion_KK
    support_K = confusion_KK.sum(axis=1)
    return {
        **overall(tested, present_intervals, seed=seed, num_resamples=num_resamples),
        "majority_baseline": majority_metrics(support_K[support_K > 0]),
        "per_class": {name: figures for name, figures in per_class(confusion_KK, classes).items() if figures["support"]},
        "confusion": confusion_KK.tolist(),
    }


def _triple(predictions: Predictions) -> tuple[ArrayLike, ArrayLike, ArrayLike]:
    return predictions.actual_N, predictions.predicted_N, predictions.groups_N


def _bare(tested: Predictions) -> dict[str, float]:
    known = present_metrics(tested.actual_N, tested.predicted_N, tested.logits_NK.shape[1])
    return {**known, "top2_accuracy": top_k_accuracy(tested.logits_NK, tested.actual_N)}


def _restricted(tested: Predictions) -> Predictions:
    """The same predictions where no class is chosen that has no image: its logit is below all others."""
    logits_NK = tested.logits_NK.copy()
    absent_K = np.setdiff1d(np.arange(logits_NK.shape[1]), present_classes(tested.actual_N))
    logits_NK[:, absent_K] = np.finfo(logits_NK.dtype).min
    return Predictions(tested.actual_N, logits_NK, tested.groups_N)


def _selective(tested: Predictions, answer: Answer) -> dict[str, Any] | None:
    """The coverage and accuracy of the answers at the threshold that was chosen on the model's own validation images; None without one."""
    chosen = answer.threshold(answer.min_accuracy)
    if chosen is None:
        return None
    sure_N, right_N = confidences(probabilities(tested.logits_NK.astype(np.float64) / answer.temperature), tested.actual_N)
    coverage, accuracy, number = at_threshold(sure_N, right_N, chosen.threshold)
    return {
        "min_accuracy": answer.min_accuracy,
        "threshold": chosen.threshold,
        "coverage": coverage,
        "accuracy": accuracy,
        "num_images": number,
    }


def cross_sentence(document: Mapping[str, Any]) -> str:
    """The headline for the terminal."""
    tested, compared = document["all"], document["against_own"]
    low, high = tested["intervals"]["macro_f1"].values()
    difference = compared["difference"]["macro_f1"]
    absent = f", without {', '.join(document['absent_classes'])}" if document["absent_classes"] else ""
    return (
        f"{document['model']} on {document['testset']}: macro-F1 {tested['macro_f1']:.4f} [{low:.3f}, {high:.3f}], accuracy "
        f"{tested['accuracy']:.4f} on {tested['num_images']} images{absent}; {difference['value']:+.3f} "
        f"[{difference['low']:+.3f}, {difference['high']:+.3f}] to its own test split ({compared['own']['macro_f1']:.4f})"
    )
