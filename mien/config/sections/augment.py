"""The section `augment`: the defaults of the augmentation, which each model may override."""

from collections.abc import Iterator
from typing import Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt, model_validator

from mien.config.faults import Fault, refuse
from mien.config.sections.base import Fraction, Section, only_if


class AugmentParams(Section):
    """Augmentation is applied to training batches only."""

    rotation_deg: NonNegativeFloat = Field(0.0, le=180, description="largest rotation in either direction, in degrees")
    shift: Fraction = Field(0.0, description="largest shift along each axis, as a share of the side")
    zoom: Fraction = Field(0.0, lt=1, description="scale is drawn from 1 - zoom to 1 + zoom")
    crop: Fraction = Field(0.0, lt=1, description="largest share of the side that a random square crop takes away")
    flip: Fraction = Field(0.5, description="probability of a horizontal flip")
    brightness: Fraction = Field(0.0, lt=1, description="factor drawn from 1 - brightness to 1 + brightness")
    contrast: Fraction = Field(0.0, lt=1, description="factor drawn from 1 - contrast to 1 + contrast")
    saturation: Fraction = Field(0.0, lt=1, description="factor drawn from 1 - saturation to 1 + saturation")
    hue_deg: NonNegativeFloat = Field(0.0, le=180, description="largest rotation of the hue in either direction, in degrees")
    rand_augment: NonNegativeInt = Field(0, le=30, description="magnitude of RandAugment, 0 to 30; 0 turns it off")
    rand_augment_ops: PositiveInt = Field(
        2, description="number of RandAugment's operations per image", json_schema_extra=only_if(rand_augment__above=0)
    )
    erase: Fraction = Field(0.0, description="probability that a random rectangle is erased")
    erase_min_area: Fraction = Field(
        0.02, gt=0, description="smallest area of that rectangle, as a share of the image", json_schema_extra=only_if(erase__above=0)
    )
    erase_max_area: Fraction = Field(
        0.25, gt=0, description="largest area of that rectangle, as a share of the image", json_schema_extra=only_if(erase__above=0)
    )
    mixup: NonNegativeFloat = Field(0.0, description="α of Mixup, unitless; 0 turns it off")
    cutmix: NonNegativeFloat = Field(
        0.0, description="α of CutMix, unitless; 0 turns it off; if Mixup is on as well, each batch uses one of the two"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        if self.erase_min_area > self.erase_max_area:
            yield "erase_min_area", f"must be at most erase_max_area, {self.erase_max_area:g}", self.erase_min_area
