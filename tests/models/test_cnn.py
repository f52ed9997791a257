"""The conventional network: its size, its map, and that it is a backbone like timm's."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from mien.core.errors import ParamsError, WeightsError
from mien.models.backbones import classifier_names, create_backbone, map_shape, statistics
from mien.models.build import build_model
from mien.models.layers import freeze, last_layers
from mien.models.pretrained import write_pretrained

from .make import make_config, make_hollow

CNN = make_config(backbone="cnn", input_px=32)


@pytest.mark.parametrize(("head", "parameters"), [("dense", {"hidden": 256}), ("dense", {"hidden": 512}), ("linear", {})])
@pytest.mark.parametrize("classes", [5, 7])
def test_with_its_head_it_has_14_to_16_million_parameters(head: str, parameters: dict[str, int], classes: int) -> None:
    model = make_hollow(make_config(backbone="cnn", head=head, head_params=parameters, classes=[str(k) for k in range(classes)]))
    assert 14e6 <= sum(parameter.numel() for parameter in model.parameters()) <= 16e6


def test_the_parameters_of_its_convolutions_by_hand() -> None:
    widths = [3, 56, 112, 224, 448, 896]
    by_hand = sum(9 * a * b + b + 9 * b * b + b for a, b in pairwise(widths))
    assert sum(parameter.numel() for parameter in make_hollow(CNN).backbone.parameters()) == by_hand == 14_427_448


@pytest.mark.parametrize(("input_px", "side"), [(32, 1), (63, 1), (80, 2), (224, 7)])
def test_its_map_is_a_32nd_of_the_picture(input_px: int, side: int) -> None:
    assert map_shape("cnn", input_px=input_px, model="m") == (896, side, side)


def test_smaller_pictures_are_refused() -> None:
    with pytest.raises(ParamsError, match=r"^models\.one\.input_px: must be at least 32 for cnn \(got 31\)$"):
        map_shape("cnn", input_px=31, model="one")


def test_it_is_convolutions_relu_and_max_pools() -> None:
    kinds = [type(module) for block in make_hollow(CNN).backbone.blocks for module in block]
    assert kinds == 5 * [nn.Conv2d, nn.ReLU, nn.Conv2d, nn.ReLU, nn.MaxPool2d]
    last = last_layers(make_hollow(CNN), 99, input_px=32)
    assert [type(module) for module in last] == 5 * [nn.Conv2d, nn.ReLU, nn.Conv2d, nn.ReLU]


def test_signals_neither_vanish_nor_explode_and_every_weight_learns() -> None:
    torch.manual_seed(0)
    model = build_model(make_config(backbone="cnn", input_px=32)).train()
    maps = model.forward_features(torch.rand(4, 3, 32, 32))
    assert 0.1 < maps.std() < 10
    model.head(maps).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in model.backbone.parameters())
    freeze(model)
    assert not any(parameter.requires_grad for parameter in model.backbone.parameters())


def test_it_has_imagenets_statistics_and_no_classifier() -> None:
    assert statistics("cnn", "backbone") == statistics("cnn", "shared")
    assert not [key for key in make_hollow(CNN).backbone.state_dict() if key.startswith(classifier_names("cnn"))]


def test_imagenet_weights_are_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"no pretrained weights for cnn; set `weights` to none or to a folder with cnn\.safetensors"):
        write_pretrained(tmp_path / "m", backbone="cnn", weights="imagenet")


def test_its_weights_come_from_a_folder(tmp_path: Path) -> None:
    torch.manual_seed(1)
    state = create_backbone("cnn", input_px=None).state_dict()
    (tmp_path / "mine").mkdir()
    save_file(state, tmp_path / "mine" / "cnn.safetensors")
    write_pretrained(tmp_path / "m", backbone="cnn", weights=str(tmp_path / "mine"))
    loaded = build_model(CNN, pretrained=tmp_path / "m").backbone.state_dict()
    assert loaded.keys() == state.keys() and all(torch.equal(loaded[key], state[key]) for key in state)
