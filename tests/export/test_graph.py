"""The graph in ONNX Runtime against the pipeline's own prediction in torch."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import pytest
import torch
import torch.nn.functional as F
from ruamel.yaml import YAML
from torch import Tensor, nn

from mien.core.errors import ExportError
from mien.export.gate import Outputs, graph_maps, graph_outputs, prove, torch_outputs
from mien.export.graph import OPSET, to_onnx
from mien.export.maps import expected_maps, prove_maps
from mien.models.build import ExpressionModel
from mien.models.inputs import to_input
from mien.models.predict import forward_pass
from mien.models.tta import VIEWS, mean_logits
from tests.models.make import make_config, pictures

from .make import SIZE_PX, squares, trained_like

ROOT = Path(__file__).parents[2]
TEMPERATURE = 1.7
SHIPPED = [  # backbone, attention, head, smallest sensible input
    ("mobilenetv2_100", "none", "linear", 64),
    ("mobilenetv2_100", "none", "dense", 64),
    ("mobilenetv1_100", "none", "linear", 64),
    ("efficientnet_b0", "se", "dense", 64),
    ("efficientnet_b0", "spatial", "linear", 64),
    ("efficientnet_b0", "pointwise", "two_dense", 64),
    ("efficientnet_b0", "multi_scale", "linear", 144),
    ("cnn", "none", "dense", 64),
    ("resnet18", "none", "linear", 64),
    ("resnet18", "none", "importance", 64),
    ("resnet18", "none", "uncertainty", 64),
]
HEAVY = [
    ("resnet50", "none", "dense", 64),
    ("resnet50", "none", "linear", 80),
    ("inception_v3", "none", "dense", 75),
    ("densenet121", "none", "dense", 64),
    ("efficientnet_b1", "none", "dense", 64),
    ("tf_efficientnet_b7", "none", "max_pool_dense", 64),
    ("swin_tiny_patch4_window7_224", "none", "linear", 80),
]


def exact(network: ExpressionModel, images_N3SS: Tensor, *, input_px: int, tta: str) -> npt.NDArray[np.float64]:
    """The logits in double precision."""
    twice = network.double()
    views = [view_N3SS.double() / 255 for view_N3SS in VIEWS[tta](images_N3SS)]
    resized = [F.interpolate(view, size=(input_px, input_px), mode="bilinear", antialias=True, align_corners=False) for view in views]
    with torch.no_grad():
        return mean_logits([twice(view) for view in resized]).numpy()


def check(backbone: str, attention: str, head: str, input_px: int, *, tta: str = "none", size_px: int = SIZE_PX, num: int = 8) -> None:
    """The gate lets the graph pass, whose logits are about as near to those of double precision as those of torch are."""
    config = make_config(backbone=backbone, attention=attention, head=head, input_px=input_px)
    network, images = trained_like(config, size_px=size_px), squares(num, size_px)
    how = {"input_px": input_px, "tta": tta, "temperature": TEMPERATURE}
    graph = to_onnx(network, num_classes=len(config.classes), size_px=size_px, **how)
    onnx.checker.check_model(graph, full_check=True)
    assert [(each.domain, each.version) for each in graph.opset_import] == [("", OPSET)]  # merged graphs may name it more than once
    expected, given = torch_outputs(network, images, **how), graph_outputs(graph.SerializeToString(), images)
    prove(given, expected, classes=config.classes)
    maps_NKhw = graph_maps(graph.SerializeToString(), images)
    assert (maps_NKhw is not None) == (head in ("linear", "importance") and tta != "ten_crop")
    if maps_NKhw is not None:
        by_gradients_NKhw = expected_maps(network, images, input_px=input_px, num_classes=len(config.classes))
        prove_maps(maps_NKhw, by_gradients_NKhw)
        assert maps_NKhw.max() > 0 and maps_NKhw.std() > 0
    exact_NK = exact(network, torch.from_numpy(images), input_px=input_px, tta=tta)
    scale = abs(exact_NK).max()
    error, own_error = (abs(each.logits_NK - exact_NK).max() for each in (given, expected))
    assert error <= 4 * own_error + 1e-6 * scale
    assert exact_NK.std(axis=0).max() > 1e-3 * scale, "a network that does not look at its images would prove nothing"


@pytest.mark.parametrize(("backbone", "attention", "head", "input_px"), SHIPPED)
def test_every_shipped_architecture(backbone: str, attention: str, head: str, input_px: int) -> None:
    check(backbone, attention, head, input_px)


@pytest.mark.slow
@pytest.mark.parametrize(("backbone", "attention", "head", "input_px"), HEAVY)
def test_every_large_shipped_architecture_with_two_views(backbone: str, attention: str, head: str, input_px: int) -> None:
    check(backbone, attention, head, input_px, tta="flip", num=3)


def test_the_lists_above_are_those_of_the_shipped_configurations() -> None:
    files = [ROOT / "params.yaml", *(ROOT / "mien/config/presets").glob("*.yaml")]
    entries = [entry for file in files for entry in YAML(typ="safe").load(file.read_text(encoding="utf-8")).get("models", {}).values()]
    shipped = {(entry["backbone"], entry["attention"], entry["head"]) for entry in entries if entry and "backbone" in entry}
    assert shipped and shipped <= {each[:3] for each in (*SHIPPED, *HEAVY)}


@pytest.mark.parametrize("attention", ["none", "se", "eca", "spatial", "cbam", "pointwise", "multi_scale"])
@pytest.mark.parametrize("head", ["linear", "dense", "max_pool_dense", "two_dense", "importance", "uncertainty"])
def test_every_attention_block_and_head(attention: str, head: str) -> None:
    check("test_efficientnet", attention, head, 144 if attention == "multi_scale" else 64, tta="flip", num=5)


@pytest.mark.parametrize("tta", VIEWS)
@pytest.mark.parametrize(("size_px", "input_px"), [(48, 48), (48, 64), (50, 64)])
def test_every_kind_of_views(tta: str, size_px: int, input_px: int) -> None:
    check("test_efficientnet", "none", "linear", input_px, tta=tta, size_px=size_px)


def test_a_normalization_of_its_own_is_in_the_graph() -> None:
    config = make_config(head="linear", normalization="half")
    network, images = trained_like(config), squares(3)
    network.mean_C11.fill_(0.3)
    how = {"input_px": 64, "tta": "none", "temperature": 1.0}
    given = graph_outputs(to_onnx(network, num_classes=3, size_px=SIZE_PX, **how).SerializeToString(), images)
    prove(given, torch_outputs(network, images, **how), classes=config.classes)


class Pixels(nn.Module):
    """A network whose logits are the pixels of its input."""

    def forward(self, images_N3PP: Tensor) -> Tensor:
        return images_N3PP.flatten(1)


def of_pixels(images_N3SS: Tensor, *, input_px: int, tta: str = "none", temperature: float = 1.0) -> Outputs:
    """What the graph around that network makes of images."""
    how = {"num_classes": 3 * input_px**2, "size_px": images_N3SS.shape[-1]}
    graph = to_onnx(Pixels(), **how, input_px=input_px, tta=tta, temperature=temperature)
    return graph_outputs(graph.SerializeToString(), images_N3SS.numpy())


@pytest.mark.parametrize(("size_px", "input_px"), [(48, 48), (48, 80), (63, 64), (48, 49), (33, 224)])
def test_images_are_resized_as_torch_resizes_them_with_antialiasing(size_px: int, input_px: int) -> None:
    images = pictures(3, size_px)
    expected = to_input(images, input_px=input_px, channels_last=False).flatten(1).numpy()
    assert abs(of_pixels(images, input_px=input_px).logits_NK - expected).max() < 1e-5


@pytest.mark.parametrize("tta", VIEWS)
@pytest.mark.parametrize("size_px", [40, 45])
def test_the_views_are_pixel_for_pixel_those_of_the_pipeline(tta: str, size_px: int) -> None:
    """More than one batch size, and images of one batch do not mix."""
    images = pictures(4, size_px)
    expected = forward_pass(Pixels(), input_px=48, precision="fp32", device="cpu", tta=tta)(images).numpy()
    assert abs(of_pixels(images, input_px=48, tta=tta).logits_NK - expected).max() < 1e-5


def test_a_temperature_of_1_leaves_the_softmax_of_the_logits_and_a_high_one_evens_the_probabilities() -> None:
    images, logits_NK = pictures(4, 32), []
    for temperature, even in ((1.0, False), (1e6, True)):
        given = of_pixels(images, input_px=32, temperature=temperature)
        logits_NK.append(given.logits_NK)
        wanted = torch.softmax(torch.from_numpy(given.logits_NK) / temperature, dim=1).numpy()
        assert abs(given.probabilities_NK - wanted).max() < 1e-8
        assert (given.probabilities_NK.max() < 1.0001 * given.probabilities_NK.min()) == even
    assert (logits_NK[0] == logits_NK[1]).all(), "the temperature does not touch the logits"


class Unknown(nn.Module):
    """A network with an operation that ONNX does not have."""

    def forward(self, images_N3PP: Tensor) -> Tensor:
        return torch.linalg.svdvals(images_N3PP[:, 0])


def test_what_torch_cannot_convert_and_what_is_too_large_is_refused() -> None:
    how = {"num_classes": 3, "size_px": 32, "input_px": 32, "tta": "none", "temperature": 1.0}
    with pytest.raises(ExportError, match=r"torch cannot convert this network to ONNX \(.*svd"):
        to_onnx(Unknown(), **how)
    with torch.device("meta"):
        large = nn.Linear(2**15, 2**15)  # 4.3 GB
    with pytest.raises(ExportError, match=r"has 4\.3 GB of weights"):
        to_onnx(large, **how)
