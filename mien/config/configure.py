"""From params.yaml to the whole configuration of one model: its own values over the defaults that it inherits."""

from typing import Any

from mien.config.model import ModelConfig
from mien.config.params import Params
from mien.config.sections.augment import AugmentParams
from mien.config.sections.head import HeadParams
from mien.config.sections.loss import LossParams
from mien.config.sections.models import ModelParams
from mien.config.sections.train import TrainParams
from mien.core import registry


def configure(params: Params, model: str) -> ModelConfig:
    """The configuration of one model of params.yaml."""
    entry = params.model(model)
    own = {"seeds", "loss", "loss_params", "head_params", "train", "augment"}
    seed, *other_seeds = entry.seeds or (params.seed,)
    return ModelConfig(
        name=model,
        classes=list(params.labels.kept),
        seed=seed,
        other_seeds=other_seeds,
        loss=_loss(params, entry),
        head_params=_head(params, entry),
        train=TrainParams.model_validate({**params.train.model_dump(), **entry.train}),
        augment=AugmentParams.model_validate({**params.augment.model_dump(), **entry.augment}),
        **{key: value for key, value in entry if key not in own},
    )


def _loss(params: Params, entry: ModelParams) -> dict[str, Any]:
    """The loss: its name and exactly the parameters that it reads."""
    values = LossParams.model_validate({**params.loss.model_dump(), **entry.loss_params})
    read = {key: getattr(values, key) for key in registry.constant("mien.losses", entry.loss, "PARAMETERS")}
    # Only effective numbers read β: a changed `loss.beta` must not retrain models with other class weights.
    if read.get("class_weights") == "effective":
        read["beta"] = values.beta
    return {"name": entry.loss, **read}


def _head(params: Params, entry: ModelParams) -> dict[str, Any]:
    """The parameters that the head reads."""
    values = HeadParams.model_validate({**params.head.model_dump(), **entry.head_params})
    return {key: getattr(values, key) for key in registry.constant("mien.models.heads", entry.head, "PARAMETERS")}
