"""The layers of a backbone in execution order, freezing and unfreezing."""

import pytest
import timm.layers
import torch
from torch import nn

from mien.models.layers import freeze, last_layers, layers, unfreeze

from .make import BASELINES, make_config, make_hollow, make_model

# Counted by hand from the architectures. ResNet-50: 53 convolutions, 53 norms, 16 x 3 + 1 ReLU. MobileNetV2: 52 convolutions and
# norms. Inception: 94 of each. DenseNet: 120 convolutions and 121 norms. EfficientNet-B1: 23 blocks with two squeeze-excitation
# convolutions, an activation and a gate each; 7 stages with 2 + 3 + 3 + 4 + 4 + 5 + 2 blocks, of which the first 2 have no expansion.
COUNTS = {
    "resnet50": 53 + 53 + 49,
    "mobilenetv2_100": 2 * 52,
    "inception_v3": 2 * 94,
    "densenet121": 120 + 121,
    "efficientnet_b1": 2 * (1 + 2 * 2 + 21 * 3 + 1) + 23 * 4,
}


@pytest.mark.parametrize("backbone", BASELINES)
def test_counts_and_order_of_the_baselines(backbone: str) -> None:
    model = make_hollow(make_config(backbone=backbone, input_px=80))
    every = last_layers(model, 10_000, input_px=80)
    assert len(every) == len(set(every)) == COUNTS[backbone]
    assert set(every) == set(layers(model.backbone))
    last = last_layers(model, 30, input_px=80)
    assert last == every[-30:] == last_layers(model, 30, input_px=96)
    owners = {id(parameter) for module in every for parameter in module.parameters(recurse=False)}
    assert owners == {id(parameter) for parameter in model.backbone.parameters()}, "every parameter belongs to one layer"


@pytest.mark.parametrize(
    ("backbone", "last"), [("resnet50", "layer4.2.act3"), ("mobilenetv2_100", "bn2"), ("densenet121", "features.norm5")]
)
def test_the_last_layer_is_the_last_to_run(backbone: str, last: str) -> None:
    model = make_hollow(make_config(backbone=backbone, input_px=80))
    names = {module: name for name, module in model.backbone.named_modules()}
    assert names[last_layers(model, 1, input_px=80)[0]] == last


def test_execution_order_not_order_of_declaration() -> None:
    class Swapped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.second, self.first, self.never = nn.Conv2d(4, 4, 1), nn.Conv2d(3, 4, 1), nn.Conv2d(9, 9, 1)
            self.norm, self.pool, self.skip = timm.layers.BatchNormAct2d(4), nn.AvgPool2d(2), nn.Identity()

        def forward_features(self, images: torch.Tensor) -> torch.Tensor:
            return self.skip(self.pool(self.second(self.norm(self.first(images)))))

    model = make_model(make_config())
    model.backbone = swapped = Swapped()
    assert last_layers(model, 99, input_px=16) == [swapped.first, swapped.norm, swapped.second]
    assert last_layers(model, 2, input_px=16) == [swapped.norm, swapped.second]


def test_looking_changes_nothing() -> None:
    model = make_model(make_config()).train()
    list(model.backbone.modules())[3].eval()
    modes = [module.training for module in model.modules()]
    state = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    generator = torch.random.get_rng_state()
    last_layers(model, 5, input_px=64)
    assert modes == [module.training for module in model.modules()]
    assert all(torch.equal(state[key], tensor) for key, tensor in model.state_dict().items())
    assert torch.equal(generator, torch.random.get_rng_state())
    assert not any(module._forward_hooks for module in model.modules())


def trained_tensors(model: nn.Module) -> set[str]:
    """Names of the tensors that a training step changes."""
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    optimizer = torch.optim.SGD([parameter for parameter in model.parameters() if parameter.requires_grad], lr=0.1)
    model.train()
    model(torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))).square().sum().backward()
    optimizer.step()
    return {key for key, tensor in model.state_dict().items() if not torch.equal(before[key], tensor)}


def test_frozen_backbones_do_not_move_nor_do_their_statistics() -> None:
    model = make_model(make_config(attention="se"))
    assert any(key.endswith("running_mean") for key in trained_tensors(model)), "unfrozen, all of it moves"
    model = make_model(make_config(attention="se"))
    freeze(model)
    moved = trained_tensors(model)
    assert moved and not [key for key in moved if key.startswith("backbone.")]
    assert {key.split(".")[0] for key in moved} == {"attention", "head"}


def test_unfrozen_layers_move_and_batch_norm_statistics_still_do_not() -> None:
    model = make_model(make_config())
    freeze(model)
    last = last_layers(model, 6, input_px=64)
    unfreeze(last)
    names = {module: name for name, module in model.named_modules()}
    allowed = {f"{names[module]}.{key}" for module in last for key, _ in module.named_parameters(recurse=False)}
    moved = {key for key in trained_tensors(model) if key.startswith("backbone.")}
    assert moved == allowed and any(isinstance(module, timm.layers.BatchNormAct2d) for module in last)


def test_frozen_norms_stay_in_eval_mode_whoever_calls_train() -> None:
    model = make_model(make_config())
    freeze(model)
    for switch in (model.train, model.eval, model.train):
        switch()
    norms = [module for module in model.backbone.modules() if isinstance(module, nn.BatchNorm2d)]
    assert norms and not any(norm.training for norm in norms)
    assert model.training and model.head.training
