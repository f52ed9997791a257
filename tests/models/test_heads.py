"""Heads: their shapes, and what they compute."""

from typing import Any

import pytest
import torch
from torch import nn

from mien.config import declared
from mien.core import registry
from mien.models.heads import build_head

NAMES = registry.names("mien.models.heads")


def head_of(
    name: str, *, channels: int = 40, classes: int = 7, dropout: float = 0.5, grid: tuple[int, int] = (3, 3), **own: Any
) -> nn.Module:
    """The head with its default parameters and its `own`, from a fixed draw."""
    torch.manual_seed(0)
    return build_head(name, channels, classes, dropout=dropout, parameters=declared.values("head", name, own), grid=grid)


def depends_on_grid(name: str) -> bool:
    return bool(registry.constant("mien.models.heads", name, "GRID", default=False))


@pytest.mark.parametrize("name", NAMES)
def test_every_head_keeps_the_contract(name: str) -> None:
    for grid in ((3, 5), (1, 1)):
        head = head_of(name, grid=grid)
        assert head(torch.randn(2, 40, *grid)).shape == (2, 7)
        assert depends_on_grid(name) or head(torch.randn(2, 40, 4, 2)).shape == (2, 7)
    assert hasattr(head, "class_maps") == registry.constant("mien.models.heads", name, "CLASS_MAPS")


@pytest.mark.parametrize("name", NAMES)
def test_every_head_trains_under_bf16(name: str) -> None:
    head, maps = head_of(name), torch.randn(4, 40, 3, 3).bfloat16().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        logits = head(maps)
        aside = [head.uncertainty(maps)] if name == "uncertainty" else []  # its own loss alone trains the second branch
    assert logits.dtype == torch.bfloat16 and logits.isfinite().all()
    (logits.float().square().sum() + sum(each.sum() for each in aside)).backward()
    assert all(tensor.grad is not None and tensor.grad.isfinite().all() for tensor in (maps, *head.parameters()))


def test_an_unknown_name_lists_the_choices() -> None:
    with pytest.raises(KeyError, match="dense, importance, linear, max_pool_dense, two_dense, uncertainty"):
        build_head("flat", 8, 2, dropout=0.0, parameters={})


@pytest.mark.parametrize("hidden", [256, 512])
def test_dense_head_is_pool_linear_relu_linear(hidden: int) -> None:
    head = head_of("dense", dropout=0.53, hidden=hidden)
    linears = [module for module in head.modules() if isinstance(module, nn.Linear)]
    assert [tuple(linear.weight.shape) for linear in linears] == [(hidden, 40), (7, hidden)]
    assert [module.p for module in head.modules() if isinstance(module, nn.Dropout)] == [0.53]
    maps = torch.randn(3, 40, 4, 5)
    first, last = linears
    by_hand = torch.relu(maps.mean(dim=(2, 3)) @ first.weight.T + first.bias) @ last.weight.T + last.bias
    torch.testing.assert_close(head.eval()(maps), by_hand)


def test_two_dense_is_pool_then_three_linears() -> None:
    head = head_of("two_dense", dropout=0.3, hidden=12, second_hidden=5)
    linears = [module for module in head.modules() if isinstance(module, nn.Linear)]
    assert [tuple(linear.weight.shape) for linear in linears] == [(12, 40), (5, 12), (7, 5)]
    maps = torch.randn(3, 40, 4, 5)
    found = maps.flatten(2).mean(dim=2)
    for place, linear in enumerate(linears):
        found = found @ linear.weight.T + linear.bias
        found = found.clamp(min=0) if place < 2 else found
    torch.testing.assert_close(head.eval()(maps), found)


def test_two_dense_drops_after_both_hidden_layers() -> None:
    head = head_of("two_dense", dropout=0.5, hidden=400, second_hidden=300).train()
    seen: list[torch.Tensor] = []
    for layer in (head.second_hidden, head.classifier):
        layer.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.fill_(1.0)
    head(torch.ones(4, 40, 2, 2))
    assert [0.4 < (values == 0).float().mean() < 0.6 for values in seen] == [True, True]


@pytest.mark.parametrize("name", ["dense", "max_pool_dense"])
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


@pytest.mark.parametrize(("name", "batch_norm"), [("dense", False), ("max_pool_dense", False), ("max_pool_dense", True)])
@pytest.mark.parametrize("hidden", [256, 512])
def test_the_draws_are_those_of_the_heads_of_version_0_1(name: str, hidden: int, batch_norm: bool) -> None:
    """dense256, dense512 and max_pool_dense256 drew their layers in this order: a seed gives the weights that it gave then."""
    state = head_of(name, hidden=hidden, batch_norm=batch_norm).state_dict()
    torch.manual_seed(0)
    layers = {"norm": nn.BatchNorm1d(40)} if batch_norm else {}
    layers |= {"hidden": nn.Linear(40, hidden), "classifier": nn.Linear(hidden, 7)}
    expected = nn.ModuleDict(layers).state_dict()
    assert list(state) == list(expected)
    assert all(torch.equal(state[key], expected[key]) for key in expected)
