"""Focal loss: its limit, its gradient, its extremes, and a plain transcription, in float64."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from mien.losses.focal import FocalLoss

COUNTS = (40, 10, 25, 5)


def draw(seed: int, num: int = 7) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(num, len(COUNTS), dtype=torch.float64, generator=generator) * 3
    return logits, torch.randint(len(COUNTS), (num,), generator=generator)


def transcription(logits: Tensor, targets: Tensor, *, gamma: float, weighted: bool) -> float:
    """−α_t (1−p_t)^γ log p_t, one image at a time."""
    total = 0.0
    for row, y in zip(logits.tolist(), targets.tolist(), strict=True):
        p = math.exp(row[y]) / sum(math.exp(value) for value in row)
        alpha = sum(COUNTS) / (len(COUNTS) * COUNTS[y]) if weighted else 1.0
        total += -alpha * (1 - p) ** gamma * math.log(p)
    return total / len(logits)


@pytest.mark.parametrize("weights", ["none", "inverse"])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 5.0])
def test_agrees_with_the_formula(weights: str, gamma: float) -> None:
    loss = FocalLoss(gamma=gamma, class_weights=weights, class_counts=COUNTS)
    for seed in range(5):
        logits, targets = draw(seed)
        expected = transcription(logits, targets, gamma=gamma, weighted=weights == "inverse")
        assert loss(logits, targets).item() == pytest.approx(expected, rel=1e-6)


def test_without_focus_and_weights_is_cross_entropy() -> None:
    loss = FocalLoss(gamma=0.0, class_weights="none", class_counts=COUNTS)
    for seed in range(5):
        logits, targets = draw(seed)
        torch.testing.assert_close(loss(logits, targets), F.cross_entropy(logits, targets))


def test_focus_only_ever_lowers_the_loss() -> None:
    logits, targets = draw(0)
    values = [FocalLoss(gamma=g, class_weights="none", class_counts=COUNTS)(logits, targets).item() for g in (0.0, 0.5, 1.0, 2.0, 4.0)]
    assert values == sorted(values, reverse=True) and values[-1] >= 0


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 3.5])
@pytest.mark.parametrize("weights", ["none", "inverse"])
def test_gradient_agrees_with_finite_differences(gamma: float, weights: str) -> None:
    loss = FocalLoss(gamma=gamma, class_weights=weights, class_counts=COUNTS)
    logits, targets = draw(0)
    assert torch.autograd.gradcheck(lambda z: loss(z, targets), (logits.requires_grad_(),))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("gap", [20.0, 90.0, 120.0, 1e4])
def test_certain_predictions_stay_finite(dtype: torch.dtype, gamma: float, gap: float) -> None:
    loss = FocalLoss(gamma=gamma, class_weights="inverse", class_counts=COUNTS)
    logits = torch.tensor([[gap, 0.0, 0.0, 0.0]], dtype=dtype, requires_grad=True)
    right, wrong = loss(logits, torch.tensor([0])), loss(logits, torch.tensor([1]))
    (right + wrong).backward()
    assert right.isfinite() and wrong.isfinite() and logits.grad is not None and logits.grad.isfinite().all()
    assert 0 <= right < 1e-7
    assert wrong.item() == pytest.approx(loss.alpha_K[1].item() * gap, rel=0.01)


def test_bfloat16_logits_lose_only_their_own_rounding() -> None:
    loss = FocalLoss(gamma=2.0, class_weights="inverse", class_counts=COUNTS)
    logits, targets = draw(1)
    rounded = logits.bfloat16()
    torch.testing.assert_close(loss(rounded, targets), loss(rounded.float(), targets))
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(loss(rounded, targets), loss(rounded.float(), targets))


def test_a_mixed_target_is_the_mixture_of_the_losses() -> None:
    loss = FocalLoss(gamma=2.0, class_weights="inverse", class_counts=COUNTS)
    logits, first = draw(3)
    second, share = first.flip(0), 0.3
    mixed = share * F.one_hot(first, 4).double() + (1 - share) * F.one_hot(second, 4).double()
    torch.testing.assert_close(loss(logits, mixed), share * loss(logits, first) + (1 - share) * loss(logits, second))
