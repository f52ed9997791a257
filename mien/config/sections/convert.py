"""The section `convert`: from files to upright sRGB images."""

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from mien.config.sections.base import Section


class ConvertParams(Section):
    max_side_px: PositiveInt = Field(640, ge=64, description="longer side after conversion, pixels; larger images are reduced")
    min_side_px: PositiveInt = Field(32, ge=8, description="images with a shorter side below this are rejected, pixels")
    max_megapixels: PositiveFloat = Field(
        100.0,
        description="pixels that are decoded of one image at most, 10^6; larger images are rejected undecoded as decompression bombs, but "
        "JPEGs up to four times as large are decoded at half their width and height",
    )
    blank_contrast: NonNegativeFloat = Field(
        1.0, description="images whose grey levels spread (standard deviation, 0-255) no more than this are blank"
    )
    jpeg_quality: PositiveInt = Field(95, ge=95, le=100, description="quality of the stored JPEG, 4:4:4")
