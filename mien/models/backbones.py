"""Resolves a backbone's name: how to create it, its width and layout, its input statistics and smallest input.

A name is one of mien's own (OWN) or one of timm's. Own names take precedence; a test fails if timm adds one of them, and ours must then
be renamed.
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
"""Architectures that timm does not have, with timm's `forward_features` and `num_features`. mien.config.backbones lists them too."""


def create_backbone(name: str, *, input_px: int | None, drop_path: float = 0.0) -> nn.Module:
    """The backbone `name` without classifier and pooling, randomly initialised from torch's global generator.

    Without `input_px` it has the size that it was pretrained with; this matters only for architectures with a fixed input size.
    `drop_path` is the probability of skipping the last residual block, which rises linearly to it from the first (stochastic depth, Huang
    et al. 2016, arXiv:1603.09382). Raises ParamsError if the architecture has no stochastic depth.
    """
    if name in OWN and not drop_path:
        return OWN[name]()
    depth = {"drop_path_rate": drop_path} if drop_path else {}
    try:
        backbone: nn.Module = timm.create_model(
            name, pretrained=False, num_classes=0, global_pool="", **_arguments(name, input_px), **depth
        )
    except (TypeError, RuntimeError):
        if not depth:
            raise
        raise ParamsError(f"drop_path: must be 0 for {name}, which has no stochastic depth (got {drop_path:g})") from None
    return backbone


def _arguments(name: str, input_px: int | None) -> dict[str, Any]:
    """Arguments for architectures, such as Swin, whose input size is fixed at creation."""
    pretrained = timm.get_pretrained_cfg(name)
    return {"img_size": input_px} if input_px and pretrained is not None and pretrained.fixed_input_size else {}


def feature_maps(backbone: nn.Module, images_NCHW: Tensor) -> Tensor:
    """The last feature map, N×C×H×W, converted from timm's layout if needed (Swin gives N×H×W×C)."""
    maps: Tensor = backbone.forward_features(images_NCHW)  # type: ignore[operator]
    return maps.permute(0, 3, 1, 2) if getattr(backbone, "output_fmt", "NCHW") == "NHWC" else maps


def map_shape(name: str, *, input_px: int, model: str) -> tuple[int, int, int]:
    """Channels, height and width of the last feature map, for images of `input_px` squared.

    Raises ParamsError, naming the key of `model`, if there is no such map.
    """
    if shape := _map_shape(name, input_px):
        return shape
    native_px = _native_px(name)
    if _map_shape(name, native_px) is None:
        raise ParamsError(
            f"models.{model}.backbone: must give a feature map N×C×H×W; {name} does not, choose a convolutional backbone or Swin"
        )
    if _arguments(name, input_px):  # created for one size: some accept only sizes that their windows divide
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
    """A mode in which a batch norm returns its input, which has the shape, type and layout of its output.

    PyTorch computes the shapes of a batch norm in Python, which takes most of the time of a pass through DenseNet-121: 0.18 s, without
    it 0.03 s.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """See the base class: called in place of `func`."""
        if func is F.batch_norm:
            return args[0] if args else kwargs["input"]
        return func(*args, **(kwargs or {}))


@cache
def _map_shape(name: str, input_px: int) -> tuple[int, int, int] | None:
    """Channels, height and width, found without any computation; None if there is no map for this input size."""
    try:
        backbone = hollow(name, input_px=input_px if _arguments(name, input_px) else None)
        with ShapesOnly():
            maps = feature_maps(backbone, torch.empty(1, 3, input_px, input_px, device="meta"))
    except (RuntimeError, AssertionError, ValueError, ZeroDivisionError):
        return None
    return (maps.shape[1], maps.shape[2], maps.shape[3]) if maps.ndim == 4 and maps.numel() else None


@cache
def hollow(name: str, *, input_px: int | None = None) -> nn.Module:
    """Like `create_backbone`, but in eval mode and without values for the weights."""
    with torch.device("meta"):
        return create_backbone(name, input_px=input_px).eval()


def statistics(name: str, normalization: str, *, tag: str = "") -> Statistics:
    """Mean and standard deviation of the input per colour, for images in [0, 1].

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
    """Names and shapes of the backbone's tensors, without values."""
    return dict(hollow(name).state_dict())


def adapted(backbone: nn.Module, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """`state` converted by timm to the names and shapes of `backbone`; unchanged if it already fits or timm cannot convert it.

    timm has a filter per architecture for files of older layouts and of other input sizes: Swin's tables of relative positions, one
    value per offset within a window, are resampled because a smaller image has smaller windows. The caller must reject what still does
    not fit (mien.models.weights.check_fit).
    """
    expected = backbone.state_dict()
    adapt = getattr(sys.modules[type(backbone).__module__], "checkpoint_filter_fn", None)
    if adapt is None or (expected.keys() == state.keys() and all(expected[key].shape == state[key].shape for key in expected)):
        return state
    try:
        with warnings.catch_warnings(action="ignore"):  # torch warns about how timm's resampling indexes its tensors
            return {key: tensor.contiguous() for key, tensor in adapt(dict(state), backbone).items()}
    except Exception:  # timm's filters raise all kinds of exceptions for a file of another architecture
        return state


def refuse_size(name: str, *, model: str, tensors: list[str]) -> NoReturn:
    """Raises ParamsError: the pretrained weights of `name` cannot be adapted to the input size of `model`."""
    raise ParamsError(
        f"models.{model}.input_px: must be {_native_px(name)} with pretrained weights of {name}, or models.{model}.weights none; "
        f"{len(tensors)} of its tensors depend on the input size and timm cannot resample them ({', '.join(tensors[:3])})"
    )


def classifier_names(name: str) -> tuple[str, ...]:
    """The prefixes of tensors that pretrained files contain besides the backbone: the main and auxiliary classifiers."""
    pretrained = timm.get_pretrained_cfg(name)
    named = () if pretrained is None or pretrained.classifier is None else pretrained.classifier
    return (*(f"{module}." for module in ((named,) if isinstance(named, str) else named)), "AuxLogits.")
