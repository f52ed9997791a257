"""The section `split`: which images are for training, validation and test."""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, NonNegativeInt, model_validator

from mien.config.faults import Fault, refuse
from mien.config.sections.base import Fraction, Section


class SplitParams(Section):
    method: Literal["stratified", "official"] = Field(
        "stratified", description="official keeps the set's own test split and takes validation from its training split"
    )
    keep_together: Literal["scene", "picture"] = Field(
        "scene", description="what is never parted between splits, beside subjects: images of one scene, or only copies of one picture"
    )
    train: Fraction = Field(0.70, gt=0, description="share of the images, or for official unused")
    val: Fraction = Field(0.15, gt=0, description="share of the images; for official: of the training images")
    test: Fraction = Field(0.15, gt=0, description="share of the images, or for official unused")
    max_train: NonNegativeInt = Field(0, description="training images at most, thinned alike in all classes; 0 keeps them all")
    imbalance_factor: float = Field(
        1.0, ge=1, description="training images of the largest class over those of the smallest, thinned to it; 1 thins nothing"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        total = self.train + self.val + self.test
        if abs(total - 1) > 1e-9:
            yield "", f"train + val + test must sum to 1, sum to {total:g}", {"train": self.train, "val": self.val, "test": self.test}
