"""EAC: its published reduction, worked by hand, and a plain transcription in float64."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from mien.losses._views import View
from mien.losses.eac import Eac
from mien.losses.rebalanced import Rebalanced
from tests.losses import plain
from tests.losses.plain import COUNTS, K, draw, mixed


def build(*, weight: float = 5.0, transform: str = "horizontal") -> Eac:
    return Eac(eac_weight=weight, consistency_transform=transform, detach_class_weights=True, joint_views=True, class_counts=COUNTS)


def test_a_worked_example() -> None:
    """Two pictures, two classes, a grid of 1×3. Mirrored back, Ã differs from A by

    picture 1: class 1 (1, 0, -2), class 2 (0, 0, 0);  picture 2: class 1 (3, 0, 0), class 2 (0, -1, 1).

    The squares sum to 1 + 4 + 9 + 1 + 1 = 16 over 2·2·3 = 12 places: 4/3. Logits 0, 0 and log 3, 0 give p = 1/2 and 3/4 for the true
    class, CE = (log 2 + log 4/3) / 2. With λ = 5: l = log(8/3) / 2 + 20/3.
    """
    first = torch.tensor([[[[2.0, 5, 1]], [[7, 8, 9]]], [[[4, 4, 4]], [[0, 1, 2]]]])
    second = torch.tensor([[[[3.0, 5, 1]], [[9, 8, 7]]], [[[4, 4, 1]], [[1, 2, 0]]]])
    logits = torch.tensor([[0.0, 0.0], [3.0, 1.0]]).clamp(min=0)
    logits[1] = torch.tensor([torch.log(torch.tensor(3.0)), 0.0])
    loss = Eac(eac_weight=5.0, consistency_transform="horizontal", detach_class_weights=True, joint_views=True, class_counts=(3, 1))
    assert loss.consistency(first, second).item() == pytest.approx(4 / 3)
    unused = torch.full_like(logits, 99.0)
    value = loss.pair(View(logits, first), View(unused, second), torch.tensor([1, 0]))
    assert value.item() == pytest.approx(0.490415 + 6.666667, abs=1e-5)


def test_its_consistency_is_the_published_codes() -> None:
    """The authors mirror by a sampling grid of corners and take torch's mean squared error."""
    first, second, _ = draw(0, height=7, width=7)
    side = torch.linspace(-1, 1, 7, dtype=torch.float64)
    down, right = torch.meshgrid(side, side, indexing="ij")
    grid = torch.stack([-right, down], dim=-1).expand(len(first.logits_NK), -1, -1, -1)
    mirrored = F.grid_sample(second.class_maps_NKHW, grid, mode="bilinear", padding_mode="border", align_corners=True)
    torch.testing.assert_close(build().consistency(*maps(first, second)), F.mse_loss(first.class_maps_NKHW, mirrored))


def maps(first: View, second: View) -> tuple[torch.Tensor, torch.Tensor]:
    return first.class_maps_NKHW, second.class_maps_NKHW


@pytest.mark.parametrize("weight", [0.0, 0.3, 5.0])
@pytest.mark.parametrize("transform", ["horizontal", "vertical", "scale"])
@pytest.mark.parametrize("soft", [False, True], ids=["hard", "soft"])
def test_agrees_with_the_formula(weight: float, transform: str, soft: bool) -> None:
    for seed in range(3):
        first, second, targets = draw(seed)
        targets = mixed(targets) if soft else targets
        sums = plain.squared_or_absolute(*maps(first, second), transform=transform, norm="squared", weights=[1.0] * K)
        alone = plain.cross_entropy(first.logits_NK, targets)
        expected = alone + weight * sum(map(sum, sums)) / first.class_maps_NKHW.numel()
        loss = build(weight=weight, transform=transform)
        assert loss.pair(first, second, targets).item() == pytest.approx(expected, rel=1e-12)
        assert loss(first.logits_NK, targets).item() == pytest.approx(alone, rel=1e-12)


def test_its_consistency_is_rebalanceds_with_equal_weights() -> None:
    settings: dict[str, Any] = {"consistency_transform": "horizontal", "detach_class_weights": True, "joint_views": True}
    equal = Rebalanced(
        gamma=2.0, beta=0.0, weight_norm="none", rbc_weight=1.0, rbf_weight=0.0, consistency_norm="squared", **settings, class_counts=COUNTS
    )
    first, second, _ = draw(0)
    torch.testing.assert_close(build().consistency(*maps(first, second)), equal.consistency(*maps(first, second)))


def test_the_second_views_logits_and_the_counts_do_not_matter() -> None:
    first, second, targets = draw(0)
    other = second._replace(logits_NK=-second.logits_NK)
    assert torch.equal(build().pair(first, second, targets), build().pair(first, other, targets))
    assert not list(build().parameters()) and not list(build().buffers())
