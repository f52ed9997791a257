"""The last block twice: one block more, equal at the start, and each branch what the plain backbone is."""

from pathlib import Path

import pytest
import torch

from mien.config.model import ModelConfig
from mien.core.errors import ParamsError
from mien.core.files import write_json
from mien.models import backbones
from mien.models.bilateral import LAST_BLOCKS, Bilateral, bilateral
from mien.models.build import build_model
from mien.models.layers import last_layers
from mien.models.store import load_model, save_model
from mien.models.weights import load_pretrained
from tests.models.make import make_config, make_hollow, make_model

FAMILIES = {
    "resnet18": 4_720_640,  # two 3×3 convolutions of 512, with batch norms
    "resnet50": 4_462_592,  # 1×1, 3×3, 1×1 with batch norms
    "mobilenetv2_100": 473_920,
    "mobilenetv1_100": 1_061_888,
    "efficientnet_b0": 717_232,
    "mobilenetv3_small_100": None,
    "swin_tiny_patch4_window7_224": None,
    "convnext_atto": None,
    "regnetx_002": None,
    "cnn": 10_839_808,
}
"""What the last block has; None where only that it is one block more is known here."""


def config_of(backbone: str, **changes: object) -> ModelConfig:
    return make_config(**{"backbone": backbone, "head": "linear", "branches": 2, "input_px": 64, **changes})


def test_every_family_that_is_named_is_tried() -> None:
    kinds = {type(backbones.hollow(name)).__name__ for name in FAMILIES}
    assert kinds == set(LAST_BLOCKS)


@pytest.mark.parametrize("name", FAMILIES)
def test_it_has_one_block_more_and_twice_the_channels(name: str) -> None:
    one, two = make_hollow(config_of(name, branches=1)), make_hollow(config_of(name))
    sizes = [sum(p.numel() for p in model.backbone.parameters()) for model in (one, two)]
    assert isinstance(two.backbone, Bilateral)
    (fork,) = two.backbone._fork
    assert sizes[1] - sizes[0] == sum(p.numel() for p in fork.branches[1].parameters()) > 0
    if FAMILIES[name] is not None:
        assert sizes[1] - sizes[0] == FAMILIES[name]
    assert two.head.classifier.in_features == 2 * one.head.classifier.in_features


@pytest.mark.parametrize("name", ["test_resnet", "mobilenetv2_100", "swin_tiny_patch4_window7_224", "cnn"])
def test_each_branch_is_the_plain_backbone_at_the_start(name: str) -> None:
    plain, model = (make_model(config_of(name, branches=branches)).eval() for branches in (1, 2))
    images = torch.rand(3, 3, 64, 64)
    with torch.no_grad():
        expected, both = plain.forward_features(images), model.forward_features(images)
        branches = [model.forward_branch(images, branch) for branch in (0, 1)]
    for found in (*both.chunk(2, dim=1), *branches):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    (fork,) = model.backbone._fork
    with torch.no_grad():
        for parameter in fork.branches[1].parameters():
            parameter.add_(0.1)
        torch.testing.assert_close(model.forward_features(images).chunk(2, dim=1)[0], expected, rtol=1e-4, atol=1e-5)
        moved = model.forward_features(images).chunk(2, dim=1)[1]
        torch.testing.assert_close(moved, model.forward_branch(images, 1), rtol=1e-4, atol=1e-5)
    assert not torch.allclose(moved, expected, rtol=1e-3, atol=1e-3), "the branches share nothing"


def test_a_branch_that_fails_leaves_both_for_the_next_pass() -> None:
    model = make_model(config_of("test_resnet")).eval()
    with pytest.raises(RuntimeError):
        model.forward_branch(torch.rand(1, 5, 64, 64), 0)
    assert model(torch.rand(2, 3, 64, 64)).shape == (2, 3)


def test_pretrained_weights_are_in_both_branches(tmp_path: Path) -> None:
    from safetensors.torch import save

    plain = make_model(config_of("test_resnet", branches=1), seed=5)
    place = tmp_path / "tiny/start"
    place.mkdir(parents=True)
    write_json(place / "pretrained.json", {"weights": "folder", "backbone": "test_resnet"})
    (place / "weights.safetensors").write_bytes(save(plain.backbone.state_dict()))
    torch.manual_seed(0)
    model = build_model(config_of("test_resnet"), pretrained=place)
    (fork,) = model.backbone._fork
    block = list(plain.backbone.layer4.children())[-1]
    for branch in fork.branches:
        assert all(torch.equal(a, b) for a, b in zip(branch.state_dict().values(), block.state_dict().values(), strict=True))
    assert load_pretrained(plain.backbone, place, name="test_resnet")["weights"] == "folder"


def test_it_survives_the_file(tmp_path: Path) -> None:
    config = config_of("test_resnet", attention="se")
    model = make_model(config).eval()
    save_model(tmp_path / "m", model, config, facts={})
    again, read = load_model(tmp_path / "m")
    assert read == config and read.branches == 2
    images = torch.rand(2, 3, 64, 64)
    torch.testing.assert_close(again(images), model(images))


def test_its_last_layers_are_found_and_its_tables_are_spared() -> None:
    model = make_model(config_of("test_resnet"))
    (fork,) = model.backbone._fork
    inside = set(fork.modules())
    assert all(layer in inside for layer in last_layers(model, 2, input_px=64))
    swin = make_hollow(config_of("swin_tiny_patch4_window7_224"))
    spared = swin.backbone.no_weight_decay()
    assert spared and spared <= {name for name, _ in swin.backbone.named_parameters()}
    assert any(".branches.1." in name for name in spared)


def test_a_backbone_whose_last_block_is_not_known_is_refused() -> None:
    with pytest.raises(ParamsError, match=r"models\.tiny\.backbone: must be a ConventionalCnn, .* densenet121 is a DenseNet"):
        make_hollow(config_of("densenet121"))
    with pytest.raises(ParamsError):
        bilateral(backbones.hollow("densenet121"), name="densenet121", model="m")
