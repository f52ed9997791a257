"""Every backbone of the papers at several input sizes: built, run forwards and backwards, fine-tuned in part, saved and loaded."""

from pathlib import Path

import numpy as np
import pytest
import torch

from mien.models.layers import freeze, last_layers, layers, unfreeze
from mien.models.predict import predict_logits
from mien.models.store import load_model, save_model

from .make import make_config, make_hollow, make_model, pictures

CHANNELS = {
    "tf_efficientnet_b7": 2560,
    "mobilenetv1_100": 1024,
    "resnet18": 512,
    "resnet50": 2048,
    "swin_tiny_patch4_window7_224": 768,
    "efficientnet_b0": 1280,
    "cnn": 896,
}
LARGE = {"tf_efficientnet_b7", "resnet50", "swin_tiny_patch4_window7_224"}


@pytest.mark.parametrize("backbone", CHANNELS)
@pytest.mark.parametrize("input_px", [64, 80, 96, 224])
def test_shapes_forwards_and_a_gradient_for_every_weight(backbone: str, input_px: int) -> None:
    model = make_hollow(make_config(backbone=backbone, input_px=input_px, head="linear", attention="cbam")).train()
    side = input_px // 32 if backbone == "cnn" else -(-input_px // 32)
    images = torch.rand(2, 3, input_px, input_px, device="meta")
    maps = model.forward_features(images)
    assert maps.shape == (2, CHANNELS[backbone], side, side)
    model.head(maps).sum().backward()
    assert not [name for name, parameter in model.named_parameters() if parameter.grad is None]


@pytest.mark.parametrize("backbone", CHANNELS)
def test_its_last_layers_can_be_trained_alone(backbone: str) -> None:
    model = make_hollow(make_config(backbone=backbone, input_px=64))
    every = last_layers(model, 10_000, input_px=64)
    assert set(every) == set(layers(model.backbone))
    owned = {id(parameter) for module in every for parameter in module.parameters(recurse=False)}
    assert owned == {id(parameter) for parameter in model.backbone.parameters()}, "every parameter belongs to a layer"
    freeze(model)
    unfreeze(last_layers(model, 30, input_px=64))
    trained = [name for name, parameter in model.backbone.named_parameters() if parameter.requires_grad]
    assert trained and (backbone == "cnn" or len(trained) < len(list(model.backbone.parameters())))


@pytest.mark.parametrize("backbone", [pytest.param(name, marks=[pytest.mark.slow] if name in LARGE else []) for name in CHANNELS])
@pytest.mark.parametrize("input_px", [64, 80])
def test_a_step_of_training_then_saved_and_loaded_bit_for_bit(tmp_path: Path, backbone: str, input_px: int) -> None:
    config = make_config(backbone=backbone, input_px=input_px, head="linear", attention="spatial")
    model, images = make_model(config).train(), pictures(2, input_px)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    model(images.float() / 255).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in model.parameters())
    optimizer.step()
    before = predict_logits(model, images, input_px=input_px, precision="fp32", device="cpu")
    save_model(tmp_path / "m", model, config, facts={})
    loaded, _ = load_model(tmp_path / "m")
    assert np.isfinite(before).all()
    assert np.array_equal(before, predict_logits(loaded, images, input_px=input_px, precision="fp32", device="cpu"))
