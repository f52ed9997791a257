"""The real MobileNetV2 weights: they load, they are the trained ones, and they fine-tune as the recipe says."""

from pathlib import Path

import pytest
import torch

from mien.models.build import ExpressionModel, build_model
from mien.models.layers import freeze, last_layers, unfreeze
from mien.models.pretrained import write_pretrained
from mien.models.weights import file_sha256
from tests.models.make import make_config

WEIGHTS = Path(__file__).parents[2].parent / "shared" / "weights"
FILE = WEIGHTS / "mobilenetv2_100.imagenet.safetensors"
CONFIG = make_config(name="mobilenetv2", backbone="mobilenetv2_100", input_px=96, weights=str(WEIGHTS))

pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="needs ../shared/weights")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pretrained") / "mobilenetv2"
    note = write_pretrained(folder, backbone="mobilenetv2_100", weights=str(WEIGHTS))
    assert note["source"] == FILE.name and note["sha256"] == file_sha256(FILE)
    assert (note["mean"], note["std"]) == ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    return folder


@pytest.fixture
def model(folder: Path) -> ExpressionModel:
    torch.manual_seed(0)
    return build_model(CONFIG, pretrained=folder)


def test_they_are_the_files_weights(model: ExpressionModel) -> None:
    from safetensors.torch import load_file

    state, given = model.backbone.state_dict(), load_file(FILE)
    assert set(state) == set(given) and all(torch.equal(state[key], given[key]) for key in given)


def test_trained_features_are_sparse_and_tame(model: ExpressionModel) -> None:
    """Of trained weights with the right input statistics, and of no random ones: ReLU6 maps, mostly zero, hardly ever saturated."""
    maps = model.eval().forward_features(torch.rand(4, 3, 96, 96, generator=torch.Generator().manual_seed(0)))
    assert maps.shape == (4, 1280, 3, 3) and maps.min() >= 0 and maps.max() <= 6
    assert (maps == 0).float().mean() > 0.5 and (maps == 6).float().mean() < 0.05


def test_the_recipes_two_stages_train_what_they_should(model: ExpressionModel) -> None:
    def trainable() -> int:
        return sum(parameter.numel() for parameter in model.backbone.parameters() if parameter.requires_grad)

    total = sum(parameter.numel() for parameter in model.backbone.parameters())
    assert trainable() == total == 2_223_872
    freeze(model)
    assert trainable() == 0 and all(parameter.requires_grad for parameter in model.head.parameters())
    last = last_layers(model, 30, input_px=96)
    unfreeze(last)
    assert len(last) == 30
    names = {module: name for name, module in model.backbone.named_modules()}
    # Fifteen convolutions with their norms: conv_head, blocks 6.0, 5.2, 5.1 and 5.0 (three each), and the last two of block 4.2.
    assert {names[module].rsplit(".", 1)[0] for module in last if "." in names[module]} == {
        "blocks.6.0", "blocks.5.2", "blocks.5.1", "blocks.5.0", "blocks.4.2"
    }  # fmt: skip
    assert trainable() == sum(parameter.numel() for module in last for parameter in module.parameters(recurse=False)) > total / 2
