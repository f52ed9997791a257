"""What a loss of two views is given of each. Shapes: N batch, K classes, H×W grid."""

from typing import NamedTuple

from torch import Tensor


class View(NamedTuple):
    """One view of a batch, as the network sees it."""

    logits_NK: Tensor
    """float32"""
    class_maps_NKHW: Tensor
    """float32, of all classes, as the picture lies in this view"""
