"""What metrics/robustness/MODEL.json and MODEL.csv contain. Legend: N images, G = 5 strengths, K classes."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mien.robustness.corrupting import corruption
from mien.robustness.figures import MEASURED, NUM_RESAMPLES, Subject, robustness_intervals
from mien.robustness.predicting import CorruptedLogits
from mien.statistics.calibration import expected_calibration_error, probabilities
from mien.statistics.resampling import Interval
from mien.statistics.selective import at_threshold, confidences

NO_LANDMARKS = "no face of the test images has landmarks, which say where the eyes and the mouth are"


def robustness_document(
    subject: Subject,
    logits: CorruptedLogits,
    names: Sequence[str],
    *,
    temperature: float,
    threshold: float | None,
    seed: int,
    num_resamples: int = NUM_RESAMPLES,
) -> dict[str, Any]:
    """JSON values: the metrics of the images as they are, the mean relative loss, and each corruption with its strengths.

    `temperature` divides the logits, and an answer is given if the confidence reaches `threshold`; None gives no answer. Both are from the
    validation images as they are. Metrics with an interval are {value, low, high}; the ends are None if there are too few groups.
    """
    intervals = robustness_intervals(subject, logits, names, seed=seed, num_resamples=num_resamples)
    how: dict[str, Any] = {"temperature": temperature, "threshold": threshold}
    counts_K = np.bincount(subject.actual_N)
    found = [
        _corruption(name, subject, worse_GNK, intervals, how)
        for name, worse_GNK in zip(names, logits.worse_CGNK, strict=True)
        if f"{name}/accuracy" in intervals
    ]
    return {
        "num_images": len(subject.actual_N),
        "num_groups": len(np.unique(subject.groups_N)),
        "num_resamples": num_resamples,
        **how,
        "largest_class": float(counts_K.max() / counts_K.sum()),
        "clean": _metrics(intervals, "") | _confidence(logits.clean_NK, subject.actual_N, **how),
        **{f"{metric}_loss": _interval(intervals.get(f"{metric}_loss")) for metric in MEASURED},
        "worst": max(found, key=lambda one: one["accuracy_loss"]["value"])["name"] if found else None,
        "corruptions": found,
        "left_out": {name: NO_LANDMARKS for name in names if f"{name}/accuracy" not in intervals},
    }


def _corruption(
    name: str, subject: Subject, worse_GNK: NDArray[np.float32], intervals: Mapping[str, Interval], how: Mapping[str, Any]
) -> dict[str, Any]:
    about, known_N = corruption(name), np.isfinite(worse_GNK[0]).all(axis=1)
    return {
        "name": name,
        "title": about.title,
        "amount": about.amount,
        "source": about.source,
        "num_images": int(known_N.sum()),
        "clean": _metrics(intervals, f"{name}/"),
        **{f"{metric}_loss": _interval(intervals[f"{name}/{metric}_loss"]) for metric in MEASURED},
        "strengths": [
            {
                "strength": strength,
                "amount": amount,
                **_metrics(intervals, f"{name}/{strength}/"),
                **{f"{metric}_loss": _interval(intervals[f"{name}/{strength}/{metric}_loss"]) for metric in MEASURED},
                **_confidence(worse_NK[known_N], subject.actual_N[known_N], **how),
            }
            for strength, (amount, worse_NK) in enumerate(zip(about.amounts, worse_GNK, strict=True), 1)
        ],
    }


def _metrics(intervals: Mapping[str, Interval], prefix: str) -> dict[str, Any]:
    return {metric: _interval(intervals[f"{prefix}{metric}"]) for metric in MEASURED}


def _interval(interval: Interval | None) -> dict[str, float | None] | None:
    if interval is None:
        return None
    ends = {"low": interval.low, "high": interval.high}
    return {"value": interval.value, **{name: end if isfinite(end) else None for name, end in ends.items()}}


def _confidence(
    logits_NK: NDArray[np.float32], actual_N: NDArray[np.int64], *, temperature: float, threshold: float | None
) -> dict[str, Any]:
    """Mean confidence, ECE, the share of images without an answer, and the accuracy of the answers (None if there are none)."""
    shares_NK = probabilities(logits_NK / temperature)
    sure_N, right_N = confidences(shares_NK, actual_N)
    answered, accuracy, _ = at_threshold(sure_N, right_N, np.inf if threshold is None else threshold)
    return {
        "confidence": float(sure_N.mean()),
        "ece": expected_calibration_error(shares_NK, actual_N),
        "unsure": 1 - answered,
        "sure_accuracy": accuracy,
    }


def robustness_table(document: Mapping[str, Any]) -> pd.DataFrame:
    """A row for each corruption and strength of a document; strength 0 are the same images as they are."""
    rows = []
    for one in document["corruptions"]:
        for each in ({"strength": 0, "amount": None, **one["clean"]}, *one["strengths"]):
            row = {"corruption": one["name"], "strength": each["strength"], "amount": each["amount"], "num_images": one["num_images"]}
            for name in (*MEASURED, *(f"{metric}_loss" for metric in MEASURED)):
                interval = each.get(name) or {}
                row |= {name: interval.get("value"), f"{name}_low": interval.get("low"), f"{name}_high": interval.get("high")}
            rows.append(row | {name: each.get(name) for name in ("confidence", "ece", "unsure", "sure_accuracy")})
    return pd.DataFrame(rows)
