"""The section `split`: which images are for training, validation and test."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeInt, model_validator

from mien.config.faults import Fault, refuse
from mien.config.sections.base import Fraction, Section


class SplitParams(Section):
    method: Literal["stratified", "official"] = Field(
        "stratified", description="official keeps the test split of the data set and takes validation images from its training split"
    )
    keep_together: Literal["scene", "picture"] = Field(
        "scene",
        description="what always stays in one split, besides the images of one subject: images of one scene, or only copies of one picture",
    )
    train: Fraction = Field(0.70, gt=0, description="share of the images; not used by official")
    val: Annotated[float, Field(gt=0, le=1)] | Literal["official"] = Field(
        0.15,
        description="share of the images; with method official, share of the training images, or official: the data set's own validation "
        "split",
    )
    test: Fraction = Field(0.15, gt=0, description="share of the images; not used by official")
    max_train: NonNegativeInt = Field(
        0, description="largest number of training images; all classes are reduced by the same factor; 0 keeps all images"
    )
    imbalance_factor: float = Field(
        1.0, ge=1, description="ratio of the largest to the smallest class in training, reached by leaving out images; 1 leaves out none"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        if self.val == "official":
            if self.method != "official":
                yield "val", "must be a share of the images unless split.method is official", self.val
            return
        total = self.train + self.val + self.test
        if abs(total - 1) > 1e-9:
            yield "", f"train + val + test must sum to 1, sum to {total:g}", {"train": self.train, "val": self.val, "test": self.test}
