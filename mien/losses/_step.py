"""What a loss that trains the network itself is given and returns: the third kind of loss beside those of one view and of two.

Such a method needs more of a step than logits and targets: features, the epoch, a second batch, the number of the image, or a second
network. Shapes: N batch (both halves of it, if there are two), K classes, S×S stored side.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Generator, Tensor, nn

from mien.losses._terms import cross_entropy
from mien.models.build import ExpressionModel
from mien.store.face_images import Images
from mien.store.faces import FaceSet


@dataclass(frozen=True)
class Batch:
    """The images of one step, and where the training stands."""

    images_N3SS: Tensor
    """uint8, as stored"""
    targets_N: Tensor
    """the classes of the data set, which no method changes"""
    rows_N: Tensor
    """the places of the images among the training images"""
    epoch: int
    """from 1"""
    epochs: int
    """the number of planned epochs; early stopping may end before"""
    generator: Generator
    """of the CPU; the only source of what a method draws"""
    augmented: Callable[[Tensor], Tensor]
    """draws an augmented view, in [0, 1] at the input size, of stored images"""


class Counted(NamedTuple):
    """Predictions that the training accuracy counts with a weight; all weights of a step sum to 1."""

    logits_NK: Tensor
    targets_N: Tensor
    weight: float = 1.0


class Stepped(NamedTuple):
    """The result of a step."""

    loss: Tensor
    """a scalar"""
    counted: tuple[Counted, ...]


@dataclass(frozen=True)
class Finished:
    """What a method may look at after the training, to report what it found."""

    train: FaceSet
    val: FaceSet
    classes: Sequence[str]
    seen: Callable[[Images, Callable[[Tensor], Tensor]], Tensor]
    """applies a function of images in [0, 1], N×3×H×W, to all stored images, in eval mode and without a graph"""


class StepLoss(nn.Module, ABC):
    """Base class. Buffers, submodules and `get_extra_state` are saved with the training, so that a resumed one has the same state."""

    def prepare(self, model: ExpressionModel, targets_N: Tensor) -> None:
        """Called before the first step with the network at its start and the classes of all training images."""

    @abstractmethod
    def step(self, model: ExpressionModel, batch: Batch) -> Stepped:
        """One forward pass of training mode, or several."""

    def after_step(self, model: ExpressionModel) -> None:
        """Called after each step of the optimiser."""

    def judged(self, model: ExpressionModel) -> ExpressionModel:
        """The network that is validated, and whose weights are kept."""
        return model

    def may_keep(self, epoch: int, epochs: int) -> bool:  # noqa: ARG002  (bbn decides by them)
        """Whether the weights of this epoch (from 1) may be kept, and early stopping counts it."""
        return True

    def epoch_figures(self) -> dict[str, float]:
        """What the method did in the epoch that ends, for the curves; the next call tells of the next epoch."""
        return {}

    def findings(self, model: ExpressionModel, run: Finished) -> dict[str, Any]:  # noqa: ARG002  (most look at it)
        """What the method found, JSON values, for the record of the training; `model` has the weights that are kept."""
        return {}

    def forward(self, logits_NK: Tensor, targets: Tensor) -> Tensor:
        """The loss of validation images, the mean cross-entropy, a scalar."""
        return cross_entropy(logits_NK, targets)


def listed(run: Finished, row: int, **facts: Any) -> dict[str, Any]:
    """An entry of the list `images` of findings: the row of a training image, which the training replaces by its name, its label, facts."""
    return {"row": row, "label": run.classes[int(run.train.targets_N[row])], **facts}
