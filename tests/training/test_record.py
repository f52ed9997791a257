"""What is written down of a training."""

import csv
import json
import re
from pathlib import Path

import torch

from mien.training.callbacks import Row
from mien.training.fit import Fitted, StageResult
from mien.training.record import COLUMNS, figures, write_curves
from tests.training.tiny import model_config


def row(epoch: int, val_loss: float) -> Row:
    return {**dict.fromkeys(COLUMNS, 1 / 3), "epoch": epoch, "stage": 1, "val_loss": val_loss, "lr": 1e-4}


FITTED = Fitted("one_stage", "no pretrained weights", [StageResult("whole", 2, 1, 0.25)], [row(1, 0.25), row(2, 0.5)])


def test_curves_have_a_line_per_epoch_in_six_digits(tmp_path: Path) -> None:
    write_curves(tmp_path / "m.csv", FITTED.curves)
    lines = list(csv.DictReader((tmp_path / "m.csv").open()))
    assert [line["epoch"] for line in lines] == ["1", "2"] and tuple(lines[0]) == COLUMNS
    assert lines[1]["val_loss"] == "0.5" and lines[1]["val_macro_f1"] == "0.333333" and lines[1]["lr"] == "0.0001"


def test_figures_are_those_of_the_kept_weights() -> None:
    found = figures(FITTED, torch.nn.Linear(3, 2), config=model_config(), weights="none", class_counts=[5, 6, 7])
    assert found["val"]["loss"] == 0.25 and found["best_epoch"] == 1 and found["epochs"] == 2
    assert (found["recipe"], found["reason"], found["weights"]) == ("one_stage", "no pretrained weights", "none")
    assert found["num_parameters"] == 8 and found["class_counts"] == {"angry": 5, "happy": 6, "sad": 7}
    json.dumps(found, allow_nan=False)


def test_what_dvc_plots_are_columns_of_the_curves() -> None:
    template = (Path(__file__).parents[2] / ".dvc/plots/macro_f1.json").read_text(encoding="utf-8")
    drawn = set(re.findall(r"datum\.(\w+)", template))
    assert drawn == {"train_macro_f1", "val_macro_f1"} <= set(COLUMNS)
    assert set(json.loads(template)["data"]["format"]["parse"]) == {"epoch", *drawn}
