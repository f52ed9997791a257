"""Heads: their shapes, and what they compute."""

from typing import Any

import pytest
import torch
from torch import nn

from mien.config import declared
from mien.core import registry
from mien.models.heads import build_head

NAMES = registry.names("mien.models.heads")


def head_of(name: str, *, channels: int = 40, classes: int = 7, dropout: float = 0.5, **own: Any) -> nn.Module:
    """The head with its default parameters and its `own`, from a fixed draw."""
    torch.manual_seed(0)
    return build_head(name, channels, classes, dropout=dropout, parameters=declared.values("head", name, own))


@pytest.mark.parametrize("name", NAMES)
def test_every_head_keeps_the_contract(name: str) -> None:
    head = head_of(name)
    assert head(torch.randn(2, 40, 3, 5)).shape == head(torch.randn(2, 40, 1, 1)).shape == (2, 7)
    assert hasattr(head, "class_maps") == registry.constant("mien.models.heads", name, "CLASS_MAPS")


@pytest.mark.parametrize("name", NAMES)
def test_every_head_trains_under_bf16(name: str) -> None:
    head, maps = head_of(name), torch.randn(4, 40, 3, 3).bfloat16().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        logits = head(maps)
    assert logits.dtype == torch.bfloat16 and logits.isfinite().all()
    logits.float().square().sum().backward()
    assert all(tensor.grad is not None and tensor.grad.isfinite().all() for tensor in (maps, *head.parameters()))


def test_an_unknown_name_lists_the_choices() -> None:
    with pytest.raises(KeyError, match=r"dense256, .*linear"):
        build_head("dense", 8, 2, dropout=0.0, parameters={})


@pytest.mark.parametrize(("name", "hidden"), [("dense256", 256), ("dense512", 512)])
def test_dense_head_is_pool_linear_relu_linear(name: str, hidden: int) -> None:
    head = head_of(name, dropout=0.53)
    linears = [module for module in head.modules() if isinstance(module, nn.Linear)]
    assert [tuple(linear.weight.shape) for linear in linears] == [(hidden, 40), (7, hidden)]
    assert [module.p for module in head.modules() if isinstance(module, nn.Dropout)] == [0.53]
    maps = torch.randn(3, 40, 4, 5)
    first, last = linears
    by_hand = torch.relu(maps.mean(dim=(2, 3)) @ first.weight.T + first.bias) @ last.weight.T + last.bias
    torch.testing.assert_close(head.eval()(maps), by_hand)


@pytest.mark.parametrize("name", ["dense256", "dense512", "max_pool_dense256"])
def test_dropout_stands_before_the_last_layer(name: str) -> None:
    head = head_of(name, dropout=0.5, batch_norm=False).train()
    seen: list[torch.Tensor] = []
    last = [module for module in head.modules() if isinstance(module, nn.Linear)][-1]
    last.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.fill_(1.0)
    head(torch.ones(4, 40, 2, 2))
    values = seen[0].unique().tolist()
    assert values == [0.0, 82.0]  # (40 + 1) / (1 - 0.5) where kept
