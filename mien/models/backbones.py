"""The one place that resolves a backbone's name: how to make one, its width and layout, its input statistics and smallest input.

A name is one of mien's own (OWN) or timm's. Own names come first; should timm take one of them, a test says so and ours is renamed.

Shapes: N batch, C channels, H×W grid of the last feature map.
"""

import sys
import warnings
from bisect import bisect_left
from functools import cache
from typing import Any, Final, NoReturn

import timm
import torch
import torch.nn.functional as F
from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from mien.core.errors import ParamsError
from mien.models.cnn import ConventionalCnn

Statistics = tuple[tuple[float, ...], tuple[float, ...]]
STEP_PX = 16
OWN: Final[dict[str, type[nn.Module]]] = {"cnn": ConventionalCnn}
"""Architectures that timm does not have; with timm's `forward_features` and `num_features`. mien.config.backbones lists them too."""


def create_backbone(name: str, *, input_px: int | None) -> nn.Module:
    """The backbone `name` without classifier and pooling, randomly initialised from torch's global generator.

    Without `input_px`, of the size it was pretrained with; only architectures that fix the input size differ by it.
    """
    if name in OWN:
        return OWN[name]()
    backbone: nn.Module = timm.create_model(name, pretrained=False, num_classes=0, global_pool="", **_arguments(name, input_px))
    return backbone


def _arguments(name: str, input_px: int | None) -> dict[str, Any]:
    """Some architectures (Swin) fix the input size when they are made."""
    pretrained = timm.get_pretrained_cfg(name)
    return {"img_size": input_px} if input_px and pretrained is not None and pretrained.fixed_input_size else {}


def feature_maps(backbone: nn.Module, images_NCHW: Tensor) -> Tensor:
    """The last feature map, N×C×H×W, whatever timm's layout (Swin gives N×H×W×C)."""
    maps: Tensor = backbone.forward_features(images_NCHW)  # type: ignore[operator]
    return maps.permute(0, 3, 1, 2) if getattr(backbone, "output_fmt", "NCHW") == "NHWC" else maps


def map_shape(name: str, *, input_px: int, model: str) -> tuple[int, int, int]:
    """Channels, height and width of the last feature map, for pictures of `input_px` squared.

    Raises ParamsError, naming the key of `model`, if there is no such map.
    """
    if shape := _map_shape(name, input_px):
        return shape
    native_px = _native_px(name)
    if _map_shape(name, native_px) is None:
        raise ParamsError(
            f"models.{model}.backbone: must give a feature map N×C×H×W; {name} does not, choose a convolutional backbone or Swin"
        )
    if _arguments(name, input_px):  # made for one size: some take only sizes that their windows divide
        sides_px = [*range(input_px // STEP_PX * STEP_PX, 0, -STEP_PX)], [*range(-(-input_px // STEP_PX) * STEP_PX, native_px, STEP_PX)]
        fitting = [next((side_px for side_px in way if _map_shape(name, side_px)), None) for way in sides_px]
        choices = " or ".join(str(side_px) for side_px in (fitting[0], fitting[1] or native_px) if side_px)
        raise ParamsError(f"models.{model}.input_px: must be a size that {name} takes, such as {choices} (got {input_px})")
    smallest_px = bisect_left(range(native_px), True, key=lambda side_px: _map_shape(name, side_px) is not None)
    raise ParamsError(f"models.{model}.input_px: must be at least {smallest_px} for {name} (got {input_px})")


def _native_px(name: str) -> int:
    """The input size that the architecture was pretrained with."""
    pretrained = timm.get_pretrained_cfg(name)
    return 224 if pretrained is None else int(pretrained.input_size[-1])


class ShapesOnly(TorchFunctionMode):
    """Within, a batch norm gives back its input, which has the shape, type and layout of its output.

    PyTorch computes the shapes of a batch norm in Python: most of the time of a pass through DenseNet-121, 0.18 s against 0.03 s.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """As the mode's base class says: called in place of `func`."""
        if func is F.batch_norm:
            return args[0] if args else kwargs["input"]
        return func(*args, **(kwargs or {}))


@cache
def _map_shape(name: str, input_px: int) -> tuple[int, int, int] | None:
    """Channels, height and width, found without computing anything; None if there is no map for this side."""
    try:
        backbone = hollow(name, input_px=input_px if _arguments(name, input_px) else None)
        with ShapesOnly():
            maps = feature_maps(backbone, torch.empty(1, 3, input_px, input_px, device="meta"))
    except (RuntimeError, AssertionError, ValueError, ZeroDivisionError):
        return None
    return (maps.shape[1], maps.shape[2], maps.shape[3]) if maps.ndim == 4 and maps.numel() else None


@cache
def hollow(name: str, *, input_px: int | None = None) -> nn.Module:
    """As `create_backbone`, in eval mode and without the values of its weights."""
    with torch.device("meta"):
        return create_backbone(name, input_px=input_px).eval()


def statistics(name: str, normalization: str, *, tag: str = "") -> Statistics:
    """Mean and standard deviation of the input per colour, for pictures in [0, 1].

    `backbone`: those that the pretrained weights were trained with (timm's data config; the default weights of `name`, unless `tag`
    names others that timm knows); `shared`: ImageNet's; `half`: 0.5 and 0.5.
    """
    if normalization == "half":
        return (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
    if normalization == "shared":
        return tuple(IMAGENET_DEFAULT_MEAN), tuple(IMAGENET_DEFAULT_STD)
    assert normalization == "backbone", normalization
    tag = tag.strip(".")
    known = tag and f"{name}.{tag}" in timm.list_pretrained(f"{name}.*")
    pretrained = timm.get_pretrained_cfg(f"{name}.{tag}" if known else name)
    return (tuple(pretrained.mean), tuple(pretrained.std)) if pretrained is not None else statistics(name, "shared")


def empty_state(name: str) -> dict[str, Tensor]:
    """Names and shapes of the backbone's tensors, without their values."""
    return dict(hollow(name).state_dict())


def adapted(backbone: nn.Module, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """`state` in the names and shapes of `backbone`, as far as timm can bring it there; as it is, if it fits or timm cannot.

    timm has a filter per architecture for files of older layouts and of other input sizes: Swin's tables of relative positions, one
    value per offset within a window, are resampled where a smaller picture has smaller windows. What still does not fit is for the
    caller to refuse (mien.models.weights.check_fit).
    """
    expected = backbone.state_dict()
    adapt = getattr(sys.modules[type(backbone).__module__], "checkpoint_filter_fn", None)
    if adapt is None or (expected.keys() == state.keys() and all(expected[key].shape == state[key].shape for key in expected)):
        return state
    try:
        with warnings.catch_warnings(action="ignore"):  # torch's notes on how timm's resampling indexes its tensors
            return {key: tensor.contiguous() for key, tensor in adapt(dict(state), backbone).items()}
    except Exception:  # of a file that is not of this architecture, timm's filters raise what they like
        return state


def refuse_size(name: str, *, model: str, tensors: list[str]) -> NoReturn:
    """Raises ParamsError: pretrained weights of `name` cannot be brought to the input size of `model`."""
    raise ParamsError(
        f"models.{model}.input_px: must be {_native_px(name)} with pretrained weights of {name}, or models.{model}.weights none; "
        f"{len(tensors)} of its tensors depend on the input size and timm cannot resample them ({', '.join(tensors[:3])})"
    )


def classifier_names(name: str) -> tuple[str, ...]:
    """How the names of tensors begin that pretrained files hold beside the backbone: the classifiers, main and auxiliary."""
    pretrained = timm.get_pretrained_cfg(name)
    named = () if pretrained is None or pretrained.classifier is None else pretrained.classifier
    return (*(f"{module}." for module in ((named,) if isinstance(named, str) else named)), "AuxLogits.")
