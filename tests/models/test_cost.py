"""Parameters and multiply-accumulates against counts by hand and published figures."""

import pytest
import timm
import torch
from torch import nn

from mien.models.cost import Cost, cost

from .make import make_config, make_hollow, make_model


def test_a_tiny_network_by_hand() -> None:
    with torch.device("meta"):
        model = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1, stride=2),  # 16 px to 8: 8 x 8 cells, each 8 outputs of 3 x 9 products
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Conv2d(8, 8, 3, groups=8),  # depthwise, to 6 x 6 cells: 8 outputs of 9 products
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(8, 5),
        )
    parameters = (8 * 3 * 9 + 8) + 2 * 8 + (8 * 9 + 8) + (8 * 5 + 5)
    macs = 8 * 8 * 8 * 3 * 9 + 6 * 6 * 8 * 9 + 8 * 5
    assert cost(model, input_px=16) == Cost(parameters, macs)


@pytest.mark.parametrize(
    ("name", "parameters_m", "macs_g"),
    [("resnet50", 25.6, 4.1), ("resnet18", 11.7, 1.8), ("mobilenetv2_100", 3.5, 0.3), ("swin_tiny_patch4_window7_224", 28.3, 4.5)],
)
def test_published_figures_at_224_px(name: str, parameters_m: float, macs_g: float) -> None:
    with torch.device("meta"):
        found = cost(timm.create_model(name), input_px=224)
    assert found.num_parameters / 1e6 == pytest.approx(parameters_m, abs=0.06)
    assert found.num_macs / 1e9 == pytest.approx(macs_g, rel=0.03)


def test_convolutions_cost_with_the_area_and_the_dense_layers_do_not() -> None:
    model = make_hollow(make_config(backbone="cnn", head="dense", head_params={"hidden": 512}))
    dense = 896 * 512 + 512 * 3
    small, large = (cost(model, input_px=side_px).num_macs - dense for side_px in (32, 64))
    assert large == 4 * small


def test_attention_and_head_count_too() -> None:
    bare, with_se = (cost(make_hollow(make_config(attention=name)), input_px=64) for name in ("none", "se"))
    assert with_se.num_parameters > bare.num_parameters and with_se.num_macs > bare.num_macs


def test_a_real_model_would_compute_and_is_refused() -> None:
    with pytest.raises(AssertionError, match="compute"):
        cost(make_model(make_config()), input_px=64)
