"""The section `doubts`: the search for wrong labels."""

from pydantic import Field, PositiveInt

from mien.config.sections.base import Section


class DoubtsParams(Section):
    """Labels that the features of a model contradict, for a person to review."""

    model: str = Field("", description="model whose features are used; empty means the model with the best validation macro-F1")
    folds: PositiveInt = Field(5, ge=2, le=20, description="number of folds of the cross-validated logistic regression")
    queue: PositiveInt = Field(100, description="largest number of images in the review queue, most doubtful first")
