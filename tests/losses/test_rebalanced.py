"""RBC/RBF against plain transcriptions of its equations in float64, and its laws."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from mien.losses._views import View
from mien.losses.rebalanced import Rebalanced
from tests.losses import plain
from tests.losses.plain import COUNTS, WEIGHT_RTOL, K, draw, mixed

DEFAULTS: dict[str, Any] = {
    "gamma": 2.0,
    "beta": 0.99,
    "weight_norm": "classes",
    "rbc_weight": 0.1,
    "rbf_weight": 0.5,
    "consistency_norm": "squared",
    "consistency_transform": "horizontal",
    "detach_class_weights": True,
    "joint_views": True,
}
NORMS = pytest.mark.parametrize("norm", ["squared", "absolute"])


def build(**changes: Any) -> Rebalanced:
    return Rebalanced(**{**DEFAULTS, **changes}, class_counts=COUNTS)


def slow_consistency(first: View, second: View, *, transform: str, norm: str, weights: list[float]) -> float:
    sums = plain.squared_or_absolute(first.class_maps_NKHW, second.class_maps_NKHW, transform=transform, norm=norm, weights=weights)
    return sum(map(sum, sums)) / first.class_maps_NKHW.numel()


@NORMS
@pytest.mark.parametrize("weight_norm", ["classes", "none"])
@pytest.mark.parametrize("transform", ["horizontal", "vertical", "erase"])
@pytest.mark.parametrize(("lam", "mu"), [(0.0, 0.0), (0.1, 0.0), (0.0, 0.5), (0.7, 1.3)])
@pytest.mark.parametrize("soft", [False, True], ids=["hard", "soft"])
def test_agrees_with_the_equations(norm: str, weight_norm: str, transform: str, lam: float, mu: float, soft: bool) -> None:
    loss = build(consistency_norm=norm, weight_norm=weight_norm, consistency_transform=transform, rbc_weight=lam, rbf_weight=mu)
    weights = plain.effective_weights(0.99, norm=weight_norm)
    for seed in range(2):
        first, second, targets = draw(seed)
        targets = mixed(targets) if soft else targets
        alone = plain.cross_entropy(first.logits_NK, targets) + mu * plain.focal(first.logits_NK, targets, gamma=2.0, weights=weights)
        expected = alone + plain.cross_entropy(second.logits_NK, targets)
        expected += lam * slow_consistency(first, second, transform=transform, norm=norm, weights=weights)
        assert loss.pair(first, second, targets).item() == pytest.approx(expected, rel=WEIGHT_RTOL)
        assert loss(first.logits_NK, targets).item() == pytest.approx(alone, rel=WEIGHT_RTOL)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 5.0])
@pytest.mark.parametrize("beta", [0.0, 0.9, 0.999])
def test_focus_agrees_with_equation_5(gamma: float, beta: float) -> None:
    first, _, targets = draw(3)
    expected = plain.focal(first.logits_NK, targets, gamma=gamma, weights=plain.effective_weights(beta))
    loss = build(gamma=gamma, beta=beta, rbf_weight=1.0)
    found = loss(first.logits_NK, targets) - F.cross_entropy(first.logits_NK, targets)
    assert found.item() == pytest.approx(expected, rel=WEIGHT_RTOL)


def test_without_both_terms_is_the_two_view_cross_entropy() -> None:
    loss = build(rbc_weight=0.0, rbf_weight=0.0)
    for seed in range(5):
        first, second, targets = draw(seed)
        expected = F.cross_entropy(first.logits_NK, targets) + F.cross_entropy(second.logits_NK, targets)
        torch.testing.assert_close(loss.pair(first, second, targets), expected)


@pytest.mark.parametrize("term", ["rbc_weight", "rbf_weight"])
def test_a_term_of_weight_zero_is_left_out(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not computed and multiplied by 0, which would be NaN for an infinite term."""
    first, second, targets = draw(0)
    if term == "rbc_weight":
        first = first._replace(class_maps_NKHW=torch.full_like(first.class_maps_NKHW, torch.inf))
    else:
        monkeypatch.setattr("mien.losses.rebalanced.focal", lambda *_, **__: torch.tensor(torch.inf))
    assert not build().pair(first, second, targets).isfinite()
    assert build(**{term: 0.0}).pair(first, second, targets).isfinite()


@NORMS
@pytest.mark.parametrize(("transform", "dim"), [("horizontal", -1), ("vertical", -2)])
def test_a_symmetric_map_gives_zero_consistency(norm: str, transform: str, dim: int) -> None:
    maps = draw(0)[0].class_maps_NKHW
    loss = build(consistency_norm=norm, consistency_transform=transform)
    symmetric = maps + maps.flip(dim)
    assert loss.consistency(symmetric, symmetric).item() == 0
    assert loss.consistency(maps, maps.flip(dim)).item() == 0  # as an equivariant network gives them
    assert loss.consistency(maps, maps).item() > 0


@NORMS
@pytest.mark.parametrize("transform", ["horizontal", "vertical"])
def test_mirroring_the_batch_leaves_the_consistency_unchanged(norm: str, transform: str) -> None:
    """Of the mirrored batch the first view is the second of the batch itself, and the other way round."""
    loss = build(consistency_norm=norm, consistency_transform=transform)
    for seed in range(4):
        first, second, _ = draw(seed)
        there = loss.consistency(first.class_maps_NKHW, second.class_maps_NKHW)
        torch.testing.assert_close(loss.consistency(second.class_maps_NKHW, first.class_maps_NKHW), there)


def test_mirroring_the_batch_leaves_the_loss_without_focus_unchanged() -> None:
    loss = build(rbf_weight=0.0)
    first, second, targets = draw(0)
    torch.testing.assert_close(loss.pair(second, first, targets), loss.pair(first, second, targets))


def test_class_weights_scale_the_consistency_as_stated() -> None:
    """A difference in one class's map alone counts B_k² where squared, B_k where absolute."""
    maps = draw(0)[0].class_maps_NKHW
    for power, norm in ((2, "squared"), (1, "absolute")):
        loss = build(consistency_norm=norm)
        found = []
        for k in range(K):
            other = maps.flip(-1).clone()
            other[:, k] += 1
            found.append(loss.consistency(maps, other).item())
        expected = [weight**power / K for weight in plain.effective_weights(0.99)]
        assert found == pytest.approx(expected, rel=WEIGHT_RTOL)


def test_class_weights_sum_to_the_classes_or_stay() -> None:
    assert build().weights_K.sum().item() == pytest.approx(K)
    assert build(weight_norm="none").weights_K.tolist() == pytest.approx(plain.effective_weights(0.99, norm="none"))


def test_beta_zero_is_equal_weights_and_beta_towards_one_inverse_frequency() -> None:
    assert build(beta=0.0).weights_K.tolist() == [1.0] * K
    inverse = [1 / count for count in COUNTS]
    assert build(beta=1 - 1e-12).weights_K.tolist() == pytest.approx([K * value / sum(inverse) for value in inverse])


@NORMS
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_gradient_agrees_with_finite_differences(norm: str, gamma: float) -> None:
    loss = build(consistency_norm=norm, gamma=gamma, rbc_weight=0.7)
    first, second, targets = draw(0, num=2, height=2, width=3)
    inputs = tuple(tensor.requires_grad_() for tensor in (*first, *second))

    def value(*tensors: torch.Tensor) -> torch.Tensor:
        return loss.pair(View(*tensors[:2]), View(*tensors[2:]), targets)

    assert torch.autograd.gradcheck(value, inputs)


@NORMS
def test_equal_maps_have_a_finite_gradient(norm: str) -> None:
    maps = draw(0)[0].class_maps_NKHW.clone().requires_grad_()
    build(consistency_norm=norm).consistency(maps, maps.detach().flip(-1)).backward()
    assert maps.grad is not None and (maps.grad == 0).all()
