"""Attention blocks against plain transcriptions."""

import pytest
import torch

from mien import registry
from mien.models.attention import build_attention


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
        gate = 1 / (1 + torch.exp(-(w2 @ squeezed + b2)))
        torch.testing.assert_close(out, image * gate[:, None, None])


@pytest.mark.parametrize("name", registry.names("mien.models.attention"))
def test_every_block_keeps_the_shape(name: str) -> None:
    maps = torch.randn(2, 32, 5, 3)
    assert build_attention(name, 32)(maps).shape == maps.shape


def test_an_unknown_name_lists_the_choices() -> None:
    with pytest.raises(KeyError, match=r"none, .*se"):
        build_attention("see", 8)
