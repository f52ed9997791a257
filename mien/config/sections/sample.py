"""The section `sample`: the embedded demonstration set."""

from pydantic import Field, NonNegativeInt, PositiveInt

from mien.config.sections.base import Section


class SampleParams(Section):
    num_faces: PositiveInt = Field(450, ge=100, description="number of different drawn faces, before duplicates and broken files are added")
    size_px: PositiveInt = Field(160, ge=160, description="shorter side of a drawn image, in pixels")
    clips: NonNegativeInt = Field(0, description="number of drawn clips, besides the faces; data/sample_metadata.csv lists their frames")
