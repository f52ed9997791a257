"""The section `robustness`: the test on images that are made worse."""

from pydantic import Field, PositiveInt

from mien.config.sections.base import Names, Section

ALL = (
    "gaussian_blur",
    "motion_blur",
    "gaussian_noise",
    "jpeg",
    "darkness",
    "low_contrast",
    "low_resolution",
    "rotation",
    "covered_eyes",
    "covered_mouth",
)


class RobustnessParams(Section):
    """Test images are made worse in several ways at five strengths each (docs/evaluation.md)."""

    models: Names = Field((), description="names under models that are tested on worse images; [] tests none")
    images: PositiveInt = Field(1000, le=10_000, description="largest number of test images, stratified by class, that are made worse")
    corruptions: Names = Field(ALL, min_length=1, description="the ways in which they are made worse")
