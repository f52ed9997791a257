"""The section `sample`: the embedded demonstration set."""

from pydantic import Field, PositiveInt

from mien.config.sections.base import Section


class SampleParams(Section):
    num_faces: PositiveInt = Field(450, ge=100, description="different drawn faces, before the mess is added")
    size_px: PositiveInt = Field(160, ge=160, description="smallest side of a drawn picture, pixels")
