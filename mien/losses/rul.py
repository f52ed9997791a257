"""Relative uncertainty learning, RUL. Shapes: N batch, D embedding, K classes."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from mien.losses._step import Batch, Counted, Finished, StepLoss, Stepped, listed
from mien.losses._terms import cross_entropy
from mien.models.build import ExpressionModel

PARAMETERS: dict[str, object] = {}
SOFT_TARGETS = False
TWO_VIEWS = False
STEP = True
NEEDS = {"head": ["uncertainty"]}
NUM_LISTED = 100
"""training images that are listed as the most uncertain"""


class Rul(StepLoss):
    """Relative uncertainty learning (Zhang et al. 2021, NeurIPS, as their published code does it).

    L = 1/2 CE(W μ̂, y) + 1/2 CE(W μ̂, y_π),  μ̂_i = (s_i μ_i + s_π(i) μ_π(i)) / (s_i + s_π(i))

    μ and s are the features and the uncertainty of the head `uncertainty`, π is a random permutation of the batch. The image with the
    larger s has the larger share of the mixed features while both labels count alike, so s becomes large for images that are hard to
    recognise. Range [0, ∞). Reduction: mean over the batch. Validation and prediction use W μ alone.
    """

    def __init__(self, *, class_counts: Sequence[int]) -> None:  # noqa: ARG002  every loss is given them
        super().__init__()

    @override
    def step(self, model: ExpressionModel, batch: Batch) -> Stepped:
        head: Any = model.head
        maps_NCHW = model.forward_features(batch.augmented(batch.images_N3SS))
        order_N = torch.randperm(len(batch.images_N3SS), generator=batch.generator).to(maps_NCHW.device)
        features_ND = mixed(head.mean(maps_NCHW).float(), head.uncertainty(maps_NCHW), order_N)
        logits_NK = head.classifier(features_ND).float()
        loss = (cross_entropy(logits_NK, batch.targets_N) + cross_entropy(logits_NK, batch.targets_N[order_N])) / 2
        return Stepped(loss, (Counted(logits_NK, batch.targets_N),))

    @override
    def findings(self, model: ExpressionModel, run: Finished) -> dict[str, Any]:
        """The training images with the largest uncertainty, in descending order, each with its class and its uncertainty."""
        head: Any = model.head
        uncertainty_N = run.seen(run.train.images, lambda images: head.uncertainty(model.forward_features(images)).squeeze(1))
        most = uncertainty_N.argsort(descending=True, stable=True)[:NUM_LISTED].tolist()
        return {
            "mean_uncertainty": round(float(uncertainty_N.mean()), 6),
            "images": [listed(run, row, uncertainty=round(float(uncertainty_N[row]), 6)) for row in most],
        }


def mixed(features_ND: Tensor, uncertainty_N1: Tensor, order_N: Tensor) -> Tensor:
    """μ̂, N×D: the features of each image and of that at its place in `order_N`, weighted by their uncertainties."""
    other_N1 = uncertainty_N1[order_N]
    return (uncertainty_N1 * features_ND + other_N1 * features_ND[order_N]) / (uncertainty_N1 + other_N1)


LOSS = Rul
