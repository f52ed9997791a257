"""The schema of model.json, the description of a trained model: a reader gets a complete, consistent description or one error."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from mien.config.model import ModelConfig
from mien.config.renamed import with_todays_head
from mien.config.sections.base import Section
from mien.core.errors import TableError

MAX_INPUT_PX = 4096
MAX_CLASSES = 1000
MAX_HIDDEN = 8192

Channels = Annotated[list[float], Field(min_length=3, max_length=3)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Architecture(Section):
    """The parts of the network, repeated from the configuration."""

    backbone: str
    attention: str
    head: str
    num_parameters: Annotated[int, Field(gt=0)]


class Preprocessing(Section):
    """How an image must be prepared before it is passed to the network."""

    size_px: Annotated[int, Field(gt=0, le=MAX_INPUT_PX)]
    colours: Literal["RGB"]
    input_range: list[float]
    resize: Literal["bilinear, antialiased"]
    mean: Channels
    std: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=3, max_length=3)]
    normalisation_inside_model: Literal[True]


class Description(Section):
    """The content of the file model.json."""

    name: str
    classes: Annotated[list[str], Field(min_length=2, max_length=MAX_CLASSES)]
    architecture: Architecture
    preprocessing: Preprocessing
    precision: Literal["fp32", "bf16"]
    training: dict[str, Any]
    config: ModelConfig
    weights_sha256: Sha256
    epochs_sha256: dict[Annotated[str, Field(pattern="^[1-9][0-9]*$")], Sha256] = Field(default_factory=dict)
    """of the weights after other epochs, by epoch"""
    versions: dict[str, str]

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        """Checks that repeated values agree and that no class has two outputs; otherwise predictions would get wrong names."""
        if len(set(self.classes)) < len(self.classes):
            raise ValueError("classes: must differ from each other")
        if len(set(self.config.seeds)) < len(self.config.seeds):
            raise ValueError("config.other_seeds: must differ from each other and from config.seed")
        told = {
            "name": (self.name, self.config.name),
            "classes": (self.classes, self.config.classes),
            "architecture.backbone": (self.architecture.backbone, self.config.backbone),
            "architecture.attention": (self.architecture.attention, self.config.attention),
            "architecture.head": (self.architecture.head, self.config.head),
            "preprocessing.size_px": (self.preprocessing.size_px, self.config.input_px),
            "precision": (self.precision, self.config.precision),
        }
        for key, (outside, inside) in told.items():
            if outside != inside:
                raise ValueError(f"{key} is {outside!r}, but config has {inside!r}")
        for key in ("hidden", "second_hidden"):
            units = self.config.head_params.get(key, 1)
            if type(units) is not int or not 1 <= units <= MAX_HIDDEN:
                raise ValueError(f"config.head_params.{key}: must be a whole number from 1 to {MAX_HIDDEN}")
        if self.preprocessing.input_range != [0.0, 1.0]:
            raise ValueError("preprocessing.input_range: must be [0, 1]")
        return self


def read_description(file: Path, *, remedy: str) -> Description:
    """The content of a model.json. Raises TableError, in one line, if it is broken or violates the schema; FileNotFoundError if missing."""
    content = file.read_bytes()
    try:
        text = content.decode("utf-8")
        # Pydantic alone would accept duplicate keys (and take the last one), and NaN.
        document = json.loads(text, object_pairs_hook=_no_name_twice, parse_constant=_no_constant)
        today = with_todays_head(document)
        return Description.model_validate_json(text if today is document else json.dumps(today))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        fault = f"{key}{': ' if key else ''}{first['msg'].removeprefix('Value error, ')}"
        raise TableError(f"{file} does not describe a model of this version ({_short(fault)}); {remedy}") from None
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, nested too deeply, or a duplicate key
        raise TableError(f"{file} is not valid JSON ({_short(str(error))}); {remedy}") from None


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is a duplicate key")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _short(text: str) -> str:
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= 200 else f"{line[:200]} …"
