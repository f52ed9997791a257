"""What an answer needs besides the network: how a photograph becomes the network's input, and how its outputs become an answer.

The stage `evaluate` writes it as data/answers/MODEL.json, and it travels inside an exported model. This module does not import torch.
"""

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from mien.config.sections.base import Fraction, Section
from mien.config.sections.convert import ConvertParams
from mien.config.sections.faces import FaceParams
from mien.core.errors import TableError
from mien.core.outputs import read_json_output
from mien.statistics.selective import OperatingPoint

ANSWER = "answer.json"
"""the name that the file has in a folder of `mien export half`"""


class Decoding(Section):
    """How the bytes of a picture become the stored image; the meaning and the bounds are those of the section `convert`."""

    max_side_px: Annotated[int, Field(gt=0)]
    max_megapixels: Annotated[float, Field(gt=0)]
    jpeg_quality: Annotated[int, Field(ge=1, le=100)]

    @classmethod
    def of(cls, params: ConvertParams) -> "Decoding":
        """The part of `convert` that decides the pixels."""
        return cls(max_side_px=params.max_side_px, max_megapixels=params.max_megapixels, jpeg_quality=params.jpeg_quality)


class Point(Section):
    """A point of the accuracy–coverage curve on the validation images (mien.statistics.selective)."""

    threshold: Fraction
    coverage: Fraction
    accuracy: Fraction


class Recall(Section):
    """The recall of one class on the test images; None if there are none of it."""

    label: str
    recall: Fraction | None
    num_images: Annotated[int, Field(ge=0)]


class Tested(Section):
    """What is known of the model from the test images, for the people who read its answers."""

    num_images: Annotated[int, Field(gt=0)]
    accuracy: Fraction
    accuracy_low: Fraction
    accuracy_high: Fraction
    mean_accuracy: Fraction
    macro_f1: float
    recalls: list[Recall]


class Answer(Section):
    """Everything that an answer needs besides the network."""

    name: str
    classes: Annotated[list[str], Field(min_length=2)]
    """in the order of the outputs"""
    size_px: Annotated[int, Field(gt=0, le=4096)]
    """side of the squares that are given to the network"""
    grey: bool
    """whether the images of training and test had no colour, so that photographs lose theirs first"""
    decode: Decoding
    faces: FaceParams
    temperature: Annotated[float, Field(gt=0)]
    min_accuracy: Fraction
    """the accuracy on validation images that answers are to have by default; the others are unsure; 0 makes none unsure"""
    selective: list[Point]
    test: Tested
    weights_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    licence: str
    version: str
    """of mien"""

    @property
    def squares_px(self) -> tuple[int, ...]:
        """The sides of the squares that each face is made into: one, but several for an ensemble (mien.predict.ensemble)."""
        return (self.size_px,)

    def threshold(self, min_accuracy: float) -> Point | None:
        """The point of the largest coverage whose accuracy on the validation images is at least `min_accuracy`; None if there is none."""
        return max((point for point in self.selective if point.accuracy >= min_accuracy), key=lambda point: point.coverage, default=None)

    @property
    def best_accuracy(self) -> Point:
        """The point of the highest accuracy on the validation images."""
        return max(self.selective, key=lambda point: (point.accuracy, point.coverage))


def as_points(points: list[OperatingPoint]) -> list[Point]:
    """Points of a curve, rounded to six digits so that rounding errors of a machine do not show."""
    return [Point(threshold=round(p.threshold, 6), coverage=round(p.coverage, 6), accuracy=round(p.accuracy, 6)) for p in points]


def answer_document(answer: Answer) -> dict[str, Any]:
    """The answer as JSON values."""
    return answer.model_dump(mode="json", by_alias=True)


def read_answer(path: Path, *, remedy: str) -> Answer:
    """The content of a file. Raises TableError if the file is missing or does not contain an answer."""
    return parse_answer(json.dumps(read_json_output(path)), where=str(path), remedy=remedy)


def parse_answer(text: str, *, where: str, remedy: str) -> Answer:
    """The answer in a JSON text that was found in `where`. Raises TableError, in one line, if it is broken or of another version."""
    try:
        return Answer.model_validate_json(text)
    except ValidationError as error:
        raise of_another_version(error, where=where, remedy=remedy) from None


def of_another_version(error: ValidationError, *, where: str, remedy: str) -> TableError:
    """The error, in one line, for what was found in `where` and is no document of this version."""
    first = error.errors()[0]
    key = ".".join(map(str, first["loc"]))
    return TableError(f"{where} was not written by this version of mien ({key}: {first['msg']}); {remedy}")
