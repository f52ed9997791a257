"""Attention blocks against plain transcriptions."""

import math

import pytest
import torch
from torch import Tensor

from mien.core import registry
from mien.core.errors import ParamsError
from mien.models.attention import build_attention, min_side

from .make import make_config, make_hollow

NAMES = registry.names("mien.models.attention")
MIXING = {"multi_scale", "pointwise"}
"""blocks with batch norm, whose statistics while training are those of the batch"""


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
    block, maps = build_attention(name, 16).train(name not in MIXING), torch.randn(4, 16, 3, 5)
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
    torch.testing.assert_close(out.float(), block(maps.float()), rtol=0.05, atol=0.1 if name in MIXING else 0.05)
    out.float().square().sum().backward()
    assert all(tensor.grad is not None and tensor.grad.isfinite().all() for tensor in (maps, *block.parameters()))


def settled(name: str, channels: int) -> torch.nn.Module:
    """The block in float64 and eval mode, with parameters and running statistics that are not those of a new block."""
    torch.manual_seed(0)
    block = build_attention(name, channels).double().eval()
    for key, tensor in block.state_dict().items():
        if key.endswith("running_var"):
            tensor.uniform_(0.5, 2.0)
        elif tensor.is_floating_point() and tensor.ndim == 1:
            tensor.normal_()
    return block


def normalised(norm: torch.nn.Module, channel: int, value: Tensor) -> Tensor:
    scale = norm.weight[channel] / torch.sqrt(norm.running_var[channel] + 1e-5)
    return (value - norm.running_mean[channel]) * scale + norm.bias[channel]


def test_pointwise_gates_each_channel_and_cell_then_normalises() -> None:
    block = settled("pointwise", 6)
    maps = torch.randn(2, 6, 3, 4, dtype=torch.float64)
    out, weight = block(maps), block.conv.weight[:, :, 0, 0]
    for image, found in zip(maps, out, strict=True):
        for y in range(3):
            for x in range(4):
                for channel in range(6):
                    gate = sigma(sum(weight[channel, k] * image[k, y, x] for k in range(6)) + block.conv.bias[channel])
                    expected = normalised(block.norm, channel, gate * image[channel, y, x])
                    torch.testing.assert_close(found[channel, y, x], expected)


def multi_scale_by_hand(block: torch.nn.Module, image_CHW: Tensor) -> Tensor:
    """The block's formula for one image, cell by cell; outside the grid there are zeros."""
    channels, height, width = image_CHW.shape
    seen_DCHW = torch.zeros(3, channels, height, width, dtype=image_CHW.dtype)
    for d, dilation in enumerate((1, 2, 3)):
        kernel_C33, norm = block.scales[d][0].weight[:, 0], block.scales[d][1]
        for c in range(channels):
            for y in range(height):
                for x in range(width):
                    total = torch.zeros((), dtype=image_CHW.dtype)
                    for dy in (-1, 0, 1):
                        for dx in (-1, 0, 1):
                            v, u = y + dilation * dy, x + dilation * dx
                            if 0 <= v < height and 0 <= u < width:
                                total = total + kernel_C33[c, dy + 1, dx + 1] * image_CHW[c, v, u]
                    seen_DCHW[d, c, y, x] = normalised(norm, c, total).clamp(min=0)
    pooled_C = torch.stack([seen_DCHW[:, c].sum() / (height * width) for c in range(channels)])
    hidden = (block.squeeze.weight @ pooled_C).clamp(min=0)
    scores_DC = torch.stack([block.select.weight[d * channels : (d + 1) * channels] @ hidden for d in range(3)])
    shares_DC = scores_DC.exp() / scores_DC.exp().sum(dim=0)
    out = image_CHW.clone()
    for c in range(channels):
        out[c] += block.gamma_C[c] * sum(shares_DC[d, c] * seen_DCHW[d, c] for d in range(3))
    return out


@pytest.mark.parametrize("grid", [(5, 5), (3, 7)])
def test_multi_scale_is_its_formula(grid: tuple[int, int]) -> None:
    block = settled("multi_scale", 4)
    maps = torch.randn(2, 4, *grid, dtype=torch.float64)
    for image, out in zip(maps, block(maps), strict=True):
        torch.testing.assert_close(out, multi_scale_by_hand(block, image))


def test_multi_scale_passes_the_maps_unchanged_at_first_and_then_learns() -> None:
    torch.manual_seed(0)
    block, maps = build_attention("multi_scale", 8).train(), torch.randn(2, 8, 5, 5)
    assert torch.equal(block(maps), maps)
    optimizer = torch.optim.SGD(block.parameters(), lr=0.1)
    for _ in range(2):  # the first step moves γ alone, because everything else is multiplied by it
        optimizer.zero_grad()
        (block(maps) * torch.arange(8.0)[:, None, None]).sum().backward()
        optimizer.step()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in block.parameters())
    assert not torch.equal(block(maps), maps)


def test_multi_scales_shares_sum_to_one_over_the_scales() -> None:
    block = settled("multi_scale", 6)
    shares = block.weights(torch.randn(3, 3, 6, 5, 5, dtype=torch.float64).relu())
    assert shares.shape == (3, 3, 6) and (shares > 0).all()
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(3, 6, dtype=torch.float64))
    assert shares.std(dim=1).max() > 1e-3, "they differ"


@pytest.mark.parametrize(("channels", "hidden"), [(1280, 80), (512, 32), (64, 32)])
def test_multi_scales_parameters_by_hand(channels: int, hidden: int) -> None:
    block = build_attention("multi_scale", channels)
    by_hand = 3 * (9 * channels + 2 * channels) + hidden * channels + 3 * channels * hidden + channels
    assert sum(parameter.numel() for parameter in block.parameters()) == by_hand
    assert channels != 1280 or by_hand == 453_120


@pytest.mark.parametrize(("input_px", "side"), [(64, 2), (96, 3), (128, 4)])
def test_multi_scale_refuses_a_map_on_which_its_dilations_see_padding(input_px: int, side: int) -> None:
    config = make_config(backbone="efficientnet_b0", attention="multi_scale", input_px=input_px, name="one")
    with pytest.raises(
        ParamsError, match=rf"^models\.one\.attention: .* of {side}×{side} cells.* needs 5×5, so raise models\.one\.input_px"
    ):
        make_hollow(config)
    assert make_hollow(config.model_copy(update={"input_px": 144})).attention.gamma_C.numel() == 1280


@pytest.mark.parametrize("name", NAMES)
def test_every_block_says_the_smallest_map_that_it_is_for(name: str) -> None:
    assert min_side(name) == (5 if name == "multi_scale" else 1)


def test_an_unknown_name_lists_the_choices() -> None:
    with pytest.raises(KeyError, match=r"none, .*se"):
        build_attention("see", 8)
