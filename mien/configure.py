"""One model's whole configuration: its entry, the defaults it inherits, and exactly the loss parameters that its loss reads.

Training depends on this file and not on params.yaml: so a changed `loss.gamma` retrains the models whose loss reads gamma, and no other.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from mien.errors import TableError
from mien.params import Params
from mien.sections import AugmentParams, Section, TrainParams


class ModelConfig(Section):
    """The file data/configs/MODEL.json."""

    name: str
    classes: list[str]
    seed: int
    backbone: str
    weights: str
    attention: str
    head: str
    dropout: float
    loss: dict[str, Any]
    recipe: Literal["one_stage", "two_stage"]
    input_px: int
    normalization: Literal["backbone", "shared", "half"]
    precision: Literal["fp32", "bf16"]
    train: TrainParams
    augment: AugmentParams


def configure(params: Params, model: str) -> ModelConfig:
    """The configuration of one model of params.yaml."""
    entry = params.model(model)
    own = {"loss", "loss_params", "train", "augment"}
    return ModelConfig(
        name=model,
        classes=list(params.labels.kept),
        seed=params.seed,
        loss=params.loss_of(model),
        train=params.train_of(model),
        augment=params.augment_of(model),
        **{key: value for key, value in entry if key not in own},
    )


def config_document(config: ModelConfig) -> dict[str, Any]:
    """The configuration as JSON values, without the parameters of a second stage where there is none.

    Left out, so that changing them retrains only models that read them: a one-stage recipe has no second stage, nor has a two-stage one
    that starts from random weights. `read_config` reads them back as the defaults.
    """
    document: dict[str, Any] = config.model_dump(mode="json")
    if config.recipe == "one_stage" or config.weights == "none":
        document["train"] = {key: value for key, value in document["train"].items() if not key.startswith("fine_tune_")}
    return document


def read_config(path: Path) -> ModelConfig:
    """The configuration in a file. Raises TableError if it is missing or not one."""
    try:
        return ModelConfig.model_validate_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError) as error:
        raise TableError(f"{path} is missing or not a model configuration; run `dvc repro configure`: {error}") from None
