"""The metrics of each epoch are those of the images that it saw, and any of them can select the epoch."""

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score
from torch import Tensor

from mien.config import declared
from mien.config.sections.train import TrainParams
from mien.models.build import build_model
from mien.store.face_images import InMemory
from mien.store.faces import FaceSet
from mien.training.callbacks import mode_of
from mien.training.fit import fit
from mien.training.module import ExpressionTraining
from tests.losses import plain
from tests.training.fitting import TRAIN, VAL, fitted
from tests.training.tiny import model_config

CONFIGS = {
    "weighted draws": model_config(train={"epochs": 2, "sampler": "weighted", "accumulate": 2}),
    "two passes, mixed": model_config(train={"epochs": 2, "sam_rho": 0.05}, augment={"mixup": 0.4, "cutmix": 1.0}),
    "two views": model_config(
        head="linear", loss={"name": "rebalanced", **declared.values("loss", "rebalanced", {})}, train={"epochs": 2}, augment={"erase": 0.5}
    ),
}
_KEPT = [row for row in range(len(TRAIN)) if row % 3 == 0 or row < 18]
UNEQUAL = FaceSet(InMemory(TRAIN.images_N3SS[_KEPT]), TRAIN.targets_N[_KEPT], tuple(TRAIN.sample_ids[row] for row in _KEPT))


@pytest.mark.parametrize("name", CONFIGS)
def test_training_metrics_are_those_of_all_batches_in_their_first_pass(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[list[int], list[int]]] = []
    logits: list[Tensor] = []
    step = ExpressionTraining.training_step

    def watched(own: Any) -> Any:
        def loss_and_logits(*arguments: Any) -> tuple[Tensor, Tensor]:
            found: tuple[Tensor, Tensor] = own(*arguments)
            logits.append(found[1].detach().clone())
            return found

        return loss_and_logits

    for part in ("_loss", "_loss_of_pair"):
        monkeypatch.setattr(ExpressionTraining, part, watched(getattr(ExpressionTraining, part)))

    def training_step(self: Any, batch: Any, number: int) -> Tensor:
        is_repeated, loss = self._is_repeated, step(self, batch, number)
        if not is_repeated:
            seen.append((batch[1].tolist(), logits[-1].argmax(dim=1).tolist()))
        return loss

    monkeypatch.setattr(ExpressionTraining, "training_step", training_step)
    rows: list[dict[str, float]] = []
    expected: list[tuple[float, float]] = []

    def on_epoch(row: dict[str, float]) -> None:
        actual, predicted = ([value for pair in seen for value in pair[place]] for place in (0, 1))
        assert len(actual) == 36
        expected.append(
            (accuracy_score(actual, predicted), f1_score(actual, predicted, average="macro", labels=[0, 1, 2], zero_division=0))
        )
        rows.append(copy.copy(row))
        seen.clear()

    fitted(CONFIGS[name], tmp_path, on_epoch=on_epoch)
    assert [(row["train_accuracy"], row["train_macro_f1"]) for row in rows] == [pytest.approx(pair, abs=1e-12) for pair in expected]
    assert len(rows) == 2 and any(row["train_accuracy"] != row["train_macro_f1"] for row in rows)


@pytest.mark.parametrize("monitor", TrainParams.model_fields["monitor"].annotation.__args__)  # type: ignore[union-attr]
def test_any_metric_can_select_the_epoch_and_the_first_wins_a_tie(monitor: str, tmp_path: Path) -> None:
    config = model_config(train={"epochs": 5, "patience": 5, "lr": 1e-2, "monitor": monitor})
    found, _ = fitted(config, tmp_path, on_epoch=lambda _: None)
    values = [row[monitor] for row in found.curves]
    best = min(values) if mode_of(monitor) == "min" else max(values)
    assert found.stages[0].best_epoch == 1 + values.index(best) and found.best[monitor] == best
    assert mode_of(monitor) == ("min" if monitor == "val_loss" else "max")


def test_weights_of_the_validation_loss_change_it_and_nothing_else(tmp_path: Path) -> None:
    rows = {}
    for val_loss in ("published", "weighted", "unweighted"):
        loss = {"name": "cross_entropy", **declared.values("loss", "cross_entropy", {"val_loss": val_loss})}
        config = model_config(loss=loss, train={"epochs": 2, "schedule": "none"})
        torch.manual_seed(config.seed)
        model = build_model(config)
        found = fit(model, UNEQUAL, VAL, config=config, pretrained=False, checkpoints=tmp_path / val_loss)
        rows[val_loss] = found.curves[found.stages[0].best_epoch - 1]
        logits = model.eval()(VAL.images_N3SS / 255).detach().double()
        weights = [len(UNEQUAL) / (3 * count) for count in UNEQUAL.class_counts(3)] if val_loss == "weighted" else None
        assert rows[val_loss]["val_loss"] == pytest.approx(plain.cross_entropy(logits, VAL.targets_N, weights=weights), abs=1e-5)
        rows[val_loss] = {name: value for row in found.curves for name, value in row.items() if name != "val_loss"}
    assert rows["published"] == rows["weighted"] == rows["unweighted"]
