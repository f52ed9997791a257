"""Builds the complete configuration of one model from params.yaml: its own values override the defaults that it inherits."""

from mien.config import declared
from mien.config.model import ModelConfig
from mien.config.params import Params
from mien.config.sections.augment import AugmentParams
from mien.config.sections.train import TrainParams


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
        loss={"name": entry.loss, **declared.values("loss", entry.loss, {**params.loss, **entry.loss_params})},
        head_params=declared.values("head", entry.head, {**params.head, **entry.head_params}),
        train=TrainParams.model_validate({**params.train.model_dump(), **entry.train}),
        augment=AugmentParams.model_validate({**params.augment.model_dump(), **entry.augment}),
        **{key: value for key, value in entry if key not in own},
    )
