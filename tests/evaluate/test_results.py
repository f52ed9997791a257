"""The test report against scikit-learn, on random logits and on the sets that break careless code."""

from typing import Any

import numpy as np
import pytest
from sklearn import metrics as reference

from mien.evaluate.predictions import Predictions
from mien.evaluate.results import bare_metrics, full_metrics, report_on_test
from mien.statistics.intervals import wilson_interval

CLASSES = ("angry", "fear", "happy", "sad")
COUNTS = (30, 10, 60, 20)


def draw(num: int = 240, seed: int = 0, *, sureness: float = 1.5, without: int | None = None) -> Predictions:
    generator = np.random.default_rng(seed)
    actual_N = generator.choice(4, num, p=[0.2, 0.1, 0.4, 0.3])
    actual_N[actual_N == without] = 0
    logits_NK = generator.normal(size=(num, 4)) + sureness * np.eye(4)[actual_N]
    return Predictions(actual_N, logits_NK.astype(np.float32), np.arange(num) // 2)


def figures(tested: Predictions, **options: Any) -> dict[str, Any]:
    return full_metrics(tested, CLASSES, class_counts_K=COUNTS, seed=1, num_resamples=500, **options)


@pytest.mark.parametrize("without", [None, 1])
def test_as_scikit_learn(without: int | None) -> None:
    tested = draw(without=without)
    actual_N, predicted_N = tested.actual_N, tested.logits_NK.argmax(axis=1)
    labels = range(4)
    f1 = {name: reference.f1_score(actual_N, predicted_N, labels=labels, average=name, zero_division=0) for name in ("macro", "weighted")}
    recalls = reference.recall_score(actual_N, predicted_N, labels=labels, average=None, zero_division=0)
    wanted = {
        "accuracy": reference.accuracy_score(actual_N, predicted_N),
        "mean_accuracy": recalls[np.unique(actual_N)].mean(),
        "macro_f1": f1["macro"],
        "weighted_f1": f1["weighted"],
        "kappa": reference.cohen_kappa_score(actual_N, predicted_N),
        "top2_accuracy": reference.top_k_accuracy_score(actual_N, tested.logits_NK, k=2, labels=labels),
    }
    found = figures(tested)
    assert list(found["intervals"]) == list(wanted) and found["num_images"] == 240 and found["num_groups"] == 120
    for name, value in wanted.items():
        assert found[name] == pytest.approx(value, abs=1e-12) == bare_metrics(tested)[name]
        assert found["intervals"][name]["low"] < value < found["intervals"][name]["high"]
    np.testing.assert_array_equal(found["confusion"], reference.confusion_matrix(actual_N, predicted_N, labels=labels))
    for number, name in enumerate(CLASSES):
        own = found["per_class"][name]
        assert own["recall"] == pytest.approx(recalls[number], abs=1e-12) and own["support"] == (actual_N == number).sum()
        if number == without:
            assert own["recall_low"] is own["recall_high"] is None
        else:
            num_right = int(((actual_N == number) & (predicted_N == number)).sum())
            assert (own["recall_low"], own["recall_high"]) == (
                (interval := wilson_interval(num_right, own["support"])).low,
                interval.high,
            )


def test_a_model_without_errors_is_not_certain() -> None:
    found = figures(draw(sureness=50))
    assert all(0.9 < ends["low"] < ends["high"] == 1 for ends in found["intervals"].values())
    groups = found["num_groups"]
    assert found["intervals"]["accuracy"]["low"] == pytest.approx(0.025 ** (1 / groups))
    assert all(0.8 < own["recall_low"] < own["recall_high"] == 1 for own in found["per_class"].values())


def test_one_class_alone_and_one_image_alone() -> None:
    for tested in (Predictions(np.full(9, 2), draw(9).logits_NK, np.arange(9)), draw(1)):
        found = figures(tested)
        assert all(0 <= ends["low"] <= ends["high"] <= 1 for name, ends in found["intervals"].items() if name != "kappa")


def test_clean_is_the_report_of_what_is_not_flagged() -> None:
    tested = draw()
    flagged_N = np.random.default_rng(3).random(240) < 0.3
    options: dict[str, Any] = {"classes": CLASSES, "class_counts_K": COUNTS, "seed": 1, "num_resamples": 500}
    report = report_on_test(tested, flagged_N=flagged_N, **options)
    chosen = Predictions(tested.actual_N[~flagged_N], tested.logits_NK[~flagged_N], tested.groups_N[~flagged_N])
    assert report == {"all": figures(tested), "clean": figures(chosen)}
    for every in (np.zeros(240, bool), np.ones(240, bool)):
        assert list(report_on_test(tested, flagged_N=every, **options)) == ["all"], "all are flagged: nothing to report on"
