"""What mien.models.backbones says of timm's architectures, against the architectures themselves."""

import pytest
import timm
import torch
from timm.layers import DropPath

from mien.config import backbones as names_of_backbones
from mien.core.errors import ParamsError
from mien.models.backbones import OWN, classifier_names, create_backbone, empty_state, feature_maps, map_shape, statistics

from .make import BASELINES

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HALF = ((0.5,) * 3, (0.5,) * 3)


@pytest.mark.parametrize(
    ("name", "channels"),
    [("resnet50", 2048), ("inception_v3", 2048), ("mobilenetv2_100", 1280), ("densenet121", 1024), ("efficientnet_b1", 1280)],
)
def test_width_and_grid_of_the_baselines(name: str, channels: int) -> None:
    grid = {"inception_v3": 5}.get(name, 7)
    assert map_shape(name, input_px=224, model="m") == (channels, grid, grid)


def test_efficientnet_b0_ends_after_its_last_convolution() -> None:
    assert map_shape("efficientnet_b0", input_px=224, model="m") == (1280, 7, 7)


@pytest.mark.parametrize("name", ["test_efficientnet", "test_mambaout", "swin_tiny_patch4_window7_224"])
def test_maps_come_as_NCHW_whatever_timms_layout(name: str) -> None:
    with torch.device("meta"):
        backbone = create_backbone(name, input_px=96).eval()
        assert feature_maps(backbone, torch.rand(2, 3, 96, 96)).shape == (2, backbone.num_features, 3, 3)
    assert map_shape(name, input_px=96, model="m") == (backbone.num_features, 3, 3)


def test_too_small_an_input_is_named_with_the_least() -> None:
    with pytest.raises(ParamsError, match=r"^models\.one\.input_px: must be at least 75 for inception_v3 \(got 64\)$"):
        map_shape("inception_v3", input_px=64, model="one")
    assert map_shape("inception_v3", input_px=75, model="one") == (2048, 1, 1)


def test_a_size_that_windows_do_not_divide_is_named_with_its_neighbours() -> None:
    with pytest.raises(
        ParamsError, match=r"^models\.one\.input_px: must be a size that maxxvitv2_nano_rw_256 takes, such as 96 or 128 \(got 112\)$"
    ):
        map_shape("maxxvitv2_nano_rw_256", input_px=112, model="one")


def test_a_backbone_without_a_grid_is_refused() -> None:
    with pytest.raises(ParamsError, match=r"^models\.one\.backbone: must give a feature map"):
        map_shape("test_vit", input_px=160, model="one")


@pytest.mark.parametrize("name", [*BASELINES, "efficientnet_b0"])
def test_statistics_are_timms(name: str) -> None:
    with torch.device("meta"):
        data = timm.data.resolve_data_config({}, model=timm.create_model(name))
    assert statistics(name, "backbone") == (data["mean"], data["std"])
    assert statistics(name, "shared") == IMAGENET
    assert statistics(name, "half") == HALF


def test_statistics_differ_where_methods_say_so() -> None:
    halves = {name for name in BASELINES if statistics(name, "backbone") == HALF}
    assert halves == {"inception_v3", "efficientnet_b1"}


def test_a_files_tag_brings_its_own_statistics() -> None:
    assert statistics("efficientnet_b1", "backbone", tag="ft_in1k") == IMAGENET
    assert statistics("efficientnet_b1", "backbone", tag="my_own") == HALF
    assert statistics("efficientnet_b1", "shared", tag="ra4_e3600_r240_in1k") == IMAGENET


@pytest.mark.parametrize("name", ["test_efficientnet", "cnn"])
def test_empty_state_is_the_backbones(name: str) -> None:
    state = create_backbone(name, input_px=64).state_dict()
    assert {key: tensor.shape for key, tensor in empty_state(name).items()} == {k: t.shape for k, t in state.items()}


@pytest.mark.parametrize("name", BASELINES)
def test_classifier_names_cover_what_timms_files_hold_beside_the_backbone(name: str) -> None:
    with torch.device("meta"):
        full = timm.create_model(name).state_dict()
    inside, names = empty_state(name), classifier_names(name)
    outside = {key for key in full if key not in inside}
    assert outside and all(key.startswith(names) for key in outside)
    assert not any(key.startswith(names) for key in inside)


def test_own_names_are_listed_and_are_none_of_timms() -> None:
    assert set(OWN) == names_of_backbones.OWN
    assert not set(OWN) & set(timm.list_models()), "timm took the name of one of ours: rename ours, or old params.yaml would mean another"


def test_stochastic_depth_skips_blocks_in_training_only_and_the_last_most() -> None:
    backbone = create_backbone("test_resnet", input_px=64, drop_path=0.4)
    rates = [module.drop_prob for module in backbone.modules() if isinstance(module, DropPath)]
    assert rates == sorted(rates) and rates[-1] == pytest.approx(0.4)
    assert not [module for module in create_backbone("test_resnet", input_px=64).modules() if isinstance(module, DropPath)]
    images = torch.rand(8, 3, 64, 64)
    for module in backbone.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.ones_(module.weight)  # timm starts each residual branch at 0, where skipping it would change nothing
    with torch.no_grad():
        once, again = (backbone.train()(images) for _ in range(2))
        assert not torch.equal(once, again)
        assert torch.equal(*(backbone.eval()(images) for _ in range(2)))


@pytest.mark.parametrize("name", ["cnn", "vgg11"])
def test_stochastic_depth_is_refused_where_there_is_none(name: str) -> None:
    with pytest.raises(ParamsError, match=f"drop_path: must be 0 for {name}"):
        create_backbone(name, input_px=64, drop_path=0.1)
