"""Cross-entropy against torch's own and against a plain transcription, in float64."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from mien.losses.cross_entropy import CrossEntropy

COUNTS = (40, 10, 25, 5)


def draw(seed: int, num: int = 7) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(num, len(COUNTS), dtype=torch.float64, generator=generator) * 3
    return logits, torch.randint(len(COUNTS), (num,), generator=generator)


def transcription(logits: Tensor, targets: Tensor, *, weighted: bool, smoothing: float) -> float:
    """The docstring's formula, one number at a time."""
    total, K = 0.0, len(COUNTS)
    for row, target in zip(logits.tolist(), targets.tolist(), strict=True):
        shares = [(1 - smoothing) * (k == target if isinstance(target, int) else target[k]) + smoothing / K for k in range(K)]
        normalizer = sum(math.exp(value) for value in row)
        for k in range(K):
            weight = sum(COUNTS) / (K * COUNTS[k]) if weighted else 1.0
            total -= weight * shares[k] * math.log(math.exp(row[k]) / normalizer)
    return total / len(logits)


@pytest.mark.parametrize("weights", ["none", "inverse"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_agrees_with_the_formula(weights: str, smoothing: float) -> None:
    loss = CrossEntropy(class_weights=weights, label_smoothing=smoothing, class_counts=COUNTS).double()
    # The weights are kept in float32, so they agree to its precision.
    for seed in range(5):
        logits, targets = draw(seed)
        expected = transcription(logits, targets, weighted=weights == "inverse", smoothing=smoothing)
        assert loss(logits, targets).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_unweighted_is_torchs(smoothing: float) -> None:
    loss = CrossEntropy(class_weights="none", label_smoothing=smoothing, class_counts=COUNTS)
    logits, targets = draw(0)
    torch.testing.assert_close(loss(logits, targets), F.cross_entropy(logits, targets, label_smoothing=smoothing))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_weighted_is_torchs_sum_over_the_batch_size(smoothing: float) -> None:
    loss = CrossEntropy(class_weights="inverse", label_smoothing=smoothing, class_counts=COUNTS)
    logits, targets = draw(1)
    expected = F.cross_entropy(logits, targets, loss.weights_K.double(), label_smoothing=smoothing, reduction="sum") / len(logits)
    torch.testing.assert_close(loss(logits, targets), expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_one_hot_soft_targets_are_hard_targets(smoothing: float) -> None:
    loss = CrossEntropy(class_weights="inverse", label_smoothing=smoothing, class_counts=COUNTS)
    logits, targets = draw(2)
    torch.testing.assert_close(loss(logits, F.one_hot(targets, len(COUNTS)).double()), loss(logits, targets))


def test_a_mixed_target_is_the_mixture_of_the_losses() -> None:
    loss = CrossEntropy(class_weights="inverse", label_smoothing=0.0, class_counts=COUNTS)
    logits, first = draw(3)
    second, share = first.flip(0), 0.3
    mixed = share * F.one_hot(first, 4).double() + (1 - share) * F.one_hot(second, 4).double()
    torch.testing.assert_close(loss(logits, mixed), share * loss(logits, first) + (1 - share) * loss(logits, second))


def test_an_epochs_mean_does_not_depend_on_the_batches() -> None:
    loss = CrossEntropy(class_weights="inverse", label_smoothing=0.1, class_counts=COUNTS)
    logits, targets = draw(4, num=12)
    whole = loss(logits, targets)
    for size in (1, 3, 4):
        parts = [loss(*part) for part in zip(logits.split(size), targets.split(size), strict=True)]
        torch.testing.assert_close(torch.stack(parts).mean(), whole)


def test_inverse_weights_average_to_one_over_the_training_images() -> None:
    loss = CrossEntropy(class_weights="inverse", label_smoothing=0.0, class_counts=COUNTS)
    counts = torch.tensor(COUNTS, dtype=torch.float32)
    torch.testing.assert_close((loss.weights_K * counts).sum() / counts.sum(), torch.tensor(1.0))
    torch.testing.assert_close(loss.weights_K * counts, torch.full((4,), counts.sum().item() / 4))
    equal = CrossEntropy(class_weights="inverse", label_smoothing=0.0, class_counts=(9, 9, 9, 9))
    torch.testing.assert_close(equal.weights_K, torch.ones(4))


def test_a_class_without_training_images_is_a_defect() -> None:
    with pytest.raises(AssertionError, match="every class needs training images"):
        CrossEntropy(class_weights="inverse", label_smoothing=0.0, class_counts=(3, 0))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_extreme_logits_stay_finite(dtype: torch.dtype) -> None:
    logits = torch.tensor([[1e4, -1e4, 0.0, 0.0], [-1e4, 1e4, 0.0, 0.0]], dtype=dtype, requires_grad=True)
    value = CrossEntropy(class_weights="inverse", label_smoothing=0.1, class_counts=COUNTS)(logits, torch.tensor([0, 0]))
    value.backward()
    assert value.dtype == torch.float32 and value.isfinite() and logits.grad is not None and logits.grad.isfinite().all()
