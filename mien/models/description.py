"""What model.json says of a trained model, as one checked schema: whoever reads it gets a whole, consistent description or one error."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from mien.config.model import ModelConfig
from mien.config.sections.base import Section
from mien.core.errors import TableError

MAX_INPUT_PX = 4096
MAX_CLASSES = 1000

Channels = Annotated[list[float], Field(min_length=3, max_length=3)]


class Architecture(Section):
    """The parts of the network; the configuration has them too."""

    backbone: str
    attention: str
    head: str
    num_parameters: Annotated[int, Field(gt=0)]


class Preprocessing(Section):
    """What to do with a picture before the network sees it."""

    size_px: Annotated[int, Field(gt=0, le=MAX_INPUT_PX)]
    colours: Literal["RGB"]
    input_range: list[float]
    resize: Literal["bilinear, antialiased"]
    mean: Channels
    std: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=3, max_length=3)]
    normalisation_inside_model: Literal[True]


class Description(Section):
    """The file model.json."""

    name: str
    classes: Annotated[list[str], Field(min_length=2, max_length=MAX_CLASSES)]
    architecture: Architecture
    preprocessing: Preprocessing
    precision: Literal["fp32", "bf16"]
    training: dict[str, Any]
    config: ModelConfig
    weights_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    versions: dict[str, str]

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        """What stands in the file twice is the same, and no class has two outputs: else answers would get wrong names."""
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
        if self.preprocessing.input_range != [0.0, 1.0]:
            raise ValueError("preprocessing.input_range: must be [0, 1]")
        return self


def read_description(file: Path, *, remedy: str) -> Description:
    """The content of a model.json. Raises TableError, in one line, if it is broken or not as the schema says; FileNotFoundError if missing."""
    content = file.read_bytes()
    try:
        text = content.decode("utf-8")
        json.loads(text, object_pairs_hook=_no_name_twice, parse_constant=_no_constant)  # pydantic takes the last of several, and NaN
        return Description.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        fault = f"{key}{': ' if key else ''}{first['msg'].removeprefix('Value error, ')}"
        raise TableError(f"{file} does not describe a model of this version ({_short(fault)}); {remedy}") from None
    except (ValueError, RecursionError) as error:  # no UTF-8, no JSON, nested too deep, a name twice
        raise TableError(f"{file} is no JSON that can be read ({_short(str(error))}); {remedy}") from None


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} stands there twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _short(text: str) -> str:
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= 200 else f"{line[:200]} …"
