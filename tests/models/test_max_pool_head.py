"""The head of EfficientNet-B7: what it computes, and its terms of the loss against Keras's definitions."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mien.models.heads.max_pool_dense import MaxPoolDenseHead

from .make import make_config, make_model

NAMES = ("l1_weights", "l2_weights", "l1_bias", "l1_activations")


def head_of(**own: Any) -> MaxPoolDenseHead:
    torch.manual_seed(0)
    settings: dict[str, Any] = {"hidden": 256, "dropout": 0.45, "batch_norm": True, **dict.fromkeys(NAMES, 0.0), **own}
    return MaxPoolDenseHead(12, 5, **settings)


def activations(head: nn.Module, maps_NCHW: Tensor) -> Tensor:
    """a, N×256, by hand; batch norm by the batch's own mean and variance, as in training."""
    pooled_NC = maps_NCHW.flatten(2).max(dim=2).values
    if not isinstance(head.norm, nn.Identity):
        centred = pooled_NC - pooled_NC.mean(dim=0)
        pooled_NC = centred / (centred.square().mean(dim=0) + 1e-5).sqrt() * head.norm.weight + head.norm.bias
    return torch.relu(pooled_NC @ head.hidden.weight.T + head.hidden.bias)


@pytest.mark.parametrize("batch_norm", [True, False])
def test_it_is_max_pool_norm_linear_relu_linear(batch_norm: bool) -> None:
    head = head_of(batch_norm=batch_norm, dropout=0.0).double()
    maps = torch.randn(6, 12, 3, 4, dtype=torch.float64)
    by_hand = activations(head, maps) @ head.classifier.weight.T + head.classifier.bias
    torch.testing.assert_close(head(maps), by_hand)
    assert (tuple(head.hidden.weight.shape), tuple(head.classifier.weight.shape)) == ((256, 12), (5, 256))
    assert sum(isinstance(module, nn.BatchNorm1d) for module in head.modules()) == batch_norm


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("only", [*NAMES, None])
def test_the_penalty_is_kerass(only: str | None, batch_norm: bool) -> None:
    strengths = {"l1_weights": 0.3, "l2_weights": 0.016, "l1_bias": 0.006, "l1_activations": 0.05}
    strengths = {name: value for name, value in strengths.items() if only in (None, name)}
    head = head_of(batch_norm=batch_norm, **strengths).double().train()
    maps = torch.randn(6, 12, 3, 4, dtype=torch.float64)
    expected = 0.0
    for name, strength in strengths.items():
        weights, bias = head.hidden.weight.flatten().tolist(), head.hidden.bias.tolist()
        expected += (
            strength
            * {
                "l1_weights": sum(abs(w) for w in weights),
                "l2_weights": sum(w * w for w in weights),
                "l1_bias": sum(abs(b) for b in bias),
                "l1_activations": activations(head, maps).abs().sum().item() / 6,
            }[name]
        )
    head(maps)
    assert head.penalty().item() == pytest.approx(expected, rel=1e-12) and expected > 0


def test_its_gradient_agrees_with_finite_differences() -> None:
    head = head_of(batch_norm=False, l1_weights=0.1, l2_weights=0.016, l1_bias=0.006, l1_activations=0.05).double().train()
    maps = torch.randn(3, 12, 2, 2, dtype=torch.float64)

    class Terms(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = head

        def forward(self) -> Tensor:
            self.head(maps)
            return self.head.penalty()

    terms, names = Terms(), ("head.hidden.weight", "head.hidden.bias")
    inputs = [parameter.detach().clone().requires_grad_() for parameter in (head.hidden.weight, head.hidden.bias)]
    assert torch.autograd.gradcheck(
        lambda *given: torch.func.functional_call(terms, dict(zip(names, given, strict=True)), ()), inputs, fast_mode=True
    )


def test_it_is_for_training_alone_and_taken_once() -> None:
    head, maps = head_of(l1_bias=0.1).train(), torch.randn(3, 12, 2, 2)
    assert head.penalty() == 0, "nothing ran yet"
    head(maps)
    assert head.penalty() > 0
    assert head.penalty() == 0, "taken once"
    head(maps)
    head.eval()(maps)
    assert head.penalty() == 0, "the last pass was none of training"


def test_no_graph_outlives_its_use() -> None:
    head, maps = head_of(l1_activations=0.1).train(), torch.randn(3, 12, 2, 2)
    (head(maps).sum() + head.penalty()).backward()
    assert not [name for name, value in vars(head).items() if isinstance(value, Tensor)]
    head(maps)
    head.eval()(maps)
    assert not [name for name, value in vars(head).items() if isinstance(value, Tensor)], "nor that of a pass whose penalty nobody took"


def test_under_bf16_the_penalty_is_float32() -> None:
    head, maps = head_of(l2_weights=0.016, l1_bias=0.006, l1_activations=0.006).train(), torch.randn(4, 12, 2, 2)
    head(maps)
    exact = head.penalty().item()
    with torch.autocast("cpu", torch.bfloat16):
        head(maps.bfloat16())
        penalty = head.penalty()
    assert penalty.dtype == torch.float32
    assert float(penalty) == pytest.approx(exact, rel=0.01)


def test_a_model_has_its_heads_penalty_and_other_heads_have_none() -> None:
    strengths = {"hidden": 256, "batch_norm": True, "l1_weights": 0.0, "l2_weights": 0.016, "l1_bias": 0.006, "l1_activations": 0.006}
    model = make_model(make_config(head="max_pool_dense", head_params=strengths)).train()
    model(torch.rand(2, 3, 64, 64))
    penalty = model.penalty()
    penalty.backward()
    assert penalty > 0 and model.head.hidden.weight.grad.abs().sum() > 0
    assert next(model.backbone.parameters()).grad.abs().sum() > 0, "through the activations"
    assert float(make_model(make_config()).train().penalty()) == 0
