"""The committed networks are those of facenet-pytorch."""

import numpy as np
import onnx
import pytest
import torch
from facenet_pytorch import MTCNN

from benchmarks.mtcnn.convert import FOLDER, NETWORKS, converted
from mien.align.mtcnn.networks import Network

SHAPES = {"pnet": [(1, 3, 13, 13), (1, 3, 12, 60), (1, 3, 51, 38), (2, 3, 60, 61)], "rnet": [(1, 3, 24, 24), (70, 3, 24, 24)]}
SHAPES["onet"] = [(1, 3, 48, 48), (9, 3, 48, 48)]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_conversion_gives_the_committed_file(name: str) -> None:
    assert onnx.load(FOLDER / f"{name}.onnx") == converted(name)


@pytest.mark.parametrize(("name", "shape"), [(name, shape) for name, shapes in SHAPES.items() for shape in shapes])
def test_outputs_are_those_of_facenet_pytorch(name: str, shape: tuple[int, ...]) -> None:
    images = np.random.default_rng(0).integers(0, 256, shape).astype(np.float32)
    before = images.copy()
    score, *others = Network(name)(images)  # type: ignore[arg-type]
    np.testing.assert_array_equal(images, before)
    with torch.no_grad():
        *theirs, softmax = getattr(MTCNN(), name)((torch.from_numpy(images) - 127.5) * 0.0078125)
    assert score == pytest.approx(softmax[:, 1].numpy(), abs=1e-5)
    assert len(others) == len(theirs)
    for own, other in zip(others, theirs, strict=True):
        assert own == pytest.approx(other.numpy(), abs=1e-5)
