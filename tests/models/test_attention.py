"""Attention blocks against plain transcriptions."""

import math

import pytest
import torch
from torch import Tensor

from mien.core import registry
from mien.models.attention import build_attention

NAMES = registry.names("mien.models.attention")


def sigma(values: Tensor) -> Tensor:
    return 1 / (1 + torch.exp(-values))


def channel_gate(block: torch.nn.Module, image_CHW: Tensor) -> Tensor:
    """CBAM's equation 2 for one picture: W₁ ReLU(W₀ ·) of the mean and of the maximum over the grid."""
    first, last = (parameter.flatten(1) for parameter in block.parameters())
    pooled = [image_CHW.mean(dim=(1, 2)), image_CHW.flatten(1).max(dim=1).values]
    return sigma(sum(last @ (first @ vector).clamp(min=0) for vector in pooled))


def spatial_gate(block: torch.nn.Module, image_CHW: Tensor) -> Tensor:
    """CBAM's equation 3 for one picture, cell by cell; outside the grid there are zeros."""
    weight, bias = block.parameters()
    height, width = image_CHW.shape[1:]
    gate = torch.empty(height, width, dtype=image_CHW.dtype)
    for y in range(height):
        for x in range(width):
            total = bias[0].clone()
            for dy in range(-3, 4):
                for dx in range(-3, 4):
                    if 0 <= y + dy < height and 0 <= x + dx < width:
                        cell = image_CHW[:, y + dy, x + dx]
                        total += weight[0, 0, dy + 3, dx + 3] * cell.mean() + weight[0, 1, dy + 3, dx + 3] * cell.max()
            gate[y, x] = sigma(total)
    return gate


def test_none_changes_nothing() -> None:
    maps = torch.randn(2, 8, 3, 3)
    assert build_attention("none", 8)(maps) is maps


@pytest.mark.parametrize(("channels", "hidden"), [(1280, 80), (320, 20), (24, 1), (8, 1)])
def test_se_is_the_papers_formula(channels: int, hidden: int) -> None:
    torch.manual_seed(0)
    block = build_attention("se", channels).double()
    (w1, b1, w2, b2) = (parameter.flatten(1) if parameter.ndim > 1 else parameter for parameter in block.parameters())
    assert w1.shape == (hidden, channels) and w2.shape == (channels, hidden)
    maps = torch.randn(3, channels, 4, 5, dtype=torch.float64)
    for image, out in zip(maps, block(maps), strict=True):
        pooled = image.sum(dim=(1, 2)) / 20
        squeezed = (w1 @ pooled + b1).clamp(min=0)
        torch.testing.assert_close(out, image * sigma(w2 @ squeezed + b2)[:, None, None])


@pytest.mark.parametrize("grid", [(1, 1), (3, 3), (5, 8)])
def test_spatial_is_the_papers_formula(grid: tuple[int, int]) -> None:
    torch.manual_seed(0)
    block = build_attention("spatial", 12).double()
    assert [tuple(parameter.shape) for parameter in block.parameters()] == [(1, 2, 7, 7), (1,)]
    maps = torch.randn(2, 12, *grid, dtype=torch.float64)
    for image, out in zip(maps, block(maps), strict=True):
        torch.testing.assert_close(out, image * spatial_gate(block, image))


@pytest.mark.parametrize(("channels", "hidden"), [(1280, 80), (40, 2), (8, 1)])
def test_cbam_is_channel_then_spatial_attention(channels: int, hidden: int) -> None:
    torch.manual_seed(0)
    block = build_attention("cbam", channels).double()
    channel, spatial = block.children()
    assert [tuple(parameter.shape[:2]) for parameter in channel.parameters()] == [(hidden, channels), (channels, hidden)]
    maps = torch.randn(2, channels, 3, 4, dtype=torch.float64)
    for image, out in zip(maps, block(maps), strict=True):
        refined = image * channel_gate(channel, image)[:, None, None]
        torch.testing.assert_close(out, refined * spatial_gate(spatial, refined))


@pytest.mark.parametrize(("channels", "kernel"), [(2560, 7), (1280, 5), (512, 5), (64, 3), (8, 3)])
def test_eca_is_the_papers_formula(channels: int, kernel: int) -> None:
    torch.manual_seed(0)
    rounded = int((math.log2(channels) + 1) / 2)
    assert kernel == max(3, rounded + 1 - rounded % 2), "the authors' rounding"
    block = build_attention("eca", channels).double()
    (weight,) = (parameter.flatten() for parameter in block.parameters())
    assert len(weight) == kernel
    maps = torch.randn(2, channels, 4, 5, dtype=torch.float64)
    for image, out in zip(maps, block(maps), strict=True):
        pooled = [0.0] * (kernel // 2) + image.mean(dim=(1, 2)).tolist() + [0.0] * (kernel // 2)
        gate = sigma(
            torch.tensor([sum(w * pooled[c + i] for i, w in enumerate(weight.tolist())) for c in range(channels)], dtype=torch.float64)
        )
        torch.testing.assert_close(out, image * gate[:, None, None])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("grid", [(1, 1), (5, 3), (7, 7)])
def test_every_block_keeps_the_shape(name: str, grid: tuple[int, int]) -> None:
    maps = torch.randn(2, 32, *grid)
    assert build_attention(name, 32)(maps).shape == maps.shape


@pytest.mark.parametrize("name", NAMES)
def test_no_block_sees_the_other_pictures_of_its_batch(name: str) -> None:
    torch.manual_seed(0)
    block, maps = build_attention(name, 16).train(), torch.randn(4, 16, 3, 5)
    torch.testing.assert_close(block(maps), torch.cat([block(maps[i : i + 1]) for i in range(4)]))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("layout", ["channels_last", "swin"])
def test_the_layout_in_memory_changes_nothing(name: str, layout: str) -> None:
    torch.manual_seed(0)
    block, maps = build_attention(name, 16), torch.randn(2, 16, 3, 5)
    other = (
        maps.to(memory_format=torch.channels_last)
        if layout == "channels_last"
        else maps.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
    )
    torch.testing.assert_close(block(other), block(maps))


@pytest.mark.parametrize("name", NAMES)
def test_every_block_trains_under_bf16(name: str) -> None:
    torch.manual_seed(0)
    block = build_attention(name, 32)
    maps = torch.randn(2, 32, 3, 3, dtype=torch.bfloat16, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        out = block(maps)
    assert out.shape == maps.shape and out.isfinite().all()
    torch.testing.assert_close(out.float(), block(maps.float()), rtol=0.05, atol=0.05)
    out.float().square().sum().backward()
    assert all(tensor.grad is not None and tensor.grad.isfinite().all() for tensor in (maps, *block.parameters()))


def test_an_unknown_name_lists_the_choices() -> None:
    with pytest.raises(KeyError, match=r"none, .*se"):
        build_attention("see", 8)
