"""The head of the Self-Cure Network: linear logits multiplied by the importance of the image.

Shapes: N batch, C channels, H×W grid, K classes.
"""

import torch
from torch import Tensor, nn

PARAMETERS: dict[str, object] = {}
CLASS_MAPS = True


class ImportanceHead(nn.Module):
    """z = α (W f + b), α = σ(w · f + a), on the pooled features f after dropout (Wang et al. 2020, CVPR).

    α in (0, 1), the importance of an image, never changes which class is the largest, but how certain it is: the bias b is inside the
    product, as in the authors' published code.
    """

    def __init__(self, in_features: int, num_classes: int, *, dropout: float) -> None:
        super().__init__()
        self.drop = nn.Dropout(dropout)
        self.importance = nn.Linear(in_features, 1)
        self.classifier = nn.Linear(in_features, num_classes)

    def forward(self, maps_NCHW: Tensor) -> Tensor:
        """Logits, N×K, weighted by the importance."""
        logits_NK, _ = self.weighted(maps_NCHW)
        return logits_NK

    def weighted(self, maps_NCHW: Tensor) -> tuple[Tensor, Tensor]:
        """Logits, N×K, weighted by the importance, and the importance, N×1."""
        features_NC = self.drop(maps_NCHW.mean(dim=(2, 3)))
        alpha_N1 = self.importance(features_NC).sigmoid()
        return alpha_N1 * self.classifier(features_NC), alpha_N1

    def class_maps(self, maps_NCHW: Tensor, *, detach: bool = False) -> Tensor:
        """The class maps of the unweighted classifier, N×K×H×W, as of the head `linear`.

        Their mean plus the bias is the logit divided by α, which is one number per image and scales all of its maps.
        """
        return _projected(maps_NCHW, self.classifier.weight.detach() if detach else self.classifier.weight)

    def grad_cam(self, maps_NCHW: Tensor) -> Tensor:
        """Grad-CAM of each class in eval mode, N×K×H×W, without gradients.

        ∂z_k/∂F is that of the product, [α W_k + (1 - α) z_k w] / (H W), alike in all cells, so the map is
        ReLU(α A_k + (1 - α) z_k A_α) / (H W) with the class maps A_k and the map A_α of the importance.
        """
        logits_NK, alpha_N1 = self.weighted(maps_NCHW)
        own_NKHW = alpha_N1[:, :, None, None] * self.class_maps(maps_NCHW)
        through_NKHW = ((1 - alpha_N1) * logits_NK)[:, :, None, None] * _projected(maps_NCHW, self.importance.weight)
        return (own_NKHW + through_NKHW).relu() / (int(maps_NCHW.shape[2]) * int(maps_NCHW.shape[3]))


def _projected(maps_NCHW: Tensor, weights_KC: Tensor) -> Tensor:
    """einsum(F, W), N×K×H×W, in float32 at least, also under autocast."""
    wide = torch.promote_types(maps_NCHW.dtype, torch.float32)
    with torch.autocast(maps_NCHW.device.type, enabled=False):
        return torch.einsum("nchw,kc->nkhw", maps_NCHW.to(wide), weights_KC.to(wide))


HEAD = ImportanceHead
