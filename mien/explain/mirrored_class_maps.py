"""Class maps of an image and of its mirror image side by side, for its own class and others, as in Figure 8 of Zhu et al. 2025.

Only heads with class maps are supported. These maps are shown as the consistency losses compare them: for all classes and before any ReLU.
Shapes: N images, S×S stored side, K classes, h×w grid.
"""

from collections.abc import Sequence

import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor

from mien.explain.borrow import borrowed
from mien.explain.gallery import most_confident
from mien.models.build import ExpressionModel
from mien.models.inputs import to_input

NUM_OTHERS = 2
"""number of classes that are shown beside the image's own class"""


def has_class_maps(model: ExpressionModel) -> bool:
    """Return whether the model's head has one map per class (CLASS_MAPS)."""
    return hasattr(model.head, "class_maps")


def examples(tested: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Return one row of `tested` per class in it, in order: the most confident right prediction, or if none is right the most confident."""
    chosen = []
    for name in classes:
        own = tested[tested["label"] == name]
        chosen.append(most_confident(own[own["right"]] if own["right"].any() else own, num=1))
    return pd.concat(chosen, ignore_index=True)


def shown_classes(own: int, probabilities_K: Sequence[float], *, num_others: int = NUM_OTHERS) -> list[int]:
    """Return the image's own class, then the most probable `num_others` of the other classes; ties are in the order of the classes."""
    others = [number for number in range(len(probabilities_K)) if number != own]
    return [own, *sorted(others, key=lambda number: -probabilities_K[number])[:num_others]]


def mirrored_class_maps(
    model: ExpressionModel, images_N3SS: Tensor, *, input_px: int, device: torch.device | str = "cpu"
) -> tuple[Tensor, Tensor]:
    """Return the head's class maps of each image and of its mirror image (not mirrored back): float32 N×K×h×w, with their signs."""
    with borrowed(model, device), torch.inference_mode():
        views = []
        for images in (images_N3SS, images_N3SS.flip(-1)):
            maps_NChw = model.forward_features(to_input(images.to(device), input_px=input_px, channels_last=False))
            views.append(model.head.class_maps(maps_NChw).cpu())  # type: ignore[operator]
    return views[0], views[1]


def similarities(original_NKhw: Tensor, mirrored_NKhw: Tensor) -> Tensor:
    """Return the correlation over the grid of each class map with the mirror image's, mirrored back: N×K, -1 to 1; 0 if one is uniform.

    The cosine similarity is not used, because class maps have any sign and offset: a common offset would make any two maps appear similar.
    """
    own_NKG, back_NKG = (maps.flatten(2) - maps.mean(dim=(2, 3))[..., None] for maps in (original_NKhw, mirrored_NKhw.flip(-1)))
    return F.cosine_similarity(own_NKG, back_NKG, dim=-1)


def on_one_scale(original_NKhw: Tensor, mirrored_NKhw: Tensor) -> tuple[Tensor, Tensor]:
    """Return the maps of both views, rescaled to [0, 1] together per class, so that colours of a pair are comparable; flat pairs are 0."""
    both = torch.stack([original_NKhw, mirrored_NKhw])
    low, high = (extreme(both, dim=(0, 3, 4), keepdim=True) for extreme in (torch.amin, torch.amax))
    scaled = (both - low) / torch.where(high > low, high - low, 1)
    return scaled[0], scaled[1]
