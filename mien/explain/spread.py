"""How widely a map is spread: does the model look at one place or everywhere?

Shapes: N pictures, h×w grid.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def spread(maps_Nhw: Tensor) -> NDArray[np.float64]:
    """The entropy of each map as a distribution over its grid, over that of the even one, log(h·w): float64 N.

    0: all heat in one cell; 1: the same everywhere. NaN for an empty map and on a grid of one cell. Maps must be ≥ 0; their scale is of no
    effect. Grids of different sizes do not compare: take it on the network's own grid.
    """
    heat_NG = maps_Nhw.flatten(1).double()
    shares_NG = heat_NG / heat_NG.sum(dim=1, keepdim=True)  # 0 / 0 is NaN
    cells = shares_NG.shape[1]
    if cells == 1:
        return np.full(len(shares_NG), np.nan)
    return (-torch.xlogy(shares_NG, shares_NG).sum(dim=1) / math.log(cells)).numpy()
