"""The recipes: one stage, or two (first with a frozen backbone, then with its last layers; for the five baselines in docs/models.md)."""

from dataclasses import dataclass

from mien.config.model import ModelConfig
from mien.models.build import ExpressionModel
from mien.models.layers import freeze, last_layers, unfreeze


@dataclass(frozen=True)
class Stage:
    """One stage of a recipe."""

    name: str
    epochs: int
    lr: float
    train_layers: int | None
    """number of last backbone layers that are trained; None trains the whole model, batch norm included"""


def plan(config: ModelConfig, *, pretrained: bool) -> tuple[str, str | None, list[Stage]]:
    """Returns the recipe, the reason if it is not the configured one, and the stages.

    A frozen backbone with random weights would be useless, so without pretrained weights everything is trained in one stage.
    """
    train = config.train
    if config.recipe == "two_stage" and pretrained:
        head = Stage("head", train.epochs, train.lr, 0)
        fine_tune = Stage("fine_tune", train.fine_tune_epochs, train.fine_tune_lr, train.fine_tune_layers)
        return "two_stage", None, [head, fine_tune] if train.fine_tune_epochs else [head]
    reason = "no pretrained weights" if config.recipe == "two_stage" else None
    return "one_stage", reason, [Stage("whole", train.epochs, train.lr, None)]


def freeze_for(stage: Stage, model: ExpressionModel, *, input_px: int) -> None:
    """Makes the parameters of this stage trainable and freezes all others."""
    if stage.train_layers is None:
        model.requires_grad_(True)
        return
    freeze(model)
    if stage.train_layers:
        unfreeze(last_layers(model, stage.train_layers, input_px=input_px))
