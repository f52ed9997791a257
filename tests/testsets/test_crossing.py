"""The metrics of a model on a test set, against those of its own test and against slow definitions."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.metrics import accuracy_score, f1_score

from mien.evaluate.predictions import Predictions
from mien.evaluate.results import full_metrics
from mien.predict.answer import Answer
from mien.statistics.calibration import calibration_figures
from mien.testsets.crossing import cross_document, cross_sentence

CLASSES = ("angry", "happy", "sad", "fear")
OPTIONS: dict[str, Any] = {"testset": "campus", "seed": 3, "num_resamples": 300}


def answer(*, threshold: float = 0.6) -> Answer:
    tested = {
        "num_images": 1,
        "accuracy": 0.5,
        "accuracy_low": 0.4,
        "accuracy_high": 0.6,
        "mean_accuracy": 0.5,
        "macro_f1": 0.5,
        "recalls": [],
    }
    points = [{"threshold": threshold, "coverage": 0.4, "accuracy": 0.95}, {"threshold": 0.0, "coverage": 1.0, "accuracy": 0.7}]
    document = {
        "name": "tiny", "classes": CLASSES, "size_px": 48, "grey": True, "faces": {}, "temperature": 2.0, "min_accuracy": 0.9,
        "decode": {"max_side_px": 640, "max_megapixels": 10.0, "jpeg_quality": 95}, "selective": points, "test": tested,
        "weights_sha256": "0" * 64, "licence": "", "version": "1",
    }  # fmt: skip
    return Answer.model_validate_json(json.dumps(document))


def predictions(seed: int, classes: NDArray[np.int64], *, num: int = 160) -> Predictions:
    generator = np.random.default_rng(seed)
    actual = generator.choice(classes, size=num)
    logits = generator.normal(size=(num, len(CLASSES))).astype(np.float32)
    logits[np.arange(num), actual] += 1.2
    return Predictions(actual, logits, np.arange(num) // 2)


def rows_of(tested: Predictions, **columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"flag": [None] * len(tested.actual_N), "part": None, **columns}, dtype=object)


ALL = np.arange(4)
OWN = predictions(0, ALL)


def test_the_own_test_split_as_a_test_set_has_the_metrics_and_intervals_of_its_evaluation() -> None:
    document = cross_document({42: OWN}, OWN, rows_of(OWN), answer(), **OPTIONS)
    usual = full_metrics(OWN, CLASSES, class_counts_K=[1, 1, 1, 1], seed=3, num_resamples=300)
    assert document["all"] == {name: value for name, value in usual.items() if name != "prior_baseline"}
    assert document["absent_classes"] == [] and not {"restricted", "clean", "parts", "seeds"} & set(document)
    for name, difference in document["against_own"]["difference"].items():
        assert difference["value"] == 0 and difference["low"] < 0 < difference["high"]
        assert document["against_own"]["own"][name] == pytest.approx(usual[name], abs=1e-12)
    json.dumps(document, allow_nan=False)


def test_absent_classes_are_named_and_the_own_test_is_cut_to_the_same_classes() -> None:
    tested = predictions(1, np.array([0, 2]))
    document = cross_document({42: tested}, OWN, rows_of(tested), answer(), **OPTIONS)
    assert document["absent_classes"] == ["happy", "fear"] and list(document["all"]["per_class"]) == ["angry", "sad"]
    shared = np.isin(OWN.actual_N, (0, 2))
    compared = document["against_own"]
    assert compared["num_images"] == shared.sum()
    own = f1_score(OWN.actual_N[shared], OWN.predicted_N[shared], labels=[0, 2], average="macro")
    assert compared["own"]["macro_f1"] == pytest.approx(own, abs=1e-12)
    assert compared["difference"]["macro_f1"]["value"] == pytest.approx(document["all"]["macro_f1"] - own, abs=1e-12)
    assert document["all"]["confusion"] == tested.confusion_KK.tolist(), "predictions of absent classes are counted"
    assert "without happy, fear" in cross_sentence(document)
    among = np.array([0, 2])[tested.logits_NK[:, [0, 2]].argmax(axis=1)]
    assert document["restricted"]["accuracy"] == pytest.approx(accuracy_score(tested.actual_N, among), abs=1e-12)
    assert document["restricted"]["accuracy"] > document["all"]["accuracy"] and document["restricted"]["top2_accuracy"] == 1
    json.dumps(document, allow_nan=False)


def test_the_temperature_and_the_threshold_are_the_models_own() -> None:
    tested = predictions(2, ALL)
    document = cross_document({42: tested}, OWN, rows_of(tested), answer(), **OPTIONS)
    assert document["calibration"]["temperature"] == 2.0
    assert document["calibration"]["before"] == calibration_figures(tested.logits_NK, tested.actual_N)
    assert document["calibration"]["after"] == calibration_figures(tested.logits_NK.astype(float) / 2, tested.actual_N)
    shares = softmax(tested.logits_NK.astype(float) / 2, axis=1)
    sure = shares.max(axis=1) >= 0.6
    assert 0 < sure.sum() < len(sure)
    chosen = document["selective"]
    assert (chosen["coverage"], chosen["num_images"]) == (pytest.approx(sure.mean()), sure.sum())
    assert chosen["accuracy"] == pytest.approx((tested.predicted_N == tested.actual_N)[sure].mean())
    never = answer().model_copy(update={"min_accuracy": 0.99})
    assert cross_document({42: tested}, OWN, rows_of(tested), never, **OPTIONS)["selective"] is None


def test_flags_and_parts_have_metrics_of_their_own() -> None:
    tested = predictions(3, ALL)
    flags = [None, "duplicate"] * (len(tested.actual_N) // 2)
    parts = ["PublicTest", "PrivateTest", None, None] * (len(tested.actual_N) // 4)
    document = cross_document({42: tested}, OWN, rows_of(tested, flag=flags, part=parts), answer(), **OPTIONS)
    right = tested.predicted_N == tested.actual_N
    assert document["clean"]["num_images"] == len(right) // 2 and document["clean"]["accuracy"] == pytest.approx(right[::2].mean())
    assert list(document["parts"]) == ["PrivateTest", "PublicTest"]
    assert document["parts"]["PublicTest"]["accuracy"] == pytest.approx(right[::4].mean())


def test_the_metrics_of_further_seeds_stand_beside_those_of_the_first() -> None:
    by_seed = {seed: Predictions(OWN.actual_N, predictions(seed, ALL).logits_NK, OWN.groups_N) for seed in (42, 1, 2)}
    document = cross_document(by_seed, OWN, rows_of(OWN), answer(), **OPTIONS)
    assert document["seeds"] == [42, 1, 2] and document["by_seed"]["42"]["macro_f1"] == document["all"]["macro_f1"]
    values = [f1_score(one.actual_N, one.predicted_N, average="macro") for one in by_seed.values()]
    assert document["over_seeds"]["macro_f1"]["sd"] == pytest.approx(np.std(values, ddof=1), abs=1e-12)
