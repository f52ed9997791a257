"""Global average pool → Dropout → Linear, whose weights give class maps. Shapes: N batch, C channels, H×W grid, K classes."""

import torch
from torch import Tensor, nn

PARAMETERS: dict[str, object] = {}
CLASS_MAPS = True


class LinearHead(nn.Module):
    """One linear layer on the pooled features (Zhou et al. 2016): the mean of a class map over the grid, plus the bias, is the logit."""

    def __init__(self, in_features: int, num_classes: int, *, dropout: float) -> None:
        super().__init__()
        self.drop = nn.Dropout(dropout)
        self.classifier = nn.Linear(in_features, num_classes)

    def forward(self, maps_NCHW: Tensor) -> Tensor:
        """Logits, N×K."""
        logits_NK: Tensor = self.classifier(self.drop(maps_NCHW.mean(dim=(2, 3))))
        return logits_NK

    def class_maps(self, maps_NCHW: Tensor, *, detach: bool = False) -> Tensor:
        """A = einsum(F, W), N×K×H×W (Zhu et al. 2025, eq. 2, before its weights), for all classes, without bias, ReLU or scaling.

        It is computed in float32 at least, also under autocast. With `detach` no gradient reaches the weights W.
        """
        weights_KC = self.classifier.weight.detach() if detach else self.classifier.weight
        wide = torch.promote_types(maps_NCHW.dtype, torch.float32)
        with torch.autocast(maps_NCHW.device.type, enabled=False):
            return torch.einsum("nchw,kc->nkhw", maps_NCHW.to(wide), weights_KC.to(wide))


HEAD = LinearHead
