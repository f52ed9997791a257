"""What holds for every loss of one view or two: the contract of mien/losses/__init__.py, soft targets, extremes, devices."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mien.config import declared
from mien.core import registry
from mien.losses import build_loss
from mien.losses._views import View
from mien.models.heads.linear import LinearHead
from tests.losses.plain import COUNTS, K, draw, mixed, one_hot

NAMES = [name for name in registry.names("mien.losses") if not registry.constant("mien.losses", name, "STEP", default=False)]
"""losses that are functions of logits and class maps; tests/losses/test_steps.py has the laws of the others"""
TWO_VIEWS = [name for name in NAMES if registry.constant("mien.losses", name, "TWO_VIEWS")]
TRANSFORMS = ["horizontal", "vertical", "erase", "intensity", "scale"]
EACH = pytest.mark.parametrize("name", NAMES)
EACH_PAIR = pytest.mark.parametrize("name", TWO_VIEWS)
COUNT_SETS = [COUNTS, (1, 1, 1, 1), (1, 1, 1, 1_000_000)]


def build(name: str, counts: tuple[int, ...] = COUNTS, **changes: Any) -> nn.Module:
    return build_loss({"name": name, **declared.values("loss", name, changes)}, class_counts=counts)


def value(loss: nn.Module, first: View, second: View, targets: Tensor) -> Tensor:
    """The training loss."""
    result: Tensor = loss.pair(first, second, targets) if hasattr(loss, "pair") else loss(first.logits_NK, targets)
    return result


def as_type(view: View, dtype: torch.dtype) -> View:
    """A view as training hands it over: the maps are float32 whatever the logits are."""
    return View(view.logits_NK.to(dtype), view.class_maps_NKHW.to(torch.promote_types(dtype, torch.float32)))


def test_the_three_losses_of_class_maps_have_two_views() -> None:
    assert TWO_VIEWS == ["eac", "mek", "rebalanced"]


@EACH
@pytest.mark.parametrize("counts", [*COUNT_SETS, (3, 2), (1, 1), (1, 100_000)])
@pytest.mark.parametrize("weights", ["none", "inverse", "effective"])
def test_value_is_a_finite_scalar_not_below_zero(name: str, counts: tuple[int, ...], weights: str) -> None:
    loss = build(name, counts, class_weights=weights)
    generator = torch.Generator().manual_seed(0)
    first, second = (
        View(torch.randn(5, len(counts), generator=generator), torch.randn(5, len(counts), 7, 7, generator=generator)) for _ in "12"
    )
    targets = torch.randint(len(counts), (5,), generator=generator)
    for found in (loss(first.logits_NK, targets), value(loss, first, second, targets)):
        assert found.ndim == 0 and found.dtype == torch.float32 and found.isfinite() and found >= 0


@EACH
def test_hard_targets_are_one_hot_soft_targets(name: str) -> None:
    assert registry.constant("mien.losses", name, "SOFT_TARGETS")
    for weights in ("none", "inverse", "effective"):
        loss = build(name, class_weights=weights, label_smoothing=0.1)
        first, second, targets = draw(0)
        torch.testing.assert_close(value(loss, first, second, one_hot(targets)), value(loss, first, second, targets))
        torch.testing.assert_close(loss(first.logits_NK, one_hot(targets)), loss(first.logits_NK, targets))


@EACH
def test_a_mixed_target_is_the_mixture_of_the_losses(name: str) -> None:
    loss = build(name)
    first, second, targets = draw(1)
    parts = 0.3 * value(loss, first, second, targets) + 0.7 * value(loss, first, second, targets.roll(1))
    torch.testing.assert_close(value(loss, first, second, mixed(targets)), parts)


@EACH
def test_a_batch_is_the_mean_of_its_images(name: str) -> None:
    loss = build(name)
    first, second, targets = draw(2)
    each = [
        value(loss, View(*(part[i : i + 1] for part in first)), View(*(part[i : i + 1] for part in second)), targets[i : i + 1])
        for i in range(len(targets))
    ]
    torch.testing.assert_close(torch.stack(each).mean(), value(loss, first, second, targets))


@EACH
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("gap", [20.0, 90.0, 120.0, 1e4])
@pytest.mark.parametrize("counts", COUNT_SETS)
def test_certain_predictions_stay_finite(name: str, dtype: torch.dtype, gap: float, counts: tuple[int, ...]) -> None:
    """p → 1 for the first image, p → 0 for the second, in value and gradient, for hard and soft targets; maps equal to the last digit."""
    for gamma, norm in ((0.0, "squared"), (0.5, "absolute"), (2.0, "squared")):
        loss = build(name, counts, gamma=gamma, consistency_norm=norm)
        logits = torch.tensor([[gap, 0, 0, 0], [gap, 0, 0, 0]], dtype=dtype, requires_grad=True)
        maps = torch.full((2, K, 3, 3), gap, requires_grad=True)
        targets = torch.tensor([0, 1])
        for given in (targets, one_hot(targets), mixed(targets)):
            found = value(loss, View(logits, maps), View(logits.flip(1), maps.flip(-1)), given)
            found.backward()
            assert found.dtype == torch.float32 and found.isfinite() and found >= 0
            assert logits.grad is not None and logits.grad.isfinite().all()
            assert maps.grad is None or maps.grad.isfinite().all()


@EACH
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_narrow_logits_lose_only_their_own_rounding(name: str, dtype: torch.dtype) -> None:
    loss = build(name)
    first, second, targets = draw(4)
    first, second = as_type(first, dtype), as_type(second, dtype)
    exact = value(loss, View(*(part.double() for part in first)), View(*(part.double() for part in second)), targets)
    assert value(loss, first, second, targets).item() == pytest.approx(exact.item(), rel=1e-5)
    with torch.autocast("cpu", torch.bfloat16):
        assert value(loss, first, second, targets).item() == pytest.approx(exact.item(), rel=1e-5)


@EACH
def test_the_state_holds_all_that_the_counts_gave(name: str) -> None:
    """So a resumed training has the same loss; and every tensor moves with the module."""
    first, second, targets = draw(5)
    loss, other = build(name), build(name, (7, 7, 7, 7))
    other.load_state_dict(loss.state_dict())
    assert torch.equal(value(other, first, second, targets), value(loss, first, second, targets))
    assert not list(loss.parameters())
    moved = build(name).to("meta")
    abroad = [View(*(part.to("meta") for part in view)) for view in (first, second)]
    assert value(moved, abroad[0], abroad[1], targets.to("meta")).device.type == "meta"


@EACH_PAIR
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_a_loss_of_two_views_makes_the_second(name: str, transform: str) -> None:
    loss = build(name, consistency_transform=transform)
    images = torch.rand(3, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    views = [loss.second_view(images, generator=torch.Generator().manual_seed(1)) for _ in range(2)]
    assert torch.equal(*views) and views[0].shape == images.shape and not torch.equal(views[0], images)


@EACH_PAIR
@pytest.mark.parametrize("chosen", [True, False])
def test_a_loss_of_two_views_says_how_to_train(name: str, chosen: bool) -> None:
    loss = build(name, detach_class_weights=chosen, joint_views=not chosen)
    assert loss.detach_class_weights is chosen and loss.joint_views is not chosen


@EACH_PAIR
@pytest.mark.parametrize("detach", [True, False])
def test_detached_consistency_gives_the_classifier_no_gradient(name: str, detach: bool) -> None:
    """All of the loss's gradient on the weights is then that of the logits; the features take that of the maps either way."""
    loss = build(name, detach_class_weights=detach)
    torch.manual_seed(0)
    head = LinearHead(6, K, dropout=0.0)
    features = [torch.randn(2, 6, 3, 4, requires_grad=True) for _ in "12"]
    maps = [head.class_maps(feature, detach=loss.detach_class_weights) for feature in features]
    loss.consistency(*maps).backward()
    weight = head.classifier.weight
    assert (weight.grad is None or not weight.grad.any()) == detach
    assert all(feature.grad is not None and feature.grad.any() for feature in features)
    assert head.classifier.bias.grad is None


@EACH_PAIR
def test_the_consistency_reaches_both_views(name: str) -> None:
    first, second, targets = draw(6)
    maps = [view.class_maps_NKHW.clone().requires_grad_() for view in (first, second)]
    value(build(name), first._replace(class_maps_NKHW=maps[0]), second._replace(class_maps_NKHW=maps[1]), targets).backward()
    assert maps[0].grad is not None and maps[1].grad is not None
    torch.testing.assert_close(maps[0].grad, -maps[1].grad.flip(-1))


@EACH
def test_gradient_agrees_with_finite_differences(name: str) -> None:
    loss = build(name)
    first, second, targets = draw(7, num=2, height=2, width=2)
    inputs = tuple(tensor.requires_grad_() for tensor in (*first, *second))
    assert torch.autograd.gradcheck(lambda *parts: value(loss, View(*parts[:2]), View(*parts[2:]), mixed(targets)), inputs)


@EACH
def test_descent_learns_the_class(name: str) -> None:
    """A few steps on the logits alone raise the true class's probability: no sign is turned round."""
    loss = build(name)
    _, second, targets = draw(8)
    logits = torch.zeros(len(targets), K, dtype=torch.float64, requires_grad=True)
    value(loss, second._replace(logits_NK=logits), second, targets).backward()
    assert logits.grad is not None
    moved = F.softmax(logits - 0.1 * logits.grad, dim=1)[torch.arange(len(targets)), targets]
    assert (moved > 1 / K).all()
