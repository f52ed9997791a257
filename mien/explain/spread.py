"""The spread of a map: whether its heat is in one region or everywhere.

Shapes: N images, h×w grid.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def spread(maps_Nhw: Tensor) -> NDArray[np.float64]:
    """Return the entropy of each map as a distribution over its grid, divided by log(h·w), that of the uniform map: float64 N.

    0 means that all heat is in one cell, 1 that the map is uniform. The value is NaN for an empty map and on a grid of one cell. Maps must
    be ≥ 0; their scale does not matter. Values on grids of different sizes are not comparable, so use the network's own grid.
    """
    heat_NG = maps_Nhw.flatten(1).double()
    shares_NG = heat_NG / heat_NG.sum(dim=1, keepdim=True)  # 0 / 0 is NaN
    cells = shares_NG.shape[1]
    if cells == 1:
        return np.full(len(shares_NG), np.nan)
    return (-torch.xlogy(shares_NG, shares_NG).sum(dim=1) / math.log(cells)).numpy()
