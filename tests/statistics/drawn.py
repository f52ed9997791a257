"""Predictions drawn from known classifiers, for tests of intervals."""

import numpy as np
from numpy.typing import NDArray

Classes = NDArray[np.int64]


def classifier(num_classes: int, recall: float, seed: int) -> NDArray[np.float64]:
    """K×K: the chance that an image of each class (row) is taken for each class; recalls near `recall`, errors uneven."""
    generator = np.random.default_rng(seed)
    spread = min(0.08, (1 - recall) / 3)
    rows = np.zeros((num_classes, num_classes))
    for actual in range(num_classes):
        own = np.clip(recall + generator.normal(0, spread), 0.05, 0.99)
        rows[actual] = np.insert(generator.dirichlet(np.ones(num_classes - 1)) * (1 - own), actual, own)
    return rows


def taken_for(actual_N: Classes, chances_KK: NDArray[np.float64], generator: np.random.Generator) -> Classes:
    """A predicted class for each image."""
    below_NK = generator.random((len(actual_N), 1)) > chances_KK[actual_N].cumsum(axis=1)
    return np.minimum(below_NK.sum(axis=1), len(chances_KK) - 1)
