"""The variation between training seeds: metrics of several trainings of one model, with mean and standard deviation.

Bootstrap intervals cover the draw of test images, this standard deviation covers the training; neither includes the other.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np


def seed_metrics(by_seed: Mapping[int, Mapping[str, float]]) -> dict[str, Any]:
    """`seeds`, the metrics `by_seed` (S as text) and `over_seeds` as {metric: {mean, sd}}, JSON values; empty for a single seed.

    sd is the sample standard deviation (n − 1), because it estimates how much further seeds may differ.
    """
    if len(by_seed) < 2:
        return {}
    names = next(iter(by_seed.values()))
    values = {name: [figures[name] for figures in by_seed.values()] for name in names}
    return {
        "seeds": list(by_seed),
        "by_seed": {str(seed): dict(figures) for seed, figures in by_seed.items()},
        "over_seeds": {name: {"mean": float(np.mean(own)), "sd": float(np.std(own, ddof=1))} for name, own in values.items()},
    }
