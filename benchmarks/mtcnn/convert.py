"""Writes the networks of MTCNN anew, from the weights in facenet-pytorch.

    python -m benchmarks.mtcnn.convert

The graphs are written out, and not traced, so that they contain nothing else and are the same for each version of PyTorch. They compute the
same function in an order that takes ONNX Runtime a quarter less time. Only the softmax at the end is left to the caller.
"""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import onnx
import typer

from benchmarks.mtcnn.graph import Graph, Shape, Weights
from mien.core.files import replacing_file

FOLDER = Path(__file__).parents[2] / "mien" / "pretrained" / "mtcnn"


def pnet(weights: Weights) -> onnx.ModelProto:
    """Looks at images of any size: its outputs are maps with a pixel for each second pixel of the image."""
    graph = Graph(weights)
    body = graph.convolutions(pools_px=(2, 0, 0))
    outputs: dict[str, Shape] = {}
    for layer, output, channels in (("conv4_1", "logits", 2), ("conv4_2", "shares", 4)):
        graph.convolution(body, layer, output)
        outputs[output] = ["num", channels, "height", "width"]
    return graph.model("pnet", ["num", 3, "image_height", "image_width"], outputs)


def rnet(weights: Weights) -> onnx.ModelProto:
    graph = Graph(weights)
    body = graph.convolutions(pools_px=(3, 3, 0))
    return graph.model("rnet", ["num", 3, 24, 24], heads(graph, body, 4, {"logits": 2, "shares": 4}))


def onet(weights: Weights) -> onnx.ModelProto:
    graph = Graph(weights)
    body = graph.convolutions(pools_px=(3, 3, 2, 0))
    return graph.model("onet", ["num", 3, 48, 48], heads(graph, body, 5, {"logits": 2, "shares": 4, "landmarks": 10}))


def heads(graph: Graph, body: str, number: int, outputs: Mapping[str, int]) -> dict[str, Shape]:
    """Adds the dense layer of that number and, after it, one layer per output. Returns the shapes of the outputs."""
    flat = graph.node("Flatten", "flat", [body], axis=1)
    dense = graph.dense(flat, f"dense{number}", flattened_px=3)
    features = graph.node("PRelu", f"prelu{number}", [dense, graph.weights[f"prelu{number}.weight"]])
    for place, output in enumerate(outputs, start=1):
        graph.dense(features, f"dense{number + 1}_{place}", output)
    return {output: ["num", length] for output, length in outputs.items()}


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
