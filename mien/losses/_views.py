"""The data of each view that a loss of two views receives. Shapes: N batch, K classes, H×W grid."""

from typing import NamedTuple

from torch import Tensor


class View(NamedTuple):
    """One view of a batch after the forward pass of the network."""

    logits_NK: Tensor
    """float32"""
    class_maps_NKHW: Tensor
    """float32, of all classes, in the orientation of this view"""
