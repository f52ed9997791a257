"""The agreement of the maps of a face and of its mirror image, which rebalanced attention consistency claims to increase
(after Zhang et al. 2022, Erasing Attention Consistency).

Shapes: N images, h×w grid.
"""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor


def mirror_similarity(maps_Nhw: Tensor, mirrored_Nhw: Tensor) -> NDArray[np.float64]:
    """Return the cosine similarity of each image's map with that of its mirror image, float64 N.

    The map of the mirror image (`images.flip(-1)`, same class) is mirrored back first. 1 means that the maps are proportional, 0 that their
    regions do not overlap; the scales of the maps do not matter. The value is NaN if either map is empty or the grid has one cell. Networks
    with strided convolutions do not reach 1, because their grid cells are not exactly where mirroring puts them (see gradcam.upsampled).
    """
    assert maps_Nhw.shape == mirrored_Nhw.shape, (maps_Nhw.shape, mirrored_Nhw.shape)
    if maps_Nhw.shape[1:].numel() == 1:
        return np.full(len(maps_Nhw), np.nan)
    own_NG, back_NG = maps_Nhw.flatten(1).double(), mirrored_Nhw.flip(-1).flatten(1).double()
    # Each map is divided by its largest value first, because the square of 1e-30 would be 0. An empty map becomes 0 / 0, which is NaN.
    unit_NG, unit_back_NG = (values / values.abs().amax(1, keepdim=True) for values in (own_NG, back_NG))
    products_N = (unit_NG * unit_back_NG).sum(dim=1)
    similarity_N: NDArray[np.float64] = (products_N / (unit_NG.norm(dim=1) * unit_back_NG.norm(dim=1))).clamp(max=1.0).numpy()
    return similarity_N
