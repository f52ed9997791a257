"""The section `dedup`: when two images are duplicates, and when they are one scene."""

from pydantic import Field, NonNegativeInt

from mien.config.sections.base import Section


class DedupParams(Section):
    distance: NonNegativeInt = Field(
        12,
        le=20,
        description="pairs with 64-bit perceptual hashes, of the pictures or of windows of them, at most this far apart are proposed, bits",
    )
    min_correlation: float = Field(
        0.75, ge=0.5, le=1, description="correlation of the texture from which a registered pair can be one picture, unitless"
    )
    min_agreement: float = Field(
        0.84,
        ge=0.5,
        le=1,
        description="local correlation that all but a tenth of the middle of a registered pair must exceed to be one picture; 0.05 more for "
        "mirrored pairs, 0.06 more under different labels, unitless",
    )
    scene_correlation: float = Field(
        0.7,
        ge=0.5,
        le=1,
        description="correlation of the texture from which other pairs are one scene, other exposures of one person in one place, unitless",
    )
    max_shift: float = Field(0.125, ge=0.03, le=0.25, description="largest shift tried, share of the side")
    mirrored: bool = Field(True, description="also look for mirrored copies")
