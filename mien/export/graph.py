"""Converts a trained model to an ONNX graph from uint8 squares to logits, probabilities and class maps.

The graph does what mien.models.predict.forward_pass does in single precision. It is made of three parts, each converted by torch:
the input of the network (scaling, views, resizing), the network, and its answer (the mean of the views, the temperature).
Shapes: N images, 3 colours, S×S side of the given squares, V views, P×P side of the network's input, K classes, C channels and h×w cells
of the last feature map.
"""

import io
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mien.core.errors import ExportError
from mien.export.maps import FirstView, WithMaps, why_no_maps
from mien.models.tta import VIEWS, mean_logits, num_views
from mien.predict.engine import FEATURES, LOGITS, MAPS, PROBABILITIES

if TYPE_CHECKING:
    from onnx import ModelProto

    from mien.models.build import ExpressionModel

OPSET = 17  # the oldest with LayerNormalization (Swin), so that the file also runs in older runtimes
MAX_BYTES = 2**31  # of a protobuf message
INPUT, OUTPUTS = "images", (LOGITS, PROBABILITIES)


class Input(nn.Module):
    """From RGB uint8 images, N×3×S×S, to the network's input for all views, N·V×3×P×P."""

    def __init__(self, *, size_px: int, input_px: int, tta: str) -> None:
        super().__init__()
        assert 0 < size_px <= input_px, (size_px, input_px)
        self.input_px = input_px
        self.views = _rows_and_columns(tta, size_px)

    def forward(self, images_N3SS: Tensor) -> Tensor:
        """The views of the first image, then those of the second …"""
        if len(self.views) == 1:
            return self._resized(images_N3SS)
        views = [self._resized(images_N3SS[:, :, rows][:, :, :, columns]) for rows, columns in self.views]
        return torch.stack(views, dim=1).flatten(0, 1)

    def _resized(self, images_N3SS: Tensor) -> Tensor:
        images = images_N3SS.to(torch.float32) / 255
        if images.shape[-1] == self.input_px:
            return images
        # Without antialias, which ONNX has only since opset 18: it changes nothing where an image is enlarged.
        return F.interpolate(images, size=(self.input_px, self.input_px), mode="bilinear", align_corners=False)


class Answers(nn.Module):
    """From the logits of all views, N·V×K, to logits and calibrated probabilities, each N×K."""

    def __init__(self, *, num_views: int, temperature: float) -> None:
        super().__init__()
        self.num_views = num_views
        self.temperature = temperature

    def forward(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """The views' mean, and its softmax after division by the temperature."""
        views = logits.unflatten(0, (-1, self.num_views)).unbind(1)  # type: ignore[no-untyped-call]
        logits_NK = mean_logits(views) if self.num_views > 1 else logits
        return logits_NK, torch.softmax(logits_NK / self.temperature, dim=1)


class WithFeatures(nn.Module):
    """A network that also gives the mean of its last feature map over the cells, N×C."""

    def __init__(self, network: "ExpressionModel") -> None:
        super().__init__()
        self.network = network

    def forward(self, images_N3PP: Tensor) -> tuple[Tensor, Tensor]:
        """Logits, N×K, and features, N×C."""
        maps_NChw = self.network.forward_features(images_N3PP)
        return self.network.head(maps_NChw), maps_NChw.mean((2, 3))


def to_onnx(
    network: nn.Module, *, num_classes: int, size_px: int, input_px: int, tta: str, temperature: float, features: bool = False
) -> "ModelProto":
    """The ONNX model, with dynamic N, of a network that maps images in [0, 1], N×3×P×P, to logits.

    It has the output `maps` if the network can have it (mien.export.maps), or instead `features` if these are asked for, which needs a
    single view (`tta: none`). The same network gives the same bytes, without any path or date.
    Raises ExportError if torch cannot convert the network, or if its file would be too large.
    """
    from onnx import helper
    from onnx.compose import merge_graphs

    num_bytes = sum(tensor.numel() * tensor.element_size() for tensor in network.state_dict().values())
    if num_bytes >= MAX_BYTES:
        raise ExportError(
            f"the network has {num_bytes / 1e9:.1f} GB of weights, but an ONNX file holds at most 2.1; use a smaller backbone"
        )
    first, last = Input(size_px=size_px, input_px=input_px, tta=tta), Answers(num_views=num_views(tta), temperature=temperature)
    # Each part has its own batch: where N·V is computed within a graph, the exporter takes it for a constant, and reshapes that depend on
    # it (the ECA block, Swin) would hold for the batch size of the example only.
    squares, images = torch.zeros(2, 3, size_px, size_px, dtype=torch.uint8), torch.zeros(2, 3, input_px, input_px)
    has_maps = not features and not why_no_maps(network, tta)
    both: nn.Module = WithMaps(cast("ExpressionModel", network)) if has_maps else network
    maps = ([MAPS] if last.num_views == 1 else ["each_map"]) if has_maps else []
    if features:
        assert last.num_views == 1, tta
        both, maps = WithFeatures(cast("ExpressionModel", network)), [FEATURES]
    parts = [
        _converted(first, "input", squares, [INPUT], ["views"]),
        _converted(both, "network", images, ["views"], ["each", *maps]),
        _converted(last, "answer", torch.zeros(2 * last.num_views, num_classes), ["each"], [*OUTPUTS]),
    ]
    whole = merge_graphs(parts[0].graph, parts[1].graph, io_map=[("views", "views")])
    whole = merge_graphs(whole, parts[2].graph, io_map=[("each", "each")], name="mien")
    if maps == ["each_map"]:
        with torch.no_grad():
            example = both(images[:1])[1].expand(2 * last.num_views, -1, -1, -1)
        picked = _converted(FirstView(last.num_views), "maps", example, ["each_map"], [MAPS])
        whole = merge_graphs(whole, picked.graph, io_map=[("each_map", "each_map")], name="mien")
    outputs = {output.name: output for output in whole.output}
    del whole.output[:]
    whole.output.extend(outputs[name] for name in (*OUTPUTS, MAPS, FEATURES) if name in outputs)
    return helper.make_model(
        whole,
        producer_name="mien",
        producer_version=version("mien"),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=parts[0].ir_version,
    )


def _converted(module: nn.Module, prefix: str, example: Tensor, inputs: Sequence[str], outputs: Sequence[str]) -> "ModelProto":
    """A module as an ONNX model, with `prefix` before all names but those of inputs and outputs."""
    import onnx
    from onnx.compose import add_prefix

    buffer = io.BytesIO()
    try:
        # The tracing exporter, which torch 2.9 superseded by dynamo=True but still has. Measured with torch 2.15 on the models of the
        # presets: the same logits, and the same speed in ONNX Runtime, after 0.3 to 6 s instead of 6 to 200 s; its files contain no
        # paths of this machine, batch norms are folded into convolutions, and it does not need onnxscript.
        with warnings.catch_warnings(action="ignore"), torch.no_grad():
            torch.onnx.export(
                module.eval(),
                (example,),
                buffer,  # type: ignore[arg-type]
                dynamo=False,
                opset_version=OPSET,
                input_names=[*inputs],
                output_names=[*outputs],
                dynamic_axes={name: {0: "N"} for name in (*inputs, *outputs)},
            )
    except Exception as error:  # the exporter raises exceptions of many kinds for operations that ONNX does not have
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise ExportError(f"torch cannot convert this network to ONNX ({reason}); use another backbone") from error
    return add_prefix(onnx.load_from_string(buffer.getvalue()), f"{prefix}:", rename_inputs=False, rename_outputs=False)


def _rows_and_columns(tta: str, size_px: int) -> list[tuple[Tensor, Tensor]]:
    """The rows and the columns of an S×S image that each view consists of.

    Every view is such a selection, so the function that the pipeline uses, applied to the places of the pixels, yields it. Applied to the
    images, it could not be traced: it computes the side of a crop from their shape.
    """
    places_13SS = torch.arange(size_px * size_px).view(1, 1, size_px, size_px).expand(1, 3, -1, -1)
    views = [view_13SS[0, 0] for view_13SS in VIEWS[tta](places_13SS)]
    selections = [(view_SS[:, 0] // size_px, view_SS[0] % size_px) for view_SS in views]
    for view_SS, (rows, columns) in zip(views, selections, strict=True):
        assert torch.equal(view_SS, rows[:, None] * size_px + columns), f"a view of {tta} is not a selection of rows and columns"
    return selections
