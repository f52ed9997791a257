"""The table of a study fits a screen and shows what differs, defaults included."""

from typing import Any

from mien.study.experiments import DONE, FAILED, QUEUED, Experiment
from mien.study.file import Study
from mien.study.table import show_command, study_table

PARAMS = {"loss": {"gamma": 2.0, "rbc_weight": 0.1}, "train": {"epochs": 3}, "models": {"m": {"loss": "focal"}, "n": {"loss": "eac"}}}
METRICS = {"accuracy": 0.5, "mean_accuracy": 0.25, "macro_f1": 0.125, "weighted_f1": 0.0625}


def done(**entry: Any) -> Experiment:
    params = PARAMS | {"models": {"m": {"loss": "focal", **entry}, "n": {"loss": "eac"}}}
    return Experiment(DONE, params, {"m": METRICS, "n": {**METRICS, "accuracy": 0.75}})


def study(**fields: Any) -> Study:
    return Study.model_validate({"title": "t", **fields})


def rows(text: str) -> list[list[str]]:
    lines = text.splitlines()
    assert len({len(line) for line in lines}) == 1
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if not line.startswith("| -")]


def test_rows_are_the_runs_in_order_with_what_differs_and_three_metrics() -> None:
    known = study(
        models=["m"], runs={"b": None, "a": {"models.*.loss_params.rbc_weight": 0.0, "models.*.loss": "focal"}, "c": None, "d": None}
    )
    found = {"s-a": done(loss_params={"rbc_weight": 0.0}), "s-b": done(), "s-c": Experiment(FAILED, PARAMS, {}), "other": done()}
    assert rows(study_table("s", known, found)) == [
        ["run", "rbc_weight", "accuracy", "mean accuracy", "macro-F1"],
        ["b", "0.1", "0.5000", "0.2500", "0.1250"],  # the default of all models
        ["a", "0.0", "0.5000", "0.2500", "0.1250"],
        ["c", "0.1", "failed", "", ""],
        ["d", "–", "not queued", "", ""],
    ]


def test_several_models_have_a_row_each() -> None:
    text = study_table("s", study(runs={"a": None}, show=["models.*.loss"]), {"s-a": done()})
    assert [row[:4] for row in rows(text)] == [
        ["run", "model", "loss", "accuracy"],
        ["a", "m", "focal", "0.5000"],
        ["a", "n", "eac", "0.7500"],
    ]


def test_headings_are_as_long_as_they_must_be() -> None:
    known = study(models=["m"], runs={"a": None}, show=["models.*.loss", "train.epochs", "models.*.train.epochs", "loss.gamma"])
    assert rows(study_table("s", known, {"s-a": Experiment(QUEUED, PARAMS, {})}))[0][1:5] == [
        "loss",
        "train.epochs",
        "*.train.epochs",
        "gamma",
    ]


def test_a_long_value_is_cut() -> None:
    known = study(models=["m"], runs={"a": None}, show=["models.*.weights"])
    assert rows(study_table("s", known, {"s-a": done(weights="/a/very/long/path" * 9)}))[1][1] == "/a/very/long/path/a/very/lo…"


def test_dvcs_own_command_keeps_these_columns() -> None:
    command = show_command(study(models=["m"], runs={"a": {"models.*.loss": "eac"}}))
    assert command[:3] == ["dvc", "exp", "show"]
    assert command[-1] == r"Experiment|(m)\.(accuracy|macro_f1)$"
