"""Whether maps depend on what the model has learned (Adebayo et al. 2018, Sanity Checks for Saliency Maps).

In their test, the model's weights are randomised, as before any training, and the maps are compared. Maps that stay similar (rank
correlation near 1) show the architecture and the image, not what was learned. First only the head is randomised, then all weights.

    sanity_check(model, config, images_N3SS, targets_N, input_px=…, seed=…) -> Sanity(num_images, head_redrawn, all_redrawn)

Shapes: N images, S×S stored side, h×w grid.
"""

import copy
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata
from torch import Tensor, nn

from mien.config.model import ModelConfig
from mien.explain.borrow import borrowed
from mien.explain.gradcam import BATCH_SIZE, grad_cam
from mien.models.build import ExpressionModel, build_model
from mien.models.inputs import to_input

NORMS = nn.BatchNorm1d | nn.BatchNorm2d
_OTHER_DRAW = 1  # added to the seed, because training draws its weights from the seed alone


@dataclass(frozen=True)
class Sanity:
    """Mean Spearman correlation over the cells of the maps, −1 to 1, and its number of images; None if no image has usable maps."""

    num_images: int
    head_redrawn: float | None
    all_redrawn: float | None


def sanity_check(
    model: ExpressionModel,
    config: ModelConfig,
    images_N3SS: Tensor,
    targets_N: Tensor,
    *,
    input_px: int,
    seed: int,
    maps_Nhw: Tensor | None = None,
    batch_size: int = BATCH_SIZE,
    device: torch.device | str = "cpu",
) -> Sanity:
    """Return how similar the Grad-CAM maps of RGB uint8 images for class `targets_N` stay if weights are randomised with `seed`.

    `config` is that of `model`, which is not changed. If the model's own maps are given as `maps_Nhw`, they are not computed again. A
    constant map, such as an empty one, has no ranks, so an image counts only if none of its three maps is constant.
    """
    maps_of = partial(grad_cam, images_N3SS=images_N3SS, targets_N=targets_N, input_px=input_px, batch_size=batch_size, device=device)
    own_Nhw = maps_of(model) if maps_Nhw is None else maps_Nhw
    fresh = redrawn(model, config, seed=seed)
    other_head = copy.deepcopy(model)
    other_head.head = copy.deepcopy(fresh.head)
    correlations_2N = []
    for other, part in ((other_head, other_head.head), (fresh, fresh)):
        settle_norms(other, part, images_N3SS, input_px=input_px, device=device)
        correlations_2N.append(rank_correlation(own_Nhw, maps_of(other)))
    known_N = np.isfinite(correlations_2N).all(axis=0)
    head, everything = (float(values_N[known_N].mean()) if known_N.any() else None for values_N in correlations_2N)
    return Sanity(int(known_N.sum()), head, everything)


def redrawn(model: ExpressionModel, config: ModelConfig, *, seed: int) -> ExpressionModel:
    """Return a model with the same architecture and input statistics, whose weights are randomly initialised from `seed` alone.

    No training run starts with these weights, whatever its seed. Trained weights stay near their initial weights, and maps of those would
    be similar for this reason alone.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(np.random.SeedSequence([seed, _OTHER_DRAW]).generate_state(1)[0]))
        fresh = build_model(config)
    # Pretrained weights may come with their own input statistics.
    fresh.mean_C11.copy_(model.mean_C11)
    fresh.std_C11.copy_(model.std_C11)
    return fresh.eval()


def settle_norms(
    model: ExpressionModel, part: nn.Module, images_N3SS: Tensor, *, input_px: int, device: torch.device | str = "cpu"
) -> None:
    """Set the running statistics of the batch norms in `part` to those of the images.

    The initial statistics (mean 0, variance 1) do not fit a network with random weights: its maps would vanish layer by layer.
    """
    norms = [module for module in part.modules() if isinstance(module, NORMS)]
    if not norms:
        return
    kept = [norm.momentum for norm in norms]
    with borrowed(model, device), torch.no_grad():
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean over batches
            norm.train()
        # The batch size does not depend on that of the caller, and no batch is a single image, which has no variance.
        pictures_N3SS = images_N3SS if len(images_N3SS) > 1 else images_N3SS.repeat(2, 1, 1, 1)
        for images_B3SS in torch.tensor_split(pictures_N3SS, max(1, len(pictures_N3SS) // BATCH_SIZE)):
            model(to_input(images_B3SS.to(device), input_px=input_px, channels_last=True))
    for norm, momentum in zip(norms, kept, strict=True):
        norm.momentum = momentum


def rank_correlation(maps_Nhw: Tensor, others_Nhw: Tensor) -> NDArray[np.float64]:
    """Return Spearman's correlation of each map with the other one over the cells of the grid, float64 N; NaN if either is constant."""
    assert maps_Nhw.shape == others_Nhw.shape, (maps_Nhw.shape, others_Nhw.shape)
    ranks_NG, other_NG = (_centred_ranks(maps.flatten(1).numpy()) for maps in (maps_Nhw, others_Nhw))
    with np.errstate(invalid="ignore"):
        correlation_N: NDArray[np.float64] = (ranks_NG * other_NG).sum(axis=1) / np.sqrt(
            (ranks_NG**2).sum(axis=1) * (other_NG**2).sum(axis=1)
        )
    return correlation_N


def _centred_ranks(values_NG: NDArray[np.float32]) -> NDArray[np.float64]:
    ranks_NG = rankdata(values_NG, axis=1)
    centred_NG: NDArray[np.float64] = ranks_NG - ranks_NG.mean(axis=1, keepdims=True)
    return centred_NG
