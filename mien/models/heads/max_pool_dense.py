"""The regularised dense head of EfficientNet-B7 on global max pooling. Shapes: N batch, C channels, H×W grid, K classes."""

import torch
from torch import Tensor, nn

PARAMETERS = {
    "hidden": {"default": 256, "ge": 1, "le": 8192, "description": "units of the hidden layer"},
    "batch_norm": {"default": True, "description": "a batch norm before the dense layer"},
    "l1_weights": {"default": 0.0, "ge": 0, "description": "strength of the L1 term of the dense layer's weights, unitless"},
    "l2_weights": {"default": 0.016, "ge": 0, "description": "strength of the L2 term of the dense layer's weights, unitless"},
    "l1_bias": {"default": 0.006, "ge": 0, "description": "strength of the L1 term of the dense layer's bias, unitless"},
    "l1_activations": {
        "default": 0.006,
        "ge": 0,
        "description": "strength of the L1 term of the dense layer's activations, mean over the batch, unitless",
    },
}
CLASS_MAPS = False


class MaxPoolDenseHead(nn.Module):
    """Global max pool → batch norm (if `batch_norm`) → Linear (`hidden`) → ReLU → Dropout → Linear (Huang 2024, sections 2.2.1, 2.2.2).

    The paper applies L2 to the dense layer's weights W and L1 to W and the bias b, but gives no strengths and no batch norm. The terms
    are Keras's: l2(s) is s · ΣW², l1(s) of weights or bias s · Σ|·|, and of the activations a (after ReLU) s · Σ|a| / batch size.
    The batch norm has torch's momentum: with Keras's (1 % of each batch) a short training hardly changes the initial statistics.
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        hidden: int,
        dropout: float,
        batch_norm: bool,
        l1_weights: float,
        l2_weights: float,
        l1_bias: float,
        l1_activations: float,
    ) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(in_features) if batch_norm else nn.Identity()
        self.hidden = nn.Linear(in_features, hidden)
        self.act = nn.ReLU()
        self.drop = nn.Dropout(dropout)
        self.classifier = nn.Linear(hidden, num_classes)
        self.l1_weights = l1_weights
        self.l2_weights = l2_weights
        self.l1_bias = l1_bias
        self.l1_activations = l1_activations
        self._activity: Tensor | None = None
        """Σ|a|, mean over the batch, of the last forward pass in training mode; None after `penalty` has used it"""

    def forward(self, maps_NCHW: Tensor) -> Tensor:
        """Logits, N×K."""
        active_ND: Tensor = self.act(self.hidden(self.norm(maps_NCHW.amax(dim=(2, 3)))))
        self._activity = _wide(active_ND).abs().sum(dim=1).mean() if self.training else None
        logits_NK: Tensor = self.classifier(self.drop(active_ND))
        return logits_NK

    def penalty(self) -> Tensor:
        """The four terms of the last forward pass in training mode, a scalar, float32 at least, also under autocast.

        It is 0 without such a pass since the last call: each pass counts once, so that no graph outlives its step.
        """
        activity, self._activity = self._activity, None
        weights_DC, bias_D = _wide(self.hidden.weight), _wide(self.hidden.bias)
        if activity is None:
            return weights_DC.new_zeros(())
        return (
            self.l1_weights * weights_DC.abs().sum()
            + self.l2_weights * weights_DC.square().sum()
            + self.l1_bias * bias_D.abs().sum()
            + self.l1_activations * activity
        )


def _wide(values: Tensor) -> Tensor:
    return values.to(torch.promote_types(values.dtype, torch.float32))


HEAD = MaxPoolDenseHead
