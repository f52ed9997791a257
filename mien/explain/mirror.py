"""Whether a model looks at the same places in a face and in its mirror image, which rebalanced attention consistency claims to teach
(after Zhang et al. 2022, Erasing Attention Consistency).

Shapes: N pictures, h×w grid.
"""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor


def mirror_similarity(maps_Nhw: Tensor, mirrored_Nhw: Tensor) -> NDArray[np.float64]:
    """Cosine similarity of each picture's map with that of its mirror image (`images.flip(-1)`, same class), mirrored back: float64 N.

    1: the same places in the same proportion; 0: none in common. The scales are of no effect. NaN where either map is empty, and on a grid of
    one cell. Strided convolutions put a grid's cells not quite where mirroring puts them (see gradcam.upsampled), so
    1 is not to be expected of them.
    """
    assert maps_Nhw.shape == mirrored_Nhw.shape, (maps_Nhw.shape, mirrored_Nhw.shape)
    if maps_Nhw.shape[1:].numel() == 1:
        return np.full(len(maps_Nhw), np.nan)
    own_NG, back_NG = maps_Nhw.flatten(1).double(), mirrored_Nhw.flip(-1).flatten(1).double()
    # Each to length 1 first: maps of 1e-30 squared would be 0. An empty one becomes 0 / 0, NaN.
    unit_NG, unit_back_NG = (values / values.abs().amax(1, keepdim=True) for values in (own_NG, back_NG))
    products_N = (unit_NG * unit_back_NG).sum(dim=1)
    similarity_N: NDArray[np.float64] = (products_N / (unit_NG.norm(dim=1) * unit_back_NG.norm(dim=1))).clamp(max=1.0).numpy()
    return similarity_N
