"""SCN changes the labels that were turned on purpose, and no others; the data set's own labels stay what is counted."""

from pathlib import Path

import torch

from benchmarks.relabelling import figures, turned
from mien.config import declared
from mien.models.build import build_model
from mien.training.fit import fit
from tests.training.tiny import CLASSES, face_set, model_config


def test_most_labels_that_were_turned_are_restored_and_few_others_change(tmp_path: Path) -> None:
    clean, classes = face_set(90), list(CLASSES)
    noisy, wrong = turned(clean, noise=0.15, num_classes=3, seed=1)
    assert len(wrong) == 14 and {row for row in range(90) if noisy.targets_N[row] != clean.targets_N[row]} == wrong
    config = model_config(
        loss={"name": "scn", **declared.values("loss", "scn", {"relabel": "all", "relabel_epoch": 6})},
        head="importance",
        dropout=0.0,
        train={"epochs": 10, "patience": 10, "schedule": "none"},
    )
    torch.manual_seed(config.seed)
    fitted = fit(build_model(config), noisy, face_set(18, seed=1), config=config, pretrained=False, checkpoints=tmp_path)
    found = figures(fitted.method, clean, wrong, classes)
    assert found["precision"] > 0.8 and found["restored"] > 0.8 and found["recall"] > 0.6, found
    shares = [row["relabelled_share"] for row in fitted.curves]
    assert shares[:5] == [0.0] * 5 and shares[-1] == found["changed"] / 90
    assert fitted.curves[-1]["train_accuracy"] < 0.95, "it counts the labels of the data set, of which some are turned"
