"""An ONNX graph of convolutions and dense layers with PReLU, in the order of operations that ONNX Runtime computes fastest.

Its PReLU takes longer than the convolutions themselves, and it computes with blocks of eight channels. So maxima are taken before the first
PReLU, where the image is largest: of a channel with a slope s ≥ 0, PReLU of the maximum is the maximum of PReLU. With s < 0, PReLU is the
larger of x and s·x, and its maximum is the larger of the maximum of x and −s times that of −x, for which the convolution computes both. The
values stay the same. Other layers compute PReLU, where no slope exceeds 1, as the larger of x and s·x.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

Floats = npt.NDArray[np.float32]
Weights = Mapping[str, Floats]  # as facenet-pytorch names them
Shape = list[str | int]
OPSET, IR_VERSION = 17, 8  # of 2022: nothing newer is needed
_BLOCK = 8  # channels


class Graph:
    """Operators, each of which is named like its first output, and their constants. The input is `images`."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def node(self, operator: str, name: str, inputs: Sequence[str | npt.NDArray[Any]], also: Sequence[str] = (), **attributes: Any) -> str:
        """Adds an operator whose outputs are `name` and `also`. Returns `name`."""
        names = [each if isinstance(each, str) else self._constant(f"{name}.{place}", each) for place, each in enumerate(inputs)]
        self._nodes.append(helper.make_node(operator, names, [name, *also], name=name, **attributes))
        return name

    def _constant(self, name: str, value: npt.NDArray[Any]) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def convolutions(self, *, pools_px: Sequence[int]) -> str:
        """Convolutions, each with PReLU and the maximum of windows of that size (0: none) at every second pixel."""
        end, order = self._first(pools_px[0])
        for number, pool_px in enumerate(pools_px[1:], start=2):
            end = self.convolution(end, f"conv{number}", order=order)
            slopes, order = self.weights[f"prelu{number}.weight"], None
            assert (slopes <= 1).all()
            end = self.node("Max", f"prelu{number}", [end, self.node("Mul", f"sloped{number}", [end, slopes[:, None, None]])])
            end = self._pool(end, number, pool_px) if pool_px else end
        return end

    def _first(self, pool_px: int) -> tuple[str, npt.NDArray[np.int64]]:
        """The first convolution, maximum and PReLU. Its channels are in the order that is also returned."""
        weight_OIHW, bias_O, slope_O = (self.weights[name] for name in ("conv1.weight", "conv1.bias", "prelu1.weight"))
        rising, falling = np.flatnonzero(slope_O >= 0), np.flatnonzero(slope_O < 0)
        lengths = [len(rising), len(falling), len(falling)]
        lengths += [-sum(lengths) % _BLOCK]
        filters = [np.concatenate([each[rising], each[falling], -each[falling]]) for each in (weight_OIHW, bias_O)]
        filled = [np.concatenate([each, np.zeros((lengths[3], *each.shape[1:]), np.float32)]) for each in filters]
        pooled = self._pool(self.node("Conv", "conv1", ["images", *filled], kernel_shape=weight_OIHW.shape[2:]), 1, pool_px)
        others = ["falling", "opposite", "unused"][: 3 if lengths[3] else 2]
        self.node("Split", "rising", [pooled, np.array(lengths[: 1 + len(others)])], others, axis=1)
        activated = self.node("PRelu", "prelu1", ["rising", slope_O[rising, None, None]])
        sloped = self.node("Mul", "sloped1", ["opposite", -slope_O[falling, None, None]])
        larger = self.node("Max", "larger", ["falling", sloped])
        return self.node("Concat", "activated", [activated, larger], axis=1), np.concatenate([rising, falling])

    def convolution(self, end: str, layer: str, name: str | None = None, *, order: npt.NDArray[np.int64] | None = None) -> str:
        """`order` is that of the channels of its input, if they are not in facenet-pytorch's order."""
        weight_OIHW = self.weights[f"{layer}.weight"]
        inputs = [end, weight_OIHW if order is None else weight_OIHW[:, order], self.weights[f"{layer}.bias"]]
        return self.node("Conv", name or layer, inputs, kernel_shape=weight_OIHW.shape[2:])

    def _pool(self, end: str, number: int, size_px: int) -> str:
        """The maximum of windows, which may reach beyond the edge."""
        return self.node("MaxPool", f"pool{number}", [end], kernel_shape=[size_px, size_px], strides=[2, 2], ceil_mode=1)

    def dense(self, end: str, layer: str, name: str | None = None, *, flattened_px: int = 0) -> str:
        """A dense layer. Where its input is a flattened image, `flattened_px` is the side of that image: facenet-pytorch flattens it as
        (width, height, channel), ONNX as (channel, height, width)."""
        weight_OI = self.weights[f"{layer}.weight"]
        if flattened_px:
            weight_OI = weight_OI.reshape(len(weight_OI), flattened_px, flattened_px, -1).transpose(0, 3, 2, 1).reshape(weight_OI.shape)
        return self.node("Gemm", name or layer, [end, weight_OI, self.weights[f"{layer}.bias"]], transB=1)

    def model(self, name: str, images: Shape, outputs: Mapping[str, Shape]) -> onnx.ModelProto:
        def value(name: str, shape: Shape) -> onnx.ValueInfoProto:
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

        graph = helper.make_graph(self._nodes, name, [value("images", images)], [value(*each) for each in outputs.items()], self._constants)
        text = f"{name} of MTCNN (Zhang et al. 2016) with the weights of facenet-pytorch (MIT licence)"
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, doc_string=text)
        onnx.checker.check_model(model, full_check=True)
        return model
