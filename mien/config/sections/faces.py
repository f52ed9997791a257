"""The section `faces`: from images to square faces."""

from typing import Literal

from pydantic import Field, PositiveInt

from mien.config.sections.base import Fraction, Section


class FaceParams(Section):
    detector: Literal["none", "mtcnn"] = Field("none", description="mtcnn finds and levels faces; none takes each picture whole")
    size_px: PositiveInt = Field(96, ge=32, description="side of the stored square face at most, pixels; nothing is enlarged")
    margin: Fraction = Field(0.1, description="room on each side of the detected face, share of its side")
    min_score: Fraction = Field(0.9, description="least detector score of a face")
    turns: bool = Field(True, description="with mtcnn: a picture whose surest face is upright in another quarter turn is turned first")
    choose: Literal["largest", "central"] = Field("largest", description="which of several faces is taken")
    on_missing: Literal["quarantine", "fit"] = Field(
        "quarantine", description="what happens to a picture without a face: leaves, or is fitted whole"
    )
    fit: Literal["pad", "crop"] = Field("pad", description="how a picture taken whole becomes a square")
