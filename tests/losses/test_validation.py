"""The loss of validation images against plain transcriptions in float64: with class weights or, like Keras's class_weight, without."""

from typing import Any

import pytest
from torch import Tensor

from mien.config import declared
from mien.core import registry
from mien.losses import build_loss, validation_loss
from tests.losses import plain
from tests.losses.plain import COUNTS, WEIGHT_RTOL, K, draw, mixed

INVERSE = [sum(COUNTS) / (K * count) for count in COUNTS]
EFFECTIVE = plain.effective_weights(0.99)
PUBLISHED = {"cross_entropy": "unweighted", "focal": "weighted", "class_balanced": "weighted", "rebalanced": "weighted"}


def build(name: str, **changes: Any) -> Any:
    return build_loss({"name": name, **declared.values("loss", name, {"beta": 0.99, **changes})}, class_counts=COUNTS)


def slow(name: str, logits: Tensor, targets: Tensor, weights: list[float]) -> float:
    """The equation of a loss on one view, with its defaults γ = 2 and μ = 0.5."""
    if name in ("cross_entropy", "class_balanced"):
        return plain.cross_entropy(logits, targets, weights=weights)
    focus = plain.focal(logits, targets, gamma=2.0, weights=weights)
    return focus if name == "focal" else plain.cross_entropy(logits, targets) + 0.5 * focus


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("val_loss", ["published", "weighted", "unweighted"])
@pytest.mark.parametrize("kind", ["inverse", "effective"])
@pytest.mark.parametrize("soft", [False, True], ids=["hard", "soft"])
def test_the_weights_are_left_out_of_validation_and_never_of_training(name: str, val_loss: str, kind: str, soft: bool) -> None:
    own = EFFECTIVE if kind == "effective" or name in ("class_balanced", "rebalanced") else INVERSE
    loss = build(name, class_weights=kind, val_loss=val_loss)
    logits, targets = draw(0)[0].logits_NK, draw(0)[2]
    targets = mixed(targets) if soft else targets
    chosen = PUBLISHED[name] if val_loss == "published" else val_loss
    with_weights, without = (slow(name, logits, targets, weights) for weights in (own, [1.0] * K))
    assert abs(with_weights - without) > 0.01 * without, "a test that can fail"
    expected = with_weights if chosen == "weighted" else without
    assert validation_loss(loss, logits, targets).item() == pytest.approx(expected, rel=WEIGHT_RTOL)
    assert loss(logits, targets).item() == pytest.approx(with_weights, rel=WEIGHT_RTOL)


def test_label_smoothing_stays_in_validation() -> None:
    logits, targets = draw(1)[0].logits_NK, draw(1)[2]
    smooth = 0.9 * plain.one_hot(targets) + 0.1 / K
    expected = plain.cross_entropy(logits, smooth)
    assert validation_loss(build("cross_entropy", label_smoothing=0.1), logits, targets).item() == pytest.approx(expected, rel=WEIGHT_RTOL)


@pytest.mark.parametrize("name", sorted(set(registry.names("mien.losses")) - set(PUBLISHED)))
def test_a_loss_without_class_weights_is_the_same_in_validation_and_does_not_read_the_parameter(name: str) -> None:
    logits, targets = draw(2)[0].logits_NK, draw(2)[2]
    loss = build(name, val_loss="unweighted")
    assert validation_loss(loss, logits, targets).item() == loss(logits, targets).item()
    assert "val_loss" not in declared.values("loss", name, {"val_loss": "weighted"})


@pytest.mark.parametrize(
    ("name", "kind", "is_read"),
    [
        ("cross_entropy", "none", False),
        ("cross_entropy", "inverse", True),
        ("focal", "none", False),
        ("focal", "effective", True),
        ("class_balanced", "none", True),
        ("rebalanced", "none", True),
    ],
)
def test_it_is_read_where_there_are_weights(name: str, kind: str, is_read: bool) -> None:
    assert ("val_loss" in declared.values("loss", name, {"class_weights": kind})) is is_read
