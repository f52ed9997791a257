"""The head with two hidden layers. Shapes: N batch, C channels, H×W grid, K classes."""

from torch import Tensor, nn

PARAMETERS = {
    "hidden": "dense",
    "second_hidden": {"default": 256, "ge": 1, "le": 8192, "description": "units of the second hidden layer"},
}
CLASS_MAPS = False


class TwoDenseHead(nn.Module):
    """Global average pool → Linear (`hidden`) → ReLU → Dropout → Linear (`second_hidden`) → ReLU → Dropout → Linear.

    It belongs to the network of Kausar et al., whose count of parameters it explains (see mien/models/attention/pointwise.py).
    """

    def __init__(self, in_features: int, num_classes: int, *, hidden: int, second_hidden: int, dropout: float) -> None:
        super().__init__()
        self.hidden = nn.Linear(in_features, hidden)
        self.second_hidden = nn.Linear(hidden, second_hidden)
        self.act = nn.ReLU()
        self.drop = nn.Dropout(dropout)
        self.classifier = nn.Linear(second_hidden, num_classes)

    def forward(self, maps_NCHW: Tensor) -> Tensor:
        """Logits, N×K."""
        first = self.drop(self.act(self.hidden(maps_NCHW.mean(dim=(2, 3)))))
        second = self.drop(self.act(self.second_hidden(first)))
        logits_NK: Tensor = self.classifier(second)
        return logits_NK


HEAD = TwoDenseHead
