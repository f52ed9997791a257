"""One expression model: backbone, attention block, head. Shapes: N batch, C channels, H×W grid, K classes."""

from pathlib import Path

import torch
from torch import Tensor, nn

from mien.config.model import ModelConfig
from mien.core.errors import ParamsError
from mien.models import backbones
from mien.models.attention import build_attention, min_side
from mien.models.bilateral import bilateral
from mien.models.heads import build_head
from mien.models.weights import load_pretrained


class ExpressionModel(nn.Module):
    """Maps images in [0, 1] to one logit per class; the normalisation of the input is part of the model."""

    mean_C11: Tensor
    std_C11: Tensor

    def __init__(self, backbone: nn.Module, attention: nn.Module, head: nn.Module, *, statistics: backbones.Statistics) -> None:
        super().__init__()
        self.backbone = backbone
        self.attention = attention
        self.head = head
        # Batch norms of the backbone stay in eval mode during training too; set by mien.models.layers.freeze.
        self.norms_frozen = False
        for name, values in zip(("mean_C11", "std_C11"), statistics, strict=True):
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32).view(-1, 1, 1))

    def forward_features(self, images_NCHW: Tensor) -> Tensor:
        """The last feature map after attention, N×C×H×W, of float images in [0, 1]."""
        maps_NCHW: Tensor = self.attention(backbones.feature_maps(self.backbone, (images_NCHW - self.mean_C11) / self.std_C11))
        return maps_NCHW

    def forward_branch(self, images_NCHW: Tensor, branch: int) -> Tensor:
        """The last feature map of one of the two branches of a bilateral backbone, N×C×H×W, without attention."""
        maps_NCHW: Tensor = self.backbone.forward_branch((images_NCHW - self.mean_C11) / self.std_C11, branch)  # type: ignore[operator]
        return maps_NCHW

    def forward(self, images_NCHW: Tensor) -> Tensor:
        """Logits, N×K, of float images in [0, 1]."""
        logits_NK: Tensor = self.head(self.forward_features(images_NCHW))
        return logits_NK

    def penalty(self) -> Tensor:
        """The terms that the head adds to the loss for the last forward pass in training mode; a scalar, 0 for most heads."""
        own: Tensor = self.head.penalty() if hasattr(self.head, "penalty") else self.mean_C11.new_zeros(())  # type: ignore[operator]
        return own

    def train(self, mode: bool = True) -> "ExpressionModel":
        """Like torch's method, but frozen batch norms always stay in eval mode."""
        super().train(mode)
        if self.norms_frozen:
            for module in self.backbone.modules():
                if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.SyncBatchNorm):
                    module.eval()
        return self


def build_model(config: ModelConfig, *, pretrained: Path | None = None) -> ExpressionModel:
    """The model of a configuration, with random weights from torch's global generator.

    With `pretrained`, a folder that the stage `pretrained` wrote, the backbone is given the weights found there, if any; attention and
    head have the same random weights either way. With two branches, both copies of the last block have its weights. Raises ParamsError if
    the input is too small for the backbone or the attention block, or if its last block is not known for two branches, WeightsError if the
    weights do not fit.
    """
    channels, *grid = backbones.map_shape(config.backbone, input_px=config.input_px, model=config.name)
    if min(grid) < (side := min_side(config.attention)):
        raise ParamsError(
            f"models.{config.name}.attention: must be a block for a map of {grid[0]}×{grid[1]} cells, which {config.backbone} gives at "
            f"{config.input_px} px; {config.attention} needs {side}×{side}, so raise models.{config.name}.input_px "
            f"(got {config.attention!r})"
        )
    channels *= config.branches
    backbone = backbones.create_backbone(config.backbone, input_px=config.input_px, drop_path=config.drop_path)
    attention = build_attention(config.attention, channels)
    head = build_head(
        config.head, channels, len(config.classes), dropout=config.dropout, parameters=config.head_params, grid=(grid[0], grid[1])
    )
    statistics = backbones.statistics(config.backbone, config.normalization)
    if pretrained is not None:
        note = load_pretrained(backbone, pretrained, name=config.backbone)
        if config.normalization == "backbone" and "mean" in note:
            statistics = tuple(note["mean"]), tuple(note["std"])
    if config.branches == 2:
        backbone = bilateral(backbone, name=config.backbone, model=config.name)
    return ExpressionModel(backbone, attention, head, statistics=statistics)
