"""The dense head. Shapes: N batch, C channels, H×W grid, K classes."""

from torch import Tensor, nn

PARAMETERS = {"hidden": {"default": 256, "ge": 1, "le": 8192, "description": "units of the hidden layer"}}
CLASS_MAPS = False


class DenseHead(nn.Module):
    """Global average pool → Linear with `hidden` units → ReLU → Dropout → Linear."""

    def __init__(self, in_features: int, num_classes: int, *, hidden: int, dropout: float) -> None:
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.act = nn.ReLU()
        self.drop = nn.Dropout(dropout)
        self.classifier = nn.Linear(hidden, num_classes)

    def forward(self, maps_NCHW: Tensor) -> Tensor:
        """Logits, N×K."""
        pooled_NC = maps_NCHW.mean(dim=(2, 3))
        logits_NK: Tensor = self.classifier(self.drop(self.act(self.hidden(pooled_NC))))
        return logits_NK


HEAD = DenseHead
