"""The Bilateral-Branch Network, BBN. Shapes: N both batches, B each of them, C channels of a branch, K classes."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from mien.losses._step import Batch, Counted, Finished, StepLoss, Stepped
from mien.losses._terms import cross_entropy
from mien.models.build import ExpressionModel

PARAMETERS: dict[str, object] = {}
SOFT_TARGETS = False
TWO_VIEWS = False
STEP = True
SECOND_BATCH = "reversed"
NEEDS = {"branches": [2], "head": ["linear"], "attention": ["none"]}


class Bbn(StepLoss):
    """Bilateral-branch network with cumulative learning (Zhou et al. 2020, CVPR, and their published code).

    L = l CE(z, y_c) + (1 - l) CE(z, y_r),  z = W 2 [l f_c(x_c); (1 - l) f_r(x_r)] + b,  l = 1 - ((e - 1) / E)²

    f_c and f_r are the pooled features of the conventional and of the re-balancing branch of a backbone with `branches: 2`, W and b those
    of the head `linear`. x_c are the images that the sampler gives, x_r as many of the sampler `reversed`. e is the epoch from 1 and E the
    planned number of them; the published code ends the schedule some epochs later. Range [0, ∞). Reduction: mean over each batch.

    The shared part sees both batches one after the other, so each is normalised with its own statistics, as in the code. Validation and
    prediction use z = W [f_c(x); f_r(x)] + b, that is l = 1/2. Weights are therefore kept of epochs with l < 1/2 only (or of the last
    one, if a training has none): before, the re-balancing branch has hardly been trained.
    """

    def __init__(self, *, class_counts: Sequence[int]) -> None:  # noqa: ARG002  every loss is given them
        super().__init__()
        self._share = 1.0
        """l of the last step"""

    @override
    def step(self, model: ExpressionModel, batch: Batch) -> Stepped:
        share = self._share = conventional_share(batch.epoch, batch.epochs)
        targets = batch.targets_N.chunk(2)
        views = [batch.augmented(images_B3SS) for images_B3SS in batch.images_N3SS.chunk(2)]
        features = [model.forward_branch(view, branch).mean(dim=(2, 3)) for branch, view in enumerate(views)]
        logits_BK = self._logits(model, features, share)
        loss = share * cross_entropy(logits_BK, targets[0]) + (1 - share) * cross_entropy(logits_BK, targets[1])
        return Stepped(loss, (Counted(logits_BK, targets[0], share), Counted(logits_BK, targets[1], 1 - share)))

    def _logits(self, model: ExpressionModel, features: Sequence[Tensor], share: float) -> Tensor:
        """Logits, B×K, of the features of both branches, B×C each, of which the first have the weight `share`."""
        head: Any = model.head
        conventional_BC, rebalancing_BC = features
        logits_BK: Tensor = head.classifier(head.drop(2 * torch.cat([share * conventional_BC, (1 - share) * rebalancing_BC], dim=1)))
        return logits_BK.float()

    @override
    def may_keep(self, epoch: int, epochs: int) -> bool:
        return conventional_share(epoch, epochs) < 0.5 or epoch == epochs

    @override
    def epoch_figures(self) -> dict[str, float]:
        return {"conventional_share": self._share}

    @override
    def findings(self, model: ExpressionModel, run: Finished) -> dict[str, Any]:
        """The accuracies of each branch alone (l = 1, l = 0) on the validation images."""

        def right_N2(images: Tensor) -> Tensor:
            features = [maps_BCHW.mean(dim=(2, 3)) for maps_BCHW in model.forward_features(images).chunk(2, dim=1)]
            return torch.stack([self._logits(model, features, share).argmax(dim=1) for share in (1.0, 0.0)], dim=1)

        found_N2, targets_N = run.seen(run.val.images, right_N2), run.val.targets_N
        return {
            "branches": {
                name: accuracies(found_N, targets_N)
                for name, found_N in zip(("conventional", "rebalancing"), found_N2.unbind(1), strict=True)
            }
        }


def conventional_share(epoch: int, epochs: int) -> float:
    """l in epoch (from 1) of the planned epochs: 1 in the first, and falling ever faster."""
    return 1 - ((epoch - 1) / epochs) ** 2


def accuracies(found_N: Tensor, targets_N: Tensor) -> dict[str, float]:
    """Overall accuracy, and the mean over the classes that occur of their accuracies, of predicted classes."""
    is_right_N = (found_N == targets_N).double()
    each = [float(is_right_N[targets_N == name].mean()) for name in sorted(set(targets_N.tolist()))]
    return {"accuracy": round(float(is_right_N.mean()), 6), "mean_accuracy": round(sum(each) / len(each), 6)}


LOSS = Bbn
