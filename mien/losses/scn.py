"""The Self-Cure Network, SCN. Shapes: N batch, M training images, K classes."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from mien.losses._step import Batch, Counted, Finished, StepLoss, Stepped, listed
from mien.losses._terms import cross_entropy
from mien.models.build import ExpressionModel

PARAMETERS = {
    "high_share": {"default": 0.7, "gt": 0, "lt": 1, "description": "share of a batch that is the group of high importance"},
    "rank_margin": {
        "default": 0.15,
        "ge": 0,
        "le": 1,
        "description": "margin between the mean importances of the two groups, below which they are pushed apart",
    },
    "rank_form": {
        "default": "sum",
        "choices": ("sum", "mixture"),
        "description": "sum adds the rank term to the cross-entropy; mixture weighs both by rank_weight",
    },
    "rank_weight": {
        "default": 0.5,
        "ge": 0,
        "le": 1,
        "description": "share of the rank term in the loss; the rest is the cross-entropy",
        "only_if": {"rank_form": "mixture"},
    },
    "relabel": {
        "default": "low",
        "choices": ("low", "all", "none"),
        "description": "images whose labels may change: those of low importance in their batch, all, or none",
    },
    "relabel_margin": {
        "default": 0.2,
        "ge": 0,
        "le": 1,
        "description": "a label changes if another class is more probable by more than this",
    },
    "relabel_epoch": {"default": 10, "ge": 1, "description": "first epoch in which labels change"},
}
SOFT_TARGETS = False
TWO_VIEWS = False
STEP = True
NEEDS = {"head": ["importance"]}


class Scn(StepLoss):
    """Self-Cure Network (Wang et al. 2020, CVPR; the default numbers are those of the authors' published code).

    L = CE(z, y) + L_rr  (rank_form sum)  or  γ L_rr + (1 - γ) CE(z, y)  (mixture)
    L_rr = max(0, δ1 - (mean α of the high group - mean α of the low group))

    z are the logits of the head `importance`, weighted by α. The high group has the int(β N) largest α of the batch, at least one image
    and not all; β = high_share, δ1 = rank_margin, γ = rank_weight. Range [0, ∞). Reduction: mean over the batch.

    From epoch relabel_epoch on, the label y of an image becomes the most probable class if max_k p_k - p_y > δ2 = relabel_margin, with
    the probabilities of this step. It stays so for the next epochs and may change again. `relabel` says whether this holds for the low
    group or for all images. The targets of the data set are untouched: training accuracy counts them, validation too.

    `sum` and `all` are what the code does. `mixture` with γ = 1/2 and `low` are how the paper is said to describe it, which we have not
    been able to check against its text. That `low` is the default is our choice: it changes fewer labels.
    """

    def __init__(
        self,
        *,
        high_share: float,
        rank_margin: float,
        rank_form: str,
        relabel: str,
        relabel_margin: float,
        relabel_epoch: int,
        class_counts: Sequence[int],  # noqa: ARG002  every loss is given them
        rank_weight: float | None = None,
    ) -> None:
        super().__init__()
        self.high_share = high_share
        self.rank_margin = rank_margin
        self.rank_weight = rank_weight if rank_form == "mixture" else None
        self.relabel = relabel
        self.relabel_margin = relabel_margin
        self.relabel_epoch = relabel_epoch
        self.labels_M = torch.zeros(0, dtype=torch.int64)
        """the labels that the training uses now, on the CPU. No buffer: a moving average of the weights would average it."""
        self._targets_M = self.labels_M

    @override
    def get_extra_state(self) -> dict[str, Tensor]:
        return {"labels_M": self.labels_M}

    @override
    def set_extra_state(self, state: dict[str, Tensor]) -> None:
        self.labels_M = state["labels_M"]

    @override
    def prepare(self, model: ExpressionModel, targets_N: Tensor) -> None:
        self._targets_M = targets_N.cpu()
        self.labels_M = self._targets_M.clone()

    @override
    def step(self, model: ExpressionModel, batch: Batch) -> Stepped:
        logits_NK, alpha_N1 = model.head.weighted(model.forward_features(batch.augmented(batch.images_N3SS)))  # type: ignore[operator]
        logits_NK, alpha_N = logits_NK.float(), alpha_N1.float().squeeze(1)
        rows_N = batch.rows_N.cpu()
        labels_N = self.labels_M[rows_N].to(logits_NK.device)
        is_high_N = self.high_group(alpha_N)
        loss = self.total(cross_entropy(logits_NK, labels_N), self.rank_term(alpha_N, is_high_N))
        if self.relabel != "none" and batch.epoch >= self.relabel_epoch:
            self._relabel(rows_N, logits_NK.detach(), labels_N, is_high_N)
        return Stepped(loss, (Counted(logits_NK, batch.targets_N),))

    def high_group(self, alpha_N: Tensor) -> Tensor:
        """Whether each image belongs to the group of high importance: int(β N) images, at least one and at most N - 1."""
        num_high = min(max(int(self.high_share * len(alpha_N)), 1), len(alpha_N) - 1)
        is_high_N = torch.zeros_like(alpha_N, dtype=torch.bool)
        is_high_N[alpha_N.detach().topk(num_high).indices] = True
        return is_high_N

    def rank_term(self, alpha_N: Tensor, is_high_N: Tensor) -> Tensor:
        """L_rr, a scalar."""
        return (self.rank_margin - (alpha_N[is_high_N].mean() - alpha_N[~is_high_N].mean())).clamp(min=0)

    def total(self, classification: Tensor, rank: Tensor) -> Tensor:
        """The sum or the mixture of both terms, a scalar."""
        return classification + rank if self.rank_weight is None else self.rank_weight * rank + (1 - self.rank_weight) * classification

    def _relabel(self, rows_N: Tensor, logits_NK: Tensor, labels_N: Tensor, is_high_N: Tensor) -> None:
        probabilities_NK = logits_NK.softmax(dim=1)
        most_N, found_N = probabilities_NK.max(dim=1)
        changes_N = most_N - probabilities_NK.gather(1, labels_N[:, None]).squeeze(1) > self.relabel_margin
        if self.relabel == "low":
            changes_N &= ~is_high_N
        # One after the other: of an image that a sampler drew twice, the last change counts, on every device.
        for place in changes_N.nonzero().flatten().tolist():
            self.labels_M[rows_N[place]] = int(found_N[place])

    @override
    def epoch_figures(self) -> dict[str, float]:
        return {"relabelled_share": float((self.labels_M != self._targets_M).double().mean())}

    @override
    def findings(self, model: ExpressionModel, run: Finished) -> dict[str, Any]:
        """The images whose labels are changed at the end of the training, with the label of the data set and the one that was used."""
        changed = (self.labels_M != self._targets_M).nonzero().flatten().tolist()
        return {
            "relabelled": len(changed),
            "share_at_the_end": round(len(changed) / len(self.labels_M), 6),
            "images": [listed(run, row, used=run.classes[int(self.labels_M[row])]) for row in changed],
        }


LOSS = Scn
