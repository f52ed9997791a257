"""Class maps of a picture and of its mirror image side by side, of its own class and of others, as figure 8 of Zhu et al. 2025.

Only of heads that have class maps: those are what the consistency losses compare, before any ReLU, of all classes, and so they are shown.
Shapes: N pictures, S×S stored side, K classes, h×w grid.
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
"""classes shown beside a picture's own"""


def has_class_maps(model: ExpressionModel) -> bool:
    """Whether the model's head gives one map per class (CLASS_MAPS)."""
    return hasattr(model.head, "class_maps")


def examples(tested: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """One row of `tested` per class that it has, in order: the most confident right prediction, where there is none the most confident."""
    chosen = []
    for name in classes:
        own = tested[tested["label"] == name]
        chosen.append(most_confident(own[own["right"]] if own["right"].any() else own, num=1))
    return pd.concat(chosen, ignore_index=True)


def shown_classes(own: int, probabilities_K: Sequence[float], *, num_others: int = NUM_OTHERS) -> list[int]:
    """The picture's own class, then the others by probability; of equal ones the earlier."""
    others = [number for number in range(len(probabilities_K)) if number != own]
    return [own, *sorted(others, key=lambda number: -probabilities_K[number])[:num_others]]


def mirrored_class_maps(
    model: ExpressionModel, images_N3SS: Tensor, *, input_px: int, device: torch.device | str = "cpu"
) -> tuple[Tensor, Tensor]:
    """The head's class maps of each picture and of its mirror image, each as it lies: float32 N×K×h×w, with their signs."""
    with borrowed(model, device), torch.inference_mode():
        views = []
        for images in (images_N3SS, images_N3SS.flip(-1)):
            maps_NChw = model.forward_features(to_input(images.to(device), input_px=input_px, channels_last=False))
            views.append(model.head.class_maps(maps_NChw).cpu())  # type: ignore[operator]
    return views[0], views[1]


def similarities(original_NKhw: Tensor, mirrored_NKhw: Tensor) -> Tensor:
    """Correlation over the grid of each class map with that of the mirror image laid back, N×K, -1 to 1; 0 where one is even.

    Not the plain cosine: class maps have any sign and level, and two of one level everywhere would seem alike whatever their places.
    """
    own_NKG, back_NKG = (maps.flatten(2) - maps.mean(dim=(2, 3))[..., None] for maps in (original_NKhw, mirrored_NKhw.flip(-1)))
    return F.cosine_similarity(own_NKG, back_NKG, dim=-1)


def on_one_scale(original_NKhw: Tensor, mirrored_NKhw: Tensor) -> tuple[Tensor, Tensor]:
    """Both views' maps moved and scaled to [0, 1] together, class by class, so that colours of a pair can be compared; flat pairs are 0."""
    both = torch.stack([original_NKhw, mirrored_NKhw])
    low, high = (extreme(both, dim=(0, 3, 4), keepdim=True) for extreme in (torch.amin, torch.amax))
    scaled = (both - low) / torch.where(high > low, high - low, 1)
    return scaled[0], scaled[1]
