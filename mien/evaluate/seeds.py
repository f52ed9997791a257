"""What another seed of training gives: figures of several trainings of one model, with mean and standard deviation.

Intervals speak of the test images drawn, these of the training; neither includes the other.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np


def seed_metrics(by_seed: Mapping[int, Mapping[str, float]]) -> dict[str, Any]:
    """`seeds`, figures `by_seed` (S as text) and `over_seeds` as {figure: {mean, sd}}, JSON values; empty for one seed.

    sd is that of a sample (n − 1): what is told is how much further seeds may differ.
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
