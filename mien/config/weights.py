"""Checks the folders of weights that params.yaml names, because DVC's own error for a missing one comes before the stage that reads it."""

from mien.config.imagenet import IMAGENET
from mien.core import paths
from mien.core.errors import WeightsError

NONE = "none"
WORDS = (NONE, IMAGENET)
"""the values of `weights` that are no path; there is a file of each name in the folder weights, so that DVC finds a dependency"""
ANOTHER = "../models/"
SHIPPED = "fer"
"""the model that mien ships: weights/fer is a link to mien/pretrained/fer"""


def require_weights(model: str, weights: str) -> None:
    """Raises WeightsError if `weights` of a model is neither one of WORDS, nor another model, nor a folder such as SHIPPED."""
    place = paths.WEIGHTS / weights
    if weights not in WORDS and not weights.startswith(ANOTHER) and not place.is_dir():
        raise WeightsError(
            f"models.{model}.weights: must be {', '.join((*WORDS, SHIPPED))}, {ANOTHER}NAME or a folder; there is no folder {place} "
            "(a path is absolute or relative to the folder weights)"
        )
