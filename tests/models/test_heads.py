"""Heads: their shapes, and what they compute."""

import pytest
import torch
from torch import nn

from mien.models.heads import HEADS
from mien.sections import ModelParams


def test_the_names_are_those_that_parameters_allow() -> None:
    assert set(HEADS) == set(ModelParams.model_fields["head"].annotation.__args__)  # type: ignore[union-attr]


@pytest.mark.parametrize(("name", "hidden"), [("dense256", 256), ("dense512", 512)])
def test_dense_head_is_pool_linear_relu_linear(name: str, hidden: int) -> None:
    head = HEADS[name](40, 7, dropout=0.53)
    linears = [module for module in head.modules() if isinstance(module, nn.Linear)]
    assert [tuple(linear.weight.shape) for linear in linears] == [(hidden, 40), (7, hidden)]
    assert [module.p for module in head.modules() if isinstance(module, nn.Dropout)] == [0.53]
    maps = torch.randn(3, 40, 4, 5)
    first, last = linears
    by_hand = torch.relu(maps.mean(dim=(2, 3)) @ first.weight.T + first.bias) @ last.weight.T + last.bias
    torch.testing.assert_close(head.eval()(maps), by_hand)


def test_dropout_stands_before_the_last_layer() -> None:
    head = HEADS["dense256"](40, 7, dropout=0.5).train()
    seen: list[torch.Tensor] = []
    last = [module for module in head.modules() if isinstance(module, nn.Linear)][-1]
    last.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.fill_(1.0)
    head(torch.ones(4, 40, 2, 2))
    values = seen[0].unique().tolist()
    assert values == [0.0, 82.0]  # (40 + 1) / (1 - 0.5) where kept
