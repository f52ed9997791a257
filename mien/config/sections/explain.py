"""The section `explain`: how much of each model's test images is explained, and of which epochs; each model may override it."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from mien.config.faults import Fault, refuse
from mien.config.sections.base import Section

BEST: Literal["best"] = "best"
Epoch = PositiveInt | Literal["best"]


class ExplainParams(Section):
    """How many test images of each model are explained; 0 means all of them."""

    maps: NonNegativeInt = Field(
        1000, description="number of images, stratified by class, whose class activation maps are measured; 0 means all"
    )
    faithfulness: NonNegativeInt = Field(
        256, description="number of these images whose maps are tested by deletion and insertion; 0 means all"
    )
    gallery: PositiveInt = Field(
        6, le=24, description="number of images per class of correct and of wrong predictions, most confident first"
    )
    pictured_failures: PositiveInt = Field(
        60, le=500, description="number of misclassified images that are shown with their map; the table contains all of them"
    )
    neighbours: PositiveInt = Field(3, le=10, description="number of training images that are shown beside a misclassified one")
    neighbour_pool: NonNegativeInt = Field(
        5000, description="number of training images, stratified by class, among which neighbours are searched; 0 means all"
    )
    epochs: Annotated[tuple[Epoch, ...], Field(strict=False)] = Field(
        (),
        description="epochs, from 1, after which the maps of the same test images are drawn, and best, the epoch whose weights the model "
        "has; training keeps the weights of these epochs; empty draws none",
    )
    epoch_images: PositiveInt = Field(2, le=24, description="number of test images per class whose maps are drawn by epoch")

    @property
    def kept_epochs(self) -> list[int]:
        """The epochs whose weights training must keep, in order; those of the best one it keeps anyway."""
        return sorted(epoch for epoch in self.epochs if isinstance(epoch, int))

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        if len(set(self.epochs)) != len(self.epochs):
            yield "epochs", "must differ from one another", self.epochs
