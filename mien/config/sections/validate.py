"""The section `validate`: what the data must satisfy before any training."""

from pydantic import Field

from mien.config.sections.base import Fraction, Section


class ValidateParams(Section):
    share_tolerance: Fraction = Field(
        0.05, description="largest difference between the share of a class in a split and its share of all images"
    )
