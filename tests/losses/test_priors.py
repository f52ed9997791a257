"""Losses against imbalance of one view, class_balanced, balanced_softmax and logit_adjusted, against plain transcriptions in float64."""

import math

import pytest
import torch
import torch.nn.functional as F

from mien.losses.balanced_softmax import BalancedSoftmax
from mien.losses.class_balanced import ClassBalanced
from mien.losses.cross_entropy import CrossEntropy
from mien.losses.focal import FocalLoss
from mien.losses.logit_adjusted import LogitAdjusted
from tests.losses import plain
from tests.losses.plain import COUNTS, WEIGHT_RTOL, draw, mixed

SOFT = pytest.mark.parametrize("soft", [False, True], ids=["hard", "soft"])
SEEDS = range(4)


@SOFT
@pytest.mark.parametrize("beta", [0.0, 0.9, 0.999])
def test_class_balanced_agrees_with_the_formula(beta: float, soft: bool) -> None:
    loss = ClassBalanced(beta=beta, class_counts=COUNTS)
    for seed in SEEDS:
        view, _, targets = draw(seed)
        targets = mixed(targets) if soft else targets
        expected = plain.cross_entropy(view.logits_NK, targets, weights=plain.effective_weights(beta))
        assert loss(view.logits_NK, targets).item() == pytest.approx(expected, rel=WEIGHT_RTOL)


@SOFT
def test_balanced_softmax_agrees_with_the_formula(soft: bool) -> None:
    loss = BalancedSoftmax(class_counts=COUNTS)
    for seed in SEEDS:
        view, _, targets = draw(seed)
        targets = mixed(targets) if soft else targets
        expected = plain.cross_entropy(view.logits_NK, targets, shift=[math.log(count) for count in COUNTS])
        assert loss(view.logits_NK, targets).item() == pytest.approx(expected, rel=WEIGHT_RTOL)


@SOFT
@pytest.mark.parametrize("tau", [0.0, 0.5, 1.0, 2.0])
def test_logit_adjusted_agrees_with_the_formula(tau: float, soft: bool) -> None:
    loss = LogitAdjusted(tau=tau, class_counts=COUNTS)
    for seed in SEEDS:
        view, _, targets = draw(seed)
        targets = mixed(targets) if soft else targets
        expected = plain.cross_entropy(view.logits_NK, targets, shift=[tau * math.log(count / sum(COUNTS)) for count in COUNTS])
        assert loss(view.logits_NK, targets).item() == pytest.approx(expected, rel=WEIGHT_RTOL)


@SOFT
@pytest.mark.parametrize("name", ["cross_entropy", "focal"])
def test_effective_numbers_in_cross_entropy_and_focal_agree_with_the_formula(name: str, soft: bool) -> None:
    weights = plain.effective_weights(0.99)
    for seed in SEEDS:
        view, _, targets = draw(seed)
        targets = mixed(targets) if soft else targets
        if name == "cross_entropy":
            value = CrossEntropy(class_weights="effective", beta=0.99, label_smoothing=0.0, class_counts=COUNTS)(view.logits_NK, targets)
            expected = plain.cross_entropy(view.logits_NK, targets, weights=weights)
        else:
            value = FocalLoss(gamma=2.0, class_weights="effective", beta=0.99, class_counts=COUNTS)(view.logits_NK, targets)
            expected = plain.focal(view.logits_NK, targets, gamma=2.0, weights=weights)
        assert value.item() == pytest.approx(expected, rel=WEIGHT_RTOL)


def test_class_balanced_is_cross_entropy_with_effective_numbers() -> None:
    view, _, targets = draw(0)
    twin = CrossEntropy(class_weights="effective", beta=0.99, label_smoothing=0.0, class_counts=COUNTS)
    torch.testing.assert_close(ClassBalanced(beta=0.99, class_counts=COUNTS)(view.logits_NK, targets), twin(view.logits_NK, targets))


EQUAL = (9, 9, 9, 9)


@pytest.mark.parametrize(
    "loss",
    [
        ClassBalanced(beta=0.999, class_counts=EQUAL),
        ClassBalanced(beta=0.0, class_counts=COUNTS),
        BalancedSoftmax(class_counts=EQUAL),
        LogitAdjusted(tau=1.5, class_counts=EQUAL),
        LogitAdjusted(tau=0.0, class_counts=COUNTS),
    ],
    ids=["class_balanced_equal", "class_balanced_beta_0", "balanced_softmax_equal", "logit_adjusted_equal", "logit_adjusted_tau_0"],
)
def test_without_imbalance_or_correction_is_cross_entropy(loss: torch.nn.Module) -> None:
    for seed in SEEDS:
        view, _, targets = draw(seed)
        torch.testing.assert_close(loss(view.logits_NK, targets), F.cross_entropy(view.logits_NK, targets))


def test_tau_one_is_balanced_softmax() -> None:
    view, _, targets = draw(0)
    balanced, adjusted = BalancedSoftmax(class_counts=COUNTS), LogitAdjusted(tau=1.0, class_counts=COUNTS)
    torch.testing.assert_close(balanced(view.logits_NK, targets), adjusted(view.logits_NK, targets), rtol=WEIGHT_RTOL, atol=0)


def test_the_adjusted_losses_push_rare_classes_up() -> None:
    """At equal logits an image of the rarest class costs most, and its logit is the one pushed hardest."""
    for loss in (BalancedSoftmax(class_counts=COUNTS), LogitAdjusted(tau=1.0, class_counts=COUNTS)):
        costs = [loss(torch.zeros(1, 4), torch.tensor([k])).item() for k in range(4)]
        assert sorted(range(4), key=lambda k: costs[k]) == sorted(range(4), key=lambda k: -COUNTS[k])
