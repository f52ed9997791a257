"""The section `explain`: how much of each model's test images is explained."""

from pydantic import Field, NonNegativeInt, PositiveInt

from mien.config.sections.base import Section


class ExplainParams(Section):
    """How many test images of each model are explained; 0 means all of them."""

    maps: NonNegativeInt = Field(
        1000, description="number of images, stratified by class, whose class activation maps are measured; 0 means all"
    )
    faithfulness: NonNegativeInt = Field(
        256, description="number of these images whose maps are tested by deletion and insertion; 0 means all"
    )
    gallery: PositiveInt = Field(
        6, le=24, description="number of images per class of correct and of wrong predictions, most confident first"
    )
    pictured_failures: PositiveInt = Field(
        60, le=500, description="number of misclassified images that are shown with their map; the table contains all of them"
    )
    neighbours: PositiveInt = Field(3, le=10, description="number of training images that are shown beside a misclassified one")
    neighbour_pool: NonNegativeInt = Field(
        5000, description="number of training images, stratified by class, among which neighbours are searched; 0 means all"
    )
