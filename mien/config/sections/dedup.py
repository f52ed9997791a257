"""The section `dedup`: when two images are duplicates, and when they are one scene."""

from typing import Literal

from pydantic import Field, NonNegativeInt

from mien.config.sections.base import Section

EXHAUSTIVE_UP_TO = 50_000
"""the largest number of different images that `auto` searches exhaustively"""


class DedupParams(Section):
    search: Literal["auto", "exhaustive", "indexed"] = Field(
        "auto",
        description="how pairs are proposed: exhaustive compares all pairs, whose number grows with the square of the number of images; "
        "indexed compares each image only with the nearest ones in an index and finds nearly all of them; "
        f"auto is exhaustive for up to {EXHAUSTIVE_UP_TO:,} different images",
    )
    distance: NonNegativeInt = Field(
        12,
        le=20,
        description="pairs are compared in detail if their 64-bit perceptual hashes, of the whole images or of windows of them, "
        "differ in at most this many bits",
    )
    min_correlation: float = Field(
        0.75,
        ge=0.5,
        le=1,
        description="smallest correlation of the textures, after registration, with which a pair can be the same picture, unitless",
    )
    min_agreement: float = Field(
        0.84,
        ge=0.5,
        le=1,
        description="local correlation that nine tenths of the central region of a registered pair must exceed to be the same picture, "
        "unitless; mirrored pairs need 0.05 more, pairs with different labels 0.06 more",
    )
    scene_correlation: float = Field(
        0.7,
        ge=0.5,
        le=1,
        description="smallest correlation of the textures with which other pairs are the same scene, that is, further exposures of one "
        "person in one place, unitless",
    )
    max_shift: float = Field(0.125, ge=0.03, le=0.25, description="largest shift that is tried, as a share of the side")
    mirrored: bool = Field(True, description="whether mirrored copies are searched, too")
