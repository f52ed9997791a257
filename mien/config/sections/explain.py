"""The section `explain`: how much of each model's test images is explained."""

from pydantic import Field, NonNegativeInt, PositiveInt

from mien.config.sections.base import Section


class ExplainParams(Section):
    """How many test images of each model are explained; 0 is all of them."""

    maps: NonNegativeInt = Field(1000, description="images, stratified by class, whose class activation maps are measured; 0 is all")
    faithfulness: NonNegativeInt = Field(256, description="of these, images whose maps are tested by deletion and insertion; 0 is all")
    gallery: PositiveInt = Field(6, le=24, description="pictures per class of right and of wrong predictions, most confident first")
    pictured_failures: PositiveInt = Field(60, le=500, description="misclassified images shown with their map; the table has all")
    neighbours: PositiveInt = Field(3, le=10, description="training images shown beside a misclassified one")
    neighbour_pool: NonNegativeInt = Field(5000, description="training images, stratified by class, searched for neighbours; 0 is all")
