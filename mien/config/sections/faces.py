"""The section `faces`: from images to square faces."""

from typing import Literal, Self

from pydantic import Field, PositiveInt

from mien.config.sections.base import Fraction, Section


class FaceParams(Section):
    detector: Literal["none", "mtcnn", "given"] = Field(
        "mtcnn",
        description="mtcnn detects and aligns faces; none uses the whole image; given uses the boxes of the data set (ingest.layout), "
        "upright, and detects the faces of new photographs, which have no box",
    )
    size_px: PositiveInt = Field(96, ge=32, description="largest side of the stored square face, in pixels; smaller faces are not enlarged")
    margin: Fraction = Field(0.0, description="margin on each side of the detected face, as a share of its side")
    min_score: Fraction = Field(0.9, description="smallest score of the detector with which a face is accepted")
    turns: bool = Field(
        True, description="with mtcnn: an image is rotated first if the face with the highest score is upright after a quarter or half turn"
    )
    choose: Literal["largest", "central"] = Field("largest", description="which of several faces is used")
    on_missing: Literal["quarantine", "fit"] = Field(
        "quarantine", description="what happens to an image without a face: it is quarantined, or the whole image is used"
    )
    fit: Literal["pad", "crop"] = Field("pad", description="how a whole image becomes square")

    @property
    def of_photographs(self) -> Self:
        """The parameters for new photographs, of which no data set gives a box."""
        return self.model_copy(update={"detector": "mtcnn"}) if self.detector == "given" else self
