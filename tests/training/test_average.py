"""The moving average of the weights against its definition, and that it is what is validated and kept."""

from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import LightningModule, Trainer

from mien.models.build import build_model
from mien.training import callbacks
from mien.training.fit import fit
from tests.training.tiny import face_set, model_config


def test_the_kept_weights_are_the_average_over_the_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """a_1 = w_1, then a_t = d a_(t-1) + (1 - d) w_t after each step, and the model in the end is the average of the last epoch."""
    steps: list[dict[str, torch.Tensor]] = []
    true_end = callbacks.Average.on_train_batch_end

    def watch(self: Any, trainer: Trainer, pl_module: LightningModule, *rest: Any) -> None:
        steps.append({name: tensor.detach().clone() for name, tensor in pl_module.model.named_parameters()})  # type: ignore[union-attr,operator]
        true_end(self, trainer, pl_module, *rest)

    monkeypatch.setattr(callbacks.Average, "on_train_batch_end", watch)
    config = model_config(train={"epochs": 1, "ema": 0.7, "batch_size": 6})
    model = build_model(config)
    fit(model, face_set(36), face_set(6, seed=1), config=config, pretrained=False, checkpoints=tmp_path)
    assert len(steps) == 6
    for name, parameter in model.named_parameters():
        average = steps[0][name]
        for step in steps[1:]:
            average = 0.7 * average + 0.3 * step[name]
        torch.testing.assert_close(parameter, average, atol=1e-6, rtol=1e-5)
    assert any(not torch.equal(parameter, steps[-1][name]) for name, parameter in model.named_parameters())


def test_validation_is_that_of_the_average(tmp_path: Path) -> None:
    """The metrics of the kept epoch are those of the returned model, and the next epoch goes on from the weights, not from the average."""
    val = face_set(18, seed=1)
    config = model_config(train={"epochs": 3, "ema": 0.9, "patience": 3})
    torch.manual_seed(config.seed)
    model = build_model(config)
    fitted = fit(model, face_set(36), val, config=config, pretrained=False, checkpoints=tmp_path / "averaged")
    model.eval()
    with torch.inference_mode():
        right = (model(val.images_N3SS.float() / 255).argmax(dim=1) == val.targets_N).float().mean()
    assert fitted.best["val_accuracy"] == pytest.approx(float(right))
    torch.manual_seed(config.seed)
    plain = model_config(train={"epochs": 3, "patience": 3})
    bare = fit(build_model(plain), face_set(36), val, config=plain, pretrained=False, checkpoints=tmp_path / "plain")
    assert [row["train_loss"] for row in bare.curves] == [row["train_loss"] for row in fitted.curves], "averaging changes no step"
    assert [row["val_loss"] for row in bare.curves] != [row["val_loss"] for row in fitted.curves]
