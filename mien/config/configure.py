"""From params.yaml to what the stages of a model depend on: the whole configuration of the model, its own values over the defaults that it
inherits, and the parameters that `evaluate` and `explain` read for every model.
"""

from typing import Any

from mien.config import declared
from mien.config.model import ModelConfig
from mien.config.params import Params
from mien.config.sections.augment import AugmentParams
from mien.config.sections.train import TrainParams


def configure(params: Params, model: str) -> ModelConfig:
    """The configuration of one model of params.yaml."""
    entry = params.model(model)
    own = {"tta", "seeds", "loss", "loss_params", "head_params", "train", "augment"}
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
        teachers=params.teachers(model),
        **{key: value for key, value in entry if key not in own},
    )


STAGE_SECTIONS = {
    "evaluate": ("predict", "report", "convert", "faces"),
    "ensemble": ("predict", "report"),
    "export": ("report",),
    "temporal": ("predict", "report", "convert", "faces"),
    "explain": ("report", "explain", "labels"),
}
"""By stage that runs for every model, ensemble or export the sections of params.yaml that it reads, beside the seed."""


def stage_parameters(params: Params) -> dict[str, dict[str, Any]]:
    """By stage the parameters that it reads for every model, ensemble or export, JSON values.

    DVC reads params.yaml once for each stage that tracks parameters. With one small file for all models, a run of nothing is faster.
    """
    values = params.model_dump(mode="json", by_alias=True)
    values["labels"] = {name: values["labels"][name] for name in ("classes", "aliases")}
    return {stage: {name: values[name] for name in ("seed", *sections)} for stage, sections in STAGE_SECTIONS.items()}
