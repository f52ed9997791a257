"""A backbone whose last block stands twice, side by side: the two branches of a bilateral-branch network (Zhou et al. 2020, CVPR).

Shapes: N batch, C channels of a branch, H×W grid.
"""

import copy
from typing import Final

import torch
from torch import Tensor, nn

from mien.core.errors import ParamsError
from mien.models.backbones import feature_maps

LAST_BLOCKS: Final = {
    "ConventionalCnn": "blocks",
    "ConvNeXt": "stages.-1.blocks",
    "EfficientNet": "blocks.-1",
    "MobileNetV3": "blocks.-1",
    "RegNet": "s4",
    "ResNet": "layer4",
    "SwinTransformer": "layers.-1.blocks",
}
"""By class of the backbone the module whose last child is its last block; -1 is the last child. What follows the block, such as the last
convolution of EfficientNet, is shared."""


class Fork(nn.Module):
    """A block and a copy of it; both start with the same weights."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList([block, copy.deepcopy(block)])
        self.only: int | None = None
        """the branch that runs alone"""

    def forward(self, maps: Tensor) -> Tensor:
        """What both branches give, one after the other along the first axis, or one of them alone."""
        return torch.cat([branch(maps) for branch in self.branches]) if self.only is None else self.branches[self.only](maps)


class Bilateral(nn.Module):
    """Maps cat(F_0, F_1), N×2C×H×W, from a backbone whose last block has become a fork; `forward_branch` gives one of them."""

    def __init__(self, backbone: nn.Module, fork: Fork) -> None:
        super().__init__()
        self.forked = backbone
        self._fork = (fork,)  # in a tuple, because it is a part of `forked`

    def forward_features(self, images_NCHW: Tensor) -> Tensor:
        """The maps of both branches, N×2C×H×W."""
        maps, num = feature_maps(self.forked, images_NCHW), images_NCHW.shape[0]
        return torch.cat([maps[:num], maps[num:]], dim=1)

    def forward_branch(self, images_NCHW: Tensor, branch: int) -> Tensor:
        """The maps of branch 0 or 1, N×C×H×W; the other one does not run."""
        (fork,) = self._fork
        fork.only = branch
        try:
            return feature_maps(self.forked, images_NCHW)
        finally:
            fork.only = None

    def no_weight_decay(self) -> set[str]:
        """The names of parameters that the backbone exempts from weight decay."""
        own: set[str] = getattr(self.forked, "no_weight_decay", set)()
        return {f"forked.{name}" for name in own}


def bilateral(backbone: nn.Module, *, name: str, model: str) -> Bilateral:
    """The backbone with its last block doubled, in place. Raises ParamsError, naming the key of `model`, if its last block is not known."""
    kind = type(backbone).__name__
    if kind not in LAST_BLOCKS:
        raise ParamsError(
            f"models.{model}.backbone: must be a {_families()} for branches 2, because the last block of others is not known; {name} is a "
            f"{kind}; choose another backbone, or branches 1"
        )
    parent = backbone
    for part in LAST_BLOCKS[kind].split("."):
        parent = list(parent.children())[-1] if part == "-1" else getattr(parent, part)
    last, block = list(parent.named_children())[-1]
    fork = Fork(block)
    setattr(parent, last, fork)
    return Bilateral(backbone, fork)


def _families() -> str:
    *names, last = LAST_BLOCKS
    return f"{', '.join(names)} or {last}"
