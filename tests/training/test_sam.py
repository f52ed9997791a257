"""Sharpness-aware minimisation against its formula, and that the second pass of a batch changes nothing but the gradient."""

from contextlib import nullcontext
from pathlib import Path

import pytest
import torch

from mien.config.sections.train import TrainParams
from mien.models.build import build_model
from mien.training import module
from mien.training.fit import fit
from mien.training.sam import Sam
from tests.training.tiny import face_set, model_config


def test_a_step_takes_the_gradient_at_the_worst_place_nearby() -> None:
    """For L(w) = ½ wᵀ A w: g = A w, w' = w + ρ g / ‖g‖, and plain SGD gives w - lr A w'."""
    matrix = torch.diag(torch.tensor([1.0, 4.0, 0.25]))
    weights = torch.nn.Parameter(torch.tensor([3.0, -1.0, 2.0]))
    before = weights.detach().clone()
    optimizer = Sam(torch.optim.SGD([weights], lr=0.1), rho=0.5, again=nullcontext)
    passes = []

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = 0.5 * weights @ matrix @ weights
        loss.backward()
        passes.append(weights.detach().clone())
        return loss.detach()

    loss = optimizer.step(closure)
    gradient = matrix @ before
    worst = before + 0.5 * gradient / gradient.norm()
    assert loss == pytest.approx(float(0.5 * before @ matrix @ before)), "the loss is that of the weights"
    torch.testing.assert_close(passes[0], before)
    torch.testing.assert_close(passes[1], worst)
    torch.testing.assert_close(weights.detach(), before - 0.1 * matrix @ worst)


def test_both_passes_see_the_same_and_count_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []
    true_loss = module.ExpressionTraining._loss

    def watch(self: module.ExpressionTraining, images: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        loss, logits = true_loss(self, images, targets)
        if torch.is_grad_enabled():
            statistics = torch.cat([buffer.flatten() for name, buffer in self.model.named_buffers() if "running" in name])
            seen.append((images.clone(), statistics.clone()))
        return loss, logits

    monkeypatch.setattr(module.ExpressionTraining, "_loss", watch)
    config = model_config(train={"epochs": 2, "sam_rho": 0.05}, augment={"erase": 1.0, "rotation_deg": 20.0})
    fitted = fit(build_model(config), face_set(24), face_set(6, seed=1), config=config, pretrained=False, checkpoints=tmp_path)
    firsts, seconds = seen[::2], seen[1::2]
    assert len(firsts) == len(seconds) == 4
    for (images, statistics), (again, later) in zip(firsts, seconds, strict=True):
        assert torch.equal(images, again) and torch.equal(statistics, later), "the running statistics are those of the first pass"
    assert not torch.equal(firsts[0][0], firsts[1][0])
    assert all(0 <= row["train_accuracy"] <= 1 for row in fitted.curves)


def test_a_tiny_radius_is_the_plain_optimiser(tmp_path: Path) -> None:
    found = []
    for rho in (0.0, 1e-7):
        config = model_config(train={"epochs": 1, "sam_rho": rho}, dropout=0.3)
        torch.manual_seed(config.seed)
        fitted = fit(
            build_model(config), face_set(24), face_set(6, seed=1), config=config, pretrained=False, checkpoints=tmp_path / str(rho)
        )
        found.append(fitted.curves[0])
    assert found[1]["train_loss"] == pytest.approx(found[0]["train_loss"], rel=1e-3)
    assert found[1]["val_loss"] == pytest.approx(found[0]["val_loss"], rel=1e-2)


def test_accumulated_gradients_are_refused() -> None:
    with pytest.raises(ValueError, match="must be 0 if accumulate is above 1"):
        TrainParams(sam_rho=0.05, accumulate=2)
