"""How a column of the test images is divided into slices: by its values, or at the quantiles of its numbers."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MISSING, OTHER = "(missing)", "(other)"
MIN_IMAGES = 50  # smaller slices have unreliable intervals: of 20 images, with a true accuracy of 92 %, 80 of 100 intervals contain it
NUM_BINS = 4


def slice_values(column: pd.Series, *, num_bins: int = NUM_BINS, min_images: int = MIN_IMAGES) -> tuple[list[str], NDArray[np.int64]]:
    """Names of the slices in the order of their values, and the index of each image's slice (N).

    A numeric column with more than `num_bins` different values is divided at its quantiles into that many parts. Each is named by its
    smallest and largest value, with as many digits as distinguish the parts; equal quantiles count once. In other columns, values with
    fewer than `min_images` images are combined as OTHER. Images without a value are MISSING; both come last.
    """
    known_N = column.notna().to_numpy()
    own = column[known_N]
    numeric = pd.api.types.is_numeric_dtype(own) and not pd.api.types.is_bool_dtype(own)
    names, code = _quantile_parts(own, num_bins) if numeric and own.nunique() > num_bins else _values(own, min_images)
    code_N = np.full(len(column), len(names), dtype=np.int64)
    code_N[known_N] = code
    return names if known_N.all() else [*names, MISSING], code_N


def _quantile_parts(own: pd.Series, num_bins: int) -> tuple[list[str], NDArray[np.int64]]:
    numbers = own.to_numpy(dtype=np.float64)
    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, num_bins + 1)[1:-1]))
    parts, code = np.unique(np.searchsorted(edges, numbers, side="left"), return_inverse=True)  # a quantile belongs to the part below it
    held = [numbers[code == number] for number in range(len(parts))]
    return _spans([(part.min(), part.max()) for part in held]), code


def _spans(ends: list[tuple[float, float]]) -> list[str]:
    """Names each part. Detector scores lie between 0.9999 and 1, where four digits would give all parts the same name."""
    different = [low < high for low, high in ends]
    written: list[tuple[str, str]] = []
    for num_digits in range(4, 18):  # 17 digits distinguish any two doubles
        written = [(_written(low, num_digits), _written(high, num_digits)) for low, high in ends]
        if len(set(written)) == len(written) and [low != high for low, high in written] == different:
            break
    return [f"{low} to {high}" for low, high in written]


def _written(number: float, num_digits: int) -> str:
    """Writes a number with at least that many digits, and without an exponent: 32710, not 3.271e+04."""
    text = f"{number:.{num_digits}g}"
    return f"{number:.0f}" if "e+" in text else text


def _values(own: pd.Series, min_images: int) -> tuple[list[str], NDArray[np.int64]]:
    numeric = pd.api.types.is_numeric_dtype(own)
    different, code = np.unique(own.to_numpy() if numeric else own.astype(str).to_numpy(dtype=str), return_inverse=True)
    enough = np.bincount(code, minlength=len(different)) >= min_images
    names = [str(value) for value in different[enough]]
    place = np.where(enough, np.cumsum(enough) - 1, len(names))
    return names if enough.all() else [*names, OTHER], place[code]
