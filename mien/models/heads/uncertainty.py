"""The head of relative uncertainty learning: two branches on the whole map, one for the features and one for their uncertainty.

Shapes: N batch, C channels, H×W grid, D embedding, K classes.
"""

import torch
from torch import Tensor, nn

PARAMETERS = {
    "embedding": {"default": 64, "ge": 1, "le": 8192, "description": "numbers of the embedding that each branch gives"},
    "classifier_lr": {
        "default": 10.0,
        "gt": 0,
        "description": "factor of the learning rate of the classifier, unitless; schedules scale it with the rest",
    },
}
CLASS_MAPS = False
GRID = True
NEEDS = {"loss": ["rul"], "train.start_px": [0]}
EPS = 2e-5
"""of both batch norms, as in the published code"""
MAX_LOG = 20.0
"""bound of log σ², against overflow in eval mode, in which batch norm does not bound it; ours"""


class UncertaintyHead(nn.Module):
    """Two branches μ and log σ² of F, and a linear classifier of μ (Zhang et al. 2021, NeurIPS; the layers of their published code).

    A branch is BatchNorm without affine parameters → Dropout → Flatten → Linear with D units → BatchNorm, on the map before any pooling,
    so the size of the input is fixed. Predictions are W μ; the branch of log σ² is trained only by the loss `rul`.
    """

    def __init__(
        self, in_features: int, num_classes: int, *, grid: tuple[int, int], dropout: float, embedding: int, classifier_lr: float
    ) -> None:
        super().__init__()
        self.mean = _branch(in_features, grid, dropout, embedding)
        self.log_variance = _branch(in_features, grid, dropout, embedding)
        self.classifier = nn.Linear(embedding, num_classes)
        self.rates: dict[str, float] = {"classifier": classifier_lr}

    def forward(self, maps_NCHW: Tensor) -> Tensor:
        """Logits, N×K."""
        logits_NK: Tensor = self.classifier(self.mean(maps_NCHW))
        return logits_NK

    def uncertainty(self, maps_NCHW: Tensor) -> Tensor:
        """s, the mean over the embedding of σ², N×1, float32 at least; comparable only between images of one trained model."""
        log_ND: Tensor = self.log_variance(maps_NCHW)
        wide = torch.promote_types(log_ND.dtype, torch.float32)
        return log_ND.to(wide).clamp(-MAX_LOG, MAX_LOG).exp().mean(dim=1, keepdim=True)


class _Norm(nn.BatchNorm2d):
    """A batch norm without affine parameters, which has constants in their place, neither trained nor stored: from them, ONNX export takes
    the number of channels, which it does not know after some attention blocks.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=EPS, affine=False)
        for name, value in (("weight", 1.0), ("bias", 0.0)):
            delattr(self, name)
            self.register_buffer(name, torch.full((channels,), value), persistent=False)


def _branch(channels: int, grid: tuple[int, int], dropout: float, embedding: int) -> nn.Sequential:
    return nn.Sequential(
        _Norm(channels),
        nn.Dropout(dropout),
        nn.Flatten(),
        nn.Linear(channels * grid[0] * grid[1], embedding),
        nn.BatchNorm1d(embedding, eps=EPS),
    )


HEAD = UncertaintyHead
