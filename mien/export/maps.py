"""The class maps of an exported network: for each class, which cells of the face speak for it.

A head with class maps (CLASS_MAPS in mien.models.heads) is linear on averaged features, so that Grad-CAM, the ReLU of a class map divided
by its number of cells, needs no gradients, and a graph can compute it. A head whose logits are not only that brings its own `grad_cam`. The
maps are those of the square as it is, whatever the views are.
ONNX Runtime (1.32) computes every output of a graph, also those that are not asked for, so these must cost little: for the shipped
network, a four-hundredth of its multiplications.

Shapes: N images, V views, S×S side of the squares, P×P side of the network's input, K classes, C channels, h×w cells.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.explain.gradcam import grad_cam_each
from mien.export.refusing import refused
from mien.models.build import ExpressionModel

NUM_PROVED = 16
"""images on which the maps of all classes are compared"""
MAX_DIFFERENCE = 1e-4
"""of a map's value, as a share of the largest value of all maps"""
_WHOLE_FIRST = ("none", "flip")
"""the kinds of views whose first one is the whole square, unturned"""


def why_no_maps(network: nn.Module, tta: str) -> str:
    """Why a network cannot be exported with maps; empty if it can."""
    head = getattr(network, "head", None)
    if not hasattr(head, "class_maps"):
        return f"its head {type(head).__module__.rpartition('.')[2]} is not linear on the mean of the face"
    if tta not in _WHOLE_FIRST:
        return f"none of its views (tta: {tta}) is the whole face"
    return ""


class WithMaps(nn.Module):
    """A network that also gives its class maps."""

    def __init__(self, network: ExpressionModel) -> None:
        super().__init__()
        self.network = network

    def forward(self, images_N3PP: Tensor) -> tuple[Tensor, Tensor]:
        """Logits, N×K, and Grad-CAM of each class, N×K×h×w."""
        features_NChw = self.network.forward_features(images_N3PP)
        logits_NK = self.network.head(features_NChw)  # before the maps, which quantisation leaves as they are, as all that follows it
        head: Any = self.network.head
        if hasattr(head, "grad_cam"):
            return logits_NK, head.grad_cam(features_NChw)
        maps_NKhw = head.class_maps(features_NChw).relu()
        return logits_NK, maps_NKhw / (int(maps_NKhw.shape[2]) * int(maps_NKhw.shape[3]))


class FirstView(nn.Module):
    """From the maps of all views, N·V×K×h×w, to those of the first view of each image, N×K×h×w."""

    def __init__(self, num_views: int) -> None:
        super().__init__()
        self.num_views = num_views

    def forward(self, maps: Tensor) -> Tensor:
        first_NKhw: Tensor = maps.unflatten(0, (-1, self.num_views)).select(1, 0)  # type: ignore[no-untyped-call]
        return first_NKhw


def expected_maps(network: ExpressionModel, images_N3SS: NDArray[np.uint8], *, input_px: int, num_classes: int) -> NDArray[np.float32]:
    """Grad-CAM of each class, by gradients, N×K×h×w."""
    images = torch.from_numpy(images_N3SS)
    targets_NK = torch.arange(num_classes).expand(len(images), -1)
    return grad_cam_each(network, images, targets_NK, input_px=input_px).numpy()


def prove_maps(given_NKhw: NDArray[np.float32] | None, expected_NKhw: NDArray[np.float32]) -> None:
    """Raises ExportError if the graph has no maps, or if a value of them differs by MAX_DIFFERENCE or more of the largest value."""
    if given_NKhw is None or given_NKhw.shape != expected_NKhw.shape:
        shape = "no shape" if given_NKhw is None else f"the shape {given_NKhw.shape}"
        raise refused(f"its maps have {shape}, not {expected_NKhw.shape}")
    off = float(np.abs(given_NKhw - expected_NKhw).max() / max(float(expected_NKhw.max()), 1e-12))
    if not off < MAX_DIFFERENCE:
        raise refused(f"a value of its maps differs by {off:.1e} of the largest one, but at most {MAX_DIFFERENCE:.0e} is allowed")
