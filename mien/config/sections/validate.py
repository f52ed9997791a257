"""The section `validate`: what the data must satisfy before any training."""

from pydantic import Field

from mien.config.sections.base import Fraction, Section


class ValidateParams(Section):
    share_tolerance: Fraction = Field(0.05, description="how far a class's share of a split may lie from its share of all images")
