"""What of a test report is shown in MLflow."""

from pathlib import Path

import pytest

from mien.core import paths
from mien.core.files import write_json
from mien.tracking import results

METRICS = {"f1": 0.8, "recall": 0.5, "recall_low": None}
PART = {
    "num_images": 4,
    "accuracy": 0.75,
    "intervals": {"accuracy": {"low": 0.5, "high": 0.875}},
    "prior_baseline": {"accuracy": 0.25},
    "per_class": {"happy": METRICS},
    "confusion": [[4]],
}
CALIBRATION = {"temperature": 1.5, "num_bins": 15, "before": {"nll": 0.75}, "after": {"nll": 0.5}}
SPREAD = {"macro_f1": {"mean": 0.7, "sd": 0.1}, "kappa": {"mean": 0.6, "sd": 0.1}}


def test_metrics_with_their_intervals_calibration_and_seeds() -> None:
    own = {"accuracy": 0.75, "accuracy_low": 0.5, "accuracy_high": 0.875, "f1/happy": 0.8, "recall/happy": 0.5}
    assert results.flat(results.test_metrics({"all": PART})) == {f"test/{name}": value for name, value in own.items()}
    sent = results.flat(results.test_metrics({"all": PART, "clean": PART, "calibration": CALIBRATION, "over_seeds": SPREAD}))
    assert {name: value for name, value in sent.items() if not name.startswith("test")} == {
        "calibration/temperature": 1.5,
        "calibration/before/nll": 0.75,
        "calibration/after/nll": 0.5,
        "over_seeds/macro_f1/mean": 0.7,
        "over_seeds/macro_f1/sd": 0.1,
    }
    assert {name for name in sent if name.startswith("test_clean")} == {f"test_clean/{name}" for name in own}


def test_runs_are_of_models_ensembles_and_exports_that_are_configured_and_have_metrics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_json(paths.config("one"), {})
    for name in ("one", "pair", "small", "gone"):
        write_json(paths.evaluation(name), {"all": PART, "members": ["one", "two"]})
    write_json(paths.ensemble_config("pair"), {"members": {}})
    write_json(paths.export_config("small"), {"model": "one", "precision": "int8"})
    assert results.models_with_results(["one", "two", "pair", "small", "gone"]) == ["one", "pair", "small"]
    found = results.results("pair", "ensemble")
    assert found.curves == [] and found.metrics["test/accuracy"] == 0.75


def test_the_losses_under_corruptions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    loss = {"accuracy_loss": {"value": 0.25, "low": 0.125, "high": None}, "macro_f1_loss": {"value": 0.5, "low": None, "high": None}}
    write_json(paths.robustness("one"), {**loss, "corruptions": [{"name": "jpeg", **loss, "strengths": []}]})
    write_json(paths.explanation("one"), {"claims": [{"name": "face", "mean": 0.5, "mean_correct": 0.5, "mean_wrong": 0.5}]})
    paths.robustness_table("one").write_text("x")
    own = {"accuracy_loss": 0.25, "macro_f1_loss": 0.5, "jpeg/accuracy_loss": 0.25, "jpeg/macro_f1_loss": 0.5}
    found = results.results("one", "robustness")
    assert found.metrics == {f"robustness/{name}": value for name, value in own.items()}, "the maps may be of an earlier training"
    assert [path.name for path in found.files] == ["one.csv"]
    assert (
        "explain/face/all" in results.results("one", "report").metrics
        and "robustness/jpeg/accuracy_loss" not in results.results("one", "explain").metrics
    )
    none = {"accuracy_loss": None, "macro_f1_loss": None, "corruptions": []}
    assert results.flat(results.robustness_metrics(none)) == results.flat(results.robustness_metrics({})) == {}
