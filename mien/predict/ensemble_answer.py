"""What the answers of an ensemble need besides the answers of its members.

The stage `ensemble` writes it as data/answers/ENSEMBLE.json. This module does not import torch.
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from mien.config.sections.base import Fraction, Section
from mien.core.outputs import read_json_output
from mien.predict.answer import Point, Tested, of_another_version


class EnsembleAnswer(Section):
    """The file; its members prepare faces, and it says what becomes of the mean of their probabilities."""

    name: str
    members: Annotated[dict[str, str], Field(min_length=2)]
    """the SHA-256 of the weights of each model, with which the ensemble was tested"""
    classes: Annotated[list[str], Field(min_length=2)]
    temperature: Annotated[float, Field(gt=0)]
    """by which the logarithms of the mean are divided"""
    min_accuracy: Fraction
    selective: list[Point]
    test: Tested
    version: str
    """of mien"""


def read_ensemble_answer(path: Path, *, name: str) -> EnsembleAnswer:
    """The content of a file. Raises TableError, in one line, if it is missing, broken or of another version."""
    stage = f"ensemble@{name}"
    try:
        return EnsembleAnswer.model_validate(read_json_output(path, stage=stage))
    except ValidationError as error:
        raise of_another_version(error, where=str(path), remedy=f"run `dvc repro {stage}`") from None
