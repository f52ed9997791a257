"""Writes the networks of MTCNN anew, from the weights in facenet-pytorch.

    python -m benchmarks.mtcnn.convert

The graphs are written out here layer by layer, and not traced, so that they contain nothing else and are the same for each version of
PyTorch. The weights are copied. Only the columns of the first dense layer change their order, to that in which ONNX flattens an image. The
softmax at the end is left to the caller.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import onnx
import typer
from onnx import TensorProto, helper, numpy_helper

from mien.core.files import replacing_file

Weights = Mapping[str, npt.NDArray[np.float32]]
Shape = list[str | int]
FOLDER = Path(__file__).parents[2] / "mien" / "pretrained" / "mtcnn"
OPSET, IR_VERSION = 17, 8  # of 2022: nothing newer is needed


class Graph:
    """A chain of layers. Each method adds one to the end, with the weights of that name in facenet-pytorch."""

    def __init__(self, weights: Weights, end: str) -> None:
        self.weights, self.end = weights, end
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, operator: str, name: str, *constants: npt.NDArray[np.float32], **attributes: Any) -> None:
        names = [f"{name}.{number}" for number in range(len(constants))]
        self.constants += [
            numpy_helper.from_array(np.ascontiguousarray(constant), own) for own, constant in zip(names, constants, strict=True)
        ]
        self.nodes.append(helper.make_node(operator, [self.end, *names], [name], name=name, **attributes))
        self.end = name

    def convolutions(self, *, pools_px: Sequence[int]) -> None:
        """Convolutions, each with PReLU, then the maximum of windows of that size (0: none) at every second pixel."""
        for number, pool_px in enumerate(pools_px, start=1):
            self.convolve(f"conv{number}")
            self.prelu(f"prelu{number}", num_axes=2)
            if pool_px:
                self.add("MaxPool", f"pool{number}", kernel_shape=[pool_px, pool_px], strides=[2, 2], ceil_mode=1)

    def convolve(self, layer: str, name: str | None = None) -> None:
        weight_OIHW = self.weights[f"{layer}.weight"]
        self.add("Conv", name or layer, weight_OIHW, self.weights[f"{layer}.bias"], kernel_shape=weight_OIHW.shape[2:])

    def prelu(self, layer: str, *, num_axes: int) -> None:
        """Parametric ReLU of values whose channels have `num_axes` axes of pixels."""
        self.add("PRelu", layer, self.weights[f"{layer}.weight"].reshape(-1, *[1] * num_axes))

    def dense(self, layer: str, name: str | None = None, *, pixels: tuple[int, int] | None = None) -> None:
        """A dense layer. For one that follows `flatten`, `pixels` is the height and width of the image that was flattened: facenet-pytorch
        flattens it as (width, height, channel), ONNX as (channel, height, width)."""
        weight_OI = self.weights[f"{layer}.weight"]
        if pixels:
            height, width = pixels
            weight_OI = weight_OI.reshape(len(weight_OI), width, height, -1).transpose(0, 3, 2, 1).reshape(weight_OI.shape)
        self.add("Gemm", name or layer, weight_OI, self.weights[f"{layer}.bias"], transB=1)


def pnet(weights: Weights) -> onnx.ModelProto:
    """Looks at images of any size: its outputs are maps with a pixel for each second pixel of the image."""
    graph = Graph(weights, "images")
    graph.convolutions(pools_px=(2, 0, 0))
    body = graph.end
    for layer, output in (("conv4_1", "logits"), ("conv4_2", "shares")):
        graph.end = body
        graph.convolve(layer, output)
    maps: dict[str, Shape] = {output: ["num", channels, "height", "width"] for output, channels in (("logits", 2), ("shares", 4))}
    return model("pnet", graph, ["num", 3, "image_height", "image_width"], maps)


def rnet(weights: Weights) -> onnx.ModelProto:
    graph = Graph(weights, "images")
    graph.convolutions(pools_px=(3, 3, 0))
    return model("rnet", graph, ["num", 3, 24, 24], heads(graph, 4, {"logits": 2, "shares": 4}))


def onet(weights: Weights) -> onnx.ModelProto:
    graph = Graph(weights, "images")
    graph.convolutions(pools_px=(3, 3, 2, 0))
    return model("onet", graph, ["num", 3, 48, 48], heads(graph, 5, {"logits": 2, "shares": 4, "landmarks": 10}))


def heads(graph: Graph, number: int, outputs: Mapping[str, int]) -> dict[str, Shape]:
    """Adds the dense layer of that number and, after it, one layer per output. Returns the shapes of the outputs."""
    graph.add("Flatten", "flat", axis=1)
    graph.dense(f"dense{number}", pixels=(3, 3))
    graph.prelu(f"prelu{number}", num_axes=0)
    body = graph.end
    for place, output in enumerate(outputs, start=1):
        graph.end = body
        graph.dense(f"dense{number + 1}_{place}", output)
    return {output: ["num", length] for output, length in outputs.items()}


def model(name: str, graph: Graph, images: Shape, outputs: Mapping[str, Shape]) -> onnx.ModelProto:
    def value(name: str, shape: Shape) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    made = helper.make_graph(graph.nodes, name, [value("images", images)], [value(*each) for each in outputs.items()], graph.constants)
    text = f"{name} of MTCNN (Zhang et al. 2016) with the weights of facenet-pytorch (MIT licence)"
    written = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, doc_string=text)
    onnx.checker.check_model(written, full_check=True)
    return written


NETWORKS = {"pnet": pnet, "rnet": rnet, "onet": onet}


def converted(name: str) -> onnx.ModelProto:
    """The network of that name in NETWORKS, with the weights in facenet-pytorch."""
    from facenet_pytorch import MTCNN

    state = getattr(MTCNN(), name).state_dict()
    return NETWORKS[name]({key: value.numpy() for key, value in state.items()})


def main(folder: Annotated[Path, typer.Argument(help="Where to write the three files.")] = FOLDER) -> None:
    for name in NETWORKS:
        with replacing_file(folder / f"{name}.onnx") as temporary:
            temporary.write_bytes(converted(name).SerializeToString(deterministic=True))
    typer.echo(f"{folder}: {', '.join(NETWORKS)} of facenet-pytorch {version('facenet-pytorch')}")


if __name__ == "__main__":
    typer.run(main)
