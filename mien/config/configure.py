"""From params.yaml to what the stages of a model depend on: the whole configuration of the model, its own values over the defaults that it
inherits, how it is explained, and the parameters that `evaluate` and `explain` read for every model.
"""

from typing import Any

from mien.config import declared
from mien.config.imagenet import IMAGENET, PINNED
from mien.config.model import ModelConfig
from mien.config.params import Params
from mien.config.sections.augment import AugmentParams
from mien.config.sections.explain import ExplainParams
from mien.config.sections.models import ModelParams
from mien.config.sections.train import TrainParams


def configure(params: Params, model: str) -> ModelConfig:
    """The configuration of one model of params.yaml."""
    entry = params.model(model)
    own = {"weights_tag", "tta", "seeds", "loss", "loss_params", "head_params", "train", "augment", "explain"}
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
        keep_epochs=explanation(params, model).kept_epochs,
        **{key: value for key, value in entry if key not in own},
    )


def pretrained_document(entry: ModelParams) -> dict[str, str]:
    """What the stage `pretrained` reads of a model's entry, the file data/configs/pretrained/MODEL.json.

    With `weights: imagenet` it contains timm's tag, the entry's own or the pinned one, so that another tag provides the weights anew.
    """
    tag = (entry.weights_tag or PINNED.get(entry.backbone, "")) if entry.weights == IMAGENET else ""
    return {"backbone": entry.backbone, "weights": entry.weights, **({"tag": tag} if tag else {})}


def explanation(params: Params, model: str) -> ExplainParams:
    """How one model of params.yaml is explained: its own values over the section `explain`."""
    return ExplainParams.model_validate({**params.explain.model_dump(), **params.model(model).explain})


STAGE_SECTIONS = {
    "evaluate": ("predict", "report", "convert", "faces"),
    "ensemble": ("predict", "report"),
    "export": ("report",),
    "temporal": ("predict", "report", "convert", "faces"),
    "explain": ("report", "labels"),
    "crosseval": (),
    "robustness": ("report", "robustness"),
}
"""By stage that runs for every model, ensemble or export the sections of params.yaml that it reads, beside the seed."""


def stage_parameters(params: Params) -> dict[str, dict[str, Any]]:
    """By stage the parameters that it reads for every model, ensemble or export, JSON values.

    DVC reads params.yaml once for each stage that tracks parameters. With one small file for all models, a run of nothing is faster.
    """
    values = params.model_dump(mode="json", by_alias=True)
    values["labels"] = {name: values["labels"][name] for name in ("classes", "aliases")}
    del values["robustness"]["models"]  # another model in the list changes nothing for those that are in it
    return {stage: {name: values[name] for name in ("seed", *sections)} for stage, sections in STAGE_SECTIONS.items()}
