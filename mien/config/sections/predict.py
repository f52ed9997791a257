"""The section `predict`: how trained models answer."""

from pydantic import Field

from mien.config.sections.base import Fraction, Section


class PredictParams(Section):
    min_accuracy: Fraction = Field(
        0.9,
        description="accuracy that answers are to have on the validation images; a model is unsure of an image if its confidence is below "
        "the threshold that reaches this accuracy; 0 makes no answer unsure",
    )
