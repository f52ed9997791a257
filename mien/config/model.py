"""The complete configuration of one model: its entry, the defaults that it inherits, and exactly the loss parameters that its loss reads.

Training depends on this file and not on params.yaml, so changing `loss.gamma` retrains only the models whose loss reads gamma.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from mien.config.sections.augment import AugmentParams
from mien.config.sections.base import ABOVE, Section
from mien.config.sections.train import TrainParams
from mien.config.weights import NONE, WORDS
from mien.core.errors import TableError


class ModelConfig(Section):
    """The file data/configs/MODEL.json."""

    name: str
    classes: list[str]
    seed: int
    other_seeds: list[int] = Field(default_factory=list)
    backbone: str
    weights: str
    attention: str
    head: str
    head_params: dict[str, Any] = Field(default_factory=dict)
    dropout: float
    drop_path: float = 0.0
    branches: int = 1
    loss: dict[str, Any]
    recipe: Literal["one_stage", "two_stage"]
    input_px: int
    normalization: Literal["backbone", "shared", "half"]
    precision: Literal["fp32", "bf16"]
    train: TrainParams
    augment: AugmentParams
    teachers: dict[str, str] = Field(default_factory=dict)
    """the models whose probabilities it learns, by the names of the pairs under `distillation`"""
    keep_epochs: list[int] = Field(default_factory=list)
    """the epochs, from 1, of the first seed whose weights are kept beside the best ones (explain.epochs)"""

    @property
    def seeds(self) -> list[int]:
        """The seeds that the model is trained with, in order."""
        return [self.seed, *self.other_seeds]

    def of_seed(self, seed: int) -> "ModelConfig":
        """The configuration for training with one of the seeds."""
        own: dict[str, Any] = {"seed": seed, "other_seeds": []}
        return self.model_copy(update=own if seed == self.seed else {**own, "keep_epochs": []})


def config_document(config: ModelConfig) -> dict[str, Any]:
    """The configuration as JSON values, without the fields that this model does not read.

    Fields are left out so that changing them retrains only models that read them: fields that another field disables (`only_if` in their
    sections), the fine_tune_ fields if the recipe has no second stage (one_stage, or two_stage from random weights), the distill_ fields if
    there is no teacher, an empty list of other seeds, teachers or kept epochs, and a single branch. `read_config` restores them as the
    defaults.
    """
    document: dict[str, Any] = config.model_dump(mode="json")
    if config.weights not in WORDS:
        document["weights"] = "folder"  # its path is not part of the configuration: training depends on the weights in the folder
    for name in ("other_seeds", "teachers", "keep_epochs"):
        if not document[name]:
            del document[name]
    if config.branches == 1:
        del document["branches"]
    for part in ("train", "augment"):
        section: Section = getattr(config, part)
        document[part] = {key: value for key, value in document[part].items() if _is_read(section, key)}
    if config.recipe == "one_stage" or config.weights == NONE:
        document["train"] = {key: value for key, value in document["train"].items() if not key.startswith("fine_tune_")}
    if not config.teachers:
        document["train"] = {key: value for key, value in document["train"].items() if not key.startswith("distill_")}
    return document


def _is_read(section: Section, key: str) -> bool:
    extra = type(section).model_fields[key].json_schema_extra
    conditions: Any = extra.get("only_if", {}) if isinstance(extra, dict) else {}
    return all(
        getattr(section, name.removesuffix(ABOVE)) > wanted if name.endswith(ABOVE) else getattr(section, name) == wanted
        for name, wanted in conditions.items()
    )


def read_config(path: Path) -> ModelConfig:
    """The configuration in a file. Raises TableError if the file is missing or is not a configuration."""
    try:
        return ModelConfig.model_validate_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError) as error:
        raise TableError(f"{path} is missing or not a model configuration; run `dvc repro configure`: {error}") from None
