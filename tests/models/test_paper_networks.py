"""Networks whose number of parameters a paper gives, as the preset all has them, with the paper's seven classes."""

from pathlib import Path

import pytest
import torch
from torch import nn

from mien.config.configure import configure
from mien.config.params import load_params
from mien.config.preset import apply_preset
from mien.models.build import ExpressionModel, build_model

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ExpressionModel]:
    path = tmp_path_factory.mktemp("params") / "params.yaml"
    path.write_text((ROOT / "params.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("all", "fer2013"):
        apply_preset(name, path=path)
    params = load_params(path)
    with torch.device("meta"):
        return {name: build_model(configure(params, name)) for name in ("cnn", "efficientnet_b0_pointwise", "efficientnet_b0_spatial")}


def trained(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def test_efficientnet_b0_pointwise_has_the_counts_of_kausars_figure_1(networks: dict[str, ExpressionModel]) -> None:
    """Keras counts as not trained: means and variances of batch norms, and mean, variance and a counter of its input's normalisation."""
    model = networks["efficientnet_b0_pointwise"]
    statistics = sum(tensor.numel() for name, tensor in model.named_buffers() if name.endswith(("running_mean", "running_var")))
    of_the_input = sum(tensor.numel() for name, tensor in model.named_buffers() if name in ("mean_C11", "std_C11"))
    counter = 1  # of the images that its layer has seen; here, mean and standard deviation are given
    assert trained(model) == 6_438_787 and statistics + of_the_input + counter == 44_583
    assert trained(model) + 44_583 == 6_483_370


def test_cnn_exceeds_15_million_parameters_by_little(networks: dict[str, ExpressionModel]) -> None:
    assert trained(networks["cnn"]) == 15_006_015


def test_cbams_spatial_half_stays_beside_it_with_about_4_million(networks: dict[str, ExpressionModel]) -> None:
    assert trained(networks["efficientnet_b0_spatial"]) == 4_007_548 + 99 + 1280 * 7 + 7
