"""The section `convert`: from files to upright sRGB images."""

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from mien.config.sections.base import Section


class ConvertParams(Section):
    max_side_px: PositiveInt = Field(
        640, ge=64, description="largest length of the longer side after conversion, in pixels; larger images are reduced"
    )
    min_side_px: PositiveInt = Field(32, ge=8, description="images whose shorter side is smaller than this are rejected, in pixels")
    max_megapixels: PositiveFloat = Field(
        100.0,
        description="largest image that is decoded, in millions of pixels; larger ones are rejected as decompression bombs, except that "
        "JPEGs of up to four times this size are decoded at half their width and height",
    )
    blank_contrast: NonNegativeFloat = Field(
        1.0, description="images whose grey levels (0-255) have at most this standard deviation count as blank"
    )
    jpeg_quality: PositiveInt = Field(95, ge=95, le=100, description="quality of the stored JPEG (without chroma subsampling)")
