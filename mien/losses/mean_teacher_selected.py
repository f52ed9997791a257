"""A mean teacher that selects the labels its student learns. Shapes: N batch, K classes."""

import copy
import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn
from typing_extensions import override

from mien.losses._step import Batch, Counted, StepLoss, Stepped
from mien.losses._terms import cross_entropy
from mien.models.build import ExpressionModel

PARAMETERS = {
    "dropped_share": {
        "default": 0.2,
        "ge": 0,
        "lt": 1,
        "description": "share τ of the images of each class whose labels are not learned in the end; 0 learns all",
    },
    "dropped_after": {"default": 10, "ge": 1, "description": "epochs in which that share rises from 0 to τ"},
    "teacher_decay": {
        "default": 0.999,
        "ge": 0,
        "lt": 1,
        "description": "decay, per step, of the moving average of the weights that is the teacher; smaller in the first steps",
    },
    "agreement_weight": {
        "default": 10.0,
        "ge": 0,
        "description": "weight of the squared difference between the probabilities of student and teacher, in the end; 0 leaves it out",
    },
    "agreement_after": {
        "default": 0.33,
        "gt": 0,
        "le": 1,
        "description": "share of the epochs in which that weight rises from almost 0",
    },
}
SOFT_TARGETS = False
TWO_VIEWS = False
STEP = True
NEEDS = {"train.ema": [0]}


class MeanTeacherSelected(StepLoss):
    """A mean teacher (Tarvainen and Valpola 2017, arXiv:1703.01780) with labels selected by small loss (Han et al. 2018, arXiv:1804.06872).

    L = mean CE(student(x'), y) over the selected images + w(e) 1/(N K) Σ_i ‖softmax student(x'_i) - softmax teacher(x''_i)‖²
    w(e) = w exp(-5 (1 - min(1, e / E_r))²),  R(e) = 1 - τ min(1, e / E_k)
    teacher = m teacher + (1 - m) student after each step,  m = min(m_max, 1 - 1 / (t + 1))

    x' and x'' are two augmented views of the images of a batch. Selected are, of each class in the batch, the R(e) share (rounded, at
    least one) of the images with the smallest cross-entropy of the teacher on x''; a selection over all classes would drop the rare ones
    first. A class with one or two images in the batch keeps all its labels as long as τ ≤ 1/4. The second term looks at all images and at
    no label, so an image that is not selected is learned from as one without a label. w = agreement_weight, E_r = agreement_after · planned
    epochs, τ = dropped_share, E_k = dropped_after, m_max = teacher_decay, e is the epoch and t the step, both from 1. The teacher is in
    eval mode, and its batch norms' statistics are those of the student. It is validated, kept and predicts. Range [0, ∞).

    Selecting with a teacher and agreeing on images without labels is what the Progressive Teacher (Jiang and Deng, 2023) does, but its
    authors publish neither code nor these rules: they are ours, and so is the name.
    """

    def __init__(
        self,
        *,
        dropped_share: float,
        dropped_after: int,
        teacher_decay: float,
        agreement_weight: float,
        agreement_after: float,
        class_counts: Sequence[int],  # noqa: ARG002  every loss is given them
    ) -> None:
        super().__init__()
        self.dropped_share = dropped_share
        self.dropped_after = dropped_after
        self.teacher_decay = teacher_decay
        self.agreement_weight = agreement_weight
        self.agreement_after = agreement_after
        self.teacher: ExpressionModel
        self.num_steps: Tensor
        self.register_buffer("num_steps", torch.zeros((), dtype=torch.int64))
        self._num_kept = self._num_seen = 0

    @override
    def prepare(self, model: ExpressionModel, targets_N: Tensor) -> None:
        self.teacher = copy.deepcopy(model).requires_grad_(False).eval()

    @override
    def step(self, model: ExpressionModel, batch: Batch) -> Stepped:
        first, second = (batch.augmented(batch.images_N3SS) for _ in "12")
        with torch.no_grad():
            taught_NK = self.teacher.eval()(second).float()
        logits_NK = model(first).float()
        kept_N = selected(taught_NK, batch.targets_N, share=self.learned_share(batch.epoch))
        loss = cross_entropy(logits_NK[kept_N], batch.targets_N[kept_N])
        loss = loss + self.agreement(batch.epoch, batch.epochs) * F.mse_loss(logits_NK.softmax(dim=1), taught_NK.softmax(dim=1))
        self._num_kept, self._num_seen = self._num_kept + len(kept_N), self._num_seen + len(logits_NK)
        return Stepped(loss, (Counted(logits_NK, batch.targets_N),))

    def learned_share(self, epoch: int) -> float:
        """R(e)."""
        return 1 - self.dropped_share * min(1.0, epoch / self.dropped_after)

    def agreement(self, epoch: int, epochs: int) -> float:
        """w(e)."""
        return self.agreement_weight * math.exp(-5 * (1 - min(1.0, epoch / (self.agreement_after * epochs))) ** 2)

    @override
    @torch.no_grad()
    def after_step(self, model: ExpressionModel) -> None:
        self.num_steps += 1
        decay = min(self.teacher_decay, 1 - 1 / (int(self.num_steps) + 1))
        own, students = list(self.teacher.parameters()), list(model.parameters())
        get_ema_multi_avg_fn(decay)(own, students, self.num_steps)  # type: ignore[no-untyped-call]
        for buffer, students_buffer in zip(self.teacher.buffers(), model.buffers(), strict=True):
            buffer.copy_(students_buffer)

    @override
    def judged(self, model: ExpressionModel) -> ExpressionModel:
        return self.teacher

    @override
    def epoch_figures(self) -> dict[str, float]:
        share = self._num_kept / max(self._num_seen, 1)
        self._num_kept = self._num_seen = 0
        return {"selected": share}


def selected(taught_NK: Tensor, targets_N: Tensor, *, share: float) -> Tensor:
    """The places in the batch, ascending, of the `share` of each class with the smallest cross-entropy of the teacher.

    Of n images of a class, share · n are taken, rounded, halves up, and at least one. Of equal losses the first ones win.
    """
    loss_N = F.cross_entropy(taught_NK, targets_N, reduction="none")
    kept = []
    for name in sorted(set(targets_N.tolist())):
        places = (targets_N == name).nonzero().flatten()
        num = max(1, math.floor(share * len(places) + 0.5))
        kept.append(places[loss_N[places].argsort(stable=True)[:num]])
    return torch.cat(kept).sort().values


LOSS = MeanTeacherSelected
