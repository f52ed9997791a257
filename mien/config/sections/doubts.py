"""The section `doubts`: the search for wrong labels."""

from pydantic import Field, PositiveInt

from mien.config.sections.base import Section


class DoubtsParams(Section):
    """Labels that a model's features contradict, for a person to look at."""

    model: str = Field("", description="whose features are used; empty is the model of best validation macro-F1")
    folds: PositiveInt = Field(5, ge=2, le=20, description="of the cross-validated logistic regression")
    queue: PositiveInt = Field(100, description="images at most in the review queue, most doubtful first")
