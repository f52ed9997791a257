"""The `linear` head: class maps averaged over the grid, plus the bias, are the logits; for NCHW and NHWC backbones."""

from itertools import product

import pytest
import torch

from mien.models.build import ExpressionModel
from mien.models.heads.linear import LinearHead

from .make import make_config, make_model

NHWC = "swin_tiny_patch4_window7_224"
BACKBONES = ["test_resnet", NHWC]


def model_of(backbone: str) -> ExpressionModel:
    return make_model(make_config(backbone=backbone, head="linear", attention="se", input_px=64)).eval()


def mean_and_bias(head: torch.nn.Module, maps_NKHW: torch.Tensor) -> torch.Tensor:
    return maps_NKHW.mean(dim=(2, 3)) + head.classifier.bias


@pytest.mark.parametrize("backbone", BACKBONES)
@pytest.mark.parametrize("detach", [True, False])
def test_class_maps_averaged_over_the_grid_plus_the_bias_are_the_logits(backbone: str, detach: bool) -> None:
    model, images = model_of(backbone), torch.rand(2, 3, 64, 64)
    assert getattr(model.backbone, "output_fmt", "NCHW") == ("NHWC" if backbone == NHWC else "NCHW")
    with torch.no_grad():
        features = model.forward_features(images)
        maps = model.head.class_maps(features, detach=detach)
        torch.testing.assert_close(mean_and_bias(model.head, maps), model(images), rtol=1e-4, atol=1e-5)
    assert maps.shape == (2, 3, *features.shape[2:])


@pytest.mark.parametrize("backbone", BACKBONES)
def test_height_and_width_of_class_maps_are_the_pictures(backbone: str) -> None:
    """Of a picture with one bright side, they differ along that axis."""
    model = model_of(backbone)
    images = torch.zeros(2, 3, 64, 64)
    images[0, :, :32], images[1, :, :, :32] = 1.0, 1.0
    with torch.no_grad():
        top, left = model.head.class_maps(model.forward_features(images))
    assert (top[:, 0] - top[:, -1]).abs().mean() > (top[..., 0] - top[..., -1]).abs().mean()
    assert (left[..., 0] - left[..., -1]).abs().mean() > (left[:, 0] - left[:, -1]).abs().mean()


def test_class_maps_against_a_plain_sum() -> None:
    torch.manual_seed(0)
    head, maps_NCHW = LinearHead(5, 3, dropout=0.5).double(), torch.randn(2, 5, 2, 4, dtype=torch.float64)
    maps_NKHW, weights = head.class_maps(maps_NCHW).tolist(), head.classifier.weight.tolist()
    for n, k, y, x in product(range(2), range(3), range(2), range(4)):
        plain = sum(float(maps_NCHW[n, c, y, x]) * weights[k][c] for c in range(5))
        assert maps_NKHW[n][k][y][x] == pytest.approx(plain, abs=1e-12)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_under_bf16_the_maps_are_float32(backbone: str) -> None:
    model, images = model_of(backbone), torch.rand(2, 3, 64, 64)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        features = model.forward_features(images)
        maps = model.head.class_maps(features)
        logits = model.head(features)
    assert maps.dtype == torch.float32
    torch.testing.assert_close(mean_and_bias(model.head, maps), logits.float(), rtol=0.03, atol=0.03)
    exact = torch.einsum("nchw,kc->nkhw", features.double(), model.head.classifier.weight.double())
    torch.testing.assert_close(maps.double(), exact, rtol=1e-4, atol=1e-5)  # bf16 products would be off by 1e-2


def test_detached_class_maps_give_no_gradient_to_the_weights_but_to_the_features() -> None:
    head = LinearHead(5, 3, dropout=0.0)
    for detach in (True, False):
        maps_NCHW = torch.randn(2, 5, 2, 2, requires_grad=True)
        head.zero_grad()
        head.class_maps(maps_NCHW, detach=detach).square().sum().backward()
        assert maps_NCHW.grad is not None and maps_NCHW.grad.abs().sum() > 0
        assert (head.classifier.weight.grad is None) == detach
        assert head.classifier.bias.grad is None
