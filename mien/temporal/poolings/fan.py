"""Frame attention: Meng et al., "Frame attention networks for facial expression recognition in videos", ICIP 2019, arXiv:1907.00193.

Each frame has a weight α by its features f, equation 2, and a second one, β, by its relation to the clip v = Σ α f / Σ α, equation 4:

    o = Σ α β [f; v] / Σ α β,  logits = W o + b.

The published code for tests leaves β out of the numerator, which is not followed here. Dropout: 0.5 before both weights, 0.6 before the
logits, as in that code.
"""

import torch
from torch import Tensor, nn

from mien.temporal.batch import Batch, dropped

GATES, CLASSIFIER = 0.5, 0.6
"""probabilities of dropout"""


class FrameAttention(nn.Module):
    """Weights each frame by itself, and by what it has to do with the whole clip."""

    def __init__(self, num_features: int, num_classes: int) -> None:
        super().__init__()
        self.alpha = nn.Linear(num_features, 1)
        self.beta = nn.Linear(2 * num_features, 1)
        self.classifier = nn.Linear(2 * num_features, num_classes)

    def forward(self, batch: Batch, generator: torch.Generator | None = None) -> Tensor:
        """Logits, B×K."""
        features_BTD, mask_BT1 = batch.features_BTD, batch.mask_BT[..., None]
        alpha_BT1 = torch.sigmoid(self.alpha(dropped(features_BTD, GATES, generator))) * mask_BT1
        clip_B1D = (alpha_BT1 * features_BTD).sum(1, keepdim=True) / alpha_BT1.sum(1, keepdim=True)
        both_BTE = torch.cat([features_BTD, clip_B1D.expand_as(features_BTD)], dim=2)
        weight_BT1 = alpha_BT1 * torch.sigmoid(self.beta(dropped(both_BTE, GATES, generator)))
        pooled_BE = (weight_BT1 * both_BTE).sum(1) / weight_BT1.sum(1)
        logits_BK: Tensor = self.classifier(dropped(pooled_BE, CLASSIFIER, generator))
        return logits_BK
